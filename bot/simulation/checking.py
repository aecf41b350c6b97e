"""Whether the services and the ledger say the same: what every clock did, when, and to whom; every verdict; the recap's
figures. Whatever differs is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import func, select

from bot.conversation.model import OutboxMessage
from bot.procedures.hours import hours_of
from bot.procedures.rules import Every
from bot.reports.model import RecapNotice
from bot.reports.periods import around
from bot.simulation.entries import Key, Verdict
from bot.simulation.ledger import Account
from bot.simulation.stage import Case, Stage
from bot.tickets.model import StaffNotice, Ticket, TicketEvent
from bot.tickets.promises import SYSTEM, Promise, promises

CLOCKS = frozenset({"warned", "escalated", "breached", "noticed", "not told", "lapsed"})
"""Kinds of events that clocks leave."""
ONE_DAY = timedelta(days=1)
EVERY: tuple[Every, ...] = ("day", "week", "month")


@dataclass(frozen=True, slots=True)
class Step:
    """Something that a clock did, as the ticket's events tell it: ``due`` for a promise, None for closing by itself."""

    number: str
    what: str
    key: Key
    due: datetime | None
    at: datetime
    told: frozenset[str]


@dataclass(frozen=True, slots=True)
class Judged:
    """A promise of a ticket and what the services say of it."""

    number: str
    key: Key
    found: str
    late: timedelta | None


@dataclass(frozen=True, slots=True)
class Checked:
    """All that clocks did, all verdicts, and every difference from the ledger, in words."""

    steps: Sequence[Step]
    judged: Sequence[Judged]
    differences: Sequence[str]


def check(stage: Stage) -> Checked:
    """Compare every ticket of the month."""
    steps: list[Step] = []
    judged: list[Judged] = []
    differences: list[str] = []
    hours = hours_of(stage.profile, stage.plan.zone)
    now = stage.seconds.at(stage.length)
    for case, kind, events in _histories(stage):
        done = list(_steps(case.number, events))
        steps += done
        differences += _clock_differences(stage, case, done)
        verdicts = {}
        for each in promises(events, stage.profile, kind):
            late = each.late_by(hours, now)
            judged.append(Judged(case.number, each.key, each.verdict(hours, now), late))
            verdicts[each.key] = _verdict(each, hours, now)
        differences += _verdict_differences(case.number, verdicts, case.account.verdicts(stage.length))
    differences += _lost(stage)
    return Checked(steps, judged, differences)


def _verdict(promise: Promise, hours: Any, now: datetime) -> Verdict:
    late = promise.late_by(hours, now)
    return Verdict(promise.verdict(hours, now), None if late is None else round(late.total_seconds()))


def _histories(stage: Stage) -> Iterator[tuple[Case, str, Sequence[TicketEvent]]]:
    with stage.db.stream() as session:
        kinds = dict(session.execute(select(Ticket.id, Ticket.kind)).all())
        wanted = select(TicketEvent).order_by(TicketEvent.ticket_id, TicketEvent.id).execution_options(yield_per=5000)
        for ticket, group in groupby(session.scalars(wanted), key=lambda each: each.ticket_id):
            if ticket in stage.cases:
                yield stage.cases[ticket], kinds[ticket], list(group)


def _steps(number: str, events: Sequence[TicketEvent]) -> Iterator[Step]:
    for each in events:
        data = each.data or {}
        if each.kind not in CLOCKS or data.get("by") == "hand" or (each.kind == "not told" and "told" not in data):
            continue
        key = (data["kind"], data["name"], data["run"]) if "kind" in data else ("closing", "", 0)
        due = datetime.fromisoformat(data["due_at"]) if "due_at" in data else None
        yield Step(number, each.kind, key, due, each.at, frozenset(data.get("told", ())))


def _clock_differences(stage: Stage, case: Case, done: Sequence[Step]) -> Iterator[str]:
    """What the ledger expects is done once, at that time, to those people; and nothing else is."""
    at, account = stage.seconds.at, case.account
    expected = Counter(
        (each.what, each.key, None if each.key[0] == "closing" else at(each.due), at(each.at), each.told)
        for each in account.firings
    )
    found = Counter((each.what, each.key, each.due, each.at, each.told) for each in done)
    for said, only in (("expected, not done", expected - found), ("done, not expected", found - expected)):
        for (what, key, due, when, told), times in only.items():
            names = ", ".join(sorted(told)) or "nobody"
            yield f"{case.number}: {said}: {what} {_said(key)}, due {due}, at {when}, telling {names} ({times} ×)"


def _verdict_differences(number: str, found: Mapping[Key, Verdict], expected: Mapping[Key, Verdict]) -> Iterator[str]:
    for key in sorted(found.keys() | expected.keys()):
        if found.get(key) != expected.get(key):
            ours, theirs = _judged(expected.get(key)), _judged(found.get(key))
            yield f"{number}: {_said(key)} is {theirs}, and {ours} by the ledger"


def _judged(verdict: Verdict | None) -> str:
    if verdict is None:
        return "not there"
    return verdict.found if verdict.late is None else f"{verdict.found} by {timedelta(seconds=verdict.late)}"


def _said(key: Key) -> str:
    kind, name, run = key
    return " ".join(filter(None, (kind, name, f"(run {run})")))


def _lost(stage: Stage) -> Iterator[str]:
    """Tickets that only one of them knows, notices that nobody got, recaps that were not told of."""
    with stage.db.read() as session:
        known = set(session.scalars(select(Ticket.id)))
        notices = Counter(
            dict(session.execute(select(StaffNotice.kind, func.count()).group_by(StaffNotice.kind)).all())
        )
        recaps = session.scalar(select(func.count()).select_from(RecapNotice))
    for ticket in sorted(known ^ stage.cases.keys()):
        yield f"ticket {ticket} is only in the {'database' if ticket in known else 'ledger'}"
    told: Counter[str] = Counter()
    for account in _accounts(stage):
        for firing in account.firings:
            told[firing.what] += len(firing.told)
    for kind in ("warned", "breached"):
        if told[kind] != notices[kind]:
            yield f"{notices[kind]} notices of what was {kind}, and {told[kind]} by the ledger"
    yield from _untold(stage)
    expected = _recaps(stage)
    if recaps != expected:
        yield f"{recaps} notices of recaps, and {expected} by the ledger"


def _untold(stage: Stage) -> Iterator[str]:
    """People who can be told are told before their ticket closes by itself, and when it does."""
    with stage.db.read() as session:
        origins = session.scalars(select(OutboxMessage.origin).where(OutboxMessage.author == SYSTEM))
        said = Counter((origin or {}).get("response") for origin in origins)
    for what, response in (("noticed", "utter_closing_notice"), ("lapsed", "utter_ticket_lapsed")):
        expected = sum(firing.what == what for account in _accounts(stage) for firing in account.firings)
        if said[response] != expected:
            yield f"{said[response]} people were told {response}, and {expected} by the ledger"


def _accounts(stage: Stage) -> Iterator[Account]:
    return (case.account for case in stage.cases.values())


def _recaps(stage: Stage) -> int:
    """How many people had to be told of how many recaps that ended within the month, or with it."""
    period, profile = stage.plan.period, stage.profile
    days: list[date] = [period.first + number * ONE_DAY for number in range(1, period.days + 1)]
    ended: Counter[str] = Counter()
    for day in days:
        for every in EVERY:
            ended[every] += around(every, day).first == day
    return sum(ended[each.every] * len(stage.rules.holding(each.to)) for each in profile.recaps.values())
