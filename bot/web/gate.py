"""The way into every page of the console: who is it, may he, does the form come from us; then the page's headers."""

from __future__ import annotations

import hmac
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from hashlib import sha256
from urllib.parse import parse_qsl, quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.identity import sessions
from bot.identity.sessions import SignedIn
from bot.storage.disk import MOST_FILES
from bot.web.permissions import Permission
from bot.web.visit import HEADERS, Parts, Visit

log = logging.getLogger(__name__)
Handler = Callable[[Visit], Response]
"""A page; runs in a thread."""
Streamer = Callable[[Visit], Awaitable[Response]]
LARGEST_FORM = 200_000
SIGN_IN = "/console/sign-in"
SET_UP = "/console/second-factor"
PASSWORD = "/console/password"  # noqa: S105
WITH_GIVEN_PASSWORD = (PASSWORD, "/console/sign-out")
"""Where somebody may go whose password somebody else knows."""
WITHOUT_SECOND_FACTOR = (SET_UP, "/console/sign-out")
"""Where somebody may go whose role wants a second factor that he does not have yet."""


class _TooLarge(Exception):
    pass


def gated(
    handler: Handler, permission: Permission, parts: Parts, stream: Streamer | None = None, files: bool = False
) -> Callable[[Request], Awaitable[Response]]:
    """``handler`` behind its permission. ``stream``: what answers in the event loop instead, once the way is free.
    ``files``: whether the form may bring files along."""

    async def endpoint(request: Request) -> Response:
        brings_files = files and request.headers.get("content-type", "").startswith("multipart/form-data")
        try:
            form = {} if brings_files else await _form(request)
            visit, refused = await run_in_threadpool(_admit, request, form, permission, parts)
            if refused is not None:
                return _headed(refused)
            if stream is not None:
                return _headed(await stream(visit))
            if not brings_files:
                return _headed(await run_in_threadpool(handler, visit))
            # Nobody fills our disk before we know who he is; so the header alone shows that the form is ours.
            async with _uploads(visit):
                return _headed(await run_in_threadpool(handler, visit))
        except (_TooLarge, MultiPartException):
            return _headed(Response("Too large.", 413))

    return endpoint


@asynccontextmanager
async def _uploads(visit: Visit) -> AsyncIterator[None]:
    """Gives the visit the fields and the files of its form, for the block. Raises _TooLarge, MultiPartException."""
    most = LARGEST_FORM + MOST_FILES * visit.parts.settings.max_attachment

    async def limited() -> AsyncGenerator[bytes, None]:
        size = 0
        async for chunk in visit.request.stream():
            if (size := size + len(chunk)) > most:
                raise _TooLarge
            yield chunk

    parser = MultiPartParser(
        visit.request.headers, limited(), max_files=4 * MOST_FILES, max_fields=200, max_part_size=LARGEST_FORM
    )
    parsed = await parser.parse()
    try:
        fields = [(name, value) for name, value in parsed.multi_items() if isinstance(value, str)]
        visit.form = {name: value.replace("\0", "") for name, value in fields}
        files = [value for _, value in parsed.multi_items() if isinstance(value, UploadFile)]
        # Of a field in which nothing was chosen browsers send a file without a name.
        visit.uploads = [(file.filename or "", file.file) for file in files if file.filename or file.size]
        yield
    finally:
        await parsed.close()


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
    visit = Visit(request, parts, account, now, csrf_of(token) if account else "", form)
    if not visit.may(permission):
        return visit, _nobody(visit) if account is None else not_found(visit)
    allowed = permission == "public" or request.url.path.startswith(WITHOUT_SECOND_FACTOR)
    if account is not None and account.password_given and permission != "public":
        if not request.url.path.startswith(WITH_GIVEN_PASSWORD):
            return visit, visit.go(PASSWORD)
    elif visit.lacks_second_factor and not allowed:
        return visit, visit.go(SET_UP)
    if request.method not in ("GET", "HEAD"):
        given = form.get("csrf") or request.headers.get("x-csrf-token", "")
        ours = account is None or hmac.compare_digest(given.encode(), visit.csrf.encode())
        if not ours or not same_origin(request.headers):
            return visit, visit.show("fault.html", 403, title=visit.say("refused"), text=visit.say("refused_form"))
    return visit, None


def _signed_in(parts: Parts, token: str, now: datetime) -> SignedIn | None:
    with parts.db.read() as session:
        account = sessions.signed_in(session, token, now)
        stale = account is not None and sessions.needs_noting(session, account.session_id, now)
    if account is not None and stale:
        with parts.db.write() as session:
            sessions.note_use(session, account.session_id, now)
    return account


def _nobody(visit: Visit) -> Response:
    """Not signed in, or not any more: to the sign-in and back here. Parts of pages are told so by their status."""
    if visit.fragment or visit.request.method != "GET":
        return Response(status_code=401)
    here = visit.request.url.path + (f"?{visit.request.url.query}" if visit.request.url.query else "")
    return RedirectResponse(f"{SIGN_IN}?next={quote(here, safe='')}", status_code=303)


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
            raise _TooLarge
    fields = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=200)
    return {name: value.replace("\0", "") for name, value in fields}


def csrf_of(token: str) -> str:
    """What the forms of a session carry; it follows from the token and does not tell it."""
    return hmac.new(token.encode(), b"sapa console form", sha256).hexdigest()


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
