"""What staff are told of by itself: recaps whose time is over, and categories that broke their promise so often that a
corrective action (PTPP) is proposed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.procedures import versions
from bot.procedures.hours import ServicePromise
from bot.procedures.profile import Profile
from bot.reports.making import Reporter
from bot.reports.periods import around, last_over
from bot.reports.recaps import announce
from bot.storage.database import Database
from bot.tickets import corrective
from bot.tickets.model import StaffNotice
from bot.tickets.notices import OFTEN, tell
from bot.tickets.roles import holders
from bot.tickets.service import by_number

log = logging.getLogger(__name__)

LONGEST_SECONDS = 1800.0
"""How long it sleeps at most: so long after it came about a proposal is told of."""
AGAIN_SECONDS = 30.0
"""The pause after the database could not be asked."""


class Teller:
    """Looks at the turn of each local day, and in between."""

    def __init__(self, db: Database, clock: Clock, promise: ServicePromise) -> None:
        self._db, self._clock, self._promise = db, clock, promise

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            pause = LONGEST_SECONDS
            try:
                await asyncio.to_thread(self.once)
            except SQLAlchemyError as error:
                log.error("staff cannot be told of recaps and proposals: %s", type(error).__name__)
                pause = AGAIN_SECONDS
            now = self._clock()
            today = around("day", now.astimezone(self._promise.zone).date())
            left = (today.end(self._promise.zone) - now).total_seconds()
            await asyncio.sleep(max(0.0, min(pause, left)))

    def once(self) -> None:
        """Tell all that is new."""
        now, promise = self._clock(), self._promise
        with self._db.write() as session:
            announce(session, now)
        reporter = Reporter(promise.profile, promise.zone, "")
        today = now.astimezone(promise.zone).date()
        for month in (last_over("month", today), around("month", today)):
            with self._db.read() as session:
                broken = reporter.broken(session, month, now)
            with self._db.write() as session:
                propose(session, promise.profile, broken, month.first, now)


def propose(
    session: Session, profile: Profile, broken: Mapping[str, Sequence[str]], month: date, now: datetime
) -> Sequence[str]:
    """Tell the roles that own corrective actions of the categories of which too many tickets of the ``month`` broke a
    promise, by a notice about the last of them; returns which are new. Nobody is told twice of a category and month.
    ``broken``: by category the numbers of such tickets, in order."""
    counts = {category: len(numbers) for category, numbers in broken.items() if profile.category(category)}
    found = {_label(name, month): name for name, _ in corrective.proposals(counts, profile.ptpp.after)}
    version = versions.in_use(session)
    if not found or version is None:
        return []
    # Of several processes one is first, and the others see what it did.
    session.refresh(version, with_for_update=True)
    there = select(StaffNotice.promise).where(StaffNotice.kind == OFTEN, StaffNotice.promise.in_(found))
    told = set(session.scalars(there))
    who = [name for role in profile.owners_of_ptpp() for name in holders(session, profile.roles[role])]
    new = [(label, category) for label, category in found.items() if label not in told]
    for label, category in new:
        last = by_number(session, broken[category][-1])
        tell(session, last, list(dict.fromkeys(who)), OFTEN, label, now, now)
    return [category for _, category in new]


def _label(category: str, month: date) -> str:
    return f"ptpp {category} {month:%Y-%m}"
