"""The composition root: the one file that knows every part."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import text
from starlette.applications import Starlette

from bot.channels.registry import LOOKS, live_channels
from bot.channels.trying import send_now
from bot.clock import Clock, utc_now
from bot.config import ROOT, Settings
from bot.conversation.backlog import backlogs
from bot.conversation.files import FileFetcher
from bot.conversation.handover import Desk
from bot.conversation.inbox import Inbox
from bot.conversation.messages import Channel
from bot.conversation.nightly import Nightly
from bot.conversation.outbox import free_claims
from bot.conversation.pace import Pace
from bot.conversation.refusals import Refusals
from bot.conversation.sender import Sender
from bot.conversation.timers import Timers
from bot.conversation.wording import Wording
from bot.conversation.worker import AT_ONCE, Engine, Worker, free_leases
from bot.conversation.writing import Writer
from bot.dialogue.actions import PATH, action_route
from bot.dialogue.client import EngineClient
from bot.dialogue.process import EngineProcess, EngineSettings
from bot.dialogue.training import ENGINE_PYTHON, ENGINE_SCRIPT
from bot.knowledge.base import Knowledge
from bot.knowledge.curating.calendar import turn_of_day
from bot.procedures.versions import InUse
from bot.reports.telling import Teller
from bot.storage.database import Database
from bot.storage.signals import ALARMS, DELIVERIES, INBOX, OUTBOX, listen
from bot.tickets.roles import follow_file
from bot.web.api.app import api_routes
from bot.web.api.notifying import Notifier
from bot.web.forwarding import FormPage
from bot.web.health import health_routes
from bot.web.live import Live
from bot.web.post import posters
from bot.web.posting import Poster
from bot.web.routes import console_routes
from bot.web.visit import Parts
from bot.web.watching import look

log = logging.getLogger(__name__)

KNOWLEDGE_SECONDS = 1.0
"""How often a process looks whether templates were changed, by whichever process."""
SENDER = "sender "
RESTART_SECONDS = 1.0
"""The pause before a part that broke is started again; doubled each time, up to a minute."""


class Application:
    """All parts, made from the settings; what a test wants otherwise it passes in.

    ``serves``: takes messages in over HTTP and polls the channels that need it. ``works``: takes turns and sends.
    ``exclusive``: no other process works on this database, so what a dead one had claimed is free at once.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        model: Path | None = None,
        channels: Mapping[str, Channel] | None = None,
        engine: Engine | None = None,
        clock: Clock = utc_now,
        serves: bool = True,
        works: bool = True,
        exclusive: bool = True,
    ) -> None:
        self.settings, self.clock = settings, clock
        self.serves, self.works, self.exclusive = serves, works, exclusive
        self.db = Database(settings.database_url)
        self.refusals = Refusals(clock)
        self.channels = channels if channels is not None else live_channels(settings, self.db, clock, self.refusals)
        self.procedure = InUse(settings)
        self.promise = self.procedure.promise
        self.wording = Wording.load(
            ROOT / "domain.yml", settings.timezone, settings.institution, lambda: self.promise.profile.wording
        )
        self.knowledge = Knowledge.of(settings)
        self.timers = Timers(self.db, clock, self.desk)
        self._today: date | None = None
        self.write = Writer(self.db)
        self.pace = Pace(AT_ONCE)
        self.inbox = Inbox(
            self.db, clock, self._message_came_in, self.write, self._file_came_in, self.pace,
            lambda channel, address: self.live.person_writes(channel, address),
        )  # fmt: skip
        self.senders = {name: Sender(self.db, clock, channel, settings.data_dir, self.write)
                        for name, channel in self.channels.items()}  # fmt: skip
        self.fetcher = FileFetcher(
            self.db, clock, self.channels, self.wording, settings.data_dir, settings.max_attachment
        )
        self._given_engine, self._model = engine, model
        self._ready = asyncio.Event()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    @cached_property
    def desk(self) -> Desk:
        """What agents do."""
        capabilities = {name: channel.capabilities for name, channel in self.channels.items()}
        return Desk(self.wording, capabilities, self.settings.variables)

    @cached_property
    def process(self) -> EngineProcess:
        """Rasa, as our child."""
        settings = EngineSettings(
            python=ENGINE_PYTHON,
            script=ENGINE_SCRIPT,
            model=self._model or Path("missing"),
            workers=self.settings.engines,
            action_url=f"http://{loopback(self.settings.host)}:{self.settings.port}{PATH}",
            log_file=self.settings.data_dir / "log" / "engine.log",
        )
        return EngineProcess(settings, self._engine_changed)

    @cached_property
    def engine(self) -> Engine:
        return self._given_engine or EngineClient(lambda: self.process.ports, self.process.settings.secret)

    @cached_property
    def worker(self) -> Worker:
        return Worker(
            self.db, self.clock, self.engine, self.channels, self.wording, self.knowledge, self.promise,
            institution=self.settings.institution,
            proof_for=self.settings.proof_for,
            proof_lasts=self.settings.proof_lasts,
            on_reply=self._goes_out,
            write=self.write,
            pace=self.pace,
            variables=self.settings.variables,
        )  # fmt: skip

    @cached_property
    def posters(self) -> Mapping[str, Poster[Any]]:
        """Tell people where they are."""
        return posters(self.db, self.clock, self.settings, self.promise, self.channels)

    @cached_property
    def notifier(self) -> Notifier:
        """Delivers webhooks."""
        return Notifier(self.db, self.clock, self.settings.webhooks_private)

    @cached_property
    def live(self) -> Live:
        """The console's open pages."""
        return Live(lambda mark, shown: look(self.db, mark, shown))

    @cached_property
    def console(self) -> Parts:
        """What the console works with."""
        return Parts(
            self.db, self.clock, self.settings, self.desk, self.knowledge, self.promise, self.live,
            self._told_by_staff, self, LOOKS,
        )  # fmt: skip

    def try_channel(self, channel: str, address: str, text: str) -> None:
        """Send a text at once. Only from another thread than the loop's. Raises TransportError, KeyError."""
        send_now(self.channels[channel], self._loop, address, text)

    def _told_by_staff(self) -> None:
        # Pages are made in threads.
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._goes_out)

    def asgi(self) -> Starlette:
        """The HTTP side, with everything else going on as long as it is up."""
        routes = health_routes(self.facts)
        if self.serves:
            parts = self.console
            routes += console_routes(parts) + api_routes(parts)
            for channel in self.channels.values():
                routes += channel.routes(self.inbox)
            routes += FormPage.of(self.settings, self.db, self.clock).routes()
        if self.works and self._given_engine is None:
            routes.append(action_route(self.process.settings.secret))

        @asynccontextmanager
        async def lifespan(_app: Starlette) -> AsyncIterator[None]:
            async with self.running():
                yield

        return Starlette(routes=routes, lifespan=lifespan)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Everything that goes on by itself. At the end it is stopped, and nothing is left behind."""
        if self.exclusive and self.works:
            await asyncio.to_thread(self._take_up_what_was_left)
        await asyncio.to_thread(self.procedure.start, self.db, self.clock(), follow_file)
        await asyncio.to_thread(self._look_at_knowledge)
        # All that there is now stays: looked through for garbage, it would stop everything for a tenth of a second.
        gc.collect()
        gc.freeze()
        self._loop = asyncio.get_running_loop()
        self._tasks = {name: asyncio.create_task(_kept_going(name, part)) for name, part in self._parts().items()}
        try:
            yield
        finally:
            await self._stop(*self._tasks.values())
            await self.live.close()
            for channel in self.channels.values():
                with suppress(Exception):
                    await channel.close()
            if isinstance(self.engine, EngineClient):
                await self.engine.close()
            self.db.close()

    async def stop_sending(self) -> None:
        """Let what is being sent be sent to the end, and send nothing more. The channels can be closed then."""
        await self._stop(*(task for name, task in self._tasks.items() if name.startswith(SENDER)))

    async def _stop(self, *tasks: asyncio.Task[None]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _parts(self) -> dict[str, Callable[[], Coroutine[Any, Any, None]]]:
        parts: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
            "knowledge": self._follow_knowledge,
            "signals": self._listen,
        }
        if self.serves:
            parts["gaps"] = lambda: self.console.gaps.keep_going(self.clock)
            for name, channel in self.channels.items():
                parts[f"channel {name}"] = lambda channel=channel: channel.run(self.inbox)  # type: ignore[misc]
        if self.works:
            parts |= {"worker": self.worker.run, "files": self.fetcher.run}
            parts |= {f"{SENDER}{name}": sender.run for name, sender in self.senders.items()}
            parts |= {"timers": self.timers.run, "webhooks": self.notifier.run}
            parts |= {name: poster.run for name, poster in self.posters.items()}
            parts["teller"] = Teller(self.db, self.clock, self.promise).run
            parts["nightly"] = Nightly(self.db, self.clock, self.promise, self.settings.data_dir).run
            if self._given_engine is None:
                parts["engine"] = self.process.run
        return parts

    async def _listen(self) -> None:
        wake = {INBOX: self._came_in, OUTBOX: self._goes_out, ALARMS: self.timers.wake, DELIVERIES: self._tells}
        await listen(self.settings.database_url, wake)

    def _tells(self) -> None:
        self.notifier.wake()
        for poster in self.posters.values():
            poster.wake()

    async def _follow_knowledge(self) -> None:
        while True:
            await asyncio.sleep(KNOWLEDGE_SECONDS)
            try:
                await asyncio.to_thread(self._look_at_knowledge)
            except Exception as error:
                # The old base goes on answering; the next look comes in a second.
                log.error("the knowledge base could not be read: %s", type(error).__name__)

    def _look_at_knowledge(self) -> None:
        now = self.clock()
        today = now.astimezone(self.settings.timezone).date()
        if today != self._today:
            with self.db.write() as session:
                turn_of_day(session, today, now)
            self._today = today
        self.knowledge.reload_if_changed(self.db)
        self.procedure.follow(self.db)

    def _take_up_what_was_left(self) -> None:
        with self.db.write() as session:
            free_leases(session)
            free_claims(session, self.clock())

    def _message_came_in(self) -> None:
        self.live.wake()
        if self.works:
            self.worker.wake()

    def _file_came_in(self) -> None:
        if self.works:
            self.fetcher.wake()

    def _came_in(self) -> None:
        self._message_came_in()
        self._file_came_in()

    def _goes_out(self) -> None:
        self.live.wake()
        for sender in self.senders.values():
            sender.wake()

    def _engine_changed(self) -> None:
        if self.process.ports:
            self._ready.set()

    async def ready(self) -> None:
        """Returns when the engine answers for the first time."""
        await self._ready.wait()

    def facts(self) -> Mapping[str, Any]:
        """What ``/readyz`` tells."""
        found: dict[str, Any] = {"channels": sorted(self.channels), "templates_version": self.knowledge.version}
        try:
            with self.db.read() as session:
                session.execute(text("SELECT 1"))
                found |= backlogs(session)
            found["database"] = "ok"
        except Exception as error:
            found["database"] = type(error).__name__
        engine = True
        if self.works and self._given_engine is None:
            engine = bool(self.process.ports)
            found["engine"] = {"ready": engine, "workers": len(self.process.ports), "restarts": self.process.restarts}
        return found | {"ready": engine and found["database"] == "ok"}


async def _kept_going(name: str, part: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a part until it has no more to do. A part that stays broken would be a service that is silent for good."""
    pause = RESTART_SECONDS
    while True:
        try:
            return await part()
        except Exception as error:
            log.critical("%s stopped: %s; it is started again", name, type(error).__name__, exc_info=error)
        await asyncio.sleep(pause)
        pause = min(60.0, 2 * pause)


def loopback(host: str) -> str:
    """Where this machine reaches a server that listens on ``host``."""
    if host in ("0.0.0.0", "::", "localhost", ""):  # noqa: S104
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
