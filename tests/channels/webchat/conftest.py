"""The web chat on real tables, with a stand-in for the core."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette

from bot.channels.webchat import WebChatChannel
from bot.storage.database import Database
from tests.channels.webchat.browser import Browser
from tests.channels.webchat.stand_in import StandIn
from tests.conftest import FakeClock

LARGEST_FILE = 100_000


@pytest.fixture
def core(db: Database, tmp_path: Path, clock: FakeClock) -> StandIn:
    return StandIn(db, tmp_path / "data", clock)


@pytest.fixture
def channel(db: Database, core: StandIn, clock: FakeClock) -> WebChatChannel:
    return WebChatChannel(
        db,
        institution="Universitas <Contoh> & Anak",
        data_dir=core.data_dir,
        clock=clock,
        max_body=4_000_000,
        max_attachment=LARGEST_FILE,
    )


@pytest.fixture
def app(channel: WebChatChannel, core: StandIn) -> Starlette:
    return Starlette(routes=channel.routes(core))


@pytest.fixture
def client(app: Starlette) -> Browser:
    """A visitor who has opened the page."""
    browser = Browser(app)
    browser.get("/")
    return browser


@pytest.fixture
def stranger(app: Starlette) -> Browser:
    """Another visitor, with a cookie of his own."""
    browser = Browser(app)
    browser.get("/")
    return browser
