"""Who holds a role of the profile, and putting a profile into use that people and tickets can live with."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from bot.errors import NotAllowed, told
from bot.identity.model import Account
from bot.procedures import versions
from bot.procedures.document import Document
from bot.procedures.model import ProfileVersion, RoleHolder
from bot.procedures.profile import Profile, read_profile
from bot.procedures.rules import Permission, Role
from bot.tickets.lifecycle import LIVE
from bot.tickets.model import CannedReply, Ticket, TicketMacro
from bot.tickets.moving import follow_calendar

_NAMED = (
    select(RoleHolder.username)
    .join(Account, Account.username == RoleHolder.username)
    .where(RoleHolder.role == bindparam("role"), Account.deactivated_at.is_(None), Account.username != bindparam("but"))
    .order_by(RoleHolder.username)
)
_OF_KIND = (
    select(Account.username)
    .where(Account.role.in_(bindparam("kinds", expanding=True)), Account.deactivated_at.is_(None))
    .where(Account.username != bindparam("but"))
    .order_by(Account.username)
)


class RoleUnheld(NotAllowed):
    """Nobody would hold ``role`` any more, which the profile in use needs."""

    def __init__(self, role: Role) -> None:
        super().__init__(f"Nobody else holds the role {role.id}, which the procedure needs; nothing was changed.")
        self.role = role


def holders(session: Session, role: Role, but: str = "") -> Sequence[str]:
    """User names of those who hold the role: who was named for it, else accounts of the role's name or of the kinds
    that hold it. ``but``: as if he were not there."""
    return session.scalars(_NAMED, {"role": role.id, "but": but}).all() or _of_kind(session, role, but)


def _of_kind(session: Session, role: Role, but: str = "") -> Sequence[str]:
    return session.scalars(_OF_KIND, {"kinds": sorted({role.id, *role.held_by}), "but": but}).all()


def refuse_to_leave(session: Session, account: Account, kind: str | None = None) -> None:
    """Raises RoleUnheld where the profile in use needs a role that nobody would hold any more if his account were
    closed, or were of the other ``kind``. A role that nobody holds as it is does not hinder that."""
    holding = named(session)
    for role in _needed(session):
        stays = kind is not None and (account.username in holding.get(role.id, ()) or kind in {role.id, *role.held_by})
        if not stays and holders(session, role) and not holders(session, role, account.username):
            raise RoleUnheld(role)


def _needed(session: Session) -> Sequence[Role]:
    version = versions.in_use(session)
    if version is None:
        return ()
    profile = versions.procedure(session, version.id).profile
    return [profile.roles[role] for role in sorted(versions.needed_roles(profile))]


def permissions(session: Session, profile: Profile, username: str, kind: str) -> frozenset[Permission]:
    """What the profile lets somebody with an account of that kind do, by all the roles that he holds."""
    return frozenset[Permission]().union(*(role.may for role in held(session, profile, username, kind)))


def held(session: Session, profile: Profile, username: str, kind: str) -> Sequence[Role]:
    """The roles of the profile that somebody with an account of that kind holds."""
    holding = named(session)
    return [
        role
        for role in profile.roles.values()
        if (username in holding[role.id] if role.id in holding else kind in {role.id, *role.held_by})
    ]


def granted(session: Session, profile: Profile, username: str, needs: Permission | None) -> frozenset[Permission]:
    """``permissions`` of the account of that name. Raises NotAllowed when there is none, it is closed, or what is
    needed is not among them."""
    there = select(Account.role).where(Account.username == username, Account.deactivated_at.is_(None))
    kind = session.scalar(there)
    if kind is None:
        raise NotAllowed(f"There is no staff account {username}.")
    allowed = permissions(session, profile, username, kind)
    if needs is not None and needs not in allowed:
        raise NotAllowed(f"{username} has no role that may {needs} ({profile.name}); nothing was done.")
    return allowed


def first_who_may(session: Session, profile: Profile, needs: Permission | None) -> str:
    """Who is meant where nobody is named: of those who may do what is needed the oldest account, agents first. Raises
    NotAllowed."""
    accounts = select(Account).where(Account.deactivated_at.is_(None)).order_by(Account.role != "agent", Account.id)
    for account in session.scalars(accounts):
        if needs is None or needs in permissions(session, profile, account.username, account.role):
            return account.username
    raise NotAllowed(f"Nobody has a role that may {needs or 'do anything'} ({profile.name}); nothing was done.")


def named(session: Session) -> Mapping[str, Sequence[str]]:
    """By role, who was named for it; roles for which nobody was named are not there."""
    found: dict[str, list[str]] = {}
    for role, holder in session.execute(select(RoleHolder.role, RoleHolder.username).order_by(RoleHolder.username)):
        found.setdefault(role, []).append(holder)
    return found


def name_holders(session: Session, role: str, usernames: Sequence[str]) -> None:
    """Have these, and nobody else, hold the role; with none, the kinds of account that the profile says. Raises
    NotAllowed for one who has no account, or whose account is closed, and RoleUnheld where nobody would be left."""
    open_one = select(Account.username).where(Account.username.in_(usernames), Account.deactivated_at.is_(None))
    there = set(session.scalars(open_one))
    for username in usernames:
        if username not in there:
            raise NotAllowed(f"There is no staff account {username}, or it is closed; nothing was changed.")
    if not usernames:
        for needed in _needed(session):
            if needed.id == role and holders(session, needed) and not _of_kind(session, needed):
                raise RoleUnheld(needed)
    session.execute(delete(RoleHolder).where(RoleHolder.role == role))
    session.add_all(RoleHolder(role=role, username=username) for username in dict.fromkeys(usernames))
    session.flush()


def use_profile(session: Session, name: str, text: str, zone: ZoneInfo, actor: str, now: datetime) -> ProfileVersion:
    """Have new tickets begin with this profile; running ones stay on theirs, but where the calendar alone has changed:
    their deadlines follow it. Raises RefusedFile with every fault, also for a role that nobody holds, and for a
    category that was taken out while live tickets of the profile, canned replies or macros have it."""
    profile = read_profile(text, f"{name}.yml")
    _refuse_to_lose(session, name, _categories_before(session, name) - _categories(profile), text)
    version = versions.put_into_use(
        session, name, text, zone, actor, now, held=lambda role: bool(holders(session, role))
    )
    follow_calendar(session, version, actor, now)
    return version


def follow_file(session: Session, version: ProfileVersion, actor: str, now: datetime) -> None:
    """Have what is running follow a version that a start found in the profile's file. Raises RefusedFile where a
    category was taken out that something has, as ``use_profile`` does."""
    before = versions.last_of(session, version.name, but=version.id)
    if before is not None:
        known = _categories(versions.procedure(session, before.id).profile)
        gone = known - _categories(versions.procedure(session, version.id).profile)
        _refuse_to_lose(session, version.name, gone, version.text)
    follow_calendar(session, version, actor, now)


def _refuse_to_lose(session: Session, name: str, gone: Collection[str], text: str) -> None:
    of_name = select(ProfileVersion.id).where(ProfileVersion.name == name)
    live = select(Ticket.category, Ticket.number).where(Ticket.status.in_(LIVE), Ticket.profile_id.in_(of_name))
    canned = select(CannedReply.category, CannedReply.id).where(CannedReply.category.in_(gone)).order_by(CannedReply.id)
    users = [(category, told("ticket {number}", number=number)) for category, number in
             session.execute(live.where(Ticket.category.in_(gone)).order_by(Ticket.id))]  # fmt: skip
    users += [(category, told("canned reply {id}", id=reply)) for category, reply in session.execute(canned)]
    macros = session.execute(select(TicketMacro.id, TicketMacro.steps).order_by(TicketMacro.id)) if gone else ()
    users += [
        (steps["category"], told("macro {id}", id=macro)) for macro, steps in macros if steps.get("category") in gone
    ]
    document = Document(Path(f"{name}.yml"), text)
    place = document.root().at("categories")
    for category, user in users:
        what = told("categories lack {category}, which {user} has", category=category, user=user)
        document.fault(place.line if place else 1, what)
    document.refuse_if_faulty()


def _categories_before(session: Session, name: str) -> set[str]:
    """Of the version of that profile that was in use last; another one may be now."""
    version = versions.last_of(session, name)
    return set() if version is None else _categories(versions.procedure(session, version.id).profile)


def _categories(profile: Profile) -> set[str]:
    return {category.id for category in profile.every_category()}
