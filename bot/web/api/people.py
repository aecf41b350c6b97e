"""``/people``: who writes to us."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, cast

from fastapi import APIRouter, Path, Query
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.identity import blocking
from bot.identity.model import Handle, Person
from bot.identity.people import facts
from bot.web.api import shapes
from bot.web.api.door import Caller, PeopleReader
from bot.web.api.fields import plain
from bot.web.api.once import PersonWriter
from bot.web.api.paging import USUAL, Cursor, Limit, Page, cut, only
from bot.web.api.problems import documented, not_found

router = APIRouter(prefix="/people", tags=["people"], responses=documented(401, 403, 422, 429))
CHANGING = documented(400, 404, 409, 413)
PersonId = Annotated[shapes.Id, Path(alias="id")]


class Reason(shapes.Given):
    """Why it is done; it is written down."""

    reason: Annotated[str, Field(min_length=1, max_length=2000)]


@router.get("", response_model=Page[shapes.Person])
def list_people(
    caller: PeopleReader,
    channel: Annotated[str | None, Query(max_length=32)] = None,
    address: Annotated[str | None, Query(max_length=200, description="On that channel, in full.")] = None,
    cursor: Cursor = None,
    limit: Limit = USUAL,
) -> Page[shapes.Person]:
    """People, the newest first; by channel and address whoever has that one. Scope `people:read`."""
    wanted = select(Person).order_by(Person.id.desc()).limit(limit + 1)
    if channel is not None or address is not None:
        theirs = select(Handle.person_id)
        theirs = theirs.where(Handle.channel == plain(channel)) if channel is not None else theirs
        theirs = theirs.where(Handle.address == plain(address)) if address is not None else theirs
        wanted = wanted.where(Person.id.in_(theirs))
    if (before := only(cursor)) is not None:
        wanted = wanted.where(Person.id < before)
    with caller.parts.db.read() as session:
        found, following = cut(session.scalars(wanted).all(), limit, lambda row: (row.id,))
        return Page(items=_people(session, caller, found), next=following)


@router.get("/{id}", response_model=shapes.Person, responses=documented(404))
def get_person(caller: PeopleReader, person_id: PersonId) -> shapes.Person:
    """A person. Scope `people:read`."""
    with caller.parts.db.read() as session:
        return _one(session, caller, _found(session, person_id))


@router.post("/{id}/block", response_model=shapes.Person, responses=CHANGING)
def block_person(change: PersonWriter, person_id: PersonId, given: Reason) -> Response:
    """The assistant answers him no more, and tells him so once; agents still may. Scope `people:write`."""
    caller, why = change.caller, plain(given.reason)

    def work(session: Session) -> shapes.Person:
        person = _found(session, person_id)
        blocking.block(session, person, why, caller.username, caller.now)
        return _one(session, caller, person)

    return change.once(work)


@router.post("/{id}/unblock", response_model=shapes.Person, responses=CHANGING)
def unblock_person(change: PersonWriter, person_id: PersonId) -> Response:
    """The assistant answers him again, from his next message on. Scope `people:write`."""
    caller = change.caller

    def work(session: Session) -> shapes.Person:
        person = _found(session, person_id)
        blocking.unblock(session, person, caller.username, caller.now)
        return _one(session, caller, person)

    return change.once(work)


def _found(session: Session, person_id: int) -> Person:
    person = session.get(Person, person_id)
    if person is None:
        raise not_found("person")
    return person


def _one(session: Session, caller: Caller, person: Person) -> shapes.Person:
    [told] = _people(session, caller, [person])
    return told


def _people(session: Session, caller: Caller, found: Sequence[Person]) -> list[shapes.Person]:
    handles: dict[int, list[shapes.Handle]] = {}
    wanted = select(Handle).where(Handle.person_id.in_([person.id for person in found])).order_by(Handle.id)
    for row in session.scalars(wanted):
        told = shapes.Handle(channel=row.channel, address=row.address, display_name=row.display_name)
        handles.setdefault(row.person_id, []).append(told)
    return [_person(session, caller, person, handles.get(person.id, [])) for person in found]


def _person(session: Session, caller: Caller, person: Person, handles: list[shapes.Handle]) -> shapes.Person:
    known = facts(session, person.id, caller.now)
    return shapes.Person(
        id=person.id, kind=cast(Literal["unknown", "guest", "student", "staff"], known.kind), name=known.name,
        email=known.email, number=known.number, stated_number=person.stated_number, proven=known.proven,
        locked_until=known.locked_until, blocked_at=known.blocked_at, handles=handles,
        created_at=person.created_at,
    )  # fmt: skip
