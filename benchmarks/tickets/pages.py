"""Whole pages as staff get them, beside django-helpdesk with the same tickets: each asked in its own process without a
network between, turn about."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Any, NamedTuple

import httpx
from sqlalchemy import func, select
from starlette.applications import Starlette

from benchmarks.figures import Row, ratio, spread
from benchmarks.tickets import helpdesk
from benchmarks.tickets.reading import ROWS
from benchmarks.tickets.world import END, ZONE, World
from bot.config import ROOT, load
from bot.conversation.handover import Desk
from bot.conversation.messages import Capabilities
from bot.conversation.model import InboxMessage, OutboxMessage
from bot.conversation.wording import Wording
from bot.demo import KNOWLEDGE
from bot.errors import SapaError
from bot.identity import sessions
from bot.identity.model import Account
from bot.knowledge import store
from bot.knowledge.base import Knowledge
from bot.knowledge.files import read_templates
from bot.procedures.hours import ServicePromise
from bot.procedures.profile import load_profile
from bot.procedures.versions import shipped
from bot.tickets.model import Ticket
from bot.web import talk
from bot.web.csrf import masked
from bot.web.live import Live
from bot.web.routes import console_routes
from bot.web.visit import Parts
from bot.web.watching import look

ASKED = 5.0
ORDINARY = 10
"""Tickets of the usual length that are opened, one after the other."""
Page = Callable[[int], float]
"""Seconds of the page that the round with that number asks for."""


class _Opened(NamedTuple):
    """A ticket that is looked at; ``messages``: how many its page shows, ours and theirs."""

    id: int
    number: str
    conversation: int
    messages: int


class Console:
    """The console with the demo's answer templates, for somebody who is signed in. ``capabilities``: of the channels by
    which he can answer; none unless they are given."""

    def __init__(
        self, world: World, folder: Path, now: datetime = END, capabilities: Mapping[str, Capabilities] | None = None
    ) -> None:
        settings = load({"SAPA_DATA_DIR": str(folder), "SAPA_EMBEDDINGS": "no"})
        with world.db.write() as session:
            store.import_templates(session, read_templates(KNOWLEDGE), now)
            snapshot = store.load(session)
            account = session.scalars(select(Account).where(Account.username == "rina")).one()
            token = sessions.begin(session, account, "benchmark", now)
        wording = Wording.load(ROOT / "domain.yml", ZONE, settings.institution)
        parts = Parts(
            world.db, lambda: now, settings, Desk(wording, capabilities or {}), Knowledge.build(snapshot),
            ServicePromise(load_profile(shipped("itb")), ZONE), Live(lambda mark, shown: look(world.db, mark, shown)),
            lambda: None,
        )  # fmt: skip
        transport = httpx.ASGITransport(app=Starlette(routes=console_routes(parts)))
        self._client = httpx.AsyncClient(
            transport=transport, base_url="http://care.example", cookies={"sapa-staff": token}
        )
        self._csrf = masked(token)
        self._loop = asyncio.Runner()

    def __enter__(self) -> Console:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.run(self._client.aclose())
        self._loop.close()

    def inbox(self, rows: int) -> float:
        """Seconds for the inbox with all that is not closed. Raises SapaError where others are shown."""
        return self._seconds(f"/console?queue=all&more={rows}", '<li id="row-', rows)

    def ticket_page(self, number: str, messages: int, *, alone: bool) -> float:
        """Seconds for a ticket with its whole conversation; ``alone``: as a click in the inbox opens it, else with the
        inbox beside it. Raises SapaError where others are shown."""
        headers = {"HX-Request": "true"} if alone else {}
        return self._seconds(f"/console/tickets/{number}?show={talk.MOST_SHOWN}", '<li class="said', messages, headers)

    def get(self, path: str, *, part: bool) -> httpx.Response:
        """The page, or as much of it as a click loads. Raises SapaError where there is none."""
        return self._answer(self._client.get(path, headers={"HX-Request": "true"} if part else {}), path)

    def reply(self, number: str, text: str) -> httpx.Response:
        """The ticket after a reply. Raises SapaError where it was refused."""
        path = f"/console/tickets/{number}/reply"
        headers = {"HX-Request": "true", "X-CSRF-Token": self._csrf}
        return self._answer(self._client.post(path, data={"text": text}, headers=headers), path)

    def _answer(self, asked: Coroutine[Any, Any, httpx.Response], path: str) -> httpx.Response:
        answer = self._loop.run(asked)
        if answer.status_code != 200:
            raise SapaError(f"{path} was answered with {answer.status_code}.")
        return answer

    def _seconds(self, path: str, mark: str, count: int, headers: Mapping[str, str] | None = None) -> float:
        began = time.perf_counter()
        answer = self._loop.run(self._client.get(path, headers=headers))
        seconds = time.perf_counter() - began
        shown = answer.text.count(mark)
        if (answer.status_code, shown) != (200, count):
            raise SapaError(f"{path} was answered with {answer.status_code} and {shown} shown, not {count}.")
        return seconds


def rows(world: World, folder: Path, rounds: int) -> tuple[list[Row], dict[str, Any]]:
    """The table's lines, and the raw figures. ``folder`` takes the database of django-helpdesk."""
    open_, usual, long = _tickets(world)
    whole = {each.conversation: each.id for each in (*usual, long)}
    listed = min(ROWS, open_)
    began = time.monotonic()
    with helpdesk.running(world, folder / "helpdesk.db", whole) as theirs, Console(world, folder) as ours:
        raw: dict[str, Any] = {"django-helpdesk": theirs.version, "filled_seconds": round(time.monotonic() - began)}

        def our(some: Sequence[_Opened], alone: bool, number: int) -> float:
            each = some[number % len(some)]
            return ours.ticket_page(each.number, each.messages, alone=alone)

        def their(some: Sequence[_Opened], number: int) -> float:
            each = some[number % len(some)]
            return theirs.ticket_page(each.id, each.messages)

        few, many = (f"{some.messages} messages" for some in (usual[0], long))
        looks: list[tuple[str, Page, Page, int, bool]] = [
            (
                f"inbox page of {listed} rows",
                lambda _: ours.inbox(listed),
                lambda _: theirs.inbox(listed),
                rounds,
                True,
            ),
            (f"ticket page of {few}", partial(our, usual, True), partial(their, usual), rounds, True),
            (
                f"ticket page of {few}, ours with the inbox",
                partial(our, usual, False),
                partial(their, usual),
                rounds,
                False,
            ),
            (f"ticket page of {many}", partial(our, [long], True), partial(their, [long]), 1 + rounds // 5, True),
        ]
        found = [_beside(*look) for look in looks]
    return [row for row, _ in found], raw | {row.what: times for row, times in found}


def _beside(what: str, ours: Page, theirs: Page, rounds: int, judged: bool) -> tuple[Row, dict[str, Any]]:
    own: list[float] = []
    other: list[float] = []
    # The first of each finds nothing in any cache; staff look again and again.
    for number in range(-1, rounds):
        gc.collect()
        own.append(ours(number))
        other.append(theirs(number))
    own, other = own[1:], other[1:]
    times = ratio(other, own)
    said = f"{times:.1f} × ({median(own) * 1e3:.0f} ms, theirs {median(other) * 1e3:.0f} ms)"
    raw = {"ratio": round(times, 2), "ours": spread(own), "theirs": spread(other)}
    asked = f"≥ {ASKED:.0f} × as fast" if judged else ""
    return Row(f"{what}, beside django-helpdesk", asked, said, times >= ASKED if judged else None), raw


def _tickets(world: World) -> tuple[int, list[_Opened], _Opened]:
    """How many are open; some of the usual length, each of another talk, and the one whose talk is long."""
    with world.db.read() as session:

        def opened(ticket: Ticket) -> _Opened:
            talk = ticket.conversation_id
            said = sum(
                session.scalar(select(func.count()).where(each.conversation_id == talk)) or 0
                for each in (InboxMessage, OutboxMessage)
            )
            return _Opened(ticket.id, ticket.number, talk, said)

        open_ = session.scalar(select(func.count()).where(Ticket.status == "open")) or 0
        newest = select(func.max(Ticket.id)).where(Ticket.status == "open").group_by(Ticket.conversation_id)
        usual = select(Ticket).where(Ticket.id.in_(newest), Ticket.number != world.long).order_by(Ticket.id.desc())
        long = session.scalars(select(Ticket).where(Ticket.number == world.long)).one()
        some = session.scalars(usual.where(Ticket.conversation_id != long.conversation_id).limit(ORDINARY))
        return open_, [opened(ticket) for ticket in some], opened(long)
