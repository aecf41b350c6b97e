"""Versions of profiles in the database: which one is in use, and putting another into use."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.config import ROOT, Settings
from bot.errors import RefusedFile, told
from bot.procedures.business import Hours
from bot.procedures.document import Document
from bot.procedures.hours import ServicePromise, hours_of
from bot.procedures.model import ProfileVersion
from bot.procedures.profile import Profile, load_profile, read_profile
from bot.procedures.rules import Role
from bot.storage.database import Database

log = logging.getLogger(__name__)

_KNOWN = "procedures"
"""The session's mark for the procedures that it has read."""
Follow = Callable[[Session, ProfileVersion, str, datetime], object]
"""Has what is running follow a version that an actor put into use at a time."""
WRITTEN = ProfileVersion.calendar_of.is_(None)
"""What somebody wrote or chose, and no version with another one's calendar."""
_LATEST_FIRST = select(ProfileVersion).where(WRITTEN).order_by(ProfileVersion.since.desc(), ProfileVersion.id.desc())
_IN_USE = _LATEST_FIRST.limit(1)


@dataclass(frozen=True, slots=True)
class Procedure:
    """A version of a profile, read, with its office hours. ``id``: of the ProfileVersion."""

    id: int
    profile: Profile
    hours: Hours


def in_use(session: Session) -> ProfileVersion | None:
    """The version that new tickets begin with; None before the first one was put into use."""
    return session.scalars(_IN_USE).one_or_none()


def last_of(session: Session, name: str, but: int = 0) -> ProfileVersion | None:
    """The version of the profile of that name that is in use, or was last, ``but`` aside; None when it never was."""
    wanted = _LATEST_FIRST.where(ProfileVersion.name == name, ProfileVersion.id != but)
    return session.scalars(wanted.limit(1)).one_or_none()


def procedure(session: Session, version_id: int) -> Procedure:
    """The procedure of that version, read once a session: a version's text never changes."""
    known: dict[int, Procedure] = session.info.setdefault(_KNOWN, {})
    if version_id not in known:
        version = session.get_one(ProfileVersion, version_id)
        calendar = session.get_one(ProfileVersion, version.calendar_of).text if version.calendar_of else None
        known[version_id] = Procedure(version_id, *_read(version.text, f"{version.name}.yml", version.zone, calendar))
    return known[version_id]


@lru_cache(maxsize=32)
def _read(text: str, name: str, zone: str, calendar: str | None) -> tuple[Profile, Hours]:
    profile = read_profile(text, name)
    if calendar is not None:
        profile = profile.with_calendar_of(read_profile(calendar, name))
    return profile, hours_of(profile, ZoneInfo(zone))


def with_calendar(session: Session, version_id: int, calendar: ProfileVersion, now: datetime) -> ProfileVersion:
    """What that version promises, on the days and hours of ``calendar``."""
    promised = session.get_one(ProfileVersion, version_id)
    same = ProfileVersion.name == promised.name, ProfileVersion.text == promised.text
    there = select(ProfileVersion).where(*same, ProfileVersion.calendar_of == calendar.id)
    found = session.scalar(there.limit(1))
    if found is None:
        found = _add(session, promised.name, promised.text, calendar.zone, "system", now, calendar.id)
    return found


def shipped(name: str) -> Path:
    """The file of a shipped profile."""
    return ROOT / "data" / "sops" / f"{name}.yml"


