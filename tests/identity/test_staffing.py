"""Accounts as administrators keep them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.errors import NotAllowed
from bot.identity import sessions, staffing
from bot.identity.accounts import create_account, verify
from bot.identity.model import Account, AuditEvent
from bot.storage.database import Database
from tests.conftest import FakeClock


def test_a_new_account_has_a_password_that_has_to_be_changed(db: Database, clock: FakeClock) -> None:
    with db.write() as session:
        password = staffing.create(session, "tono", "  Tono   Sutrisno ", "agent", "admin", clock())
        account = verify(session, "tono", password)
        assert account is not None
        assert (account.name, account.role, account.password_given) == ("Tono Sutrisno", "agent", True)
        token = sessions.begin(session, account, "", clock())
        found = sessions.signed_in(session, token, clock())
        assert found is not None
        assert found.password_given
        other = sessions.begin(session, account, "", clock())
        new = "rahasia-saya-sendiri"
        for old, chosen, why in (("x", new, "wrong"), (password, "pendek", "unfit"), (password, password, "unfit")):
            with pytest.raises(NotAllowed, match=why):
                staffing.choose_password(session, account.id, old, chosen, found.session_id, clock())
        staffing.choose_password(session, account.id, password, new, found.session_id, clock())
        again = sessions.signed_in(session, token, clock())
        assert again is not None
        assert not again.password_given
        assert sessions.signed_in(session, other, clock()) is None
        assert verify(session, "tono", password) is None


@pytest.mark.parametrize(
    ("username", "name", "role"),
    [("sri", "Sri", "agent"), ("Tono", "Tono", "agent"), ("tono", " ", "agent"), ("tono", "Tono", "king"),
     ("assistant", "Tono", "agent"), ("tono", "x" * 200, "agent")],
)  # fmt: skip
def test_what_is_no_account_is_not_made(db: Database, clock: FakeClock, username: str, name: str, role: str) -> None:
    with db.write() as session:
        create_account(session, "sri", "Sri", "supervisor", "x", clock())
        with pytest.raises(NotAllowed):
            staffing.create(session, username, name, role, "admin", clock())


def test_nobody_signs_in_with_an_account_that_is_closed(db: Database, clock: FakeClock) -> None:
    with db.write() as session:
        account = create_account(session, "rina", "Rina", "agent", "rahasia", clock())
        token = sessions.begin(session, account, "", clock())
        staffing.deactivate(session, account, "admin", clock())
        assert sessions.signed_in(session, token, clock()) is None
        assert verify(session, "rina", "rahasia") is None
        staffing.activate(session, account, "admin", clock())
        assert verify(session, "rina", "rahasia") is not None
        assert sessions.signed_in(session, token, clock()) is None


def test_the_last_administrator_stays_and_nobody_closes_his_own_account(db: Database, clock: FakeClock) -> None:
    with db.write() as session:
        admin = create_account(session, "admin", "Admin", "administrator", "x", clock())
        with pytest.raises(NotAllowed, match="last administrator"):
            staffing.deactivate(session, admin, "sri", clock())
        with pytest.raises(NotAllowed, match="last administrator"):
            staffing.change(session, admin, "Admin", "agent", "admin", clock())
        create_account(session, "second", "Second", "administrator", "x", clock())
        with pytest.raises(NotAllowed, match="his own"):
            staffing.deactivate(session, admin, "admin", clock())
        staffing.deactivate(session, admin, "second", clock())


def test_every_step_lands_in_the_audit_trail_without_a_password(db: Database, clock: FakeClock) -> None:
    with db.write() as session:
        password = staffing.create(session, "tono", "Tono", "agent", "admin", clock())
        account = session.scalars(select(Account)).one()
        staffing.change(session, account, "Tono S", "supervisor", "admin", clock())
        given = staffing.give_password(session, account, "admin", clock())
        staffing.deactivate(session, account, "admin", clock())
        done = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
        with pytest.raises(NotAllowed, match="no second factor"):
            staffing.reset_second_factor(session, account, "admin", clock())
    assert [each.kind for each in done] == ["account made", "role changed", "password given", "account closed"]
    assert {each.about for each in done} == {"account tono"}
    assert password not in repr([each.data for each in done])
    assert given not in repr([each.data for each in done])
