"""What parsing makes of batches, people and odd shapes. The recorded webhooks have a file of their own."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.whatsapp.parse import parse
from bot.conversation.messages import Event, Ignored, Incoming, StatusUpdate
from tests.channels.fake_whatsapp import PHONE_NUMBER_ID, text_message, wrap

USER = "ID.13491208655302741918"
PHONE = "6281200000001"
NOON = 1_763_874_000


def read(payload: dict[str, Any]) -> list[Event]:
    return parse(payload, PHONE_NUMBER_ID)


def only(message: dict[str, Any], *contacts: dict[str, Any]) -> Incoming:
    [event] = read(wrap(message, contacts=contacts))
    assert isinstance(event, Incoming)
    return event


def kinds(payload: dict[str, Any]) -> list[str]:
    return [event.kind if isinstance(event, Ignored) else type(event).__name__ for event in read(payload)]


def message(kind: str, **content: Any) -> dict[str, Any]:
    return {"from": PHONE, "id": f"wamid.{kind}", "timestamp": str(NOON), "type": kind, **content}


def text(number: int, *, at: int = NOON) -> dict[str, Any]:
    return text_message(f"wamid.{number}", f"62812{number:08d}", f"pesan {number}", at)


def status(number: int) -> dict[str, Any]:
    return {"id": f"wamid.out{number}", "status": "delivered", "timestamp": str(NOON)}


# Batches


def test_every_entry_change_message_and_status_counts() -> None:
    first = wrap(text(1), text(2), statuses=[status(1), status(2)])["entry"][0]
    second = wrap(text(3))["entry"][0]
    second["changes"] += wrap(text(4), statuses=[status(3)])["entry"][0]["changes"]
    events = read({"object": "whatsapp_business_account", "entry": [first, second]})
    assert [e.text for e in events if isinstance(e, Incoming)] == ["pesan 1", "pesan 2", "pesan 3", "pesan 4"]
    assert [e.external_id for e in events if isinstance(e, StatusUpdate)] == ["wamid.out1", "wamid.out2", "wamid.out3"]


def test_messages_are_ordered_by_time_and_within_a_second_as_they_came() -> None:
    events = read(wrap(text(3, at=NOON + 9), text(1), text(2), text(4, at=NOON + 9)))
    assert [e.external_id for e in events if isinstance(e, Incoming)] == ["wamid.1", "wamid.2", "wamid.3", "wamid.4"]


def test_a_message_without_a_time_stays_behind_the_one_it_came_after() -> None:
    timeless = {**text(2), "timestamp": "soon"}
    events = read(wrap(text(1), timeless, text(3, at=NOON + 1), text(0, at=NOON - 1)))
    assert [e.external_id for e in events if isinstance(e, Incoming)] == ["wamid.0", "wamid.1", "wamid.2", "wamid.3"]
    assert next(e for e in events if isinstance(e, Incoming) and e.external_id == "wamid.2").sent_at is None


BROKEN: list[Any] = [None, 1, "text", [], {}, {"id": 5}, {"id": "wamid.x", "type": "text", "timestamp": {}}]


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_message_does_not_take_the_others_with_it(broken: Any) -> None:
    events = read(wrap(text(1), broken, text(2), statuses=[broken, status(1)]))
    assert [e.text for e in events if isinstance(e, Incoming) and e.text] == ["pesan 1", "pesan 2"]
    assert [e.external_id for e in events if isinstance(e, StatusUpdate)] == ["wamid.out1"]


@pytest.mark.parametrize("broken", [None, 1, "text", [], {}, {"changes": 5}, {"changes": [None, {"value": 3}]}])
def test_a_broken_entry_does_not_take_the_others_with_it(broken: Any) -> None:
    whole = wrap(text(1))["entry"][0]
    events = read({"object": "whatsapp_business_account", "entry": [broken, whole, broken]})
    assert [e.text for e in events if isinstance(e, Incoming)] == ["pesan 1"]
    assert Ignored("whatsapp", "malformed") in events


@pytest.mark.parametrize("broken", [None, 1, "x", {}, [None], [{"wa_id": []}], [{"wa_id": PHONE, "profile": 1}]])
def test_broken_contacts_do_not_lose_the_message(broken: Any) -> None:
    payload = wrap(text_message("wamid.1", PHONE, "halo", NOON))
    payload["entry"][0]["changes"][0]["value"]["contacts"] = broken
    [event] = read(payload)
    assert isinstance(event, Incoming)
    assert (event.text, event.addresses, event.display_name) == ("halo", (PHONE,), None)


def test_what_came_to_another_number_of_the_app_is_counted_not_read() -> None:
    payload = wrap(text(1), text(2), phone_number_id="999")
    payload["entry"] += wrap(text(3))["entry"]
    assert kinds(payload) == ["Incoming", "other_number"]


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        ({"object": "page", "entry": [{"messaging": []}]}, "other_object"),
        ({}, "malformed"),
        ({"entry": "x"}, "malformed"),
        ({"entry": [{"changes": [{"field": "account_update", "value": {}}]}]}, "field_account_update"),
        ({"entry": [{"changes": [{"field": "Ünknown field", "value": {}}]}]}, "malformed"),
        (wrap(statuses=[{**status(1), "status": "warning"}]), "status_warning"),
        (wrap(statuses=[{**status(1), "status": "<b>"}]), "malformed"),
        (wrap(statuses=[{**status(1), "timestamp": None}]), "malformed"),
        (wrap({**text(1), "group_id": "Y2FwaV9ncm91cD"}), "group"),
        (wrap({"id": "wamid.1", "type": "text", "text": {"body": "x"}}), "no_sender"),
        (wrap(message("system", system={"type": "something_new"})), "system"),
        (wrap(message("system", system={"type": "user_changed_user_id"})), "user_changed_user_id"),
    ],
)
def test_what_nobody_needs_to_answer_is_counted_under_its_kind(payload: dict[str, Any], kind: str) -> None:
    assert kinds(payload) == [kind]


# People


def contact(user: str | None = USER, phone: str | None = PHONE, name: str = "Budi") -> dict[str, Any]:
    fields = {"user_id": user, "wa_id": phone, "profile": {"name": name}}
    return {key: value for key, value in fields.items() if value is not None}


def sent_by(*, user: str | None = None, phone: str | None = None) -> dict[str, Any]:
    sender = {"from_user_id": user, "from": phone}
    body = {"id": "wamid.1", "timestamp": str(NOON), "type": "text", "text": {"body": "halo"}}
    return body | {key: value for key, value in sender.items() if value is not None}


@pytest.mark.parametrize(
    ("sender", "contacts", "addresses", "name"),
    [
        ({"user": USER, "phone": PHONE}, [contact()], (USER, PHONE), "Budi"),
        ({"phone": PHONE}, [contact()], (USER, PHONE), "Budi"),
        ({"phone": f"+{PHONE}"}, [contact()], (USER, PHONE), "Budi"),
        ({"user": USER}, [contact()], (USER, PHONE), "Budi"),
        ({"user": USER}, [contact(phone=None)], (USER,), "Budi"),
        ({"user": USER}, [], (USER,), None),
        ({"phone": PHONE}, [], (PHONE,), None),
        ({}, [contact(phone=None)], (USER,), "Budi"),
        ({}, [contact(user=None)], (PHONE,), "Budi"),
        ({"phone": PHONE}, [contact("ID.2", "628999", "Ani"), contact()], (USER, PHONE), "Budi"),
        ({"user": USER}, [contact("ID.2", "628999", "Ani"), contact(phone=None)], (USER,), "Budi"),
        ({"phone": PHONE}, [contact("ID.2", "628999", "Ani"), contact("ID.3", "628998")], (PHONE,), None),
        ({"user": USER, "phone": PHONE}, [contact("ID.2", "628999", "Ani")], (USER, PHONE), None),
        ({"phone": PHONE}, [contact(user="6281300000000")], (PHONE,), "Budi"),
    ],
)
def test_a_person_is_known_by_the_business_scoped_id_first_and_the_phone_second(
    sender: dict[str, str], contacts: list[dict[str, Any]], addresses: tuple[str, ...], name: str | None
) -> None:
    event = only(sent_by(**sender), *contacts)
    assert (event.addresses, event.display_name) == (addresses, name)


def test_the_only_contact_is_not_taken_for_two_writers() -> None:
    events = read(wrap(sent_by(phone="628111"), {**sent_by(phone="628222"), "id": "wamid.2"}, contacts=[contact()]))
    assert [e.addresses for e in events if isinstance(e, Incoming)] == [("628111",), ("628222",)]


def test_a_user_name_is_shown_where_there_is_no_profile_name() -> None:
    assert only(sent_by(user=USER), {"user_id": USER, "profile": {"username": "budi_s"}}).display_name == "budi_s"


# Messages


@pytest.mark.parametrize(
    "broken",
    [
        message("text"),
        message("text", text={"body": ""}),
        message("text", text={"body": ["halo"]}),
        message("image", image={"mime_type": "image/png"}),
        message("interactive", interactive={"type": "nfm_reply", "nfm_reply": {"response_json": "{}"}}),
        message("button", button={}),
        message("location", location={"latitude": "x", "longitude": float("nan")}),
        message("contacts", contacts=[{"name": {}}]),
        message("edit", edit={"original_message_id": "wamid.0", "message": {"type": "poll"}}),
        message("poll_creation", poll={}),
        message("unsupported"),
        {**message("text"), "type": ["text"]},
    ],
)
def test_the_person_is_told_when_a_message_cannot_be_read(broken: dict[str, Any]) -> None:
    event = only(broken)
    assert (event.kind, event.addresses, event.text) == ("unreadable", (PHONE,), "")


def test_the_caption_of_a_file_without_an_id_is_kept() -> None:
    event = only(message("document", document={"caption": "ini KTM saya", "id": ""}))
    assert (event.kind, event.text, event.attachments) == ("message", "ini KTM saya", ())


def test_an_edited_text_names_the_message_that_it_replaces() -> None:
    changed = {"type": "text", "text": {"body": "besok, bukan hari ini"}}
    event = only(message("edit", edit={"original_message_id": "wamid.0", "message": changed}))
    assert (event.kind, event.text, event.edits) == ("edited", "besok, bukan hari ini", "wamid.0")


def test_an_edit_of_nobody_knows_what_is_a_message() -> None:
    event = only(message("edit", edit={"message": {"type": "text", "text": {"body": "besok"}}}))
    assert (event.kind, event.text, event.edits) == ("message", "besok", None)


@pytest.mark.parametrize(("typed", "command"), [("/tiket", "ticket"), ("/Help ", "help"), ("tiket", None)])
def test_a_typed_command_is_known(typed: str, command: str | None) -> None:
    assert only(message("text", text={"body": typed})).command == command


def test_opening_the_chat_for_the_first_time_is_a_start() -> None:
    assert only(message("request_welcome")).command == "start"


def test_the_key_of_somebody_elses_button_is_not_a_choice_of_ours() -> None:
    event = only(message("button", button={"payload": "x" * 65, "text": "Daftar"}))
    assert (event.choice, event.text) == (None, "Daftar")


def test_text_that_no_database_can_keep_is_mended() -> None:
    body = json.loads('"halo\\u0000 \\ud83d kak \\ud83d\\ude2d"')
    assert only(message("text", text={"body": body})).text == "halo ? kak 😭"


def test_markup_and_queries_are_text() -> None:
    body = "<b>*x*</b> {{y}} {nama} '; DROP TABLE person; --"
    assert only(message("text", text={"body": body})).text == body


@pytest.mark.parametrize("late", ["99999999999999", "-5", "1e9", 10**18, True, "²", None, "253402300800"])
def test_a_time_that_is_none_does_not_lose_the_message(late: Any) -> None:
    event = only({**text(1), "timestamp": late})
    assert (event.text, event.sent_at) == ("pesan 1", None)


def test_times_are_aware_and_in_utc() -> None:
    assert only(text(1, at=0x6922BE90)).sent_at == datetime.fromtimestamp(0x6922BE90, UTC)


# Any JSON at all

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
WORDS = st.sampled_from(["text", "image", "interactive", "edit", "contacts", "location", "button", "system", "order"])


def odd(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Something of the right names and any shape."""
    names = ["id", "from", "from_user_id", "timestamp", "type", "text", "body", "image", "caption", "interactive"]
    names += ["button_reply", "title", "edit", "message", "contacts", "phones", "wa_id", "user_id", "profile", "name"]
    names += ["location", "latitude", "longitude", "errors", "code", "status", "system", "button", "payload"]
    return st.dictionaries(st.sampled_from(names), inner, max_size=6) | st.lists(inner, max_size=3)


PART = st.recursive(JSON | WORDS | st.sampled_from(["wamid.1", PHONE, USER, str(NOON)]), odd, max_leaves=15)


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=8) | st.sampled_from(["entry", "object"]), JSON, max_size=4))
def test_parsing_survives_any_object(payload: dict[str, Any]) -> None:
    assert isinstance(parse(payload, PHONE_NUMBER_ID), list)


@settings(deadline=None)
@given(st.lists(PART, max_size=3), PART, st.lists(PART, max_size=2), PART)
def test_parsing_survives_any_part_and_keeps_the_whole_ones(
    messages: list[Any], contacts: Any, statuses: list[Any], metadata: Any
) -> None:
    payload = wrap(text(1), *messages, text(2), contacts=[contacts], statuses=[*statuses, status(1)])
    payload["entry"][0]["changes"][0]["value"]["errors"] = metadata
    events = read(payload)
    assert {"pesan 1", "pesan 2"} <= {e.text for e in events if isinstance(e, Incoming)}
    assert "wamid.out1" in {e.external_id for e in events if isinstance(e, StatusUpdate)}
    for event in events:
        if isinstance(event, Incoming):
            event.text.encode()
            assert all(address.isascii() and 0 < len(address) <= 200 for address in event.addresses)
