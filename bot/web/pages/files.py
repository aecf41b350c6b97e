"""Files that people sent, as staff see them: shown or saved, and never able to act as a page of ours."""

from __future__ import annotations

from starlette.responses import FileResponse, Response

from bot.conversation.model import Attachment
from bot.web.gate import not_found
from bot.web.visit import Visit

INLINE = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "private, max-age=3600",
}


def received(visit: Visit) -> Response:
    """A stored file of a message."""
    with visit.parts.db.read() as session:
        file = session.get(Attachment, visit.path["file"])
    root = visit.parts.settings.data_dir.resolve()
    path = (root / file.path).resolve() if file is not None and file.status == "stored" and file.path else None
    if file is None or path is None or not path.is_relative_to(root) or not path.is_file():
        return not_found(visit)
    inline = file.media_type in INLINE
    return FileResponse(
        path,
        media_type=file.media_type if inline else "application/octet-stream",
        filename=file.filename or path.name,
        content_disposition_type="inline" if inline else "attachment",
        headers=HEADERS,
    )
