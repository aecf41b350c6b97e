from __future__ import annotations

from bot.conversation.model import Choice
from bot.conversation.thread import thread
from tests.conversation.conftest import Core


def test_a_pressed_button_reads_as_its_label_where_the_channel_sends_the_key_alone(core: Core) -> None:
    core.say("halo")
    said = core.outbox()[-1]
    with core.db.write() as session:
        session.add(
            Choice(
                key="k1", outbox_id=said.id, conversation_id=said.conversation_id, position=0, label="Ya, teruskan",
                intent="affirm",
            )
        )  # fmt: skip
    core.say("", choice="k1")
    with core.db.read() as session:
        entries = thread(session, said.conversation_id, limit=10)
    assert [entry.text for entry in entries if entry.who == "person"] == ["halo", "Ya, teruskan"]
