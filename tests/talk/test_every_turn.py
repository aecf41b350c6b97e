"""Whatever is said, whatever had been asked: the engine has a rule for it, and the person an answer."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest
from sqlalchemy import select

from bot.conversation.model import Choice, Conversation, OutboxMessage
from tests.talk.harness import Reply, Talk
from tests.talk.test_words import DOMAIN

PENDING = [None, *DOMAIN["slots"]["pending"]["values"]]
LOOPS = {None: None, "identity_form": "full_name", "guest_form": "guest_email"}
STRANGE = [
    "cerita " * 1428 + "!",
    "a" * 10_000,
    "😀" * 500,
    "\u202eabc\u200b\u0301\u0301",
    "=cmd|' /C calc'!A0",
    "/restart",
    "/session_start{}",
    "/back",
    "null",
    "{question}",
    "%s %d {0}",
    "<script>alert(1)</script>",
    "1" * 400,
    "@" * 300,
    "٣ ٤ ٥",
    "你好",
]


def press(talk: Talk, intent: str, pending: str | None, loop: str | None) -> list[Reply]:
    """A choice of ``intent`` in a talk that stands where it is said."""
    slots = {"pending": pending, "requested_slot": LOOPS[loop], "goal": "ticket" if loop else None}
    known = {name: value for name, value in slots.items() if value is not None} | {"question": "lampu mati"}
    with talk.live.app.db.write() as session:
        conversation = session.scalars(select(Conversation).where(Conversation.address == talk.address)).one()
        conversation.state = {"slots": known, "loop": loop}
        outbox = select(OutboxMessage.id).where(OutboxMessage.conversation_id == conversation.id).limit(1)
        key = f"{conversation.id}.{intent[:6]}.{pending or '-'}"[:12] + f"{id(slots) % 10_000:04}"
        place = {"outbox_id": session.scalars(outbox).one(), "conversation_id": conversation.id, "position": 0}
        session.merge(Choice(key=key, label=intent, intent=intent, data=None, **place))
    return talk._send(choice=key)


@pytest.mark.engine
@pytest.mark.parametrize("loop", LOOPS)
def test_every_act_is_answered_whatever_was_asked_before(talks: Callable[[], Talk], loop: str | None) -> None:
    silent, talk = [], talks()
    talk.say("halo")
    # Nothing is pending in a form.
    for intent, pending in product([*DOMAIN["intents"], "nlu_fallback"], PENDING if loop is None else [None]):
        talk.advance(minutes=1)
        replies = press(talk, intent, pending, loop)
        said = [reply.response for reply in replies]
        if not said or "utter_engine_down" in said:
            silent.append((intent, pending, said))
    assert not silent


@pytest.mark.engine
@pytest.mark.parametrize("text", STRANGE, ids=range(len(STRANGE)))
def test_no_message_is_too_strange(talks: Callable[[], Talk], text: str) -> None:
    talk = talks()
    said = [reply.response for reply in talk.say(text)]
    assert said
    assert "utter_engine_down" not in said
    assert talk.say("batal")[0].response in ("utter_stopped", "utter_nothing_to_stop")
