from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import event, update
from starlette.applications import Starlette

from bot.channels.webchat import WebChatChannel
from bot.channels.webchat.history import PAGE
from bot.conversation.model import OutboxMessage
from tests.channels.webchat.browser import Browser, on_one_database
from tests.channels.webchat.stand_in import StandIn
from tests.conftest import FakeClock


class Talk:
    """A visitor and the core, taking turns; a second passes between two messages."""

    def __init__(self, client: Browser, core: StandIn, channel: WebChatChannel, clock: FakeClock) -> None:
        self.client, self.core, self.channel, self.clock = client, core, channel, clock
        self.said = 0

    def person(self, text: str, choice: str | None = None) -> None:
        self.said += 1
        self.clock.advance(seconds=1)
        assert self.client.say(text, f"m{self.said}", choice).status_code == 202

    def sapa(self, text: str, author: str = "assistant", choices: Sequence[tuple[str, str]] = ()) -> int:
        self.clock.advance(seconds=1)
        address = self.core.taken[-1].addresses[0]
        return asyncio.run(self.core.reply(self.channel, address, text, author=author, choices=choices))


@pytest.fixture
def talk(client: Browser, core: StandIn, channel: WebChatChannel, clock: FakeClock) -> Talk:
    return Talk(client, core, channel, clock)


@on_one_database
def test_a_newcomer_has_no_history(client: Browser) -> None:
    body = client.history()
    assert (body["messages"], body["before"]) == ([], None)
    assert body["limits"] == {"text": 10_000, "file": 100_000}


def test_both_sides_are_shown_in_order_with_times_in_utc(talk: Talk) -> None:
    talk.person("halo")
    row = talk.sapa("Selamat pagi.")
    talk.person("ukt telat")
    messages = talk.client.messages()
    assert [(m["key"], m["from"], m["text"]) for m in messages] == [
        ("m1", "you", "halo"),
        (f"o{row}", "assistant", "Selamat pagi."),
        ("m2", "you", "ukt telat"),
    ]
    assert messages[0]["at"] == "2026-11-23T03:00:01.000Z"


@on_one_database
def test_the_history_survives_a_restart_of_the_server(talk: Talk, core: StandIn) -> None:
    talk.person("halo")
    talk.sapa("Selamat pagi.")
    again = WebChatChannel(
        core.db, institution="U", data_dir=core.data_dir, clock=core.clock, max_body=1000, max_attachment=1000
    )
    browser = Browser(Starlette(routes=again.routes(core)))
    browser.cookies = talk.client.cookies
    assert [m["text"] for m in browser.messages()] == ["halo", "Selamat pagi."]


def test_a_stranger_sees_nothing_of_it(talk: Talk, stranger: Browser) -> None:
    talk.person("rahasia")
    talk.sapa("jawaban")
    assert stranger.messages() == []


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ("queued", False),
        ("sending", False),
        ("sent", True),
        ("delivered", True),
        ("read", True),
        ("failed", False),
        ("dropped", False),
    ],
)
def test_only_what_was_sent_is_shown(talk: Talk, status: str, shown: bool) -> None:
    talk.person("halo")
    row = talk.sapa("jawaban")
    with talk.core.db.write() as session:
        session.execute(update(OutboxMessage).where(OutboxMessage.id == row).values(status=status))
    assert ("jawaban" in [m["text"] for m in talk.client.messages()]) is shown


def test_the_staff_is_shown_by_name_and_never_by_user_name(talk: Talk, core: StandIn) -> None:
    core.account("rina", "Rina Wulandari")
    talk.person("halo")
    talk.sapa("Saya bantu, ya.", author="rina")
    talk.sapa("Petugas menangani.", author="system")
    talk.sapa("Saya sudah pindah.", author="gone")
    assert [(m["from"], m["name"]) for m in talk.client.messages()[1:]] == [
        ("staff", "Rina Wulandari"),
        ("system", None),
        ("staff", None),
    ]
    assert "rina" not in talk.client.get("/chat/history").text


def test_buttons_live_until_the_person_answers(talk: Talk) -> None:
    talk.person("ukt telat")
    talk.sapa("Menjawab?", choices=[("k1", "Ya"), ("k2", "Belum")])
    offered = talk.client.messages()[-1]
    assert offered["live"]
    assert [(c["key"], c["label"], c["chosen"]) for c in offered["choices"]] == [
        ("k1", "Ya", False),
        ("k2", "Belum", False),
    ]
    talk.person("", choice="k2")
    _, offered, pressed = talk.client.messages()
    assert not offered["live"]
    assert [c["chosen"] for c in offered["choices"]] == [False, True]
    assert (pressed["from"], pressed["text"]) == ("you", "Belum")


def test_the_whole_history_can_be_read_page_by_page(talk: Talk) -> None:
    expected = []
    talk.person("mulai")
    expected.append("mulai")
    for number in range(PAGE + 7):
        talk.sapa(f"jawaban {number}")
        expected.append(f"jawaban {number}")
        if number % 3 == 0:
            talk.person(f"pesan {number}")
            expected.append(f"pesan {number}")
        talk.clock.advance(seconds=2)
    body = talk.client.history()
    read, before = [m["text"] for m in body["messages"]], body["before"]
    assert len(read) == PAGE
    while before:
        body = talk.client.history(before)
        read, before = [m["text"] for m in body["messages"]] + read, body["before"]
    assert read == expected


def test_messages_of_the_same_moment_are_neither_lost_nor_repeated(talk: Talk, core: StandIn) -> None:
    talk.person("halo")
    address = core.taken[-1].addresses[0]
    for number in range(PAGE + 5):
        asyncio.run(core.reply(talk.channel, address, str(number)))
    for number in range(10):
        talk.client.say("p", f"x{number}")
    body = talk.client.history()
    older = talk.client.history(body["before"])
    keys = [m["key"] for m in older["messages"] + body["messages"]]
    assert len(keys) == len(set(keys)) == PAGE + 16
    assert older["before"] is None


@on_one_database
@pytest.mark.parametrize(
    "before",
    ["x", "~~", "2026-11-23T03:00:00~1~1", "2026-11-23T03:00:00+00:00~1~99999999999", "0001-01-01T00:00:00+00:00~1~1"],
)
def test_a_place_that_is_none_is_refused(client: Browser, before: str) -> None:
    assert client.get("/chat/history", params={"before": before}).status_code == 422


def test_the_number_of_queries_does_not_grow_with_the_messages(talk: Talk) -> None:
    def queries() -> int:
        count = 0

        def counted(*_: object) -> None:
            nonlocal count
            count += 1

        event.listen(talk.core.db.engine, "before_cursor_execute", counted)
        talk.client.messages()
        event.remove(talk.core.db.engine, "before_cursor_execute", counted)
        return count

    talk.core.account("rina", "Rina")
    for number in range(2):
        talk.person("halo")
        talk.sapa("ya", author="rina", choices=[(f"k{number}", "Ya")])
    few = queries()
    for number in range(15):
        talk.person("", choice=f"k{number}")
        talk.sapa("ya", author="rina", choices=[(f"q{number}", "Ya")])
        talk.clock.advance(seconds=1)
    assert queries() <= few + 1