class InUse:
    """What is promised by the version in use, whichever process put it into use; until the database tells of one, by
    the settings' profile as it is shipped."""

    def __init__(self, settings: Settings) -> None:
        self._name, self._zone = settings.profile, settings.timezone
        self.promise = ServicePromise(load_profile(shipped(self._name)), self._zone)
        self._id: int | None = None

    def start(self, db: Database, now: datetime, follow: Follow) -> None:
        """Put the settings' profile into use where none is, and its new text where the file was changed since; what is
        running follows it then by ``follow``; where that raises RefusedFile the version before stays, and the log says
        why. What was chosen otherwise stays. Roles that nobody holds yet are no fault here: accounts come later."""
        text = shipped(self._name).read_text(encoding="utf-8")
        known = select(ProfileVersion.id).where(ProfileVersion.name == self._name, ProfileVersion.text == text, WRITTEN)
        known = known.where(ProfileVersion.zone == self._zone.key)
        try:
            # Of several processes that start at once one is first, and that is enough.
            with suppress(IntegrityError), db.write() as session:
                version = in_use(session)
                if version is None or (version.name == self._name and session.scalar(known) is None):
                    follow(session, put_into_use(session, self._name, text, self._zone, "system", now), "system", now)
        except RefusedFile as refused:
            log.error("the profile's file is not put into use, the version before it stays: %s", refused)

    def follow(self, db: Database) -> None:
        """Promise by the version that is in use now."""
        with db.read() as session:
            version_id = session.scalar(_IN_USE.with_only_columns(ProfileVersion.id))
            if version_id is not None and version_id != self._id:
                self.promise.follow(procedure(session, version_id).profile)
                self._id = version_id


def put_into_use(
    session: Session,
    name: str,
    text: str,
    zone: ZoneInfo,
    actor: str,
    now: datetime,
    *,
    held: Callable[[Role], bool] | None = None,
) -> ProfileVersion:
    """Have new tickets begin with this profile: the version with this very text, or a new one of ``name``.

    Raises RefusedFile with every fault; the version in use stays then. With ``held`` (whether somebody holds a role) a
    role that has to act or be told, or may do something, and that nobody holds, is a fault too."""
    profile = read_profile(text, f"{name}.yml")
    if held is not None:
        _refuse_unheld(profile, Document(Path(f"{name}.yml"), text), held)
    of_name = select(ProfileVersion).where(ProfileVersion.name == name, WRITTEN).order_by(ProfileVersion.number.desc())
    for version in session.scalars(of_name):
        if version.text == text and version.zone == zone.key:
            version.since = now
            session.flush()
            return version
    return _add(session, name, text, zone.key, actor, now)


def _add(
    session: Session, name: str, text: str, zone: str, actor: str, now: datetime, calendar_of: int | None = None
) -> ProfileVersion:
    last = session.scalar(select(func.max(ProfileVersion.number)).where(ProfileVersion.name == name)) or 0
    version = ProfileVersion(
        name=name, number=last + 1, text=text, zone=zone, actor=actor, created_at=now, since=now,
        calendar_of=calendar_of,
    )  # fmt: skip
    session.add(version)
    session.flush()
    return version


def _refuse_unheld(profile: Profile, document: Document, held: Callable[[Role], bool]) -> None:
    root, needed = document.root(), needed_roles(profile)
    for role in profile.roles.values():
        if (role.id in needed or role.may) and not held(role):
            place = root.at(f"roles.{role.id}")
            what = told("role {role} has to act or be told, and nobody holds it", role=role.id)
            if role.id not in needed:
                may = ", ".join(sorted(role.may))
                what = told("role {role} may {may}, and nobody holds it", role=role.id, may=may)
            document.fault(place.line if place else 1, what)
    document.refuse_if_faulty()


def needed_roles(profile: Profile) -> Collection[str]:
    """Roles that have to act, are given tickets, get recaps, or are told when something was not done."""
    targets = [profile.first_response, profile.resolution, profile.next_response]
    found = {role for target in targets if target for role in target.tell}
    for step in profile.ladder.steps.values() if profile.ladder else ():
        found |= {step.role, *step.tell}
    for duty in profile.duties.values():
        found |= {duty.role, *duty.tell}
    found |= {*profile.ptpp.tell, *(profile.assignment.to if profile.assignment else ())}
    return found | {role for recap in profile.recaps.values() for role in recap.to}
