"""Notes that the person never sees, who is mentioned in them, and who follows a ticket."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot.errors import NotAllowed, told
from bot.identity.model import Account
from bot.tickets.changes import note, storable
from bot.tickets.model import Ticket, TicketFollower
from bot.tickets.notices import MENTIONED, tell

NOTE_LENGTH = 10_000
_MENTION = re.compile(r"(?<![\w.@-])@([a-z][a-z0-9._-]*)", re.IGNORECASE)


def mentioned(text: str) -> Sequence[str]:
    """The user names that ``text`` names as ``@rina``, in order, each once; an e-mail address names nobody."""
    return list(dict.fromkeys(match[1].lower().rstrip("._-") for match in _MENTION.finditer(text)))


def add_note(session: Session, ticket: Ticket, text: str, actor: str, now: datetime) -> Sequence[str]:
    """Write a note for the staff, also on a closed ticket; returns who of them was mentioned: they are told, and follow
    it from now on. Raises NotAllowed when it is empty."""
    text = storable(text).strip()
    if not text:
        raise NotAllowed(told("The note is empty; nothing was written."))
    if len(text) > NOTE_LENGTH:
        raise NotAllowed(told("A note has at most {most} characters; nothing was written.", most=NOTE_LENGTH))
    named = mentioned(text)
    there = set(session.scalars(select(Account.username).where(Account.username.in_(named))))
    mentions = [name for name in named if name in there]
    note(session, ticket, actor, "noted", now, {"text": text, "mentions": mentions})
    for name in mentions:
        follow(session, ticket, name, actor, now)
        session.get_one(TicketFollower, (ticket.id, name)).mentioned_at = now
    tell(session, ticket, [name for name in mentions if name != actor], MENTIONED, "", now, now)
    session.flush()
    return mentions


def follow(session: Session, ticket: Ticket, username: str, actor: str, now: datetime) -> bool:
    """Have ``username`` follow the ticket; False when he does already. Raises NotAllowed when there is no such staff
    account."""
    if session.scalar(select(Account.id).where(Account.username == username)) is None:
        raise NotAllowed(told("There is no staff account {username}.", username=username))
    # The ticket's row stands for its followers: two that add the same one at once wait for each other.
    session.refresh(ticket, with_for_update=True)
    if session.get(TicketFollower, (ticket.id, username)) is not None:
        return False
    session.add(TicketFollower(ticket_id=ticket.id, username=username, since=now))
    note(session, ticket, actor, "followed", now, {"who": username})
    return True


def unfollow(session: Session, ticket: Ticket, username: str, actor: str, now: datetime) -> bool:
    """Have ``username`` follow the ticket no more; False when he does not."""
    gone = delete(TicketFollower).where(TicketFollower.ticket_id == ticket.id, TicketFollower.username == username)
    if not session.execute(gone.returning(TicketFollower.username)).all():
        return False
    note(session, ticket, actor, "unfollowed", now, {"who": username})
    return True


def followers(session: Session, ticket: Ticket) -> Sequence[str]:
    """Who follows the ticket."""
    wanted = select(TicketFollower.username).where(TicketFollower.ticket_id == ticket.id)
    return session.scalars(wanted.order_by(TicketFollower.username)).all()


def followed_by(session: Session, username: str, limit: int = 100) -> Sequence[Ticket]:
    """The tickets that ``username`` follows, the one he was mentioned in or began to follow last first."""
    latest = func.coalesce(TicketFollower.mentioned_at, TicketFollower.since)
    wanted = select(Ticket).join(TicketFollower, TicketFollower.ticket_id == Ticket.id)
    wanted = wanted.where(TicketFollower.username == username).order_by(latest.desc(), Ticket.id.desc())
    return session.scalars(wanted.limit(limit)).all()
