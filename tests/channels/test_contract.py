"""What every channel keeps to. A new channel is one line in ``rigs.RIGS``."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.routing import Route

from bot.channels.registry import CHANNELS
from bot.conversation.choices import typed_choice
from bot.conversation.files import ALLOWED
from bot.conversation.messages import Button, Channel, Outgoing, StoredFile
from bot.errors import TransportError
from tests.channels.rigs import LIMIT, RIGS, Rig
from tests.conftest import FakeClock

HOSTILE = [
    "<b>tebal</b> <script>alert(1)</script> &amp; &lt;",
    "*bintang* _garis_ `kode` ~coret~ ||rahasia|| [a](http://b.id)",
    "{ticket} {0} {{7*7}} %s %(x)s ${HOME} #{x}",
    "'; DROP TABLE person; --",
    "😭🙏🏽 👨‍👩‍👧 ñ 漢字 العربية",
    "baris satu\nbaris dua\n\nparagraf dua",
    "  - 1. > # bukan markah",
    "\\backslash \\n \\u0041",
    "a" * 900,
]
WEBHOOKS = [name for name, rig in RIGS.items() if rig.posts]


@pytest.fixture(params=list(RIGS))
def rig(request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock) -> Iterator[Rig]:
    with RIGS[request.param](tmp_path, clock) as made:
        yield made


def test_every_channel_is_held_to_the_contract() -> None:
    assert set(RIGS) == {*CHANNELS, "terminal"}
    assert len(WEBHOOKS) >= 3


def buttons(count: int) -> tuple[Button, ...]:
    return tuple(Button(f"kunci-{n:010d}", f"Pilihan {n}") for n in range(1, count + 1))


@pytest.mark.parametrize("text", ["halo", "min mau nanya dong, ukt telat bayar gmn ya??", *HOSTILE[:5]])
def test_a_text_becomes_one_message_of_that_person(rig: Rig, text: str) -> None:
    rig.write(text)
    [message] = rig.incoming()
    assert message.text == text
    assert message.kind == "message"
    assert message.channel == rig.channel.name
    assert message.addresses
    assert message.addresses[0] == rig.address
    assert 0 < len(message.external_id) <= 200
    assert all(0 < len(address) <= 200 for address in message.addresses)
    assert message.choice is None
    assert message.command is None
    assert message.sent_at is None or message.sent_at.utcoffset() == timedelta(0)


def test_two_texts_have_two_ids_even_when_they_say_the_same(rig: Rig) -> None:
    rig.write("p", 1)
    rig.write("p", 2)
    first, second = rig.incoming()
    assert first.external_id != second.external_id


def test_the_same_delivery_has_the_same_id_again(rig: Rig) -> None:
    if not rig.redelivers:
        pytest.skip("nothing is delivered twice here")
    rig.write("halo", 1)
    rig.write("halo", 1)
    first, second = rig.incoming()
    assert first.external_id == second.external_id


@pytest.mark.parametrize(("typed", "command"), [("/help", "help"), ("/tiket", "ticket"), ("/batal", "cancel")])
def test_a_typed_command_is_one(rig: Rig, typed: str, command: str) -> None:
    rig.write(typed)
    assert [message.command for message in rig.incoming()] == [command]


@pytest.mark.parametrize("text", ["Selamat pagi.", *HOSTILE])
def test_a_text_arrives_as_that_very_text(rig: Rig, text: str) -> None:
    rig.send(Outgoing(text))
    assert rig.arrived().text.strip() == text.strip()


@pytest.mark.parametrize("count", [1, 2, 3, 4, 10])
@pytest.mark.parametrize("text", ["Apakah ini menjawab?", HOSTILE[0], HOSTILE[2]])
def test_buttons_arrive_under_their_text_in_order(rig: Rig, text: str, count: int) -> None:
    given = buttons(min(count, rig.channel.capabilities.max_choices))
    rig.send(Outgoing(text, given))
    arrived = rig.arrived()
    assert arrived.text == text
    assert arrived.labels == tuple(button.label for button in given)
    assert arrived.keys in ((), tuple(button.key for button in given))


def test_what_is_sent_has_an_id_of_its_own(rig: Rig) -> None:
    ids = [rig.send(Outgoing("halo")), rig.send(Outgoing("halo"))]
    assert all(ids)
    assert len(set(ids)) == 2


@pytest.mark.parametrize("position", [0, 1])
def test_a_pressed_button_comes_back_with_its_key(rig: Rig, position: int) -> None:
    given = buttons(2)
    rig.send(Outgoing("Ya atau tidak?", given))
    rig.press(given[position].key, given[position].label, position)
    [message] = rig.incoming()
    if message.choice is None:
        # Without buttons the core understands the number that was typed.
        assert typed_choice(message.text, [button.label for button in given]) == position
    else:
        assert message.choice == given[position].key
        assert message.text in (given[position].label, "")
    assert message.addresses[0] == rig.address


@pytest.mark.parametrize("permanent", [True, False])
def test_a_failed_sending_says_whether_trying_again_helps(rig: Rig, permanent: bool) -> None:
    message = rig.trouble(permanent=permanent)
    if message is None:
        pytest.skip("it cannot fail so")
    with pytest.raises(TransportError) as fault:
        rig.send(message)
    assert fault.value.permanent is permanent
    assert fault.value.reason
    assert rig.address not in fault.value.reason
    assert message.text not in fault.value.reason


def test_after_passing_trouble_the_next_sending_works(rig: Rig) -> None:
    message = rig.trouble(permanent=False)
    if message is None:
        pytest.skip("it cannot fail so")
    with pytest.raises(TransportError):
        rig.send(message)
    rig.send(Outgoing("halo lagi"))
    assert rig.arrived().text == "halo lagi"


def test_a_file_that_was_sent_can_be_fetched(rig: Rig) -> None:
    content = b"\x89PNG\r\n" + bytes(range(256)) * 200
    attachment = rig.upload(content)
    if rig.carries_files:
        assert rig.fetch(attachment) == content
    else:
        with pytest.raises(TransportError):
            rig.fetch(attachment)


@pytest.mark.parametrize(
    ("name", "media_type", "content"),
    [
        ("surat keterangan.pdf", "application/pdf", b"%PDF-1.7 isi"),
        ("denah.png", "image/png", b"\x89PNG\r\n\x1a\n isi"),
    ],
)
@pytest.mark.parametrize("text", ["", "Ini berkasnya, *kak* <b>", "🙂" * 100])
def test_a_file_that_staff_send_arrives_whole_with_its_text_in_one_message(
    rig: Rig, name: str, media_type: str, content: bytes, text: str
) -> None:
    rules = rig.channel.capabilities.files
    assert (rules is not None) is rig.carries_files
    if rules is None:
        pytest.skip("it carries no files")
    assert len(text.encode("utf-16-le")) // 2 <= rules.max_caption
    path = rig.folder / "data" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    rig.send(Outgoing("sebelumnya"))
    assert rig.send(Outgoing(text, files=(StoredFile(path, name, media_type),)))
    assert rig.arrived_file() == (text, name, content)
    assert rules.media_types is None or media_type in rules.media_types


@pytest.mark.parametrize("media_type", sorted(ALLOWED))
def test_what_a_channel_says_it_carries_it_takes(rig: Rig, media_type: str) -> None:
    rules = rig.channel.capabilities.files
    if rules is None or (rules.media_types is not None and media_type not in rules.media_types):
        pytest.skip("it does not say so")
    path = rig.folder / "data" / "berkas"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"isi")
    text = "" if media_type in rules.bare else "Ini berkasnya."
    rig.send(Outgoing(text, files=(StoredFile(path, f"berkas{ALLOWED[media_type]}", media_type),)))
    assert rig.arrived_file() == (text, f"berkas{ALLOWED[media_type]}", b"isi")


def test_showing_that_it_was_seen_never_raises(rig: Rig) -> None:
    rig.run(rig.channel.seen(rig.address, "an-id-that-nobody-knows"))


def test_it_can_be_closed_twice(rig: Rig) -> None:
    rig.run(rig.channel.close())
    rig.run(asyncio.sleep(0))
    rig.run(rig.channel.close())


def test_its_capabilities_are_sane(rig: Rig) -> None:
    channel: Channel = rig.channel
    can = channel.capabilities
    assert channel.name in RIGS
    assert 1000 <= can.max_text <= 10_000
    assert 1 <= can.max_choices <= 10
    for rate in (can.per_chat, can.per_bot):
        assert rate.per_second > 0
        assert rate.burst >= 1
    assert can.per_chat.per_second <= can.per_bot.per_second
    assert can.window is None or timedelta(hours=1) <= can.window <= timedelta(days=7)
    assert channel.capabilities == can


# What comes over HTTP.


@pytest.fixture(params=WEBHOOKS)
def webhook(request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock) -> Iterator[Rig]:
    with RIGS[request.param](tmp_path, clock) as made:
        yield made


@pytest.mark.parametrize("body", [b"{}", b'{"id": "m1", "text": "halo"}', b"no json", b""])
def test_who_cannot_prove_himself_is_refused_and_nothing_is_kept(webhook: Rig, body: bytes) -> None:
    assert webhook.deliver(body, genuine=False) in (401, 403)
    assert webhook.taken == []


def test_a_body_over_the_limit_is_refused(webhook: Rig) -> None:
    body = json.dumps({"id": "m1", "text": "a" * LIMIT}).encode()
    assert webhook.deliver(body) == 413
    assert webhook.taken == []


@pytest.mark.parametrize("body", [b"", b"no json", b"[1]", b'"text"', b"null", b"\xff\xfe", b"[" * 3000])
def test_what_is_not_a_json_object_is_refused(webhook: Rig, body: bytes) -> None:
    assert webhook.deliver(body) == 400
    assert webhook.taken == []


def test_an_unknown_kind_of_update_is_no_fault_and_tells_nobody_anything(webhook: Rig) -> None:
    assert webhook.deliver(b'{"a_kind_that_nobody_knows": {"x": [1, 2, {"y": null}]}}') in (200, 422)
    assert webhook.incoming() == []


@pytest.mark.parametrize("name", list(RIGS))
def test_its_routes_are_its_own(name: str, tmp_path: Path, clock: FakeClock) -> None:
    with RIGS[name](tmp_path, clock) as rig:
        paths = [route.path for route in rig.channel.routes(rig) if isinstance(route, Route)]
    others = ("/healthz", "/readyz", "/metrics", "/engine")
    assert bool(paths) == RIGS[name].posts
    assert not [path for path in paths if path.startswith(others)]
    if name != "web":
        assert all(path == f"/channels/{name}" for path in paths)
