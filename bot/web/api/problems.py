"""How the API says no: as ``application/problem+json`` (RFC 9457). What people wrote is never repeated in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from bot.errors import Conflict, NotAllowed, RefusedFile

MEDIA_TYPE = "application/problem+json"


class Fault(BaseModel):
    """One thing that is wrong with a request. ``where``: ``body.text``, ``query.limit``, ``header.Idempotency-Key``."""

    where: str
    what: str


class Problem(BaseModel):
    """Why a request was refused; nothing was changed then."""

    type: str = Field(description="Always the same for the same kind of problem: `urn:sapa:problem:not-found`.")
    title: str
    status: int
    detail: str
    errors: list[Fault] | None = Field(default=None, description="Of `invalid`: each thing that is wrong.")


class Refused(Exception):
    """A request ends here with a problem; ``kind`` is the end of its type."""

    def __init__(
        self, status: int, kind: str, detail: str, *, headers: Mapping[str, str] | None = None,
        errors: Sequence[Fault] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(detail)
        self.status, self.kind, self.detail, self.errors = status, kind, detail, errors
        self.headers = dict(headers or {})


def not_found(what: str) -> Refused:
    """There is no such thing, or none that this token may know of."""
    return Refused(404, "not-found", f"There is no such {what}.")


def invalid(where: str, what: str) -> Refused:
    """One value of the request is wrong."""
    return Refused(422, "invalid", "The request has faults.", errors=[Fault(where=where, what=what)])


def answer(refused: Refused) -> Response:
    """The problem as it goes out."""
    title = HTTPStatus(refused.status).phrase
    told = Problem(
        type=f"urn:sapa:problem:{refused.kind}", title=title, status=refused.status, detail=refused.detail,
        errors=list(refused.errors) if refused.errors is not None else None,
    )  # fmt: skip
    content = told.model_dump(exclude_none=True)
    return JSONResponse(content, refused.status, headers=refused.headers, media_type=MEDIA_TYPE)


def handle_all(app: FastAPI) -> None:
    """Have every refusal of ``app`` told as a problem."""

    @app.exception_handler(Refused)
    def _refused(_: Request, refused: Refused) -> Response:
        return answer(refused)

    @app.exception_handler(NotAllowed)
    def _not_allowed(_: Request, error: NotAllowed) -> Response:
        return answer(Refused(409, "changed" if isinstance(error, Conflict) else "not-allowed", str(error)))

    @app.exception_handler(RefusedFile)
    def _faulty(_: Request, error: RefusedFile) -> Response:
        faults = [Fault(where="template", what=fault) for fault in error.faults]
        return answer(Refused(422, "invalid", "The template has faults.", errors=faults))

    @app.exception_handler(RequestValidationError)
    def _invalid(_: Request, error: RequestValidationError) -> Response:
        return answer(Refused(422, "invalid", "The request has faults.", errors=[_fault(e) for e in error.errors()]))

    @app.exception_handler(HTTPException)
    def _http(_: Request, error: HTTPException) -> Response:
        kinds = {404: "not-found", 405: "method-not-allowed", 413: "too-large"}
        kind = kinds.get(error.status_code, "invalid")
        phrase = HTTPStatus(error.status_code).phrase
        return answer(Refused(error.status_code, kind, f"{phrase}.", headers=error.headers))

    @app.exception_handler(Exception)
    def _broken(_: Request, _error: Exception) -> Response:
        return answer(Refused(500, "internal", "Something broke here; nothing was changed. Try again later."))


def _fault(error: Mapping[str, Any]) -> Fault:
    return Fault(where=".".join(map(str, error["loc"])), what=str(error["msg"]))


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What an operation's documentation says of the ways in which it may be refused."""
    told = {
        400: "The request cannot be read.",
        401: "No token, or one that is unknown, over or revoked.",
        403: "The token lacks the scope, or its account the permission.",
        404: "There is no such thing, or none that this token may know of.",
        409: "The state of things does not allow it; nothing was changed.",
        413: "The body is too large.",
        422: "The request has faults; each is named.",
        429: "Too many requests of this token; `Retry-After` says when to go on.",
    }
    return {status: {"model": Problem, "description": told[status]} for status in statuses}
