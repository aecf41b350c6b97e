"""Tickets, their events, the counter of their numbers, and what staff keep at hand to answer them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.base import Base
from bot.storage.tries import Tries


class Ticket(Base):
    """``status``, ``kind`` and ``priority``: as ``lifecycle`` names them. ``identity``: proven, guest, unproven or
    locked (three failed checks). ``opened_by``: the inbox message that opened it; unique, so a turn that is taken again
    never opens a second one. ``channel``: by which it arrived; it may be answered by another. ``due_at``: by when
    what comes next was promised: an answer, and once that is given the solution; while it waits for the person, as it
    was when the clock stopped. ``unit``: which unit
    has it, or had it last. ``solution``: how it was resolved. ``profile_id``: the version of the profile it began with.
    ``role``: who of the ladder has to act, by ``step_due_at``; that is None while the clock stands."""

    __tablename__ = "ticket"
    __table_args__ = (
        Index("ix_ticket_conversation_id", "conversation_id"),
        Index("ix_ticket_person_id", "person_id", "status"),
        # All that the queues ask of a ticket: they are counted and ordered without reading one.
        Index("ix_ticket_queue", "status", "due_at", "step_due_at", "priority", "assignee", "category", "unit", "role"),
        Index("ix_ticket_assignee", "assignee", "status"),
        Index("ix_ticket_created_at", "created_at"),
        Index("ix_ticket_closed_at", "closed_at"),
        # Those that were closed without a category are few among all that were ever closed.
        Index(
            "ix_ticket_uncategorised",
            "category",
            "closed_at",
            sqlite_where=text("category is null"),
            postgresql_where=text("category is null"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    opened_by: Mapped[int | None] = mapped_column(ForeignKey("inbox_message.id"), unique=True)
    channel: Mapped[str] = mapped_column(String(32), default="", server_default="")
    subject: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(Text, default="")
    category: Mapped[str | None] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    priority: Mapped[str] = mapped_column(String(16), default="normal", server_default="normal")
    status: Mapped[str] = mapped_column(String(16), default="new")
    identity: Mapped[str] = mapped_column(String(16))
    assignee: Mapped[str | None] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    unit: Mapped[str | None] = mapped_column(String(64))
    solution: Mapped[str | None] = mapped_column(Text)
    profile_id: Mapped[int | None]
    role: Mapped[str | None] = mapped_column(String(32))
    step_due_at: Mapped[datetime | None]

    @property
    def next_due_at(self) -> datetime:
        """When something is due next: what the person was promised, or before it what the ladder asks of staff."""
        return min(self.due_at, self.step_due_at or self.due_at)

    @property
    def ended_at(self) -> datetime | None:
        """When there was nothing more to do: it was resolved, or closed without that."""
        return self.resolved_at or self.closed_at


class TicketEvent(Base):
    """One change of a ticket: who, when, what; ``data`` holds from and to. Never deleted, and never
    updated, but that the words of a person who is erased are taken out."""

    __tablename__ = "ticket_event"
    __table_args__ = (
        Index("ix_ticket_event_ticket_id", "ticket_id", "id"),
        # Whether a ticket closed by itself is asked of many at once.
        Index(
            "ix_ticket_event_lapsed",
            "ticket_id",
            "at",
            sqlite_where=text("kind = 'lapsed'"),
            postgresql_where=text("kind = 'lapsed'"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(32))
    data: Mapped[dict[str, Any] | None]


class Forwarding(Base):
    """The form that goes to a unit with a ticket, and comes back. ``due_at``: by when the unit is to answer.
    ``enclosed``: the ``files`` that came back with it, as ``KeptFile`` has them, and the names of those that came and
    were ``removed`` since."""

    __tablename__ = "forwarding"
    __table_args__ = (Index("ix_forwarding_ticket_id", "ticket_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    unit: Mapped[str] = mapped_column(String(64))
    asked: Mapped[str] = mapped_column(Text)
    details: Mapped[str] = mapped_column(Text)
    sent_at: Mapped[datetime]
    sent_by: Mapped[str] = mapped_column(String(64))
    due_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None] = mapped_column(String(120))
    findings: Mapped[str | None] = mapped_column(Text)
    solution: Mapped[str | None] = mapped_column(Text)
    enclosed: Mapped[dict[str, Any] | None]


class UnitMail(Tries, Base):
    """A forwarding form that is mailed to the unit. ``kind``: asked, or reminded. ``at``: when that was wanted;
    ``fault``: why the last try failed; there is no ``next_try_at`` once it was sent, cannot be, or need not be. Never
    deleted."""

    __tablename__ = "unit_mail"
    __table_args__ = (
        Index("ix_unit_mail_forwarding_id", "forwarding_id", "id"),
        Index("ix_unit_mail_next_try_at", "next_try_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    forwarding_id: Mapped[int] = mapped_column(ForeignKey("forwarding.id"))
    kind: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    fault: Mapped[str | None] = mapped_column(String(200))


class TicketLink(Base):
    """Two tickets that belong together; ``kind`` as ``linking`` names it."""

    __tablename__ = "ticket_link"
    __table_args__ = (Index("ix_ticket_link_other_id", "other_id"),)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))


class CorrectiveAction(Base):
    """A corrective and preventive action (PTPP). ``fields``: what the profile's form asks for besides, by the fields'
    ids. ``effective``: whether it helped, once that was checked; it is closed then."""

    __tablename__ = "corrective_action"
    __table_args__ = (Index("ix_corrective_action_ticket_id", "ticket_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))
    finding: Mapped[str] = mapped_column(Text)
    cause: Mapped[str | None] = mapped_column(Text)
    correction: Mapped[str | None] = mapped_column(Text)
    prevention: Mapped[str | None] = mapped_column(Text)
    owner: Mapped[str | None] = mapped_column(Text)
    due_at: Mapped[datetime | None]
    fields: Mapped[dict[str, Any] | None]
    effect: Mapped[str | None] = mapped_column(Text)
    effective: Mapped[bool | None]
    opened_at: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(String(64))
    checked_at: Mapped[datetime | None]


class CorrectiveEvent(Base):
    """One change of a corrective action. Never updated, never deleted."""

    __tablename__ = "corrective_event"
    __table_args__ = (Index("ix_corrective_event_action_id", "action_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("corrective_action.id"))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(32))
    data: Mapped[dict[str, Any] | None]


class TicketTag(Base):
    """A tag of a ticket, in small letters."""

    __tablename__ = "ticket_tag"
    __table_args__ = (Index("ix_ticket_tag_tag", "tag"),)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    tag: Mapped[str] = mapped_column(String(64), primary_key=True)


class TicketFollower(Base):
    """Somebody of the staff who wants to know how a ticket goes on. ``mentioned_at``: when a note last named him."""

    __tablename__ = "ticket_follower"
    __table_args__ = (Index("ix_ticket_follower_username", "username"),)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    username: Mapped[str] = mapped_column(String(64), primary_key=True)
    since: Mapped[datetime]
    mentioned_at: Mapped[datetime | None]


class DutyEvent(Base):
    """Somebody of the staff came on duty or went away. Never updated, never deleted."""

    __tablename__ = "duty_event"
    __table_args__ = (Index("ix_duty_event_username", "username", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(64))
    on_duty: Mapped[bool]
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(64))


class DutyPlan(Base):
    """When somebody is to be on duty. ``week``: his periods of Monday to Sunday, in minutes. ``version``: rises with
    each change of it. ``since``: up to when the plan was carried out; ``planned``: whether he was to be on duty by
    then. ``next_at``: when something is to be done the next time; None when nothing is planned."""

    __tablename__ = "duty_plan"
    __table_args__ = (Index("ix_duty_plan_next_at", "next_at"),)
    username: Mapped[str] = mapped_column(String(64), primary_key=True)
    week: Mapped[list[Any]]
    version: Mapped[int]
    since: Mapped[datetime]
    planned: Mapped[bool]
    next_at: Mapped[datetime | None]


class DutyException(Base):
    """Days on which somebody's plan is otherwise. ``periods``: those of each of them, in minutes; none: leave."""

    __tablename__ = "duty_exception"
    __table_args__ = (Index("ix_duty_exception_username", "username", "last"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(64))
    first: Mapped[date]
    last: Mapped[date]
    periods: Mapped[list[Any]]


class TicketCounter(Base):
    """The last number given out in a year; raised in the transaction that opens the ticket, so there are no gaps."""

    __tablename__ = "ticket_counter"
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class Alarm(Base):
    """Something to be done about a ticket at a time: ``what`` (warn or due) of the promise that ``kind``, ``name`` and
    ``run`` say. Only what is still to come: it goes away in the transaction that does it, or when it is needless."""

    __tablename__ = "ticket_alarm"
    __table_args__ = (UniqueConstraint("ticket_id", "kind", "name", "run", "what"), Index("ix_ticket_alarm_at", "at"))
    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(32))
    run: Mapped[int]
    what: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime]


