"""A corrective action on paper, with what was said about the ticket that it comes from."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.conversation.thread import responses
from bot.errors import NotAllowed
from bot.procedures.profile import Profile
from bot.tickets.form import ptpp_pdf
from bot.tickets.model import CorrectiveAction, Ticket


def printed(
    session: Session, action: CorrectiveAction, profile: Profile, institution: str, zone: ZoneInfo, language: str
) -> bytes:
    """The profile's form as PDF. Raises NotAllowed where it has none."""
    rule = profile.form_of("ptpp")
    if rule is None:
        raise NotAllowed("The profile in use has no form for corrective actions.")
    ticket = session.get(Ticket, action.ticket_id) if action.ticket_id is not None else None
    response = "\n\n".join(responses(session, ticket)) if ticket else ""
    return ptpp_pdf(rule, action, ticket, response, institution, zone, language)
