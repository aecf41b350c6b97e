"""To the institution's provider and back. Who it says it is has an account here already, or does not get in."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.identity import staffing
from bot.identity.model import Account
from bot.web.gate import SIGN_IN, not_found
from bot.web.pages import signing
from bot.web.single_sign_on import Attempt, SignOnFailed, provider
from bot.web.visit import Visit

log = logging.getLogger(__name__)
HERE = f"{SIGN_IN}/sso"
BACK = f"{HERE}/back"
TOLD: Mapping[str, str] = {
    "unreachable": "sso_unreachable",
    "refused": "sso_refused",
    "no account": "sso_no_account",
}
KEPT_SECONDS = 600
"""So long one may take at the provider."""


def begin(visit: Visit) -> Response:
    """To the provider."""
    oidc = visit.parts.settings.oidc
    if oidc is None:
        return not_found(visit)
    try:
        where, attempt = provider(oidc).begin(_back(visit), visit.request.query_params.get("next", "")[:500])
    except SignOnFailed as failed:
        return _failed(visit, failed.why)
    answer = RedirectResponse(where, status_code=303)
    answer.set_cookie(
        _cookie(visit.request), attempt.packed(), max_age=KEPT_SECONDS, path="/", httponly=True, samesite="lax",
        secure=visit.request.url.scheme == "https",
    )  # fmt: skip
    return answer


def back(visit: Visit) -> Response:
    """From the provider, with what it says. A try counts once, in the browser that began it."""
    oidc, params = visit.parts.settings.oidc, visit.request.query_params
    if oidc is None:
        return not_found(visit)
    attempt = Attempt.unpacked(visit.request.cookies.get(_cookie(visit.request), ""))
    given = params.get("state", "").encode()
    if attempt is None or not secrets.compare_digest(given, attempt.state.encode()) or not params.get("code"):
        return _forgotten(visit, _failed(visit, "refused"))
    try:
        claims = provider(oidc).claims(params["code"], attempt, _back(visit), visit.now)
    except SignOnFailed as failed:
        return _forgotten(visit, _failed(visit, failed.why))
    account = _account(visit, claims, oidc.claim)
    if account is None:
        return _forgotten(visit, _failed(visit, "no account"))
    return _forgotten(visit, signing.let_in(visit, account, attempt.going_to))


def _account(visit: Visit, claims: Mapping[str, Any], claim: str) -> Account | None:
    """The open account that the claim names; by its mail address only where the provider has checked that."""
    value = claims.get(claim)
    if not isinstance(value, str) or (claim == "email" and claims.get("email_verified") is not True):
        return None
    with visit.parts.db.write() as session:
        find = staffing.by_email if claim == "email" else staffing.by_username
        account = find(session, value.replace("\0", "").strip().lower())
        if account is None or account.deactivated_at is not None:
            return None
        staffing.needs_no_password(session, account, visit.now)
        return account


def _failed(visit: Visit, why: str) -> Response:
    log.warning("single sign-on: %s", why)
    return signing.refused(visit, 503 if why == "unreachable" else 403, visit.say(TOLD[why]))


def _forgotten(visit: Visit, answer: Response) -> Response:
    answer.delete_cookie(
        _cookie(visit.request), path="/", httponly=True, samesite="lax", secure=visit.request.url.scheme == "https"
    )
    return answer


def _back(visit: Visit) -> str:
    return f"{visit.parts.settings.address}{BACK}"


def _cookie(request: Request) -> str:
    """The prefix makes browsers refuse the cookie from any other host of the same domain."""
    return "__Host-sapa-sso" if request.url.scheme == "https" else "sapa-sso"
