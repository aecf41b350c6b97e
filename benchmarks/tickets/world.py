"""An invented year of a large care center, written straight into the tables: people, talks, tickets with their events.

One of ``UNFINISHED`` tickets is still being dealt with; each has ``MESSAGES`` messages and the events of a ticket that
goes its usual way. One talk is long."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Table, func, insert, select, text

from bot.conversation.model import Conversation, InboxMessage, OutboxMessage
from bot.identity.accounts import DEMO_ACCOUNTS
from bot.identity.model import Account, Handle, Person
from bot.procedures.versions import put_into_use, shipped
from bot.storage.database import Database
from bot.storage.migrate import migrate
from bot.tickets.model import Ticket, TicketEvent

END = datetime(2026, 12, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
ZONE = ZoneInfo("Asia/Jakarta")
AGENTS = ("rina", "budi", "dewi", "agus")
UNFINISHED = 50
MESSAGES = 10
LONG_TALK = 500
AT_ONCE = 1_000
"""Tickets that are written together with their talks."""
RARE = 500
"""In one ticket of so many the person writes a word that nobody else does."""
ROWS = 20_000
"""Rows a statement."""
CATEGORIES = ("keuangan", "akademik", "akun", "wisuda", "asrama", None)
WORDS = (
    "tagihan", "ukt", "belum", "muncul", "lunas", "bayar", "portal", "akun", "terkunci", "sandi", "wisuda",
    "daftar", "jadwal", "krs", "nilai", "salah", "dosen", "asrama", "kunci", "kartu", "hilang", "surat",
    "aktif", "kuliah", "beasiswa", "cair", "rekening", "magang", "skripsi", "perpustakaan", "denda", "pinjam",
    "buku",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class World:
    """``long``: the number of the ticket whose talk is long."""

    db: Database
    people: int
    tickets: int
    messages: int
    long: str


@dataclass(frozen=True, slots=True)
class _Year:
    """``end``: when the year is over. ``chance``: what invents."""

    chance: random.Random
    people: int
    tickets: int
    end: datetime

    @property
    def start(self) -> datetime:
        return self.end - YEAR

    def opened(self, index: int) -> datetime:
        return self.start + YEAR * index / (self.tickets + 1)

    def person(self, index: int) -> int:
        """Whose that ticket is."""
        return (index - 1) % self.people + 1


def number(index: int) -> str:
    """Of the ticket with that id; of a year in which nothing is opened any more."""
    return f"CC-2025-{index:06d}"


def build(url: str, tickets: int, seed: int = 1, end: datetime = END) -> World:
    """Fill the empty database at ``url`` with the year until ``end``. The same seed gives the same world."""
    db = Database(url)
    migrate(db)
    people = max(1, tickets // 5)
    year = _Year(random.Random(seed), people, tickets, end)
    at = {"created_at": year.start}
    _staff(db, year.start)
    _write(db, Person, ({"id": n, "kind": "guest", "name": _name(year.chance), **at} for n in ids(people)))
    _write(db, Handle, ({"person_id": n, "channel": "web", "address": f"p{n}", **at} for n in ids(people)))
    _write(db, Conversation, (_talk(n, year) for n in ids(people)))
    came, went = MESSAGES * 6 // 10, MESSAGES * 4 // 10
    # In the order in which a year writes, so that what is written last is found first.
    for start in range(1, tickets + 1, AT_ONCE):
        some = range(start, min(start + AT_ONCE, tickets + 1))
        _write(db, Ticket, (_ticket(year, n) for n in some))
        _write(db, TicketEvent, (event for n in some for event in _events(year, n)))
        _write(db, InboxMessage, (row for n in some for row in _came(year, n, came)))
        _write(db, OutboxMessage, (row for n in some for row in _went(year, n, went)))
    long = 1
    _write(db, InboxMessage, _came(year, long, LONG_TALK // 2, "long"))
    _write(db, OutboxMessage, _went(year, long, LONG_TALK // 2))
    with db.write() as session:
        if not db.sqlite:
            for table in ("person", "conversation", "ticket"):
                last = f"(SELECT max(id) FROM {table})"
                session.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {last})"))
        session.execute(text("ANALYZE"))
    with db.read() as session:
        messages = sum(
            session.scalar(select(func.count()).select_from(each)) or 0 for each in (InboxMessage, OutboxMessage)
        )
    return World(db, people, tickets, messages, number(long))


def rare(index: int) -> str:
    """A word that only the person of that ticket wrote."""
    return f"resi{index}"


def ids(count: int) -> range:
    return range(1, count + 1)


def _staff(db: Database, start: datetime) -> None:
    with db.write() as session:
        names = {name for name, *_ in DEMO_ACCOUNTS}
        rows = [*DEMO_ACCOUNTS, *((name, name.title(), "agent") for name in AGENTS if name not in names)]
        session.add_all(
            Account(username=username, name=name, role=role, password="-", created_at=start)
            for username, name, role in rows
        )
        itb = shipped("itb").read_text(encoding="utf-8")
        put_into_use(session, "itb", itb, ZONE, "system", start)


def _write(db: Database, model: Any, rows: Iterable[Mapping[str, Any]]) -> None:
    table: Table = model.__table__
    rows = iter(rows)
    while some := [dict(row) for row in islice(rows, ROWS)]:
        with db.write() as session:
            session.execute(insert(table), some)


def _name(chance: random.Random) -> str:
    return f"{chance.choice(('Ayu', 'Bima', 'Citra', 'Dimas', 'Eka', 'Fajar'))} {chance.choice(WORDS).title()}"


def _text(chance: random.Random) -> str:
    return " ".join(chance.choices(WORDS, k=8))


def _talk(index: int, year: _Year) -> dict[str, Any]:
    return {
        "id": index, "person_id": index, "channel": "web", "address": f"p{index}", "language": "id",
        "in_charge": "assistant", "epoch": 0, "last_from_person": year.end - timedelta(hours=1),
        "created_at": year.start,
    }  # fmt: skip


def _done(index: int) -> bool:
    return index % UNFINISHED != 0


def _ticket(year: _Year, index: int) -> dict[str, Any]:
    at, done, said, person = year.opened(index), _done(index), _text(year.chance), year.person(index)
    return {
        "id": index, "number": number(index), "conversation_id": person, "person_id": person, "channel": "web",
        "subject": said, "summary": said, "category": CATEGORIES[index % (5 if done else 6)], "kind": "question",
        "priority": "normal", "status": "closed" if done else "open", "identity": "guest",
        "assignee": AGENTS[index % 4] if done or index % 3 else None, "language": "id", "created_at": at,
        "due_at": at + timedelta(hours=2), "resolved_at": at + timedelta(hours=20) if done else None,
        "closed_at": at + timedelta(hours=21) if done else None, "solution": "Sudah." if done else None,
        "profile_id": 1,
    }  # fmt: skip


def _events(year: _Year, index: int) -> Iterator[dict[str, Any]]:
    at, agent = year.opened(index), AGENTS[index % 4]
    told = {"from": None, "to": "new", "kind": "question", "category": CATEGORIES[index % 5], "channel": "web"}
    told |= {"identity": "guest", "priority": "normal", "due_at": (at + timedelta(hours=2)).isoformat()}
    way: list[tuple[float, str, str, dict[str, Any]]] = [
        (0, "person", "opened", told),
        (0.5, agent, "assigned", {"from": None, "to": agent}),
        (0.5, agent, "begun", {"from": "new", "to": "open"}),
        (1 + index % 3, agent, "message", {"outbox_id": index}),
    ]
    if _done(index):
        way += [
            (20, agent, "resolved", {"from": "open", "to": "resolved", "solution": "Sudah."}),
            (21, agent, "closed", {"from": "resolved", "to": "closed"}),
        ]
    for hours, actor, kind, data in way:
        yield {"ticket_id": index, "at": at + timedelta(hours=hours), "actor": actor, "kind": kind, "data": data}


def _came(year: _Year, index: int, count: int, mark: str = "m") -> Iterator[dict[str, Any]]:
    at, person, chance = year.opened(index), year.person(index), year.chance
    for turn in range(count):
        said = f"{_text(chance)} {rare(index)}" if turn == 0 and index % RARE == 0 else _text(chance)
        yield {
            "conversation_id": person, "channel": "web", "external_id": f"{mark}{index}-{turn}", "kind": "message",
            "text": said, "received_at": at + timedelta(minutes=turn), "status": "done",
            "handled_by": "assistant", "attempts": 1, "done_at": at + timedelta(minutes=turn),
        }  # fmt: skip


def _went(year: _Year, index: int, count: int) -> Iterator[dict[str, Any]]:
    at, person, chance = year.opened(index), year.person(index), year.chance
    for turn in range(count):
        yield {
            "conversation_id": person, "channel": "web", "author": AGENTS[index % 4], "epoch": 0, "text": _text(chance),
            "status": "sent", "attempts": 1, "next_try_at": at, "created_at": at + timedelta(minutes=turn),
            "sent_at": at + timedelta(minutes=turn),
        }  # fmt: skip
