"""What a ticket's procedure says of its category, and what staff make sure of themselves."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from bot.errors import NotAllowed
from bot.procedures.versions import put_into_use, shipped
from bot.storage.database import Database
from bot.tickets import service, working
from bot.tickets.working import Closing
from tests.conftest import FakeClock
from tests.tickets.conftest import JAKARTA, Opener


def by_itb(session: Session, clock: FakeClock) -> None:
    put_into_use(session, "itb", shipped("itb").read_text(encoding="utf-8"), JAKARTA, "admin", clock())


@pytest.mark.parametrize(("category", "why"), [("fisika", "'fisika' is no category"), ("akun", "kata-sandi, jaringan")])
@pytest.mark.parametrize("had_before", [True, False])
def test_a_ticket_is_closed_only_under_a_leaf_of_its_procedure(
    db: Database, opener: Opener, clock: FakeClock, category: str, why: str, had_before: bool
) -> None:
    with db.write() as session:
        by_itb(session, clock)
        ticket = opener(session, category=category if had_before else None)
        closing = Closing(None if had_before else category, "Sudah.", "Lewat chat.")
        with pytest.raises(NotAllowed, match=why):
            working.close(session, ticket, closing, "rina", clock())
        assert [event.kind for event in service.history(session, ticket)] == ["opened"]
        working.close(session, ticket, Closing("kata-sandi", "Sudah.", "Lewat chat."), "rina", clock())
        assert (ticket.status, ticket.category) == ("closed", "kata-sandi")


def test_a_ticket_may_be_sorted_into_what_is_divided_further_and_not_into_what_there_is_not(
    db: Database, opener: Opener, clock: FakeClock
) -> None:
    with db.write() as session:
        by_itb(session, clock)
        ticket = opener(session)
        working.categorise(session, ticket, "akun", "rina", clock())
        with pytest.raises(NotAllowed, match="no category"):
            working.categorise(session, ticket, "fisika", "rina", clock())
        assert ticket.category == "akun"


def test_an_identity_that_staff_made_sure_of_is_proven_for_this_ticket_and_says_how(
    db: Database, opener: Opener, clock: FakeClock
) -> None:
    with db.write() as session:
        ticket, other = opener(session, identity="unproven"), opener(session, identity="locked")
        with pytest.raises(NotAllowed, match="must be written down"):
            working.confirm_identity(session, ticket, " \0", "rina", clock())
        working.confirm_identity(session, ticket, "KTM diperlihatkan.", "rina", clock())
        assert (ticket.identity, other.identity) == ("proven", "locked")
        [event] = [each for each in service.history(session, ticket) if each.kind == "identity confirmed"]
        assert (event.actor, event.data) == (
            "rina", {"from": "unproven", "to": "proven", "how": "KTM diperlihatkan."},
        )  # fmt: skip
        with pytest.raises(NotAllowed, match="proven already"):
            working.confirm_identity(session, ticket, "Lagi.", "rina", clock())
        working.close(session, other, Closing("keuangan", "Sudah.", "Lewat chat."), "rina", clock())
        with pytest.raises(NotAllowed, match="closed"):
            working.confirm_identity(session, other, "KTM.", "rina", clock())
