"""A care center that works by one procedure: accounts, a person who writes, staff who answer, a clock that is set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels.webchat.channel import WebChatChannel
from bot.config import ROOT
from bot.conversation import entering
from bot.conversation.entering import Arrival
from bot.conversation.handover import Desk
from bot.conversation.model import Choice, Conversation, InboxMessage, OutboxMessage
from bot.conversation.timers import Timers
from bot.conversation.wording import Wording
from bot.errors import NotAllowed
from bot.identity.accounts import DEMO_ACCOUNTS
from bot.identity.model import Account, Person
from bot.procedures import versions
from bot.procedures.hours import ServicePromise, hours_of
from bot.procedures.profile import read_profile
from bot.reports.csv_file import csv_bytes
from bot.reports.document import Report
from bot.reports.making import Reporter
from bot.reports.pdf_file import pdf_bytes
from bot.reports.xlsx_file import xlsx_bytes
from bot.storage.database import Database
from bot.tickets import forwarding, service, working
from bot.tickets.alarms import events_of, next_alarm, procedure_of
from bot.tickets.model import Forwarding, StaffNotice, Ticket, TicketEvent
from bot.tickets.promises import Promise, promises
from bot.tickets.roles import granted, name_holders, use_profile
from tests.actions.stage import Stage as Talk
from tests.conftest import FakeClock

JAKARTA = ZoneInfo("Asia/Jakarta")
Edit = Callable[[str], str]
BROKEN = (AssertionError, NotAllowed, KeyError, pytest.fail.Exception)
"""How a clause's test ends when its rule is another; a stage that cannot be set up at all is not among them."""


def at(text: str) -> datetime:
    """A moment in Jakarta."""
    return datetime.fromisoformat(text).replace(tzinfo=JAKARTA).astimezone(UTC)


def text_of(profile: str, edit: Edit = lambda text: text) -> str:
    return edit(versions.shipped(profile).read_text(encoding="utf-8"))


