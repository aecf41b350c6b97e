"""The API as an application of its own, mounted beside the console's pages; its description is made from its types."""

from __future__ import annotations

import re
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Mount

from bot.web.api import (
    attaching,
    conversations,
    curating,
    duty,
    knowledge,
    me,
    people,
    problems,
    reports,
    shapes,
    steps,
    tickets,
    webhooks,
)
from bot.web.api.door import Rates
from bot.web.api.edge import Edge
from bot.web.visit import Parts

PATH = "/api/v1"
ROUTERS = (
    me.router, people.router, conversations.router, tickets.router, steps.router, attaching.router,
    knowledge.router, curating.router, reports.router, duty.router, webhooks.router,
)  # fmt: skip
_ABOUT = """What the console does, for other programs: see [docs/api.md](docs/api.md).

Every request carries a token, `Authorization: Bearer sapa_…`, which acts as an account of the staff and may what its
scopes name. Refusals are `application/problem+json`. Long lists go on with `cursor`. What changes something takes an
`Idempotency-Key` and is then done once, however often it is sent."""


def api(parts: Parts) -> FastAPI:
    """The API over ``parts``."""
    app = FastAPI(
        title="Sapa", version="1", description=_ABOUT, servers=[{"url": PATH}], root_path_in_servers=False,
        # Its pages would come from another house.
        docs_url=None, redoc_url=None, redirect_slashes=False, generate_unique_id_function=_name,
    )  # fmt: skip
    app.state.parts, app.state.rates = parts, Rates(parts.settings.api_rate)
    for router in ROUTERS:
        app.include_router(router)
    app.webhooks.post("ticket")(_ticket_event)
    problems.handle_all(app)
    made = app.openapi

    def openapi() -> dict[str, Any]:
        return _told_as_problems(made())

    app.openapi = openapi  # type: ignore[method-assign]
    return app


def api_routes(parts: Parts) -> list[BaseRoute]:
    """The API's place among the routes of the application."""
    here = Mount(PATH, app=Edge(api(parts), attaching.UPLOADS, parts.settings.max_attachment))
    # An address with a line break in it is no one's either; without this it would be answered by somebody else.
    here.path_regex = re.compile(here.path_regex.pattern, re.DOTALL)
    return [here]


def _ticket_event(body: shapes.Notification) -> None:
    """Sent to the webhooks that want this kind of event, with the headers `webhook-id`, `webhook-timestamp` and
    `webhook-signature` (Standard Webhooks). Anything but 2xx within 15 seconds is a failure: it is sent again, for
    three days, under the same id."""


def _name(route: APIRoute) -> str:
    return route.name


def _told_as_problems(description: dict[str, Any]) -> dict[str, Any]:
    """Every refusal in the description with the media type that it has."""
    for path in description["paths"].values():
        for operation in path.values():
            for status, told in operation["responses"].items():
                content = told.get("content", {})
                if status.startswith("4") and "application/json" in content:
                    content[problems.MEDIA_TYPE] = content.pop("application/json")
    return description
