"""What a ticket is, notes about it, and two people who save at once."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from bot.errors import Conflict, NotAllowed
from bot.identity.model import Account
from bot.storage.database import Database
from bot.tickets import notes, notices
from bot.tickets.model import Ticket
from bot.tickets.service import add_message, by_number, history
from bot.tickets.sorting import Sorting, clean_tags, save, tags_of, version
from bot.tickets.working import close
from tests.conftest import CLOSING, FakeClock
from tests.tickets.conftest import Chat, Opener


def told(session: Session, ticket: Ticket) -> list[tuple[str, dict[str, Any] | None]]:
    return [(event.kind, event.data) for event in history(session, ticket)[1:]]


def test_what_is_saved_leaves_an_event_for_each_change(db: Database, opener: Opener, clock: FakeClock) -> None:
    with db.write() as session:
        ticket = opener(session)
        wanted = Sorting("UKT  dobel", "complaint", "high", "akun", ("#UKT", "ukt", " Tagihan  ganda "))
        assert save(session, ticket, wanted, "rina", clock()) == ["subject", "kind", "priority", "category", "tags"]
        assert told(session, ticket) == [
            ("subject changed", {"from": "UKT telat bayar", "to": "UKT dobel"}),
            ("kind changed", {"from": "question", "to": "complaint"}),
            ("priority changed", {"from": "normal", "to": "high"}),
            ("categorised", {"from": "keuangan", "to": "akun"}),
            ("tagged", {"from": [], "to": ["tagihan ganda", "ukt"]}),
        ]
        assert save(session, ticket, wanted, "rina", clock()) == []
        assert save(session, ticket, Sorting(tags=["ukt"]), "rina", clock()) == ["tags"]
        assert tags_of(session, ticket) == ["ukt"]
        assert len(history(session, ticket)) == 7


@pytest.mark.parametrize(
    "wanted", [Sorting(kind="rant"), Sorting(priority="asap"), Sorting(kind="praise", priority="")]
)
def test_what_is_no_kind_or_priority_changes_nothing(
    db: Database, opener: Opener, clock: FakeClock, wanted: Sorting
) -> None:
    with db.write() as session:
        ticket = opener(session)
        with pytest.raises(NotAllowed, match="is no"):
            save(session, ticket, wanted, "rina", clock())
        assert told(session, ticket) == []


def test_a_closed_ticket_stays_what_it_is(db: Database, opener: Opener, clock: FakeClock) -> None:
    with db.write() as session:
        ticket = opener(session)
        close(session, ticket, CLOSING, "rina", clock())
        for wanted in (Sorting(priority="high"), Sorting(tags=["x"]), Sorting(subject="y")):
            with pytest.raises(NotAllowed, match="closed"):
                save(session, ticket, wanted, "rina", clock())


def test_the_second_who_saves_is_shown_what_the_first_did(db: Database, opener: Opener, clock: FakeClock) -> None:
    with db.write() as session:
        ticket = opener(session)
        number, seen = ticket.number, version(session, ticket)
    with db.write() as session:
        save(session, by_number(session, number), Sorting(priority="high", category="akun"), "rina", clock(), seen)
    with db.write() as session:
        ticket = by_number(session, number)
        with pytest.raises(Conflict) as refused:
            save(session, ticket, Sorting(priority="urgent"), "dewi", clock(), seen)
        assert str(refused.value) == (
            f"Ticket {number} was changed meanwhile: rina priority changed normal → high; "
            "rina categorised keuangan → akun. Nothing was saved."
        )
        assert [event.actor for event in refused.value.changes] == ["rina", "rina"]  # type: ignore[attr-defined]
        assert ticket.priority == "high"
        assert save(session, ticket, Sorting(priority="urgent"), "dewi", clock(), version(session, ticket))


def test_what_only_adds_something_makes_no_conflict(db: Database, opener: Opener, chat: Chat, clock: FakeClock) -> None:
    with db.write() as session:
        ticket = opener(session)
        seen = version(session, ticket)
        add_message(session, ticket, actor="person", inbox_id=chat.inbox_ids[1], now=clock())
        notes.add_note(session, ticket, "cek dulu", "dewi", clock())
        assert version(session, ticket) > seen
        assert save(session, ticket, Sorting(priority="high"), "rina", clock(), seen) == ["priority"]


def test_tags_are_small_and_each_once() -> None:
    assert clean_tags(["#UKT", "ukt ", "", "  ", "##", "Tanda  Cinta", "x\0" * 200]) == sorted(
        ["ukt", "tanda cinta", "x" * 64]
    )


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@rina cek ya", ["rina"]),
        ("cc @Rina, @dewi. dan @rina!", ["rina", "dewi"]),
        ("surel budi@rina.ac.id", []),
        ("(@agus_1)", ["agus_1"]),
        ("@@rina @ rina", []),
    ],
)
def test_who_is_mentioned(text: str, names: list[str]) -> None:
    assert notes.mentioned(text) == names


def test_who_is_mentioned_in_a_note_follows_the_ticket(db: Database, opener: Opener, clock: FakeClock) -> None:
    with db.write() as session:
        for name in ("rina", "dewi"):
            session.add(Account(username=name, name=name, role="agent", password="-", created_at=clock()))
        first, second = opener(session), opener(session)
        assert notes.follow(session, first, "rina", "rina", clock())
        assert not notes.follow(session, first, "rina", "rina", clock())
        assert notes.add_note(session, second, "@rina @hantu <b>lihat</b>", "dewi", clock.advance(minutes=1)) == [
            "rina"
        ]
        assert notes.followed_by(session, "rina") == [second, first]
        notes.add_note(session, first, "@rina", "dewi", clock.advance(minutes=1))
        assert notes.followed_by(session, "rina") == [first, second]
        notes.add_note(session, first, "@dewi nanti saya lihat lagi", "dewi", clock.advance(minutes=1))
        assert [(notice.kind, ticket) for notice, ticket in notices.notices(session, "rina")] == [
            ("mentioned", first), ("mentioned", second),
        ]  # fmt: skip
        assert not notices.notices(session, "dewi")
        assert told(session, second) == [
            ("noted", {"text": "@rina @hantu <b>lihat</b>", "mentions": ["rina"]}),
            ("followed", {"who": "rina"}),
        ]
        assert notes.followers(session, second) == ["rina"]
        assert notes.unfollow(session, second, "rina", "rina", clock())
        assert not notes.unfollow(session, second, "rina", "rina", clock())
        assert notes.followers(session, second) == []
        with pytest.raises(NotAllowed, match="no staff account budi"):
            notes.follow(session, first, "budi", "rina", clock())


@pytest.mark.parametrize("text", ["", " \n", "\0", "x" * 10_001])
def test_an_empty_or_endless_note_is_not_written(db: Database, opener: Opener, clock: FakeClock, text: str) -> None:
    with db.write() as session:
        ticket = opener(session)
        with pytest.raises(NotAllowed, match="note"):
            notes.add_note(session, ticket, text, "rina", clock())
        assert told(session, ticket) == []
