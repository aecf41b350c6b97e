"""Who works for which unit, and which tickets are his units' or his role's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, delete, or_, select
from sqlalchemy.orm import Session

from bot.errors import NotAllowed
from bot.identity.model import Account
from bot.procedures.model import UnitMember
from bot.procedures.profile import Profile
from bot.tickets.model import Ticket
from bot.tickets.roles import held


@dataclass(frozen=True, slots=True)
class Business:
    """What makes a ticket somebody's units' or role's: ``units`` by each name that a ticket may have them under,
    ``categories`` that are theirs, and ``roles`` of the ladder that he holds above its first step."""

    units: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.units or self.roles)

    @property
    def tickets(self) -> ColumnElement[bool]:
        """Those that a unit of his has, or had last; those of its categories that no unit has; and those that went up
        the ladder to a role of his."""
        of_category = and_(Ticket.unit.is_(None), Ticket.category.in_(sorted(self.categories)))
        return or_(Ticket.unit.in_(sorted(self.units)), of_category, Ticket.role.in_(sorted(self.roles)))


def business(session: Session, profile: Profile, username: str, kind: str) -> Business:
    """Of somebody with an account of that kind, by the profile in use."""
    wanted = select(UnitMember.unit).where(UnitMember.username == username)
    mine = {unit: profile.units[unit] for unit in session.scalars(wanted) if unit in profile.units}
    names = {name for unit in mine.values() for name in (unit.id, unit.name.id, unit.name.en)}
    ladder = profile.ladder
    # At the first step is every new ticket: those are not his in particular.
    above = {step.role for step in ladder.steps.values()} - {ladder.steps[ladder.first].role} if ladder else set()
    return Business(
        frozenset(names),
        frozenset(each.id for each in profile.every_category() if each.unit in mine),
        frozenset(role.id for role in held(session, profile, username, kind) if role.id in above),
    )


def members(session: Session) -> Mapping[str, Sequence[str]]:
    """By unit, who works for it; units for which nobody was named are not there."""
    found: dict[str, list[str]] = {}
    for unit, name in session.execute(select(UnitMember.unit, UnitMember.username).order_by(UnitMember.username)):
        found.setdefault(unit, []).append(name)
    return found


def name_members(session: Session, unit: str, usernames: Sequence[str]) -> None:
    """Have these, and nobody else, work for the unit. Raises NotAllowed for one who has no account, or whose account is
    closed."""
    open_one = select(Account.username).where(Account.username.in_(usernames), Account.deactivated_at.is_(None))
    there = set(session.scalars(open_one))
    for username in usernames:
        if username not in there:
            raise NotAllowed(f"There is no staff account {username}, or it is closed; nothing was changed.")
    session.execute(delete(UnitMember).where(UnitMember.unit == unit))
    session.add_all(UnitMember(unit=unit, username=username) for username in dict.fromkeys(usernames))
    session.flush()
