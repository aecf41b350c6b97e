"""Doing what is due about tickets, at its time: warnings, escalations, breaches, notices, surveys, closing by itself;
and giving those that nobody has to who is on duty.

It sleeps until the next alarm and is woken when another is written: by a commit of this process, or by PostgreSQL's
signal from another one. What a command writes on SQLite is found by the sweep, which is shorter than any deadline. Two
processes may look at the same alarm; one of them does it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.conversation.handover import Desk
from bot.conversation.model import Conversation
from bot.conversation.waking import SWEEP_SECONDS, pause_until, whenever_due
from bot.conversation.wording import time_argument
from bot.procedures import versions
from bot.storage.database import Database
from bot.tickets import assignment
from bot.tickets.alarms import due_alarms, next_alarm, postpone
from bot.tickets.firing import Fired, fire
from bot.tickets.model import Ticket, TicketEvent

log = logging.getLogger(__name__)

TROUBLE = timedelta(minutes=1)
"""After how long an alarm that failed is tried again."""
AT_ONCE = 8
"""Alarms a transaction: what comes in waits for it on SQLite, and rows stay locked until it ends on PostgreSQL."""


# Many are due in the same minute: statements are put together once.
_LOCKED = (
    select(Conversation)
    .where(Conversation.id == select(Ticket.conversation_id).where(Ticket.id == bindparam("ticket")).scalar_subquery())
    .with_for_update()
)
_LAST_NOTICE = (
    select(TicketEvent.data)
    .where(TicketEvent.ticket_id == bindparam("ticket"), TicketEvent.kind == "noticed")
    .order_by(TicketEvent.id.desc())
    .limit(1)
)


class Timers:
    """The one who looks at the clock."""

    def __init__(self, db: Database, clock: Clock, desk: Desk) -> None:
        self._db, self._clock, self._desk = db, clock, desk
        self._awake = asyncio.Event()

    def wake(self) -> None:
        """A nearer alarm may have been written. Only from the event loop's thread."""
        self._awake.set()

    async def run(self) -> None:
        """Until cancelled."""
        await whenever_due(self._awake, self._once)

    async def _once(self) -> float:
        """Do all that is due; returns the seconds until the next alarm, or until the sweep."""
        try:
            while await asyncio.to_thread(self.fire_due):
                pass
            await asyncio.to_thread(self.share_out)
            upcoming = await asyncio.to_thread(self._upcoming)
        except SQLAlchemyError as error:
            log.error("alarms cannot be read: %s", type(error).__name__)
            return SWEEP_SECONDS
        return pause_until(upcoming, self._clock())

    def _upcoming(self) -> datetime | None:
        with self._db.read() as session:
            return next_alarm(session)

    def fire_due(self) -> int:
        """Do some of what is due, in one transaction; returns how many alarms were looked at, 0 when none is due."""
        with self._db.read() as session:
            due = due_alarms(session, self._clock(), AT_ONCE)
        if due:
            with self._db.write() as session:
                for alarm_id, ticket_id in self._in_order(session, due):
                    self._fire(session, alarm_id, ticket_id)
        return len(due)

    def share_out(self) -> None:
        """Give tickets that nobody has to who is on duty, where the procedure in use says so."""
        with self._db.read() as session:
            version = versions.in_use(session)
            procedure = versions.procedure(session, version.id) if version else None
            if procedure is None or procedure.profile.assignment is None or not assignment.nobodys(session):
                return
        with self._db.write() as session:
            assignment.share_out_by_rule(session, procedure, self._clock())

    def _in_order(self, session: Session, due: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """By conversation: rows are locked in that order everywhere."""
        wanted = select(Ticket.id, Ticket.conversation_id).where(Ticket.id.in_([ticket for _, ticket in due]))
        of = {row.id: row.conversation_id for row in session.execute(wanted)}
        return sorted(due, key=lambda each: of[each[1]])

    def _fire(self, session: Session, alarm_id: int, ticket_id: int) -> None:
        now = self._clock()
        try:
            with session.begin_nested():
                conversation = session.scalars(_LOCKED, {"ticket": ticket_id}).one()
                fired = fire(session, alarm_id, ticket_id, now)
                self._say(session, fired, session.get_one(Ticket, ticket_id), conversation)
        except Exception as error:
            # One ticket that cannot be dealt with must not keep the others waiting.
            log.error("the alarm %s of ticket %s failed", alarm_id, ticket_id, exc_info=error)
            postpone(session, alarm_id, TROUBLE, now)

    def _say(self, session: Session, fired: Fired | None, ticket: Ticket, conversation: Conversation) -> None:
        if fired == "lapsed":
            self._desk.tell(session, conversation, "utter_ticket_lapsed", {"ticket": ticket.number}, self._clock())
        elif fired == "noticed":
            closes_at = session.scalars(_LAST_NOTICE, {"ticket": ticket.id}).one()["closes_at"]
            args = {"ticket": ticket.number, "until": time_argument(datetime.fromisoformat(closes_at))}
            self._desk.tell(session, conversation, "utter_closing_notice", args, self._clock())
        elif fired == "asking":
            self._desk.ask_later(session, conversation, ticket, self._clock())
