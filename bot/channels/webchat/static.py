"""The page itself and its few files; nothing is built, nothing comes from elsewhere."""

from __future__ import annotations

import html
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from bot.channels.webchat.answers import PAGE_HEADERS, fault
from bot.channels.webchat.visitor import remember, visitor_of

FOLDER = Path(__file__).parent / "page"
MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def page_routes(institution: str) -> list[Route]:
    """``/`` and ``/chat/page/{name}``."""

    def page(request: Request) -> Response:
        source = (FOLDER / "index.html").read_text(encoding="utf-8")
        response = HTMLResponse(source.replace("{{institution}}", html.escape(institution)), headers=PAGE_HEADERS)
        remember(response, visitor_of(request), request)
        return response

    def file(request: Request) -> Response:
        path = FOLDER / request.path_params["name"]
        if path.suffix not in MEDIA_TYPES or path.parent != FOLDER or not path.is_file():
            return fault("not_found", 404)
        return FileResponse(path, media_type=MEDIA_TYPES[path.suffix], headers=PAGE_HEADERS)

    return [Route("/", page), Route("/chat/page/{name}", file)]
