from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.applications import Starlette

from bot.channels.webchat import WebChatChannel
from bot.conversation.messages import AttachmentRef
from bot.errors import TransportError
from tests.channels.webchat.browser import Browser, in_pieces, on_one_database
from tests.channels.webchat.conftest import LARGEST_FILE
from tests.channels.webchat.stand_in import StandIn
from tests.conftest import FakeClock

# Nothing here reads the tables but through the history, which has its own tests.
pytestmark = on_one_database


def test_a_message_is_accepted_once_it_is_committed(client: Browser, core: StandIn) -> None:
    answer = client.post("/chat/messages", json={"id": "m1", "text": "halo"})
    assert answer.status_code == 202
    assert answer.json() == {"id": "m1", "at": "2026-11-23T03:00:00.000+00:00"}
    assert [m.text for m in core.taken] == ["halo"]


def test_nothing_is_accepted_when_the_commit_fails(app: Starlette, core: StandIn) -> None:
    core.broken = True
    assert Browser(app).post("/chat/messages", json={"id": "m1", "text": "halo"}).status_code == 500
    assert core.taken == []


def test_that_somebody_writes_is_told_without_what_he_writes(client: Browser, app: Starlette, core: StandIn) -> None:
    client.say("halo", "m1")
    assert client.post("/chat/typing", json={"text": "rahasia"}).status_code == 204
    assert core.typing == list(core.taken[0].addresses)
    assert [m["text"] for m in client.messages()] == ["halo"]
    assert client.post("/chat/typing", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    newcomer = Browser(app)
    answer = newcomer.post("/chat/typing")
    assert (answer.status_code, "set-cookie" in answer.headers) == (204, False)
    assert len(core.typing) == 1


def test_a_retry_shows_one_message(client: Browser) -> None:
    for _ in range(3):
        assert client.post("/chat/messages", json={"id": "m1", "text": "halo"}).status_code == 202
    assert [m["key"] for m in client.messages()] == ["m1"]


def test_two_visitors_may_choose_the_same_id(client: Browser, stranger: Browser) -> None:
    client.post("/chat/messages", json={"id": "m1", "text": "saya"})
    stranger.post("/chat/messages", json={"id": "m1", "text": "dia"})
    assert [m["text"] for m in client.messages()] == ["saya"]
    assert [m["text"] for m in stranger.messages()] == ["dia"]


def test_a_visitor_without_a_cookie_gets_one_with_his_message(app: Starlette, core: StandIn) -> None:
    client = Browser(app)
    client.say("satu", "m1")
    client.say("dua", "m2")
    assert len({m.addresses for m in core.taken}) == 1


def test_the_database_never_sees_the_token(client: Browser, core: StandIn) -> None:
    client.post("/chat/messages", json={"id": "m1", "text": "halo"})
    token = client.cookies["sapa"]
    assert core.taken[0].addresses[0].startswith("web:")
    assert token not in core.taken[0].addresses[0]
    assert token not in core.taken[0].external_id


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b'{"id": "1", "text": "halo"}', "text/plain", 415),
        (b'{"id": "1", "text": "halo"}', "application/x-www-form-urlencoded", 415),
        (b"no json", "application/json", 400),
        (b"[1]", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"{}", "application/json", 422),
        (b'{"id": "1", "text": "' + b"a" * 10_001 + b'"}', "application/json", 422),
        (b'{"id": "1", "text": "' + b"a" * 300_000 + b'"}', "application/json", 413),
    ],
)
def test_bad_messages_are_refused_and_not_kept(
    client: Browser, core: StandIn, body: bytes, content_type: str, status: int
) -> None:
    answer = client.post("/chat/messages", content=body, headers={"Content-Type": content_type})
    assert answer.status_code == status
    assert core.taken == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 202),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://care.example"}, 202),
        ({"Origin": "https://care.example"}, 202),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 202),
    ],
)
def test_only_our_own_page_may_write_for_a_visitor(client: Browser, headers: dict[str, str], status: int) -> None:
    assert client.post("/chat/messages", json={"id": "1", "text": "a"}, headers=headers).status_code == status
    file = client.post("/chat/files", content=b"x", headers={**headers, "X-Message-Id": "2"})
    assert file.status_code == status


