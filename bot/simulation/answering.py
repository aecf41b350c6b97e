"""What staff do with tickets, through the services that the console and the commands use. After each step the ledger is
told what was done."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from bot.conversation.model import Conversation
from bot.simulation.duties import ANSWER, RECORD, Duties, does
from bot.simulation.people import GIVEN, MORE
from bot.simulation.staffing import Agent, Staffing, Work
from bot.simulation.stage import Case, Stage
from bot.simulation.talking import Talks
from bot.tickets import firing, forwarding, planning, service, working
from bot.tickets.model import Forwarding, Ticket

LOOKS_INTO_IT, WRITES = timedelta(minutes=6), timedelta(minutes=2)
"""The median time for a new matter, and for the rest of one that is known."""
NEXT = {"solve": 0.52, "ask": 0.14, "forward": 0.13, "plan": 0.04, "reply": 0.1, "resolve": 0.07}
DOES_NOT_KNOW = 0.25
"""Of matters on a ladder."""
SOLUTION = "Sudah diperbaiki dan dijelaskan."


class Answering:
    """The work of all agents, and of those above them."""

    def __init__(self, stage: Stage) -> None:
        self._stage, self._chance, self._duties = stage, stage.chance, Duties(stage)
        self.talks = Talks(stage, self.waits)
        self.staffing = Staffing(stage, self._look, lambda agent, case: self._next(agent, case, self._handle))

    # Whose turn it is.
    def waits(self, case: Case) -> None:
        """The ticket has something for staff to do: for who has it, else for who is free first."""
        if not case.live(self._stage.second):
            return
        if case.account.assignee is None:
            self.staffing.wake()
            return
        away = case.account.status in ("forwarded", "planned")
        self._next(self.staffing.agents[case.account.assignee], case, self._reply if away else self._handle)

    def _next(self, agent: Agent, case: Case, work: Work, *, first: bool = False) -> None:
        """``agent`` is to do ``work`` next; what was to be done about the ticket before is not."""
        case.task += 1
        task = case, case.task, work
        if first:
            agent.queue.appendleft(task)
        else:
            agent.queue.append(task)
        self._stage.later(self._chance.takes(timedelta(seconds=20)), partial(self._look, agent))

    def _look(self, agent: Agent) -> None:
        """Take up what is his, else the most pressing ticket that nobody has."""
        if not agent.on_duty or agent.busy:
            return
        while agent.queue:
            case, task, work = agent.queue.popleft()
            if case.task == task and case.live(self._stage.second):
                self._work(agent, case, task, work)
                return
        taken = self._take(agent)
        if taken is not None:
            self._work(agent, taken, taken.task, self._handle)

    def _take(self, agent: Agent) -> Case | None:
        stage = self._stage
        with stage.db.write() as session:
            found = service.listing(session, statuses=("new", "open"), unassigned=True, limit=1)
            if not found:
                return None
            stage.desk.take(session, found[0], agent.name, stage.now)
            case = stage.cases[found[0].id]
        case.task += 1
        case.account.given(stage.second, agent.name)
        return case

    def _work(self, agent: Agent, case: Case, task: int, work: Work) -> None:
        agent.busy = True
        median = LOOKS_INTO_IT if work == self._handle else WRITES
        self._stage.later(self._chance.takes(median), partial(self._worked, agent, case, task, work))

    def _worked(self, agent: Agent, case: Case, task: int, work: Work) -> None:
        agent.busy = False
        his = case.live(self._stage.second) and case.account.assignee == agent.name
        if his and case.task == task:
            work(agent, case)
            self._duties.see_to(agent.name, case)
        self._look(agent)

    # What is done.
    def _handle(self, agent: Agent, case: Case) -> None:
        step = case.account.ladder()
        if step is not None and step.role == self._front(agent) and self._chance.happens(DOES_NOT_KNOW):
            if self._chance.happens(0.5):
                self._report_up(case, agent.name)
            self._later(case, timedelta(hours=3), self._solve)
            return
        weights = {name: share for name, share in NEXT.items() if name != "forward" or self._stage.profile.units}
        match self._chance.one_of(weights):
            case "solve":
                self._solve(agent, case)
            case "ask":
                self._ask(agent, case)
            case "forward":
                self._forward(agent, case)
            case "plan":
                self._plan(agent, case)
            case "reply":
                self._reply(agent, case)
                self._later(case, timedelta(hours=2), self._solve)
            case "resolve":
                self._resolve(agent, case)

    def _front(self, agent: Agent) -> str | None:
        holders = self._stage.holders
        ladder = self._stage.profile.ladder
        first = ladder.steps[ladder.first].role if ladder else None
        return first if first is not None and agent.name in holders[first] else None

    def _reply(self, agent: Agent, case: Case) -> None:
        """Answer in the chat; where that is not possible, by phone."""
        stage = self._stage
        with stage.db.write() as session:
            ticket = session.get_one(Ticket, case.ticket)
            chat = session.get_one(Conversation, ticket.conversation_id)
            by_phone = stage.desk.cannot_reach(chat, stage.now) is not None
            if by_phone:
                working.told(session, ticket, "phone", ANSWER, agent.name, stage.now)
            else:
                stage.desk.reply(session, ticket, agent.name, ANSWER, stage.now)
        case.account.replied(stage.second, "phone" if by_phone else None)
        if self._chance.happens(0.25):
            stage.later(self._chance.takes(timedelta(minutes=5)), partial(self.talks.thanks, case.person))
        elif self._chance.happens(0.12):
            words = MORE[case.person.language]
            stage.later(self._chance.takes(timedelta(hours=1)), partial(self.talks.adds, case.person, words))

    def _solve(self, agent: Agent, case: Case) -> None:
        self._reply(agent, case)
        self._close(agent.name, case)

    def _ask(self, agent: Agent, case: Case) -> None:
        self._reply(agent, case)
        does(self._stage, case, lambda session, ticket: working.wait(session, ticket, agent.name, self._stage.now))
        case.account.moved(self._stage.second, "waiting")
        if self._chance.happens(0.8):
            words = GIVEN[case.person.language]
            wait = self._chance.takes(timedelta(hours=5), 1.2)
            self._stage.later(wait, partial(self.talks.adds, case.person, words))

    def _resolve(self, agent: Agent, case: Case) -> None:
        stage = self._stage
        with stage.db.write() as session:
            ticket = session.get_one(Ticket, case.ticket)
            untold = stage.desk.resolve(session, ticket, agent.name, SOLUTION, stage.now)
        case.account.resolved(stage.second)
        self._afterwards(case, told=untold is None)
        if self._chance.happens(0.6):
            stage.later(self._chance.takes(timedelta(days=1)), partial(self._close_later, agent.name, case))

    def _close_later(self, name: str, case: Case) -> None:
        if case.status(self._stage.second) == "resolved" and case.account.assignee in (None, name):
            self._close(name, case)

    def _close(self, name: str, case: Case) -> None:
        """Close it with all that closing needs; what has to go by e-mail goes before."""
        stage = self._stage
        live = case.live(stage.second)
        self._duties.before_closing(name, case)
        with stage.db.write() as session:
            ticket = session.get_one(Ticket, case.ticket)
            closing = working.Closing(case.category, SOLUTION, RECORD)
            untold = stage.desk.close(session, ticket, name, closing, stage.now)
        if live:
            case.account.resolved(stage.second)
        case.account.recorded(stage.second)
        case.account.closed(stage.second)
        if live:
            self._afterwards(case, told=untold is None)

    def _afterwards(self, case: Case, *, told: bool) -> None:
        if told:
            self.talks.surveyed(case.person)
        if self._chance.happens(0.05):
            wait = self._chance.takes(timedelta(days=3))
            self._stage.later(wait, partial(self.talks.comes_back, case.person))

    # Others.
    def _forward(self, agent: Agent, case: Case) -> None:
        stage, chance = self._stage, self._chance
        if chance.happens(0.5):
            self._reply(agent, case)
        unit = chance.choice(list(stage.profile.units))
        with stage.db.write() as session:
            ticket = session.get_one(Ticket, case.ticket)
            name, due = forwarding.addressee(stage.promise, unit, "id", stage.now)
            form = forwarding.send(session, ticket, name, "Mohon diperiksa.", due, agent.name, stage.now).id
        case.account.moved(stage.second, "forwarded")
        if chance.happens(0.9):
            stage.later(chance.takes(timedelta(hours=5), 1.0), partial(self._unit_answers, case, form))
        else:
            stage.later(chance.takes(timedelta(days=2)), partial(self._takes_back, case, form))

    def _unit_answers(self, case: Case, form: int) -> None:
        if not self._still(case, "forwarded", form):
            return
        stage = self._stage
        with stage.db.write() as session:
            reply = forwarding.Reply("Pak Tono", "Pengaturannya salah.", "Sudah kami betulkan.")
            forwarding.answer(session, session.get_one(Forwarding, form), reply, forwarding.UNIT, stage.now)
        case.account.moved(stage.second, "open")
        self._back(case)

    def _takes_back(self, case: Case, form: int | None = None) -> None:
        """The unit says nothing, or the plan is carried out: who has the ticket works on it again."""
        name = case.account.assignee or self._stage.agents[0]
        if form is not None and self._still(case, "forwarded", form):
            does(self._stage, case, lambda session, ticket: forwarding.remind(session, ticket, name, self._stage.now))
        elif form is not None or case.status(self._stage.second) != "planned":
            return
        does(self._stage, case, lambda session, ticket: working.take_back(session, ticket, "", name, self._stage.now))
        case.account.moved(self._stage.second, "open")
        self._back(case)

    def _still(self, case: Case, status: str, form: int) -> bool:
        if case.status(self._stage.second) != status:
            return False
        with self._stage.db.read() as session:
            current = forwarding.current(session, session.get_one(Ticket, case.ticket))
        return current is not None and current.id == form

    def _back(self, case: Case) -> None:
        if case.account.assignee is None:
            self.staffing.wake()
        else:
            self._next(self.staffing.agents[case.account.assignee], case, self._solve)
        self._duties.see_to(case.account.assignee, case)

    def _plan(self, agent: Agent, case: Case) -> None:
        """A follow-up is agreed on: by leadership too, where there is a form for it."""
        stage, form = self._stage, self._stage.profile.form_of("plan")
        if form is None:
            by = self._planner(agent)
            does(stage, case, lambda session, ticket: planning.plan(session, ticket, "Servis", by, stage.now))
            case.account.moved(stage.second, "planned")
            stage.later(self._chance.takes(timedelta(days=1)), partial(self._takes_back, case))
            return
        fields = {field.id: "Pemeriksaan bersama." for field in form.fields}
        with stage.db.write() as session:
            ticket = session.get_one(Ticket, case.ticket)
            can_agree = planning.propose(session, ticket, fields, agent.name, stage.now)
        wait = self._chance.takes(timedelta(hours=2))
        stage.at(stage.seconds.next_open(stage.second + wait), partial(self._agrees, case, can_agree[0]))

    def _planner(self, agent: Agent) -> str:
        """Himself where he may plan, else whom he asks."""
        stage = self._stage
        planners = [
            name for role in stage.profile.roles.values() if "plan" in role.may for name in stage.holders[role.id]
        ]
        return agent.name if agent.name in planners else planners[0]

    def _agrees(self, case: Case, name: str) -> None:
        if case.status(self._stage.second) not in ("new", "open", "waiting", "forwarded"):
            return
        does(self._stage, case, lambda session, ticket: planning.agree(session, ticket, name, self._stage.now))
        case.account.moved(self._stage.second, "planned")
        self._stage.later(self._chance.takes(timedelta(days=1)), partial(self._takes_back, case))

    def _report_up(self, case: Case, name: str) -> None:
        step = case.account.ladder()
        if step is None or step.step is None or step.step.otherwise is None:
            return
        does(self._stage, case, lambda session, ticket: firing.report_upwards(session, ticket, name, self._stage.now))
        case.account.reported_up(self._stage.second)
        ladder = self._stage.profile.ladder
        above = ladder.steps[step.step.otherwise] if ladder else None
        if above is not None:
            self.told_above(case, self._stage.holders[above.role][0])

    def told_above(self, case: Case, name: str) -> None:
        """Somebody above was told of a ticket that the ladder came to him with; he acts, or does not."""
        step = case.account.ladder()
        if step is None or name not in self._stage.rules.holding((step.role or "",)):
            return
        wait = self._chance.takes(timedelta(seconds=step.within * 0.4))
        at = self._stage.seconds.next_open(self._stage.second + wait)
        self._stage.at(at, partial(self._above, case, name, step.key))

    def _above(self, case: Case, name: str, key: tuple[str, str, int]) -> None:
        case.account.advance(self._stage.second)
        step = case.account.ladder()
        if step is None or step.key != key or self._chance.happens(0.25):
            return
        if self._chance.happens(0.25) and step.step is not None and step.step.otherwise is not None:
            self._report_up(case, name)
            return
        does(
            self._stage,
            case,
            lambda session, ticket: firing.give_answer(session, ticket, "Bisa.", name, self._stage.now),
        )
        case.account.answered_inside(self._stage.second)
        on_duty = [agent for agent in self.staffing.agents.values() if agent.on_duty]
        if case.account.assignee is None and on_duty:
            self.hand_on(case, on_duty[0], name, self._solve)
        elif case.account.assignee is not None:
            self._next(self.staffing.agents[case.account.assignee], case, self._solve, first=True)

    def late(self, case: Case, name: str) -> None:
        """A supervisor was told that a promise is broken; now and then he gives the ticket to somebody who is there."""
        on_duty = [agent for agent in self.staffing.agents.values() if agent.on_duty and not agent.busy]
        if on_duty and case.status(self._stage.second) in ("new", "open") and self._chance.happens(0.15):
            self.hand_on(case, on_duty[0], name, self._handle)

    def hand_on(self, case: Case, to: Agent, by: str, work: Work) -> None:
        """``to`` has the ticket now, and does ``work`` on it first."""
        if case.account.assignee != to.name:
            stage = self._stage
            does(self._stage, case, lambda session, ticket: stage.desk.hand_on(session, ticket, to.name, by, stage.now))
            case.account.given(stage.second, to.name)
        self._next(to, case, work, first=True)

    def _later(self, case: Case, median: timedelta, work: Work) -> None:
        """Who has the ticket then goes on with it."""

        def goes_on() -> None:
            name = case.account.assignee
            if name is not None and case.status(self._stage.second) in ("new", "open"):
                self._next(self.staffing.agents[name], case, work)

        self._stage.later(self._chance.takes(median), goes_on)
