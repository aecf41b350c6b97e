"""Who gets a ticket: by hand to a colleague or a unit, or in turn to whoever on duty has least to do."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from bot.errors import NotAllowed, told
from bot.identity.model import Account
from bot.procedures.versions import Procedure
from bot.tickets import duty, service
from bot.tickets.changes import note, note_move, take_step
from bot.tickets.lifecycle import LIVE, Status, refuse_without
from bot.tickets.model import Ticket, TicketEvent
from bot.tickets.notices import tell
from bot.tickets.promises import SYSTEM
from bot.tickets.roles import holders
from bot.tickets.working import clean_name

BUSY_WITH: frozenset[Status] = frozenset({"new", "open", "planned"})
"""What makes work now; for what waits for the person or a unit nobody sits at his desk."""
NOBODYS = Ticket.assignee.is_(None), Ticket.status.in_(("new", "open"))
NOBODY: Mapping[int, str] = MappingProxyType({})
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Load:
    """What somebody has to do. ``tickets``: those he is busy with. ``given``: when he was given, of those that he still
    has, the last."""

    tickets: int
    given: datetime | None = None


def pick(loads: Mapping[str, Load], most: int | None = None) -> str | None:
    """Who gets the next ticket: who has fewest, of those who was given one longest ago, then by name. None when there
    is nobody, or all have ``most`` already."""
    free = [name for name, load in loads.items() if most is None or load.tickets < most]
    return min(free, key=lambda name: (loads[name].tickets, loads[name].given or _NEVER, name), default=None)


def loads(session: Session, usernames: Collection[str]) -> Mapping[str, Load]:
    """What each of ``usernames`` has to do."""
    his = Ticket.assignee.in_(usernames), Ticket.status.in_(LIVE)
    busy = func.sum(case((Ticket.status.in_(BUSY_WITH), 1), else_=0))
    counted = session.execute(select(Ticket.assignee, busy).where(*his).group_by(Ticket.assignee))
    latest = select(Ticket.assignee, func.max(TicketEvent.at)).join(TicketEvent, TicketEvent.ticket_id == Ticket.id)
    latest = latest.where(*his, TicketEvent.kind == "assigned").group_by(Ticket.assignee)
    having = {name: int(count) for name, count in counted}
    given = {row[0]: row[1] for row in session.execute(latest)}
    return {name: Load(having.get(name, 0), given.get(name)) for name in usernames}


def share_out(
    session: Session, now: datetime, *, among: Collection[str] | None = None, most: int | None = None, limit: int = 100,
    in_charge: Mapping[int, str] = NOBODY,
) -> Sequence[tuple[str, str]]:  # fmt: skip
    """Give the tickets that nobody has, the urgent and earliest due first, to whoever on duty is next, and tell him;
    returns (number, user name) of each. ``among``: only to these. ``most``: nobody gets more than so many. What
    somebody gave back himself goes to another, until he comes on duty anew. ``in_charge``: conversation → the agent who
    is in charge of it; nobody else could answer there, so what he cannot be given waits. Before anybody is, whoever on
    duty has a ticket of the conversation gets the others, also beyond ``most``.

    The assistant goes on talking until whoever got the ticket answers. Processes that share out at once take different
    tickets.
    """
    since = duty.on_duty_since(session)
    people = [name for name in since if among is None or name in among]
    having = dict(loads(session, people))
    wanted = select(Ticket).where(*NOBODYS).order_by(*service.MOST_PRESSING).limit(limit)
    waiting = session.scalars(wanted.with_for_update(skip_locked=True)).all() if pick(having, most) else ()
    gave_back = _gave_back(session, [ticket.id for ticket in waiting], since)
    talks_to = _who_has_another_of(session, {ticket.conversation_id for ticket in waiting})
    given = []
    for ticket in waiting:
        only, back = in_charge.get(ticket.conversation_id), gave_back.get(ticket.id)
        able = {each: load for each, load in having.items() if each != back and only in (None, each)}
        has_another = talks_to.get(ticket.conversation_id)
        name = has_another if has_another in able else pick(able, most)
        if name is None:
            continue
        talks_to[ticket.conversation_id] = name
        service.assign(session, ticket, name, SYSTEM, now)
        tell(session, ticket, [name], "given", "assignment", ticket.due_at, now)
        having[name] = Load(having[name].tickets + 1, now)
        given.append((ticket.number, name))
    return given


def share_out_by_rule(
    session: Session, procedure: Procedure, in_charge: Mapping[int, str], now: datetime
) -> Sequence[tuple[str, str]]:
    """``share_out`` as the procedure in use says; nothing where tickets are taken by hand."""
    rule = procedure.profile.assignment
    if rule is None:
        return ()
    among = {name for role in rule.to for name in holders(session, procedure.profile.roles[role])}
    return share_out(session, now, among=among, most=rule.most, in_charge=in_charge)


def nobodys(session: Session) -> bool:
    """Whether a ticket waits that nobody has."""
    return session.scalar(select(Ticket.id).where(*NOBODYS).limit(1)) is not None


def _who_has_another_of(session: Session, conversations: Collection[int]) -> dict[int, str]:
    """Conversation → who has a live ticket of it, the newest of several."""
    theirs = Ticket.conversation_id.in_(conversations), Ticket.status.in_(LIVE), Ticket.assignee.is_not(None)
    found = session.execute(select(Ticket.conversation_id, Ticket.assignee).where(*theirs).order_by(Ticket.id))
    return {conversation: name for conversation, name in found if name is not None}


def _gave_back(session: Session, tickets: Sequence[int], since: Mapping[str, datetime]) -> Mapping[int, str]:
    """Who of those on duty gave a ticket back himself the last time that somebody had it. ``since``: on duty since."""
    wanted = select(TicketEvent).where(TicketEvent.ticket_id.in_(tickets), TicketEvent.kind == "released")
    last = {event.ticket_id: event for event in session.scalars(wanted.order_by(TicketEvent.id))}
    return {
        ticket: event.actor
        for ticket, event in last.items()
        if (event.data or {}).get("from") == event.actor and event.at >= since.get(event.actor, event.at)
    }


def hand_on(session: Session, ticket: Ticket, to: str, actor: str, now: datetime) -> str | None:
    """Give a live ticket to the colleague ``to``, whoever has it; returns who had it. Raises NotAllowed: it has ended,
    or there is no such colleague."""
    active = select(Account.id).where(Account.username == to, Account.deactivated_at.is_(None))
    if session.scalar(active) is None:
        raise NotAllowed(told("There is no staff account {username}.", username=to))
    session.refresh(ticket)
    had_it = ticket.assignee
    if had_it is None:
        service.assign(session, ticket, to, actor, now)
    elif had_it != to:
        take_step(session, ticket, "hand on", Ticket.assignee == had_it, assignee=to)
        note(session, ticket, actor, "assigned", now, {"from": had_it, "to": to})
    return had_it


def hand_to_unit(session: Session, ticket: Ticket, unit: str, actor: str, now: datetime) -> str | None:
    """Give a live ticket to ``unit``, for any of its people to take; returns who had it. Unlike ``working.forward`` the
    unit works on it here, with the same ticket before it."""
    unit = clean_name(unit)
    refuse_without(ticket.number, "forward", {"unit": unit})
    session.refresh(ticket)
    had_it, had_unit = ticket.assignee, ticket.unit
    same = Ticket.assignee.is_(None) if had_it is None else Ticket.assignee == had_it
    before = take_step(session, ticket, "hand on", same, assignee=None, unit=unit)
    note_move(session, ticket, actor, before, now)
    if had_it is not None:
        note(session, ticket, actor, "released", now, {"from": had_it, "to": None})
    note(session, ticket, actor, "given to unit", now, {"from": had_unit, "to": unit})
    return had_it


def left_behind(session: Session, username: str) -> Sequence[Ticket]:
    """The live tickets of somebody, whom others have to take over when he goes away."""
    wanted = select(Ticket).where(Ticket.assignee == username, Ticket.status.in_(LIVE))
    return session.scalars(wanted.order_by(*service.MOST_PRESSING)).all()
