"""Who wants to be told of what. The caller commits, and has seen to it that the address may be called."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.errors import NotAllowed, told
from bot.identity import audit
from bot.webhooks.model import Webhook, WebhookDelivery
from bot.webhooks.signing import make_secret

EVERYTHING = "*"
MOST = 50


def kind_of(event: str) -> str:
    """How a ticket's event is called in webhooks: ``ticket.taken_back``."""
    return f"ticket.{event.replace(' ', '_')}"


def add(session: Session, url: str, kinds: Collection[str], texts: bool, by: str, now: datetime) -> Webhook:
    """Have the address told of events of these kinds from now on; with ``texts`` also what people wrote. Raises
    NotAllowed without a kind, and for the fifty-first webhook: each is asked at every event."""
    if not kinds:
        raise NotAllowed(told("Which events are wanted is missing; nothing was added."))
    if len(all_webhooks(session)) >= MOST:
        raise NotAllowed(told("There are {most} webhooks already; remove one first.", most=MOST))
    hook = Webhook(
        url=url, kinds=sorted({EVERYTHING} if EVERYTHING in kinds else set(kinds)), texts=texts, secret=make_secret(),
        created_at=now, created_by=by,
    )  # fmt: skip
    session.add(hook)
    session.flush()
    audit.note(session, by, "webhook added", about(hook.id), now, {"url": url, "kinds": hook.kinds, "texts": texts})
    return hook


def all_webhooks(session: Session) -> Sequence[Webhook]:
    """The oldest first."""
    return session.scalars(select(Webhook).order_by(Webhook.id)).all()


def remove(session: Session, webhook_id: int, by: str, now: datetime) -> None:
    """Tell it nothing more, and forget its deliveries. Raises NotAllowed when there is none."""
    hook = one(session, webhook_id)
    session.execute(delete(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id))
    session.delete(hook)
    audit.note(session, by, "webhook removed", about(webhook_id), now, {"url": hook.url})


def stop(session: Session, webhook_id: int, now: datetime) -> None:
    """Its receiver said that it wants nothing more, ever."""
    hook = session.get(Webhook, webhook_id)
    if hook is not None:
        hook.stopped_at = now


def one(session: Session, webhook_id: int) -> Webhook:
    """Raises NotAllowed when there is none."""
    hook = session.get(Webhook, webhook_id)
    if hook is None:
        raise NotAllowed(told("There is no webhook {id}.", id=webhook_id))
    return hook


def about(webhook_id: int) -> str:
    """How a webhook is named in the audit trail."""
    return f"webhook {webhook_id}"
