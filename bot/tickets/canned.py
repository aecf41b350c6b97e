"""Canned replies: short texts by name, with variables, that every agent puts into a reply. What is faulty is refused
when it is kept, so that nobody finds out in front of a person."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import Conflict, NotAllowed, told
from bot.identity import audit
from bot.knowledge.checks import NAME, UNSTORABLE
from bot.knowledge.snapshot import LANGUAGES
from bot.procedures.profile import Profile
from bot.storage.disk import MOST_FILES, KeptFile
from bot.tickets.discarding import COMMITTED, discard
from bot.tickets.model import CannedReply, Ticket, TicketMacro

VARIABLES = frozenset({"name", "ticket", "subject", "due", "agent", "institution"})
"""What a text may name besides what the institution sets: the person, his ticket, who answers, and for whom."""
MAX_ID, MAX_TITLE, MAX_TEXT = 64, 80, 4000
_BRACED = re.compile(r"\{([^{}\n]*)\}")


@dataclass(frozen=True, slots=True)
class Words:
    """A canned reply in one language."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Canned:
    """``words``: by language. ``category``, ``unit`` (ids of the profile): it is offered for tickets of these alone.
    ``files``: that go with it, in every language."""

    id: str
    words: Mapping[str, Words]
    category: str | None = None
    unit: str | None = None
    files: Sequence[KeptFile] = ()

    def title(self, language: str) -> str:
        """In the language, else in the one there is."""
        return (self.words.get(language) or next(iter(self.words.values()))).title

    @classmethod
    def of(cls, row: CannedReply) -> Canned:
        words = {each: Words(**row.words[each]) for each in LANGUAGES if each in row.words}
        return cls(row.id, words, row.category, row.unit, tuple(KeptFile(**file) for file in row.files or ()))


@dataclass(frozen=True, slots=True)
class Known:
    """What a canned reply or a macro may name. ``replies``: ids of canned replies."""

    variables: Collection[str]
    profile: Profile
    replies: Collection[str] = ()
    staff: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """``part``: where, and in which language (``text``, ``id``); ``line``: of that text, from 1. ``what``: as
    ``canned.yml`` names it."""

    what: str
    part: tuple[str, ...]
    line: int | None = None
    values: Mapping[str, object] = field(default_factory=dict)

    def said(self, language: str) -> str:
        """``Text (Indonesian), line 2: there is no variable {nmae}; known are …``."""
        words, (name, *of) = _words(), self.part
        place = part_name(name, language) + "".join(f" ({words['languages'][each][language]})" for each in of)
        if self.line is not None:
            place = f"{place}, {words['line'][language].format(n=self.line)}"
        return f"{place}: {self.told(language)}"

    def told(self, language: str) -> str:
        """The same without its place."""
        told: str = _words()["faults"][self.what][language]
        return told.format(**self.values)


class Faulty(NotAllowed):
    """A canned reply or a macro with faults; nothing was kept."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(fault.said("en") for fault in faults))
        self.faults = faults


def part_name(part: str, language: str) -> str:
    """What a part of a canned reply or a macro is called."""
    told: str = _words()["parts"][part][language]
    return told


@cache
def _words() -> Mapping[str, Any]:
    read: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_name("canned.yml").read_text(encoding="utf-8"))
    return read


def faults_of(canned: Canned, known: Known) -> Iterator[Fault]:
    """Everything that is wrong with it."""
    yield from faulty_id(canned.id)
    if not canned.words:
        yield Fault("no_words", ("text",))
    for language, words in canned.words.items():
        yield from faulty_text(("title", language), words.title, MAX_TITLE, ())
        yield from faulty_text(("text", language), words.text, MAX_TEXT, known.variables)
    if len(canned.files) > MOST_FILES:
        yield Fault("too_many", ("files",), None, {"most": MOST_FILES})
    if canned.category is not None and known.profile.category(canned.category) is None:
        yield Fault("unknown", ("category",), None, {"name": canned.category})
    if canned.unit is not None and canned.unit not in known.profile.units:
        yield Fault("unknown", ("unit",), None, {"name": canned.unit})


def faulty_id(text: str) -> Iterator[Fault]:
    """What is wrong with an id."""
    if not NAME.fullmatch(text) or len(text) > MAX_ID:
        yield Fault("bad_id", ("id",))


def faulty_text(part: tuple[str, ...], text: str, most: int, variables: Collection[str]) -> Iterator[Fault]:
    """What is wrong with a text, with the line of each variable that nobody knows."""
    if not text.strip():
        yield Fault("empty", part)
    if len(text) > most:
        yield Fault("too_long", part, None, {"most": most})
    if UNSTORABLE.search(text):
        yield Fault("control", part)
    for number, line in enumerate(text.split("\n"), 1):
        for name in _BRACED.findall(line):
            # Nothing else in braces either: a variable with a blank in it would be said as it stands.
            if name not in variables:
                yield Fault("no_variable", part, number, {"name": name, "known": ", ".join(sorted(variables)) or "-"})


def all_replies(session: Session) -> Sequence[CannedReply]:
    """All canned replies by id."""
    return session.scalars(select(CannedReply).order_by(CannedReply.id)).all()


def offered(
    session: Session, ticket: Ticket, profile: Profile, language: str, typed: str = ""
) -> Sequence[tuple[Canned, Words]]:
    """What can be said in the ticket, with the words in ``language`` or else in the other one: those in the language
    first, then by title. ``typed``: words that title, id or text must have. What is limited to a category or a unit is
    left out where the ticket's is another; a ticket without a category is offered all."""
    wanted = typed.casefold().split()
    found = []
    for reply in map(Canned.of, all_replies(session)):
        words = reply.words.get(language) or next(iter(reply.words.values()))
        text = f"{reply.id} {words.title} {words.text}".casefold()
        if all(each in text for each in wanted) and _concerns(reply, ticket, profile):
            found.append((reply, words))
    return sorted(found, key=lambda each: (language not in each[0].words, each[1].title.casefold()))


