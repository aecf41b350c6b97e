"""API tokens in the console."""

from __future__ import annotations

import re

import pytest

from bot.identity import audit, tokens
from tests.channels.webchat.browser import on_one_database
from tests.web.api.program import Program, refusal
from tests.web.desk import Center
from tests.web.window import DESKTOP, PHONE, Open, axe, fits


def test_a_token_is_made_shown_once_and_revoked(center: Center) -> None:
    admin, portal = center.browser("admin"), Program(center, None)
    given = {"scope-tickets:read": "1", "scope-people:read": "1", "days": "90"}
    made = admin.post("/console/tokens", name="Student <portal>", account="rina", **given)
    found = re.search(r"<code>(sapa_[\w-]{43})</code>", made.text)
    assert found is not None
    assert "Student &lt;portal&gt;" in made.text
    assert found[1] not in admin.get("/console/tokens").text
    portal.token = found[1]
    told = portal.get("/me").json()
    assert (told["account"], told["scopes"]) == ("rina", ["people:read", "tickets:read"])
    assert told["expires_at"] == "2027-02-21T03:00:00Z"
    assert "Last used" in admin.get("/console/tokens").text
    assert admin.post("/console/tokens/1/revoke").status_code == 303
    assert refusal(portal.get("/me")) == (401, "unauthenticated")
    assert "Revoked" in admin.get("/console/tokens").text
    assert admin.post("/console/tokens/1/revoke").status_code == 409
    with center.db.read() as session:
        noted = [(event.actor, event.kind) for event in audit.of(session, "token 1")]
        assert noted == [("admin", "token revoked"), ("admin", "token made")]


@on_one_database
def test_what_is_no_token_is_told_and_what_was_written_stays(center: Center) -> None:
    admin = center.browser("admin")
    for given in ({"name": "Portal", "account": "rina"}, {"name": "", "account": "rina", "scope-people:read": "1"},
                  {"name": "Portal", "account": "nobody", "scope-people:read": "1"}):  # fmt: skip
        refused = admin.post("/console/tokens", **given)
        assert refused.status_code == 422
        assert "at least one scope" in refused.text
        assert f'value="{given["name"]}"' in refused.text
    with center.db.read() as session:
        assert not tokens.all_tokens(session)


@pytest.mark.browser
@on_one_database
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_fits_and_can_be_used_by_everybody(center: Center, somebody: Open, theme: str) -> None:
    with center.db.write() as session:
        for name in ("Student portal", "A dashboard with a name that does not want to end " * 2):
            tokens.make(session, "rina", name, tokens.SCOPES, center.clock())
    page = somebody("admin", "/console/tokens", DESKTOP, theme)
    axe(page)
    page.get_by_role("button", name="New token").first.click()
    page.get_by_role("dialog").wait_for()
    axe(page)
    page.set_viewport_size(PHONE)
    fits(page)
