"""Taking a turn: read all that it needs, and write all that came of it in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, exists, func, select, update
from sqlalchemy.orm import Session

from bot.conversation.charge import put_assistant_in_charge, ticket_of_agent
from bot.conversation.choices import typed_choice
from bot.conversation.courtesy import asks_for_nothing
from bot.conversation.model import ASSISTANT, PENDING, Attachment, Choice, Conversation, InboxMessage, OutboxMessage
from bot.conversation.saying import Recipient, say
from bot.conversation.speaker import FLOOD_LIMIT, FLOOD_WINDOW, STATE_LASTS, Situation
from bot.conversation.turn import Effect
from bot.conversation.wording import Wording
from bot.identity.blocking import note_told
from bot.identity.people import PersonFacts, facts
from bot.tickets import service as tickets

REPEATS_LOOKED_AT = 5
_IN = cast(Table, InboxMessage.__table__)
_OUT = cast(Table, OutboxMessage.__table__)
_TALK = cast(Table, Conversation.__table__)
_CHOICE = cast(Table, Choice.__table__)
_FILE = cast(Table, Attachment.__table__)

# Statements of every turn are put together once: that costs more than running them.
_PENDING = _IN.c.conversation_id == bindparam("conversation"), _IN.c.status == PENDING
_FIRST = (
    select(
        _IN,
        # A sticker says what its emoji says; it is no file that somebody hands in.
        select(func.count())
        .select_from(_FILE)
        .where(_FILE.c.inbox_id == _IN.c.id, _FILE.c.kind != "sticker")
        .scalar_subquery()
        .label("files"),
    )
    .where(*_PENDING)
    .order_by(_IN.c.id)
    .limit(1)
)
_MORE = select(_IN.c.id).where(*_PENDING).limit(1)
_CONVERSATION = select(_TALK, exists().where(_OUT.c.conversation_id == _TALK.c.id).label("anything_said")).where(
    _TALK.c.id == bindparam("conversation")
)
_LOCKED = (
    select(*(_TALK.c[name] for name in ("id", "channel", "language", "epoch", "in_charge")))
    .where(_TALK.c.id == bindparam("conversation"))
    .with_for_update()
)
_KEEP_LANGUAGE = update(_TALK).where(_TALK.c.id == bindparam("b_id")).values(language=bindparam("b_language"))
_KEEP_STATE = update(_TALK).where(_TALK.c.id == bindparam("b_id")).values(state=bindparam("b_state"))
# By the index, whenever they came in: by time, all that the person ever wrote would be looked at.
_EARLIER = (
    select(_IN.c.external_id, _IN.c.edits, _IN.c.text, _IN.c.received_at)
    .where(_IN.c.conversation_id == bindparam("conversation"), _IN.c.id < bindparam("inbox"))
    .order_by(_IN.c.id.desc())
    .limit(FLOOD_LIMIT + 1)
)
_LAST_SAID = (
    select(_OUT.c.id)
    .where(_OUT.c.conversation_id == bindparam("conversation"), _OUT.c.status != "dropped")
    .order_by(_OUT.c.id.desc())
    .limit(1)
    .scalar_subquery()
)
_OFFERED = (
    select(_CHOICE.c.label, _CHOICE.c.intent, _CHOICE.c.data)
    .join(_OUT, _OUT.c.id == _CHOICE.c.outbox_id)
    .where(_CHOICE.c.outbox_id == _LAST_SAID, _OUT.c.created_at > bindparam("since"))
    .order_by(_CHOICE.c.position)
)
_DONE = (
    update(_IN)
    .where(
        _IN.c.id == bindparam("b_id"),
        _IN.c.status == PENDING,
        # It may have been moved to another conversation of the person.
        _IN.c.conversation_id == bindparam("b_conversation"),
    )
    .values(status="done", handled_by=bindparam("b_by"), done_at=bindparam("b_at"))
    .returning(_IN.c.id)
)


@dataclass(slots=True)
class Prepared:
    """The message whose turn it is, and what is known around it."""

    inbox_id: int
    conversation_id: int
    channel: str
    address: str
    external_id: str
    text: str
    received_at: datetime
    attempts: int
    epoch: int
    language: str
    state: dict[str, Any] | None
    first_contact: bool
    repeats: int
    choice: tuple[str, str | None] | None
    person: PersonFacts
    situation: Situation


@dataclass(slots=True)
class Reply:
    """A response to be worded at the commit."""

    response: str
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Outcome:
    """What came of a turn. ``state``: the new dialogue state; ``keep_state`` leaves the old one. ``author``: of the
    replies; "system" ones are sent although a human takes over meanwhile."""

    handled_by: str
    replies: Sequence[Reply] = ()
    effects: Sequence[Effect] = ()
    state: dict[str, Any] | None = None
    keep_state: bool = True
    language: str | None = None
    author: str = ASSISTANT


def prepare(session: Session, conversation_id: int, now: datetime) -> Prepared | None:
    """The oldest message of the conversation that waits; None when none does."""
    here = {"conversation": conversation_id}
    row = session.execute(_FIRST, here).one_or_none()
    if row is None:
        return None
    conversation = session.execute(_CONVERSATION, here).one()
    earlier = session.execute(_EARLIER, {**here, "inbox": row.id}).all()
    offered = _offered(session, conversation_id, row.received_at - STATE_LASTS)
    choice = _choice(session, row, offered)
    person = facts(session, conversation.person_id, now)
    fresh = bool(earlier) and row.received_at - earlier[0].received_at < STATE_LASTS
    return Prepared(
        inbox_id=row.id,
        conversation_id=conversation_id,
        channel=row.channel,
        address=conversation.address,
        external_id=row.external_id,
        text=row.text,
        received_at=row.received_at,
        attempts=row.attempts,
        epoch=conversation.epoch,
        language=conversation.language,
        state=conversation.state if fresh else None,
        first_contact=not conversation.anything_said,
        repeats=_repeats(row, earlier[:REPEATS_LOOKED_AT]),
        choice=choice,
        person=person,
        situation=_situation(row, conversation, earlier, choice, person),
    )


def more_waits(session: Session, conversation_id: int) -> bool:
    """Whether a message of the conversation waits for its turn."""
    return session.scalar(_MORE, {"conversation": conversation_id}) is not None


def _situation(
    row: Any,
    conversation: Any,
    earlier: Sequence[Any],
    choice: tuple[str, str | None] | None,
    person: PersonFacts,
) -> Situation:
    latest = [row.received_at, *(other.received_at for other in earlier)]
    recent = [at for at in reversed(latest) if at > row.received_at - FLOOD_WINDOW]
    return Situation(
        kind=row.kind,
        text=row.text,
        command=row.command,
        choice=choice,
        choice_unknown=row.choice is not None and choice is None,
        files=row.files,
        in_charge=conversation.in_charge,
        edits_latest=not earlier or row.edits in (earlier[0].external_id, earlier[0].edits),
        recent=recent,
        group_told=row.kind == "group" and conversation.anything_said,
        blocked=person.blocked_at is not None,
        blocked_told=person.blocked_told,
    )


def _repeats(row: Any, earlier: Sequence[Any]) -> int:
    """How many of the last messages, ``row`` included, say the same."""
    said = row.text.strip().casefold()
    count = 1
    for other in earlier:
        if not said or other.text.strip().casefold() != said:
            break
        count += 1
    return count


def _offered(session: Session, conversation_id: int, since: datetime) -> Sequence[Any]:
    """The choices of the last message that went to the person, if it had any and was written after ``since``: typed
    much later, a number or a "yes" means something else."""
    return session.execute(_OFFERED, {"conversation": conversation_id, "since": since}).all()


def _choice(session: Session, row: Any, offered: Sequence[Any]) -> tuple[str, str | None] | None:
    if row.choice is not None:
        pressed = session.get(Choice, row.choice)
        # A key of another conversation is nobody's: keys travel through clients that we do not trust.
        if pressed is None or pressed.conversation_id != row.conversation_id:
            return None
        return pressed.intent, pressed.data
    position = typed_choice(row.text, [choice.label for choice in offered])
    return None if position is None else (offered[position].intent, offered[position].data)


class TakenOver(Exception):
    """A human took over while the turn was being taken; nothing of it was written."""


def commit(
    session: Session,
    prepared: Prepared,
    outcome: Outcome,
    wording: Wording,
    max_text: int,
    max_choices: int,
    now: datetime,
) -> bool:
    """Write the turn. False when the message had been dealt with already (nothing is written then), or would have
    belonged to a ticket of the agent in charge, who has none here any more: the assistant is in charge then, and the
    message waits for his turn. Raises TakenOver when the conversation's epoch is no longer the one the turn began
    with."""
    conversation = session.execute(_LOCKED, {"conversation": prepared.conversation_id}).one()
    his = None
    if outcome.handled_by == "agent" and conversation.epoch == prepared.epoch:
        his = ticket_of_agent(session, conversation.id, conversation.in_charge)
        if his is None:
            put_assistant_in_charge(session.get_one(Conversation, conversation.id))
            return False
    done = session.execute(
        _DONE,
        {
            "b_id": prepared.inbox_id,
            "b_conversation": prepared.conversation_id,
            "b_by": outcome.handled_by,
            "b_at": now,
        },
    ).all()
    if not done:
        return False
    if conversation.epoch != prepared.epoch:
        raise TakenOver
    known: dict[str, Any] = {}
    for effect in outcome.effects:
        known.update(effect(session) or {})
    person = Recipient(conversation.id, conversation.channel, outcome.language or conversation.language, prepared.epoch)
    if person.language != conversation.language:
        session.execute(_KEEP_LANGUAGE, {"b_id": person.id, "b_language": person.language})
    if not outcome.keep_state:
        session.execute(_KEEP_STATE, {"b_id": person.id, "b_state": outcome.state})
    for reply in outcome.replies:
        say(
            session, person, wording, reply.response, {**known, **reply.args},
            author=outcome.author, inbox_id=prepared.inbox_id, max_text=max_text, max_choices=max_choices, now=now,
        )  # fmt: skip
    if his is not None:
        tickets.add_message(
            session, his, actor=tickets.PERSON, inbox_id=prepared.inbox_id, now=now,
            courtesy=asks_for_nothing(prepared.text),
        )  # fmt: skip
    if outcome.handled_by == "blocked" and outcome.replies:
        note_told(session, prepared.person.id)
    return True


def postpone(session: Session, inbox_id: int) -> None:
    """Count a try that failed."""
    session.execute(update(InboxMessage).where(InboxMessage.id == inbox_id).values(attempts=InboxMessage.attempts + 1))


def give_up(session: Session, inbox_id: int, now: datetime) -> None:
    """Leave a message that can never succeed, so that those behind it can."""
    session.execute(
        update(InboxMessage)
        .where(InboxMessage.id == inbox_id, InboxMessage.status == "pending")
        .values(status="failed", done_at=now)
    )
