"""Reports that are lists: what is unfinished, the archive, registers, categories and automatic replies."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from bot.identity.model import Person
from bot.knowledge import versions
from bot.procedures.profile import Profile
from bot.procedures.rules import Form, Register
from bot.reports.document import Cell, Section
from bot.reports.reading import Line
from bot.reports.words import word
from bot.tickets import corrective, lookup
from bot.tickets.lifecycle import LIVE
from bot.tickets.model import Ticket, TicketEvent
from bot.tickets.service import MOST_PRESSING


def unfinished(session: Session, language: str, zone: ZoneInfo) -> list[Section]:
    """Live tickets that nobody works on, that have no category (also those that closed by themselves so), that are not
    closed: each list has the most pressing first."""
    wanted = or_(Ticket.status.in_((*LIVE, "resolved")), Ticket.id.in_(lookup.lapsed_uncategorised()))
    listed = session.scalars(select(Ticket).where(wanted).order_by(*MOST_PRESSING)).all()
    live = [each for each in listed if each.status != "closed"]
    kinds = {
        "not_worked_on": [
            each for each in live if each.status == "new" or (each.status == "open" and not each.assignee)
        ],
        "not_categorised": [each for each in listed if each.category is None],
        "not_closed": live,
    }
    return [_tickets(key, found, language, zone) for key, found in kinds.items()]


def _tickets(key: str, found: Sequence[Ticket], language: str, zone: ZoneInfo) -> Section:
    rows = [
        (each.number, each.subject, each.category, each.assignee, each.status, each.created_at.astimezone(zone),
         each.due_at.astimezone(zone))
        for each in found
    ]  # fmt: skip
    names = ("ticket", "subject", "category", "assignee", "state", "opened", "due")
    title = word(key, language)
    return Section(f"{title[0].upper()}{title[1:]}", f"{len(rows)}.", [word(name, language) for name in names], rows)


def archive(lines: Sequence[Line], language: str, zone: ZoneInfo, institution: str) -> Section:
    """Every message with its sender and its destination."""
    rows: list[tuple[Cell, ...]] = [
        (
            line.at.astimezone(zone), line.channel, f"{institution} ({line.author})" if line.ours else line.person,
            line.person if line.ours else institution, line.text, line.ticket,
        )
        for line in lines
    ]  # fmt: skip
    names = ("time", "channel", "sender", "receiver", "message", "ticket")
    columns = [word(name, language) for name in names]
    return Section(word("archive", language), f"{len(rows)}.", columns, rows)


def register(
    session: Session, rule: Register, start: datetime, end: datetime, language: str, zone: ZoneInfo,
    only: Collection[str] = (),
) -> Section:  # fmt: skip
    """The tickets of a register that were opened in the time, the oldest first. ``only``: what came by these channels;
    empty for all."""
    wanted = (
        select(Ticket, func.coalesce(Person.name, ""))
        .join(Person, Person.id == Ticket.person_id)
        .where(Ticket.created_at >= start, Ticket.created_at < end)
        .order_by(Ticket.id)
    )
    if rule.kinds:
        wanted = wanted.where(Ticket.kind.in_(rule.kinds))
    for channels in (rule.channels, only):
        if channels:
            wanted = wanted.where(Ticket.channel.in_(channels))
    found = session.execute(wanted).all()
    recorded = _recorded(session, wanted.with_only_columns(Ticket.id).order_by(None))
    rows = [
        (each.number, each.created_at.astimezone(zone), name, each.channel, each.subject, each.category, each.status,
         each.solution, each.unit, recorded.get(each.id))
        for each, name in found
    ]  # fmt: skip
    names = ("ticket", "opened", "person", "channel", "subject", "category", "state", "solution", "unit", "record")
    return Section(rule.title.said(language), f"{len(rows)}.", [word(name, language) for name in names], rows)


def _recorded(session: Session, ids: Select[int]) -> Mapping[int, str]:
    """All that was recorded of each ticket, in order."""
    wanted = select(TicketEvent.ticket_id, TicketEvent.data).where(
        TicketEvent.kind == "recorded", TicketEvent.ticket_id.in_(ids)
    )
    found: dict[int, list[str]] = {}
    for ticket, data in session.execute(wanted.order_by(TicketEvent.id)):
        # Of a person who was erased the words are gone.
        found.setdefault(ticket, []).append((data or {}).get("record", ""))
    return {ticket: "\n".join(texts) for ticket, texts in found.items()}


def actions(
    session: Session, rule: Register, form: Form | None, start: datetime, end: datetime, language: str, zone: ZoneInfo
) -> Section:
    """The corrective actions that were opened in the time, the oldest first, with the own fields of the ``form``."""
    own = corrective.own_fields(form)
    found = corrective.register(session, since=start, until=end)
    of = lookup.numbers(session, (each.ticket_id for each in found if each.ticket_id))
    states = {None: "unchecked", True: "helped", False: "no_help"}
    rows: list[tuple[Cell, ...]] = [
        (
            f"{each.id}", each.opened_at.astimezone(zone), of.get(each.ticket_id or 0), each.finding, each.cause,
            each.correction, each.prevention, each.owner, each.due_at and each.due_at.astimezone(zone),
            word(states[each.effective], language), each.effect,
            *((each.fields or {}).get(field.id) for field in own),
        )
        for each in found
    ]  # fmt: skip
    names = ("action", "opened", "ticket", "finding", "cause", "correction", "prevention", "owner", "due", "state",
             "effect")  # fmt: skip
    columns = [*(word(name, language) for name in names), *(field.label.said(language) for field in own)]
    return Section(rule.title.said(language), f"{len(rows)}.", columns, rows)


def tags(profile: Profile, language: str) -> Section:
    """The category tree, a line a node."""
    units: Mapping[str, str] = {key: unit.name.said(language) for key, unit in profile.units.items()}
    rows = [
        (each.id, each.name.id, each.name.en, units.get(each.unit or "", each.unit))
        for each in profile.every_category()
    ]
    columns = [word("category", language), "Indonesia", "English", word("unit", language)]
    return Section(word("tags", language), f"{len(rows)}.", columns, rows)


def replies(session: Session, language: str) -> Section:
    """Every published template with its answers."""
    rows: list[tuple[Cell, ...]] = [
        (key, lang, words.title, words.answer)
        for key, row in versions.published(session).items()
        for lang, words in sorted(versions.content_of(row).words.items())
    ]
    columns = [word(name, language) for name in ("template", "language", "question", "answer")]
    return Section(word("replies", language), f"{len(rows)}.", columns, rows)
