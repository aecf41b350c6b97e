"""The command line in this process, with settings and a database of the test's own."""

from __future__ import annotations

import logging
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot import __main__
from bot.commands import running, setting_up
from bot.conversation.inbox import store
from bot.conversation.messages import Incoming
from bot.conversation.model import Conversation, InboxMessage
from bot.demo import first_start
from bot.procedures.versions import put_into_use, shipped
from bot.storage.database import Database
from bot.storage.migrate import migrate
from bot.tickets.service import open_ticket

JAKARTA = ZoneInfo("Asia/Jakarta")
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str

    def sentence(self) -> str:
        """The one clear sentence of a command that failed."""
        assert self.code == 1, (self.out, self.err)
        assert "Traceback" not in self.err
        assert self.err.startswith("sapa: ")
        assert self.out == ""
        return self.err.removeprefix("sapa: ").strip()


Sapa = Callable[..., Said]


@pytest.fixture
def sapa(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Sapa]:
    """Runs ``sapa`` with arguments; settings by keyword, without ``SAPA_``. ``.env`` is the test's."""
    for name in [each for each in os.environ if each.startswith("SAPA_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SAPA_DATA_DIR", str(tmp_path / "data"))
    # Embedding the demo's examples would take half a minute in each test.
    monkeypatch.setenv("SAPA_EMBEDDINGS", "no")
    monkeypatch.setattr(setting_up.settings, "__defaults__", (os.environ, tmp_path / ".env"))
    # Nothing here is to get as far as the engine.
    monkeypatch.setattr(running, "ensure_model", _no_engine)
    levels = {name: logging.getLogger(name).level for name in setting_up._QUIET}

    def run(*arguments: str, **settings: object) -> Said:
        for name, value in settings.items():
            monkeypatch.setenv(f"SAPA_{name}", str(value))
        monkeypatch.setattr(sys, "argv", ["sapa", *arguments])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            __main__.main()
        out, err = capfd.readouterr()
        return Said(int(ended.value.code or 0), out, err)

    yield run
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def _no_engine(*_: object) -> Path:
    raise AssertionError("the command was not refused")


@pytest.fixture(scope="session")
def _demo_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database after its first start, with one ticket: made once, copied by every test."""
    path = tmp_path_factory.mktemp("commands") / "sapa.db"
    db = Database(f"sqlite:///{path}")
    migrate(db)
    first_start(db, demo=True, now=NOW)
    with db.write() as session:
        put_into_use(
            session, "itb", shipped("itb").read_text(encoding="utf-8"), JAKARTA, "system", NOW - timedelta(days=90)
        )
        said = Incoming("web", "w:1", ("web:1",), text="ukt saya salah {ticket} <b>", display_name="Budi")
        store(session, [said], NOW)
        conversation = session.scalars(select(Conversation)).one()
        session.scalars(select(InboxMessage)).one().status = "done"
        open_ticket(
            session, conversation_id=conversation.id, person_id=conversation.person_id, inbox_id=None, channel="web",
            subject=said.text, summary=said.text, category="keuangan", kind="question", identity="unproven",
            language="id", now=NOW, due_at=NOW + timedelta(hours=2), zone=JAKARTA,
        )  # fmt: skip
    db.close()
    return path


@pytest.fixture
def ticket(_demo_database: Path, tmp_path: Path) -> str:
    """The number of the only ticket, in the data directory that commands use."""
    (tmp_path / "data").mkdir()
    shutil.copy(_demo_database, tmp_path / "data" / "sapa.db")
    return "CC-2026-000001"


@pytest.fixture
def opened(tmp_path: Path, ticket: str) -> Iterator[Database]:
    """The database that the commands use."""
    db = Database(f"sqlite:///{tmp_path / 'data' / 'sapa.db'}")
    yield db
    db.close()
