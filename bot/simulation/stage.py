"""The care center of an invented month: its database, people on staff, clock, services, and the ledger beside them."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import event, func, select

from bot.channels.telegram.send import CAPABILITIES as TELEGRAM
from bot.channels.webchat.channel import WebChatChannel
from bot.channels.whatsapp import WhatsAppChannel
from bot.config import ROOT, WhatsApp
from bot.conversation.handover import Desk
from bot.conversation.messages import Capabilities
from bot.conversation.timers import Timers
from bot.conversation.wording import Wording
from bot.errors import NotAllowed
from bot.identity.model import Account as StaffAccount
from bot.knowledge.base import Knowledge
from bot.knowledge.files import read_templates
from bot.knowledge.snapshot import Snapshot
from bot.knowledge.store import import_templates
from bot.procedures.hours import ServicePromise
from bot.procedures.profile import Profile, load_profile
from bot.procedures.versions import shipped
from bot.reports.periods import Period
from bot.simulation.chance import DAY, PEAK_BEGINS, Chance
from bot.simulation.entries import Key, Rules
from bot.simulation.ledger import Account
from bot.simulation.seconds import Seconds
from bot.storage.database import Database
from bot.storage.migrate import migrate
from bot.tickets.roles import name_holders, use_profile

BEYOND = timedelta(days=5)
"""So much after the month the ledger still counts time in: nothing that is due later matters."""
PEOPLE_AN_AGENT = 1_500
INSTITUTION = "Universitas Contoh"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for. ``profile``: the name of a shipped one."""

    profile: str
    period: Period
    people: int
    seed: int
    zone: ZoneInfo


class SimulatedClock:
    """Stands still until it is set."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@dataclass(slots=True)
class Case:
    """A ticket as the simulation knows it. ``waits_for``: the number of the staff's next task on it; an older one is
    void. ``category``: the leaf it will be closed under. ``chores``: duties that somebody has thought of.
    ``given``: what the person has answered of the survey since it was resolved, or for good."""

    ticket: int
    number: str
    person: Any
    account: Account
    category: str
    reachable: bool
    task: int = 0
    chores: set[Key] = field(default_factory=set)
    given: set[str] = field(default_factory=set)

    def status(self, second: int) -> str:
        """Its status then, by the ledger: it may have closed by itself."""
        self.account.advance(second)
        return self.account.status

    def live(self, second: int) -> bool:
        """Whether somebody still has to deal with it then."""
        return self.status(second) not in ("resolved", "closed")


@dataclass
class Stage:
    """All that the month is played on. ``outage``: seconds from which to which nothing works. ``said``: what people
    answered when they were asked how it was."""

    plan: Plan
    db: Database
    knowledge: Knowledge
    templates: Snapshot
    profile: Profile
    chance: Chance
    seconds: Seconds
    outage: tuple[int, int]
    agents: tuple[str, ...]
    holders: Mapping[str, tuple[str, ...]]
    clock: SimulatedClock
    desk: Desk
    timers: Timers
    promise: ServicePromise
    rules: Rules
    length: int
    second: int = 0
    cases: dict[int, Case] = field(default_factory=dict)
    numbers: dict[str, Case] = field(default_factory=dict)
    said: Counter[tuple[str, Any]] = field(default_factory=Counter)
    _plan: list[tuple[int, int, Callable[[], None]]] = field(default_factory=list)
    _order: Any = field(default_factory=count)

    @property
    def now(self) -> datetime:
        return self.clock.now

    def later(self, seconds: int, act: Callable[[], None]) -> None:
        """Have ``act`` called after so many seconds; what falls into the outage, after that."""
        self.at(self.second + max(1, seconds), act)

    def at(self, second: int, act: Callable[[], None]) -> None:
        """The same at a second of the month."""
        if self.outage[0] <= second <= self.outage[1]:
            second = self.outage[1] + self.chance.randrange(1, 300)
        heapq.heappush(self._plan, (second, next(self._order), act))

    def next_act(self) -> tuple[int, Callable[[], None]] | None:
        """What comes next; None when the month is over."""
        if not self._plan or self._plan[0][0] >= self.length:
            return None
        second, _, act = heapq.heappop(self._plan)
        return second, act

    def set_clock(self, second: int) -> None:
        """It is that second now; never an earlier one than it was."""
        self.second = second
        self.clock.now = self.seconds.at(second)

    def works_at(self, second: int) -> int:
        """When what is due in that second can be done."""
        return self.outage[1] if self.outage[0] <= second < self.outage[1] else second

    def opened(self, ticket: int, number: str, person: Any, kind: str, *, reachable: bool) -> Case:
        """A ticket was opened at this moment."""
        leaves = [each.id for each in self.profile.every_category() if each.leaf]
        window = self.desk.capabilities[person.channel].window if reachable else timedelta()

        def reaches(second: int) -> bool:
            wrote = max(at for at, *_ in person.wrote if at <= second)
            return window is None or second < wrote + window.total_seconds()

        account = Account(self.rules, kind, self.second, reaches=reaches)
        account.opened(self.second)
        case = Case(ticket, number, person, account, self.chance.choice(leaves), reachable)
        self.cases[ticket] = self.numbers[number] = case
        return case


def build(plan: Plan, url: str) -> Stage:
    """A care center at the beginning of its month, in the empty database at ``url``. Raises NotAllowed for one that
    holds anything."""
    db = _database(url)
    chance = Chance(plan.seed)
    start, end = plan.period.start(plan.zone), plan.period.end(plan.zone)
    profile = load_profile(shipped(plan.profile))
    agents, holders = _staff(profile, plan)
    templates, knowledge = _knowledge()
    _fill(db, plan, holders, agents, templates, start)
    seconds = Seconds(profile, plan.zone, start, end - start + BEYOND)
    length = int((end - start).total_seconds())
    outage = _outage(seconds, chance)
    clock = SimulatedClock(start)
    desk = Desk(Wording.load(ROOT / "domain.yml", plan.zone, INSTITUTION, lambda: profile.wording), capabilities())
    stage = Stage(
        plan=plan, db=db, knowledge=knowledge, templates=templates, profile=profile, chance=chance,
        seconds=seconds, outage=outage, agents=agents, holders=holders, clock=clock, desk=desk,
        timers=Timers(db, clock, desk), promise=ServicePromise(profile, plan.zone), length=length,
        rules=Rules(profile, seconds, holders, lambda second: second),
    )  # fmt: skip
    stage.rules = Rules(profile, seconds, holders, stage.works_at)
    return stage


@cache
def _knowledge() -> tuple[Snapshot, Knowledge]:
    """The demo's templates, learned once a process."""
    templates = read_templates(ROOT / "data" / "knowledge")
    return templates, Knowledge.build(templates)


