"""The main job on every channel, through the real engine and the real channels, with fakes only at the far ends."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import time
from collections.abc import Mapping
from functools import partial

import httpx
import pytest
from sqlalchemy import select

from bot.conversation.enclosing import kept
from bot.conversation.model import Attachment, InboxMessage
from bot.conversation.thread import thread
from tests.channels.fake_whatsapp import wrap
from tests.conftest import CLOSING
from tests.house import House, OnTelegram, OnTheWeb, OnWhatsApp, Someone, eventually

pytestmark = pytest.mark.engine
CHANNELS: list[type[Someone]] = [OnTelegram, OnWhatsApp, OnTheWeb]
QUESTION = "min mau nanya dong, ukt telat bayar gmn ya??"
HELPFUL = "Apakah ini menjawab pertanyaan Anda"
PDF = b"%PDF-1.7\n" + bytes(range(256))
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    + bytes(200)
)


def opens_a_ticket(someone: Someone) -> str:
    """From the question to the ticket's number."""
    someone.says(QUESTION)
    assert set(someone.hears(HELPFUL).buttons) == {"Ya", "Belum"}
    someone.presses("Belum")
    someone.hears("NIM atau NIP, nama lengkap, dan tanggal lahir")
    someone.says("13526001, Budi Santoso, 12 Mei 2004")
    found = re.search(r"CC-\d{4}-\d{6}", someone.hears(r"tiket CC-\d{4}-\d{6}").text)
    assert found is not None
    return found[0]


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_question_becomes_a_ticket_that_a_human_answers_in_the_same_chat(
    house: House, channel: type[Someone]
) -> None:
    someone, desk = channel(house), house.app.desk
    number = opens_a_ticket(someone)
    [ticket] = house.tickets(someone.address)
    assert (ticket.number, ticket.identity, ticket.status) == (number, "proven", "new")
    assert QUESTION in ticket.summary

    house.at_desk(desk.take, number)
    someone.hears("Rina")
    before = len(someone.messages())
    someone.says("halo? apakah ada orang?")
    someone.presses("Belum")
    assert [row.handled_by for row in someone.is_dealt_with(5)][3:] == ["agent", "agent"]
    assert len(someone.messages()) == before

    words = "<b>Sudah</b> kami *perbaiki* {ticket}; silakan dicoba & dikabari 🙏"
    house.at_desk(desk.reply, number, words)
    # Telegram is told apart from the text what of it is bold.
    assert someone.hears("perbaiki").text == (words.replace("*", "") if isinstance(someone, OnTelegram) else words)
    with kept(house.live.settings.data_dir, [("surat keterangan.pdf", io.BytesIO(PDF))], 1000) as files:
        house.at_desk(partial(desk.reply, files=files), number, "Ini suratnya.")
    assert someone.hears("suratnya").file == ("surat keterangan.pdf", PDF)

    house.at_desk(desk.close, number, CLOSING)
    someone.hears(f"{number} sudah kami selesaikan")
    assert someone.hears("Apakah kendala Anda sudah teratasi?").buttons
    someone.says(QUESTION)
    assert "Belum" in someone.hears(HELPFUL).buttons
    [ticket] = house.tickets(someone.address)
    assert ticket.status == "closed"
    someone.is_dealt_with(6)
    assert len(someone.messages()) == len(house.outbox(someone.address))


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_photo_is_kept_and_stands_in_the_thread(house: House, channel: type[Someone]) -> None:
    someone = channel(house)
    assert isinstance(someone, OnTelegram | OnWhatsApp | OnTheWeb)
    if isinstance(someone, OnTheWeb):
        someone.says("halo")
    someone.sends_photo(PNG, "ini bukti bayar ukt saya")
    eventually(lambda: house.inbox(someone.address))
    conversation = house.conversation(someone.address)

    def stored() -> Attachment | None:
        with house.app.db.read() as session:
            files = select(Attachment).join(InboxMessage).where(InboxMessage.conversation_id == conversation)
            return session.scalars(files.where(Attachment.status == "stored")).one_or_none()

    file = eventually(stored)
    assert (file.media_type, file.size) == ("image/png", len(PNG))
    assert file.path is not None
    assert (house.live.settings.data_dir / file.path).read_bytes() == PNG
    someone.is_dealt_with()
    with house.app.db.read() as session:
        entries = thread(session, conversation, limit=20)
    assert any("(stored)" in name for entry in entries for name in entry.files)
    assert any("bukti bayar" in entry.text for entry in entries)


