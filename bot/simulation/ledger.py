"""A second opinion about every promise. It is told what people and staff did, in the words of the procedure, and keeps
its own account of what was due when, who had to be told, and what became of it; it reads no event and no alarm.

Moments are seconds (see ``seconds``). ``docs/profiles.md`` is what it was written from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.procedures.rules import LadderStep, Target
from bot.simulation.entries import Entry, Firing, Key, Rules, Verdict
from bot.simulation.seconds import Pause

STILL_ASKED: Mapping[str, frozenset[str]] = {
    "emailed": frozenset({"resolved", "closed", "lapsed"}),
    "recorded": frozenset({"resolved", "closed", "lapsed", "withdrawn"}),
    "reported": frozenset({"resolved", "closed", "lapsed", "withdrawn"}),
}
"""What a duty waits for → ends of a ticket after which it is asked for all the same."""


@dataclass(slots=True)
class Account:
    """One ticket's. Each method says that something happened at ``now``, in the order of time. ``marks``: whether it
    was ever forwarded, reopened, closed. ``reaches``: whether the person can be told something in that second."""

    rules: Rules
    kind: str
    now: int
    status: str = "new"
    assignee: str | None = None
    reaches: Callable[[int], bool] = lambda second: True
    run: int = -1
    answered_at: int | None = None
    entries: list[Entry] = field(default_factory=list)
    firings: list[Firing] = field(default_factory=list)
    marks: set[str] = field(default_factory=set)
    _waits: list[Pause] = field(default_factory=list)
    _begun: set[str] = field(default_factory=set)
    _touched: int = 0
    _noticed: int | None = None
    _told: bool = False
    _next: int | None = None

    def opened(self, now: int) -> None:
        """The ticket is there."""
        self._touch(now)
        self._new_run(now, first=True)
        self._happened("opened", now)
        self._look_ahead()

    def given(self, now: int, to: str | None) -> None:
        """Somebody has it now, or nobody."""
        self.advance(now)
        self.assignee = to
        if to is not None:
            self._begin(now)
        self._look_ahead()

    def wrote(self, now: int, *, asks: bool = True) -> None:
        """The person wrote; ``asks``: it wants an answer."""
        self.advance(now)
        if self.status == "resolved":
            self._open_again(now)
        elif self.status == "waiting":
            self._leave(now, "open")
        if asks and self.answered_at is not None:
            self._new_run(now, first=False)
        self._touch(now)
        self._look_ahead()

    def replied(self, now: int, how: str | None = None) -> None:
        """Somebody of the staff told the person something, in the chat or (``how``) otherwise."""
        self.advance(now)
        self._begin(now)
        self._met(now, "first_response", "next_response", "ladder")
        self.answered_at = now
        if how == "email":
            self._happened("emailed", now)
        self._happened("replied", now)
        self._touch(now)
        self._look_ahead()

    def answered_inside(self, now: int) -> None:
        """Somebody told the desk the answer."""
        self.advance(now)
        self._met(now, "ladder")
        self._happened("answered", now)
        self._look_ahead()

    def reported_up(self, now: int) -> None:
        """The step of the ladder does not know the answer and says so."""
        self.advance(now)
        entry = self.ladder()
        if entry is None or entry.step is None:
            raise ValueError("no step of the ladder is open")
        entry.over = entry.met = now
        self._next_step(entry.step, now)
        self._look_ahead()

    def moved(self, now: int, to: str) -> None:
        """It waits (for the person), is forwarded, planned, or taken back (open)."""
        self.advance(now)
        was = self.status
        self._leave(now, to)
        if to == "waiting":
            self._waits.append((now, None))
        elif to == "forwarded":
            self.marks.add("forwarded")
            self._happened("forwarded", now)
        elif to == "open" and was == "forwarded":
            self._happened("returned", now)
        self._touch(now)
        self._look_ahead()

    def resolved(self, now: int) -> None:
        """It is dealt with."""
        self.advance(now)
        self._leave(now, "resolved")
        self._met(now, "first_response", "next_response", "ladder", "resolution")
        self._end(now, "resolved")
        self._look_ahead()

    def closed(self, now: int, how: str = "closed") -> None:
        """It is closed, withdrawn by the person, or lapses."""
        self.advance(now)
        self._ended(now, how)
        self._look_ahead()

    def recorded(self, now: int) -> None:
        """Something was added to its record."""
        self._noted(now, "recorded")

    def reported(self, now: int) -> None:
        """A corrective action was opened from it."""
        self._noted(now, "reported")

    def reopened(self, now: int) -> None:
        """An ended ticket is open again, and nobody's."""
        self.advance(now)
        self.assignee = None
        self._open_again(now)
        self._look_ahead()

    def advance(self, until: int) -> None:
        """Let the clock do what is due before ``until``."""
        while self._next is not None and self._next < until:
            due, act = min(self._pending(), key=lambda each: each[0])
            self.now = self.rules.works_at(max(due, self.now))
            act(due)
            self._look_ahead()
        self.now = max(self.now, until)

    def ladder(self) -> Entry | None:
        """The step of the ladder that has to act."""
        return next((each for each in self.entries if each.kind == "ladder" and each.open), None)

    def duties(self) -> Sequence[Entry]:
        """Those that somebody has to see to."""
        return [each for each in self.entries if each.kind == "duty" and each.open]

    def verdicts(self, now: int) -> Mapping[Key, Verdict]:
        """What became of each promise until ``now``."""
        return {each.key: self._verdict(each, now) for each in self.entries}

    def due(self, entry: Entry) -> int | None:
        """When it is due; None while its clock stands still, and far beyond the month."""
        return self._at(entry, entry.within)

    def _at(self, entry: Entry, within: int) -> int | None:
        pauses = [each for each in self._waits if each[1] is None or each[1] > entry.start] if entry.pauses else []
        return self.rules.seconds.due(entry.start, within, entry.clock, pauses)

    def _verdict(self, entry: Entry, now: int) -> Verdict:
        if entry.missed:
            return Verdict("breached", None)
        due, at = self.due(entry), entry.met if entry.met is not None else entry.over
        late = None if due is None else (now if at is None else at) - due
        if late is not None and late > 0:
            return Verdict("breached", late)
        return Verdict("kept" if entry.met is not None else "waived" if entry.over is not None else "running", None)

    # The clock.
    def _look_ahead(self) -> None:
        self._next = min((due for due, _ in self._pending()), default=None)

    def _pending(self) -> Iterator[tuple[int, Callable[[int], None]]]:
        for entry in self.entries:
            if not entry.open:
                continue
            if entry.warn is not None and not entry.warned:
                at = self._at(entry, entry.within - entry.warn)
                if at is not None:
                    yield at, lambda _, entry=entry: self._warn(entry)  # type: ignore[misc]
            if not entry.fired and (at := self.due(entry)) is not None:
                yield at, lambda due, entry=entry: self._fire(entry, due)  # type: ignore[misc]
        rule = self.rules.profile.closing
        if rule is not None and self.status in ("waiting", "resolved"):
            silence, notice = int(rule.silence.total_seconds()), int(rule.notice.total_seconds())
            if self._noticed is None:
                yield self._touched + silence - notice, self._notice
            elif self._told:
                yield max(self._touched + silence, self._noticed + notice), self._lapse

    def _warn(self, entry: Entry) -> None:
        entry.warned = True
        self._tell("warned", entry, self.due(entry) or 0, self._acting(entry))

    def _fire(self, entry: Entry, due: int) -> None:
        entry.fired = True
        step = entry.step
        if step is None or step.otherwise is None:
            told = self.rules.holding(entry.tell) or self._acting(entry)
            self._tell("breached", entry, due, told)
            return
        above = self._step(step.otherwise)
        self._tell("escalated", entry, due, self.rules.holding((above.role, *entry.tell)))
        entry.over, entry.missed = self.now, True
        self._next_step(step, due)

    def _tell(self, what: str, entry: Entry, due: int, told: frozenset[str]) -> None:
        self.firings.append(Firing(what, entry.key, due, self.now, told))

    def _acting(self, entry: Entry) -> frozenset[str]:
        if self.assignee is None and entry.role:
            return self.rules.holding((entry.role,))
        return self._having()

    def _having(self) -> frozenset[str]:
        if self.assignee is not None:
            return frozenset({self.assignee})
        roles = self.rules.profile.roles.values()
        may_answer = [role.id for role in roles if "answer" in role.may]
        return self.rules.holding(may_answer)

    def _notice(self, due: int) -> None:
        self._noticed, self._told = self.now, self.reaches(self.now)
        what, told = ("noticed", frozenset()) if self._told else ("not told", self._having())
        self.firings.append(Firing(what, ("closing", "", 0), due, self.now, told))

    def _lapse(self, due: int) -> None:
        self.firings.append(Firing("lapsed", ("closing", "", 0), due, self.now, frozenset()))
        self._ended(self.now, "lapsed")

    # What follows from what happened.
    def _new_run(self, now: int, *, first: bool) -> None:
        profile = self.rules.profile
        self.run += 1
        self.answered_at, self._begun = None, set()
        if first:
            self._promise("first_response", profile.first_response, now)
            self._promise("resolution", profile.resolution, now)
        elif profile.next_response is not None:
            self._promise("next_response", profile.next_response, now)
        if profile.ladder is not None:
            self._enter(profile.ladder.steps[profile.ladder.first], now)

    def _promise(self, kind: str, target: Target, now: int) -> None:
        warn = int(target.warn.total_seconds()) if target.warn is not None else None
        within = int(target.within.total_seconds())
        self.entries.append(Entry(kind, "", self.run, now, within, target.clock, warn, None, target.tell))

    def _step(self, name: str) -> LadderStep:
        ladder = self.rules.profile.ladder
        if ladder is None:
            raise KeyError(name)
        return ladder.steps[name]

    def _next_step(self, step: LadderStep, start: int) -> None:
        if step.otherwise is not None:
            self._enter(self._step(step.otherwise), start)

    def _enter(self, step: LadderStep, start: int) -> None:
        warn = int(step.warn.total_seconds()) if step.warn is not None else None
        within = int(step.within.total_seconds())
        self.entries.append(
            Entry("ladder", step.id, self.run, start, within, step.clock, warn, step.role, step.tell, step=step)
        )

    def _met(self, now: int, *kinds: str) -> None:
        for entry in self.entries:
            if entry.kind in kinds and entry.open:
                entry.met = now

    def _happened(self, what: str, now: int) -> None:
        for entry in self.entries:
            if entry.kind == "duty" and entry.open and self.rules.profile.duties[entry.name].until == what:
                entry.met = now
        for duty in self.rules.profile.duties.values():
            concerned = not duty.kinds or self.kind in duty.kinds
            if duty.after == what and duty.id not in self._begun and concerned:
                self._begun.add(duty.id)
                warn = int(duty.warn.total_seconds()) if duty.warn is not None else None
                within = int(duty.within.total_seconds())
                entry = Entry("duty", duty.id, self.run, now, within, duty.clock, warn, duty.role, duty.tell, False)
                self.entries.append(entry)

    def _noted(self, now: int, what: str) -> None:
        self.advance(now)
        self._happened(what, now)
        self._look_ahead()

    def _begin(self, now: int) -> None:
        if self.status == "new":
            self.status = "open"
            self._touch(now)

    def _open_again(self, now: int) -> None:
        self.status = "open"
        self.marks.add("reopened")
        self._touch(now)
        self._new_run(now, first=True)

    def _leave(self, now: int, to: str) -> None:
        if self.status == "waiting":
            begun, _ = self._waits.pop()
            if now > begun:
                self._waits.append((begun, now))
        self.status = to

    def _ended(self, now: int, how: str) -> None:
        self._leave(now, "closed")
        self.marks.add("closed")
        if how == "closed":
            self._met(now, "resolution")
        self._end(now, how)
        if how == "closed":
            self._happened("closed", now)

    def _end(self, now: int, how: str) -> None:
        """What is asked for no more, now that the ticket has come to an end."""
        if how == "resolved":
            self._happened("resolved", now)
        for entry in self.entries:
            until = self.rules.profile.duties[entry.name].until if entry.kind == "duty" else ""
            if entry.open and how not in STILL_ASKED.get(until, ()):
                entry.over = now
        self._touch(now)

    def _touch(self, now: int) -> None:
        self._touched, self._noticed = now, None
