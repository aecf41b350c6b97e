"""Doing what is due about tickets, at its time: warnings, escalations, breaches, notices, surveys, closing by itself;
having people come on duty and go away as it is planned; and giving tickets that nobody has to who is on duty.

It sleeps until the next alarm or turn and is woken when another is written: by a commit of this process, or by
the signal of another one (``signals``). Two processes may look at the same alarm; one of them does it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.conversation.charge import agents_in_charge, let_go
from bot.conversation.duty_turns import take_turns
from bot.conversation.handover import Desk
from bot.conversation.model import Conversation
from bot.conversation.waking import SWEEP_SECONDS, pause_until, whenever_due
from bot.conversation.wording import time_argument
from bot.procedures import versions
from bot.storage.database import Database
from bot.storage.signals import ALARMS
from bot.tickets import assignment, duty_planning
from bot.tickets.alarms import due_alarms, next_alarm, postpone
from bot.tickets.firing import Fired, fire
from bot.tickets.model import Ticket, TicketEvent

log = logging.getLogger(__name__)

TROUBLE = timedelta(minutes=1)
"""After how long an alarm that failed is tried again."""
AT_ONCE, AT_ONCE_BY_ROWS = 8, 32
"""Alarms a transaction: on SQLite all that comes in waits for it; on PostgreSQL, where a statement takes longer than
what it does, only who wants one of its rows."""


# Many are due in the same minute: statements are put together once.
_LOCKED = (
    select(Conversation)
    .where(
        Conversation.id.in_(select(Ticket.conversation_id).where(Ticket.id.in_(bindparam("tickets", expanding=True))))
    )
    .order_by(Conversation.id)
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
        await whenever_due(self._awake, ALARMS, self._once)

    async def _once(self) -> float:
        """Do all that is due; returns the seconds until the next alarm, or until the sweep."""
        try:
            upcoming = await asyncio.to_thread(self._upcoming)
            if upcoming is not None and upcoming <= self._clock():
                while await asyncio.to_thread(self.fire_due):
                    pass
                await asyncio.to_thread(self.take_turns)
                upcoming = await asyncio.to_thread(self._upcoming)
            await asyncio.to_thread(self.share_out)
        except SQLAlchemyError as error:
            log.error("alarms cannot be read: %s", type(error).__name__)
            return SWEEP_SECONDS
        return pause_until(upcoming, self._clock())

    def _upcoming(self) -> datetime | None:
        with self._db.read() as session:
            return min(filter(None, (next_alarm(session), duty_planning.next_turn(session))), default=None)

    def fire_due(self) -> int:
        """Do some of what is due, in one transaction; returns how many alarms were looked at, 0 when none is due."""
        with self._db.read() as session:
            found = due_alarms(session, self._clock(), AT_ONCE if self._db.sqlite else AT_ONCE_BY_ROWS)
        # What the first alarm of a ticket does may take the others away.
        due = {ticket_id: alarm_id for alarm_id, ticket_id in reversed(found)}
        try:
            self._fire(due)
        except Exception:
            for ticket_id, alarm_id in due.items():
                self._fire_alone(ticket_id, alarm_id)
        return len(due)

    def take_turns(self) -> None:
        """Have those whose turn it is come on duty or go away, each in a transaction of his own."""
        with self._db.read() as session:
            due, version = duty_planning.due(session, self._clock()), versions.in_use(session)
        if version is None:
            return
        for username in due:
            try:
                with self._db.write() as session:
                    take_turns(session, self._desk, username, self._clock(), ZoneInfo(version.zone))
            except Exception as error:
                log.error("the duty plan of an account could not be carried out", exc_info=error)
                with self._db.write() as session:
                    duty_planning.postpone(session, username, TROUBLE, self._clock())

    def share_out(self) -> None:
        """Give tickets that nobody has to who is on duty, where the procedure in use says so."""
        with self._db.read() as session:
            version = versions.in_use(session)
            procedure = versions.procedure(session, version.id) if version else None
            if procedure is None or procedure.profile.assignment is None or not assignment.nobodys(session):
                return
        with self._db.write() as session:
            assignment.share_out_by_rule(session, procedure, agents_in_charge(session), self._clock())

    def _fire(self, due: Mapping[int, int]) -> None:
        if not due:
            return
        with self._db.write() as session:
            # In their order, and before the tickets: rows are locked so everywhere.
            conversations = {each.id: each for each in session.scalars(_LOCKED, {"tickets": list(due)})}
            now = self._clock()

            def cannot_reach(ticket: Ticket) -> str | None:
                return self._desk.cannot_reach(conversations[ticket.conversation_id], now)

            for fired, ticket in fire(session, due, cannot_reach, now):
                self._say(session, fired, ticket, conversations[ticket.conversation_id])

    def _fire_alone(self, ticket_id: int, alarm_id: int) -> None:
        """One ticket that cannot be dealt with must not keep the others waiting."""
        try:
            self._fire({ticket_id: alarm_id})
        except Exception as error:
            log.error("the alarm %s of ticket %s failed", alarm_id, ticket_id, exc_info=error)
            with self._db.write() as session:
                postpone(session, alarm_id, TROUBLE, self._clock())

    def _say(self, session: Session, fired: Fired, ticket: Ticket, conversation: Conversation) -> None:
        if fired == "lapsed":
            let_go(session, conversation)
            self._desk.tell(session, conversation, "utter_ticket_lapsed", {"ticket": ticket.number}, self._clock())
        elif fired == "noticed":
            closes_at = session.scalars(_LAST_NOTICE, {"ticket": ticket.id}).one()["closes_at"]
            args = {"ticket": ticket.number, "until": time_argument(datetime.fromisoformat(closes_at))}
            self._desk.tell(session, conversation, "utter_closing_notice", args, self._clock())
        elif fired == "closing":
            self._desk.close_as_planned(session, ticket, self._clock())
        elif fired == "asking":
            self._desk.ask_later(session, conversation, ticket, self._clock())
