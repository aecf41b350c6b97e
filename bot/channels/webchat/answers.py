"""The HTTP answers of the web chat and the headers that each carries."""

from __future__ import annotations

import math
from typing import Any

from starlette.responses import JSONResponse, Response

_STRICT = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
PAGE_HEADERS = _STRICT | {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-cache",
}
FILE_HEADERS = _STRICT | {
    # A file that somebody uploaded is shown or saved, and can never act as a page of ours.
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "private, max-age=86400",
}
DATA_HEADERS = _STRICT | {"Content-Security-Policy": "default-src 'none'", "Cache-Control": "no-store"}
STREAM_HEADERS = DATA_HEADERS | {
    "Cache-Control": "no-store, no-transform",
    # nginx holds back a stream unless it is told not to.
    "X-Accel-Buffering": "no",
}


def data(value: Any, status: int = 200) -> Response:
    return JSONResponse(value, status, headers=DATA_HEADERS)


def fault(code: str, status: int) -> Response:
    """``code`` is for the page, which has the words."""
    return data({"error": code}, status)


def slow_down(seconds: float) -> Response:
    response = fault("too_fast", 429)
    response.headers["Retry-After"] = str(max(1, math.ceil(seconds)))
    return response
