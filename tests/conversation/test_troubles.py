"""What goes wrong around the core: a database that is gone for a while, turns and files that cannot succeed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.conversation import files, sender, worker
from bot.conversation.files import FileFetcher
from bot.conversation.inbox import Inbox
from bot.conversation.messages import AttachmentRef
from bot.conversation.model import Attachment, Conversation
from bot.conversation.sender import Sender
from bot.storage.database import Database
from tests.conftest import FakeClock
from tests.conversation.conftest import Core, _until, run


class Shaky(Database):
    """Fails as a database does that is restarted or whose disk is full: ``refusals`` times."""

    refusals = 0

    def _perhaps(self) -> None:
        if self.refusals:
            self.refusals -= 1
            raise OperationalError("SELECT", {}, Exception("gone"))

    @contextmanager
    def read(self) -> Iterator[Session]:
        self._perhaps()
        with super().read() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        self._perhaps()
        with super().write() as session:
            yield session


@pytest.fixture
def shaky(db: Database, clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Core]:
    for part in (worker, sender, files):
        monkeypatch.setattr(part, "TROUBLE_SECONDS", 0.01, raising=False)
    database = Shaky(db.engine.url.render_as_string(hide_password=False))
    yield Core(database, clock, tmp_path)
    database.close()


def _refuse(core: Core, times: int) -> None:
    assert isinstance(core.db, Shaky)
    core.db.refusals = times


def fetcher(core: Core) -> FileFetcher:
    return FileFetcher(core.db, core.clock, {"fake": core.channel}, core.wording, core.tmp_path, 1000)


def fetch(core: Core) -> None:
    run(_until(fetcher(core).run(), lambda: all(row.status != "pending" for row in stored(core))))


def stored(core: Core) -> list[Attachment]:
    with Database.read(core.db) as session:
        return list(session.scalars(select(Attachment).order_by(Attachment.id)))


def with_file(core: Core, channel: str = "fake") -> None:
    core.channel.files["r"] = b"catatan"
    core.receive(core.incoming("", channel=channel, attachments=(AttachmentRef("document", "r", "catatan.txt"),)))


@pytest.mark.parametrize("times", [1, 3])
def test_the_worker_goes_on_when_the_database_is_back(shaky: Core, times: int) -> None:
    shaky.receive(shaky.incoming("halo"))

    async def play() -> None:
        task = asyncio.create_task(shaky.worker().run())
        _refuse(shaky, times)
        async with asyncio.timeout(15):
            while shaky.db.refusals or shaky.outbox() == []:  # type: ignore[attr-defined]  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    run(play())
    assert [row.text for row in shaky.outbox()] == ["1: halo"]


@pytest.mark.parametrize("times", [1, 3])
def test_the_sender_goes_on_when_the_database_is_back(shaky: Core, times: int) -> None:
    shaky.receive(shaky.incoming("halo"))
    shaky.answer()
    sender = Sender(shaky.db, shaky.clock, shaky.channel, shaky.tmp_path)

    async def play() -> None:
        _refuse(shaky, times)
        task = asyncio.create_task(sender.run())
        async with asyncio.timeout(15):
            while not shaky.channel.sent:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    run(play())
    assert [row.status for row in shaky.outbox()] == ["sent"]


def test_what_was_sent_is_marked_though_the_database_was_gone_meanwhile(shaky: Core) -> None:
    shaky.receive(shaky.incoming("halo"))
    shaky.answer()

    async def gone() -> None:
        _refuse(shaky, 2)

    shaky.channel.before_send = gone
    sender = Sender(shaky.db, shaky.clock, shaky.channel, shaky.tmp_path)
    run(_until(sender.run(), lambda: bool(shaky.channel.sent) and not shaky.db.refusals))  # type: ignore[attr-defined]
    assert [row.status for row in shaky.outbox()] == ["sent"]
    assert len(shaky.channel.sent) == 1


def test_the_fetcher_goes_on_when_the_database_is_back(shaky: Core) -> None:
    with_file(shaky)
    _refuse(shaky, 2)
    fetch(shaky)
    assert [row.status for row in stored(shaky)] == ["stored"]


def test_files_of_channels_that_are_off_are_left_to_who_has_them(core: Core) -> None:
    with_file(core, channel="off")
    with_file(core)
    run(_until(fetcher(core).run(), lambda: stored(core)[1].status != "pending"))
    assert [(row.status, row.attempts) for row in stored(core)] == [("pending", 0), ("stored", 1)]


def test_an_unforeseen_error_with_one_file_does_not_stop_the_others(core: Core) -> None:
    with_file(core)
    core.receive(core.incoming("", attachments=(AttachmentRef("document", "unknown to the channel"),)))
    run(_until(fetcher(core).run(), lambda: stored(core)[0].status == "stored" and stored(core)[1].error is not None))
    assert stored(core)[1].status == "pending"
    assert stored(core)[1].error == "internal: KeyError"


def test_a_message_that_cannot_even_become_a_ticket_does_not_hold_the_conversation(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "MAX_ATTEMPTS", 1)
    core.receive(core.incoming("satu"))
    with core.db.write() as session:
        session.execute(update(Conversation).values(language="xx"))
    core.engine.down = True
    core.answer()
    core.engine.down = False
    with core.db.write() as session:
        session.execute(update(Conversation).values(language="id"))
    assert core.inbox()[0].status == "failed"
    assert core.say("dua") == ["1: dua"]


def test_a_database_that_is_gone_is_asked_once_for_all_who_wait(shaky: Core) -> None:
    inbox = Inbox(shaky.db, shaky.clock, lambda: None)

    async def play() -> list[BaseException | None]:
        _refuse(shaky, 2)
        return await asyncio.gather(*(inbox([shaky.incoming(str(n))]) for n in range(20)), return_exceptions=True)

    outcomes = run(play())
    assert all(isinstance(outcome, OperationalError) for outcome in outcomes)
    assert shaky.db.refusals == 1  # type: ignore[attr-defined]


def test_a_clock_that_went_back_prolongs_nobodys_patience(core: Core) -> None:
    seen: list[timedelta] = []
    core.receive(core.incoming("halo"))
    core.clock.advance(hours=-1)
    turn = core.engine.turn

    async def look(*args: object, patience: timedelta) -> object:
        seen.append(patience)
        return await turn(*args, patience=patience)  # type: ignore[arg-type]

    core.engine.turn = look  # type: ignore[assignment, method-assign]
    core.answer()
    assert seen == [worker.PATIENCE]


def test_a_clock_that_went_back_holds_no_answer_back(core: Core) -> None:
    core.receive(core.incoming("halo"))
    core.answer()
    core.clock.advance(hours=-1)
    sender = Sender(core.db, core.clock, core.channel, core.tmp_path)
    run(_until(sender.run(), lambda: not core.outbox("queued", "sending")))
    assert core.channel.texts == ["1: halo"]
