"""The month itself: what happens comes in the order of time, and before each of it the clocks do what is due."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from bot.errors import SapaError
from bot.reports.recaps import announce
from bot.simulation.answering import Answering
from bot.simulation.chance import DAY
from bot.simulation.people import Person
from bot.simulation.posting import Post
from bot.simulation.stage import Stage
from bot.storage.signals import ALARMS, WRITTEN
from bot.tickets.alarms import next_alarm
from bot.tickets.model import StaffNotice


class Month:
    """Plays it. ``faults``: what a service refused although the procedure allows it, in words."""

    def __init__(self, stage: Stage, told: Callable[[str], None] = lambda _: None) -> None:
        self._stage, self._told = stage, told
        self._answering, self._post = Answering(stage), Post(stage)
        self._noticed = 0
        self._written = True
        self.announced = 0
        self.acts = 0
        self.faults: list[str] = []

    @property
    def people(self) -> Sequence[Person]:
        """Everybody who wrote."""
        return self._answering.talks.people

    @property
    def asked(self) -> int:
        """How many questions the knowledge base decided."""
        return self._answering.talks.questions.asked

    def play(self) -> None:
        """From its first second to its last."""
        stage = self._stage
        self._begin()
        event.listen(Session, "after_commit", self._look)
        try:
            while (upcoming := stage.next_act()) is not None:
                second, act = upcoming
                self._clocks(until=second)
                stage.set_clock(second)
                self._post.send()
                self._do(act)
            self._clocks(until=stage.length)
            stage.set_clock(stage.length)
            self._day_is_over()
            self._post.send(now=True)
        finally:
            event.remove(Session, "after_commit", self._look)
        for case in stage.cases.values():
            case.account.advance(stage.length)

    def _begin(self) -> None:
        stage = self._stage
        first = stage.plan.period.first
        days = [first + timedelta(days=number) for number in range(stage.plan.period.days)]
        quiet = [not any(stage.seconds.is_open(at) for at in range(day * DAY, (day + 1) * DAY, 900))
                 for day in range(len(days))]  # fmt: skip
        for number, second in enumerate(stage.chance.arrivals(stage.plan.people, days, quiet), 1):
            stage.at(second, partial(self._answering.talks.arrives, number))
        self._answering.staffing.plan()
        for day in range(1, len(days)):
            stage.at(day * DAY, partial(self._morning, day))

    def _morning(self, day: int) -> None:
        self._day_is_over()
        self._told(f"day {day + 1}: {len(self._stage.cases)} tickets")

    def _day_is_over(self) -> None:
        """Recaps that are due are told of, and once: a second try finds nothing."""
        with self._stage.db.write() as session:
            self.announced += len(announce(session, self._stage.now))
        with self._stage.db.write() as session:
            if again := announce(session, self._stage.now):
                self.faults.append(f"{len(again)} recaps were told of twice on {self._stage.now}")

    def _do(self, act: Callable[[], None]) -> None:
        self.acts += 1
        try:
            act()
        except SapaError as error:
            self.faults.append(f"{self._stage.now}: refused: {error}")

    # Clocks.
    def _look(self, session: Session) -> None:
        self._written = self._written or ALARMS in session.info.get(WRITTEN, ())

    def _clocks(self, until: int) -> None:
        """Every alarm that is due before ``until`` goes off, each at its time; those of an outage when that is over."""
        stage = self._stage
        while (due := self._next_alarm()) is not None and due < until:
            stage.set_clock(stage.works_at(max(due, stage.second)))
            while stage.timers.fire_due():
                self._written = True
            self._read_notices()

    def _next_alarm(self) -> int | None:
        """Asked anew only when an alarm was written, as the scheduler does."""
        if self._written:
            with self._stage.db.read() as session:
                at = next_alarm(session)
            self._upcoming = self._stage.seconds.second(at) if at is not None else None
            self._written = False
        return self._upcoming

    def _read_notices(self) -> None:
        """People above the agents are told, and some of them act."""
        stage = self._stage
        with stage.db.read() as session:
            wanted = select(StaffNotice.id, StaffNotice.username, StaffNotice.ticket_id, StaffNotice.kind)
            rows = session.execute(wanted.where(StaffNotice.id > self._noticed).order_by(StaffNotice.id)).all()
        seen: set[tuple[int, str]] = set()
        for number, name, ticket, kind in rows:
            self._noticed = number
            if (ticket, kind) in seen or name in stage.agents:
                continue
            seen.add((ticket, kind))
            case = stage.cases[ticket]
            if kind == "escalated":
                self._answering.told_above(case, name)
            elif kind == "breached":
                wait = stage.chance.takes(timedelta(hours=1))
                stage.at(stage.seconds.next_open(stage.second + wait), partial(self._answering.late, case, name))
