from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Message

from bot.channels.telegram.content import READABLE, SERVICE, UNREADABLE
from bot.channels.telegram.parse import events_of
from bot.conversation.messages import AttachmentRef, Event, Ignored, Incoming
from tests.channels.telegram.spec import SPEC, spec
from tests.channels.telegram.updates import (
    BOT_USERNAME,
    DATE,
    GROUP,
    entities,
    membership,
    message,
    press,
    text,
    update,
)

WHEN = datetime.fromtimestamp(DATE, UTC)
SAID = Incoming("telegram", "777:1", ("777",), text="halo", sent_at=WHEN, display_name="Sri Wahyuni")
FILE = {"file_id": "F1", "file_unique_id": "u1", "file_size": 10}
USER = {"id": 5, "is_bot": False, "first_name": "Budi"}
POLL = {
    "id": "1",
    "question": "?",
    "options": [],
    "total_voter_count": 0,
    "is_closed": False,
    "is_anonymous": True,
    "type": "regular",
    "allows_multiple_answers": False,
    "allows_revoting": False,
    "members_only": False,
}


def only(payload: dict[str, Any], username: str | None = BOT_USERNAME) -> Event:
    [event] = events_of(payload, username)
    return event


def said(payload: dict[str, Any], username: str | None = BOT_USERNAME) -> Incoming:
    event = only(payload, username)
    assert isinstance(event, Incoming), event
    return event


def test_a_text_is_a_message_keyed_by_chat_and_message_and_not_by_the_update() -> None:
    assert only(text("halo")) == SAID
    assert only({**text("halo"), "update_id": 99}) == SAID


@pytest.mark.parametrize(
    "words",
    ["'; DROP TABLE inbox; --", "<b>tebal</b>", "{{ 7*7 }} {ticket} %s", "*a* _b_ [c](d)", "  spasi \n\n baris "],
)
def test_text_is_kept_as_it_was_typed(words: str) -> None:
    assert said(text(words)).text == words


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("/start", "start"),
        ("/start kampanye-1", "start"),
        ("/mulai", "start"),
        ("/help", "help"),
        ("/bantuan", "help"),
        ("/tiket", "ticket"),
        ("/TIKET@Sapa_Contoh_Bot laptop rusak", "ticket"),
        ("/ticket\nmy laptop broke", "ticket"),
        ("/batal", "cancel"),
        ("/cancel", "cancel"),
        ("/bahasa en", "language"),
        ("/language", "language"),
        ("/privasi", "privacy"),
        ("/privacy", "privacy"),
        ("/unknown", None),
        ("/start@another_bot", None),
        ("/startx", None),
        ("/ start", None),
        ("saya ketik /start", None),
        ("/", None),
    ],
)
def test_commands_are_known_in_both_languages_and_everything_else_is_text(words: str, command: str | None) -> None:
    event = said(text(words))
    assert (event.command, event.text, event.kind) == (command, words, "message")


def test_a_command_that_names_a_bot_counts_while_our_own_name_is_not_known_yet() -> None:
    assert said(text("/start@sapa_contoh_bot"), None).command == "start"


@pytest.mark.parametrize(
    ("content", "words", "attachment"),
    [
        (
            {
                "photo": [
                    {"file_id": "s", "file_unique_id": "s", "width": 90, "height": 60},
                    {"file_id": "L", "file_unique_id": "l", "width": 1280, "height": 960, "file_size": 9000},
                    {"file_id": "m", "file_unique_id": "m", "width": 320, "height": 240},
                ],
                "caption": "kartu saya",
            },
            "kartu saya",
            AttachmentRef("image", "L", None, "image/jpeg", 9000),
        ),
        (
            {"document": {**FILE, "file_name": "surat izin.pdf", "mime_type": "application/pdf"}},
            "",
            AttachmentRef("document", "F1", "surat izin.pdf", "application/pdf", 10),
        ),
        (
            {"voice": {**FILE, "duration": 3, "mime_type": "audio/ogg"}},
            "",
            AttachmentRef("voice", "F1", None, "audio/ogg", 10),
        ),
        (
            {"audio": {**FILE, "duration": 3, "file_name": "a.mp3", "mime_type": "audio/mpeg"}},
            "",
            AttachmentRef("audio", "F1", "a.mp3", "audio/mpeg", 10),
        ),
        (
            {"video": {**FILE, "duration": 3, "width": 4, "height": 3, "mime_type": "video/mp4"}, "caption": "ini"},
            "ini",
            AttachmentRef("video", "F1", None, "video/mp4", 10),
        ),
        (
            {
                "animation": {**FILE, "duration": 3, "width": 4, "height": 3, "mime_type": "video/mp4"},
                "document": {**FILE, "mime_type": "video/mp4"},
            },
            "",
            AttachmentRef("video", "F1", None, "video/mp4", 10),
        ),
        (
            {
                "sticker": {
                    **FILE,
                    "type": "regular",
                    "width": 512,
                    "height": 512,
                    "is_animated": False,
                    "is_video": False,
                    "emoji": "😂",
                }
            },
            "😂",
            AttachmentRef("sticker", "F1", None, "image/webp", 10),
        ),
    ],
)
def test_what_a_message_carries_becomes_text_and_files(
    content: dict[str, Any], words: str, attachment: AttachmentRef | None
) -> None:
    files = (attachment,) if attachment else ()
    assert only(update(message=message(**content))) == replace(SAID, text=words, attachments=files)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ({"location": {"latitude": -6.89, "longitude": 107.61}}, "Lokasi: -6.89, 107.61"),
        ({"location": {"latitude": 0.0000001, "longitude": -107.0}}, "Lokasi: 0, -107"),
        (
            {
                "venue": {
                    "location": {"latitude": -6.89, "longitude": 107.61},
                    "title": "Gedung A",
                    "address": "Jl. Ganesa 10",
                },
                "location": {"latitude": -6.89, "longitude": 107.61},
            },
            "Tempat: Gedung A, Jl. Ganesa 10 (-6.89, 107.61)",
        ),
        ({"contact": {"phone_number": "+62812", "first_name": "Budi", "last_name": "S"}}, "Kontak: Budi S, +62812"),
    ],
)
def test_a_place_or_a_contact_card_is_shared_and_not_said(content: dict[str, Any], line: str) -> None:
    assert only(update(message=message(**content))) == replace(SAID, kind="shared", text=line)


