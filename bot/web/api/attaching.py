"""``/tickets/{number}/files``: what came with a letter or a form, a file a request."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.conversation import enclosing
from bot.conversation.entering import attach
from bot.conversation.erasing import remove_files
from bot.tickets.model import Ticket
from bot.web.api import shapes
from bot.web.api.fields import plain
from bot.web.api.once import TicketWriter
from bot.web.api.problems import documented
from bot.web.api.steps import take

router = APIRouter(prefix="/tickets", tags=["tickets"], responses=documented(400, 401, 403, 409, 413, 422, 429))
UPLOADS = re.compile(r"/tickets/[^/]+/files\Z")
"""How addresses end that take a whole file."""
_FILE = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}, "required": True}


async def _body(request: Request) -> bytes:
    return await request.body()


@router.post(
    "/{number}/files",
    status_code=201,
    response_model=shapes.Ticket,
    responses=documented(404),
    openapi_extra={"requestBody": _FILE},
)
def add_file(
    change: TicketWriter,
    number: str,
    name: Annotated[str, Query(min_length=1, max_length=255, description="What the file is called.")],
    body: Annotated[bytes, Depends(_body)],
) -> Response:
    """A file (the body) that came with what was entered by hand: a scanned letter, a photo of a form. Pictures, sound,
    films, PDF, office documents and plain text, five a ticket. Scope `tickets:write`."""
    settings, who, now = change.caller.parts.settings, change.caller.username, change.caller.now
    kept = False
    with enclosing.kept(settings.data_dir, [(plain(name), BytesIO(body))], settings.max_attachment) as files:

        def do(session: Session, ticket: Ticket) -> None:
            nonlocal kept
            attach(session, ticket, files, who, now)
            kept = True

        try:
            return take(change, number, do, status=201)
        finally:
            # Asked again with the same key, or of a ticket that is not there, it belongs to nothing.
            if not kept:
                remove_files(settings.data_dir, [file.path for file in files])