class SavedView(Base):
    """A look at the inbox that somebody keeps: ``query`` is what its address asks for."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("username", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(40))
    query: Mapped[str] = mapped_column(String(300))


class StaffNotice(Base):
    """What somebody of the staff is told about a ticket. ``kind``: warned, escalated, breached, proposed, given, late
    (a unit), unmailed (a unit could not be written to), untold (the person could not be told that the ticket will
    close), not closed (as it was planned), mentioned (in a note), or often (``notices.OFTEN``). ``promise``: which
    (``ladder wakor``). ``due_at``: when it was or is due. ``seen_at``: when he had seen it."""

    __tablename__ = "staff_notice"
    __table_args__ = (Index("ix_staff_notice_username", "username", "seen_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(64))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    kind: Mapped[str] = mapped_column(String(16))
    promise: Mapped[str] = mapped_column(String(64))
    due_at: Mapped[datetime]
    at: Mapped[datetime]
    seen_at: Mapped[datetime | None]


class StaffDelivery(Tries, Base):
    """A notice that is still to be sent to where somebody is reached. What was sent, or cannot be, is not kept."""

    __tablename__ = "staff_delivery"
    __table_args__ = (Index("ix_staff_delivery_next_try_at", "next_try_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("staff_notice.id"))
    way: Mapped[str] = mapped_column(String(16))


class CannedReply(Base):
    """A short text that agents put into replies. ``words``: by language a title and a text with variables.
    ``category``, ``unit``: of the profile, for whose tickets alone it is offered. ``files``: that go with it, as
    ``KeptFile`` has them. ``version``: rises with each change."""

    __tablename__ = "canned_reply"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    words: Mapped[dict[str, Any]]
    files: Mapped[list[Any] | None]
    category: Mapped[str | None] = mapped_column(String(64))
    unit: Mapped[str | None] = mapped_column(String(64))
    version: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(64))
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(64))


class DiscardedFile(Base):
    """A file of staff's that was taken off something: from ``due_at`` on it goes from the disk, unless something else
    has it. ``path``: in the data directory."""

    __tablename__ = "discarded_file"
    __table_args__ = (Index("ix_discarded_file_due_at", "due_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(String(255))
    due_at: Mapped[datetime]


class TicketMacro(Base):
    """Steps with a ticket that are taken at once. ``titles``: by language. ``reply``: the canned reply that is said.
    ``steps``: as ``macros.Steps`` has them. ``version``: rises with each change."""

    __tablename__ = "ticket_macro"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    titles: Mapped[dict[str, Any]]
    reply: Mapped[str | None] = mapped_column(ForeignKey("canned_reply.id"))
    steps: Mapped[dict[str, Any]]
    version: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(64))
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(64))