@dataclass
class Stage:
    db: Database
    clock: FakeClock
    profile: str
    edit: Edit = lambda text: text

    def __post_init__(self) -> None:
        self.wording = Wording.load(ROOT / "domain.yml", JAKARTA)
        self.desk = Desk(self.wording, {"webchat": WebChatChannel.capabilities})
        self.timers = Timers(self.db, self.clock, self.desk)
        self.ids = count(1)
        with self.db.write() as session:
            if session.scalar(select(Account.id).limit(1)) is None:
                for username, name, role in DEMO_ACCOUNTS:
                    session.add(Account(username=username, name=name, role=role, password="-", created_at=self.clock()))
                session.flush()
            text = text_of(self.profile, self.edit)
            use_profile(session, self.profile, text, JAKARTA, "admin", self.clock())
        self.somebody_else_writes()

    # What people do.
    def somebody_else_writes(self) -> None:
        """From here on it is another person who does, in a chat of his own."""
        with self.db.write() as session:
            person = Person(created_at=self.clock())
            session.add(person)
            session.flush()
            conversation = Conversation(
                person_id=person.id, channel="webchat", address=f"p{person.id}", created_at=self.clock()
            )
            session.add(conversation)
            session.flush()
            self.person, self.conversation = person.id, conversation.id

    def opens(self, kind: str = "question") -> str:
        """The person's question becomes a ticket; its number."""
        with self.db.write() as session:
            profile = read_profile(text_of(self.profile, self.edit), self.profile)
            ticket = service.open_ticket(
                session, conversation_id=self.conversation, person_id=self.person, inbox_id=self._inbox(session),
                subject="UKT telat bayar", summary="", category=None, kind=kind, identity="proven", language="id",
                channel="webchat",
                now=self.clock(), due_at=self.clock() + timedelta(days=9), zone=JAKARTA, prefix=profile.ticket_prefix,
            )  # fmt: skip
            return ticket.number

    def enters(self, arrival: Arrival, who: str = "rina") -> str:
        """Somebody of the staff enters what came in by hand; the ticket's number."""
        with self.db.write() as session:
            return entering.enter(session, arrival, self.promise, who, self.clock()).number

    def forwards(self, number: str, asked: str = "Mohon diperiksa.") -> Forwarding:
        """The ticket goes to the unit of its category."""
        with self.db.write() as session:
            ticket = service.by_number(session, number)
            unit = self.promise.profile.unit_of(ticket.category)
            assert unit is not None, "nobody's business"
            name, due = forwarding.addressee(self.promise, unit.id, ticket.language, self.clock())
            return forwarding.send(session, ticket, name, asked, due, "rina", self.clock())

    def unit_answers(self, form: Forwarding, findings: str, solution: str) -> None:
        with self.db.write() as session:
            sent = session.get_one(Forwarding, form.id)
            reply = forwarding.Reply("Pak Tono", findings, solution)
            forwarding.answer(session, sent, reply, forwarding.UNIT, self.clock())

    def names(self, role: str, *usernames: str) -> None:
        """Have these, and nobody else, hold a role."""
        with self.db.write() as session:
            name_holders(session, role, usernames)

    def writes(self, number: str) -> None:
        """The person writes to his ticket."""
        with self.db.write() as session:
            ticket = service.by_number(session, number)
            inbox = self._inbox(session)
            service.add_message(session, ticket, actor="person", inbox_id=inbox, now=self.clock())

    def _inbox(self, session: Session) -> int:
        message = InboxMessage(
            conversation_id=self.conversation, channel="webchat", external_id=f"{self.conversation}-{next(self.ids)}",
            kind="message", received_at=self.clock(),
        )  # fmt: skip
        session.add(message)
        session.flush()
        return message.id

    def replies(self, number: str, who: str = "rina") -> None:
        """Somebody of the staff answers the person."""
        with self.db.write() as session:
            self.desk.reply(session, service.by_number(session, number), who, "Bisa, begini caranya.", self.clock())

    def talks(self) -> Talk:
        """The person's chat with the assistant, one turn a ``play``; the roster knows Budi."""
        talk = Talk(self.db, now=self.clock(), promise=self.promise)
        talk.person_id, talk.conversation_id = self.person, self.conversation
        return talk

    def answering(self, who: str) -> None:
        """Raises NotAllowed where the profile does not let him answer people, on the console and the command line."""
        with self.db.read() as session:
            granted(session, self.promise.profile, who, "answer")

    def replies_by_phone(self, number: str) -> None:
        """Somebody of the staff answers outside Sapa, and writes it down."""
        self.does(number, working.told, "phone", "Bisa, begini caranya.")

    def does(self, number: str, what: Callable[..., Any], *args: Any, who: str = "rina") -> Any:
        """A step of the services: ``working.resolve``, ``firing.give_answer``."""
        with self.db.write() as session:
            return what(session, service.by_number(session, number), *args, who, self.clock())

    def closes(self, number: str, category: str = "keuangan") -> None:
        closing = working.Closing(category, "Tagihan diperbaiki.", "Dicek dengan Biro Keuangan.")
        with self.db.write() as session:
            self.desk.close(session, service.by_number(session, number), "rina", closing, self.clock())

    def resolves(self, number: str) -> None:
        """Somebody of the staff solves it; the person is told, and asked as the profile says."""
        with self.db.write() as session:
            ticket = service.by_number(session, number)
            self.desk.resolve(session, ticket, "rina", "Tagihan diperbaiki.", self.clock())

    # What the clock does.
    def until(self, moment: str | datetime) -> None:
        """Let time pass; every alarm goes off at its time."""
        end = at(moment) if isinstance(moment, str) else moment
        while (upcoming := self._upcoming()) is not None and upcoming <= end:
            self.clock.now = max(self.clock.now, upcoming)
            self.timers.fire_due()
        self.clock.now = end

    def _upcoming(self) -> datetime | None:
        with self.db.read() as session:
            return next_alarm(session)

    # What can be seen.
    @property
    def promise(self) -> ServicePromise:
        """What the profile promises."""
        return ServicePromise(read_profile(text_of(self.profile, self.edit), self.profile), JAKARTA)

    @property
    def reporter(self) -> Reporter:
        return Reporter(self.promise.profile, JAKARTA, "Universitas Contoh", "en")

    def ticket(self, number: str) -> Ticket:
        with self.db.read() as session:
            return service.by_number(session, number)

    def numbers(self) -> list[str]:
        """Of all tickets."""
        with self.db.read() as session:
            return list(session.scalars(select(Ticket.number).order_by(Ticket.id)))

    def events(self, number: str, *kinds: str) -> Sequence[TicketEvent]:
        with self.db.read() as session:
            found = events_of(session, service.by_number(session, number))
            return [event for event in found if not kinds or event.kind in kinds]

    def escalations(self, number: str) -> list[tuple[str, str, str]]:
        """(from, to, local time) of each."""
        return [
            ((e.data or {})["from"], (e.data or {})["to"], f"{e.at.astimezone(JAKARTA):%a %H:%M}")
            for e in self.events(number, "escalated")
        ]

    def told(self, kind: str) -> list[tuple[str, str]]:
        """(who, of which promise) was told by a notice of that kind."""
        with self.db.read() as session:
            wanted = select(StaffNotice).where(StaffNotice.kind == kind).order_by(StaffNotice.id)
            return [(notice.username, notice.promise) for notice in session.scalars(wanted)]

    def promises(self, number: str) -> dict[tuple[str, str, int], Promise]:
        with self.db.read() as session:
            ticket = service.by_number(session, number)
            procedure = procedure_of(session, ticket)
            assert procedure is not None
            found = promises(events_of(session, ticket), procedure.profile, ticket.kind)
            return {promise.key: promise for promise in found}

    def verdict(self, number: str, kind: str, name: str = "", run: int = 0) -> str:
        profile = read_profile(text_of(self.profile, self.edit), self.profile)
        return self.promises(number)[kind, name, run].verdict(hours_of(profile, JAKARTA), self.clock())

    def heard(self) -> list[str]:
        """What went out to the person, in order."""
        with self.db.read() as session:
            wanted = select(OutboxMessage.text).where(OutboxMessage.conversation_id == self.conversation)
            return list(session.scalars(wanted.order_by(OutboxMessage.id)))

    def offered(self, label: str) -> tuple[str, str | None]:
        """What the person's last button of that label stands for, as the talk takes it."""
        with self.db.read() as session:
            wanted = select(Choice).where(Choice.conversation_id == self.conversation, Choice.label == label)
            choice = session.scalars(wanted.order_by(Choice.outbox_id.desc()).limit(1)).one()
            return choice.intent, choice.data


def lacking(report: Report, *words: str) -> list[str]:
    """Which of ``words`` some kind of file does not show; a narrow column breaks them."""
    pages = PdfReader(BytesIO(pdf_bytes(report))).pages
    book = load_workbook(BytesIO(xlsx_bytes(report)))
    cells = (str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row)
    texts = ("".join(page.extract_text() for page in pages), "".join(cells), csv_bytes(report).decode("utf-8-sig"))
    return [word for word in words for text in texts if "".join(word.split()) not in "".join(text.split())]


def changing(old: str, new: str) -> Edit:
    """A change of the profile's text; what is changed must be there."""

    def edit(text: str) -> str:
        assert old in text, old
        return text.replace(old, new)

    return edit
