"""What a profile consists of, as values. ``docs/profiles.md`` says how each is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, get_args

from bot.procedures.business import Week

Clock = Literal["business", "elapsed"]
"""business: only while the institution is open; elapsed: every hour counts."""
Permission = Literal["answer", "assign", "plan", "report", "curate", "administer"]
"""answer: take, reply to, categorise, forward and close tickets. assign: give tickets to others and see everybody's.
plan: follow-up plans and corrective actions. report: figures, lists and registers. curate: templates and categories.
administer: the profile, accounts and channels."""
PERMISSIONS: tuple[Permission, ...] = get_args(Permission)
AccountKind = Literal["agent", "supervisor", "administrator"]
ACCOUNT_KINDS: tuple[AccountKind, ...] = get_args(AccountKind)
Happening = Literal[
    "opened", "answered", "replied", "emailed", "forwarded", "returned", "resolved", "recorded", "reported", "closed"
]
"""What a duty waits for. answered: somebody told the desk the answer (inside). replied: the person was written to, or
told. emailed: he was told by e-mail, as staff wrote down. returned: the ticket came back from a unit. reported: a
corrective action was opened from it."""
HAPPENINGS: tuple[Happening, ...] = get_args(Happening)
TICKET_KINDS = ("question", "complaint", "suggestion", "praise", "request", "outage")
"""outage: what the person wrote while the assistant was down; nobody has said yet what it is."""
DESK_CHANNELS = (
    "walk_in", "phone", "sms", "letter", "paper", "email", "website", "facebook", "twitter", "instagram", "whatsapp",
)  # fmt: skip
"""Ways of arriving that staff may enter by hand. paper: a paper form (kertas ekspresi)."""
QuestionKind = Literal["rating", "text", "yes_no"]
Every = Literal["day", "week", "month"]
Check = Literal["roster", "none"]
Address = Literal["Anda", "Kakak"]


@dataclass(frozen=True, slots=True)
class Words:
    """A name or sentence for people, in both languages."""

    id: str
    en: str

    def said(self, language: str) -> str:
        """In ``language``; Indonesian for any but English."""
        return self.en if language == "en" else self.id


@dataclass(frozen=True, slots=True)
class Role:
    """``held_by``: kinds of account that hold the role as long as nobody was named for it. A role called agent,
    supervisor or administrator is held by those accounts anyway."""

    id: str
    name: Words
    may: frozenset[Permission]
    held_by: frozenset[str]


@dataclass(frozen=True, slots=True)
class Unit:
    """Where a ticket can be forwarded to. ``hours``: its own office hours, None for the institution's. ``answers_in``:
    within which business time an answer is asked for when nobody says otherwise."""

    id: str
    name: Words
    email: str | None
    hours: Week | None
    answers_in: timedelta


@dataclass(frozen=True, slots=True)
class Category:
    """A node of the category tree. ``id`` is unique in the whole tree; only a leaf (no ``children``) can be a closed
    ticket's. ``unit``: whose business it is, inherited by its children."""

    id: str
    name: Words
    unit: str | None
    children: tuple[Category, ...]

    @property
    def leaf(self) -> bool:
        return not self.children

    def walk(self) -> Iterator[Category]:
        """This one and all below it, in the order of the file."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class IdentityRule:
    """``ask``: of number, name, birth_date, email, phone, what the person is asked for. ``check``: against what it is
    compared (roster), or none. ``required_on``: channels whose message is not taken up without an identity."""

    ask: tuple[str, ...]
    check: Check
    required_on: frozenset[str]


@dataclass(frozen=True, slots=True)
class SpecialPeriod:
    """Other hours from ``first`` to ``last``, both included (Ramadan)."""

    name: Words
    first: date
    last: date
    week: Week


@dataclass(frozen=True, slots=True)
class HolidayRule:
    """``calendar``: a country code of the ``holidays`` library. ``joint_leave``: cuti bersama is a holiday too."""

    calendar: str
    joint_leave: bool
    closed: frozenset[date]


@dataclass(frozen=True, slots=True)
class Target:
    """A promise: ``within`` so much time on this clock. ``warn``: how long before, on the same clock, who has the
    ticket is warned. ``tell``: roles that are told when it is broken."""

    within: timedelta
    clock: Clock
    warn: timedelta | None = None
    tell: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LadderStep:
    """``role`` answers or reports upwards ``within`` the time; otherwise the ticket goes to the step ``otherwise``
    (None: it stays, this is the top) and the roles in ``tell`` are told. ``warn`` and ``clock`` are as with Target."""

    id: str
    role: str
    within: timedelta
    clock: Clock
    warn: timedelta | None
    otherwise: str | None
    tell: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ladder:
    """Who has to act when nobody did. ``first``: the step a new ticket begins at. Free of circles."""

    first: str
    steps: Mapping[str, LadderStep]

    def walk(self) -> Iterator[LadderStep]:
        """The steps from the first to the top, as they follow when nobody acts."""
        here: str | None = self.first
        while here is not None:
            yield self.steps[here]
            here = self.steps[here].otherwise


@dataclass(frozen=True, slots=True)
class Duty:
    """Once ``after`` happened, ``role`` sees to it that ``until`` happens ``within`` the time; else ``tell`` are told.
    ``kinds``: of ticket it is for; empty for all."""

    id: str
    name: Words
    role: str
    after: Happening
    until: Happening
    within: timedelta
    clock: Clock
    warn: timedelta | None
    tell: tuple[str, ...]
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True)
class Assignment:
    """Tickets that nobody has are given, in turn by load, to who is on duty and holds one of the roles ``to``.
    ``most``: so many at once and no more (those that wait for others do not count); None: as many as come."""

    to: tuple[str, ...]
    most: int | None


@dataclass(frozen=True, slots=True)
class Reopening:
    """Whether an ended ticket opens again. ``within``: so long after it ended; None: always; zero: never. Where it does
    not, a new ticket is opened and linked."""

    within: timedelta | None

    def allows(self, ended_at: datetime, now: datetime) -> bool:
        """Up to the last moment and in it. Never is never, even in the moment it ended."""
        return self.within is None or (bool(self.within) and now - ended_at <= self.within)


@dataclass(frozen=True, slots=True)
class ClosingRule:
    """Tickets that wait for the person, or were resolved, close by themselves after ``silence`` without a word of his;
    ``notice`` before that he is told. Elapsed time. Closed so, a ticket never counts as solved."""

    silence: timedelta
    notice: timedelta


SOLVED = "solved"
"""The question whose "no" opens the ticket again; asked anew each time the ticket is resolved, the others once."""


@dataclass(frozen=True, slots=True)
class Question:
    """``rating``: 1 to 5. ``SOLVED`` is a ``yes_no``."""

    id: str
    kind: QuestionKind
    text: Words


@dataclass(frozen=True, slots=True)
class Survey:
    """What the person is asked, ``after`` so long since his ticket was resolved; at once where it is zero."""

    after: timedelta
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class FormField:
    """``required``: the form cannot be finished without it."""

    id: str
    label: Words
    required: bool


@dataclass(frozen=True, slots=True)
class Form:
    """A form as the institution's procedure has it. ``of``: what it is filled from (forwarding, ptpp, ticket), or is
    for (plan)."""

    id: str
    title: Words
    of: str
    fields: tuple[FormField, ...]


@dataclass(frozen=True, slots=True)
class Register:
    """A running list. ``of``: ticket or ptpp; ``kinds`` and ``channels``: only these tickets (empty: all)."""

    id: str
    title: Words
    of: str
    kinds: frozenset[str]
    channels: frozenset[str]


@dataclass(frozen=True, slots=True)
class Recap:
    """A report that ``to`` get by itself, ``every`` day, week or month. ``shows``: ``figures``, ``unfinished`` (tickets
    to which something lacks) or a register's id, of which only what came by ``channels`` (empty: all)."""

    id: str
    title: Words
    every: Every
    to: tuple[str, ...]
    shows: str
    channels: frozenset[str]


@dataclass(frozen=True, slots=True)
class PtppRule:
    """A category of which ``after`` tickets of one month broke a promise is proposed for corrective action (PTPP), and
    the roles ``tell`` are told (empty: those that plan and report, but do not administer)."""

    after: int = 3
    tell: tuple[str, ...] = ()


USER = Words("pengguna", "user")


@dataclass(frozen=True, slots=True)
class Wording:
    """How people are spoken to and of: ``address`` (Anda or Kakak, one of them throughout), ``service`` and ``person``
    (the user, the guest, the customer). What is not given is that of a care center that says Anda."""

    address: Address = "Anda"
    service: Words = Words("Pusat Layanan", "care center")
    person: Words = USER


@dataclass(frozen=True, slots=True)
class Retention:
    """How long conversations and files are kept after the last message."""

    conversations: timedelta
    files: timedelta


@dataclass(frozen=True, slots=True)
class Clause:
    """A numbered sentence of the procedure. ``lines``: where in the file it is carried out, by what the keys are called
    (``ladder.wakor``) and the line; empty where the service itself does it."""

    id: str
    says: str
    lines: Mapping[str, int]
