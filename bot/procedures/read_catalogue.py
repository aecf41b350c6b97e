"""Reading what a profile lists: roles, units, categories, identity, survey, forms, registers, recaps, wording."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import get_args

from bot.errors import told
from bot.procedures import read_time, scalars
from bot.procedures.document import Part
from bot.procedures.read_words import words
from bot.procedures.rules import (
    ACCOUNT_KINDS,
    DESK_CHANNELS,
    PERMISSIONS,
    SOLVED,
    TICKET_KINDS,
    Address,
    Category,
    Check,
    Every,
    Form,
    FormField,
    IdentityRule,
    Permission,
    PtppRule,
    Question,
    QuestionKind,
    Recap,
    Register,
    Role,
    Survey,
    Unit,
    Wording,
)

IDENTITY_PARTS = ("number", "name", "birth_date", "email", "phone")
FORM_SOURCES = ("ticket", "plan", "forwarding", "ptpp")
REGISTER_SOURCES = ("ticket", "ptpp")
RECAP_SHOWS = ("figures", "unfinished")
"""What a recap can show besides a register."""
_CHECKS: tuple[Check, ...] = get_args(Check)
_ADDRESSES: tuple[Address, ...] = get_args(Address)
_EVERY: tuple[Every, ...] = get_args(Every)
_QUESTIONS: tuple[QuestionKind, ...] = get_args(QuestionKind)


@dataclass(frozen=True, slots=True)
class Names:
    """What other parts may refer to."""

    roles: frozenset[str]
    units: frozenset[str]

    @property
    def role(self) -> Callable[[str], str]:
        return scalars.one_of(sorted(self.roles), told("role"))

    @property
    def unit(self) -> Callable[[str], str]:
        return scalars.one_of(sorted(self.units), told("unit"))


def roles(part: Part) -> Mapping[str, Role]:
    """By id. At least one, and one that may answer."""
    found: dict[str, Role] = {}
    for key, entry in part.entries():
        keys = entry.keys("name", "may", optional=("held_by",))
        permission = scalars.one_of(PERMISSIONS, told("permission"))
        kind = scalars.one_of(ACCOUNT_KINDS, told("kind of account"))
        may: frozenset[Permission] = frozenset(item.value(permission, "answer") for item in keys["may"].items())
        held_by = frozenset(item.value(kind, "agent") for item in keys["held_by"].items())
        if key.text in ACCOUNT_KINDS:
            held_by |= {key.text}
        found[key.text] = Role(key.value(scalars.identifier, key.text), words(keys["name"]), may, held_by)
    if part.there and not any("answer" in role.may for role in found.values()):
        part.fault(told("hold nobody who may answer"))
    return found


def units(part: Part) -> Mapping[str, Unit]:
    """By id."""
    found: dict[str, Unit] = {}
    for key, entry in part.entries():
        keys = entry.keys("name", "answers_in", optional=("email", "hours"))
        found[key.text] = Unit(
            id=key.value(scalars.identifier, key.text),
            name=words(keys["name"]),
            email=keys["email"].value(_email, None) if keys["email"].there else None,
            hours=read_time.week(keys["hours"]) if keys["hours"].there else None,
            answers_in=keys["answers_in"].value(scalars.duration, timedelta()),
        )
    return found


def _email(text: str) -> str:
    name, at, host = text.partition("@")
    if not (name and at and "." in host) or " " in text:
        raise ValueError(told("must be an e-mail address"))
    return text


def categories(part: Part, names: Names) -> tuple[Category, ...]:
    """The roots of the tree. An id that is there twice, anywhere in it, is a fault."""
    seen: dict[str, int] = {}
    found = tuple(_category(item, names, None, seen) for item in part.items())
    if part.there and not found:
        part.fault(told("are empty; at least one category is needed"))
    return found


def _category(part: Part, names: Names, unit: str | None, seen: dict[str, int]) -> Category:
    keys = part.keys("id", "name", optional=("unit", "children"))
    name = keys["id"].value(scalars.identifier, "")
    if name in seen and name:
        keys["id"].fault(told("{name} is the category of line {line} already", name=name, line=seen[name]))
    seen.setdefault(name, keys["id"].line)
    unit = keys["unit"].value(names.unit, None) if keys["unit"].there else unit
    children = tuple(_category(item, names, unit, seen) for item in keys["children"].items())
    return Category(name, words(keys["name"]), unit, children)


def channels(part: Part) -> Iterator[str]:
    """Ways of arriving that staff enter by hand."""
    parse = scalars.one_of(DESK_CHANNELS, told("way of arriving"))
    for item in part.items():
        yield item.value(parse, "")


def kinds(part: Part) -> frozenset[str]:
    """Kinds of ticket."""
    parse = scalars.one_of(TICKET_KINDS, told("kind of ticket"))
    return frozenset(item.value(parse, "") for item in part.items())


def identity(part: Part) -> IdentityRule:
    """What is asked, how it is checked, and where nothing is done without it."""
    keys = part.keys("ask", "check", optional=("required_on",))
    asked = scalars.one_of(IDENTITY_PARTS, told("part of an identity"))
    check: Check = keys["check"].value(scalars.one_of(_CHECKS, told("way of checking")), "none")
    ask = tuple(item.value(asked, "") for item in keys["ask"].items())
    if check == "roster" and keys["ask"].there and not {"number", "name", "birth_date"} <= set(ask):
        keys["ask"].fault(told("needs number, name and birth_date: the roster is compared with all three"))
    return IdentityRule(ask, check, frozenset(channels(keys["required_on"])))


def survey(part: Part) -> Survey | None:
    """None where nobody is asked."""
    if not part.there:
        return None
    keys = part.keys("questions", optional=("after",))
    found: dict[str, Question] = {}
    for item in keys["questions"].items():
        of = item.keys("id", "kind", "text")
        name = of["id"].value(scalars.identifier, "")
        if name in found:
            of["id"].fault(told("{name} is there twice", name=name))
        kind: QuestionKind = of["kind"].value(scalars.one_of(_QUESTIONS, told("kind of question")), "text")
        if name == SOLVED and kind != "yes_no":
            of["kind"].fault(told("of {name} must be yes_no: a no opens the ticket again", name=SOLVED))
        found[name] = Question(name, kind, words(of["text"]))
    if not found:
        keys["questions"].fault(told("are empty; at least one question is needed"))
    after = keys["after"].value(scalars.duration, timedelta())
    return Survey(after, tuple(found.values()))


def forms(part: Part) -> Mapping[str, Form]:
    """By id, with the fields in the order of the paper."""
    found: dict[str, Form] = {}
    for key, entry in part.entries():
        keys = entry.keys("title", "of", "fields")
        fields = []
        for item in keys["fields"].items():
            of = item.keys("id", "label", optional=("required",))
            name = of["id"].value(scalars.identifier, "")
            fields.append(FormField(name, words(of["label"]), of["required"].value(scalars.yes, False)))
        source = keys["of"].value(scalars.one_of(FORM_SOURCES, told("source of a form")), "ticket")
        found[key.text] = Form(key.value(scalars.identifier, ""), words(keys["title"]), source, tuple(fields))
    return found


def registers(part: Part) -> Mapping[str, Register]:
    """By id."""
    found: dict[str, Register] = {}
    for key, entry in part.entries():
        of = entry.keys("title", "of", optional=("kinds", "channels"))
        source = of["of"].value(scalars.one_of(REGISTER_SOURCES, told("source of a register")), "ticket")
        name = key.value(scalars.identifier, "")
        found[key.text] = Register(
            name, words(of["title"]), source, kinds(of["kinds"]), frozenset(channels(of["channels"]))
        )
    return found


def recaps(part: Part, names: Names, registers: Collection[str]) -> Mapping[str, Recap]:
    """By id. What does not say what it shows, shows figures, each day what is unfinished."""
    found: dict[str, Recap] = {}
    content = scalars.one_of((*RECAP_SHOWS, *registers), told("content of a recap"))
    for key, entry in part.entries():
        of = entry.keys("title", "every", "to", optional=("shows", "channels"))
        every: Every = of["every"].value(scalars.one_of(_EVERY, told("rhythm")), "month")
        to = tuple(item.value(names.role, "") for item in of["to"].items())
        if of["to"].there and not to:
            of["to"].fault(told("is empty; a recap goes to one role at least"))
        usual = "unfinished" if every == "day" else "figures"
        shows = of["shows"].value(content, usual) if of["shows"].there else usual
        if of["channels"].there and shows in RECAP_SHOWS:
            of["channels"].fault(told("are only for a recap that shows a register"))
        name = key.value(scalars.identifier, "")
        found[key.text] = Recap(name, words(of["title"]), every, to, shows, frozenset(channels(of["channels"])))
    return found


def ptpp(part: Part, names: Names) -> PtppRule:
    """What is not given is as in ``PtppRule``."""
    keys, usual = part.keys(optional=("after", "tell")), PtppRule()
    after = keys["after"].value(scalars.count, usual.after) if keys["after"].there else usual.after
    return PtppRule(after, tuple(dict.fromkeys(item.value(names.role, "") for item in keys["tell"].items())))


def wording(part: Part) -> Wording:
    """What is not given is as in ``Wording``."""
    keys, usual = part.keys(optional=("address", "service", "person")), Wording()
    address: Address = keys["address"].value(scalars.one_of(_ADDRESSES, told("form of address")), usual.address)
    return Wording(
        address=address,
        service=words(keys["service"]) if keys["service"].there else usual.service,
        person=words(keys["person"]) if keys["person"].there else usual.person,
    )
