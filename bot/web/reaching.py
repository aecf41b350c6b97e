"""Telling staff where they are: what is on their list in the console goes by mail or Telegram to who wants it so.

It is told once unless the process dies between the server's answer and the note that it was sent. What a person wrote
is not in it: only the ticket's number, what is promised, and where to look."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from bot.clock import Clock
from bot.config import Settings
from bot.conversation.messages import Channel, Outgoing
from bot.conversation.waking import SWEEP_SECONDS, pause_until, whenever_due
from bot.errors import TransportError
from bot.mail import send_mail
from bot.procedures.hours import ServicePromise
from bot.procedures.profile import Profile
from bot.storage.database import Database
from bot.tickets import notices
from bot.web.times import Times
from bot.web.words import known, say

log = logging.getLogger(__name__)

AT_ONCE = 8


class Reacher:
    """Sends what waits to be told. ``channels``: those that staff may be reached on, by name."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        settings: Settings,
        promise: ServicePromise,
        channels: Mapping[str, Channel],
    ) -> None:
        self._db, self._clock, self._settings, self._promise = db, clock, settings, promise
        self._channels = channels
        self._awake = asyncio.Event()

    def wake(self) -> None:
        """Somebody may be to be told. Only from the event loop's thread."""
        self._awake.set()

    async def run(self) -> None:
        """Until cancelled."""
        await whenever_due(self._awake, self._once)

    async def _once(self) -> float:
        """Send all that is due; returns the seconds until there may be more."""
        try:
            while told := await asyncio.to_thread(self._claim):
                await asyncio.gather(*(self._tell(each) for each in told))
            upcoming = await asyncio.to_thread(self._upcoming)
        except SQLAlchemyError as error:
            log.error("staff cannot be told: %s", type(error).__name__)
            return SWEEP_SECONDS
        return pause_until(upcoming, self._clock())

    def _claim(self) -> list[notices.Outgoing]:
        now = self._clock()
        with self._db.read() as session:
            upcoming = notices.next_delivery(session)
        if upcoming is None or upcoming > now:
            return []
        with self._db.write() as session:
            return list(notices.claim(session, now, AT_ONCE))

    def _upcoming(self) -> datetime | None:
        with self._db.read() as session:
            return notices.next_delivery(session)

    async def _tell(self, notice: notices.Outgoing) -> None:
        subject, text = self._words(notice)
        try:
            if notice.way == "email":
                await asyncio.to_thread(self._mail, notice.address, subject, text)
            elif notice.way in self._channels:
                await self._channels[notice.way].send(notice.address, Outgoing(f"{subject}\n{text}"))
            else:
                raise TransportError(f"{notice.way} is switched off", permanent=True)
        except TransportError as error:
            await asyncio.to_thread(self._not_sent, notice, error)
        else:
            await asyncio.to_thread(self._sent, notice)

    def _mail(self, address: str, subject: str, text: str) -> None:
        if self._settings.mail is None:
            raise TransportError("email is switched off", permanent=True)
        send_mail(self._settings.mail, address, subject, text)

    def _words(self, notice: notices.Outgoing) -> tuple[str, str]:
        """A line that says what it is about, and the rest."""
        language = notice.language
        promise = promise_in_words(language, self._promise.profile, notice.promise)
        due = Times(self._clock(), self._settings.timezone, language).full(notice.due_at)
        subject = f"{known(language, 'notice', notice.kind)}: {notice.ticket}"
        where = f"{self._settings.address}/console/tickets/{notice.ticket}"
        return subject, f"{promise} · {say(language, 'was_due', time=due)}\n{where}"

    def _sent(self, notice: notices.Outgoing) -> None:
        with self._db.write() as session:
            notices.sent(session, notice.delivery)

    def _not_sent(self, notice: notices.Outgoing, error: TransportError) -> None:
        with self._db.write() as session:
            again = notices.not_sent(session, notice.delivery, error.permanent, self._clock())
        level = logging.WARNING if again else logging.ERROR
        log.log(level, "a notice of %s did not go out by %s: %s", notice.ticket, notice.way, error.reason)


def promise_in_words(language: str, profile: Profile, told: str) -> str:
    """``ladder wakor`` as people call it: the duty's name, or whose turn it was."""
    kind, _, name = told.partition(" ")
    if kind == "duty" and name in profile.duties:
        return profile.duties[name].name.said(language)
    steps = profile.ladder.steps if profile.ladder else {}
    if kind == "ladder" and name in steps:
        return profile.roles[steps[name].role].name.said(language)
    return known(language, "promise", kind)
