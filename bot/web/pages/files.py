"""Files that people and staff sent, as staff see them: shown or saved, and never able to act as a page of ours."""

from __future__ import annotations

from typing import Any

from starlette.responses import FileResponse, Response

from bot.conversation import enclosing
from bot.conversation.model import Attachment, OutboxMessage
from bot.tickets.canned import Canned
from bot.tickets.model import CannedReply, Forwarding
from bot.web.gate import not_found
from bot.web.talk import FILMS, PICTURES, SOUNDS
from bot.web.visit import Visit

INLINE = PICTURES | SOUNDS | FILMS | {"application/pdf"}
"""What browsers show themselves; everything else is saved."""
HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "private, max-age=3600",
}


def received(visit: Visit) -> Response:
    """A stored file of a person's message."""
    with visit.parts.db.read() as session:
        file = session.get(Attachment, visit.path["file"])
    if file is None or file.status != "stored" or not file.path:
        return not_found(visit)
    return _file(visit, file.path, file.filename, file.media_type or "")


def sent(visit: Visit) -> Response:
    """A file of a message of ours, whatever became of that."""
    with visit.parts.db.read() as session:
        message = session.get(OutboxMessage, visit.path["message"])
    return _of(visit, message.origin if message else None)


def returned(visit: Visit) -> Response:
    """A file that a unit sent back with its answer."""
    with visit.parts.db.read() as session:
        form = session.get(Forwarding, visit.path["form"])
    return _of(visit, form.enclosed if form else None)


def canned(visit: Visit) -> Response:
    """A file that goes with a canned reply; ``file``: the name under which it is kept."""
    with visit.parts.db.read() as session:
        row = session.get(CannedReply, visit.path["id"])
    file = next((each for each in Canned.of(row).files if each.key == visit.path["file"]), None) if row else None
    return _file(visit, file.path, file.filename, file.media_type) if file else not_found(visit)


def _of(visit: Visit, origin: dict[str, Any] | None) -> Response:
    files = enclosing.of(origin)
    if visit.path["index"] >= len(files):
        return not_found(visit)
    file = files[visit.path["index"]]
    return _file(visit, file.path, file.filename, file.media_type)


def _file(visit: Visit, where: str, name: str | None, media_type: str) -> Response:
    root = visit.parts.settings.data_dir.resolve()
    path = (root / where).resolve()
    if not path.is_relative_to(root) or not path.is_file():
        return not_found(visit)
    inline = media_type in INLINE
    return FileResponse(
        path,
        media_type=media_type if inline else "application/octet-stream",
        filename=name or path.name,
        content_disposition_type="inline" if inline else "attachment",
        headers=HEADERS,
    )
