"""Tickets are found by what is written in them and around them, on both databases alike."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, update
from sqlalchemy.orm import Session

from bot.conversation import spread
from bot.conversation.merge import merge_people
from bot.conversation.model import Conversation, InboxMessage, OutboxMessage
from bot.conversation.places import folded, read
from bot.conversation.search import Part, excerpt, search
from bot.identity.model import Handle, Person
from bot.storage.database import Database
from bot.tickets import notes, service, working
from bot.tickets.model import Ticket
from tests.conftest import FakeClock

JAKARTA = ZoneInfo("Asia/Jakarta")
_numbers = count()
latin = st.text(st.sampled_from("abcXYZ019éÈñÜåç _-.,'\"@/*()"), max_size=30)


@dataclass(frozen=True, slots=True)
class Desk:
    """People who wrote, and what is found of them."""

    db: Database
    clock: FakeClock

    def person(self, name: str | None = None) -> tuple[int, int]:
        """(person, conversation)."""
        with self.db.write() as session:
            person = Person(name=name, created_at=self.clock())
            session.add(person)
            session.flush()
            talk = Conversation(person_id=person.id, channel="web", address=f"p{person.id}", created_at=self.clock())
            session.add(talk)
            session.flush()
            return person.id, talk.id

    def ticket(self, who: tuple[int, int], subject: str = "-", summary: str = "") -> str:
        with self.db.write() as session:
            return self.opened(session, who, subject, summary)

    def opened(self, session: Session, who: tuple[int, int], subject: str, summary: str = "") -> str:
        return service.open_ticket(
            session, conversation_id=who[1], person_id=who[0], inbox_id=None, channel="web", subject=subject,
            summary=summary, category=None, kind="question", identity="guest", language="id", now=self.clock(),
            due_at=self.clock() + timedelta(hours=2), zone=JAKARTA,
        ).number  # fmt: skip

    def writes(self, who: tuple[int, int], text: str, **given: Any) -> int:
        """The person wrote, and his turn was taken."""
        values: dict[str, Any] = {"kind": "message", "status": "done", "received_at": self.clock()} | given
        return self._add(
            InboxMessage(conversation_id=who[1], channel="web", external_id=f"m{next(_numbers)}", text=text, **values)
        )

    def told(self, who: tuple[int, int], text: str, **given: Any) -> int:
        values: dict[str, Any] = {"author": "rina", "epoch": 0, "status": "sent", "created_at": self.clock()} | given
        return self._add(
            OutboxMessage(conversation_id=who[1], channel="web", text=text, next_try_at=self.clock(), **values)
        )

    def _add(self, row: InboxMessage | OutboxMessage) -> int:
        with self.db.write() as session:
            session.add(row)
            session.flush()
            return row.id

    def on(self, number: str, act: Callable[[Session, Ticket], object]) -> None:
        with self.db.write() as session:
            act(session, service.by_number(session, number))

    def change(self, statement: Any) -> None:
        with self.db.write() as session:
            session.execute(statement)

    def found(self, typed: str, limit: int = 100) -> list[str]:
        with self.db.read() as session:
            return [each.number for each in search(session, typed, limit=limit)]


@pytest.fixture
def desk(db: Database, clock: FakeClock) -> Desk:
    return Desk(db, clock)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("CC-2026-000001", True), ("cc 2026 1", True), ("#CC-2026-000001", True), ("2026-1", True), ("000001", True),
        ("1", True), ("2026-2", False), ("CC-2025-000001", False), ("XX-2026-000001", False),
        ("kalkulus", True), ("KALKULUS nilai", True), ("kalk", True), ("ka", False), ("nilai kalk", True),
        ("nil kalkulus", False), ("remedial", True), ("agus", True), ("agus kalkulus", True),
        ("setiawan remedial", True),
        ("José", True), ("jose", True), ("JOSÉ", True), ("kalkulus wisuda", False),
        ("beasiswa", True), ("beasiswa cair", True), ("cair beas", True), ("beasiswa rekening", True),
        ("kalkulus beasiswa", True),
        ("goes dekan", True), ("agus reken", True), ("reken agus", False), ("arsip telepon remedial", True),
        ("kalkulus beasiswa wisuda", False),
        ("rekening", True), ("itb.ac.id", True), ("finance@itb.ac.id", True), ("dekan", True), ("arsip", True),
        ("telepon", True), ("diperbaiki", True), ("goes_by", True), ("%", False), ("", False), ("-", False),
        ('"', False), ("*", False), ("kalkulus*", True), ('"kalkulus"', True), ("kalkulus OR wisuda", False),
        ("NOT kalkulus", False), ("kalkulus -nilai", True), ("words:kalkulus", False), ("nol' OR 1=1", False),
        ("(kalkulus", True), ("NEAR(kalkulus nilai)", False), ("kalkulus & !nilai", True), ("kalkulus:*", True),
    ],
)  # fmt: skip
def test_a_ticket_is_found_by_its_words(desk: Desk, typed: str, found: bool) -> None:
    who = desk.person("Agus José Setiawan")
    desk._add(Handle(person_id=who[0], channel="web", address="h", display_name="goes_by", created_at=desk.clock()))  # type: ignore[arg-type]
    number = desk.ticket(who, "Nilai Kalkulus belum keluar", "ikut remedial")
    desk.writes(who, "Beasiswa saya belum CAIR, pak")
    desk.told(who, "Mohon kirim nomor rekening ke finance@itb.ac.id")
    desk.on(number, lambda session, ticket: notes.add_note(session, ticket, "Tanya dekan dulu", "rina", desk.clock()))
    desk.on(number, lambda session, ticket: working.record(session, ticket, "Ada di arsip", "rina", desk.clock()))
    desk.on(number, lambda s, ticket: working.told(s, ticket, "phone", "Dijawab lewat telepon", "rina", desk.clock()))
    desk.change(update(Ticket).values(solution="Sudah diperbaiki"))
    assert desk.found(typed) == ([number] if found else [])


def test_words_in_two_messages_belong_together_only_where_they_are_of_one_ticket(desk: Desk) -> None:
    who, other = desk.person(), desk.person()
    first = desk.ticket(who)
    desk.writes(who, "lampu mati")
    desk.change(update(Ticket).values(status="closed", closed_at=desk.clock()))
    desk.clock.advance(minutes=1)
    second = desk.ticket(who)
    desk.clock.advance(minutes=1)
    desk.writes(who, "di gedung C")
    third = desk.ticket(other, "gedung D")
    desk.told(other, "lampu sudah diganti")
    assert desk.found("lampu gedung") == [third]
    assert (desk.found("mati lampu"), desk.found("gedung di")) == ([first], [second])


@pytest.mark.parametrize("looked_at", [1, 4, 200])
def test_a_rare_word_with_usual_ones_is_found_however_old_these_are(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, looked_at: int
) -> None:
    monkeypatch.setattr(spread, "LOOKED_AT", looked_at)
    who = desk.person("Agus")
    number = desk.ticket(who, "Wi-Fi mati")
    desk.writes(who, "sejak SÉNIN")
    desk.writes(who, "di perpustakaan")
    for _ in range(10):
        other = desk.person()
        desk.ticket(other, "wifi")
        desk.writes(other, "mati sejak senin")
    assert desk.found("perpustakaan mati senin") == [number]
    assert desk.found("perpustakaan mati sen") == [number]
    assert desk.found("perpustakaan mat senin") == []
    assert desk.found("agus perpustakaan wi") == [number]


def test_of_usual_words_alone_what_was_written_lately_is_found(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread, "LOOKED_AT", 3)
    for _ in range(5):
        who = desk.person("Sri Rahayu")
        number = desk.ticket(who, "pembayaran tagihan terlambat")
        desk.writes(who, "beasiswa belum masuk")
    assert number in desk.found("pembayaran tagihan terlambat beasiswa belum masuk sri rahayu")
    assert desk.found("pembayaran tagihan terlambat beasiswa belum masuk sri lestari") == []


@given(typed=st.text(max_size=60) | st.text(st.sampled_from("abz \"'*():^-+&|!<>\\%_\0NEARORTAND"), max_size=60))
@example(typed='a" OR "b')
@example(typed="a\\' | 'b")
@example(typed="\ud800")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
def test_whatever_is_typed_is_no_error(desk: Desk, typed: str) -> None:
    desk.found(typed)


@given(said=latin, data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_a_message_is_found_by_each_of_its_words_however_they_are_written(
    desk: Desk, said: str, data: st.DataObject
) -> None:
    who = desk.person()
    number = desk.ticket(who, "-")
    desk.writes(who, said)
    words = re.findall(r"[^\W_]+", said)
    for word in words:
        written = data.draw(st.sampled_from([word, word.upper(), word.lower(), folded(word), f"“{word}”,"]))
        assert number in desk.found(written, limit=1000)
    if words:
        assert number in desk.found(said, limit=1000) or len(words) > 8
    with desk.db.write() as session:
        session.execute(delete(InboxMessage))


def test_what_was_written_last_comes_first_and_a_number_before_what_speaks_of_it(desk: Desk) -> None:
    one, two, three = (desk.person() for _ in range(3))
    tickets = [desk.ticket(who, "asrama") for who in (one, two, three)]
    assert desk.found("asrama") == tickets[::-1]
    desk.writes(one, "kapan asrama buka?")
    assert desk.found("asrama") == [tickets[0], tickets[2], tickets[1]]
    desk.writes(two, f"sama seperti {tickets[0]}")
    assert desk.found(tickets[0]) == [tickets[0], tickets[1]]
    assert desk.found("asrama", limit=2) == [tickets[0], tickets[2]]


def test_a_message_is_of_the_ticket_that_was_being_dealt_with(desk: Desk) -> None:
    who = desk.person()
    desk.writes(who, "awalnya")
    desk.clock.advance(minutes=1)
    first = desk.ticket(who)
    desk.clock.advance(minutes=1)
    desk.writes(who, "tengahnya")
    desk.clock.advance(minutes=1)
    desk.change(update(Ticket).values(status="closed", closed_at=desk.clock()))
    desk.clock.advance(minutes=1)
    desk.writes(who, "selanya")
    desk.clock.advance(minutes=1)
    second = desk.ticket(who)
    desk.change(update(Ticket).where(Ticket.number == second).values(status="closed", closed_at=desk.clock()))
    desk.clock.advance(minutes=1)
    desk.writes(who, "akhirnya")
    desk.writes(desk.person(), "tanpa tiket")
    found = {word: desk.found(word) for word in ("awalnya", "tengahnya", "selanya", "akhirnya", "tanpa")}
    assert found == {
        "awalnya": [first], "tengahnya": [first], "selanya": [second], "akhirnya": [second], "tanpa": []
    }  # fmt: skip


def test_tickets_behind_many_messages_of_one_talk_are_found_too(desk: Desk) -> None:
    quiet, loud = desk.person(), desk.person()
    old, new = desk.ticket(quiet, "wifi"), desk.ticket(loud)
    for _ in range(40):
        desk.writes(loud, "wifi mati")
    assert desk.found("wifi", limit=2) == [new, old]


def test_a_message_is_found_when_its_turn_was_taken(desk: Desk) -> None:
    who = desk.person()
    number = desk.ticket(who)
    message = desk.writes(who, "beasiswa", status="pending")
    assert desk.found("beasiswa") == []
    for _ in range(2):
        desk.change(update(InboxMessage).where(InboxMessage.id == message).values(status="done"))
        assert desk.found("beasiswa") == [number]
        desk.change(update(InboxMessage).where(InboxMessage.id == message).values(status="pending"))
        assert desk.found("beasiswa") == []


def test_what_is_changed_or_gone_is_found_as_it_is_now(desk: Desk) -> None:
    who = desk.person("Agus")
    number = desk.ticket(who, "asrama", "kamar")
    desk.change(update(Ticket).values(subject="wisuda"))
    assert (desk.found("asrama"), desk.found("wisuda agus kamar")) == ([], [number])
    desk.change(update(Person).values(name="Bima"))
    assert (desk.found("agus"), desk.found("bima wisuda")) == ([], [number])
    reply = desk.told(who, "jawaban", author="assistant", status="queued")
    assert desk.found("jawaban") == [number]
    desk.change(update(OutboxMessage).where(OutboxMessage.id == reply).values(status="dropped"))
    assert desk.found("jawaban") == []
    message = desk.writes(who, "rahasia")
    edited = desk.writes(who, "terbuka", kind="edited", edits="m")
    assert desk.found("rahasia") == desk.found("terbuka") == [number]
    desk.change(update(InboxMessage).where(InboxMessage.id == message).values(text=""))
    desk.change(delete(InboxMessage).where(InboxMessage.id == edited))
    assert desk.found("rahasia") == desk.found("terbuka") == []


def test_a_message_whose_status_changes_stays_where_it_was(desk: Desk) -> None:
    one, two = desk.person(), desk.person()
    tickets = [desk.ticket(one), desk.ticket(two)]
    reply = desk.told(one, "wisuda", status="queued")
    desk.told(two, "wisuda")
    for status in ("sending", "sent", "delivered", "read", "failed"):
        desk.change(update(OutboxMessage).where(OutboxMessage.id == reply).values(status=status))
        assert desk.found("wisuda") == tickets[::-1]


def test_the_tickets_of_two_who_are_one_are_found_by_the_name_that_is_left(desk: Desk) -> None:
    kept, gone = desk.person("Agus"), desk.person("Bima")
    numbers = [desk.ticket(kept), desk.ticket(gone)]
    desk.writes(gone, "beasiswa")
    with desk.db.write() as session:
        merge_people(session, winner=kept[0], loser=gone[0])
    assert desk.found("agus") == numbers[::-1]
    assert desk.found("bima") == []
    assert len(desk.found("beasiswa")) == 1


def test_the_number_of_statements_does_not_grow(desk: Desk) -> None:
    def asked(typed: str) -> int:
        statements = []
        note: Callable[..., None] = lambda *given: statements.append(given[2])  # noqa: E731
        event.listen(desk.db.engine, "before_cursor_execute", note)
        desk.found(typed)
        event.remove(desk.db.engine, "before_cursor_execute", note)
        return len([each for each in statements if each.startswith("SELECT")])

    counts = []
    for _ in range(2):
        for _ in range(5):
            who = desk.person()
            desk.ticket(who, "wisuda")
            desk.writes(who, "wisuda")
            desk.writes(who, "kapan")
        counts.append((asked("wisuda"), asked("wisuda kapan")))
    assert counts[0] == counts[1] == ((3, 11) if desk.db.sqlite else (5, 15))


@pytest.fixture
def waiting() -> Iterator[list[threading.Thread]]:
    started: list[threading.Thread] = []
    yield started
    for thread in started:
        thread.join(20)
        assert not thread.is_alive()


@pytest.mark.parametrize("opening", [True, False])
def test_a_ticket_that_is_written_while_its_person_is_renamed_has_the_new_name(
    desk: Desk, waiting: list[threading.Thread], opening: bool
) -> None:
    """Only PostgreSQL writes two at once."""
    if desk.db.sqlite:
        return
    who = desk.person("Agus")
    number = "" if opening else desk.ticket(who, "asrama")

    def rename() -> None:
        desk.change(update(Person).values(name="Bima"))

    with desk.db.write() as session:
        if opening:
            number = desk.opened(session, who, "wisuda")
        else:
            service.by_number(session, number).subject = "wisuda"
        session.flush()
        waiting.append(threading.Thread(target=rename))
        waiting[0].start()
        waiting[0].join(0.5)
        assert waiting[0].is_alive()
    waiting[0].join(20)
    assert desk.found("bima wisuda") == [number]
    assert desk.found("agus") == []


@pytest.mark.parametrize(
    ("said", "typed", "shown"),
    [
        ("UKT belum lunas", "ukt", "[UKT] belum lunas"),
        ("belum\nlunas   juga", "lun", "belum [lunas] juga"),
        ("José pergi", "jose", "[José] pergi"),
        ("a b a", "b a", "[a] [b] [a]"),
        ("kata " * 20 + "wisuda " + "lagi " * 40, "wisuda", "… " + "kata " * 8 + "[wisuda] " + "lagi " * 18 + "…"),
        ("x" * 300, "x" * 300, "[" + "x" * 300 + "]"),
        ("x" * 300 + "-wisuda", "wisuda", "… " + "x" * 39 + "-[wisuda]"),
        ("lain", "wisuda", ""),
    ],
)
def test_an_excerpt_shows_the_first_hit_with_all_hits_marked(said: str, typed: str, shown: str) -> None:
    query = read(typed)
    assert query
    told = "".join(f"[{part.text}]" if part.hit else part.text for part in excerpt(said, query))
    assert told == shown


@given(said=st.text(max_size=400), typed=st.text(min_size=1, max_size=20))
def test_an_excerpt_is_a_piece_of_what_was_said(said: str, typed: str) -> None:
    query = read(typed)
    if query is None:
        return
    parts = excerpt(said, query)
    joined = "".join(part.text for part in parts).removeprefix("… ").removesuffix(" …")
    assert joined in re.sub(r"\s+", " ", said)
    assert bool(parts) == any(isinstance(part, Part) and part.hit for part in parts)
