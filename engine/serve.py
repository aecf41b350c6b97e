"""The dialogue engine: Rasa as a pure function behind one route.

``POST /turn`` takes ``{"turn": id, "state": {...} or null, "message": {"text": …} or {"intent": …}}`` and gives
``{"state": {...}, "replies": [{"response": …, "args": {…}}], "intent": {"name": …, "confidence": …}}``.
Nothing is kept between calls, so any worker can take any turn, and a turn can be taken again.

Run as ``python serve.py`` with Rasa's environment. One process loads the model and forks the workers, which share its
memory; a worker that dies is forked anew in a moment, on the socket it had. Everything ends when standard input closes:
the parent holds the other end, so no engine outlives it, however it ended.

Settings come as one JSON line on standard input: ``model`` (path), ``workers`` (number), ``secret`` (wanted in the
``Authorization`` header here and sent with each action call), ``action_url``. Told on standard output, one JSON line
each: ``{"event": "ready", "ports": […], "pids": […]}``, ``{"event": "worker", "index": …, "pid": …}``.
"""

from __future__ import annotations

import asyncio
import gc
import hmac
import json
import logging
import os
import re
import signal
import socket
import sys
import threading
import time
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")

MAX_BODY = 1_000_000
BACKOFF_SECONDS = (0.05, 0.2, 1.0, 5.0)


def _end_with_parent() -> None:
    """Wait for the end of standard input, then end this process and its workers."""
    while sys.stdin.readline():
        pass
    os.killpg(os.getpid(), signal.SIGKILL)


def _quiet() -> int:
    """Give events a pipe of their own, and let nothing but errors be logged: Rasa's debug lines hold what people write.

    Returns the file descriptor for events.
    """
    import structlog

    events = os.dup(1)
    os.dup2(2, 1)
    logging.basicConfig(level=logging.CRITICAL, stream=sys.stderr)
    logging.getLogger("sapa.engine").setLevel(logging.ERROR)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    return events


def _tell(events: int, **event: Any) -> None:
    os.write(events, (json.dumps(event) + "\n").encode())


