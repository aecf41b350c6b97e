"""Roles that somebody has to hold, and who is told where nobody holds one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import NotAllowed, RefusedFile
from bot.identity import staffing
from bot.identity.accounts import create_account
from bot.identity.model import Account
from bot.storage.database import Database
from bot.tickets import firing
from bot.tickets.roles import RoleUnheld, name_holders, refuse_to_leave, use_profile
from tests.conftest import FakeClock
from tests.sops.stage import JAKARTA, Stage, text_of

HELD = "may: [answer, assign, plan, report, curate]\n    held_by: [supervisor]\n"
"""By whom the deputy coordinator's role is held first of all."""


@pytest.fixture
def unej(db: Database, clock: FakeClock) -> Stage:
    stage = Stage(db, clock, "unej")
    stage.names("wakor", "sri")
    return stage


def account(session: Session, username: str) -> Account:
    return session.scalars(select(Account).where(Account.username == username)).one()


def leaves(stage: Stage, username: str) -> None:
    """However it came to that: no service lets it."""
    with stage.db.write() as session:
        account(session, username).deactivated_at = stage.clock()


def test_where_nobody_holds_the_roles_of_a_step_somebody_is_told_of_it_all_the_same(unej: Stage) -> None:
    leaves(unej, "sri")
    number, other = unej.opens(), unej.opens()
    assert unej.does(other, firing.report_upwards) == "wakor"
    unej.until("2026-11-23 16:00")
    happened = unej.events(number, "escalated", "breached", "warned")
    assert {event.kind for event in happened} == {"escalated", "breached", "warned"}
    assert [event.kind for event in happened if not (event.data or {})["told"]] == []
    assert (unej.events(other, "escalated")[0].data or {})["told"] == ["admin"]
    assert ("admin", "ladder wakor") in unej.told("escalated")


def test_those_who_may_assign_are_told_where_nobody_holds_the_next_role(db: Database, clock: FakeClock) -> None:
    stage = Stage(db, clock, "unej")
    stage.names("wakor", "rina")
    with db.write() as session:
        text = text_of("unej").replace(HELD, HELD.replace("supervisor", ""), 1)
        use_profile(session, "unej", text, JAKARTA, "admin", clock() + timedelta(minutes=1))
    leaves(stage, "rina")
    number = stage.opens()
    stage.does(number, firing.report_upwards, who="dewi")
    assert [set((event.data or {})["told"]) for event in stage.events(number, "escalated")] == [{"sri", "admin"}]


def test_the_last_who_holds_a_needed_role_stays(unej: Stage) -> None:
    with unej.db.write() as session:
        sri = account(session, "sri")
        with pytest.raises(RoleUnheld, match="needs; nothing was changed"):
            refuse_to_leave(session, sri)
        with pytest.raises(RoleUnheld):
            refuse_to_leave(session, sri, "agent")
        refuse_to_leave(session, sri, "supervisor")
        refuse_to_leave(session, account(session, "rina"))
        create_account(session, "wati", "Wati", "supervisor", "x", unej.clock())
        refuse_to_leave(session, sri)
        staffing.deactivate(session, sri, "admin", unej.clock())
        with pytest.raises(RoleUnheld):
            refuse_to_leave(session, account(session, "wati"))


def test_a_closed_account_is_named_for_no_role(unej: Stage) -> None:
    leaves(unej, "dewi")
    with unej.db.write() as session, pytest.raises(NotAllowed, match="dewi, or it is closed"):
        name_holders(session, "wakor", ["rina", "dewi"])


def test_a_role_that_no_kind_of_account_holds_keeps_those_who_are_named(db: Database, clock: FakeClock) -> None:
    text = text_of("unej").replace(HELD, HELD.replace("supervisor", ""), 1)
    stage = Stage(db, clock, "unej")
    stage.names("wakor", "sri")
    with db.write() as session:
        use_profile(session, "unej", text, JAKARTA, "admin", clock() + timedelta(minutes=1))
        with pytest.raises(RoleUnheld):
            name_holders(session, "wakor", [])
        name_holders(session, "wakor", ["rina"])
        with pytest.raises(RoleUnheld):
            refuse_to_leave(session, account(session, "rina"))


def test_a_role_that_tickets_are_given_to_must_be_held(db: Database, clock: FakeClock) -> None:
    text = text_of("itb").replace("units:\n", "assignment: {to: [developer]}\n\nunits:\n", 1)
    stage = Stage(db, clock, "itb")
    with stage.db.write() as session:
        for name in ("rina", "dewi"):
            account(session, name).deactivated_at = clock()
        session.flush()
        with pytest.raises(RefusedFile, match="developer"):
            use_profile(session, "itb", text, JAKARTA, "admin", clock())
