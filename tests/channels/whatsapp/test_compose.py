"""Messages within Meta's limits, and nothing of a choice lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.whatsapp.compose import address_fields, file_message, template_message, text_message, with_choices
from bot.conversation.messages import Button
from tests.channels.whatsapp.graph_schema import OPENAPI, message_faults, schemas

PHONE = "6281200000001"


def buttons(*labels: str) -> tuple[Button, ...]:
    return tuple(Button(f"key{number}", label) for number, label in enumerate(labels, 1))


def shape(payload: dict[str, Any]) -> str:
    return str(payload["interactive"]["type"] if payload["type"] == "interactive" else payload["type"])


def faults(payload: dict[str, Any], address: str = PHONE) -> list[str]:
    return message_faults({**address_fields(address), **payload})


@pytest.mark.parametrize(
    ("text", "labels", "shapes"),
    [
        ("Halo", (), ["text"]),
        ("Puas?", ("Ya", "Belum"), ["button"]),
        ("Puas?", ("Ya", "Belum", "Tidak tahu"), ["button"]),
        ("Puas?", ("Ya", "Belum", "Tidak tahu", "Nanti"), ["list"]),
        ("Puas?", ("1" * 20, "2" * 20, "3" * 20), ["button"]),
        ("Puas?", ("1" * 21, "2"), ["list"]),
        ("Puas?", ("Ya", "Ya"), ["list"]),
        ("Puas?", tuple(f"Pilihan {n}" for n in range(10)), ["list"]),
        ("Puas?", tuple(f"Pilihan {n}" for n in range(11)), ["text"]),
        ("x" * 1024, ("Ya", "Belum"), ["button"]),
        ("x" * 1025, ("Ya", "Belum"), ["text"]),
        ("x" * 1024, ("Ya", "Belum", "Nanti", "Lain"), ["list"]),
        ("x" * 1025, ("Ya", "Belum", "Nanti", "Lain"), ["text"]),
        ("x" * 4096, ("Ya", "Belum"), ["text", "button"]),
        ("x" * 4096, ("Ya", "Belum", "Nanti", "Lain"), ["text", "list"]),
        ("x" * 4096, tuple(f"Pilihan {n}" for n in range(11)), ["text", "text"]),
        ("", ("Ya", "Belum"), ["button"]),
        ("Puas?", ("", "Ya"), ["button"]),
        ("x" * 1000, ("y" * 73, "z"), ["text"]),
        ("x" * 900, ("y" * 73, "z"), ["list"]),
    ],
)
def test_choices_take_the_shape_that_fits_them(text: str, labels: tuple[str, ...], shapes: list[str]) -> None:
    payloads = with_choices(text, buttons(*labels), "Pilih")
    assert [shape(payload) for payload in payloads] == shapes
    assert [faults(payload) for payload in payloads] == [[]] * len(payloads)


def test_short_choices_are_buttons_with_their_keys() -> None:
    [payload] = with_choices("Apakah ini menjawab?", buttons("Ya", "Belum"), "Pilih")
    assert payload["interactive"]["body"] == {"text": "Apakah ini menjawab?"}
    replies = [button["reply"] for button in payload["interactive"]["action"]["buttons"]]
    assert replies == [{"id": "key1", "title": "Ya"}, {"id": "key2", "title": "Belum"}]


def test_a_label_that_is_too_long_for_a_row_is_whole_in_its_description() -> None:
    label = "Cara mengganti alamat surel kampus"
    [payload] = with_choices("Maksud Anda yang mana?", buttons(label, "Bukan itu"), "Choose")
    action = payload["interactive"]["action"]
    assert action["button"] == "Choose"
    assert action["sections"][0]["rows"] == [
        {"id": "key1", "title": "Cara mengganti alamat s…", "description": label},
        {"id": "key2", "title": "Bukan itu"},
    ]


def test_a_label_that_is_too_long_for_a_description_is_whole_in_the_text() -> None:
    label = "Bagaimana " * 8 + "mendaftar?"
    [payload] = with_choices("Maksud Anda yang mana?", buttons(label, "Bukan itu"), "Pilih")
    assert payload["interactive"]["body"]["text"] == f"Maksud Anda yang mana?\n\n1. {label}\n2. Bukan itu"
    assert payload["interactive"]["action"]["sections"][0]["rows"][0]["description"].endswith("…")


def test_a_description_is_shown_in_a_list() -> None:
    choices = (Button("a", "Akademik", "KRS, nilai, cuti"), Button("b", "Keuangan"))
    [payload] = with_choices("Topik apa?", choices, "Pilih")
    rows = payload["interactive"]["action"]["sections"][0]["rows"]
    assert [row.get("description") for row in rows] == ["KRS, nilai, cuti", None]


def test_a_description_stands_behind_a_label_that_was_cut() -> None:
    [payload] = with_choices("Topik apa?", (Button("b", "Cara mengganti kata sandi", "Portal"),), "Pilih")
    [row] = payload["interactive"]["action"]["sections"][0]["rows"]
    assert row["description"] == "Cara mengganti kata sandi · Portal"


def test_choices_under_a_long_text_are_numbered() -> None:
    [payload] = with_choices("x" * 2000, buttons("Ya", "Belum"), "Pilih")
    assert payload["text"]["body"] == "x" * 2000 + "\n\n1. Ya\n2. Belum"


@pytest.mark.parametrize(
    ("address", "field"),
    [(PHONE, "to"), ("US.13491208655302741918", "recipient"), ("ID.ENT.11815799212886844830", "recipient")],
)
def test_a_phone_is_written_to_and_a_business_scoped_id_is_the_recipient(address: str, field: str) -> None:
    fields = address_fields(address)
    assert fields[field] == address
    assert len({"to", "recipient"} & set(fields)) == 1
    assert faults(text_message("Halo"), address) == []


def test_links_are_not_previewed() -> None:
    assert text_message("https://contoh.ac.id")["text"]["preview_url"] is False


@pytest.mark.parametrize(
    "payload",
    [
        template_message("lanjutkan_percakapan"),
        file_message("image", "10001", "foto.jpg", "ini fotonya"),
        file_message("document", "10001", "surat.pdf", ""),
        file_message("audio", "10001", "suara.ogg", ""),
        file_message("video", "10001", "film.mp4", "x" * 1024),
    ],
)
def test_templates_and_files_are_as_meta_describes_them(payload: dict[str, Any]) -> None:
    assert faults(payload) == []


LABELS = st.text(min_size=0, max_size=120)


@settings(deadline=None)
@given(
    st.text(max_size=4096).filter(lambda text: "\0" not in text and text.isprintable()),
    st.lists(st.tuples(LABELS, st.none() | LABELS), max_size=12),
)
def test_whatever_is_said_meta_takes_it(text: str, labels: list[tuple[str, str | None]]) -> None:
    choices = [Button(f"key{n}", label, description) for n, (label, description) in enumerate(labels)]
    payloads = with_choices(text, choices, "Pilih")
    if text.strip() or choices:
        assert [faults(payload) for payload in payloads] == [[]] * len(payloads)
    assert len(payloads) == 1 or len(text) > 2000


@pytest.mark.skipif(not OPENAPI.exists(), reason=f"META'S DESCRIPTION IS NOT THERE: {OPENAPI}")
def test_metas_description_is_really_read() -> None:
    assert len(schemas() or {}) > 100
    wrong = text_message("Halo") | {"txt": 1}
    assert message_faults({**address_fields(PHONE), **wrong}) == ["message.txt: not known"]
    assert faults({"type": "text", "text": {"body": "Halo", "preview_url": "no"}})
    assert faults({"type": "template", "template": {"name": "x"}})
    assert faults({"type": "image", "image": {"caption": "x"}})
    assert faults({"type": "interactive", "interactive": {"type": "buttons", "body": {"text": "x"}, "action": {}}})


@pytest.mark.parametrize(
    ("text", "labels", "broken"),
    [
        ("x" * 4097, (), "text.body"),
        ("x" * 1025, ("Ya",), "interactive.body"),
        ("x", ("y" * 21,), "reply.title"),
        ("x", ("a", "b", "c", "d"), "action"),
        ("x", ("a", "a"), "reply.title"),
    ],
)
def test_the_fake_refuses_what_meta_refuses(text: str, labels: tuple[str, ...], broken: str) -> None:
    replies = [{"type": "reply", "reply": {"id": f"k{n}", "title": label}} for n, label in enumerate(labels)]
    interactive = {"type": "button", "body": {"text": text}, "action": {"buttons": replies}}
    payload = {"type": "interactive", "interactive": interactive} if labels else text_message(text)
    assert any(fault.startswith(broken) for fault in faults(payload))
