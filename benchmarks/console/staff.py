"""Who works in the invented year: somebody who signs in as people do, a crowd of agents, and people who write to them
on WhatsApp."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import httpx
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from benchmarks.tickets.world import ZONE, World
from benchmarks.webhooks import phone
from bot.conversation.model import Conversation
from bot.demo import KNOWLEDGE
from bot.errors import SapaError
from bot.identity import sessions
from bot.identity.accounts import generate_password, hash_password
from bot.identity.model import Account, Handle, Person
from bot.knowledge import store
from bot.knowledge.files import read_templates
from bot.tickets import service
from bot.tickets.model import Ticket

AGENT = "rina"
COLLEAGUE = "dewi"
"""Whose open tickets the crowd gets."""
LISTED = 10
"""So many tickets of the agent's came by WhatsApp."""


@dataclass(frozen=True, slots=True)
class Member:
    """One of the crowd. ``token``: of his session. ``number``: the ticket that he looks at; ``writer`` writes there."""

    token: str
    number: str
    writer: int


@dataclass(frozen=True, slots=True)
class Team:
    """``tickets``: numbers of the agent's from the web chat, each of another talk. ``by_whatsapp``: numbers of his, by
    who writes there."""

    password: str
    tickets: Sequence[str]
    by_whatsapp: Mapping[int, str]
    crowd: Sequence[Member]


def hire(world: World, agents: int) -> Team:
    """The answer templates, the agent with a password, and a crowd of so many with sessions of their own: signing in
    is throttled by address, and all of them would come from one."""
    now, password = datetime.now(UTC), generate_password()
    with world.db.write() as session:
        store.import_templates(session, read_templates(KNOWLEDGE), now)
        known = update(Account).where(Account.username.in_((AGENT, "sri")))
        session.execute(known.values(password=hash_password(password)))
        by_whatsapp = {writer: _writes(session, writer, AGENT, now) for writer in range(LISTED)}
        crowd = [_joins(session, LISTED + index, now) for index in range(agents)]
        _share(session, agents)
        newest = select(func.max(Ticket.id)).where(Ticket.assignee == AGENT, Ticket.channel == "web")
        mine = newest.where(Ticket.status == "open").group_by(Ticket.conversation_id)
        tickets = session.scalars(select(Ticket.number).where(Ticket.id.in_(mine)).order_by(Ticket.id.desc())).all()
    return Team(password, tickets, by_whatsapp, crowd)


def _name(writer: int) -> str:
    return f"agent{writer - LISTED}"


def _joins(session: Session, writer: int, now: datetime) -> Member:
    account = Account(username=_name(writer), name=_name(writer), role="agent", password="-", created_at=now)
    session.add(account)
    session.flush()
    return Member(
        sessions.begin(session, account, "benchmark", now), _writes(session, writer, _name(writer), now), writer
    )


def _writes(session: Session, writer: int, agent: str, now: datetime) -> str:
    """Somebody on WhatsApp whose ticket the agent has; its number."""
    person = Person(name=f"Orang {writer}", created_at=now)
    session.add(person)
    session.flush()
    session.add(Handle(person_id=person.id, channel="whatsapp", address=phone(writer), created_at=now))
    talk = Conversation(
        person_id=person.id, channel="whatsapp", address=phone(writer), language="id", in_charge=agent, created_at=now
    )
    session.add(talk)
    session.flush()
    ticket = service.open_ticket(
        session, conversation_id=talk.id, person_id=person.id, inbox_id=None, channel="whatsapp", subject="tagihan",
        summary="tagihan ganda", category="keuangan", kind="question", identity="guest", language="id", now=now,
        due_at=now + timedelta(hours=2), zone=ZONE,
    )  # fmt: skip
    service.assign(session, ticket, agent, agent, now)
    return ticket.number


def _share(session: Session, agents: int) -> None:
    """What the colleague had to do is the crowd's, evenly."""
    his = (Ticket.assignee == COLLEAGUE, Ticket.status == "open")
    for place, each in enumerate(session.scalars(select(Ticket).where(*his).order_by(Ticket.id))):
        each.assignee = _name(LISTED + place % agents)


@dataclass(frozen=True, slots=True)
class Signed:
    """A session. ``headers``: of what the page's own requests send."""

    token: str
    headers: Mapping[str, str]


def sign_in(origin: str, username: str, password: str) -> Signed:
    """Sign in as the page does. Raises SapaError."""
    with httpx.Client(base_url=origin, headers={"Origin": origin}) as client:
        client.get("/console/sign-in")
        given = urlencode({"username": username, "password": password, "next": "/console"})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = client.post("/console/sign-in", content=given, headers=headers)
        token = client.cookies.get("sapa-staff")
        if answer.status_code != 303 or not token:
            raise SapaError(f"{username} was not let in: {answer.status_code}")
        return signed(origin, token)


def signed(origin: str, token: str) -> Signed:
    """What the pages of a session send with their requests. Raises SapaError."""
    cookie = {"Cookie": f"sapa-staff={token}"}
    page = httpx.get(f"{origin}/console", headers=cookie)
    found = re.search(r'"X-CSRF-Token":"([^"]+)"', page.text)
    if not found:
        raise SapaError(f"the inbox has no token for its forms: {page.status_code}")
    sent = {"HX-Request": "true", "X-CSRF-Token": found[1], "Accept-Encoding": "gzip", "Sec-Fetch-Site": "same-origin"}
    return Signed(token, cookie | sent)
