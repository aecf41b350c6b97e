"""A turn that actions can be run in, without a database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.config import ROOT
from bot.conversation.turn import Turn, turns
from bot.identity.people import PersonFacts
from bot.knowledge.base import Knowledge
from bot.procedures.hours import ServicePromise
from bot.procedures.profile import load_profile


def a_turn(turn_id: str, text: str = "terima kasih") -> Turn:
    """A student writes ``text`` on Monday morning; nothing can be read from the database."""
    profile = load_profile(ROOT / "data" / "sops" / "itb.yml")
    return Turn(
        id=turn_id,
        now=datetime(2026, 11, 23, 3, 0, tzinfo=UTC),
        inbox_id=7,
        conversation_id=3,
        channel="web",
        text=text,
        language="id",
        choice=None,
        command=None,
        files=0,
        first_contact=False,
        repeats=1,
        person=PersonFacts(1, "student", "Budi Santoso", None, None, proven=True, locked_until=None),
        knowledge=Knowledge(),
        promise=ServicePromise(profile, ZoneInfo("Asia/Jakarta")),
        institution="Universitas Contoh",
        proof_for=frozenset({"tickets"}),
        proof_lasts=timedelta(days=30),
        read=_no_database,
    )


@contextmanager
def running(turn_id: str, text: str = "terima kasih") -> Iterator[Turn]:
    """A turn that is being taken as long as the block lasts."""
    turn = a_turn(turn_id, text)
    turns.begin(turn)
    try:
        yield turn
    finally:
        turns.end(turn)


def _no_database() -> AbstractContextManager[Session]:
    raise AssertionError("this turn has no database")
