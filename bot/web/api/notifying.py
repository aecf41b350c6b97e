"""Delivering webhooks: each event at least once, each webhook at its own pace.

A delivery that was claimed and not settled, because the process died, is tried again when the claim lapses, under the
same id. Redirections are not followed, and what the receiver says besides its status is not read."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from http import HTTPStatus
from itertools import groupby

import httpx
from sqlalchemy.exc import SQLAlchemyError

from bot.clock import Clock
from bot.conversation.waking import SWEEP_SECONDS, pause_until, whenever_due
from bot.errors import TransportError
from bot.storage.database import Database
from bot.storage.signals import DELIVERIES
from bot.web.api import once, payloads
from bot.web.api.addresses import look_up
from bot.webhooks import deliveries
from bot.webhooks.deliveries import Due
from bot.webhooks.signing import headers

log = logging.getLogger(__name__)
TRY_SECONDS = 15.0
"""For a whole try; a receiver that needs longer should answer first and work then."""
AGENT = "Sapa-Webhooks/1"
FORGET_EVERY = timedelta(hours=1)


class Notifier:
    """Sends what waits to be delivered. ``private``: whether private networks may be called."""

    def __init__(self, db: Database, clock: Clock, private: bool) -> None:
        self._db, self._clock, self._private = db, clock, private
        self._awake = asyncio.Event()
        self._busy: dict[int, asyncio.Task[None]] = {}
        self._forgot: datetime | None = None

    def wake(self) -> None:
        """Something may be to be delivered. Only from the event loop's thread."""
        self._awake.set()

    async def run(self) -> None:
        """Until cancelled."""
        # No settings of the environment: a proxy would look up the name anew.
        async with httpx.AsyncClient(timeout=TRY_SECONDS, follow_redirects=False, trust_env=False) as client:
            try:
                await whenever_due(self._awake, DELIVERIES, lambda: self._once(client))
            finally:
                tasks = list(self._busy.values())
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _once(self, client: httpx.AsyncClient) -> float:
        """Begin to send all that is due; returns the seconds until there may be more."""
        try:
            await asyncio.to_thread(self._forget)
            while due := await asyncio.to_thread(self._claim, list(self._busy)):
                for webhook_id, group in groupby(due, key=lambda each: each.webhook_id):
                    task = asyncio.create_task(self._send_all(client, list(group)))
                    self._busy[webhook_id] = task
                    task.add_done_callback(lambda _, key=webhook_id: self._is_free(key))  # type: ignore[misc]
            upcoming = await asyncio.to_thread(self._upcoming, list(self._busy))
        except SQLAlchemyError as error:
            log.error("webhooks cannot be delivered: %s", type(error).__name__)
            return SWEEP_SECONDS
        return pause_until(upcoming, self._clock())

    def _is_free(self, webhook_id: int) -> None:
        self._busy.pop(webhook_id, None)
        self._awake.set()

    def _forget(self) -> None:
        now = self._clock()
        if self._forgot is None or now - self._forgot >= FORGET_EVERY:
            with self._db.write() as session:
                deliveries.forget(session, now)
                once.forget(session, now)
            self._forgot = now

    def _claim(self, busy: Collection[int]) -> list[Due]:
        now = self._clock()
        upcoming = self._upcoming(busy)
        if upcoming is None or upcoming > now:
            return []
        with self._db.write() as session:
            return list(deliveries.claim(session, now, busy))

    def _upcoming(self, busy: Collection[int]) -> datetime | None:
        with self._db.read() as session:
            return deliveries.next_due(session, busy)

    async def _send_all(self, client: httpx.AsyncClient, due: list[Due]) -> None:
        try:
            await asyncio.gather(*(self._send(client, each) for each in due))
        except SQLAlchemyError as error:
            # They are tried again when their claims lapse.
            log.error("what became of webhooks could not be noted: %s", type(error).__name__)

    async def _send(self, client: httpx.AsyncClient, due: Due) -> None:
        body = await asyncio.to_thread(self._body, due)
        try:
            async with asyncio.timeout(TRY_SECONDS):
                status, retry_after = await self._post(client, due, body)
        except TransportError as error:
            await asyncio.to_thread(self._failed, due, error.reason)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError) as error:
            await asyncio.to_thread(self._failed, due, _why(error))
        else:
            if 200 <= status < 300:
                await asyncio.to_thread(self._delivered, due, status)
            else:
                await asyncio.to_thread(self._failed, due, _phrase(status), status, retry_after)

    def _body(self, due: Due) -> bytes:
        with self._db.read() as session:
            return payloads.payload(session, due.event_id, due.created_at, due.texts)

    async def _post(self, client: httpx.AsyncClient, due: Due, body: bytes) -> tuple[int, timedelta | None]:
        url = httpx.URL(due.url)
        port = url.port or (443 if url.scheme == "https" else 80)
        addresses = await look_up(url.host, port, self._private)
        told = {
            "Host": url.netloc.decode("ascii"), "Content-Type": "application/json", "User-Agent": AGENT,
            **headers(due.secret, due.message_id, self._clock(), body),
        }  # fmt: skip
        for place, address in enumerate(addresses, 1):
            try:
                here, extensions = url.copy_with(host=address), {"sni_hostname": url.host}
                async with client.stream("POST", here, content=body, headers=told, extensions=extensions) as answer:
                    return answer.status_code, _retry_after(answer.headers.get("retry-after", ""))
            except httpx.ConnectError:
                if place == len(addresses):
                    raise
        raise AssertionError("a name that leads nowhere was let through")

    def _delivered(self, due: Due, status: int) -> None:
        with self._db.write() as session:
            deliveries.delivered(session, due.id, status, self._clock())

    def _failed(self, due: Due, why: str, status: int | None = None, retry_after: timedelta | None = None) -> None:
        with self._db.write() as session:
            again = deliveries.failed(session, due.id, why, self._clock(), status=status, retry_after=retry_after)
        level = logging.INFO if again else logging.ERROR
        log.log(level, "webhook %s: delivery %s did not arrive: %s", due.webhook_id, due.id, why)


def _why(error: Exception) -> str:
    """In words that name no address: the receiver's certificate and the network say enough."""
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return f"no answer within {TRY_SECONDS:.0f} seconds"
    return type(error).__name__


def _phrase(status: int) -> str:
    known = {each.value: each.phrase for each in HTTPStatus}
    return f"{status} {known.get(status, '')}".strip()


def _retry_after(text: str) -> timedelta | None:
    """In seconds; a date is not read."""
    return timedelta(seconds=int(text)) if text.isascii() and text.isdecimal() and len(text) < 8 else None
