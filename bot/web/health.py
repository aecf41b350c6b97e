"""Health, readiness and metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

Facts = Callable[[], Mapping[str, Any]]
"""``ready`` (bool) and whatever else tells an operator what is the matter; never anything of a person's."""


def health_routes(facts: Facts) -> list[BaseRoute]:
    """``/healthz``: the process lives. ``/readyz``: it can do all its work (503 until then). ``/metrics``."""

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_request: Request) -> Response:
        found = await run_in_threadpool(facts)
        return JSONResponse(dict(found), status_code=200 if found["ready"] else 503)

    async def metrics(_request: Request) -> Response:
        return Response(await run_in_threadpool(generate_latest), media_type=CONTENT_TYPE_LATEST)

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
