"""The route that Rasa calls to run an action, in this process, through rasa_sdk's executor."""

from __future__ import annotations

import asyncio
import hmac
import json
from typing import Any

from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

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
    try:
        result = asyncio.run(executor.run(call))
    except ActionExecutionRejection as rejection:
        # 400 with this body is how Rasa learns that a form rejects the message and another rule should take it.
        return JSONResponse({"error": str(rejection), "action_name": rejection.action_name}, status_code=400)
    except KeyError:
        # The turn is over: the engine answers a call that was given up.
        return JSONResponse({"error": "no such turn"}, status_code=409)
    return JSONResponse(result.model_dump() if result else {"events": [], "responses": []})
