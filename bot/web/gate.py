"""The way into every page of the console: who is it, may he, does the form come from us; then the page's headers."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.identity import sessions
from bot.identity.sessions import SignedIn
from bot.web import csrf
from bot.web.compressing import compressed
from bot.web.permissions import Permission
from bot.web.uploads import TooLarge, brings_files, uploaded
from bot.web.visit import HEADERS, Parts, Visit

log = logging.getLogger(__name__)
Handler = Callable[[Visit], Response]
"""A page; runs in a thread."""
Streamer = Callable[[Visit], Awaitable[Response]]
LARGEST_FORM = 200_000
LARGEST_ID = 2**31 - 1
"""Rows have no higher one on PostgreSQL."""
SIGN_IN = "/console/sign-in"
SET_UP = "/console/second-factor"
PASSWORD = "/console/password"  # noqa: S105
WITH_GIVEN_PASSWORD = (PASSWORD, "/console/sign-out")
"""Where somebody may go whose password somebody else knows."""
WITHOUT_SECOND_FACTOR = (SET_UP, "/console/sign-out")
"""Where somebody may go whose role wants a second factor that he does not have yet."""


def gated(
    handler: Handler, permission: Permission, parts: Parts, stream: Streamer | None = None, files: bool = False
) -> Callable[[Request], Awaitable[Response]]:
    """``handler`` behind its permission. ``stream``: what answers in the event loop instead, once the way is free.
    ``files``: whether the form may bring files along."""

    async def endpoint(request: Request) -> Response:
        with_files = files and brings_files(request)
        try:
            _clean(request)
            form = {} if with_files else await _form(request)
            visit, refused = await run_in_threadpool(_admit, request, form, permission, parts)
            if refused is not None:
                return _headed(refused)
            if stream is not None:
                return _headed(await stream(visit))
            if not with_files:
                return _headed(await run_in_threadpool(_made, handler, visit))
            # Nobody fills our disk before we know who he is; so the header alone shows that the form is ours.
            async with uploaded(request, LARGEST_FORM, parts.settings.max_attachment) as (visit.form, visit.uploads):
                return _headed(await run_in_threadpool(_made, handler, visit))
        except TooLarge:
            return _headed(_too_large(request, parts))
        except Exception:
            log.exception("%s %s failed", request.method, handler.__name__)
            return _headed(_fault(request, parts))

    return endpoint


def _made(handler: Handler, visit: Visit) -> Response:
    return compressed(handler(visit), visit.request)


def _clean(request: Request) -> None:
    """Take the one character out of the query that PostgreSQL does not keep."""
    query = request.scope["query_string"].decode("latin-1")
    if "%00" in query or "\0" in query:
        fields = [(name.replace("\0", ""), value.replace("\0", "")) for name, value in parse_qsl(query, True)]
        request.scope["query_string"] = urlencode(fields).encode()


def _leads_nowhere(request: Request) -> bool:
    """Whether no row can be what the path names."""
    ids = (value for value in request.path_params.values() if isinstance(value, int))
    return "\0" in request.scope["path"] or any(each > LARGEST_ID for each in ids)


def _fault(request: Request, parts: Parts) -> Response:
    """For what nobody thought of. Nothing is asked of the database, which may be what failed."""
    visit = Visit(request, parts, None, parts.clock())
    return visit.show("fault.html", 500, title=visit.say("fault"), text=visit.say("fault_text"))


def _too_large(request: Request, parts: Parts) -> Response:
    visit = Visit(request, parts, None, parts.clock())
    return visit.show("fault.html", 413, title=visit.say("too_large"), text=visit.say("too_large_text"))


def _headed(answer: Response) -> Response:
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    return answer


def _admit(
    request: Request, form: Mapping[str, str], permission: Permission, parts: Parts
) -> tuple[Visit, Response | None]:
    """The visit, and the answer where it ends here."""
    now = parts.clock()
    token = request.cookies.get(cookie_name(request), "")
    account = _signed_in(parts, token, now) if token else None
    visit = Visit(request, parts, account, now, csrf.masked(token) if account else "", form)
    if not visit.may(permission):
        return visit, _nobody(visit, permission) if account is None else not_found(visit)
    if _leads_nowhere(request):
        return visit, not_found(visit)
    allowed = permission == "public" or request.url.path.startswith(WITHOUT_SECOND_FACTOR)
    if account is not None and account.password_given and permission != "public":
        if not request.url.path.startswith(WITH_GIVEN_PASSWORD):
            return visit, visit.go(PASSWORD)
    elif visit.lacks_second_factor and not allowed:
        return visit, visit.go(SET_UP)
    if request.method not in ("GET", "HEAD"):
        given = form.get("csrf") or request.headers.get("x-csrf-token", "")
        ours = account is None or csrf.is_ours(given, token)
        if not ours and not visit.fragment and surely_same_origin(request.headers):
            return visit, _again(visit, 403, permission)
        if not ours or not same_origin(request.headers):
            return visit, visit.show("fault.html", 403, title=visit.say("refused"), text=visit.say("refused_form"))
    return visit, None


def _signed_in(parts: Parts, token: str, now: datetime) -> SignedIn | None:
    with parts.db.read() as session:
        account = sessions.signed_in(session, token, now)
    if account is not None and account.needs_noting(now):
        with parts.db.write() as session:
            sessions.note_use(session, account.session_id, now)
    return account


def _nobody(visit: Visit, permission: Permission) -> Response:
    """Not signed in, or not any more: to the sign-in and back here. Parts of pages are told so by their status."""
    if visit.fragment:
        return Response(status_code=401)
    if visit.request.method != "GET":
        return _again(visit, 401, permission)
    here = visit.request.url.path + (f"?{visit.request.url.query}" if visit.request.url.query else "")
    return RedirectResponse(f"{SIGN_IN}?next={quote(here, safe='')}", status_code=303)


def _again(visit: Visit, status: int, permission: Permission) -> Response:
    """Ask for a form to be sent once more, with all that was written, as its session is over. What concerns one's own
    account (passwords, codes) is not repeated, and neither is what may come from another site: who answers the
    question would do what that site wants."""
    repeated = permission != "own" and surely_same_origin(visit.request.headers)
    written = {name: value for name, value in visit.form.items() if name != "csrf"} if repeated else {}
    return visit.show("again.html", status, written=written)


def not_found(visit: Visit) -> Response:
    """What is not there, and what one may not know of, look alike."""
    return visit.show("fault.html", 404, title=visit.say("not_found"), text=visit.say("not_found_text"))


async def _form(request: Request) -> dict[str, str]:
    if request.method in ("GET", "HEAD"):
        return {}
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            raise TooLarge
    fields = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=200)
    return {name: value.replace("\0", "") for name, value in fields}


def cookie_name(request: Request) -> str:
    """The prefix makes browsers refuse the cookie from any other host of the same domain."""
    return "__Host-sapa-staff" if request.url.scheme == "https" else "sapa-staff"


def same_origin(headers: Mapping[str, str]) -> bool:
    """Whether a request that changes something comes from our own page (or from no browser at all)."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc.lower() == headers.get("host", "").lower()


def surely_same_origin(headers: Mapping[str, str]) -> bool:
    """Whether the browser says so; ``same_origin`` is content where it says nothing."""
    said = headers.get("sec-fetch-site")
    return same_origin(headers) and (said == "same-origin" if said else "origin" in headers)
