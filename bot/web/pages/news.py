"""What a browser notifies somebody of while he looks elsewhere: what he was told, and what was written to him."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from bot.tickets.notices import notices
from bot.web.queues import written_to
from bot.web.visit import Visit
from bot.web.words import known

MOST = 20
"""Of each kind, the newest."""


def news(visit: Visit) -> Response:
    """His notices that he has not seen, and the last message of each ticket of his, as they are now. A notification is
    seen by whoever passes by: it says the ticket's number and what happened, and nothing that somebody wrote."""
    me = visit.who.username
    with visit.parts.db.read() as session:
        told = [
            (f"n{notice.id}", ticket.number, known(visit.language, "notice", notice.kind))
            for notice, ticket in notices(session, me, MOST)
            if notice.seen_at is None
        ]
        came = [(f"m{id_}", number, visit.say("news_message")) for id_, number in written_to(session, me, MOST)]
    found = [
        {"key": key, "title": number, "text": text, "address": f"/console/tickets/{number}"}
        for key, number, text in (*told, *came)
    ]
    return JSONResponse(found)
