"""The console on real tables, with staff, and real browsers that look at it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from bot.mail import Mail
from bot.storage.database import Database
from tests.channels.webchat.browser import served
from tests.conftest import FakeClock
from tests.conversation.conftest import FakeChannel
from tests.web.desk import PASSWORD, Center
from tests.web.mailbox import Inbox, serving
from tests.web.window import DESKTOP, Open


@pytest.fixture
def center(db: Database, clock: FakeClock, tmp_path: Path) -> Center:
    return Center.of(db, clock, tmp_path)


@pytest.fixture
def origin(center: Center) -> Iterator[str]:
    with served(center.app) as origin:
        yield origin


@pytest.fixture
def somebody(origin: str, browser: Browser) -> Iterator[Open]:
    """Opens a page as somebody who is signed in. A fault in a script, or a breach of the policy, fails the test."""
    faults: list[str] = []

    def opens(username: str, path: str = "/console", screen: Any = DESKTOP, theme: Any = "light") -> Any:
        context = browser.new_context(viewport=screen, locale="en-GB", color_scheme=theme)
        page = context.new_page()
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        page.on("console", lambda told: faults.append(told.text) if "Content Security" in told.text else None)
        page.goto(f"{origin}/console/sign-in?next={path.replace('?', '%3F')}")
        page.fill("[name=username]", username)
        page.fill("[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_selector("body[data-ready]")
        return page

    yield opens
    assert faults == []


@pytest.fixture
def inbox() -> Inbox:
    """What a mail server of our own took."""
    return Inbox()


@pytest.fixture
def mail(inbox: Inbox) -> Iterator[Mail]:
    """The settings of that server."""
    with serving(inbox) as port:
        yield Mail("127.0.0.1", port, "none", None, None, "care@contoh.ac.id")


@pytest.fixture
def telegram() -> FakeChannel:
    """Telegram, as far as it is sent to."""
    return FakeChannel()
