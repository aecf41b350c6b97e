"""Changes through the API: each in one transaction with what it answers, so that a program that does not know whether
it arrived asks again with the same ``Idempotency-Key`` and gets the same answer, and nothing is done twice.

What was refused changed nothing and is not kept: asked again, it is looked at anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Header, Request, Security
from pydantic import BaseModel
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.web.api.door import Caller, admitted
from bot.web.api.model import ApiAnswer
from bot.web.api.problems import Refused

KEPT_FOR = timedelta(hours=24)
REPLAYED = "Idempotency-Replayed"
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[!-~]+$",
        description="A name of your own for this request (a UUID), kept for 24 hours: sent again with the same key it "
        "is answered with the same words and done once.",
    ),
]


@dataclass(frozen=True, slots=True)
class Change:
    """A request that is to change something."""

    caller: Caller
    key: str | None
    fingerprint: str

    def once(self, work: Callable[[Session], BaseModel | None], status: int = 200) -> Response:
        """Do ``work`` and answer with what it returns, if anything; where the key was used before, answer as then.
        Raises Refused for a key that was used for something else."""
        with self.caller.parts.db.write() as session:
            kept, is_new = self._claim(session) if self.key is not None else (None, True)
            if is_new:
                done = work(session)
                body = done.model_dump_json() if done is not None else ""
                if kept is not None:
                    kept.status, kept.body = status, body
        if kept is not None and not is_new:
            return _answer(kept.status, kept.body, {REPLAYED: "true"})
        self.caller.parts.happened()
        return _answer(status, body, {})

    def _claim(self, session: Session) -> tuple[ApiAnswer, bool]:
        """The row of the key, and whether it is new. Somebody who uses the same key at the same moment waits here until
        it is known what became of the first."""
        token_id, now = self.caller.bearer.token_id, self.caller.now
        forget(session, now)
        kept = session.get(ApiAnswer, (token_id, self.key))
        if kept is None:
            given = {"fingerprint": self.fingerprint, "status": 0, "body": "", "at": now}
            kept = ApiAnswer(token_id=token_id, key=self.key, **given)
            try:
                with session.begin_nested():
                    session.add(kept)
                return kept, True
            except IntegrityError:
                kept = session.get_one(ApiAnswer, (token_id, self.key))
        if kept.fingerprint != self.fingerprint:
            raise Refused(422, "key-reused", "This Idempotency-Key was used for another request.")
        return kept, False


def forget(session: Session, now: datetime) -> None:
    """Forget the answers of more than a day ago: what people wrote is in them."""
    session.execute(delete(ApiAnswer).where(ApiAnswer.at <= now - KEPT_FOR))


async def change(request: Request, caller: Annotated[Caller, Depends(admitted)], key: Key = None) -> Change:
    """The request as something that changes things."""
    where = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
    asked = b"\n".join((request.method.encode(), where.encode(), await request.body()))
    return Change(caller, key, sha256(asked).hexdigest())


def _answer(status: int, body: str, headers: dict[str, str]) -> Response:
    return Response(body or None, status, headers, media_type="application/json" if body else None)


PersonWriter = Annotated[Change, Security(change, scopes=["people:write"])]
TicketWriter = Annotated[Change, Security(change, scopes=["tickets:write"])]
KnowledgeWriter = Annotated[Change, Security(change, scopes=["knowledge:write"])]
WebhookWriter = Annotated[Change, Security(change, scopes=["webhooks:write"])]
DutyWriter = Annotated[Change, Security(change, scopes=["duty:write"])]
