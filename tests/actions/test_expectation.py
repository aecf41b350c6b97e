"""What the chat promises about a ticket is what its procedure promises at that moment, and called what it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from actions.acting import Acting
from actions.own_tickets import FollowUp, TicketStatus
from bot.conversation.wording import Wording
from bot.storage.database import Database
from bot.tickets import working
from tests.conftest import FakeClock
from tests.sops.stage import Stage

MORE = "Saya tambahkan lagi, tagihan saya masih dobel sampai hari ini dan belum berubah"


@pytest.fixture
def itb(db: Database, clock: FakeClock) -> Stage:
    """A reply within two hours, the next ones within four, the solution within a day."""
    return Stage(db, clock, "itb")


@pytest.fixture
def unair(db: Database, clock: FakeClock) -> Stage:
    """A reply and the solution within a day; nothing is promised for what is written afterwards."""
    return Stage(db, clock, "unair")


def says(stage: Stage, action: type[Acting], text: str = "gimana tiket saya", language: str = "id") -> str:
    """The person writes; what the chat answers, once that is kept."""
    talk = stage.talks()
    talk.played = next(stage.ids) + 100
    played = talk.play(action, text)
    known: Mapping[str, Any] = talk.commit(played)
    wording: Wording = stage.wording
    texts = [
        wording.say(response, language, {**known, **args}).text
        for response, args in zip(played.said, played.args, strict=True)
    ]
    return re.sub(r"\s+", " ", " ".join(texts))


def test_until_the_first_answer_a_reply_is_promised(itb: Stage) -> None:
    itb.opens()
    assert "Petugas akan membalas di chat ini paling lambat Senin, 23 November pukul 12.00 WIB." in says(
        itb, TicketStatus
    )


def test_after_it_the_solution_is_promised_as_such(itb: Stage) -> None:
    number = itb.opens()
    itb.replies(number)
    itb.clock.advance(minutes=30)
    told = says(itb, TicketStatus)
    assert "Penyelesaiannya kami janjikan paling lambat Selasa, 24 November pukul 10.00 WIB." in told
    assert "membalas" not in told
    assert "It will be settled by" in says(itb, TicketStatus, language="en")


def test_what_is_added_after_an_answer_is_promised_the_next_one(itb: Stage) -> None:
    number = itb.opens()
    itb.replies(number)
    itb.clock.advance(minutes=30)
    told = says(itb, FollowUp, MORE)
    assert "akan membalas di chat ini paling lambat Senin, 23 November pukul 14.30 WIB" in told
    assert itb.ticket(number).due_at == itb.clock() + timedelta(hours=4)
    assert "pukul 14.30 WIB" in says(itb, TicketStatus)


def test_where_no_next_answer_is_promised_the_solution_is(unair: Stage) -> None:
    number = unair.opens()
    unair.replies(number)
    unair.clock.advance(minutes=30)
    told = says(unair, FollowUp, MORE)
    assert "Penyelesaiannya kami janjikan paling lambat Selasa, 24 November pukul 10.00 WIB." in told
    assert "membalas" not in told


def test_a_reply_and_a_solution_that_are_late_are_called_late(itb: Stage) -> None:
    number = itb.opens()
    itb.until(itb.clock() + timedelta(hours=3))
    assert says(itb, FollowUp).startswith("Maaf, balasan dijanjikan paling lambat Senin, 23 November pukul 12.00 WIB")
    itb.replies(number)
    itb.until(itb.clock() + timedelta(hours=24))
    told = says(itb, TicketStatus)
    assert "Maaf, penyelesaiannya dijanjikan paling lambat Selasa, 24 November pukul 10.00 WIB" in told


def test_who_asks_after_an_answer_is_not_told_that_a_reply_is_late(itb: Stage) -> None:
    number = itb.opens()
    itb.replies(number)
    itb.until(itb.clock() + timedelta(hours=25))
    told = says(itb, FollowUp)
    assert told.startswith(f"Sudah saya sampaikan di tiket {number} bahwa Anda menunggu.")
    assert "akan membalas di chat ini paling lambat Selasa, 24 November pukul 15.00 WIB" in told


def test_while_the_person_is_waited_for_nothing_is_promised(itb: Stage) -> None:
    number = itb.opens()
    itb.replies(number)
    itb.does(number, working.wait)
    told = says(itb, TicketStatus)
    assert "Kami menunggu balasan Anda di chat ini." in told
    assert "paling lambat" not in told