@pytest.mark.parametrize(
    "content",
    [
        {"dice": {"emoji": "🎲", "value": 3}},
        {"poll": POLL},
        {"video_note": {**FILE, "length": 240, "duration": 3}},
        {"story": {"chat": GROUP, "id": 3}},
        {"game": {"title": "g", "description": "d", "photo": []}},
        {"something_of_bot_api_12": {"x": 1}},
        {"video": "not what it should be"},
    ],
)
def test_a_message_that_cannot_be_read_is_told_apart(content: dict[str, Any]) -> None:
    event = said(update(message=message(**content)))
    assert (event.kind, event.external_id, event.addresses, event.sent_at) == ("unreadable", "777:1", ("777",), WHEN)


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        (update(message=message(pinned_message=message(2, text="x"))), "pinned_message"),
        (update(message=message(chat=GROUP, new_chat_members=[USER])), "new_chat_members"),
        (update(message={**message(text="x"), "from": {**USER, "is_bot": True}}), "bot"),
        (update(channel_post={"message_id": 1, "date": DATE, "chat": {"id": -1, "type": "channel"}}), "channel_post"),
        (update(poll=POLL), "poll"),
        (update(inline_query={"id": "1", "from": USER, "query": "", "offset": ""}), "inline_query"),
        (update(something_of_bot_api_12={"x": 1}), "unknown"),
        (update(), "unknown"),
        ({}, "malformed"),
        (update(inline_query=[]), "malformed"),
        (update(message=message(chat=GROUP, text="siapa ikut makan siang?")), "group"),
        (update(edited_message=message(chat=GROUP, text="x", edit_date=DATE)), "edited_message"),
        (update(edited_message=message(location={"latitude": 1, "longitude": 2}, edit_date=DATE)), "edited_message"),
        (membership("member", chat=GROUP), "my_chat_member"),
    ],
)
def test_what_nobody_needs_to_answer_is_ignored_and_counted_under_its_kind(payload: dict[str, Any], kind: str) -> None:
    assert only(payload) == Ignored("telegram", kind)


def test_an_edit_replaces_the_message_that_was_edited() -> None:
    event = said(update(edited_message=message(text="halo, maaf", edit_date=DATE + 60)))
    assert (event.kind, event.text, event.edits) == ("edited", "halo, maaf", said(text("halo")).external_id)
    assert event.sent_at == datetime.fromtimestamp(DATE + 60, UTC)


def test_two_edits_within_a_second_are_two_and_the_same_one_twice_is_one() -> None:
    first, second, again = (
        said(update(number, edited_message=message(text=words, edit_date=DATE)))
        for number, words in enumerate(["satu", "dua", "dua"])
    )
    assert first.external_id != second.external_id
    assert second.external_id == again.external_id


def test_a_pressed_button_is_a_choice_with_its_label_as_text() -> None:
    assert only(press("k3y", "q42", label="Ya, teruskan")) == Incoming(
        "telegram", "callback:q42", ("777",), text="Ya, teruskan", choice="k3y", display_name="Sri Wahyuni"
    )


