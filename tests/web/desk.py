"""A care center with staff and tickets, and browsers as far as its server can tell."""

from __future__ import annotations

import asyncio
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from bot.channels.registry import LOOKS
from bot.config import ROOT
from bot.conversation.handover import Desk
from bot.conversation.messages import Capabilities, FileRules, Rate
from bot.conversation.model import Conversation, InboxMessage, OutboxMessage
from bot.conversation.saying import put
from bot.conversation.wording import Wording
from bot.identity.model import Account, Handle, Person
from bot.knowledge.base import Knowledge
from bot.procedures.hours import ServicePromise
from bot.procedures.profile import read_profile
from bot.procedures.versions import procedure, put_into_use, shipped
from bot.storage.database import Database
from bot.tickets.model import Ticket
from bot.tickets.service import add_message, by_number, open_ticket
from bot.web.live import Live
from bot.web.routes import console_routes
from bot.web.visit import Parts
from bot.web.watching import look
from tests.conftest import FakeClock
from tests.live import demo_settings

PASSWORD = "bakulo-tefima-sudoga-rinepe"
STAFF = (
    ("rina", "Rina Mulyani", "agent"),
    ("dewi", "Dewi Anggraini", "agent"),
    ("sri", "Sri Hartati", "supervisor"),
    ("admin", "Administrator", "administrator"),
)
WEB = Capabilities(
    max_text=4000, max_choices=10, per_chat=Rate(10, 20), per_bot=Rate(500, 500), files=FileRules(50_000, 1000)
)


@cache
def _hashed() -> str:
    """Not made to take long, as real ones are: every test signs in."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@dataclass
class Center:
    """``app``: the console alone, on real tables."""

    db: Database
    clock: FakeClock
    parts: Parts
    app: Starlette
    happened: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, db: Database, clock: FakeClock, folder: Path, knowledge: Knowledge | None = None) -> Center:
        settings = demo_settings(folder)
        wording = Wording.load(ROOT / "domain.yml", settings.timezone, settings.institution)
        profile = read_profile(shipped(settings.profile).read_text(encoding="utf-8"), f"{settings.profile}.yml")
        happened: list[int] = []
        parts = Parts(
            db, clock, settings, Desk(wording, {"web": WEB}, settings.variables), knowledge or Knowledge(),
            ServicePromise(profile, settings.timezone), Live(lambda mark, shown: look(db, mark, shown)),
            lambda: happened.append(1), looks=LOOKS, undoes=False,
        )  # fmt: skip
        with db.write() as session:
            given = {"password": _hashed(), "created_at": clock()}
            session.add_all(Account(username=username, name=name, role=role, **given) for username, name, role in STAFF)
        return cls(db, clock, parts, Starlette(routes=console_routes(parts)), happened)

    def works_with(self, **settings: Any) -> None:
        """The console anew, with other settings."""
        self.parts = replace(self.parts, settings=replace(self.parts.settings, **settings))
        self.app = Starlette(routes=console_routes(self.parts))

    def ticket(self, name: str | None = "Budi Santoso", text: str = "min, ukt telat bayar gmn ya", **given: Any) -> str:
        """Somebody wrote and became a ticket; its number."""
        with self.db.write() as session:
            person = Person(name=name, created_at=self.clock())
            session.add(person)
            session.flush()
            session.add(Handle(person_id=person.id, channel="web", address=f"web:{person.id}", created_at=self.clock()))
            talk = Conversation(
                person_id=person.id, channel="web", address=f"web:{person.id}", created_at=self.clock(),
                last_from_person=self.clock(),
            )  # fmt: skip
            session.add(talk)
            session.flush()
            message = self._message(session, talk, text)
            values: dict[str, Any] = {
                "conversation_id": talk.id, "person_id": person.id, "inbox_id": message.id, "channel": "web",
                "subject": text,
                "summary": text, "category": None, "kind": "question", "identity": "unproven", "language": "id",
                "now": self.clock(), "due_at": self.clock() + timedelta(hours=2), "zone": self.parts.settings.timezone,
            }  # fmt: skip
            return open_ticket(session, **(values | given)).number

    def works_by(self, name: str) -> None:
        """New tickets begin with the shipped profile ``name``, which decides who may do what."""
        self.works_by_text(name, shipped(name).read_text(encoding="utf-8"))

    def works_by_text(self, name: str, text: str) -> None:
        """New tickets begin with a profile of that name which says this."""
        with self.db.write() as session:
            version = put_into_use(session, name, text, self.parts.settings.timezone, "admin", self.clock())
        with self.db.read() as session:
            self.parts.promise.follow(procedure(session, version.id).profile)

    def writes(self, number: str, text: str) -> None:
        """The person of the ticket writes again."""
        with self.db.write() as session:
            ticket = by_number(session, number)
            talk = session.get_one(Conversation, ticket.conversation_id)
            message = self._message(session, talk, text)
            talk.last_from_person = self.clock()
            add_message(session, ticket, actor="person", inbox_id=message.id, now=self.clock())

    def answers(self, number: str, text: str, **origin: Any) -> int:
        """The assistant says something in the ticket's conversation; the message's id."""
        with self.db.write() as session:
            talk = session.get_one(Conversation, by_number(session, number).conversation_id)
            return put(session, talk, text, author="assistant", now=self.clock(), origin=origin or None)

    def delivered(self, outbox_id: int, state: str, error: str | None = None) -> None:
        """What became of a message of ours."""
        with self.db.write() as session:
            message = session.get_one(OutboxMessage, outbox_id)
            message.status, message.sent_at, message.last_error = state, message.created_at, error

    def ours(self, number: str) -> list[int]:
        """The messages that were queued in the ticket's conversation."""
        with self.db.read() as session:
            here = OutboxMessage.conversation_id == by_number(session, number).conversation_id
            return list(session.scalars(select(OutboxMessage.id).where(here).order_by(OutboxMessage.id)))

    def _message(self, session: Session, talk: Conversation, text: str) -> InboxMessage:
        message = InboxMessage(
            conversation_id=talk.id, channel="web", external_id=uuid.uuid4().hex,
            kind="message", text=text, received_at=self.clock(), status="done",
        )  # fmt: skip
        session.add(message)
        session.flush()
        return message

    def find(self, number: str) -> Ticket:
        with self.db.read() as session:
            return by_number(session, number)

    def browser(self, username: str | None = None, language: str = "en") -> Browser:
        """Somebody's browser; signed in where a name is given."""
        browser = Browser(self.app, language)
        if username is not None:
            assert browser.sign_in(username).status_code == 303
        return browser


