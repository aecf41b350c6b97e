"""Another program, as far as the API can tell."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

import httpx
from starlette.applications import Starlette

from bot.identity.tokens import SCOPES, make
from bot.web.api.app import PATH, api_routes
from tests.web.desk import Center


class Program:
    """Has a token of ``username`` with the scopes; none where ``username`` is None."""

    def __init__(self, center: Center, username: str | None, scopes: Collection[str] = SCOPES) -> None:
        self.center, self.token = center, ""
        if username is not None:
            with center.db.write() as session:
                row, self.token = make(session, username, "Portal", scopes, center.clock())
            self.token_id = row.id
        app = Starlette(routes=api_routes(center.parts))
        self._transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= options.pop("headers", {})

        async def go() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url="http://care.example") as client:
                return await client.request(method, PATH + path, headers=headers, **options)

        return asyncio.run(go())

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.call("GET", path, params=params or None)

    def post(self, path: str, key: str | None = None, **body: Any) -> httpx.Response:
        headers = {"Idempotency-Key": key} if key is not None else {}
        return self.call("POST", path, json=body, headers=headers)

    def items(self, path: str, limit: int, **params: Any) -> list[list[Any]]:
        """A whole list, page by page."""
        pages, cursor = [], None
        while True:
            given = {**params, "limit": limit} | ({"cursor": cursor} if cursor else {})
            page = self.get(path, **given).json()
            pages.append(page["items"])
            cursor = page["next"]
            if cursor is None:
                return pages


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """The status and the kind of a problem, which is whole."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    told = answer.json()
    assert told["status"] == answer.status_code
    assert told["detail"]
    assert told["title"]
    return answer.status_code, told["type"].removeprefix("urn:sapa:problem:")
