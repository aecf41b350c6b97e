"""Follow-up plans that two agree on."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from bot.errors import NotAllowed
from bot.identity.accounts import DEMO_ACCOUNTS
from bot.identity.model import Account
from bot.procedures.versions import put_into_use, shipped
from bot.storage.database import Database
from bot.tickets import planning, service, working
from bot.tickets.model import Ticket
from tests.conftest import FakeClock
from tests.tickets.conftest import JAKARTA, Opener

FIELDS = {"expectation": "Domain aktif lagi.", "plan": "DNS dipindah, Jumat."}


def by(session: Session, name: str, opener: Opener, clock: FakeClock) -> Ticket:
    given = {"password": "-", "created_at": clock()}
    session.add_all(Account(username=who, name=full, role=role, **given) for who, full, role in DEMO_ACCOUNTS)
    put_into_use(session, name, shipped(name).read_text(encoding="utf-8"), JAKARTA, "admin", clock())
    return opener(session, category=None)


def test_without_a_form_a_plan_is_written_down_by_one(db: Database, opener: Opener, clock: FakeClock) -> None:
    with db.write() as session:
        ticket = by(session, "itb", opener, clock)
        with pytest.raises(NotAllowed, match="no form"):
            planning.propose(session, ticket, FIELDS, "sri", clock())
        with pytest.raises(NotAllowed, match="rina may not plan"):
            planning.plan(session, ticket, "Tambah meja.", "rina", clock())
        planning.plan(session, ticket, "Tambah meja.", "sri", clock())
        assert ticket.status == "planned"


def test_with_a_form_nobody_plans_alone(db: Database, opener: Opener, clock: FakeClock) -> None:
    with db.write() as session:
        ticket = by(session, "kominfo", opener, clock)
        with pytest.raises(NotAllowed, match="another role agrees"):
            planning.plan(session, ticket, "Tambah meja.", "rina", clock())
        with pytest.raises(NotAllowed, match="No plan is proposed"):
            planning.agree(session, ticket, "sri", clock())
        assert planning.propose(session, ticket, FIELDS, "sri", clock()) == ["admin", "dewi", "rina"]
        with pytest.raises(NotAllowed, match="another role than sri's"):
            planning.agree(session, ticket, "sri", clock())
        planning.agree(session, ticket, "rina", clock())
        [planned] = [event for event in service.history(session, ticket) if event.kind == "planned"]
        assert (planned.data or {})["plan"] == (
            "Harapan atau keluhan: Domain aktif lagi.\nRencana tindak lanjut: DNS dipindah, Jumat."
        )
        with pytest.raises(NotAllowed, match="No plan is proposed"):
            planning.agree(session, ticket, "admin", clock())


@pytest.mark.parametrize(
    ("fields", "who", "why"),
    [
        (FIELDS | {"plan": " \0"}, "rina", "lacks plan"),
        ({}, "rina", "lacks expectation and plan"),
        (FIELDS | {"cost": "1"}, "rina", "has no cost"),
        (FIELDS, "nobody", "nobody may not plan"),
    ],
)
def test_what_is_no_proposal_changes_nothing(
    db: Database, opener: Opener, clock: FakeClock, fields: dict[str, str], who: str, why: str
) -> None:
    with db.write() as session:
        ticket = by(session, "kominfo", opener, clock)
        with pytest.raises(NotAllowed, match=why):
            planning.propose(session, ticket, fields, who, clock())
        assert [event.kind for event in service.history(session, ticket)] == ["opened"]


def test_the_last_proposal_is_what_is_agreed_on(db: Database, opener: Opener, clock: FakeClock) -> None:
    with db.write() as session:
        ticket = by(session, "kominfo", opener, clock)
        planning.propose(session, ticket, FIELDS, "rina", clock())
        planning.propose(session, ticket, FIELDS | {"plan": "Senin."}, "sri", clock())
        planning.agree(session, ticket, "dewi", clock())
        event = service.history(session, ticket)[-1]
        assert ((event.data or {})["proposed_by"], (event.data or {})["fields"]["plan"]) == ("sri", "Senin.")
        working.resolve(session, ticket, "Aktif.", "rina", clock())
        with pytest.raises(NotAllowed, match="resolved"):
            planning.propose(session, ticket, FIELDS, "rina", clock())
