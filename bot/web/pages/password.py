"""One's own password."""

from __future__ import annotations

from starlette.responses import Response

from bot.errors import NotAllowed
from bot.identity import sessions, staffing
from bot.web.gate import PASSWORD
from bot.web.pages.signing import HOME, count_try
from bot.web.visit import Visit

ADDRESS = PASSWORD


def form(visit: Visit) -> Response:
    """Choose another one."""
    return _page(visit, 200, None)


def choose(visit: Visit) -> Response:
    """Keep it, where the old one is right; wherever else one is signed in is signed out."""
    who, fields = visit.who, visit.form
    try:
        count_try(visit, who.username)
        with visit.parts.db.write() as session:
            old, new = fields.get("old", ""), fields.get("new", "")
            staffing.choose_password(session, who.account_id, old, new, who.session_id, visit.now)
            sessions.forget_tries(session, who.username, visit.request.client.host if visit.request.client else "")
    except sessions.TooManyTries:
        return _page(visit, 429, visit.say("code_wait"))
    except NotAllowed as refused:
        wrong = str(refused) == "wrong"
        fault = visit.say("password_wrong") if wrong else visit.say("password_unfit", n=staffing.SHORTEST_PASSWORD)
        return _page(visit, 422, fault)
    return visit.go(HOME)


def _page(visit: Visit, status: int, fault: str | None) -> Response:
    return visit.show("password.html", status, active="", fault=fault, shortest=staffing.SHORTEST_PASSWORD)
