"""What a browser notifies somebody of while he looks elsewhere: what he was told, and what was written to him."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, Response

from bot.tickets.lifecycle import LIVE
from bot.tickets.model import StaffNotice, Ticket, TicketEvent
from bot.web.visit import Visit
from bot.web.words import known

MOST = 20
"""Of each kind, the newest."""


def news(visit: Visit) -> Response:
    """His notices that he has not seen, and the last message of each ticket of his, as they are now. A notification is
    seen by whoever passes by: it says the ticket's number and what happened, and nothing that somebody wrote."""
    me = visit.who.username
    with visit.parts.db.read() as session:
        told = [(f"n{id_}", number, known(visit.language, "notice", kind)) for id_, number, kind in _told(session, me)]
        came = [(f"m{id_}", number, visit.say("news_message")) for id_, number in _came(session, me)]
    found = [
        {"key": key, "title": number, "text": text, "address": f"/console/tickets/{number}"}
        for key, number, text in (*told, *came)
    ]
    return JSONResponse(found)


def _told(session: Session, username: str) -> list[tuple[int, str, str]]:
    wanted = (
        select(StaffNotice.id, Ticket.number, StaffNotice.kind)
        .join(Ticket, Ticket.id == StaffNotice.ticket_id)
        .where(StaffNotice.username == username, StaffNotice.seen_at.is_(None))
    )
    return [(row[0], row[1], row[2]) for row in session.execute(wanted.order_by(StaffNotice.id.desc()).limit(MOST))]


def _came(session: Session, username: str) -> list[tuple[int, str]]:
    last = func.max(TicketEvent.id)
    wanted = (
        select(last, Ticket.number)
        .join(Ticket, Ticket.id == TicketEvent.ticket_id)
        .where(Ticket.assignee == username, Ticket.status.in_(LIVE))
        .where(TicketEvent.kind == "message", TicketEvent.actor == "person")
        .group_by(Ticket.number)
    )
    return [(row[0], row[1]) for row in session.execute(wanted.order_by(last.desc()).limit(MOST))]