def capabilities() -> dict[str, Capabilities]:
    """Of the channels that people chat on; WhatsApp without a template for what is said after its window."""
    whatsapp = WhatsApp("-", "-", "-", "-", "https://whatsapp.invalid", None)
    return {
        "web": WebChatChannel.capabilities,
        "telegram": TELEGRAM,
        "whatsapp": WhatsAppChannel(whatsapp, max_body=1).capabilities,
    }


def _database(url: str) -> Database:
    db = Database(url)
    if db.sqlite:
        # An invented month that a power cut takes is invented again.
        event.listen(db.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    migrate(db)
    with db.read() as session:
        if session.scalar(select(func.count()).select_from(StaffAccount)):
            db.close()
            raise NotAllowed("This database is in use already. A simulation needs an empty one of its own.")
    return db


def _staff(profile: Profile, plan: Plan) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """Agents by the number of people; two for every role above them. Agents are held by their kind of account, all
    others are named."""
    agents = tuple(f"agent{number:02d}" for number in range(1, 3 + plan.people // PEOPLE_AN_AGENT))
    holders: dict[str, tuple[str, ...]] = {}
    for role in profile.roles.values():
        front = "agent" in role.held_by or role.id == "agent"
        holders[role.id] = agents if front else tuple(f"{role.id}{number}" for number in (1, 2))
    return agents, holders


def _fill(
    db: Database, plan: Plan, holders: Mapping[str, tuple[str, ...]], agents: tuple[str, ...], templates: Snapshot,
    start: datetime,
) -> None:  # fmt: skip
    text = shipped(plan.profile).read_text(encoding="utf-8")
    with db.write() as session:
        kinds = dict.fromkeys(agents, "agent")
        for role, names in holders.items():
            kind = "administrator" if role == "administrator" else "supervisor"
            kinds |= {name: kind for name in names if name not in kinds}
        # Nobody signs in with these.
        session.add_all(
            StaffAccount(username=name, name=name.title(), role=kind, password="-", created_at=start)  # noqa: S106
            for name, kind in kinds.items()
        )
        session.flush()
        for role, names in holders.items():
            if names != agents:
                name_holders(session, role, names)
        import_templates(session, templates, start)
        use_profile(session, plan.profile, text, plan.zone, "simulation", start)


def _outage(seconds: Seconds, chance: Chance) -> tuple[int, int]:
    """Some hours on a day of the peak in which nothing works."""
    begins = seconds.next_open(PEAK_BEGINS * DAY + chance.randrange(9 * 3600, 13 * 3600))
    return begins, begins + chance.randrange(2 * 3600, 5 * 3600)


def scratch(folder: Path) -> str:
    """The address of a database in ``folder``."""
    return f"sqlite:///{folder / 'simulation.db'}"
