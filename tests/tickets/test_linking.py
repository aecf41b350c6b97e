"""Tickets that belong together."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.errors import NotAllowed
from bot.procedures.rules import Reopening
from bot.storage.database import Database
from bot.tickets.linking import link, linked, merge, split, take_up_again
from bot.tickets.lookup import latest_ended
from bot.tickets.model import Ticket
from bot.tickets.service import history
from bot.tickets.working import close, resolve, withdraw
from tests.conftest import CLOSING, FakeClock
from tests.tickets.conftest import JAKARTA, Opener, a_chat

ALWAYS = Reopening(None)


def test_a_link_is_seen_from_both_sides_and_made_once(db: Database, opener: Opener, clock: FakeClock) -> None:
    with db.write() as session:
        first, second = opener(session), opener(session)
        assert link(session, first, second, "related", "rina", clock())
        assert not link(session, second, first, "related", "rina", clock())
        assert linked(session, first) == [("related", second)]
        assert linked(session, second) == [("related", first)]
        assert history(session, second)[-1].data == {"ticket": first.number, "kind": "related"}
        with pytest.raises(NotAllowed, match="with itself"):
            link(session, first, first, "related", "rina", clock())


def test_a_merged_ticket_is_closed_and_not_solved(db: Database, opener: Opener, clock: FakeClock) -> None:
    with db.write() as session:
        ticket, into = opener(session), opener(session)
        merge(session, ticket, into, "rina", clock())
        assert (ticket.status, ticket.closed_at, ticket.resolved_at) == ("closed", clock(), None)
        assert into.status == "new"
        assert linked(session, into) == [("merged", ticket)]
        assert history(session, ticket)[1].data == {"from": "new", "to": "closed", "into": into.number}
        with pytest.raises(NotAllowed, match="closed"):
            merge(session, ticket, into, "rina", clock())


def test_what_cannot_be_merged_stays_as_it_is(db: Database, opener: Opener, clock: FakeClock) -> None:
    theirs = a_chat(db, clock, "sari")
    with db.write() as session:
        ticket, gone = opener(session), opener(session)
        other = opener(session, conversation_id=theirs.conversation_id, person_id=theirs.person_id)
        withdraw(session, gone, "person", clock())
        for into, why in ((other, "of two people"), (gone, "is closed"), (ticket, "with itself")):
            with pytest.raises(NotAllowed, match=why):
                merge(session, ticket, into, "rina", clock())
        assert (ticket.status, len(history(session, ticket))) == ("new", 1)


def test_a_second_matter_gets_a_ticket_of_its_own(db: Database, opener: Opener, clock: FakeClock) -> None:
    with db.write() as session:
        ticket = opener(session, prefix="UC")
        close(session, ticket, CLOSING, "rina", clock())
        made = split(session, ticket, "KTM hilang", "rina", clock(), clock(), JAKARTA)
        assert (made.number, made.status, made.person_id) == ("UC-2026-000002", "new", ticket.person_id)
        assert linked(session, made) == [("split", ticket)]
        with pytest.raises(NotAllowed, match="is missing"):
            split(session, ticket, " ", "rina", clock(), clock(), JAKARTA)


def test_until_a_ticket_is_closed_what_is_still_to_be_said_goes_to_it_even_if_none_opens_again(
    db: Database, opener: Opener, clock: FakeClock
) -> None:
    never = Reopening(timedelta())
    with db.write() as session:
        ticket = opener(session)
        resolve(session, ticket, "Dijelaskan.", "rina", clock())
        again = take_up_again(session, ticket, never, "person", clock(), clock(), JAKARTA)
        assert (again.number, again.status) == (ticket.number, "open")
        close(session, ticket, CLOSING, "rina", clock())
        other = take_up_again(session, ticket, never, "person", clock(), clock(), JAKARTA)
        assert other.number != ticket.number
        assert linked(session, other) == [("follow-up", ticket)]


def test_a_matter_that_goes_on_in_another_ticket_is_taken_up_there(
    db: Database, opener: Opener, clock: FakeClock
) -> None:
    never = Reopening(timedelta())
    with db.write() as session:
        ticket, into = opener(session), opener(session)

        def again(rule: Reopening = never) -> Ticket:
            return take_up_again(session, ticket, rule, "person", clock(), clock(), JAKARTA)

        merge(session, ticket, into, "rina", clock())
        assert latest_ended(session, ticket.person_id) is None
        assert again(ALWAYS) is into
        clock.advance(minutes=1)
        close(session, into, CLOSING, "rina", clock())
        assert latest_ended(session, ticket.person_id) is into
        clock.advance(minutes=1)
        follow_up = take_up_again(session, into, never, "person", clock(), clock(), JAKARTA)
        assert [again(), again(ALWAYS)] == [follow_up, follow_up]
        clock.advance(minutes=1)
        close(session, follow_up, CLOSING, "rina", clock())
        assert again(ALWAYS) is ticket
        assert latest_ended(session, ticket.person_id) is follow_up
        withdraw(session, ticket, "person", clock())
        clock.advance(minutes=1)
        assert again(ALWAYS) is ticket
