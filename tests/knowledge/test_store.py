"""Templates and shown answers in the database."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from bot.conversation.model import Conversation, InboxMessage
from bot.errors import RefusedFile
from bot.identity.model import Person
from bot.knowledge import answers, store, versions
from bot.knowledge.content import Content
from bot.knowledge.files import read_templates, write_templates
from bot.knowledge.snapshot import Snapshot
from bot.storage.database import Database
from tests.conftest import FakeClock
from tests.knowledge.sample import CAMPUS, template

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
ALL = tuple(entry.id for entry in CAMPUS.templates)
FULL = tuple(Content.of(entry) for entry in CAMPUS.templates)


def imported(db: Database, snapshot: Snapshot = CAMPUS) -> store.Changes:
    with db.write() as session:
        return store.import_templates(session, snapshot, NOW)


def loaded(db: Database) -> Snapshot:
    with db.read() as session:
        return store.load(session)


def test_a_new_base_is_empty_and_has_version_0(db: Database) -> None:
    assert loaded(db) == Snapshot()


def test_import_then_export_then_import_loses_nothing(db: Database, tmp_path: Path) -> None:
    assert imported(db) == store.Changes(added=ALL)
    first = loaded(db)
    assert (first.templates, first.categories) == (FULL, CAMPUS.categories)
    write_templates(tmp_path, first)
    assert imported(db, read_templates(tmp_path)) == store.Changes(unchanged=ALL)
    assert loaded(db) == first


def test_only_a_change_raises_the_version(db: Database) -> None:
    imported(db)
    assert loaded(db).version == 1
    imported(db)
    assert loaded(db).version == 1
    imported(db, Snapshot((), {"akun": {"id": "Akun"}}))
    assert loaded(db).version == 2


def test_an_import_changes_what_it_names_and_keeps_the_rest(db: Database) -> None:
    imported(db)
    only_english = template("ukt-bayar", "keuangan", "student", en=("Tuition", "How much is the tuition fee?"))
    new = template("parkir", id=("Parkir", "Di mana tempat parkir mahasiswa?"))
    changes = imported(db, Snapshot((new, only_english)))
    assert (changes.added, changes.changed) == (("parkir",), ("ukt-bayar",))
    assert set(changes.kept) == set(ALL) - {"ukt-bayar"}
    after = {entry.id: entry for entry in loaded(db).templates}
    assert after["ukt-bayar"].audience == "student"
    assert after["ukt-bayar"].words["en"].questions == ("How much is the tuition fee?",)
    assert after["ukt-bayar"].words["id"] == CAMPUS.in_language("id")["ukt-bayar"]


def test_the_time_of_a_template_is_that_of_its_last_change(db: Database, clock: FakeClock) -> None:
    imported(db)
    later = clock.advance(days=1)
    changed = replace(CAMPUS.templates[0], owner="Orang lain")
    with db.write() as session:
        store.import_templates(session, Snapshot((changed, *CAMPUS.templates[1:])), later)
    with db.read() as session:
        times = {key: row.published_at for key, row in versions.published(session).items()}
    assert times == {**dict.fromkeys(ALL, NOW), changed.id: later}


def test_a_question_of_another_template_in_the_base_is_refused_and_nothing_is_imported(
    db: Database, tmp_path: Path
) -> None:
    imported(db)
    new = Snapshot((template("a-baru", id=("Baru", "bagaimana cara mengisi krs")),))
    write_templates(tmp_path, new)
    with pytest.raises(RefusedFile) as refused, db.write() as session:
        store.import_templates(session, read_templates(tmp_path), NOW)
    (fault,) = refused.value.faults
    assert fault == (
        f"{tmp_path}/id/umum.yml:10: the question “bagaimana cara mengisi krs” "
        "is already an example of template krs-isi"
    )
    assert loaded(db).templates == FULL


def test_a_question_may_move_from_one_template_to_another_in_one_import(db: Database) -> None:
    imported(db)
    moved = Snapshot(
        (
            template("wisuda-jadwal", "akademik", id=("Jadwal wisuda", "Kapan wisuda?")),
            template("wisuda-syarat", "akademik", id=("Syarat wisuda", "Syarat ikut wisuda apa saja?")),
        )
    )
    assert imported(db, moved).added == ("wisuda-syarat",)


def test_two_first_imports_at_once_both_succeed(db: Database) -> None:
    parts = [Snapshot((entry,)) for entry in CAMPUS.templates[:2]]
    threads = [threading.Thread(target=imported, args=(db, part)) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = loaded(db)
    assert (len(after.templates), after.version) == (2, 2)


def conversation(session: Session, messages: int) -> tuple[int, list[int]]:
    """A conversation with so many messages from the person."""
    person = Person(created_at=NOW)
    session.add(person)
    session.flush()
    talk = Conversation(person_id=person.id, channel="terminal", address=str(person.id), created_at=NOW)
    session.add(talk)
    session.flush()
    rows = [
        InboxMessage(
            conversation_id=talk.id,
            channel="terminal",
            external_id=f"{talk.id}-{number}",
            kind="message",
            received_at=NOW,
        )
        for number in range(messages)
    ]
    session.add_all(rows)
    session.flush()
    return talk.id, [row.id for row in rows]


def test_feedback_goes_to_the_answer_shown_last_or_to_the_one_that_is_named(db: Database, clock: FakeClock) -> None:
    with db.write() as session:
        talk, (first, second) = conversation(session, 2)
        other, (elsewhere,) = conversation(session, 1)
        answers.record_shown(session, talk, first, "ukt-bayar", 0.9, NOW)
        answers.record_shown(session, talk, second, "krs-isi", 0.8, NOW)
        answers.record_shown(session, other, elsewhere, "wisuda-jadwal", 0.7, NOW)
        said = answers.record_feedback(session, talk, None, True, clock.advance(minutes=1))
        assert said is not None
        assert (said.template_id, said.helped, said.helped_at) == ("krs-isi", True, clock())
        named = answers.record_feedback(session, talk, "ukt-bayar", False, clock())
        assert named is not None
        assert (named.inbox_id, named.helped) == (first, False)
    with db.read() as session:
        latest = answers.latest_shown(session, other)
        assert latest is not None
        assert (latest.template_id, latest.helped, latest.score, latest.at) == ("wisuda-jadwal", None, 0.7, NOW)


def test_feedback_on_what_was_never_shown_is_none(db: Database) -> None:
    with db.write() as session:
        talk, _ = conversation(session, 0)
        assert answers.record_feedback(session, talk, None, True, NOW) is None
        assert answers.record_feedback(session, talk, "krs-isi", True, NOW) is None


def test_showing_an_answer_to_the_same_message_again_is_noted_once(db: Database) -> None:
    with db.write() as session:
        talk, (message,) = conversation(session, 1)
        first = answers.record_shown(session, talk, message, "krs-isi", 0.8, NOW)
        assert answers.record_shown(session, talk, message, "krs-isi", 0.8, NOW).id == first.id
