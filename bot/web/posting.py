"""Telling people outside the console, by mail or Telegram: each kind of letter has its rows in the database, which say
what is still to be sent where.

A letter is sent once unless the process dies between the server's answer and the note that it was sent."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar, Generic, Protocol, TypeVar

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.config import Settings
from bot.conversation.messages import Channel, Outgoing, StoredFile
from bot.conversation.waking import SWEEP_SECONDS, pause_until, whenever_due
from bot.errors import TransportError
from bot.mail import File, send_mail
from bot.procedures.hours import ServicePromise
from bot.storage.database import Database
from bot.storage.signals import DELIVERIES

log = logging.getLogger(__name__)


class Addressed(Protocol):
    """``way``: email, or the name of a channel."""

    @property
    def way(self) -> str: ...
    @property
    def address(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Letter:
    """``subject``: a line that says what it is about. ``key``: names it for ever, see ``send_mail``."""

    subject: str
    text: str = field(repr=False)
    files: Sequence[File] = ()
    key: str | None = None


Item = TypeVar("Item", bound=Addressed)


class Poster(ABC, Generic[Item]):
    """Sends what waits of one kind. ``channels``: those that may be written to, by name."""

    at_once: ClassVar[int] = 8

    def __init__(
        self, db: Database, clock: Clock, settings: Settings, promise: ServicePromise, channels: Mapping[str, Channel]
    ) -> None:
        self.db, self.clock, self.settings, self.promise = db, clock, settings, promise
        self._channels = channels
        self._awake = asyncio.Event()

    @abstractmethod
    def next_try(self, session: Session) -> datetime | None:
        """When the next one is to be sent; None when none waits."""

    @abstractmethod
    def claim(self, session: Session, now: datetime) -> Sequence[Item]:
        """At most ``at_once`` of those whose time has come, for the caller alone."""

    @abstractmethod
    def letter(self, item: Item) -> Letter:
        """What it says. In a thread, without a transaction. Raises TransportError where it can never be said."""

    @abstractmethod
    def sent(self, session: Session, item: Item, now: datetime) -> None:
        """It arrived."""

    @abstractmethod
    def not_sent(self, session: Session, item: Item, error: TransportError, now: datetime) -> bool:
        """It did not; whether it is tried again."""

    @abstractmethod
    def name(self, item: Item) -> str:
        """How the log calls it; no address, and nothing that somebody wrote."""

    def wake(self) -> None:
        """Somebody may be to be told. Only from the event loop's thread."""
        self._awake.set()

    async def run(self) -> None:
        """Until cancelled."""
        await whenever_due(self._awake, DELIVERIES, self._once)

    async def _once(self) -> float:
        """Send all that is due; returns the seconds until there may be more."""
        try:
            while due := await asyncio.to_thread(self._claim):
                await asyncio.gather(*(self._send(each) for each in due))
            upcoming = await asyncio.to_thread(self._upcoming)
        except SQLAlchemyError as error:
            log.error("nothing can be sent by %s: %s", type(self).__name__, type(error).__name__)
            return SWEEP_SECONDS
        return pause_until(upcoming, self.clock())

    def _claim(self) -> Sequence[Item]:
        now, upcoming = self.clock(), self._upcoming()
        if upcoming is None or upcoming > now:
            return []
        with self.db.write() as session:
            return self.claim(session, now)

    def _upcoming(self) -> datetime | None:
        with self.db.read() as session:
            return self.next_try(session)

    async def _send(self, item: Item) -> None:
        try:
            letter = await asyncio.to_thread(self._made, item)
            if item.way == "email":
                await asyncio.to_thread(self._mail, item.address, letter)
            elif item.way in self._channels:
                await self._say(self._channels[item.way], item.address, letter)
            else:
                raise TransportError(f"{item.way} is switched off", permanent=True)
        except TransportError as error:
            await asyncio.to_thread(self._failed, item, error)
        else:
            await asyncio.to_thread(self._arrived, item)

    def _made(self, item: Item) -> Letter:
        try:
            return self.letter(item)
        except (TransportError, SQLAlchemyError):
            raise
        except Exception as error:
            # One letter that cannot be made must not hold up all others.
            log.exception("%s could not be written", self.name(item))
            raise TransportError(f"it could not be written: {type(error).__name__}", permanent=False) from error

    def _mail(self, address: str, letter: Letter) -> None:
        if self.settings.mail is None:
            raise TransportError("email is switched off", permanent=True)
        send_mail(self.settings.mail, address, letter.subject, letter.text, letter.files, letter.key)

    async def _say(self, channel: Channel, address: str, letter: Letter) -> None:
        text = f"{letter.subject}\n{letter.text}"
        with TemporaryDirectory() as folder:
            files = tuple(_stored(Path(folder), file) for file in letter.files)
            await channel.send(address, Outgoing(text, files=files))

    def _arrived(self, item: Item) -> None:
        with self.db.write() as session:
            self.sent(session, item, self.clock())

    def _failed(self, item: Item, error: TransportError) -> None:
        with self.db.write() as session:
            again = self.not_sent(session, item, error, self.clock())
        level = logging.WARNING if again else logging.ERROR
        log.log(level, "%s did not go out by %s: %s", self.name(item), item.way, error.reason)


def _stored(folder: Path, file: File) -> StoredFile:
    path = folder / file.name
    path.write_bytes(file.content)
    return StoredFile(path, file.name, file.media_type)
