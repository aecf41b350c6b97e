"""Corrective and preventive actions."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.errors import NotAllowed
from bot.storage.database import Database
from bot.tickets import corrective
from bot.tickets.corrective import Measures, check, open_action, proposals, register, save
from bot.tickets.service import history
from tests.conftest import FakeClock
from tests.tickets.conftest import Opener


def test_an_action_goes_from_the_finding_to_the_check_of_its_effect(
    db: Database, opener: Opener, clock: FakeClock
) -> None:
    with db.write() as session:
        ticket = opener(session)
        action = open_action(session, " Antrean\0 lama ", "rina", clock(), ticket)
        assert (action.finding, action.ticket_id) == ("Antrean lama", ticket.id)
        assert history(session, ticket)[-1].data == {"action": action.id}
        with pytest.raises(NotAllowed, match="lacks cause and correction and prevention and owner and due"):
            check(session, action, "Antrean pendek", True, "sri", clock())
        due = clock() + timedelta(days=7)
        measures = Measures(None, "Satu loket", "Buka dua loket", "Jadwal loket", "Kepala layanan", due)
        assert save(session, action, measures, "sri", clock()) == [
            "cause",
            "correction",
            "prevention",
            "owner",
            "due_at",
        ]
        assert save(session, action, measures, "sri", clock()) == []
        assert register(session, unchecked=True) == [action]
        check(session, action, "Antrean pendek", True, "sri", clock.advance(days=8))
        assert (action.effective, action.checked_at) == (True, clock())
        assert register(session, unchecked=True) == []
        told = [(event.actor, event.kind) for event in corrective.history(session, action)]
    assert told == [
        ("rina", "opened"),
        *(("sri", f"{name} changed") for name in ("cause", "correction", "prevention", "owner", "due_at")),
        ("sri", "checked"),
    ]


def test_what_was_checked_is_never_changed(db: Database, clock: FakeClock) -> None:
    with db.write() as session:
        action = open_action(session, "Antrean lama", "rina", clock())
        save(session, action, Measures(None, "a", "b", "c", "d", clock()), "sri", clock())
        with pytest.raises(NotAllowed, match="lacks effect"):
            check(session, action, " ", True, "sri", clock())
        check(session, action, "Masih lama", False, "sri", clock())
        for change in (
            lambda: save(session, action, Measures(cause="z"), "sri", clock()),
            lambda: check(session, action, "x", True, "sri", clock()),
        ):
            with pytest.raises(NotAllowed, match="was checked"):
                change()
        assert (action.cause, action.effective) == ("a", False)


@pytest.mark.parametrize("text", ["", " \n", "\0"])
def test_there_is_no_action_without_a_finding(db: Database, clock: FakeClock, text: str) -> None:
    with db.write() as session:
        with pytest.raises(NotAllowed, match="is missing"):
            open_action(session, text, "rina", clock())
        action = open_action(session, "x", "rina", clock())
        with pytest.raises(NotAllowed, match="cannot be empty"):
            save(session, action, Measures(cause=text), "rina", clock())
        assert register(session) == [action]


def test_the_register_is_that_of_a_time(db: Database, clock: FakeClock) -> None:
    with db.write() as session:
        early = open_action(session, "a", "rina", clock())
        middle = clock.advance(hours=1)
        late = open_action(session, "b", "rina", clock())
        assert register(session, until=middle) == [early]
        assert register(session, since=middle) == [late]


def test_a_category_that_breaks_its_promise_again_and_again_is_proposed() -> None:
    assert proposals({"akun": 3, "keuangan": 9, "wisuda": 2, "asrama": 3}, 3) == [
        ("keuangan", 9),
        ("akun", 3),
        ("asrama", 3),
    ]
    assert proposals({}, 1) == []
