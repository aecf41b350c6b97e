"""Signing in and out, by password and by code, one's sessions, language and theme."""

from __future__ import annotations

import threading
from datetime import timedelta
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.identity import audit, second_factor, sessions
from bot.identity.accounts import verify
from bot.identity.model import Account
from bot.tickets import duty, roles
from bot.web import permissions
from bot.web.gate import SIGN_IN, cookie_name, not_found
from bot.web.visit import THEMES, Visit
from bot.web.words import LANGUAGES

HOME = "/console"
CODE = f"{SIGN_IN}/code"
NOBODY = "?"
"""Who fails to sign in: whoever that was."""
YEAR = 365 * 86_400
_BROWSERS = (
    ("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip
"""What a browser's description of itself contains, and its name; what contains another's mark too comes first."""
_AT_ONCE = threading.BoundedSemaphore(2)
"""A password costs 64 MB and a moment of a core to look at; more than this at once would stop everything else."""


def form(visit: Visit) -> Response:
    """The sign-in; who is signed in already goes on."""
    if visit.account is not None:
        return visit.go(_next(visit, visit.request.query_params.get("next")))
    return refused(visit, 200, None)


def sign_in(visit: Visit) -> Response:
    """Look at name and password. Says nothing about which of them is wrong. Who has a second factor is asked for it."""
    username, db = visit.form.get("username", ""), visit.parts.db
    try:
        count_try(visit, username)
    except sessions.TooManyTries as tries:
        return _wait(refused(visit, 429, _told(visit, tries)), tries)
    with _AT_ONCE, db.read() as session:
        account = verify(session, username, visit.form.get("password", ""))
    if account is None:
        _note_failure(visit, username)
        return refused(visit, 422, visit.say("sign_in_wrong"))
    return let_in(visit, account, visit.form.get("next"))


def let_in(visit: Visit, account: Account, wanted: str | None) -> Response:
    """Sign in who has shown who he is, and go to the page ``wanted``; who has a second factor is asked for it first."""
    with visit.parts.db.write() as session:
        if visit.account is not None:
            sessions.end(session, visit.account.account_id, visit.account.session_id)
        wants_code = second_factor.is_on(session, account.id)
        if not wants_code:
            sessions.forget_tries(session, account.username, _address(visit))
        token = sessions.begin(session, account, _device(visit), visit.now, wants_code=wants_code)
        if not wants_code:
            _note(visit, session, "signed in", account.username)
    where = f"{CODE}?next={quote(wanted or '', safe='')}" if wants_code else _home(visit, account, wanted)
    return _remember(visit, token, where)


def code_form(visit: Visit) -> Response:
    """Ask whose password was right for his code."""
    return _code_form(visit, 200, None) if _half_in(visit) else visit.go(SIGN_IN)


def give_code(visit: Visit) -> Response:
    """Look at the code, as often as at passwords."""
    half = _half_in(visit)
    if half is None:
        return visit.go(SIGN_IN)
    account, session_id = half
    try:
        count_try(visit, account.username)
    except sessions.TooManyTries as refused:
        return _wait(_code_form(visit, 429, _told(visit, refused)), refused)
    with visit.parts.db.write() as session:
        if not second_factor.accept(session, account.id, visit.form.get("code", ""), visit.now):
            _note(visit, session, "sign in failed", account.username, NOBODY)
            return _code_form(visit, 422, visit.say("code_wrong"))
        sessions.forget_tries(session, account.username, _address(visit))
        sessions.end(session, account.id, session_id)
        token = sessions.begin(session, account, _device(visit), visit.now)
        _note(visit, session, "signed in", account.username)
    return _remember(visit, token, _home(visit, account, visit.form.get("next")))


def count_try(visit: Visit, username: str) -> None:
    """Note a guess at a password or a code, before it is looked at. Raises TooManyTries."""
    with visit.parts.db.write() as session:
        sessions.count_try(session, username, _address(visit), visit.now)


def _note_failure(visit: Visit, username: str) -> None:
    """What was typed is written down only where it is a name: who mistakes the fields types his password there."""
    with visit.parts.db.write() as session:
        known = session.scalar(select(Account.username).where(Account.username == username.strip().lower()[:64]))
        _note(visit, session, "sign in failed", known or "?", NOBODY)


def _note(visit: Visit, session: Session, kind: str, username: str, actor: str | None = None) -> None:
    audit.note(session, actor or username, kind, f"account {username}", visit.now)


def _half_in(visit: Visit) -> tuple[Account, int] | None:
    token = visit.request.cookies.get(cookie_name(visit.request), "")
    with visit.parts.db.read() as session:
        return sessions.wanting_code(session, token, visit.now) if token else None


def _home(visit: Visit, account: Account, wanted: str | None) -> str:
    """Where he was going; without that where his day begins."""
    with visit.parts.db.read() as session:
        granted = roles.permissions(session, visit.parts.promise.profile, account.username, account.role)
    return _next(visit, wanted, permissions.home(granted))


def _remember(visit: Visit, token: str, path: str) -> Response:
    answer = visit.go(path)
    answer.set_cookie(
        cookie_name(visit.request),
        token,
        max_age=int(sessions.LONGEST.total_seconds()),
        path="/",
        httponly=True,
        samesite="lax",
        secure=visit.request.url.scheme == "https",
    )
    return answer


def _address(visit: Visit) -> str:
    return visit.request.client.host if visit.request.client else ""


def _device(visit: Visit) -> str:
    return visit.request.headers.get("user-agent", "")


def _told(visit: Visit, refused: sessions.TooManyTries) -> str:
    return visit.say("sign_in_wait", n=-(-refused.wait // timedelta(minutes=1)))


def _wait(answer: Response, refused: sessions.TooManyTries) -> Response:
    answer.headers["Retry-After"] = str(-(-refused.wait // timedelta(minutes=1)) * 60)
    return answer


def _code_form(visit: Visit, status: int, fault: str | None) -> Response:
    wanted = visit.form.get("next") or visit.request.query_params.get("next") or ""
    return visit.show("code.html", status, fault=fault, next=wanted)


def sign_out(visit: Visit) -> Response:
    """End this session."""
    with visit.parts.db.write() as session:
        sessions.end(session, visit.who.account_id, visit.who.session_id)
        _note(visit, session, "signed out", visit.who.username)
    answer = visit.go(SIGN_IN)
    answer.delete_cookie(cookie_name(visit.request), path="/", httponly=True, samesite="lax")
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


def devices(visit: Visit) -> Response:
    """Where one is signed in."""
    with visit.parts.db.read() as session:
        found = sessions.of_account(session, visit.who.account_id, visit.now)
    rows = [(row, browser_of(row.device), row.id == visit.who.session_id) for row in found]
    return visit.show("devices.html", rows=rows, active="")


def end_session(visit: Visit) -> Response:
    """End one of one's own sessions."""
    with visit.parts.db.write() as session:
        found = sessions.end(session, visit.who.account_id, visit.path["session"])
    return visit.go("/console/sessions") if found else not_found(visit)


def prefer(visit: Visit) -> Response:
    """Keep the language and the theme in this browser."""
    answer = visit.go(_next(visit, visit.form.get("next")))
    for name, values in (("language", LANGUAGES), ("theme", THEMES)):
        if (value := visit.form.get(name, "")) in values:
            answer.set_cookie(
                f"sapa-{name}", value, max_age=YEAR, path="/console", samesite="lax", httponly=True,
                secure=visit.request.url.scheme == "https",
            )  # fmt: skip
    return answer


def attend(visit: Visit) -> Response:
    """Come on duty, or go away: what one has is then taken back for others."""
    username = visit.who.username
    with visit.parts.db.write() as session:
        if visit.form.get("duty") == "on":
            duty.set_duty(session, username, True, username, visit.now)
        else:
            visit.parts.desk.goes_away(session, username, username, visit.now)
    visit.parts.happened()
    return visit.go(_next(visit, visit.form.get("next")))


def refused(visit: Visit, status: int, fault: str | None) -> Response:
    """The sign-in once more, with what went wrong."""
    wanted = visit.form.get("next") or visit.request.query_params.get("next") or ""
    here = f"{SIGN_IN}?next={quote(wanted, safe='')}" if wanted else SIGN_IN
    return visit.show(
        "sign_in.html", status, fault=fault, next=wanted, here=here, username=visit.form.get("username", ""),
        ended="ended" in visit.request.query_params,
    )  # fmt: skip


def _next(visit: Visit, wanted: str | None, default: str = HOME) -> str:
    """A page of ours, never somewhere else."""
    ours = wanted is not None and (wanted == HOME or wanted.startswith((f"{HOME}/", f"{HOME}?")))
    if not ours or wanted is None or "\\" in wanted or any(ord(c) < 32 for c in wanted):
        return default
    return wanted


def browser_of(device: str) -> str:
    """A browser's name and its system's, out of what it says of itself."""
    parts = [next((name for mark, name in marks if mark in device), "") for marks in (_BROWSERS, _SYSTEMS)]
    return " · ".join(part for part in parts if part) or device[:60] or "?"
