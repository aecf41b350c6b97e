"""The procedure an institution works by: one file of ``data/sops``, checked as a whole when it is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from bot.errors import told
from bot.procedures import read_catalogue, read_ladder, read_time, scalars
from bot.procedures.business import Week
from bot.procedures.document import Document, Part
from bot.procedures.read_catalogue import Names
from bot.procedures.rules import (
    Assignment,
    Category,
    Clause,
    Clock,
    ClosingRule,
    Duty,
    Form,
    HolidayRule,
    IdentityRule,
    Ladder,
    PtppRule,
    Recap,
    Register,
    Reopening,
    Retention,
    Role,
    SpecialPeriod,
    Survey,
    Target,
    Unit,
    Wording,
)

__all__ = ["Clock", "HolidayRule", "Profile", "Retention", "Target", "load_profile", "read_profile"]

_REQUIRED = (
    "name", "source", "ticket_prefix", "roles", "categories", "identity", "hours", "holidays", "targets", "reopening",
    "closing", "retention",
)  # fmt: skip
_OPTIONAL = (
    "units", "desk_channels", "special_hours", "assignment", "ladder", "duties", "survey", "forms", "registers",
    "recaps", "ptpp", "wording", "clauses",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Profile:
    """``source``: the document it carries out. Mappings are by id, in the file's order.

    ``week``: office hours in the institution's zone; ``special_hours`` go before it on their days, and no two of them
    share a day. ``categories``: the roots of the tree. ``desk_channels``: ways of arriving that staff enter by hand.
    ``next_response``: by when a human answers what the person writes afterwards, where that is promised. ``ladder``,
    ``closing`` and ``survey`` are None where the procedure has none, ``assignment`` where tickets are taken by hand.
    """

    name: str
    source: str
    ticket_prefix: str
    roles: Mapping[str, Role]
    units: Mapping[str, Unit]
    categories: tuple[Category, ...]
    desk_channels: tuple[str, ...]
    identity: IdentityRule
    week: Week
    special_hours: tuple[SpecialPeriod, ...]
    holidays: HolidayRule
    first_response: Target
    next_response: Target | None
    resolution: Target
    assignment: Assignment | None
    ladder: Ladder | None
    duties: Mapping[str, Duty]
    reopening: Reopening
    closing: ClosingRule | None
    survey: Survey | None
    forms: Mapping[str, Form]
    registers: Mapping[str, Register]
    recaps: Mapping[str, Recap]
    ptpp: PtppRule
    wording: Wording
    retention: Retention
    clauses: Mapping[str, Clause]

    def every_category(self) -> Iterator[Category]:
        """All nodes of the tree, parents before children."""
        for root in self.categories:
            yield from root.walk()

    def with_calendar_of(self, other: Profile) -> Profile:
        """What this profile promises, on the days and hours of ``other``, its units' hours too."""
        units = {
            name: replace(unit, hours=other.units[name].hours) if name in other.units else unit
            for name, unit in self.units.items()
        }
        return replace(self, week=other.week, special_hours=other.special_hours, holidays=other.holidays, units=units)

    def category(self, name: str) -> Category | None:
        """The node with that id."""
        return next((each for each in self.every_category() if each.id == name), None)

    def form_of(self, source: str) -> Form | None:
        """The form that is filled from a forwarding, a corrective action (ptpp) or a ticket, or that is for a
        follow-up plan (plan)."""
        return next((each for each in self.forms.values() if each.of == source), None)

    def owners_of_ptpp(self) -> Sequence[str]:
        """The roles that are told when a corrective action is proposed."""
        if self.ptpp.tell:
            return self.ptpp.tell
        planning = [role for role in self.roles.values() if "plan" in role.may]
        owning = [role.id for role in planning if "report" in role.may and "administer" not in role.may]
        return owning or [role.id for role in planning]

    def unit_of(self, category: str | None) -> Unit | None:
        """Whose business tickets of that category are; None where it is nobody's in particular."""
        found = self.category(category) if category else None
        return self.units[found.unit] if found and found.unit else None


def load_profile(path: Path) -> Profile:
    """Read a profile. Raises RefusedFile with every fault as ``file:line: what is wrong``."""
    return _profile(Document(path))


@lru_cache(maxsize=32)
def read_profile(text: str, name: str) -> Profile:
    """A profile from its text, as versions are kept and edited; ``name`` stands for the file in faults. Reading takes
    long enough to do it once for a text."""
    return _profile(Document(Path(name), text))


def _profile(document: Document) -> Profile:
    root = document.root()
    parts = root.keys(*_REQUIRED, optional=_OPTIONAL)
    roles = read_catalogue.roles(parts["roles"])
    units = read_catalogue.units(parts["units"])
    names = Names(frozenset(roles), frozenset(units))
    registers = read_catalogue.registers(parts["registers"])
    targets = parts["targets"].keys("first_response", "resolution", optional=("next_response",))
    profile = Profile(
        name=parts["name"].value(scalars.words, ""),
        source=parts["source"].value(scalars.words, ""),
        ticket_prefix=parts["ticket_prefix"].value(scalars.prefix, ""),
        roles=roles,
        units=units,
        categories=read_catalogue.categories(parts["categories"], names),
        desk_channels=tuple(read_catalogue.channels(parts["desk_channels"])),
        identity=read_catalogue.identity(parts["identity"]),
        week=read_time.week(parts["hours"]),
        special_hours=read_time.special_hours(parts["special_hours"]),
        holidays=read_time.holidays(parts["holidays"]),
        first_response=read_ladder.target(targets["first_response"], names),
        next_response=read_ladder.target(targets["next_response"], names) if targets["next_response"].there else None,
        resolution=read_ladder.target(targets["resolution"], names),
        assignment=read_ladder.assignment(parts["assignment"], names),
        ladder=read_ladder.ladder(parts["ladder"], names),
        duties=read_ladder.duties(parts["duties"], names),
        reopening=read_ladder.reopening(parts["reopening"]),
        closing=read_ladder.closing(parts["closing"]),
        survey=read_catalogue.survey(parts["survey"]),
        forms=read_catalogue.forms(parts["forms"]),
        registers=registers,
        recaps=read_catalogue.recaps(parts["recaps"], names, registers),
        ptpp=read_catalogue.ptpp(parts["ptpp"], names),
        wording=read_catalogue.wording(parts["wording"]),
        retention=_retention(parts["retention"]),
        clauses=_clauses(parts["clauses"], root),
    )
    document.refuse_if_faulty()
    return profile


def _retention(part: Part) -> Retention:
    kept = part.keys("conversations", "files")
    nothing = read_time.NOTHING
    return Retention(
        kept["conversations"].value(scalars.keeping, nothing), kept["files"].value(scalars.keeping, nothing)
    )


def _clauses(part: Part, root: Part) -> Mapping[str, Clause]:
    found: dict[str, Clause] = {}
    for key, entry in part.entries():
        keys = entry.keys("says", optional=("in",))
        lines: dict[str, int] = {}
        for item in keys["in"].items():
            place = root.at(item.text)
            if place is None:
                item.fault(told("names {text!r}, which is not in this file", text=item.text))
            else:
                lines[item.text] = place.line
        found[key.text] = Clause(key.text, keys["says"].value(scalars.words, ""), lines)
    return found
