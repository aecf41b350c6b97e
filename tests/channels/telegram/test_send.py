from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    TelegramError,
    TimedOut,
)

from bot.channels.telegram import TelegramChannel
from bot.channels.telegram.connection import Throttled
from bot.channels.telegram.send import MAX_DOWNLOAD, MAX_PHOTO, refusal
from bot.config import Telegram
from bot.conversation.messages import AttachmentRef, Button, Channel, Outgoing, StoredFile
from bot.errors import TransportError
from tests.channels.fake_telegram import FakeTelegram

T = TypeVar("T")
HOSTILE = "<b>x</b> *tebal* _miring_ [a](http://b.id) {{ 7*7 }} %s '; DROP TABLE --"


@pytest.fixture
def fake() -> Iterator[FakeTelegram]:
    with FakeTelegram() as server:
        yield server


def using(settings: Telegram, work: Callable[[TelegramChannel], Awaitable[T]]) -> T:
    async def run() -> T:
        channel = TelegramChannel(settings, public_url=None, max_body=1_000_000)
        try:
            return await work(channel)
        finally:
            await channel.close()

    return asyncio.run(run())


def send(fake: FakeTelegram, message: Outgoing, address: str = "777") -> str:
    return using(fake.settings(), lambda channel: channel.send(address, message))


def refused(fake: FakeTelegram, message: Outgoing, address: str = "777") -> TransportError:
    with pytest.raises(TransportError) as caught:
        send(fake, message, address)
    return caught.value


def a_file(folder: Path, name: str = "bukti.pdf", media_type: str = "application/pdf", size: int = 9) -> StoredFile:
    path = folder / f"stored-{name}"
    path.write_bytes(b"x" * size)
    return StoredFile(path, name, media_type)


def test_the_channel_is_what_the_core_expects(fake: FakeTelegram) -> None:
    async def work(channel: Channel) -> tuple[str, int, int]:
        return channel.name, channel.capabilities.max_text, channel.capabilities.per_bot.burst

    assert using(fake.settings(), work) == ("telegram", 4096, 30)


@pytest.mark.parametrize("text", ["Selamat pagi.", HOSTILE, "x" * 4096, "dua\n\nbaris 🙂", "/tiket"])
def test_text_arrives_as_it_is_and_without_a_preview_of_links(fake: FakeTelegram, text: str) -> None:
    external_id = send(fake, Outgoing(text))
    [sent] = fake.sent
    assert (sent.marked, sent.chat_id, sent.id, sent.buttons) == (text, 777, external_id, [])
    assert "parse_mode" not in sent.form
    assert sent.form["link_preview_options"] == '{"is_disabled": true}'


@pytest.mark.parametrize(
    ("text", "shown", "bold"),
    [
        ("Ketik *petugas*.", "Ketik petugas.", [(6, 7)]),
        ("🙂 *dua kata* dan *🙂*", "🙂 dua kata dan 🙂", [(3, 8), (16, 2)]),
        ("*awal*\n(*akhir*)", "awal\n(akhir)", [(0, 4), (6, 5)]),
        ("2*3*4, a_b_c <i>x</i> &amp; [a](http://b.id)", None, []),
        ("* bukan tebal*, *tidak ditutup, **", None, []),
        ("https://contoh.ac.id/*a*/b", None, []),
        ("x" * 4087 + " *tebal*", "x" * 4087 + " tebal", [(4088, 5)]),
    ],
)
def test_words_between_asterisks_are_bold_and_no_other_sign_is_markup(
    fake: FakeTelegram, text: str, shown: str | None, bold: list[tuple[int, int]]
) -> None:
    send(fake, Outgoing(text))
    [sent] = fake.sent
    assert sent.text == (shown or text)
    assert [(each["type"], each["offset"], each["length"]) for each in sent.entities] == [
        ("bold", *span) for span in bold
    ]


@pytest.mark.parametrize("name", ["foto.png", "surat.pdf"])
def test_a_caption_has_bold_words_too_and_its_length_is_that_of_what_is_shown(
    fake: FakeTelegram, tmp_path: Path, name: str
) -> None:
    media_type = "image/png" if name.endswith("png") else "application/pdf"
    send(fake, Outgoing("*a* " + "x" * 1022, files=(a_file(tmp_path, name, media_type),)))
    [sent] = fake.sent
    assert sent.text == "a " + "x" * 1022
    assert [(each["type"], each["offset"], each["length"]) for each in sent.entities] == [("bold", 0, 1)]


