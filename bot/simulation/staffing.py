"""Who is at work when: shifts by the procedure's hours, absence, illness; and who gets what."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from bot.conversation.charge import agents_in_charge
from bot.simulation.chance import DAY
from bot.simulation.stage import Case, Stage
from bot.tickets import assignment, duty

ABSENT, FALLS_ILL = 0.05, 0.02
"""The share of days on which somebody is away all day, and on which somebody goes home."""
SHARED_AT = (10, 14)
"""Hours of the day at which a supervisor shares out what nobody has; more than ``MOST`` nobody gets."""
MOST = 8
HOUR = 3600
Work = Callable[["Agent", Case], None]
"""What somebody does about a ticket, once he has worked on it."""


@dataclass(slots=True)
class Agent:
    """Somebody who answers. ``queue``: what he is to do, with the number of each task."""

    name: str
    on_duty: bool = False
    busy: bool = False
    queue: deque[tuple[Case, int, Work]] = field(default_factory=deque)


class Staffing:
    """The on-duty plan. ``looks``: called with an agent who may have something to do; ``gets``: with one who was given
    a ticket."""

    def __init__(self, stage: Stage, looks: Callable[[Agent], None], gets: Callable[[Agent, Case], None]) -> None:
        self._stage, self._looks, self._gets = stage, looks, gets
        self.agents = {name: Agent(name) for name in stage.agents}
        self.supervisor = next((names[0] for names in stage.holders.values() if names[0] not in self.agents), None)

    def plan(self) -> None:
        """Every shift of the month: a day's begins when it opens first, and ends when it closes last."""
        stage = self._stage
        for day in range(0, stage.length, DAY):
            opened = [at for at in range(day, min(day + DAY, stage.length), 60) if stage.seconds.is_open(at)]
            if not opened:
                continue
            for hour in SHARED_AT:
                stage.at(day + hour * HOUR, self._share_out)
            for agent in self.agents.values():
                self._shift(agent, opened[0], opened[-1] + 60)

    def _shift(self, agent: Agent, opens: int, closes: int) -> None:
        stage, chance = self._stage, self._stage.chance
        if chance.happens(ABSENT):
            stage.at(opens + 60, lambda: self._gone(agent))
            return
        stage.at(opens + chance.randrange(-600, 900), lambda: self._on(agent))
        if chance.happens(FALLS_ILL):
            stage.at(chance.randrange(opens + HOUR, closes), lambda: self._gone(agent))
        stage.at(closes + chance.randrange(0, 900), lambda: self._off(agent))

    def _on(self, agent: Agent) -> None:
        with self._stage.db.write() as session:
            duty.set_duty(session, agent.name, True, agent.name, self._stage.now)
        agent.on_duty = True
        self._looks(agent)

    def _off(self, agent: Agent) -> None:
        if agent.on_duty:
            with self._stage.db.write() as session:
                duty.set_duty(session, agent.name, False, agent.name, self._stage.now)
            agent.on_duty = False

    def _gone(self, agent: Agent) -> None:
        """He is away, and others take over what he has."""
        stage = self._stage
        agent.on_duty = False
        agent.queue.clear()
        with stage.db.write() as session:
            left = stage.desk.goes_away(session, agent.name, self.supervisor or agent.name, stage.now)
        for number in left:
            case = stage.numbers[number]
            case.task += 1
            case.account.given(stage.second, None)
        for other in self.agents.values():
            self._looks(other)

    def _share_out(self) -> None:
        stage = self._stage
        with stage.db.write() as session:
            theirs = agents_in_charge(session)
            given = assignment.share_out(session, stage.now, among=stage.agents, most=MOST, in_charge=theirs)
        for number, name in given:
            stage.numbers[number].account.given(stage.second, name)
            self._gets(self.agents[name], stage.numbers[number])

    def wake(self) -> None:
        """Somebody who has nothing to do looks for work, after a moment."""
        for agent in self.agents.values():
            if agent.on_duty and not agent.busy and not agent.queue:
                self._stage.later(self._stage.chance.takes(timedelta(seconds=40)), partial(self._looks, agent))
                return
