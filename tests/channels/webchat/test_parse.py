from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.webchat.parse import (
    MAX_TEXT,
    Unacceptable,
    clean,
    client_id,
    external_id,
    parse_file,
    parse_message,
)

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
ADDRESS = "web:" + "a" * 64


def test_a_text_becomes_a_message_of_the_visitor() -> None:
    incoming = parse_message({"id": "m-1", "text": "ukt telat\nbayar 😭"}, ADDRESS, NOW)
    assert (incoming.channel, incoming.kind, incoming.text) == ("web", "message", "ukt telat\nbayar 😭")
    assert incoming.addresses == (ADDRESS,)
    assert incoming.external_id == f"{ADDRESS}:m-1"
    assert incoming.sent_at == NOW


def test_a_pressed_button_needs_no_text() -> None:
    incoming = parse_message({"id": "m1", "text": "", "choice": "k3yK3yk3yK3yk3yK"}, ADDRESS, NOW)
    assert (incoming.choice, incoming.text) == ("k3yK3yk3yK3yk3yK", "")


@pytest.mark.parametrize(
    ("text", "command"),
    [("/privasi", "privacy"), (" /Tiket ", "ticket"), ("/start", "start"), ("/tiket saya", None), ("tiket", None)],
)
def test_typed_commands_are_recognised(text: str, command: str | None) -> None:
    assert parse_message({"id": "1", "text": text}, ADDRESS, NOW).command == command


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"text": "halo"}, "id"),
        ({"id": 7, "text": "halo"}, "id"),
        ({"id": "", "text": "halo"}, "id"),
        ({"id": "a" * 65, "text": "halo"}, "id"),
        ({"id": "a_b", "text": "halo"}, "id"),
        ({"id": "1", "text": ["halo"]}, "text"),
        ({"id": "1"}, "empty"),
        ({"id": "1", "text": " \n\t"}, "empty"),
        ({"id": "1", "text": "\x00"}, "empty"),
        ({"id": "1", "text": "a" * (MAX_TEXT + 1)}, "too_long"),
        ({"id": "1", "text": "a", "choice": 5}, "choice"),
        ({"id": "1", "text": "a", "choice": "b c"}, "choice"),
        ({"id": "1", "text": "a", "choice": "b" * 65}, "choice"),
    ],
)
def test_what_the_page_would_never_send_is_refused(body: dict[str, Any], code: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        parse_message(body, ADDRESS, NOW)
    assert (refused.value.code, refused.value.status) == (code, 422)


def test_the_longest_text_is_taken() -> None:
    assert len(parse_message({"id": "1", "text": "é" * MAX_TEXT}, ADDRESS, NOW).text) == MAX_TEXT


@given(st.text(st.characters(exclude_categories=()), max_size=200))
def test_a_cleaned_text_can_be_stored_anywhere(text: str) -> None:
    cleaned = clean(text)
    assert cleaned.encode("utf-8").decode("utf-8") == cleaned
    assert not any(ord(letter) < 32 and letter not in "\n\t" for letter in cleaned)
    assert clean(cleaned) == cleaned


@given(st.from_regex(r"\A[A-Za-z0-9-]{1,64}\Z"))
def test_the_page_gets_its_own_id_back(own: str) -> None:
    assert client_id(ADDRESS, external_id(ADDRESS, own)) == own
    assert client_id("web:other", external_id(ADDRESS, own)) is None


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("tagihan ukt.pdf", "tagihan ukt.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\budi\\ktm.jpg", "ktm.jpg"),
        ("bukti–bayar 😀.png", "bukti–bayar 😀.png"),
        ("a\nb\x00.txt", "a b.txt"),
        ("", None),
        ("x/", None),
        ("n" * 300 + ".pdf", "n" * 180 + ".pdf"),
    ],
)
def test_a_file_name_is_only_a_name(name: str, stored: str | None) -> None:
    headers = {"x-message-id": "f1", "x-filename": quote(name), "content-type": "application/pdf; x=y"}
    file = parse_file(headers, ADDRESS, NOW).attachments[0]
    assert file.filename == stored
    assert (file.kind, file.media_type) == ("document", "application/pdf")


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [
        ("image/png", "image"),
        ("audio/ogg", "audio"),
        ("video/mp4", "video"),
        ("text/html", "document"),
        ("", "document"),
    ],
)
def test_the_kind_follows_the_claimed_type(media_type: str, kind: str) -> None:
    assert parse_file({"x-message-id": "1", "content-type": media_type}, ADDRESS, NOW).attachments[0].kind == kind


def test_a_retried_upload_waits_under_the_same_name_and_another_visitors_never() -> None:
    headers = {"x-message-id": "f1"}
    first, again = (parse_file(headers, ADDRESS, NOW).attachments[0].ref for _ in range(2))
    assert first == again
    assert parse_file(headers, "web:" + "b" * 64, NOW).attachments[0].ref != first
