"""The way into the API: whose token it is, what it may, and how often; and that nothing is asked that is not known."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, cast

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes

from bot.conversation.buckets import Buckets
from bot.conversation.messages import Rate
from bot.identity import tokens
from bot.identity.tokens import Bearer
from bot.procedures import rules
from bot.tickets import roles
from bot.web.api.problems import Refused, invalid
from bot.web.visit import Parts

NEEDS: Mapping[str, rules.Permission] = {
    "people": "answer", "conversations": "answer", "tickets": "answer", "knowledge": "curate", "reports": "report",
    "duty": "assign", "webhooks": "administer",
}  # fmt: skip
"""What of the profile's permissions a token's account needs for the scopes of a kind; ``texts`` go with the others."""
_scheme = HTTPBearer(
    scheme_name="token", auto_error=False, description="A token of `sapa api token create`, which was shown there once."
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, for the length of one request. ``granted``: what the profile lets the account do."""

    parts: Parts
    bearer: Bearer
    granted: frozenset[rules.Permission]
    now: datetime

    @property
    def username(self) -> str:
        """As whom everything is done and written down."""
        return self.bearer.username

    @property
    def texts(self) -> bool:
        """Whether what people and staff wrote may be shown."""
        return "texts:read" in self.bearer.scopes


class Rates:
    """How many requests each token may make, in this process. ``a_minute``: that many, and at once a third of them."""

    def __init__(self, a_minute: int) -> None:
        self._buckets = Buckets(Rate(a_minute / 60, max(1, a_minute // 3)))
        self._lock = threading.Lock()

    def take(self, token_id: int) -> float:
        """Count a request; the seconds to wait where it is one too many, else 0."""
        now = time.monotonic()
        with self._lock:
            wait = self._buckets.wait(str(token_id), now)
            if not wait:
                self._buckets.take(str(token_id), now)
        return wait


def admitted(
    scopes: SecurityScopes, request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_scheme)]
) -> Caller:
    """Who asks, if he may. Raises Refused."""
    parts, rates = cast(Parts, request.app.state.parts), cast(Rates, request.app.state.rates)
    now = parts.clock()
    bearer = _bearer(parts, given.credentials, now) if given is not None else None
    if bearer is None:
        challenge = {"WWW-Authenticate": 'Bearer realm="sapa"'}
        raise Refused(401, "unauthenticated", "A valid token is needed: Authorization: Bearer …", headers=challenge)
    if wait := rates.take(bearer.token_id):
        headers = {"Retry-After": str(math.ceil(wait))}
        raise Refused(429, "too-many-requests", "Too many requests of this token.", headers=headers)
    _refuse_unknown(request)
    granted = _granted(parts, bearer)
    for scope in scopes.scopes:
        if scope not in bearer.scopes:
            challenge = {"WWW-Authenticate": f'Bearer realm="sapa", error="insufficient_scope", scope="{scope}"'}
            raise Refused(403, "insufficient-scope", f"The token lacks the scope {scope}.", headers=challenge)
        kind = scope.partition(":")[0]
        if kind in NEEDS and NEEDS[kind] not in granted:
            raise Refused(403, "not-permitted", f"The token's account may not: {NEEDS[kind]}.")
    return Caller(parts, bearer, granted, now)


def _refuse_unknown(request: Request) -> None:
    """A filter that is not known would let through everything, silently."""
    operation = request.app.openapi()["paths"][request.scope["route"].path_format][request.method.lower()]
    known = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"}
    for name in request.query_params:
        if name not in known:
            raise invalid(f"query.{name}", "there is no such parameter")


def _bearer(parts: Parts, text: str, now: datetime) -> Bearer | None:
    with parts.db.read() as session:
        bearer = tokens.find(session, text, now)
    if bearer is not None and bearer.needs_noting(now):
        with parts.db.write() as session:
            tokens.note_use(session, bearer.token_id, now)
    return bearer


def _granted(parts: Parts, bearer: Bearer) -> frozenset[rules.Permission]:
    with parts.db.read() as session:
        return roles.permissions(session, parts.promise.profile, bearer.username, bearer.role)


Anyone = Annotated[Caller, Security(admitted)]
PeopleReader = Annotated[Caller, Security(admitted, scopes=["people:read"])]
ConversationReader = Annotated[Caller, Security(admitted, scopes=["conversations:read"])]
TicketReader = Annotated[Caller, Security(admitted, scopes=["tickets:read"])]
TextFinder = Annotated[Caller, Security(admitted, scopes=["tickets:read", "texts:read"])]
KnowledgeReader = Annotated[Caller, Security(admitted, scopes=["knowledge:read"])]
DutyReader = Annotated[Caller, Security(admitted, scopes=["duty:read"])]
ReportReader = Annotated[Caller, Security(admitted, scopes=["reports:read"])]
WebhookReader = Annotated[Caller, Security(admitted, scopes=["webhooks:read"])]
