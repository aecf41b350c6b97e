"""Who is writing: a random token in a cookie, of which only the digest is ever stored."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

CHANNEL = "web"
COOKIE_DAYS = 400
"""The longest that browsers keep a cookie; it is renewed whenever the page is opened."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Visitor:
    """``address`` is the handle; ``new``: the request carried no usable token, so the answer must set one."""

    token: str
    new: bool

    @property
    def address(self) -> str:
        return f"{CHANNEL}:{hashlib.sha256(self.token.encode()).hexdigest()}"


def visitor_of(request: Request) -> Visitor:
    """The visitor by his cookie, or a new one with a token of 256 random bits."""
    token = request.cookies.get(_cookie_name(request), "")
    if _TOKEN.fullmatch(token):
        return Visitor(token, new=False)
    return Visitor(secrets.token_urlsafe(32), new=True)


def remember(response: Response, visitor: Visitor, request: Request) -> None:
    """Set or renew the visitor's cookie on ``response``."""
    response.set_cookie(
        _cookie_name(request),
        visitor.token,
        max_age=COOKIE_DAYS * 86_400,
        path="/",
        httponly=True,
        samesite="lax",
        secure=_https(request),
    )


def _https(request: Request) -> bool:
    return request.url.scheme == "https"


def _cookie_name(request: Request) -> str:
    # The prefix makes browsers refuse the cookie from any other host of the same domain: on a campus with hundreds of
    # subdomains nobody can plant a token of his own and read along.
    return "__Host-sapa" if _https(request) else "sapa"


def same_origin(headers: Mapping[str, str]) -> bool:
    """Whether a request that changes something comes from our own page (or from no browser at all)."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc.lower() == headers.get("host", "").lower()
