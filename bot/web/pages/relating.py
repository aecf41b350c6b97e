"""What a ticket is and what it belongs to: its subject, kind, priority and tags, who follows it, and the tickets that
it is linked with, merged into or split from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from bot.conversation.handover import refuse_others
from bot.errors import NotAllowed
from bot.tickets import linking, notes, service, sorting
from bot.tickets.model import Ticket
from bot.tickets.sorting import Sorting
from bot.web.visit import Visit

LONGEST = 200


def _edit(visit: Visit, session: Session, ticket: Ticket) -> None:
    refuse_others(ticket, visit.who.username, assigns=visit.may("supervise"))
    given = {name: _text(visit, name) or None for name in ("subject", "kind", "priority")}
    tags = [tag for tag in _text(visit, "tags").split(",") if tag.strip()] if "tags" in visit.form else None
    sorting.save(session, ticket, Sorting(tags=tags, **given), visit.who.username, visit.now)


def _follow(visit: Visit, session: Session, ticket: Ticket) -> None:
    notes.follow(session, ticket, visit.who.username, visit.who.username, visit.now)


def _unfollow(visit: Visit, session: Session, ticket: Ticket) -> None:
    notes.unfollow(session, ticket, visit.who.username, visit.who.username, visit.now)


def _link(visit: Visit, session: Session, ticket: Ticket) -> None:
    linking.link(session, ticket, _other(visit, session), "related", visit.who.username, visit.now)


def _merge(visit: Visit, session: Session, ticket: Ticket) -> str:
    """The work goes on with the ticket into which it was merged."""
    refuse_others(ticket, visit.who.username, assigns=visit.may("supervise"))
    into = _other(visit, session)
    visit.parts.desk.merge(session, ticket, into, visit.who.username, visit.now)
    return into.number


def _split(visit: Visit, session: Session, ticket: Ticket) -> str:
    """The work goes on with the new ticket."""
    refuse_others(ticket, visit.who.username, assigns=visit.may("supervise"))
    promise, subject = visit.parts.promise, _text(visit, "subject")
    due_at = promise.due(visit.now)
    return linking.split(session, ticket, subject, visit.who.username, visit.now, due_at, promise.zone).number


def _other(visit: Visit, session: Session) -> Ticket:
    try:
        return service.by_number(session, _text(visit, "other"))
    except KeyError as error:
        raise NotAllowed(visit.say("no_such_ticket")) from error


def _text(visit: Visit, name: str) -> str:
    return visit.form.get(name, "").strip()[:LONGEST]


def related(visit: Visit, session: Session, ticket: Ticket, names: Mapping[str, str]) -> dict[str, Any]:
    """What is shown of all this beside the ticket. ``names``: staff's, by user name."""
    followers = notes.followers(session, ticket)
    return {
        "tags": sorting.tags_of(session, ticket),
        "linked": linking.linked(session, ticket),
        "followers": [names.get(each, each) for each in followers],
        "follows": visit.who.username in followers,
    }


ACTS: Mapping[str, Callable[[Visit, Session, Ticket], str | None]] = {
    "edit": _edit,
    "follow": _follow,
    "unfollow": _unfollow,
    "link": _link,
    "merge": _merge,
    "split": _split,
}
