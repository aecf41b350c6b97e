"""Ticket numbers: gapless, and read however they are typed."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.storage.database import Database
from bot.tickets.model import Ticket, TicketEvent
from bot.tickets.numbers import TicketNumber, numbers_in, read_number
from tests.conftest import FakeClock
from tests.tickets.conftest import Chat, Opener

THIS = TicketNumber("CC", 2026, 123)


@pytest.mark.parametrize(
    "typed",
    [
        "CC-2026-000123",
        "cc-2026-000123",
        " CC-2026-000123. ",
        "cc 2026 123",
        "cc2026000123",
        "CC2026-123",
        "cc/2026/000123",
        "cc_2026_123",
        "#CC-2026-000123",
        "*CC-2026-000123*",
        "CC–2026–000123",
        "tiket CC-2026-000123",
        "Tiket no. CC-2026-000123",
        "nomor tiket: cc-2026-123",
        "ticket number CC 2026 0123",
    ],
)
def test_a_number_is_read_however_it_is_typed(typed: str) -> None:
    assert read_number(typed) == THIS
    assert str(THIS) == "CC-2026-000123"


def test_the_prefix_may_be_left_out() -> None:
    assert read_number("2026-000123") == read_number("tiket 2026 123") == TicketNumber(None, 2026, 123)


@pytest.mark.parametrize(
    "typed",
    ["", "cc", "123", "CC-1026-1", "CC-2026", "CC-2026-0001234567890", "halo", "CC-2026-1 dan CC-2026-2", "x" * 5000],
)
def test_what_is_no_number_is_none(typed: str) -> None:
    assert read_number(typed) is None


def test_numbers_are_found_in_a_sentence_each_once() -> None:
    text = "status cc-2026-123 sama CC-2026-000124 gmn? yg CC 2026 123 urgent, NIM 2026 1234, NIP 197905122005011002"
    assert [number.count for number in numbers_in(text) if number.prefix == "CC"] == [123, 124]


@given(st.text(max_size=200))
@settings(deadline=None)
def test_reading_never_fails(text: str) -> None:
    read_number(text)
    numbers_in(text)


@settings(deadline=None)
@given(st.integers(2000, 2099), st.integers(1, 999_999_999), st.from_regex(r"[A-Z]{1,8}", fullmatch=True))
@example(2026, 123, "NO")
@example(2026, 123, "TIKET")
def test_what_is_printed_is_read_back(year: int, count: int, prefix: str) -> None:
    number = TicketNumber(prefix, year, count)
    assert read_number(str(number).lower()) == number
    assert numbers_in(f"soal {number}?") == [number]


def test_numbers_count_up_within_a_year_of_the_institution_s_zone(db: Database, opener: Opener) -> None:
    def number(moment: datetime) -> str:
        with db.write() as session:
            return opener(session, now=moment).number

    # 17:00 UTC is midnight in Jakarta.
    assert number(datetime(2026, 12, 31, 16, 59, tzinfo=UTC)) == "CC-2026-000001"
    assert number(datetime(2026, 12, 31, 16, 59, tzinfo=UTC)) == "CC-2026-000002"
    assert number(datetime(2026, 12, 31, 17, 0, tzinfo=UTC)) == "CC-2027-000001"
    assert number(datetime(2026, 12, 31, 16, 59, tzinfo=UTC)) == "CC-2026-000003"


def test_a_transaction_that_fails_leaves_no_gap(db: Database, opener: Opener) -> None:
    with pytest.raises(ZeroDivisionError), db.write() as session:
        assert opener(session).id / 0
    with db.write() as session:
        assert opener(session).number == "CC-2026-000001"


def test_the_prefix_is_the_profile_s(db: Database, opener: Opener) -> None:
    with db.write() as session:
        assert opener(session, prefix="UC").number == "UC-2026-000001"


def test_many_openings_at_once_get_numbers_without_gaps(db: Database, opener: Opener) -> None:
    numbers: list[str] = []

    def work() -> None:
        own = Database(db.url)
        for _ in range(10):
            with own.write() as session:
                number = opener(session).number
            numbers.append(number)
        own.close()

    run(work, 4)
    assert sorted(numbers) == [f"CC-2026-{count:06d}" for count in range(1, 41)]


def test_a_message_that_is_handled_twice_at_once_opens_one_ticket(
    db: Database, opener: Opener, chat: Chat, clock: FakeClock
) -> None:
    barrier = threading.Barrier(4, timeout=60)

    def work() -> None:
        own = Database(db.url)
        for inbox_id in chat.inbox_ids:
            barrier.wait()
            with own.write() as session:
                opener(session, inbox_id=inbox_id)
        own.close()

    run(work, 4)
    with db.read() as session:
        numbers = session.scalars(select(Ticket.number).order_by(Ticket.id)).all()
        kinds = session.scalars(select(TicketEvent.kind)).all()
    assert sorted(numbers) == [f"CC-2026-{count:06d}" for count in range(1, len(chat.inbox_ids) + 1)]
    assert kinds == ["opened"] * len(chat.inbox_ids)


def run(work: object, count: int) -> None:
    failures: list[BaseException] = []

    def guarded() -> None:
        try:
            work()  # type: ignore[operator]
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