def test_short_buttons_stand_two_in_a_row_and_long_ones_alone(fake: FakeTelegram) -> None:
    short = (Button("k1", "Ya"), Button("k2", "Belum"), Button("k3", "Lewati"))
    long = (Button("k4", "Reset kata sandi portal"), Button("k5", "Bukan"))
    send(fake, Outgoing("Apakah ini menjawab?", short))
    send(fake, Outgoing("Yang mana?", long))
    assert fake.sent[0].buttons == [[("Ya", "k1"), ("Belum", "k2")], [("Lewati", "k3")]]
    assert fake.sent[1].buttons == [[("Reset kata sandi portal", "k4")], [("Bukan", "k5")]]


@pytest.mark.parametrize(
    ("name", "media_type", "size", "method"),
    [
        ("foto.jpg", "image/jpeg", 9, "sendPhoto"),
        ("foto.png", "image/png", 9, "sendPhoto"),
        ("besar.png", "image/png", MAX_PHOTO + 1, "sendDocument"),
        ("lukisan.svg", "image/svg+xml", 9, "sendDocument"),
        ('surat "izin".pdf', "application/pdf", 9, "sendDocument"),
        ("kosong.txt", "text/plain", 9, "sendDocument"),
    ],
)
def test_a_file_goes_out_in_one_call_with_its_text_as_caption(
    fake: FakeTelegram, tmp_path: Path, name: str, media_type: str, size: int, method: str
) -> None:
    file = a_file(tmp_path, name, media_type, size)
    external_id = send(fake, Outgoing("Ini berkasnya.", (Button("k", "Terima kasih"),), (file,)))
    [sent] = fake.sent
    assert (sent.method, sent.text, sent.id) == (method, "Ini berkasnya.", external_id)
    assert (len(sent.content), sent.buttons) == (size, [[("Terima kasih", "k")]])
    assert sent.filename == name.replace('"', "%22")


@pytest.mark.parametrize("text", ["x" * 1025, "🙂" * 513])
def test_a_text_too_long_for_a_caption_follows_the_file_and_keeps_the_buttons(
    fake: FakeTelegram, tmp_path: Path, text: str
) -> None:
    external_id = send(fake, Outgoing(text, (Button("k", "Ya"),), (a_file(tmp_path),)))
    file, words = fake.sent
    assert (file.method, file.text, file.buttons) == ("sendDocument", "", [])
    assert (words.text, words.id, words.buttons) == (text, external_id, [[("Ya", "k")]])


def test_several_files_go_out_in_order_with_the_text_at_the_last(fake: FakeTelegram, tmp_path: Path) -> None:
    files = tuple(a_file(tmp_path, f"{n}.pdf") for n in range(3))
    external_id = send(fake, Outgoing("Tiga berkas.", files=files))
    assert [(sent.filename, sent.text) for sent in fake.sent] == [
        ("0.pdf", ""),
        ("1.pdf", ""),
        ("2.pdf", "Tiga berkas."),
    ]
    assert external_id == fake.sent[-1].id


def test_an_image_that_telegram_will_not_show_goes_out_as_a_document(fake: FakeTelegram, tmp_path: Path) -> None:
    fake.trouble("sendPhoto", status=400, description="Bad Request: PHOTO_INVALID_DIMENSIONS")
    send(fake, Outgoing("Peta", files=(a_file(tmp_path, "peta.png", "image/png"),)))
    assert [sent.method for sent in fake.sent] == ["sendDocument"]


def test_a_chat_that_is_gone_is_not_tried_again_as_a_document(fake: FakeTelegram, tmp_path: Path) -> None:
    fake.trouble("sendPhoto", status=400, description="Bad Request: chat not found")
    error = refused(fake, Outgoing("Peta", files=(a_file(tmp_path, "peta.png", "image/png"),)))
    assert (error.unreachable, fake.sent) == (True, [])


def test_a_stored_file_that_is_gone_is_a_permanent_failure(fake: FakeTelegram, tmp_path: Path) -> None:
    error = refused(fake, Outgoing("", files=(StoredFile(tmp_path / "gone", "a.pdf", "application/pdf"),)))
    assert (error.permanent, error.unreachable) == (True, False)


@pytest.mark.parametrize(
    ("status", "description", "retry_after", "permanent", "unreachable", "waits"),
    [
        (429, "Too Many Requests: retry after 17", 17, False, False, 17),
        (429, "Too Many Requests", None, False, False, None),
        (403, "Forbidden: user is deactivated", None, True, True, None),
        (400, "Bad Request: chat not found", None, True, True, None),
        (400, "Bad Request: BUTTON_DATA_INVALID", None, True, False, None),
        (401, "Unauthorized", None, True, False, None),
        (404, "Not Found", None, True, False, None),
        (500, "Internal Server Error", None, False, False, None),
        (502, "Bad Gateway", None, False, False, None),
    ],
)
def test_what_telegram_answers_says_whether_to_try_again(
    fake: FakeTelegram,
    status: int,
    description: str,
    retry_after: int | None,
    permanent: bool,
    unreachable: bool,
    waits: float | None,
) -> None:
    fake.trouble("sendMessage", status=status, description=description, retry_after=retry_after)
    error = refused(fake, Outgoing("halo"))
    assert (error.permanent, error.unreachable, error.retry_after) == (permanent, unreachable, waits)
    assert fake.token not in f"{error} {error!r}"