def _concerns(reply: Canned, ticket: Ticket, profile: Profile) -> bool:
    limit = profile.category(reply.category) if reply.category else None
    if limit is not None and ticket.category is not None and ticket.category not in {each.id for each in limit.walk()}:
        return False
    unit = profile.units.get(reply.unit) if reply.unit else None
    if unit is None or (ticket.unit is None and ticket.category is None):
        return True
    return ticket.unit in (unit.name.id, unit.name.en) or profile.unit_of(ticket.category) == unit


def keep(session: Session, canned: Canned, known: Known, actor: str, now: datetime, seen: int | None = None) -> None:
    """Add it, or change what has its id. ``seen``: the version that was shown to ``actor``, 0 for a new one. Raises
    Faulty; Conflict where somebody was first."""
    refuse(faults_of(canned, known))
    row = session.get(CannedReply, canned.id, with_for_update=True)
    refuse_stale(row, seen)
    words = {language: {"title": each.title, "text": each.text} for language, each in canned.words.items()}
    files = [asdict(file) for file in canned.files] or None
    if row is None:
        row = CannedReply(id=canned.id, created_at=now, created_by=actor, version=0)
        session.add(row)
    elif (row.words, row.category, row.unit, row.files) == (words, canned.category, canned.unit, files):
        return
    before = {file["path"] for file in row.files or ()}
    row.words, row.category, row.unit, row.files = words, canned.category, canned.unit, files
    row.version, row.changed_at, row.changed_by = row.version + 1, now, actor
    audit.note(session, actor, "canned kept", f"canned {canned.id}", now, {"number": row.version})
    discard(session, before - {file.path for file in canned.files}, now + COMMITTED)


def remove(session: Session, id_: str, actor: str, now: datetime) -> None:
    """Delete a canned reply. Raises NotAllowed: there is none, or a macro says it."""
    row = session.get(CannedReply, id_, with_for_update=True)
    if row is None:
        raise NotAllowed(told("There is no canned reply {id}.", id=id_))
    users = session.scalars(select(TicketMacro.id).where(TicketMacro.reply == id_).order_by(TicketMacro.id)).all()
    if users:
        raise NotAllowed(
            told(
                "The canned reply {id} is said by the macro {users}; nothing was deleted.",
                id=id_,
                users=", ".join(users),
            )
        )
    discard(session, [file.path for file in Canned.of(row).files], now + COMMITTED)
    session.delete(row)
    audit.note(session, actor, "canned removed", f"canned {id_}", now)


def refuse(faults: Iterator[Fault]) -> None:
    """Raises Faulty where there is any."""
    if found := list(faults):
        raise Faulty(found)


def refuse_stale(row: CannedReply | TicketMacro | None, seen: int | None) -> None:
    """Raises Conflict where the row is not at the version that was seen."""
    if seen is not None and seen != (row.version if row else 0):
        told = f"{row.changed_by} changed {row.id} meanwhile" if row else "It was deleted meanwhile"
        raise Conflict(f"{told}; nothing was saved.", [row] if row else [])
