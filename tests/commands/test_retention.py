"""What has been kept long enough, from the command line."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from bot.clock import utc_now
from bot.conversation.model import Conversation, RetentionRun
from bot.identity.model import AuditEvent, Person
from bot.storage.database import Database
from bot.tickets.model import Ticket
from tests.commands.conftest import Sapa

LONG_AGO = timedelta(days=6 * 365)


def long_silent(opened: Database) -> int:
    """The only person wrote years ago and his ticket is closed since; his id."""
    then = utc_now() - LONG_AGO
    with opened.write() as session:
        session.execute(update(Ticket).values(status="closed", created_at=then, closed_at=then))
        session.execute(update(Conversation).values(last_from_person=then))
        session.execute(update(Person).values(created_at=then))
        return session.scalars(select(Person.id)).one()


def test_what_is_due_is_told_and_a_dry_run_erases_nothing(sapa: Sapa, ticket: str, opened: Database) -> None:
    long_silent(opened)
    told = sapa("retention", "show", "--as", "admin").out
    assert "kept 1825 days after they were last heard from" in told
    assert "now              1 people, 0 files" in told
    assert "Nothing was erased yet." in told
    dry = sapa("retention", "apply", "--dry-run", "--as", "admin").out
    assert dry == "Would be erased: 1 people, 0 files.\n"
    with opened.read() as session:
        assert session.scalars(select(Person.erased_at)).one() is None
        assert session.scalars(select(RetentionRun)).all() == []


def test_what_is_due_is_erased_in_the_name_of_who_said_so(sapa: Sapa, ticket: str, opened: Database) -> None:
    person_id = long_silent(opened)
    assert sapa("retention", "apply", "--as", "admin").out == "Erased: 1 people, 0 files.\n"
    with opened.read() as session:
        assert session.scalars(select(Person.erased_at)).one() is not None
        [event] = session.scalars(select(AuditEvent).where(AuditEvent.kind == "person erased")).all()
        assert (event.actor, event.about) == ("admin", f"person {person_id}")
    assert "by admin: 1 people, 0 files" in sapa("retention", "show", "--as", "admin").out
    assert sapa("retention", "apply", "--as", "admin").out == "Erased: 0 people, 0 files.\n"


def test_only_who_administers_may(sapa: Sapa, ticket: str, opened: Database) -> None:
    long_silent(opened)
    for arguments in (("show",), ("apply",), ("apply", "--dry-run")):
        assert "no role that may administer" in sapa("retention", *arguments, "--as", "rina").sentence()
    with opened.read() as session:
        assert session.scalars(select(Person.erased_at)).one() is None
