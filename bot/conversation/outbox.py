"""What is to be sent, in the database: whose turn it is, claims, and what became of it. The database decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Table,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from bot.conversation import delivery
from bot.conversation.messages import Button, Capabilities, Outgoing, StoredFile
from bot.conversation.model import ASSISTANT, OPEN, Choice, Conversation, OutboxMessage
from bot.errors import TransportError

CLAIM = timedelta(seconds=60)
"""When a claim lapses and the row may be sent by another; whoever is still sending renews it."""
GIVE_UP = timedelta(hours=24)
"""What could not be sent within so long is not sent any more: nobody expects it now."""
TOO_OLD = "it waited for more than 24 hours; the channel was switched off or could not be reached"

_OUT = cast(Table, OutboxMessage.__table__)
_TALK = cast(Table, Conversation.__table__)
_CHOICE = cast(Table, Choice.__table__)


def _open(table: FromClause) -> ColumnElement[bool]:
    return table.c.status.in_(OPEN)


def _due(now: BindParameter[datetime]) -> ColumnElement[bool]:
    """What may be sent now. What was never tried always may: a clock that was put back must not hold it."""
    return or_(_OUT.c.next_try_at <= now, _OUT.c.attempts == 0)


# Statements of every message are put together once: that costs more than running them.
_EARLIER = _OUT.alias()
_EPOCH = select(_TALK.c.epoch).where(_TALK.c.id == _OUT.c.conversation_id).scalar_subquery()
_HEADS = (
    select(
        *(_OUT.c[name] for name in ("id", "conversation_id", "author", "epoch", "text", "attempts", "created_at")),
        _OUT.c.origin, _TALK.c.address, _TALK.c.last_from_person, _TALK.c.language,
    )
    .join(_TALK, _TALK.c.id == _OUT.c.conversation_id)
    .where(
        _OUT.c.channel == bindparam("channel"),
        _open(_OUT),
        _due(bindparam("now")),
        ~exists().where(
            _EARLIER.c.conversation_id == _OUT.c.conversation_id, _EARLIER.c.id < _OUT.c.id, _open(_EARLIER)
        ),
    )
    .order_by(_OUT.c.id)
    .limit(bindparam("limit"))
)  # fmt: skip
_CLAIM = (
    update(_OUT)
    .where(
        _OUT.c.id == bindparam("b_id"),
        _open(_OUT),
        _due(bindparam("b_now")),
        or_(_OUT.c.author != ASSISTANT, _OUT.c.epoch == _EPOCH),
    )
    .values(status="sending", attempts=_OUT.c.attempts + 1, next_try_at=bindparam("b_until"))
    .returning(_OUT.c.id)
)
_RENEW = (
    update(_OUT)
    .where(
        _OUT.c.id == bindparam("b_id"),
        _OUT.c.status == "sending",
        # The number of the try tells whose claim it is.
        _OUT.c.attempts == bindparam("b_attempts"),
    )
    .values(next_try_at=bindparam("b_until"))
    .returning(_OUT.c.id)
)
_OLD = (
    update(_OUT)
    .where(
        _OUT.c.channel == bindparam("b_channel"),
        _open(_OUT),
        _OUT.c.created_at < bindparam("b_before"),
        # Not what is just being sent.
        or_(_OUT.c.status == "queued", _OUT.c.next_try_at <= bindparam("b_now")),
    )
    .values(
        status="failed", last_error=literal(TOO_OLD).concat(func.coalesce(literal(": ").concat(_OUT.c.last_error), ""))
    )
    .returning(_OUT.c.id)
)
_DROP = (
    update(_OUT)
    .where(_OUT.c.id == bindparam("b_id"), _open(_OUT), _OUT.c.author == ASSISTANT, _OUT.c.epoch != _EPOCH)
    .values(status="dropped")
)
_MARK = (
    update(_OUT)
    .where(_OUT.c.id == bindparam("b_id"))
    .values(status="sent", sent_at=bindparam("b_at"), external_id=bindparam("b_external"), last_error=None)
)
_BUTTONS = (
    select(_CHOICE.c.key, _CHOICE.c.label, _CHOICE.c.description)
    .where(_CHOICE.c.outbox_id == bindparam("outbox"))
    .order_by(_CHOICE.c.position)
)
_HELD = select(_OUT.c.id).where(_OUT.c.conversation_id == bindparam("conversation"), _OUT.c.status == "held").limit(1)
_RELEASE = (
    update(_OUT)
    .where(_OUT.c.conversation_id.in_(bindparam("conversations", expanding=True)), _OUT.c.status == "held")
    # It is as old as the occasion to send it.
    .values(status="queued", attempts=0, next_try_at=bindparam("b_now"), created_at=bindparam("b_now"))
    .returning(_OUT.c.id)
)
_MORE = select(_OUT.c.id).where(_OUT.c.conversation_id == bindparam("conversation"), _open(_OUT)).limit(1)


def backoff(attempts: int) -> timedelta:
    """The wait after the ``attempts``-th failure: 1, 2, 4 … seconds, at most 5 minutes."""
    return timedelta(seconds=min(300.0, 2.0 ** min(attempts - 1, 9)))


@dataclass(frozen=True, slots=True)
class Head:
    """The first unsent message of a conversation."""

    id: int
    conversation_id: int
    address: str
    author: str
    epoch: int
    text: str
    attempts: int
    created_at: datetime
    last_from_person: datetime | None
    language: str
    files: Sequence[Mapping[str, Any]]


def heads(session: Session, channel: str, now: datetime, limit: int) -> list[Head]:
    """The first open message of each conversation, where it is due. A later one never overtakes it."""
    rows = session.execute(_HEADS, {"channel": channel, "now": now, "limit": limit})
    return [
        Head(
            row.id, row.conversation_id, row.address, row.author, row.epoch, row.text, row.attempts, row.created_at,
            row.last_from_person, row.language, (row.origin or {}).get("files", ()),
        )
        for row in rows
    ]  # fmt: skip


def claim(session: Session, head: Head, now: datetime) -> bool:
    """Take a message for sending. False when another has it, or when it is the assistant's and a human took over since
    it was written: then it is dropped. The database decides, at this moment."""
    mine = session.execute(_CLAIM, {"b_id": head.id, "b_now": now, "b_until": now + CLAIM}).all()
    if not mine:
        session.execute(_DROP, {"b_id": head.id})
    return bool(mine)


def give_up_old(session: Session, channel: str, now: datetime) -> int:
    """Make what waited too long a dead letter. Returns how many."""
    return len(session.execute(_OLD, {"b_channel": channel, "b_before": now - GIVE_UP, "b_now": now}).all())


def renew(session: Session, head: Head, now: datetime) -> bool:
    """Keep the claim on a message that takes long to send. False when it lapsed and is another's, or the message was
    dealt with."""
    values = {"b_id": head.id, "b_attempts": head.attempts + 1, "b_until": now + CLAIM}
    return bool(session.execute(_RENEW, values).all())


def message(session: Session, head: Head, data_dir: Path) -> Outgoing:
    """A claimed row as the channel gets it, with its buttons and files."""
    choices = session.execute(_BUTTONS, {"outbox": head.id})
    buttons = tuple(Button(key, label, description) for key, label, description in choices)
    files = tuple(StoredFile(data_dir / file["path"], file["filename"], file["media_type"]) for file in head.files)
    return Outgoing(head.text, buttons, files, language=head.language)


def sent(session: Session, head: Head, channel: str, external_id: str | None, now: datetime) -> bool:
    """Note that a message was sent, under the channel's id. Whether something else waits in the conversation."""
    if external_id is not None:
        delivery.hold(session, channel, external_id)
    session.execute(_MARK, {"b_id": head.id, "b_at": now, "b_external": external_id})
    if external_id is not None:
        delivery.catch_up(session, channel, external_id)
    return session.scalar(_MORE, {"conversation": head.conversation_id}) is not None


