"""Putting words into the outbox: worded, cut into messages, with buttons under them; who we are before all else."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, insert, select
from sqlalchemy.orm import Session

from bot.conversation.model import Choice, Conversation, OutboxMessage
from bot.conversation.text import split_text
from bot.conversation.wording import Option, Said, Wording
from bot.storage.signals import OUTBOX, notify

# Statements of every message are put together once: that costs more than running them.
_OUT = cast(Table, OutboxMessage.__table__)
_PUT = insert(_OUT).returning(_OUT.c.id)
_OFFER = insert(cast(Table, Choice.__table__))
_SAID = select(_OUT.c.id).where(_OUT.c.conversation_id == bindparam("conversation")).limit(1)

WITHOUT_A_TURN = frozenset(
    {
        "utter_unreadable", "utter_file_refused", "utter_file_failed", "utter_edited_noted", "utter_engine_down",
        "utter_engine_down_added",
    }
)  # fmt: skip
"""What may be the first that a person hears of us although no turn of the talk was taken: it introduces us first."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Of a conversation, what a message to it must know."""

    id: int
    channel: str
    language: str
    epoch: int


def say(
    session: Session,
    conversation: Conversation | Recipient,
    wording: Wording,
    response: str,
    args: Mapping[str, Any],
    *,
    author: str,
    max_text: int,
    max_choices: int,
    now: datetime,
    inbox_id: int | None = None,
) -> list[int]:
    """Put a response into the outbox, in the conversation's language, cut into messages the channel can carry; returns
    their ids.

    Who we are is said once, before all else: also where something was said after the turn had begun. For that the
    conversation's row has to be locked."""
    ids: list[int] = []
    if response == "utter_introduction" and _anything_said(session, conversation.id):
        return ids
    if response == "utter_greet_first" and _anything_said(session, conversation.id):
        response = "utter_greet"
    if response in WITHOUT_A_TURN and not _anything_said(session, conversation.id):
        ids = say(
            session, conversation, wording, "utter_introduction",
            {"greeting": wording.greeting(now), "institution": wording.institution},
            author=author, max_text=max_text, max_choices=max_choices, now=now, inbox_id=inbox_id,
        )  # fmt: skip
    said = wording.say(response, conversation.language, args, seed=str(inbox_id or ""))
    origin = {"response": response} | {key: args[key] for key in ("template", "score") if key in args}
    for text, options in in_messages(said, wording, conversation.language, max_text, max_choices):
        ids.append(put(session, conversation, text, author=author, now=now, inbox_id=inbox_id, origin=origin))
        offer(session, conversation.id, ids[-1], options)
    return ids


def in_messages(
    said: Said, wording: Wording, language: str, max_text: int, max_choices: int
) -> list[tuple[str, Sequence[Option]]]:
    """What was said, cut into messages that a channel can carry. More choices than one can hold are paged."""
    *before, last = split_text(said.text, max_text)
    found: list[tuple[str, Sequence[Option]]] = [(text, ()) for text in before]
    found.append((last, said.options[:max_choices]))
    for start in range(max_choices, len(said.options), max_choices):
        more = wording.say("utter_more_choices", language, {}).text
        found.append((more, said.options[start : start + max_choices]))
    return found


def _anything_said(session: Session, conversation_id: int) -> bool:
    return session.scalar(_SAID, {"conversation": conversation_id}) is not None


def put(
    session: Session,
    conversation: Conversation | Recipient,
    text: str,
    *,
    author: str,
    now: datetime,
    inbox_id: int | None = None,
    origin: Mapping[str, Any] | None = None,
) -> int:
    """Queue one message and return its id; it is sent after all that was queued before it in this conversation."""
    values = {
        "conversation_id": conversation.id,
        "channel": conversation.channel,
        "inbox_id": inbox_id,
        "author": author,
        "epoch": conversation.epoch,
        "text": text,
        "origin": dict(origin) if origin else None,
        "status": "queued",
        "attempts": 0,
        "next_try_at": now,
        "created_at": now,
    }
    row_id: int = session.execute(_PUT, values).scalar_one()
    notify(session, OUTBOX)
    return row_id


def offer(session: Session, conversation_id: int, outbox_id: int, options: Sequence[Option]) -> None:
    """Put buttons under a queued message. Their keys are random, so nobody can guess another's."""
    if not options:
        return
    rows = [
        {
            "key": secrets.token_urlsafe(12),
            "outbox_id": outbox_id,
            "conversation_id": conversation_id,
            "position": position,
            "label": option.label[:120],
            "description": option.description and option.description[:200],
            "intent": option.intent,
            "data": option.data,
        }
        for position, option in enumerate(options)
    ]
    session.execute(_OFFER, rows)
