"""A ticket goes to a unit and comes back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from sqlalchemy.orm import Session

from bot.errors import NotAllowed
from bot.procedures.rules import FormField, Words
from bot.procedures.versions import put_into_use, shipped
from bot.storage.database import Database
from bot.tickets import forwarding, links
from bot.tickets.form import forwarding_pdf
from bot.tickets.forwarding import Reply, answer, current, late, remind, rule_of, send
from bot.tickets.links import LinkRefused
from bot.tickets.model import Forwarding, Ticket
from bot.tickets.service import assign, history
from bot.tickets.timeline import Held, holders
from bot.tickets.working import resolve, take_back
from tests.conftest import FakeClock
from tests.tickets.conftest import JAKARTA, Opener

AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
REPLY = Reply("Pak Tono", "Switch rusak <b>.", "Switch diganti.")


def test_the_answer_comes_back_into_the_ticket(db: Database, opener: Opener, clock: FakeClock) -> None:
    due = clock() + timedelta(hours=8)
    with db.write() as session:
        ticket = opener(session)
        form = send(session, ticket, " Biro  TI ", "Mohon dicek\0.", due, "rina", clock())
        assert (form.unit, form.asked, form.details, ticket.status) == (
            "Biro TI",
            "Mohon dicek.",
            ticket.summary,
            "forwarded",
        )
        assert answer(session, form, REPLY, forwarding.UNIT, clock.advance(hours=1)) is ticket
        sent, back = history(session, ticket)[-2:]
        assert (ticket.status, ticket.unit) == ("open", "Biro TI")
    assert sent.data == {
        "from": "new",
        "to": "forwarded",
        "unit": "Biro TI",
        "asked": "Mohon dicek.",
        "forwarding": form.id,
        "due_at": due.isoformat(),
    }
    assert (back.actor, back.kind) == ("unit", "taken back")
    assert back.data == {
        "from": "forwarded",
        "to": "open",
        "findings": REPLY.findings,
        "forwarding": form.id,
        "unit": "Biro TI",
        "answered_by": "Pak Tono",
        "proposed": REPLY.solution,
    }


def test_a_form_is_answered_once_and_only_while_it_is_waited_for(
    db: Database, opener: Opener, clock: FakeClock
) -> None:
    with db.write() as session:
        ticket = opener(session)
        first = send(session, ticket, "Biro TI", "?", None, "rina", clock())
        answer(session, first, REPLY, "unit", clock())
        again = send(session, ticket, "Biro TI", "Lagi?", None, "rina", clock())
        with pytest.raises(NotAllowed, match="no longer waits"):
            answer(session, first, REPLY, "unit", clock())
        take_back(session, ticket, "", "rina", clock())
        with pytest.raises(NotAllowed, match="no longer waits"):
            answer(session, again, REPLY, "unit", clock())
        assert (again.answered_at, current(session, ticket)) == (None, None)


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply(" ", "a", "b"), "a name"),
        (Reply("x", "\0", ""), "findings and a solution"),
        (Reply("x", "a" * 10_001, "b"), "longer"),
        (Reply("x" * 121, "a", "b"), "longer"),
    ],
)
def test_an_answer_that_lacks_something_is_not_kept(
    db: Database, opener: Opener, clock: FakeClock, reply: Reply, why: str
) -> None:
    with db.write() as session:
        ticket = opener(session)
        form = send(session, ticket, "Biro TI", "?", None, "rina", clock())
        with pytest.raises(NotAllowed, match=why):
            answer(session, form, reply, "unit", clock())
        assert ticket.status == "forwarded"
        with pytest.raises(NotAllowed, match="What is asked"):
            send(session, ticket, "Biro TI", " ", None, "rina", clock())


def test_units_that_are_late_are_listed_and_reminded(db: Database, opener: Opener, clock: FakeClock) -> None:
    with db.write() as session:
        tickets = [opener(session) for _ in range(3)]
        forms = [
            send(session, ticket, "TI", "?", clock() + timedelta(hours=hours), "rina", clock())
            for ticket, hours in zip(tickets, (3, 1, 9), strict=True)
        ]
        assert late(session, clock()) == []
        clock.advance(hours=4)
        assert late(session, clock()) == [(tickets[1], forms[1]), (tickets[0], forms[0])]
        assert remind(session, tickets[1], "rina", clock()) is forms[1]
        assert history(session, tickets[1])[-1].data == {"forwarding": forms[1].id, "unit": "TI"}
        answer(session, forms[1], REPLY, "unit", clock())
        assert late(session, clock()) == [(tickets[0], forms[0])]
        with pytest.raises(NotAllowed, match="waits for no unit"):
            remind(session, tickets[1], "rina", clock())


@dataclass(frozen=True)
class Event:
    kind: str
    minute: int
    data: dict[str, Any]

    @property
    def at(self) -> datetime:
        return AT + timedelta(minutes=self.minute)


def test_who_had_it_how_long_is_told_by_its_events(db: Database, opener: Opener, clock: FakeClock) -> None:
    start = clock()
    with db.write() as session:
        ticket = opener(session)
        assign(session, ticket, "rina", "rina", clock.advance(minutes=5))
        form = send(session, ticket, "TI", "?", None, "rina", clock.advance(minutes=5))
        answer(session, form, REPLY, "unit", clock.advance(minutes=30))
        resolve(session, ticket, "Beres", "rina", clock.advance(minutes=10))
        found = holders(history(session, ticket))
    minutes = [((held.start - start).seconds // 60, held.end and (held.end - start).seconds // 60) for held in found]
    assert [held.who for held in found] == ["rina", "TI", "rina"]
    assert [held.unit for held in found] == [False, True, False]
    assert minutes == [(5, 10), (10, 40), (40, 50)]


@pytest.mark.parametrize(
    ("events", "found"),
    [
        ([Event("opened", 0, {})], []),
        ([Event("assigned", 1, {"from": None, "to": "rina"})], [("rina", 1, None)]),
        (
            [
                Event("assigned", 1, {"from": None, "to": "rina"}),
                Event("assigned", 2, {"from": "rina", "to": "dewi"}),
                Event("released", 4, {"from": "dewi", "to": None}),
            ],
            [("rina", 1, 2), ("dewi", 2, 4)],
        ),
        (
            [
                Event("forwarded", 1, {"unit": "TI"}),
                Event("assigned", 2, {"from": None, "to": "rina"}),
                Event("taken back", 5, {}),
                Event("resolved", 6, {}),
                Event("reopened", 9, {"released": "rina"}),
            ],
            [("TI", 1, 5), ("rina", 5, 6)],
        ),
    ],
)
def test_holders(events: list[Event], found: list[tuple[str, int, int | None]]) -> None:
    def minute(at: datetime | None) -> int | None:
        return None if at is None else int((at - AT).total_seconds() // 60)

    def told(held: Held) -> tuple[str, int | None, int | None]:
        return held.who, minute(held.start), minute(held.end)

    assert [told(held) for held in holders(events)] == found


def test_a_link_holds_until_its_time_is_over(tmp_path: Path) -> None:
    key = links.link_key(tmp_path)
    assert links.link_key(tmp_path) == key
    assert len(key) == links.KEY_BYTES
    assert (tmp_path / links.KEY_FILE).stat().st_mode & 0o777 == 0o600
    token = links.sign(key, 42, AT)
    assert links.read(key, token, AT - timedelta(seconds=1)) == 42
    with pytest.raises(LinkRefused) as refused:
        links.read(key, token, AT)
    assert refused.value.expired
    with pytest.raises(LinkRefused) as refused:
        links.read(links.link_key(tmp_path / "other"), token, AT - timedelta(days=1))
    assert not refused.value.expired


@given(st.integers(0, 200), st.characters(codec="utf-8"))
def test_a_link_that_was_changed_is_none_of_ours(place: int, letter: str) -> None:
    token = links.sign(b"k" * 32, 42, AT)
    changed = token[: place % len(token)] + letter + token[place % len(token) + 1 :]
    if changed != token:
        with pytest.raises(LinkRefused):
            links.read(b"k" * 32, changed, AT - timedelta(days=1))


def a_form(**values: Any) -> tuple[Ticket, Forwarding]:
    ticket = Ticket(number="CC-2026-000001", subject="Wi-Fi – mati 😀", language="id")
    usual = {"unit": "Biro TI", "asked": "Dicek", "details": "x " * 4000, "sent_at": AT, "sent_by": "rina"}
    return ticket, Forwarding(**(usual | values))


def test_a_form_is_printed_alike_each_time() -> None:
    first, second = (forwarding_pdf(*a_form(), "Universitas Contoh", JAKARTA) for _ in range(2))
    assert first.startswith(b"%PDF-")
    assert first == second
    assert forwarding_pdf(*a_form(findings="Rusak"), "Universitas Contoh", JAKARTA) != first


def by_profile(session: Session, name: str) -> None:
    """Tickets that are opened now work by a shipped profile."""
    put_into_use(session, name, shipped(name).read_text(encoding="utf-8"), JAKARTA, "admin", AT)


def test_the_procedure_says_what_the_form_cannot_come_back_without(
    db: Database, opener: Opener, clock: FakeClock
) -> None:
    with db.write() as session:
        by_profile(session, "unej")
        ticket = opener(session)
        form = send(session, ticket, "Wakor", "Kapan wisuda?", None, "rina", clock())
        with pytest.raises(NotAllowed, match="lacks a solution;"):
            answer(session, form, Reply("Pak Tono", "", " "), "unit", clock())
        assert answer(session, form, Reply("Pak Tono", "", "Sabtu."), "unit", clock()).status == "open"


def test_a_form_has_the_title_and_the_fields_of_the_procedure(db: Database, opener: Opener, clock: FakeClock) -> None:
    with db.write() as session:
        by_profile(session, "unej")
        ticket = opener(session)
        form = send(session, ticket, "Wakor", "Kapan wisuda?", None, "rina", clock())
        rule = rule_of(session, ticket)
        assert rule is not None
        extra = replace(rule, fields=(*rule.fields, FormField("seal", Words("Stempel", "Seal"), False)))
        content = forwarding_pdf(ticket, form, "Universitas Contoh", JAKARTA, extra)
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)
    assert "Dokumen pertanyaan" in text
    assert [label in text for label in ("Pertanyaan", "Jawaban", "Stempel", "Hasil pemeriksaan")] == [True] * 3 + [
        False
    ]


@pytest.mark.parametrize(
    "due", [datetime(2020, 1, 1, tzinfo=UTC), AT, AT + timedelta(days=3000), datetime(9999, 12, 31, tzinfo=UTC)]
)
def test_an_answer_is_due_after_now_and_not_in_another_age(db: Database, opener: Opener, due: datetime) -> None:
    with db.write() as session:
        ticket = opener(session)
        with pytest.raises(NotAllowed, match="within five years; the ticket was not forwarded"):
            send(session, ticket, "Biro TI", "?", due, "rina", AT)
        assert ticket.status == "new"
        assert current(session, ticket) is None
