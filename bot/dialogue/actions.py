"""The route that Rasa calls to run an action, in this process, through rasa_sdk's executor."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import traceback
from collections.abc import Coroutine
from typing import Any, TypeVar

from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.conversation.turn import turns

log = logging.getLogger(__name__)
T = TypeVar("T")

PATH = "/engine/actions"


def action_route(secret: str, package: str = "actions") -> Route:
    """``POST /engine/actions`` for all actions of ``package``; whoever does not know ``secret`` gets 401."""
    executor = ActionExecutor()
    executor.register_package(package)
    wanted = f"Bearer {secret}".encode()

    async def run(request: Request) -> Response:
        given = request.headers.get("authorization", "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, wanted):
            return Response(status_code=401)
        # Actions read the database: they run in a thread, so that the event loop goes on.
        return await asyncio.to_thread(_run, executor, await request.body())

    return Route(PATH, run, methods=["POST"])


def _run(executor: ActionExecutor, body: bytes) -> Response:
    call: dict[str, Any] = json.loads(body)
    if not turns.running(call["sender_id"]):
        # The turn is over: this is the call of an engine that was given up.
        return JSONResponse({"error": "no such turn"}, status_code=409)
    # The engine leaves the domain out (no action reads it); the executor insists on one.
    call.setdefault("domain", {"version": "3.1"})
    try:
        result = _finished(executor.run(call))
    except ActionExecutionRejection as rejection:
        # 400 with this body is how Rasa learns that a form rejects the message and another rule should take it.
        return JSONResponse({"error": str(rejection), "action_name": rejection.action_name}, status_code=400)
    except Exception as error:
        # Where it happened is told, not the values: they may be what a person wrote.
        log.error("action %s failed: %s\n%s", call["next_action"], type(error).__name__, _frames(error))
        return JSONResponse({"error": type(error).__name__}, status_code=500)
    return JSONResponse(result.model_dump() if result else {"events": [], "responses": []})


def _finished(coroutine: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns that never waits: actions are plain functions, and a loop for each costs more than most
    of them."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    coroutine.close()
    raise RuntimeError("an action waits; actions are plain functions")


def _frames(error: Exception) -> str:
    return "".join(traceback.format_list(traceback.extract_tb(error.__traceback__)))
