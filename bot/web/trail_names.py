"""The audit trail in words: names where ids stand, as far as they are known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.identity.audit import about_person
from bot.identity.model import ApiToken, Handle, Person
from bot.reports.periods import around
from bot.tickets.model import CannedReply, TicketMacro
from bot.web.categories import titles
from bot.web.trail import Entry
from bot.web.visit import Visit
from bot.web.words import known

MOST_PEOPLE = 200
"""Looked for by their name; who searches for more means something else."""
Name = Callable[[str], str | None]


def spoken(visit: Visit, session: Session, found: Sequence[Entry], staff: Mapping[str, str]) -> Sequence[Entry]:
    """The entries with names. ``staff``: by user name."""
    about = _things(visit, session, found, staff)
    told = _values(visit, staff)
    templates = visit.parts.knowledge.titles(visit.language)
    named = []
    for each in found:
        what, _, key = each.about.partition(" ")
        if each.of == "audit" and _account(what, key) == each.actor:
            # Who signs in does it to nobody else.
            name = ""
        elif each.of == "did":
            name = templates.get(each.about, each.about)
        elif each.of == "audit" and not key:
            name = staff.get(each.about, each.about)
        elif each.of == "audit":
            name = about.get(what, _unknown)(key) or f"{known(visit.language, 'about', what)} {key}"
        else:
            name = each.about
        to_another = each.of == "event" and each.kind == "assigned" and each.told != each.actor
        kind = "assigned to" if to_another else each.kind
        named.append(replace(each, kind=kind, about=name, told=told(each)))
    return named


def _account(what: str, key: str) -> str | None:
    """The user name that an entry is about; None where it is about something else. Duty is noted by the name alone."""
    if not key:
        return what
    return key if what == "account" else None


def _unknown(_key: str) -> str | None:
    return None


def _things(visit: Visit, session: Session, found: Sequence[Entry], staff: Mapping[str, str]) -> Mapping[str, Name]:
    """By what something was done to: how one of them is called."""
    keys: dict[str, set[str]] = {}
    for each in found:
        what, _, key = each.about.partition(" ")
        if each.of == "audit":
            keys.setdefault(what, set()).add(key)
    profile = visit.parts.promise.profile
    return {
        "account": lambda key: staff.get(key, key),
        "person": _people(session, keys.get("person", ())).get,
        "canned": {row.id: _title(visit, {key: each["title"] for key, each in row.words.items()}) for row in
                   session.scalars(select(CannedReply).where(CannedReply.id.in_(keys.get("canned", ()))))}.get,
        "macro": {row.id: _title(visit, row.titles) for row in
                  session.scalars(select(TicketMacro).where(TicketMacro.id.in_(keys.get("macro", ()))))}.get,
        "token": _tokens(session, keys.get("token", ())).get,
        "role": visit.role,
        "unit": lambda key: profile.units[key].name.said(visit.language) if key in profile.units else key,
        "channel": lambda key: known(visit.language, "channel", key),
        "recap": lambda key: _recap(visit, key),
        "templates": lambda key: key,
    }  # fmt: skip


def _recap(visit: Visit, key: str) -> str:
    """``minggu 2026-11-16`` by its title and the days that it is of."""
    name, _, first = key.partition(" ")
    rule = visit.parts.promise.profile.recaps.get(name)
    if rule is None:
        return f"{known(visit.language, 'about', 'recap')} {key}"
    return f"{rule.title.said(visit.language)}, {around(rule.every, date.fromisoformat(first)).said(visit.language)}"


def called(visit: Visit, session: Session, typed: str, staff: Mapping[str, str]) -> Sequence[str]:
    """What has a name with ``typed`` in it, as the trail notes it: accounts, templates, replies and macros, and the
    newest people. ``staff``: by user name."""
    wanted = typed.casefold()

    def named(titles: Iterable[tuple[str, Iterable[str]]]) -> list[str]:
        return [key for key, said in titles if any(wanted in each.casefold() for each in said)]

    accounts = named((username, [name]) for username, name in staff.items())
    templates = named((key, [title]) for key, title in visit.parts.knowledge.titles(visit.language).items())
    replies = named((row.id, [each["title"] for each in row.words.values()]) for row in
                    session.scalars(select(CannedReply)))  # fmt: skip
    macros = named((row.id, row.titles.values()) for row in session.scalars(select(TicketMacro)))
    people = select(Person.id).where(Person.name.icontains(typed, autoescape=True)).order_by(Person.id.desc())
    return [
        *accounts, *templates, *(f"account {each}" for each in accounts), *(f"canned {each}" for each in replies),
        *(f"macro {each}" for each in macros),
        *map(about_person, session.scalars(people.limit(MOST_PEOPLE))),
    ]  # fmt: skip


def _people(session: Session, keys: Sequence[str] | set[str]) -> Mapping[str, str | None]:
    display = select(func.max(Handle.display_name)).where(Handle.person_id == Person.id).scalar_subquery()
    ids = [int(key) for key in keys if key.isdecimal()]
    rows = session.execute(select(Person.id, func.coalesce(Person.name, display)).where(Person.id.in_(ids)))
    return {str(row[0]): row[1] for row in rows}


def _tokens(session: Session, keys: Sequence[str] | set[str]) -> Mapping[str, str | None]:
    ids = [int(key) for key in keys if key.isdecimal()]
    rows = session.execute(select(ApiToken.id, ApiToken.name).where(ApiToken.id.in_(ids)))
    return {str(row[0]): row[1] for row in rows}


def _title(visit: Visit, named: Mapping[str, str]) -> str | None:
    return named.get(visit.language) or next(iter(named.values()), None)


def _values(visit: Visit, staff: Mapping[str, str]) -> Callable[[Entry], str]:
    """What something became, said as the pages say it."""
    categories = titles(visit)
    units = {key: each.name.said(visit.language) for key, each in visit.parts.promise.profile.units.items()}

    def said(entry: Entry) -> str:
        told, language = entry.told, visit.language
        if entry.of == "event" and told:
            match entry.kind:
                case "assigned":
                    return staff.get(told, told)
                case "categorised":
                    return categories.get(told, told)
                case "forwarded" | "given to unit":
                    return units.get(told, told)
                case "priority changed":
                    return known(language, "priority", told)
                case "kind changed":
                    return known(language, "matter", told)
                case "identity confirmed":
                    return known(language, "identity", told)
                case "subject changed" | "tagged" | "macro":
                    return told
            return known(language, "status", told)
        match entry.kind:
            case "account made" | "role changed":
                return known(language, "role", told)
            case "role held" | "unit named" | "recap sent again":
                return ", ".join(staff.get(each, each) for each in told.split(", "))
            case "canned kept" | "macro kept":
                return visit.say("version", n=told) if told else ""
        return told

    return said
