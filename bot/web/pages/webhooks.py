"""Webhooks: which programs are told of what, what became of it, and trying it (again)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.errors import NotAllowed
from bot.storage.signals import DELIVERIES, notify
from bot.tickets.model import Ticket, TicketEvent
from bot.web.api import payloads
from bot.web.api.addresses import LONGEST, checked
from bot.web.gate import not_found
from bot.web.visit import Visit
from bot.webhooks import deliveries, subscriptions
from bot.webhooks.model import Webhook, WebhookDelivery
from bot.webhooks.subscriptions import EVERYTHING

HOME = "/console/webhooks"
SHOWN = 50
Act = Callable[[Visit, Session, Webhook], str]
"""Returns where that is shown."""


def listed(visit: Visit) -> Response:
    """All of them, with what became of the last delivery of each."""
    return _page(visit, 200)


def add(visit: Visit) -> Response:
    """A new one; its secret is shown this once."""
    form, me = visit.form, visit.who.username
    wanted = [EVERYTHING] if form.get("all") else [kind for kind in payloads.kinds() if form.get(f"event-{kind}")]
    try:
        url = checked(form.get("url", "").strip()[: LONGEST + 1], visit.parts.settings.webhooks_private)
        with visit.parts.db.write() as session:
            hook = subscriptions.add(session, url, wanted, bool(form.get("texts")), me, visit.now)
            made, secret = hook.url, hook.secret
    except NotAllowed as error:
        return _page(visit, 422, flash=visit.say("webhook_refused", why=visit.told(error)), values=form)
    return _page(visit, 200, made=made, secret=secret)


def one(visit: Visit) -> Response:
    """One, with its last deliveries."""
    with visit.parts.db.read() as session:
        hook = session.get(Webhook, visit.path["webhook"])
        if hook is None:
            return not_found(visit)
        found = deliveries.latest(session, hook.id, limit=SHOWN)
        events = _events(session, found)
        dead = deliveries.counts(session).get((hook.id, "dead"), 0)
    return visit.show("webhook.html", active="staff", hook=hook, found=found, events=events, dead=dead)


def _events(session: Session, found: Sequence[WebhookDelivery]) -> Mapping[int, tuple[str, str]]:
    """(kind, ticket) of what they tell of, by the event; pings tell of none."""
    wanted = select(TicketEvent.id, TicketEvent.kind, Ticket.number).join(Ticket, Ticket.id == TicketEvent.ticket_id)
    rows = session.execute(wanted.where(TicketEvent.id.in_({each.event_id for each in found if each.event_id})))
    return {row[0]: (row[1], row[2]) for row in rows}


def act(visit: Visit) -> Response:
    """Do it to the webhook of the address."""
    do = ACTS.get(visit.path["step"])
    with visit.parts.db.write() as session:
        hook = session.get(Webhook, visit.path["webhook"])
        if do is None or hook is None:
            return not_found(visit)
        shown = do(visit, session, hook)
        notify(session, DELIVERIES)
    return visit.go(shown)


def retry(visit: Visit) -> Response:
    """Send one delivery again, whatever became of it."""
    with visit.parts.db.write() as session:
        row = session.get(WebhookDelivery, visit.path["delivery"])
        if row is None or row.webhook_id != visit.path["webhook"]:
            return not_found(visit)
        deliveries.retry(session, row.id, visit.now, by=visit.who.username)
        notify(session, DELIVERIES)
        return visit.go(f"{HOME}/{row.webhook_id}")


def _test(visit: Visit, session: Session, hook: Webhook) -> str:
    deliveries.ping(session, hook.id, visit.now, by=visit.who.username)
    return f"{HOME}/{hook.id}"


def _retry_dead(visit: Visit, session: Session, hook: Webhook) -> str:
    deliveries.retry_dead(session, hook.id, visit.now, by=visit.who.username)
    return f"{HOME}/{hook.id}"


def _remove(visit: Visit, session: Session, hook: Webhook) -> str:
    subscriptions.remove(session, hook.id, visit.who.username, visit.now)
    return HOME


ACTS: Mapping[str, Act] = {"test": _test, "retry": _retry_dead, "remove": _remove}


def _page(visit: Visit, status: int, **otherwise: Any) -> Response:
    with visit.parts.db.read() as session:
        hooks = subscriptions.all_webhooks(session)
        newest, counts = deliveries.newest(session), deliveries.counts(session)
    shown: dict[str, Any] = {
        "flash": None, "values": {}, "made": None, "secret": None, "kinds": sorted(payloads.kinds()),
        "found": [
            (hook, newest.get(hook.id), counts.get((hook.id, "pending"), 0), counts.get((hook.id, "dead"), 0))
            for hook in hooks
        ],
    }  # fmt: skip
    return visit.show("webhooks.html", status, active="staff", **{**shown, **otherwise})