def test_a_flood_is_slowed_down_and_one_visitor_does_not_slow_another(
    client: Browser, stranger: Browser, core: StandIn, clock: FakeClock
) -> None:
    answers = [client.post("/chat/messages", json={"id": str(n), "text": "p"}) for n in range(25)]
    assert [a.status_code for a in answers] == [202] * 20 + [429] * 5
    assert answers[-1].headers["Retry-After"] == "1"
    assert stranger.post("/chat/messages", json={"id": "1", "text": "halo"}).status_code == 202
    clock.advance(seconds=1)
    assert client.post("/chat/messages", json={"id": "21", "text": "p"}).status_code == 202
    assert len(core.taken) == 22


def test_a_flood_of_newcomers_from_one_address_is_slowed_down(app: Starlette) -> None:
    answers = [Browser(app).say("p", str(n)).status_code for n in range(65)]
    assert answers == [202] * 60 + [429] * 5


def upload(client: Browser, content: bytes, **headers: str) -> Any:
    return client.post("/chat/files", content=content, headers={"X-Message-Id": "f1", **headers})


async def fetched(channel: WebChatChannel, file: AttachmentRef) -> bytes:
    return b"".join([chunk async for chunk in channel.fetch(file)])


def test_an_upload_is_handed_over_whole(client: Browser, channel: WebChatChannel, core: StandIn) -> None:
    content = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 300
    answer = upload(client, content, **{"X-Filename": "ktm%20budi.png", "Content-Type": "image/png"})
    assert answer.status_code == 202
    file = core.taken[0].attachments[0]
    assert (file.kind, file.filename, file.media_type, file.size) == (
        "image",
        "ktm budi.png",
        "image/png",
        len(content),
    )
    assert asyncio.run(fetched(channel, file)) == content


def test_an_upload_that_is_sent_again_is_one_message_and_one_file(client: Browser, core: StandIn) -> None:
    for _ in range(2):
        assert upload(client, b"data").status_code == 202
    assert len(client.messages()) == 1
    assert len(list((core.data_dir / "incoming").iterdir())) == 1


@pytest.mark.parametrize("announced", [True, False])
def test_an_upload_beyond_the_limit_leaves_nothing(client: Browser, core: StandIn, announced: bool) -> None:
    content = b"x" * (LARGEST_FILE + 1)
    answer = client.post(
        "/chat/files", content=content if announced else in_pieces(content), headers={"X-Message-Id": "f1"}
    )
    assert answer.status_code == 413
    assert core.taken == []
    assert not list((core.data_dir / "incoming").glob("*"))


@pytest.mark.parametrize("content", [b"MZ\x90\0\x03\0\0\0\x04\0\0\0", b"<html><script>alert(1)</script></html>"])
def test_a_file_of_a_kind_that_is_not_kept_is_refused_at_once(client: Browser, core: StandIn, content: bytes) -> None:
    answer = upload(client, content, **{"X-Filename": "foto.png", "Content-Type": "image/png"})
    assert (answer.status_code, answer.json()) == (415, {"error": "wrong_type"})
    assert core.taken == []
    assert not list((core.data_dir / "incoming").glob("*"))


def test_an_empty_file_and_one_without_an_id_are_refused(client: Browser, core: StandIn) -> None:
    assert upload(client, b"").json() == {"error": "empty"}
    assert client.post("/chat/files", content=b"x").status_code == 422
    assert upload(client, b"x", **{"X-Message-Id": "../x"}).status_code == 422
    assert core.taken == []


@pytest.mark.parametrize("ref", ["0" * 40, "../sapa.db", "/etc/passwd", ""])
def test_what_is_not_a_waiting_upload_cannot_be_fetched(channel: WebChatChannel, ref: str) -> None:
    with pytest.raises(TransportError) as fault:
        asyncio.run(fetched(channel, AttachmentRef("document", ref)))
    assert fault.value.permanent


def test_uploads_that_nobody_fetched_are_forgotten_after_a_week(
    client: Browser, channel: WebChatChannel, core: StandIn, clock: FakeClock
) -> None:
    upload(client, b"data")
    name = core.taken[0].attachments[0].ref
    waiting = core.data_dir / "incoming" / name
    clock.now = clock.now.fromtimestamp(waiting.stat().st_mtime, clock.now.tzinfo)
    clock.advance(days=6)
    assert channel._files.forget_old(clock()) == 0
    clock.advance(days=2)
    assert channel._files.forget_old(clock()) == 1
    assert not waiting.exists()
