"""Tokens by which other programs use the API: made, shown once, revoked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from starlette.responses import Response

from bot.errors import NotAllowed
from bot.identity import staffing, tokens
from bot.web.visit import Visit

HOME = "/console/tokens"
LASTING = (30, 90, 365)
"""Days that a token may be made for; else until it is revoked."""


def listed(visit: Visit) -> Response:
    """All of them."""
    return _page(visit, 200)


def create(visit: Visit) -> Response:
    """A new token; it is shown this once."""
    form, days = visit.form, visit.form.get("days", "")
    scopes = [scope for scope in tokens.SCOPES if form.get(f"scope-{scope}")]
    lasts = timedelta(days=int(days)) if days in map(str, LASTING) else None
    try:
        with visit.parts.db.write() as session:
            who, me = form.get("account", ""), visit.who.username
            made, text = tokens.make(session, who, form.get("name", ""), scopes, visit.now, lasts, by=me)
            name = made.name
    except NotAllowed:
        return _page(visit, 422, flash=visit.say("token_refused"), values=form)
    return _page(visit, 200, made=text, made_name=name)


def revoke(visit: Visit) -> Response:
    """Make it good for nothing, at once."""
    try:
        with visit.parts.db.write() as session:
            tokens.revoke(session, visit.path["token"], visit.now, by=visit.who.username)
    except NotAllowed:
        return _page(visit, 409, flash=visit.say("token_gone"))
    return visit.go(HOME)


def _page(visit: Visit, status: int, **otherwise: Any) -> Response:
    with visit.parts.db.read() as session:
        found = tokens.all_tokens(session)
        accounts = [each for each in staffing.everybody(session) if not each.deactivated_at]
    shown: dict[str, Any] = {
        "flash": None, "values": {}, "made": None, "made_name": "", "found": found, "accounts": accounts,
        "scopes": tokens.SCOPES, "lasting": LASTING, "now": visit.now,
    }  # fmt: skip
    return visit.show("tokens.html", status, active="staff", **{**shown, **otherwise})
