"""Sending and fetching, against a fake Graph API on loopback."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from aiohttp import ClientTimeout

from bot.channels.whatsapp import WhatsAppChannel
from bot.channels.whatsapp.send import kind_of
from bot.config import WhatsApp
from bot.conversation.messages import AttachmentRef, Button, Channel, Outgoing, StoredFile
from bot.errors import TransportError
from tests.channels.fake_whatsapp import FakeWhatsApp, Stored

PHONE = "6281200000001"
USER = "ID.13491208655302741918"
MEGABYTE = 1024 * 1024
T = TypeVar("T")


@pytest.fixture(scope="module")
def server() -> Iterator[FakeWhatsApp]:
    with FakeWhatsApp(window_template="lanjutkan_percakapan") as fake:
        yield fake


@pytest.fixture
def fake(server: FakeWhatsApp) -> Iterator[FakeWhatsApp]:
    server.reset()
    yield server
    assert server.refused == []


def using(settings: WhatsApp, act: Callable[[WhatsAppChannel], Awaitable[T]], max_file: int = MEGABYTE) -> T:
    async def run() -> T:
        channel = WhatsAppChannel(settings, max_body=1000, max_file=max_file)
        try:
            return await act(channel)
        finally:
            await channel.close()

    return asyncio.run(run())


def send(fake: FakeWhatsApp, message: Outgoing, address: str = PHONE) -> str | None:
    return using(fake.settings, lambda channel: channel.send(address, message))


def refused(fake: FakeWhatsApp, message: Outgoing) -> TransportError:
    with pytest.raises(TransportError) as caught:
        send(fake, message)
    return caught.value


def fetch(fake: FakeWhatsApp, media_id: str, max_file: int = MEGABYTE) -> bytes:
    async def read(channel: WhatsAppChannel) -> bytes:
        return b"".join([chunk async for chunk in channel.fetch(AttachmentRef("image", media_id))])

    return using(fake.settings, read, max_file)


def stored(folder: Path, name: str, media_type: str, content: bytes = b"x") -> StoredFile:
    (folder / name).write_bytes(content)
    return StoredFile(folder / name, name, media_type)


# Messages


def test_what_the_channel_can_do_is_known_to_the_core(fake: FakeWhatsApp) -> None:
    channel: Channel = WhatsAppChannel(fake.settings, max_body=1)
    able = channel.capabilities
    assert (channel.name, able.max_text, able.max_choices) == ("whatsapp", 4096, 10)
    assert able.window is not None
    assert (able.window.total_seconds(), able.window_template) == (86_400, "lanjutkan_percakapan")
    assert (able.per_chat.burst, able.per_bot.per_second) == (45, 80)


@pytest.mark.parametrize("address", [PHONE, USER])
def test_a_text_is_sent_and_its_id_returned(fake: FakeWhatsApp, address: str) -> None:
    text = "Halo *kak* _{nama}_ 😭"
    sent_id = send(fake, Outgoing(text), address)
    [sent] = fake.sent
    assert (sent.id, sent.address, sent.text) == (sent_id, address, text)


def test_choices_are_sent_with_their_text_in_one_call(fake: FakeWhatsApp) -> None:
    send(fake, Outgoing("Puas?", (Button("k1", "Ya"), Button("k2", "Belum"))))
    assert [(sent.payload["type"], sent.text) for sent in fake.sent] == [("interactive", "Puas?")]


@pytest.mark.parametrize(("language", "label"), [("id", "Pilih"), ("en", "Choose")])
def test_a_list_is_opened_in_the_language_of_the_conversation(fake: FakeWhatsApp, language: str, label: str) -> None:
    choices = tuple(Button(f"k{number}", f"Option {number}") for number in range(4))
    send(fake, Outgoing("?", choices, language=language))
    assert fake.sent[0].payload["interactive"]["action"]["button"] == label


def test_outside_the_window_free_text_is_refused_and_the_template_goes_out(fake: FakeWhatsApp) -> None:
    fake.closed_windows.add(PHONE)
    error = refused(fake, Outgoing("Halo"))
    assert (error.permanent, error.code, error.unreachable) == (True, "131047", False)
    assert "24 hours" in error.reason
    send(fake, Outgoing("Halo", template="lanjutkan_percakapan"))
    template = {"name": "lanjutkan_percakapan", "language": {"policy": "deterministic", "code": "id"}}
    assert fake.sent[0].payload["template"] == template


def test_half_a_surrogate_pair_does_not_stop_a_message(fake: FakeWhatsApp) -> None:
    send(fake, Outgoing("Halo \ud83d", (Button("k", "Ya \udead"),)))
    assert fake.sent[0].text == "Halo ?"


def test_nothing_to_send_is_refused_before_the_call(fake: FakeWhatsApp) -> None:
    assert refused(fake, Outgoing("  ")).permanent


# Files


def test_a_picture_goes_with_its_text_as_caption(fake: FakeWhatsApp, tmp_path: Path) -> None:
    sent_id = send(fake, Outgoing("Denah kampus", files=(stored(tmp_path, "denah.png", "image/png", b"\x89PNG"),)))
    [(media_id, upload)] = fake.uploads.items()
    assert (upload.content, upload.media_type, upload.filename) == (b"\x89PNG", "image/png", "denah.png")
    [sent] = fake.sent
    assert (sent.id, sent.payload["image"]) == (sent_id, {"id": media_id, "caption": "Denah kampus"})


def test_a_document_keeps_its_name(fake: FakeWhatsApp, tmp_path: Path) -> None:
    send(fake, Outgoing("", files=(stored(tmp_path, "surat aktif.pdf", "application/pdf"),)))
    document = fake.sent[0].payload["document"]
    assert (document["filename"], "caption" in document) == ("surat aktif.pdf", False)


@pytest.mark.parametrize(
    ("text", "choices", "names", "kinds"),
    [
        ("Dengarkan", (), ("a.ogg",), ["audio", "text"]),
        ("Puas?", (Button("k", "Ya"),), ("a.png",), ["image", "interactive"]),
        ("x" * 1025, (), ("a.png",), ["image", "text"]),
        ("Dua berkas", (), ("a.png", "b.pdf"), ["image", "document", "text"]),
        ("", (), ("a.png", "b.pdf"), ["image", "document"]),
    ],
)
def test_text_that_cannot_be_a_caption_follows_the_files(
    fake: FakeWhatsApp,
    tmp_path: Path,
    text: str,
    choices: tuple[Button, ...],
    names: tuple[str, ...],
    kinds: list[str],
) -> None:
    types = {".ogg": "audio/ogg", ".png": "image/png", ".pdf": "application/pdf"}
    files = tuple(stored(tmp_path, name, types[Path(name).suffix]) for name in names)
    sent_id = send(fake, Outgoing(text, choices, files))
    assert [sent.payload["type"] for sent in fake.sent] == kinds
    assert fake.sent[-1].id == sent_id


def test_a_fault_while_files_are_handed_over_sends_nothing(fake: FakeWhatsApp, tmp_path: Path) -> None:
    fake.slow(0)
    fake.fail(None)
    files = (stored(tmp_path, "a.png", "image/png"), stored(tmp_path, "b.png", "image/png"))
    assert not refused(fake, Outgoing("Dua", files=files)).permanent
    assert fake.sent == []


def test_a_file_that_is_gone_is_a_permanent_fault(fake: FakeWhatsApp, tmp_path: Path) -> None:
    assert refused(fake, Outgoing("", files=(StoredFile(tmp_path / "no", "no.png", "image/png"),))).permanent


@pytest.mark.parametrize(
    ("media_type", "size", "kind"),
    [
        ("image/jpeg", 5 * MEGABYTE, "image"),
        ("image/png", 5 * MEGABYTE + 1, "document"),
        ("image/webp", 1, "document"),
        ("audio/ogg", 16 * MEGABYTE, "audio"),
        ("audio/mpeg", 16 * MEGABYTE + 1, "document"),
        ("video/mp4", 16 * MEGABYTE, "video"),
        ("video/3gpp", 16 * MEGABYTE + 1, "document"),
        ("application/pdf", 100 * MEGABYTE, "document"),
        ("text/csv", 1, "document"),
        ("application/pdf", 100 * MEGABYTE + 1, None),
        ("application/zip", 1, None),
        ("image/svg+xml", 1, None),
    ],
)
def test_a_file_is_carried_by_its_sniffed_type_within_metas_sizes(media_type: str, size: int, kind: str | None) -> None:
    if kind is not None:
        assert kind_of(media_type, size) == kind
        return
    with pytest.raises(TransportError) as caught:
        kind_of(media_type, size)
    assert caught.value.permanent


# Refusals


def test_a_refusal_goes_up_with_metas_code_and_the_next_try_works(fake: FakeWhatsApp) -> None:
    fake.fail(131056, retry_after="9")
    error = refused(fake, Outgoing("Halo"))
    assert (error.code, error.retry_after, error.permanent) == ("131056", 9, False)
    assert send(fake, Outgoing("Halo")) == fake.sent[0].id


def test_an_answer_that_is_no_json_is_transient(fake: FakeWhatsApp) -> None:
    fake.fail(None)
    assert not refused(fake, Outgoing("Halo")).permanent


def test_a_wrong_token_keeps_the_messages_until_the_operator_mends_it(fake: FakeWhatsApp) -> None:
    with pytest.raises(TransportError) as caught:
        using(replace(fake.settings, token="expired"), lambda channel: channel.send(PHONE, Outgoing("Halo")))
    assert (caught.value.permanent, caught.value.code, caught.value.retry_after) == (False, "190", 300)


def test_a_slow_or_silent_server_is_transient(fake: FakeWhatsApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.whatsapp.send.TIMEOUT", ClientTimeout(0.1))
    fake.slow(0.5)
    assert not refused(fake, Outgoing("Halo")).permanent
    nobody = replace(fake.settings, api_url="http://127.0.0.1:9/v23.0")
    with pytest.raises(TransportError) as caught:
        using(nobody, lambda channel: channel.send(PHONE, Outgoing("Halo")))
    assert not caught.value.permanent


def test_neither_the_token_nor_a_phone_number_is_logged(fake: FakeWhatsApp, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="bot"):
        fake.fail(131026)
        error = refused(fake, Outgoing("Halo"))
        send(fake, Outgoing("Halo"))
    assert PHONE not in caplog.text + str(error)
    assert fake.settings.token not in caplog.text + str(error) + repr(fake.settings)


# Read marks


def test_a_read_mark_and_the_typing_indicator_are_one_call(fake: FakeWhatsApp) -> None:
    using(fake.settings, lambda channel: channel.seen(PHONE, "wamid.in1"))
    assert fake.reads == [
        {
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": "wamid.in1",
            "typing_indicator": {"type": "text"},
        }
    ]


def test_a_read_mark_that_fails_disturbs_nobody(fake: FakeWhatsApp) -> None:
    fake.fail(131000)
    using(fake.settings, lambda channel: channel.seen(PHONE, "wamid.in1"))
    nobody = replace(fake.settings, api_url="http://127.0.0.1:9")
    using(nobody, lambda channel: channel.seen(PHONE, "wamid.in1"))

    async def late(channel: WhatsAppChannel) -> None:
        await channel.close()
        await channel.seen(PHONE, "wamid.in1")

    using(fake.settings, late)
    assert fake.reads == []


# Fetching


def test_a_file_of_a_person_is_fetched_in_chunks(fake: FakeWhatsApp) -> None:
    content = bytes(range(256)) * 1000
    fake.media["777"] = Stored(content, "image/jpeg")
    assert fetch(fake, "777") == content


@pytest.mark.parametrize("announced", [None, "10", ""])
def test_a_file_over_the_limit_is_refused_whatever_was_announced(fake: FakeWhatsApp, announced: str | None) -> None:
    fake.media["777"] = Stored(b"x" * 200_000, "image/jpeg", announced=announced)
    with pytest.raises(TransportError) as caught:
        fetch(fake, "777", max_file=100_000)
    assert caught.value.permanent
    assert fetch(fake, "777", max_file=200_000) == b"x" * 200_000


def test_a_file_that_is_announced_as_too_big_is_not_even_begun(fake: FakeWhatsApp) -> None:
    fake.media["777"] = Stored(b"x", "image/jpeg", announced="100001")
    with pytest.raises(TransportError, match="over") as caught:
        fetch(fake, "777", max_file=100_000)
    assert caught.value.permanent


def test_a_file_that_meta_no_longer_has_is_a_permanent_fault(fake: FakeWhatsApp) -> None:
    with pytest.raises(TransportError) as caught:
        fetch(fake, "gone/../../me?x=1")
    assert caught.value.permanent


@pytest.mark.parametrize(("status", "permanent"), [(404, False), (500, False), (400, True)])
def test_a_file_that_does_not_come_is_asked_for_again(fake: FakeWhatsApp, status: int, permanent: bool) -> None:
    fake.media["777"] = Stored(b"x", "image/jpeg")
    fake.fail(None, status=status)
    with pytest.raises(TransportError) as caught:
        fetch(fake, "777")
    assert caught.value.permanent is permanent


@pytest.mark.parametrize(
    "address", ["http://example.org/file", "ftp://127.0.0.1/x", "http://[", "", "file:///etc/passwd"]
)
def test_the_token_goes_only_to_a_server_that_may_have_it(fake: FakeWhatsApp, address: str) -> None:
    fake.media["777"] = Stored(b"x", "image/jpeg", url=address)
    with pytest.raises(TransportError, match="no address"):
        fetch(fake, "777")
