"""Our own files for the browser: style, scripts, icons. Nothing is built, nothing comes from elsewhere."""

from __future__ import annotations

from starlette.responses import FileResponse, Response

from bot.web.gate import not_found
from bot.web.visit import FOLDER, Visit

STATIC = FOLDER / "static"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def static(visit: Visit) -> Response:
    """One of them. With the version that pages ask for, browsers keep it for good."""
    name = visit.path["name"]
    path = (STATIC / name).resolve()
    if path.suffix not in TYPES or not path.is_relative_to(STATIC) or not path.is_file():
        return not_found(visit)
    kept = "public, max-age=31536000, immutable" if "v" in visit.request.query_params else "no-cache"
    return FileResponse(path, media_type=TYPES[path.suffix], headers={"Cache-Control": kept})
