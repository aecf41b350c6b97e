"""``/webhooks``: who is told of what, and what became of it."""

from __future__ import annotations

from typing import Annotated, Literal, cast

from fastapi import APIRouter, Path
from pydantic import Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.storage.signals import DELIVERIES, notify
from bot.web.api import payloads, shapes
from bot.web.api.addresses import LONGEST, checked
from bot.web.api.door import WebhookReader
from bot.web.api.fields import plain
from bot.web.api.once import WebhookWriter
from bot.web.api.paging import USUAL, Cursor, Limit, Page, cut, only
from bot.web.api.problems import Refused, documented, invalid, not_found
from bot.webhooks import deliveries, subscriptions
from bot.webhooks.model import Webhook, WebhookDelivery

router = APIRouter(prefix="/webhooks", tags=["webhooks"], responses=documented(401, 403, 422, 429))
AT, CHANGING = documented(404), documented(400, 409, 413)
WebhookId = Annotated[shapes.Id, Path(alias="id")]
DeliveryId = Annotated[shapes.Id, Path(alias="delivery")]


class NewWebhook(shapes.Given):
    """Where to tell, and what."""

    url: Annotated[str, Field(min_length=1, max_length=LONGEST, examples=["https://portal.example.ac.id/sapa"])]
    events: Annotated[
        list[Annotated[str, Field(max_length=64)]],
        Field(min_length=1, max_length=100, examples=[["ticket.opened", "ticket.closed"]]),
    ]
    texts: bool = Field(default=False, description="Whether what was written goes along; needs `texts:read`.")


@router.get("", response_model=Page[shapes.Webhook])
def list_webhooks(caller: WebhookReader, cursor: Cursor = None, limit: Limit = USUAL) -> Page[shapes.Webhook]:
    """Webhooks, the oldest first. Scope `webhooks:read`."""
    after = only(cursor) or 0
    with caller.parts.db.read() as session:
        rows = [row for row in subscriptions.all_webhooks(session) if row.id > after]
    found, following = cut(rows, limit, lambda row: (row.id,))
    return Page(items=[_told(row) for row in found], next=following)


@router.post("", status_code=201, response_model=shapes.MadeWebhook, responses=CHANGING)
def create_webhook(change: WebhookWriter, given: NewWebhook) -> Response:
    """Have an address told of events from now on. The secret is in this answer alone. Scope `webhooks:write`."""
    caller = change.caller
    if given.texts and not caller.texts:
        raise Refused(403, "insufficient-scope", "Texts go only where the token has the scope texts:read.")
    if unknown := payloads.unknown([plain(kind) for kind in given.events]):
        raise invalid("body.events", f"there is no event {', '.join(unknown)}")
    url = checked(plain(given.url), caller.parts.settings.webhooks_private)

    def work(session: Session) -> shapes.MadeWebhook:
        hook = subscriptions.add(session, url, given.events, given.texts, caller.username, caller.now)
        return shapes.MadeWebhook(**_told(hook).model_dump(), secret=hook.secret)

    return change.once(work, 201)


@router.get("/{id}", response_model=shapes.Webhook, responses=AT)
def get_webhook(caller: WebhookReader, webhook_id: WebhookId) -> shapes.Webhook:
    """A webhook. Scope `webhooks:read`."""
    with caller.parts.db.read() as session:
        return _told(_found(session, webhook_id))


@router.delete("/{id}", status_code=204, response_class=Response, responses=AT | CHANGING)
def delete_webhook(change: WebhookWriter, webhook_id: WebhookId) -> Response:
    """Tell it nothing more; what waited for it is forgotten. Scope `webhooks:write`."""

    def work(session: Session) -> None:
        _found(session, webhook_id)
        subscriptions.remove(session, webhook_id, change.caller.username, change.caller.now)

    return change.once(work, 204)


@router.post("/{id}/ping", status_code=202, response_model=shapes.Delivery, responses=AT | CHANGING)
def ping_webhook(change: WebhookWriter, webhook_id: WebhookId) -> Response:
    """Send it something that tells of nothing, to see whether it arrives. Scope `webhooks:write`."""

    def work(session: Session) -> shapes.Delivery:
        _found(session, webhook_id)
        made = deliveries.ping(session, webhook_id, change.caller.now, by=change.caller.username)
        notify(session, DELIVERIES)
        return _delivery(made)

    return change.once(work, 202)


@router.get("/{id}/deliveries", response_model=Page[shapes.Delivery], responses=AT)
def list_deliveries(
    caller: WebhookReader,
    webhook_id: WebhookId,
    status: Literal["pending", "delivered", "dead"] | None = None,
    cursor: Cursor = None,
    limit: Limit = USUAL,
) -> Page[shapes.Delivery]:
    """What was sent to it, and what became of that, the newest first. Scope `webhooks:read`."""
    with caller.parts.db.read() as session:
        _found(session, webhook_id)
        rows = deliveries.latest(session, webhook_id, status, before=only(cursor), limit=limit + 1)
    found, following = cut(rows, limit, lambda row: (row.id,))
    return Page(items=[_delivery(row) for row in found], next=following)


@router.post(
    "/{id}/deliveries/{delivery}/retry", status_code=202, response_model=shapes.Delivery, responses=AT | CHANGING
)
def retry_delivery(change: WebhookWriter, webhook_id: WebhookId, delivery_id: DeliveryId) -> Response:
    """Send it again, whatever became of it, under the same id. Scope `webhooks:write`."""

    def work(session: Session) -> shapes.Delivery:
        row = session.get(WebhookDelivery, delivery_id)
        if row is None or row.webhook_id != webhook_id:
            raise not_found("delivery")
        deliveries.retry(session, delivery_id, change.caller.now, by=change.caller.username)
        notify(session, DELIVERIES)
        return _delivery(row)

    return change.once(work, 202)


def _found(session: Session, webhook_id: int) -> Webhook:
    row = session.get(Webhook, webhook_id)
    if row is None:
        raise not_found("webhook")
    return row


def _told(row: Webhook) -> shapes.Webhook:
    return shapes.Webhook(
        id=row.id, url=row.url, events=list(row.kinds), texts=row.texts, created_at=row.created_at,
        created_by=row.created_by, stopped_at=row.stopped_at,
    )  # fmt: skip


def _delivery(row: WebhookDelivery) -> shapes.Delivery:
    return shapes.Delivery(
        id=row.id, event_id=row.event_id, status=cast(Literal["pending", "delivered", "dead"], row.status),
        attempts=row.attempts, next_try_at=row.next_try_at, created_at=row.created_at, done_at=row.done_at,
        last_status=row.last_status, last_error=row.last_error,
    )  # fmt: skip
