"""One's second factor: set up with a QR code, confirmed by a code; new recovery codes and turning it off by a code."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import segno
from markupsafe import Markup
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.errors import NotAllowed
from bot.identity import audit, second_factor, sessions
from bot.web.gate import SET_UP
from bot.web.pages.signing import count_try
from bot.web.visit import Visit


def show(visit: Visit) -> Response:
    """Whether one has a second factor; what is being set up."""
    return _page(visit)


def begin(visit: Visit) -> Response:
    """Begin to set one up, with a new secret."""
    # If it is there already, from another window, the page says so.
    with suppress(NotAllowed), visit.parts.db.write() as session:
        second_factor.begin(session, visit.who.account_id)
    return visit.go(SET_UP)


def confirm(visit: Visit) -> Response:
    """With a right code it counts; the recovery codes are shown this once."""
    with visit.parts.db.write() as session:
        codes = second_factor.confirm(session, visit.who.account_id, visit.form.get("code", ""), visit.now)
        if codes is not None:
            _note(visit, session, "second factor on")
    if codes is None:
        return _page(visit, 422, visit.say("code_wrong"))
    return visit.show("recovery_codes.html", codes=codes, active="")


def turn_off(visit: Visit) -> Response:
    """Sign in with the password alone again; not where the role wants a second factor."""
    if visit.needs_second_factor:
        return _page(visit, 422, visit.say("second_factor_needed"))

    def off(session: Session) -> None:
        second_factor.take_away(session, visit.who.account_id)
        _note(visit, session, "second factor off")

    return _with_code(visit, off) or visit.go(SET_UP)


def renew_codes(visit: Visit) -> Response:
    """New recovery codes, shown this once; those that were left work no more."""
    codes: list[str] = []

    def renew(session: Session) -> None:
        codes.extend(second_factor.new_recovery_codes(session, visit.who.account_id))
        _note(visit, session, "recovery codes renewed")

    return _with_code(visit, renew) or visit.show("recovery_codes.html", codes=codes, active="")


def _with_code(visit: Visit, do: Callable[[Session], None]) -> Response | None:
    """Do it if the code of the form is right; else the page that says why not."""
    try:
        count_try(visit, visit.who.username)
    except sessions.TooManyTries:
        return _page(visit, 429, visit.say("code_wait"))
    with visit.parts.db.write() as session:
        right = second_factor.accept(session, visit.who.account_id, visit.form.get("code", ""), visit.now)
        if right:
            do(session)
    return None if right else _page(visit, 422, visit.say("code_wrong"))


def _note(visit: Visit, session: Session, kind: str) -> None:
    audit.note(session, visit.who.username, kind, f"account {visit.who.username}", visit.now)


def _page(visit: Visit, status: int = 200, fault: str | None = None) -> Response:
    with visit.parts.db.read() as session:
        factor = second_factor.of(session, visit.who.account_id)
    secret = factor.secret if factor else None
    return visit.show(
        "second_factor.html", status, active="", factor=factor, fault=fault, secret=secret or "",
        picture=_picture(visit, secret) if secret else "",
    )  # fmt: skip


def _picture(visit: Visit, secret: str) -> Markup:
    address = second_factor.address(secret, visit.who.username, f"Sapa {visit.parts.settings.institution}")
    # Dark on light in the dark theme too, or cameras would not read it. Nothing in it is text of anybody's.
    return Markup(segno.make(address, error="m", micro=False).svg_inline(scale=5, dark="#000", light="#fff"))  # noqa: S704
