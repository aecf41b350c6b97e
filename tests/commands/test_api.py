from __future__ import annotations

import pytest

from bot.clock import utc_now
from bot.identity import tokens
from bot.storage.database import Database
from tests.commands.conftest import Sapa


def test_a_token_is_shown_once_listed_and_revoked(sapa: Sapa, ticket: str, opened: Database) -> None:
    assert "portal is there" in sapa("api", "account", "portal", "--name", "Student portal").out
    scopes = ("--scope", "tickets:read", "--scope", "tickets:write")
    made = sapa("api", "token", "create", "Portal", *scopes, "--as", "portal", "--days", "30")
    text = made.out.strip()
    assert text.startswith("sapa_")
    assert "acts as portal and may: tickets:read, tickets:write" in made.err
    with opened.read() as session:
        found = tokens.find(session, text, utc_now())
        assert found is not None
        assert (found.username, found.role) == ("portal", "agent")
        assert found.expires_at is not None
    listed = sapa("api", "token", "list").out
    assert text[: tokens.HINT] in listed
    assert text not in listed
    assert "used never" in listed
    assert sapa("api", "token", "revoke", "1").out == "Token 1 “Portal” is revoked.\n"
    assert "REVOKED" in sapa("api", "token", "list").out
    assert "revoked already" in sapa("api", "token", "revoke", "1").sentence()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("token", "create", "x", "--scope", "everything", "--as", "rina"), "There is no scope everything"),
        (("token", "create", "x", "--scope", "people:read", "--as", "nobody"), "There is no staff account nobody"),
        (("token", "revoke", "7"), "There is no token 7"),
        (("account", "rina", "--name", "Rina"), "The username rina is taken"),
        (("account", "Portal!", "--name", "Portal"), "cannot be a username"),
        (("account", "portal", "--name", "Portal", "--role", "king"), "is no role"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(sapa: Sapa, ticket: str, arguments: tuple[str, ...], why: str) -> None:
    assert why in sapa("api", *arguments).sentence()


def test_without_a_token_the_list_says_so(sapa: Sapa, ticket: str) -> None:
    assert sapa("api", "token", "list").out == "There is no token.\n"
