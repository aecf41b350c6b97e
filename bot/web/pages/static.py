"""Our own files for the browser: style, scripts, icons. Nothing is built, nothing comes from elsewhere."""

from __future__ import annotations

import gzip
from functools import lru_cache
from pathlib import Path

from starlette.responses import Response

from bot.web.compressing import takes_gzip
from bot.web.gate import not_found
from bot.web.visit import STATIC, Visit, static_version

TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def static(visit: Visit) -> Response:
    """One of them. With the version that pages ask for, browsers keep it for good; scripts find what they import
    beside them, under the same version."""
    version, _, name = visit.path["name"].partition("/")
    fixed = version == static_version()
    path = (STATIC / (name if fixed else visit.path["name"])).resolve()
    if path.suffix not in TYPES or not path.is_relative_to(STATIC) or not path.is_file():
        return not_found(visit)
    headers = {"Cache-Control": "public, max-age=31536000, immutable" if fixed else "no-cache"}
    small = takes_gzip(visit.request)
    if small:
        headers["Content-Encoding"] = "gzip"
    return Response(_gzipped(path) if small else path.read_bytes(), media_type=TYPES[path.suffix], headers=headers)


@lru_cache(100)
def _gzipped(path: Path) -> bytes:
    return gzip.compress(path.read_bytes(), 9, mtime=0)
