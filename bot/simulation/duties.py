"""What has to be done besides answering: responses by e-mail, records, corrective actions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from sqlalchemy.orm import Session

from bot.simulation.entries import Entry
from bot.simulation.stage import Case, Stage
from bot.tickets import corrective, working
from bot.tickets.model import Ticket

FORGETS = 0.1
"""The share of duties that nobody thinks of."""
BESIDES = ("emailed", "recorded", "reported")
ANSWER = "Terima kasih sudah menunggu. Sudah kami periksa, begini langkahnya."
RECORD = "Dicek dengan unit terkait."


def does(stage: Stage, case: Case, what: Callable[[Session, Ticket], object]) -> None:
    """A step of the services on the ticket."""
    with stage.db.write() as session:
        what(session, session.get_one(Ticket, case.ticket))


class Duties:
    """Who thinks of them, and when."""

    def __init__(self, stage: Stage) -> None:
        self._stage, self._chance = stage, stage.chance

    def see_to(self, name: str | None, case: Case) -> None:
        """Somebody thinks of what has to be done, most of the time in time."""
        for entry in case.account.duties():
            if entry.key in case.chores or self._until(entry) not in BESIDES:
                continue
            case.chores.add(entry.key)
            if not self._chance.happens(FORGETS):
                wait = self._chance.takes(timedelta(seconds=entry.within * 0.4))
                self._stage.later(wait, partial(self._do, name or self._stage.agents[0], case, entry))

    def before_closing(self, name: str, case: Case) -> None:
        """What has to go by e-mail goes before the ticket is closed."""
        for entry in case.account.duties():
            if self._until(entry) == "emailed" and not self._chance.happens(FORGETS):
                self._email(name, case)

    def _do(self, name: str, case: Case, entry: Entry) -> None:
        stage, until = self._stage, self._until(entry)
        status = case.status(stage.second)
        if not entry.open:
            return
        if until == "emailed" and status != "closed":
            self._email(name, case)
        elif until == "recorded":
            does(stage, case, lambda session, ticket: working.record(session, ticket, RECORD, name, stage.now))
            case.account.recorded(stage.second)
        elif until == "reported":
            finding = "Layanan lambat."
            does(stage, case, lambda it, ticket: corrective.open_action(it, finding, name, stage.now, ticket))
            case.account.reported(stage.second)

    def _email(self, name: str, case: Case) -> None:
        stage = self._stage
        does(stage, case, lambda session, ticket: working.told(session, ticket, "email", ANSWER, name, stage.now))
        case.account.replied(stage.second, "email")

    def _until(self, entry: Entry) -> str:
        return self._stage.profile.duties[entry.name].until