def fail(session: Session, head: Head, error: TransportError, now: datetime) -> str:
    """Note a failure: try again later, or give the message up (a dead letter, with the reason). Returns which."""
    reason = f"{error.code}: {error.reason}" if error.code else error.reason
    over = error.permanent or now - head.created_at > GIVE_UP
    wait = max(backoff(head.attempts + 1), timedelta(seconds=error.retry_after or 0))
    values = {"status": "failed"} if over else {"status": "queued", "next_try_at": now + wait}
    session.execute(_row(head).values(last_error=reason, **values))
    if error.unreachable:
        session.execute(
            update(Conversation)
            .where(Conversation.id == head.conversation_id)
            .values(unreachable_since=now)
            .execution_options(synchronize_session=False)
        )
    return "dead" if over else "retried"


def in_window(message: Outgoing, head: Head, capabilities: Capabilities, now: datetime) -> Outgoing:
    """The message as it may be sent now. Outside the channel's window that is the approved template, where there is
    one; the message is to be held then. Raises TransportError where there is none, and for a file, whose place no
    template can take."""
    if capabilities.window is None or not _window_over(head, capabilities.window, now):
        return message
    if capabilities.window_template is not None and not message.files:
        return Outgoing(message.text, template=capabilities.window_template)
    hours = int(capabilities.window.total_seconds() // 3600)
    raise TransportError(
        f"the person last wrote more than {hours} hours ago; the channel allows no free text and no files "
        "until he writes again",
        permanent=True,
        code="window",
    )


def _window_over(head: Head, window: timedelta, now: datetime) -> bool:
    return head.last_from_person is None or now - head.last_from_person >= window


def waits_for_person(session: Session, head: Head, capabilities: Capabilities, now: datetime) -> bool:
    """Whether the window is over and the person was asked to write already, by the template: for what waits before. A
    second template would tell him nothing new."""
    if capabilities.window is None or capabilities.window_template is None:
        return False
    if head.files or not _window_over(head, capabilities.window, now):
        return False
    return session.scalar(_HELD, {"conversation": head.conversation_id}) is not None


def hold(session: Session, head: Head) -> None:
    """Keep a message until the person writes; no template can take its words."""
    session.execute(_row(head).where(_open(_OUT)).values(status="held", last_error=None))


def release(session: Session, conversations: Sequence[int], now: datetime) -> bool:
    """The people of these conversations wrote: what was held for them is to be sent. Whether there was anything."""
    return bool(session.execute(_RELEASE, {"conversations": list(conversations), "b_now": now}).all())


def free_claims(session: Session, now: datetime) -> None:
    """Send at once what a sender that is gone had claimed. Only where no other sender can be running."""
    session.execute(update(OutboxMessage).where(OutboxMessage.status == "sending").values(next_try_at=now))


def _row(head: Head) -> Any:
    return update(OutboxMessage).where(OutboxMessage.id == head.id).execution_options(synchronize_session=False)
