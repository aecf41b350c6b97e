from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.errors import NotAllowed
from bot.identity import audit, staffing, tokens
from bot.identity.accounts import create_account
from bot.identity.model import ApiToken
from bot.storage.database import Database

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _staff(db: Database) -> None:
    with db.write() as session:
        create_account(session, "rina", "Rina Mulyani", "agent", "x", NOW)


def test_a_token_is_known_by_its_hash_alone(db: Database) -> None:
    with db.write() as session:
        _, text = tokens.make(session, "rina", "  Student\nportal ", ["tickets:write", "tickets:read"], NOW)
    with db.read() as session:
        row = session.scalars(select(ApiToken)).one()
        assert text.startswith("sapa_")
        assert len(text) > 40
        assert text not in (row.token_hash, row.hint)
        assert (row.name, row.scopes) == ("Student portal", ["tickets:read", "tickets:write"])
        bearer = tokens.find(session, text, NOW)
        assert bearer is not None
        assert (bearer.username, bearer.role, set(bearer.scopes)) == (
            "rina",
            "agent",
            {"tickets:read", "tickets:write"},
        )
        assert tokens.find(session, text + "x", NOW) is None


def test_a_token_ends_when_it_is_over_or_revoked(db: Database) -> None:
    with db.write() as session:
        short, over = tokens.make(session, "rina", "a", ["people:read"], NOW, timedelta(days=1))
        long, revoked = tokens.make(session, "rina", "b", ["people:read"], NOW)
        assert tokens.find(session, over, NOW + timedelta(hours=23)) is not None
        assert tokens.find(session, over, NOW + timedelta(days=1)) is None
        tokens.revoke(session, long.id, NOW)
        assert tokens.find(session, revoked, NOW) is None
        with pytest.raises(NotAllowed, match="revoked already"):
            tokens.revoke(session, long.id, NOW)
        with pytest.raises(NotAllowed, match="no token 99"):
            tokens.revoke(session, 99, NOW)
        assert [token.id for token, _ in tokens.all_tokens(session)] == [long.id, short.id]
        told = [(event.actor, event.kind) for event in audit.of(session, f"token {long.id}")]
        assert told == [("terminal", "token revoked"), ("terminal", "token made")]


def test_a_token_of_a_closed_account_is_good_for_nothing_until_it_is_opened_again(db: Database) -> None:
    with db.write() as session:
        _, text = tokens.make(session, "rina", "a", ["people:read"], NOW)
        rina = staffing.by_username(session, "rina")
        assert rina is not None
        staffing.deactivate(session, rina, "admin", NOW)
        session.flush()
        assert tokens.find(session, text, NOW) is None
        with pytest.raises(NotAllowed, match="no staff account rina"):
            tokens.make(session, "rina", "b", ["people:read"], NOW)
        staffing.activate(session, rina, "admin", NOW)
        session.flush()
        assert tokens.find(session, text, NOW) is not None


@pytest.mark.parametrize(
    ("username", "name", "scopes", "why"),
    [
        ("nobody", "a", ["people:read"], "no staff account nobody"),
        ("rina", "a", ["people:delete"], "no scope people:delete"),
        ("rina", "a", [], "a name and a scope"),
        ("rina", " ", ["people:read"], "a name and a scope"),
    ],
)
def test_a_token_for_nobody_or_nothing_is_not_made(
    db: Database, username: str, name: str, scopes: list[str], why: str
) -> None:
    with db.write() as session, pytest.raises(NotAllowed, match=why):
        tokens.make(session, username, name, scopes, NOW)


def test_the_last_use_is_noted_to_some_minutes(db: Database) -> None:
    with db.write() as session:
        token, text = tokens.make(session, "rina", "a", ["people:read"], NOW)
        found = tokens.find(session, text, NOW)
        assert found is not None
        assert found.needs_noting(NOW)
        tokens.note_use(session, token.id, NOW)
        session.expire_all()
        found = tokens.find(session, text, NOW)
        assert found is not None
        assert not found.needs_noting(NOW + timedelta(minutes=4))
        assert found.needs_noting(NOW + timedelta(minutes=5))