class Engine:
    """A loaded model. ``turn`` is the pure function."""

    def __init__(self, model: str, action_url: str, secret: str) -> None:
        import shortcuts
        from rasa.core.agent import Agent
        from rasa.core.nlg.generator import NaturalLanguageGenerator
        from rasa.core.tracker_store import TrackerStore
        from rasa.utils.endpoints import ClientResponseError, EndpointConfig

        class ByName(NaturalLanguageGenerator):
            """Names the response instead of wording it: the words are put in by the application."""

            async def generate(self, utter_action: str, *_args: Any, **kwargs: Any) -> dict[str, Any]:
                return {"text": utter_action}

        class OneTurn(TrackerStore):
            """Holds a tracker for the length of one turn."""

            def __init__(self) -> None:
                super().__init__(None)
                self.trackers: dict[str, Any] = {}
                self.failed: dict[str, str] = {}

            async def retrieve(self, sender_id: str) -> Any:
                return self.trackers.get(sender_id)

            async def save(self, tracker: Any) -> None:
                self.trackers[tracker.sender_id] = tracker

        class Actions(EndpointConfig):
            """The application's action route over connections that are kept."""

            _session: Any = None

            async def request(self, method: str = "post", json: Any = None, **_kwargs: Any) -> Any:
                try:
                    return await post(self, json)
                except ClientResponseError as error:
                    if error.status != 400:
                        store.failed[json["sender_id"]] = json["next_action"]
                    raise
                except Exception:
                    store.failed[json["sender_id"]] = json["next_action"]
                    raise

        self.store = store = OneTurn()
        endpoint = Actions(action_url, headers={"Authorization": f"Bearer {secret}"}, enable_selective_domain=True)
        self.agent = Agent.load(model, generator=ByName(), tracker_store=self.store, action_endpoint=endpoint)
        shortcuts.take(self.agent.processor)
        self.initial = {slot.name: slot.initial_value for slot in self.agent.domain.slots}

    async def turn(self, turn: str, state: dict[str, Any] | None, message: dict[str, Any]) -> dict[str, Any]:
        """Take one turn; see the module's text for the shapes."""
        from rasa.core.channels.channel import UserMessage

        channel = _collector()
        self.store.trackers[turn] = self._tracker(turn, state or {})
        try:
            await self.agent.handle_message(
                UserMessage(
                    plain(message.get("text")),
                    channel,
                    turn,
                    parse_data=_parsed(message) if message.get("intent") else None,
                    message_id=turn,
                )
            )
            tracker = self.store.trackers[turn]
            if turn in self.store.failed:
                # Rasa would go on without the action's events; half a turn is worse than none.
                raise RuntimeError(f"action {self.store.failed[turn]} failed")
        finally:
            self.store.trackers.pop(turn, None)
            self.store.failed.pop(turn, None)
        intent = tracker.latest_message.intent if tracker.latest_message else {}
        return {
            "state": self._state(tracker),
            "replies": channel.replies,
            "intent": {"name": intent.get("name"), "confidence": intent.get("confidence")},
        }

    def _tracker(self, turn: str, state: dict[str, Any]) -> Any:
        """A tracker that stands where the state says: the slots, the form that is going on, and listening."""
        from rasa.shared.core.events import ActionExecuted, ActiveLoop, SessionStarted, SlotSet
        from rasa.shared.core.trackers import DialogueStateTracker

        events: list[Any] = [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")]
        slots = state.get("slots", {})
        events += [SlotSet(name, value) for name, value in slots.items() if name in self.initial]
        if state.get("loop"):
            events.append(ActiveLoop(state["loop"]))
        domain = self.agent.domain
        return DialogueStateTracker.from_events(turn, events, domain.slots, domain=domain)

    def _state(self, tracker: Any) -> dict[str, Any]:
        """What the next turn needs: slots that differ from their start, and the active form."""
        slots = {
            name: slot.value
            for name, slot in tracker.slots.items()
            if name in self.initial and slot.value != self.initial[name] and name != "session_started_metadata"
        }
        return {"slots": slots, "loop": tracker.active_loop_name}


def plain(text: Any) -> str:
    """The text as Rasa may see it: behind a leading slash, and it looks behind white space for one, anybody could name
    an intent and set slots."""
    return re.sub(r"^[\s/]+", "", str(text or "")).rstrip() or "?"


def _parsed(message: dict[str, Any]) -> dict[str, Any]:
    intent = {"name": message["intent"], "confidence": 1.0}
    return {"text": message.get("text", ""), "intent": intent, "intent_ranking": [intent], "entities": []}


def _collector() -> Any:
    from rasa.core.channels.channel import OutputChannel

    class Collector(OutputChannel):
        """Keeps what is said, by name and arguments."""

        def __init__(self) -> None:
            self.replies: list[dict[str, Any]] = []

        @classmethod
        def name(cls) -> str:
            return "sapa"

        async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
            response = message.pop("utter_action", None) or message.pop("text", None)
            args = message.get("custom") or {}
            self.replies.append({"response": response, "args": args})

    return Collector()


async def post(endpoint: Any, body: Any) -> Any:
    """Call the action route. A rejected action (400) reaches Rasa as it expects it."""
    import aiohttp
    from rasa.utils.endpoints import ClientResponseError

    if endpoint._session is None:
        connector = aiohttp.TCPConnector(limit=64, keepalive_timeout=60)
        endpoint._session = aiohttp.ClientSession(connector=connector, headers=endpoint.headers)
    async with endpoint._session.post(endpoint.url, json=body, timeout=aiohttp.ClientTimeout(total=3)) as answer:
        if answer.status >= 400:
            raise ClientResponseError(answer.status, answer.reason, await answer.text())
        return await answer.json()


async def _serve(engine: Engine, listener: socket.socket, secret: str, parent: int) -> None:
    """Answer turns until the parent process is gone."""
    from aiohttp import web

    wanted = f"Bearer {secret}"

    async def turn(request: web.Request) -> web.Response:
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), wanted.encode()):
            return web.Response(status=401)
        body = await request.json()
        try:
            answer = await engine.turn(body["turn"], body.get("state"), body["message"])
        except Exception as error:
            # The text of the error may hold what a person wrote: only its kind is told.
            logging.getLogger("sapa.engine").error("turn failed: %s", type(error).__name__)
            return web.json_response({"error": type(error).__name__}, status=500)
        return web.json_response(answer)

    async def alive(_request: web.Request) -> web.Response:
        return web.Response(text="ok")

    app = web.Application(client_max_size=MAX_BODY)
    app.add_routes([web.post("/turn", turn), web.get("/", alive)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.SockSite(runner, listener).start()
    # There is no event for the death of a parent.
    while os.getppid() == parent:  # noqa: ASYNC110
        await asyncio.sleep(0.5)


def _fork(engine: Engine, listener: socket.socket, secret: str) -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        asyncio.run(_serve(engine, listener, secret, parent))
        status = 0
    finally:
        os._exit(status)


def main() -> None:
    """Load, fork, and keep the workers alive."""
    os.setpgid(0, 0) if os.getpgrp() != os.getpid() else None
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    settings = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    events = _quiet()
    engine = Engine(settings["model"], settings["action_url"], settings["secret"])
    # Frozen objects are left alone by the collector, so the workers go on sharing their pages.
    gc.collect()
    gc.freeze()
    listeners = [socket.create_server(("127.0.0.1", 0), backlog=256) for _ in range(settings["workers"])]
    pids = [_fork(engine, listener, settings["secret"]) for listener in listeners]
    _tell(events, event="ready", ports=[listener.getsockname()[1] for listener in listeners], pids=pids)
    fast_deaths = 0
    while True:
        born = time.monotonic()
        pid, _status = os.wait()
        fast_deaths = 0 if time.monotonic() - born > 10 else fast_deaths + 1
        time.sleep(BACKOFF_SECONDS[min(fast_deaths, len(BACKOFF_SECONDS) - 1)])
        index = pids.index(pid)
        pids[index] = _fork(engine, listeners[index], settings["secret"])
        _tell(events, event="worker", index=index, pid=pids[index])


if __name__ == "__main__":
    main()