def test_a_batch_of_many_people_is_answered_to_each_of_them_once(house: House) -> None:
    people = [OnWhatsApp(house) for _ in range(10)]
    messages = [one.written(text) for text in ("halo kak", "jam buka perpus kpn kak") for one in people]
    people[0].delivers(*messages, times=2)
    for one in people:
        rows = one.is_dealt_with()
        assert [row.text for row in rows] == ["halo kak", "jam buka perpus kpn kak"]
        assert [row.handled_by for row in rows] == ["assistant", "assistant"]
        outbox = house.outbox(one.address)
        assert {row.inbox_id for row in outbox} == {row.id for row in rows}
        assert [heard.text for heard in one.messages()] == [row.text for row in outbox]
    assert len({len(one.messages()) for one in people}) == 1


def test_a_status_that_comes_back_is_kept_and_never_steps_back(house: House) -> None:
    someone = OnWhatsApp(house)
    someone.says("halo")
    someone.is_dealt_with()
    [row] = house.outbox(someone.address)[-1:]
    for state in ("read", "delivered", "sent"):
        status = {"id": row.external_id, "status": state, "timestamp": "1795402800", "recipient_id": someone.address}
        _statuses(house, status)
    eventually(lambda: house.outbox(someone.address)[-1].status == "read")


def _statuses(house: House, status: Mapping[str, object]) -> None:
    body = json.dumps(wrap(statuses=[status])).encode()
    url = f"{house.live.url}/channels/whatsapp"
    assert httpx.post(url, content=body, headers=house.whatsapp.sign(body)).status_code == 200


def test_with_a_forged_signature_nothing_is_kept(house: House) -> None:
    someone = OnWhatsApp(house)
    body = json.dumps(wrap(someone.written("halo"))).encode()
    answer = httpx.post(f"{house.live.url}/channels/whatsapp", content=body, headers=house.whatsapp.sign(body + b" "))
    assert answer.status_code == 401
    assert house.inbox(someone.address) == []


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_worker_killed_in_the_middle_of_a_talk_costs_no_message(house: House, channel: type[Someone]) -> None:
    someone = channel(house)
    someone.says(QUESTION)
    someone.hears(HELPFUL)
    os.kill(house.app.process.pids[0], signal.SIGKILL)
    someone.presses("Belum")
    someone.hears("NIM atau NIP, nama lengkap, dan tanggal lahir")
    rows = someone.is_dealt_with(2)
    assert {row.handled_by for row in rows} == {"assistant"}
    said = [(row.inbox_id, row.text) for row in house.outbox(someone.address)]
    assert len(said) == len(set(said)) == len(someone.messages())


def test_without_an_engine_the_person_is_told_at_once_and_nothing_is_answered_twice(house: House) -> None:
    someone = OnWhatsApp(house)
    someone.says(QUESTION)
    someone.hears(HELPFUL)
    someone.is_dealt_with()
    with house.engine_down():
        asked = time.monotonic()
        someone.says("kapan batas bayar ukt?")
        first = someone.hears("terganggu", 6)
        assert time.monotonic() - asked < 5
        someone.says("halo?")
        second = someone.hears("masih terganggu", 6)
    [ticket] = house.tickets(someone.address)
    assert ticket.number in first.text
    assert ticket.number in second.text
    assert (ticket.kind, ticket.status) == ("outage", "new")
    someone.is_dealt_with()
    someone.says("jam buka perpus kpn kak")
    someone.hears(HELPFUL)
    rows = someone.is_dealt_with(4)
    assert [row.handled_by for row in rows] == ["assistant", "fallback", "fallback", "assistant"]
    for row in rows[1:3]:
        assert len([each for each in house.outbox(someone.address) if each.inbox_id == row.id]) == 1
    assert len(someone.messages()) == len(house.outbox(someone.address))


def test_readiness_and_metrics_tell_of_the_work_and_of_nobody(house: House) -> None:
    someone = OnWhatsApp(house)
    someone.says("saya Budi Santoso 13526001")
    someone.is_dealt_with()
    ready = httpx.get(f"{house.live.url}/readyz")
    assert ready.status_code == 200
    facts = ready.json()
    assert facts["channels"] == ["telegram", "web", "whatsapp"]
    assert facts["engine"]["ready"] is True
    metrics = httpx.get(f"{house.live.url}/metrics").text
    assert re.search(r'sapa_turns_total\{handled_by="assistant"\} \d+', metrics)
    assert re.search(r'sapa_sent_total\{channel="whatsapp",outcome="sent"\} \d+', metrics)
    for told in (metrics, ready.text):
        for personal in (someone.address, "Budi", "13526001"):
            assert personal not in told
