"""What is to be delivered: written in the transaction of the event, tried until the receiver took it or days are over.
The caller commits, and wakes who delivers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from bot.errors import NotAllowed
from bot.identity import audit
from bot.identity.tokens import TERMINAL
from bot.webhooks.model import PENDING, Webhook, WebhookDelivery
from bot.webhooks.subscriptions import EVERYTHING, about, kind_of, stop

CLAIM = timedelta(minutes=2)
"""So long a delivery belongs to who tries it; longer than any try takes."""
PAUSES = (
    *(timedelta(seconds=seconds) for seconds in (5, 60, 300, 1800)),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)
"""Between the tries; after the last it is dead, three days after the event."""
LONGEST_WAIT = timedelta(hours=24)
KEPT = timedelta(days=30)
"""How long what is done is remembered."""
GONE = 410
AT_ONCE = 8
_LOOKED_AT = 200

_KNOWN = "webhooks"
_WANTED = select(Webhook.id, Webhook.kinds).where(Webhook.stopped_at.is_(None))


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery to be tried now. ``message_id``: the same at every try. ``event_id``: None for a ping."""

    id: int
    webhook_id: int
    event_id: int | None
    url: str
    secret: str
    texts: bool
    created_at: datetime

    @property
    def message_id(self) -> str:
        return f"msg_{self.id}"


def wanting(session: Session, event: str) -> Sequence[int]:
    """The webhooks that are told of such events of tickets."""
    kind = kind_of(event)
    return [key for key, kinds in _receivers(session).items() if EVERYTHING in kinds or kind in kinds]


def queue(session: Session, webhooks: Collection[int], event_id: int, now: datetime) -> None:
    """Have each of them told of the event."""
    session.add_all(_delivery(key, event_id, now) for key in webhooks)


def _receivers(session: Session) -> Mapping[int, Collection[str]]:
    """What each wants to know of; read once a session: who is made or stopped meanwhile is minded from the next on."""
    known: Mapping[int, Collection[str]] | None = session.info.get(_KNOWN)
    if known is None:
        known = session.info[_KNOWN] = {row.id: row.kinds for row in session.execute(_WANTED)}
    return known


def ping(session: Session, webhook_id: int, now: datetime, *, by: str = TERMINAL) -> WebhookDelivery:
    """Something to be delivered that tells of nothing, to see whether it arrives."""
    delivery = _delivery(webhook_id, None, now)
    session.add(delivery)
    audit.note(session, by, "webhook tried", about(webhook_id), now)
    return delivery


def _delivery(webhook_id: int, event_id: int | None, now: datetime) -> WebhookDelivery:
    return WebhookDelivery(
        webhook_id=webhook_id, event_id=event_id, status="pending", attempts=0, next_try_at=now, created_at=now
    )


def next_due(session: Session, busy: Collection[int] = ()) -> datetime | None:
    """When the next one is to be tried, but for the webhooks ``busy``; None when none waits."""
    return session.scalar(select(func.min(WebhookDelivery.next_try_at)).where(_waits(), _free(busy)))


def claim(session: Session, now: datetime, busy: Collection[int] = ()) -> Sequence[Due]:
    """Deliveries whose time has come, for the caller alone until ``CLAIM`` is over: some of each webhook, but for those
    ``busy``, so that one that is slow or down holds up no other."""
    due = select(WebhookDelivery).where(_waits(), _free(busy), WebhookDelivery.next_try_at <= now)
    due = due.order_by(WebhookDelivery.next_try_at, WebhookDelivery.id).limit(_LOOKED_AT)
    found: dict[int, list[Due]] = {}
    for row in session.scalars(due.with_for_update(skip_locked=True)).all():
        if len(found.setdefault(row.webhook_id, [])) < AT_ONCE:
            hook = session.get(Webhook, row.webhook_id)
            if hook is None:
                session.delete(row)
                continue
            row.attempts, row.next_try_at = row.attempts + 1, now + CLAIM
            own = (hook.url, hook.secret, hook.texts, row.created_at)
            found[row.webhook_id].append(Due(row.id, row.webhook_id, row.event_id, *own))
    return [due for dues in found.values() for due in dues]


