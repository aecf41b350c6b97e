"""What a ticket's procedure promises, step by step, and what became of it. Pure, from its events and profile alone: a
verdict does not depend on when anybody looked at a clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from bot.procedures.business import Hours
from bot.procedures.clock import Pause
from bot.procedures.profile import Profile
from bot.procedures.rules import Duty, LadderStep, Target
from bot.procedures.why import Timing
from bot.tickets.timeline import ENDINGS, Happened, spans

Verdict = Literal["kept", "breached", "running", "waived"]
Kind = Literal["first_response", "next_response", "resolution", "ladder", "duty"]
BEGINS = frozenset({"opened", "reopened"})
SYSTEM = "system"
"""Who does what a timer or a rule does by itself."""
NOT_STAFF = frozenset({"person", "assistant", SYSTEM})
_DUTY_EVENTS: Mapping[str, str] = {
    "answered": "answered", "forwarded": "forwarded", "resolved": "resolved", "recorded": "recorded",
    "reported": "reported", "closed": "closed", "opened": "opened",
}  # fmt: skip
"""Kind of event → what a duty calls it; being written to and coming back from a unit are told by ``_is``."""
_OVER_BY: Mapping[str, frozenset[str]] = {
    "emailed": frozenset({"withdrawn", "merged"}), "recorded": frozenset({"merged"}), "reported": frozenset({"merged"}),
}  # fmt: skip
"""What a duty waits for → kinds of events after which it is not asked for any more; by any end for all others. What was
resolved is still to be sent by e-mail."""


class Event(Happened, Protocol):
    """A TicketEvent, or what a test makes up."""

    @property
    def actor(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Promise:
    """``name``: the step's or duty's id. ``run``: a ticket's runs begin when it is opened, opens again, and when the
    person writes after an answer. ``met_at``: when what was promised happened. ``over_at``: since when it is not
    asked for any more, met or not (the ladder went on, the ticket ended). ``missed``: a step of the ladder that went
    on at its deadline to ``otherwise``."""

    kind: Kind
    name: str
    run: int
    timing: Timing
    warn: timedelta | None
    role: str | None
    tell: tuple[str, ...]
    met_at: datetime | None
    over_at: datetime | None
    otherwise: str | None = None
    missed: bool = False

    @property
    def key(self) -> tuple[str, str, int]:
        return self.kind, self.name, self.run

    @property
    def open(self) -> bool:
        return self.met_at is None and self.over_at is None

    def warn_at(self, hours: Hours) -> datetime | None:
        """None without a warning, or while the clock stands still before it."""
        if self.warn is None:
            return None
        timing = self.timing
        return Timing(timing.start, timing.within - self.warn, timing.clock, timing.pauses).due(hours)

    def verdict(self, hours: Hours, now: datetime) -> Verdict:
        """``running``: neither met nor due yet. ``waived``: it was not asked for any more before it was due."""
        due = self.timing.due(hours)
        if self.missed:
            return "breached"
        if self.met_at is not None:
            return "breached" if due and self.met_at > due else "kept"
        if self.over_at is not None:
            return "breached" if due and self.over_at > due else "waived"
        return "breached" if due and now > due else "running"

    def late_by(self, hours: Hours, now: datetime) -> timedelta | None:
        """By how much it was met too late, or is late now; None for what is not late, and for a step that was missed
        and went on to the next."""
        due, at = self.timing.due(hours), None if self.missed else self.met_at or self.over_at or now
        return at - due if due and at and at > due else None


@dataclass(frozen=True, slots=True)
class _Run:
    number: int
    first: bool
    """Whether the ticket was opened, or opened again, with it."""
    events: Sequence[Event]
    later: Sequence[Event]
    """Its events and all that came after."""

    @property
    def start(self) -> datetime:
        return self.events[0].at


def is_reply(event: Event) -> bool:
    """Whether somebody of the staff wrote to the person, or told him by phone or letter."""
    data = event.data or {}
    return event.kind == "message" and event.actor not in NOT_STAFF and bool(data.get("outbox_id") or data.get("how"))


def _asks(event: Event) -> bool:
    """Whether the person wrote something that wants an answer."""
    return event.kind == "message" and event.actor == "person" and not (event.data or {}).get("courtesy")


def _runs(events: Sequence[Event]) -> Iterator[_Run]:
    """Cuts the events into runs."""
    begins: list[tuple[int, bool]] = []
    answered = False
    for index, event in enumerate(events):
        if event.kind in BEGINS or (answered and _asks(event)):
            begins.append((index, event.kind in BEGINS))
            answered = False
        answered = answered or is_reply(event)
    ends = [index for index, _ in begins[1:]] + [len(events)]
    for number, ((index, first), end) in enumerate(zip(begins, ends, strict=True)):
        yield _Run(number, first, events[index:end], events[index:])


def promises(events: Sequence[Event], profile: Profile, ticket_kind: str) -> list[Promise]:
    """All promises of the ticket, also those that are over, in the order in which they began; ``events`` in order."""
    pauses = tuple(Pause(span.start, span.end) for span in spans(events) if span.status == "waiting")
    found: list[Promise] = []
    for run in _runs(events):
        end = _first(run.later, lambda event: event.kind in ENDINGS)
        answer = _first(run.events, lambda event: is_reply(event) or event.kind == "resolved")
        target = profile.first_response if run.first else profile.next_response
        if target is not None:
            kind: Kind = "first_response" if run.first else "next_response"
            found.append(_target(kind, target, run, pauses, answer, end))
        if run.first:
            resolved = _first(_until_again(run.later), lambda event: event.kind in ("resolved", "closed"))
            found.append(_target("resolution", profile.resolution, run, pauses, resolved, end))
        found += _ladder(run, profile, pauses, answer, end)
        for duty in profile.duties.values():
            if not duty.kinds or ticket_kind in duty.kinds:
                found += _duty(duty, run)
    return found


@dataclass(frozen=True, slots=True)
class Awaited:
    """What the person may expect next by ``due``: a reply, or once all that he wrote is answered the solution."""

    what: Literal["reply", "solution"]
    due: datetime


def awaited(found: Sequence[Promise], hours: Hours) -> Awaited | None:
    """Of the promises what comes next; None where nothing is due, or the clock stands still."""
    running = [(each.kind, due) for each in found if each.open and (due := each.timing.due(hours))]
    replies = [due for kind, due in running if kind in ("first_response", "next_response")]
    if replies:
        return Awaited("reply", min(replies))
    solutions = [due for kind, due in running if kind == "resolution"]
    return Awaited("solution", min(solutions)) if solutions else None


def _until_again(events: Sequence[Event]) -> Sequence[Event]:
    again = next((index for index, event in enumerate(events) if index and event.kind in BEGINS), len(events))
    return events[:again]


def _first(events: Sequence[Event], wanted: Callable[[Event], bool]) -> datetime | None:
    return next((event.at for event in events if wanted(event)), None)


def _target(
    kind: Kind, target: Target, run: _Run, pauses: tuple[Pause, ...], met: datetime | None, end: datetime | None
) -> Promise:
    timing = Timing(run.start, target.within, target.clock, _after(run.start, pauses))
    return Promise(kind, "", run.number, timing, target.warn, None, target.tell, met, _unless(met, end))


def _ladder(
    run: _Run, profile: Profile, pauses: tuple[Pause, ...], answer: datetime | None, end: datetime | None
) -> Iterator[Promise]:
    if profile.ladder is None:
        return
    step, start = profile.ladder.steps[profile.ladder.first], run.start
    inside = _first(run.events, lambda event: event.kind == "answered")
    met = min((at for at in (answer, inside) if at), default=None)
    for event in run.events:
        data = event.data or {}
        if event.kind != "escalated" or data.get("from") != step.id or data.get("to") not in profile.ladder.steps:
            continue
        missed = data.get("by") == "deadline"
        yield _step(step, run, start, pauses, None if missed else event.at, event.at, missed=missed)
        # The next step's time begins when this one's was over, however late that was noticed.
        start = datetime.fromisoformat(data["due_at"]) if missed else event.at
        step = profile.ladder.steps[data["to"]]
    yield _step(step, run, start, pauses, met, _unless(met, end))


def _step(
    step: LadderStep,
    run: _Run,
    start: datetime,
    pauses: tuple[Pause, ...],
    met: datetime | None,
    over_at: datetime | None,
    *,
    missed: bool = False,
) -> Promise:
    timing = Timing(start, step.within, step.clock, _after(start, pauses))
    return Promise(
        "ladder", step.id, run.number, timing, step.warn, step.role, step.tell, met, over_at, step.otherwise, missed
    )


def _duty(duty: Duty, run: _Run) -> Iterator[Promise]:
    """Without pauses: what a procedure has staff do (report, send) within a time does not wait for the person."""
    start = next((i for i, event in enumerate(run.events) if _is(event, duty.after)), None)
    if start is None:
        return
    begun = run.events[start].at
    met = _first(run.later[start:], lambda event: _is(event, duty.until))
    timing = Timing(begun, duty.within, duty.clock)
    end = _first(run.later, lambda event: event.kind in _OVER_BY.get(duty.until, ENDINGS))
    over_at = _unless(met, end)
    yield Promise("duty", duty.id, run.number, timing, duty.warn, duty.role, duty.tell, met, over_at)


def _unless(met: datetime | None, end: datetime | None) -> datetime | None:
    """What was met is not given up by the end."""
    return end if met is None else None


def _is(event: Event, wanted: str) -> bool:
    if wanted == "emailed":
        return is_reply(event) and (event.data or {}).get("how") == "email"
    if wanted == "returned":
        # A ticket is taken back from the person and from a plan as well.
        return event.kind == "taken back" and (event.data or {}).get("from") == "forwarded"
    return is_reply(event) if wanted == "replied" else _DUTY_EVENTS.get(event.kind) == wanted


def _after(start: datetime, pauses: tuple[Pause, ...]) -> tuple[Pause, ...]:
    return tuple(pause for pause in pauses if pause.end is None or pause.end > start)