def test_a_person_who_blocked_the_bot_is_unreachable_and_others_are_not(fake: FakeTelegram) -> None:
    fake.blocked.add(777)
    error = refused(fake, Outgoing("halo"))
    assert (error.permanent, error.unreachable, error.code) == (True, True, "403")
    assert send(fake, Outgoing("halo"), "778").startswith("778:")


@pytest.mark.parametrize(
    ("error", "permanent", "unreachable", "code"),
    [
        (Throttled(2.5), False, False, "429"),
        (Forbidden("Forbidden: bot was kicked"), True, True, "403"),
        (ChatMigrated(-1001), True, False, "moved:-1001"),
        (BadRequest("Bad Request: PEER_ID_INVALID"), True, True, "400"),
        (BadRequest("Bad Request: message is too long"), True, False, "400"),
        (TimedOut(), False, False, "timeout"),
        (NetworkError("httpx.ConnectError: refused"), False, False, None),
        (Conflict("Conflict"), False, False, "409"),
        (InvalidToken("The token `123:abc` was rejected"), True, False, "401"),
        (TelegramError("Invalid server response"), False, False, None),
    ],
)
def test_every_error_of_the_library_has_a_kind(
    error: TelegramError, permanent: bool, unreachable: bool, code: str | None
) -> None:
    ours = refusal(error)
    assert (ours.permanent, ours.unreachable, ours.code) == (permanent, unreachable, code)
    assert "123:abc" not in ours.reason


def test_a_server_that_is_not_there_is_a_transient_failure() -> None:
    with FakeTelegram() as gone:
        settings = gone.settings()
    with pytest.raises(TransportError) as caught:
        using(settings, lambda channel: channel.send("777", Outgoing("halo")))
    assert not caught.value.permanent


def test_typing_is_shown_and_its_failure_harms_nobody(fake: FakeTelegram) -> None:
    using(fake.settings(), lambda channel: channel.seen("777", "777:1"))
    fake.blocked.add(777)
    using(fake.settings(), lambda channel: channel.seen("777", "777:2"))
    assert [(name, form.get("action")) for name, form in fake.calls] == [("sendChatAction", "typing")] * 2


def fetch(fake: FakeTelegram, size: int | None = None) -> bytes:
    async def work(channel: TelegramChannel) -> bytes:
        return b"".join([chunk async for chunk in channel.fetch(AttachmentRef("document", "F1", size=size))])

    return using(fake.settings(), work)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7 isi", bytes(range(256)) * 4000])
def test_a_file_is_fetched_whole(fake: FakeTelegram, content: bytes) -> None:
    fake.files["F1"] = content
    assert fetch(fake) == content


def test_a_file_announced_as_too_large_is_refused_without_a_call(fake: FakeTelegram) -> None:
    with pytest.raises(TransportError, match="20 MB") as caught:
        fetch(fake, MAX_DOWNLOAD + 1)
    assert (caught.value.permanent, fake.calls) == (True, [])


def test_a_file_that_telegram_finds_too_large_is_refused_with_the_reason(fake: FakeTelegram) -> None:
    fake.trouble("getFile", status=400, description="Bad Request: file is too big")
    with pytest.raises(TransportError, match="20 MB") as caught:
        fetch(fake)
    assert caught.value.permanent


def test_a_file_that_is_larger_than_announced_is_cut_off(fake: FakeTelegram, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.telegram.send.MAX_DOWNLOAD", 1000)
    fake.files["F1"] = b"x" * 1001
    with pytest.raises(TransportError, match="20 MB") as caught:
        fetch(fake, 10)
    assert caught.value.permanent


@pytest.mark.parametrize(("status", "permanent"), [(400, True), (401, True), (500, False), (429, False)])
def test_a_file_that_cannot_be_had_now_is_told_from_one_that_never_can(
    fake: FakeTelegram, status: int, permanent: bool
) -> None:
    fake.trouble("getFile", status=status)
    with pytest.raises(TransportError) as caught:
        fetch(fake)
    assert caught.value.permanent is permanent


@pytest.mark.parametrize(("status", "permanent"), [(404, True), (503, False)])
def test_a_download_that_fails_is_told_apart_too(fake: FakeTelegram, status: int, permanent: bool) -> None:
    fake.files["F1"] = b"isi"
    fake.trouble("download", status=status)
    with pytest.raises(TransportError) as caught:
        fetch(fake)
    assert (caught.value.permanent, caught.value.code) == (permanent, str(status))
    assert fake.token not in str(caught.value)