def _waits() -> ColumnElement[bool]:
    return WebhookDelivery.status == PENDING


def _free(busy: Collection[int]) -> ColumnElement[bool]:
    return WebhookDelivery.webhook_id.not_in(busy)


def delivered(session: Session, delivery_id: int, status: int, now: datetime) -> None:
    """The receiver took it."""
    values = {"status": "delivered", "next_try_at": None, "done_at": now, "last_status": status, "last_error": None}
    session.execute(update(WebhookDelivery).where(WebhookDelivery.id == delivery_id).values(**values))


def failed(
    session: Session, delivery_id: int, error: str, now: datetime, *, status: int | None = None,
    retry_after: timedelta | None = None,
) -> bool:  # fmt: skip
    """It did not arrive; whether it is tried again. A receiver that says it is gone is told nothing more."""
    row = session.get(WebhookDelivery, delivery_id)
    if row is None or row.status != "pending":
        return False
    row.last_status, row.last_error = status, error
    if status == GONE:
        stop(session, row.webhook_id, now)
    if status == GONE or row.attempts > len(PAUSES):
        row.status, row.next_try_at, row.done_at = "dead", None, now
        return False
    asked = min(retry_after or timedelta(), LONGEST_WAIT)
    row.next_try_at = now + max(PAUSES[row.attempts - 1], asked)
    return True


def retry(session: Session, delivery_id: int, now: datetime, *, by: str = TERMINAL) -> WebhookDelivery:
    """Try it again from the beginning, whatever became of it. Raises NotAllowed when there is none."""
    row = session.get(WebhookDelivery, delivery_id)
    if row is None:
        raise NotAllowed(f"There is no delivery {delivery_id}.")
    row.status, row.attempts, row.next_try_at, row.done_at = "pending", 0, now, None
    audit.note(session, by, "webhook sent again", about(row.webhook_id), now, {"number": row.id})
    return row


def retry_dead(session: Session, webhook_id: int, now: datetime, *, by: str = TERMINAL) -> int:
    """Try all dead ones of a webhook again; returns how many."""
    dead = update(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.status == "dead")
    values = {"status": "pending", "attempts": 0, "next_try_at": now, "done_at": None}
    count = len(session.execute(dead.values(**values).returning(WebhookDelivery.id)).all())
    if count:
        audit.note(session, by, "webhook sent again", about(webhook_id), now, {"number": count})
    return count


def newest(session: Session) -> Mapping[int, WebhookDelivery]:
    """The last delivery of each webhook that has one."""
    last = select(func.max(WebhookDelivery.id)).group_by(WebhookDelivery.webhook_id)
    return {row.webhook_id: row for row in session.scalars(select(WebhookDelivery).where(WebhookDelivery.id.in_(last)))}


def counts(session: Session) -> Mapping[tuple[int, str], int]:
    """By webhook and status, how many deliveries there are."""
    columns = WebhookDelivery.webhook_id, WebhookDelivery.status
    counted = session.execute(select(*columns, func.count()).group_by(*columns))
    return {(row[0], row[1]): row[2] for row in counted}


def latest(
    session: Session, webhook_id: int | None = None, status: str | None = None, *, before: int | None = None, limit: int
) -> Sequence[WebhookDelivery]:
    """Deliveries, the newest first."""
    wanted = select(WebhookDelivery).order_by(WebhookDelivery.id.desc()).limit(limit)
    if webhook_id is not None:
        wanted = wanted.where(WebhookDelivery.webhook_id == webhook_id)
    if status is not None:
        wanted = wanted.where(WebhookDelivery.status == status)
    if before is not None:
        wanted = wanted.where(WebhookDelivery.id < before)
    return session.scalars(wanted).all()


def forget(session: Session, now: datetime) -> None:
    """What was done long ago is not remembered."""
    session.execute(delete(WebhookDelivery).where(WebhookDelivery.done_at < now - KEPT))
