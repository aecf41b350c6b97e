"""What the person is told, and what is kept, when no engine can take a turn."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from bot.conversation.taking import Outcome, Prepared, Reply
from bot.conversation.wording import time_argument
from bot.procedures.hours import ServicePromise
from bot.tickets import service as tickets

KIND = "outage"


def outcome(prepared: Prepared, promise: ServicePromise, now: datetime, *, reason: str) -> Outcome:
    """An honest sentence and a ticket: whoever has a live one finds his message there, anybody else gets one for the
    whole outage."""
    reply = Reply("utter_engine_down")
    effect = partial(_keep, reply=reply, prepared=prepared, promise=promise, now=now, reason=reason)
    return Outcome("fallback", [reply], [effect], author="system")


def _keep(
    session: Session, *, reply: Reply, prepared: Prepared, promise: ServicePromise, now: datetime, reason: str
) -> Mapping[str, Any]:
    live = tickets.open_tickets(session, conversation_id=prepared.conversation_id)
    ticket = live[-1] if live else None
    if ticket is None:
        ticket = tickets.open_ticket(
            session,
            conversation_id=prepared.conversation_id,
            person_id=prepared.person.id,
            inbox_id=prepared.inbox_id,
            channel=prepared.channel,
            subject=prepared.text or "-",
            summary=f"engine: {reason}",
            category=None,
            kind=KIND,
            identity="proven" if prepared.person.proven else "unproven",
            language=prepared.language,
            now=now,
            due_at=promise.due(now),
            zone=promise.zone,
            prefix=promise.profile.ticket_prefix,
        )
    else:
        # What there is already is known only here, in the transaction.
        reply.response = "utter_engine_down_again" if ticket.kind == KIND else "utter_engine_down_added"
        tickets.add_message(session, ticket, actor=tickets.PERSON, inbox_id=prepared.inbox_id, now=now)
    return {"ticket": ticket.number, "due": time_argument(ticket.due_at)}
