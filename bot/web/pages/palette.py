"""The command palette: pages, tickets, people and what can be done here, by a few letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from starlette.responses import Response

from bot.conversation import search
from bot.identity import finding
from bot.tickets.model import Ticket
from bot.web.permissions import Permission
from bot.web.visit import Visit
from bot.web.words import known

TICKETS, PEOPLE = 6, 4
PAGES: tuple[tuple[str, str, str, Permission], ...] = (
    ("/console", "inbox", "inbox", "work"),
    ("/console/desk", "desk", "phone", "work"),
    ("/console/people", "people", "users", "work"),
    ("/console/today", "today_page", "layout-dashboard", "supervise"),
    ("/console/reports", "reports", "chart-column", "report"),
    ("/console/ptpp", "ptpp_title", "shield-check", "plan"),
    ("/console/notices", "notices", "bell", "own"),
    ("/console/knowledge", "knowledge", "book-open", "curate"),
    ("/console/knowledge/gaps", "gaps", "circle-help", "curate"),
    ("/console/knowledge/golden", "golden", "shield-check", "curate"),
    ("/console/canned", "canned_replies", "list", "curate"),
    ("/console/procedure", "procedure", "workflow", "supervise"),
    ("/console/procedure/form", "change_values", "settings", "administer"),
    ("/console/staff", "staff", "id-card", "supervise"),
    ("/console/tokens", "tokens", "key-round", "administer"),
    ("/console/webhooks", "webhooks", "workflow", "administer"),
    ("/console/trail", "trail", "history", "supervise"),
    ("/console/system", "system", "activity", "administer"),
    ("/console/password", "password_choose", "key-round", "own"),
    ("/console/second-factor", "second_factor", "lock", "own"),
    ("/console/sessions", "sessions", "monitor", "own"),
)
"""(address, its name, icon, permission)."""
ACTS = (
    ("r", "reply", "message-circle"), ("n", "note", "sticky-note"), ("t", "take", "hand"), ("a", "assign", "users"),
    ("e", "close", "check"), ("u", "undo_closing", "undo-2"), ("f", "forward", "corner-up-right"),
    ("c", "categorise", "tag"), ("m", "macro", "sparkles"),
)  # fmt: skip
"""(key, its name, icon) of what can be done with the ticket that is open."""


@dataclass(frozen=True, slots=True)
class Option:
    """``address``: where it leads; or ``key``: which key does the same."""

    title: str
    about: str
    icon: str
    address: str = ""
    key: str = ""


def palette(visit: Visit) -> Response:
    """What fits to what was typed; without that, what can be done here and all pages. ``?can=``: the keys of the steps
    that the open ticket's page offers as the ticket stands."""
    typed = visit.request.query_params.get("find", "").strip()[: finding.LONGEST]
    options = [*_acts(visit, typed, visit.request.query_params.get("can", "")), *_pages(visit, typed)]
    if typed and visit.may("work"):
        options += [*_tickets(visit, typed), *_people(visit, typed)]
    return visit.show("parts/palette.html", options=options)


def _acts(visit: Visit, typed: str, can: str) -> Sequence[Option]:
    named = [(key, visit.say(name), icon) for key, name, icon in ACTS if key in can]
    return [Option(name, key, icon, key=key) for key, name, icon in named if _fits(typed, name)]


def _pages(visit: Visit, typed: str) -> Sequence[Option]:
    named = [(address, visit.say(name), icon) for address, name, icon, permission in PAGES if visit.may(permission)]
    return [Option(name, "", icon, address) for address, name, icon in named if _fits(typed, name)]


def _fits(typed: str, name: str) -> bool:
    words = name.lower().split()
    return all(any(word.startswith(part) for word in words) for part in typed.lower().split())


def _tickets(visit: Visit, typed: str) -> Sequence[Option]:
    with visit.parts.db.read() as session:
        found = [each.ticket_id for each in search.search(session, typed, limit=TICKETS)]
        tickets = {each.id: each for each in session.scalars(select(Ticket).where(Ticket.id.in_(found)))}
    return [
        Option(visit.subject(each), f"{each.number} · {known(visit.language, 'status', each.status)}", "inbox",
               f"/console/tickets/{each.number}")
        for each in (tickets[key] for key in found)
    ]  # fmt: skip


def _people(visit: Visit, typed: str) -> Sequence[Option]:
    with visit.parts.db.read() as session:
        found = finding.find(session, typed, visit.now, limit=PEOPLE)
    return [
        Option(each.name or visit.say("visitor"), known(visit.language, "kind", each.kind), "user",
               f"/console/people/{each.person_id}")
        for each in found
        if each.person_id is not None
    ]  # fmt: skip
