"""Files that nothing has any more go from the disk, and no other does."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.conversation import enclosing
from bot.conversation.enclosing import kept
from bot.conversation.erasing import erase
from bot.conversation.model import Conversation, OutboxMessage
from bot.conversation.saying import put
from bot.conversation.sweeping import sweep
from bot.identity.model import Person
from bot.storage.disk import KeptFile
from bot.tickets import canned
from bot.tickets.canned import Canned, Known, Words
from bot.tickets.discarding import COMMITTED
from bot.tickets.model import DiscardedFile
from tests.conversation.conftest import Core
from tests.conversation.test_enclosing import PDF, PNG
from tests.conversation.test_keeping import RULE, works


def swept(core: Core) -> list[str]:
    """What is left on the disk, by content."""
    list(sweep(core.db, core.tmp_path, core.clock()))
    found = {PDF: "letter", PNG: "map"}
    return sorted(found[each.read_bytes()] for each in (core.tmp_path / "files").rglob("*") if each.is_file())


def waiting(core: Core) -> int:
    with core.db.read() as session:
        return len(session.scalars(select(DiscardedFile)).all())


def files_of(core: Core) -> list[KeptFile]:
    with kept(core.tmp_path, [("surat.pdf", BytesIO(PDF)), ("denah.png", BytesIO(PNG))], 10_000) as files:
        return list(files)


def keeps(core: Core, files: list[KeptFile]) -> None:
    with core.db.write() as session:
        reply = Canned("salam", {"id": Words("Salam", "Halo.")}, files=files)
        canned.keep(session, reply, Known((), core.promise.profile), "sri", core.clock())


def sends(core: Core, file: KeptFile, status: str = "sent") -> None:
    core.say("halo")
    with core.db.write() as session:
        talk = session.scalars(select(Conversation)).one()
        row = put(session, talk, "", author="rina", now=core.clock(), origin=enclosing.origin(file))
        session.get_one(OutboxMessage, row).status = status


def test_what_was_taken_off_a_canned_reply_goes_after_a_while(core: Core) -> None:
    letter, map_ = files_of(core)
    keeps(core, [letter, map_])
    keeps(core, [map_])
    assert swept(core) == ["letter", "map"], "a reply that takes it along may not be committed yet"
    core.clock.now += COMMITTED
    assert swept(core) == ["map"]
    assert waiting(core) == 0
    with core.db.write() as session:
        canned.remove(session, "salam", "sri", core.clock())
    core.clock.now += COMMITTED
    assert swept(core) == []


def test_what_a_message_took_along_stays_as_long_as_the_message_has_it(core: Core) -> None:
    letter, map_ = files_of(core)
    keeps(core, [letter, map_])
    sends(core, letter)
    keeps(core, [])
    core.clock.now += COMMITTED
    assert swept(core) == ["letter"]
    assert waiting(core) == 0, "it is not looked at every night"
    core.clock.now += RULE.files
    works(core)
    assert swept(core) == []


def test_what_was_sent_to_somebody_who_is_erased_goes_unless_a_canned_reply_has_it(core: Core) -> None:
    letter, map_ = files_of(core)
    keeps(core, [map_])
    for file in (letter, map_):
        sends(core, file)
    with core.db.write() as session:
        erase(session, session.scalars(select(Person)).one(), "admin", core.clock())
    assert swept(core) == ["map"]


@pytest.mark.parametrize("status", ["queued", "failed", "dropped"])
def test_it_stays_whatever_became_of_the_message(core: Core, status: str) -> None:
    letter, _ = files_of(core)
    sends(core, letter, status)
    keeps(core, [letter])
    keeps(core, [])
    core.clock.now += COMMITTED
    assert swept(core) == ["letter", "map"], "of what nobody discarded nothing is known here"


def test_a_file_that_cannot_be_removed_is_tried_again(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    letter, map_ = files_of(core)
    keeps(core, [letter, map_])
    keeps(core, [])
    core.clock.now += COMMITTED
    real = Path.unlink

    def fails(path: Path, missing_ok: bool = False) -> None:
        if path == core.tmp_path / letter.path:
            raise OSError(13, "not permitted")
        real(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", fails)
    assert swept(core) == ["letter"]
    assert waiting(core) == 1
    monkeypatch.undo()
    assert swept(core) == []


def test_the_nightly_run_sweeps(core: Core) -> None:
    letter, map_ = files_of(core)
    keeps(core, [letter, map_])
    keeps(core, [])
    core.clock.now += COMMITTED
    works(core)
    assert not any(each.is_file() for each in (core.tmp_path / "files").rglob("*"))