def test_a_button_of_a_message_that_telegram_no_longer_shows_is_still_a_choice() -> None:
    payload = press("k3y")
    payload["callback_query"]["message"] = {"chat": message()["chat"], "message_id": 9, "date": 0}
    event = said(payload)
    assert (event.choice, event.text) == ("k3y", "")


def test_a_button_pressed_in_a_group_is_ignored() -> None:
    payload = press("k3y")
    payload["callback_query"]["message"]["chat"] = GROUP
    assert only(payload) == Ignored("telegram", "callback_query")


@pytest.mark.parametrize(("status", "kind"), [("kicked", "unreachable"), ("member", "reachable")])
def test_a_blocked_bot_marks_the_person_unreachable_until_it_is_let_in_again(status: str, kind: str) -> None:
    event = said(membership(status))
    assert (event.kind, event.addresses, event.external_id) == (kind, ("777",), f"777:member:{DATE}:{status}")


@pytest.mark.parametrize(
    "words", ["/tiket", "/unknown@sapa_contoh_bot", "halo @SAPA_contoh_bot, ada yang jaga?", "😀😀 @sapa_contoh_bot"]
)
def test_in_a_group_only_what_is_addressed_to_the_bot_is_taken_and_answered_there(words: str) -> None:
    event = said(text(words, chat=GROUP))
    assert (event.kind, event.addresses, event.command, event.text) == ("group", ("-100500",), None, words)


def test_a_mention_in_a_caption_counts_too() -> None:
    words = "ini @sapa_contoh_bot"
    content: dict[str, Any] = {"video": {**FILE, "duration": 3, "width": 4, "height": 3}, "caption": words}
    event = said(update(message=message(chat=GROUP, **content, caption_entities=entities(words))))
    assert event.kind == "group"


@pytest.mark.parametrize("words", ["/tiket@another_bot", "/unknown", "@another_bot halo", "@sapa_contoh_bot2 halo"])
def test_in_a_group_what_is_addressed_to_others_is_not_ours(words: str) -> None:
    assert only(text(words, chat=GROUP)) == Ignored("telegram", "group")


def test_a_message_that_the_library_cannot_read_keeps_its_text() -> None:
    event = said(update(message=message(text="/tiket laptop", entities=[{"kind": "of the future"}])))
    assert (event.kind, event.text, event.command) == ("message", "/tiket laptop", "ticket")


def test_a_press_survives_even_when_the_message_with_the_button_cannot_be_read() -> None:
    payload = press("k3y", "q42")
    payload["callback_query"]["message"]["entities"] = [{"kind": "of the future"}]
    event = said(payload)
    assert (event.choice, event.external_id, event.addresses) == ("k3y", "callback:q42", ("777",))


def test_every_content_of_a_message_in_the_bot_api_is_read_or_told_apart() -> None:
    book = spec()
    if book is None:
        pytest.skip(f"THE BOT API'S DESCRIPTION IS NOT BESIDE THE CHECKOUT: {SPEC}")
    about = {field["name"] for field in book["types"]["Message"]["fields"]} - {*READABLE, *UNREADABLE, *SERVICE}
    assert about == {
        *("message_id", "message_thread_id", "direct_messages_topic", "from", "sender_chat", "sender_boost_count"),
        *("sender_business_bot", "sender_tag", "date", "guest_query_id", "business_connection_id", "chat"),
        *("forward_origin", "is_topic_message", "is_automatic_forward", "reply_to_message", "external_reply", "quote"),
        *("reply_to_story", "reply_to_checklist_task_id", "reply_to_poll_option_id", "via_bot"),
        *("guest_bot_caller_user", "guest_bot_caller_chat", "edit_date", "has_protected_content", "is_from_offline"),
        *("is_paid_post", "media_group_id", "author_signature", "paid_star_count", "entities", "link_preview_options"),
        *("suggested_post_info", "effect_id", "caption_entities", "show_caption_above_media", "has_media_spoiler"),
        "reply_markup",
    }


@pytest.mark.parametrize("name", [*SERVICE, *READABLE, *UNREADABLE])
def test_the_library_knows_every_field_that_is_looked_at(name: str) -> None:
    assert name in Message.__slots__


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from(["message", "edited_message", "callback_query", "my_chat_member", "poll", "new"])
keys = st.sampled_from([*message(text=""), "photo", "data", "entities", "edit_date", "location", "new_chat_member"])
bodies = st.dictionaries(keys, json_values, max_size=4).map(lambda broken: {**message(), **broken})


@given(st.dictionaries(fields, json_values | bodies, max_size=2), st.booleans())
def test_no_update_whatever_it_holds_stops_the_ones_behind_it(content: dict[str, Any], numbered: bool) -> None:
    payload = json.loads(json.dumps({**content, **({"update_id": 1} if numbered else {})}))
    assert len(events_of(payload, BOT_USERNAME)) == 1
