"""Macros: several steps with a ticket that are taken at once. What they are; ``conversation.applying`` takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import NotAllowed, told
from bot.identity import audit
from bot.knowledge.snapshot import LANGUAGES
from bot.tickets.canned import MAX_TEXT, MAX_TITLE, Fault, Known, faulty_id, faulty_text, refuse, refuse_stale
from bot.tickets.lifecycle import Priority
from bot.tickets.model import TicketMacro
from bot.tickets.sorting import clean_tags

Then = Literal["wait", "resolve", "close", "spam", "withdrawn"]
"""``wait``: for the person. ``spam``, ``withdrawn``: close it without a solution; it never counts as solved."""
ENDS: frozenset[Then] = frozenset({"resolve", "close", "spam", "withdrawn"})
NEEDS: Mapping[str, tuple[str, ...]] = {"resolve": ("solution",), "close": ("solution", "record")}
"""What a macro must say for a step; the ticket has to have its category."""


@dataclass(frozen=True, slots=True)
class Steps:
    """What is to be done with a ticket; None leaves it as it is. ``tags``: which it is to have besides its own.
    ``assign``: ``me`` (who applies it), ``nobody``, ``user:`` and a user name, or ``unit:`` and a unit of the profile.
    ``note``, ``solution`` and ``record`` may have variables."""

    category: str | None = None
    tags: Sequence[str] = ()
    priority: str | None = None
    assign: str | None = None
    note: str | None = None
    then: str | None = None
    solution: str | None = None
    record: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Those that are given."""
        return {name: list(value) if name == "tags" else value for name, value in asdict(self).items() if value}


@dataclass(frozen=True, slots=True)
class Macro:
    """``titles``: by language. ``reply``: the canned reply that is said first."""

    id: str
    titles: Mapping[str, str]
    reply: str | None = None
    steps: Steps = field(default_factory=Steps)

    def title(self, language: str) -> str:
        """In the language, else in the one there is."""
        return self.titles.get(language) or next(iter(self.titles.values()))

    @classmethod
    def of(cls, row: TicketMacro) -> Macro:
        titles = {each: row.titles[each] for each in LANGUAGES if each in row.titles}
        return cls(row.id, titles, row.reply, Steps(**row.steps))


def faults_of(macro: Macro, known: Known) -> Iterator[Fault]:
    """Everything that is wrong with it."""
    yield from faulty_id(macro.id)
    if not macro.titles:
        yield Fault("empty", ("title",))
    for language, title in macro.titles.items():
        yield from faulty_text(("title", language), title, MAX_TITLE, ())
    if macro.reply is not None and macro.reply not in known.replies:
        yield Fault("unknown", ("reply",), None, {"name": macro.reply})
    yield from faults_of_steps(macro.steps, known)
    if macro.reply is None and macro.steps == Steps():
        yield Fault("nothing", ("id",))


def faults_of_steps(steps: Steps, known: Known) -> Iterator[Fault]:
    """Everything that is wrong with what is to be done."""
    if steps.category is not None and known.profile.category(steps.category) is None:
        yield Fault("unknown", ("category",), None, {"name": steps.category})
    yield from _one_of("priority", steps.priority, get_args(Priority))
    yield from _one_of("then", steps.then, get_args(Then))
    yield from _faulty_assign(steps, known)
    for name in ("note", "solution", "record"):
        text = getattr(steps, name)
        if text is not None:
            yield from faulty_text((name,), text, MAX_TEXT, known.variables)
        elif name in NEEDS.get(steps.then or "", ()):
            yield Fault("empty", (name,))


def _faulty_assign(steps: Steps, known: Known) -> Iterator[Fault]:
    kind, _, name = (steps.assign or "me").partition(":")
    if (kind == "user" and name not in known.staff) or (kind == "unit" and name not in known.profile.units):
        yield Fault("unknown", ("assign",), None, {"name": name or kind})
    elif kind not in ("user", "unit") and (kind not in ("me", "nobody") or name):
        yield Fault("one_of", ("assign",), None, {"name": steps.assign, "known": "me, nobody, user:…, unit:…"})
    elif kind != "me" and steps.then in ENDS:
        yield Fault("not_with", ("assign",), None, {"name": steps.then})


def _one_of(part: str, value: str | None, known: Sequence[str]) -> Iterator[Fault]:
    if value is not None and value not in known:
        yield Fault("one_of", (part,), None, {"name": value, "known": ", ".join(known)})


def all_macros(session: Session) -> Sequence[TicketMacro]:
    """All macros by id."""
    return session.scalars(select(TicketMacro).order_by(TicketMacro.id)).all()


def by_id(session: Session, id_: str) -> Macro:
    """Raises NotAllowed where there is none."""
    row = session.get(TicketMacro, id_)
    if row is None:
        raise NotAllowed(told("There is no macro {id}.", id=id_))
    return Macro.of(row)


def keep(session: Session, macro: Macro, known: Known, actor: str, now: datetime, seen: int | None = None) -> None:
    """Add it, or change what has its id. ``seen``: the version that was shown to ``actor``, 0 for a new one. Raises
    Faulty; Conflict where somebody was first."""
    refuse(faults_of(macro, known))
    row = session.get(TicketMacro, macro.id, with_for_update=True)
    refuse_stale(row, seen)
    steps = macro.steps.as_json()
    if "tags" in steps:
        steps["tags"] = list(clean_tags(steps["tags"]))
    titles = dict(macro.titles)
    if row is None:
        row = TicketMacro(id=macro.id, created_at=now, created_by=actor, version=0)
        session.add(row)
    elif (row.titles, row.reply, row.steps) == (titles, macro.reply, steps):
        return
    row.titles, row.reply, row.steps = titles, macro.reply, steps
    row.version, row.changed_at, row.changed_by = row.version + 1, now, actor
    audit.note(session, actor, "macro kept", f"macro {macro.id}", now, {"number": row.version})


def remove(session: Session, id_: str, actor: str, now: datetime) -> None:
    """Delete a macro. Raises NotAllowed where there is none."""
    row = session.get(TicketMacro, id_, with_for_update=True)
    if row is None:
        raise NotAllowed(told("There is no macro {id}.", id=id_))
    session.delete(row)
    audit.note(session, actor, "macro removed", f"macro {id_}", now)