class Browser:
    """Keeps cookies, sends forms as the pages do."""

    def __init__(self, app: Starlette, language: str = "en", origin: str = "http://care.example") -> None:
        self._transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        self.origin, self.cookies = origin, httpx.Cookies()
        self._language = language

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def go() -> httpx.Response:
            async with httpx.AsyncClient(
                transport=self._transport,
                base_url=self.origin,
                cookies=self.cookies,
                headers={"Accept-Language": self._language},
            ) as client:
                answer = await client.request(method, path, **options)
                self.cookies = client.cookies
                return answer

        # In a thread: the driver of a browser runs a loop in this one.
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(lambda: asyncio.run(go())).result()

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def sign_in(self, username: str, password: str = PASSWORD, **fields: str) -> httpx.Response:
        return self.request("POST", "/console/sign-in", data={"username": username, "password": password, **fields})

    def csrf(self) -> str:
        found = re.search(r'X-CSRF-Token":"([0-9a-f]+)"', self.get("/console/sessions").text)
        assert found is not None
        return found[1]

    def post(self, path: str, /, **fields: str) -> httpx.Response:
        return self.request("POST", path, data={"csrf": self.csrf(), **fields})

    def step(self, number: str, step: str, **fields: str) -> httpx.Response:
        """Do something with a ticket, as its page does."""
        headers = {"HX-Request": "true"}
        data = {"csrf": self.csrf(), **fields}
        return self.request("POST", f"/console/tickets/{number}/{step}", data=data, headers=headers)

    def encloses(
        self, number: str, *files: tuple[str, bytes], csrf: str | None = None, **fields: str
    ) -> httpx.Response:
        """Reply with files, as the reply box does."""
        headers = {"HX-Request": "true", "X-CSRF-Token": self.csrf() if csrf is None else csrf}
        parts = [("file", file) for file in files or [("", b"")]]
        return self.request(
            "POST", f"/console/tickets/{number}/reply", data={"text": "", **fields}, files=parts, headers=headers
        )
