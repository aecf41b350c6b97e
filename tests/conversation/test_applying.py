"""Macros taken on real tickets, and the same for many at once."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from bot.conversation import bulk
from bot.conversation.applying import Applying, StepRefused, known, values_of
from bot.conversation.model import ASSISTANT, Conversation
from bot.errors import NotAllowed
from bot.identity.model import Person
from bot.tickets import canned, macros, sorting
from bot.tickets.canned import Canned, Words
from bot.tickets.macros import Macro, Steps
from bot.tickets.model import Ticket, TicketEvent
from tests.conversation.conftest import Core

ASK = Canned(
    "tanya", {"id": Words("Tanya NIM", "Halo {name},\nboleh kirim NIM untuk {ticket}? {agent}, {institution}")}
)


@pytest.fixture
def number(core: Core) -> str:
    """A ticket of Budi's; Rina and Dewi are of the staff."""
    core.agent("rina")
    core.agent("dewi")
    return opened(core, "a")


def opened(core: Core, who: str) -> str:
    core.engine.down = True
    core.say("tolong", who=who)
    core.engine.down = False
    with core.db.write() as session:
        ticket = session.scalars(select(Ticket).order_by(Ticket.id.desc())).first()
        assert ticket is not None
        session.get_one(Person, ticket.person_id).name = "Budi"
        return ticket.number


def take(core: Core, number: str, steps: Steps, who: str = "rina", **given: Any) -> NotAllowed | None:
    """What was refused, if so."""
    reply = given.pop("reply", None)
    applying = Applying(core.desk, core.promise.profile, who, core.clock(), **given)
    [outcome] = bulk.for_each(core.db, [number], lambda session, ticket: applying.apply(session, ticket, steps, reply))
    core.send()
    return outcome.refused


def find(core: Core, number: str) -> Ticket:
    with core.db.read() as session:
        return session.scalars(select(Ticket).where(Ticket.number == number)).one()


def kinds(core: Core, number: str) -> list[str]:
    with core.db.read() as session:
        of = select(TicketEvent.kind).join(Ticket, Ticket.id == TicketEvent.ticket_id).where(Ticket.number == number)
        return list(session.scalars(of.order_by(TicketEvent.id)))[1:]


def in_charge(core: Core) -> str:
    with core.db.read() as session:
        return session.scalars(select(Conversation.in_charge)).one()


def keep(core: Core, *things: Canned | Macro) -> None:
    with core.db.write() as session:
        for thing in things:
            now = known(session, core.desk, core.promise.profile)
            if isinstance(thing, Canned):
                canned.keep(session, thing, now, "sri", core.clock())
            else:
                macros.keep(session, thing, now, "sri", core.clock())


def test_a_macro_says_its_reply_and_takes_its_steps_with_the_usual_events(core: Core, number: str) -> None:
    steps = Steps("keuangan", ("UKT",), "high", note="{name} ditanya oleh {agent}", then="wait")
    keep(core, ASK, Macro("tanya-nim", {"id": "Tanya NIM"}, "tanya", steps))
    with core.db.write() as session:
        ticket = session.scalars(select(Ticket)).one()
        macro = macros.by_id(session, "tanya-nim")
        applying = Applying(core.desk, core.promise.profile, "rina", core.clock())
        applying.carry_out(session, ticket, macro)
    core.send()
    assert core.channel.texts[-1] == f"Halo Budi,\nboleh kirim NIM untuk {number}? Rina, Universitas Contoh"
    ticket = find(core, number)
    assert (ticket.status, ticket.category, ticket.priority, ticket.assignee) == ("waiting", "keuangan", "high", "rina")
    with core.db.read() as session:
        assert sorting.tags_of(session, ticket) == ["ukt"]
        note = session.scalars(select(TicketEvent).where(TicketEvent.kind == "noted")).one()
        assert (note.data or {})["text"] == "Budi ditanya oleh Rina"
        used = session.scalars(select(TicketEvent).where(TicketEvent.kind == "macro")).one()
        assert (used.actor, used.data) == ("rina", {"macro": "tanya-nim", "title": "Tanya NIM"})
    assert kinds(core, number) == [
        "macro", "categorised", "tagged", "priority changed", "noted", "begun", "assigned", "message", "waiting",
    ]  # fmt: skip


def test_where_one_step_is_refused_nothing_is_changed(core: Core, number: str) -> None:
    keep(core, ASK)
    said, before = len(core.channel.texts), kinds(core, number)
    no_category = Steps(None, ("x",), "high", "me", "catatan", "close", "Beres.", "Lewat chat.")
    refused = take(core, number, no_category, reply="tanya")
    assert isinstance(refused, StepRefused)
    assert (refused.step, "lacks category" in str(refused)) == ("then", True)
    ticket = find(core, number)
    assert (ticket.status, ticket.priority, ticket.assignee) == ("new", "normal", None)
    assert (len(core.channel.texts), kinds(core, number)) == (said, before)


def test_a_macro_closes_with_solution_and_record_and_the_person_is_told(core: Core, number: str) -> None:
    assert take(core, number, Steps("keuangan", then="close", solution="Tagihan {ticket} beres.", record="-")) is None
    assert (find(core, number).status, find(core, number).solution) == ("closed", f"Tagihan {number} beres.")
    assert any(f"Tagihan {number} beres." in text for text in core.channel.texts[-2:])


def test_a_reply_is_said_in_the_persons_language_or_not_at_all(core: Core, number: str) -> None:
    keep(core, Canned("hello", {"en": Words("Hello", "Hello.")}))
    refused = take(core, number, Steps(), reply="hello")
    assert isinstance(refused, StepRefused)
    assert refused.step == "reply"
    assert "language (id)" in str(refused)


def test_what_is_spam_is_closed_without_a_solution_or_a_word(core: Core, number: str) -> None:
    with core.db.write() as session:
        core.desk.take(session, session.scalars(select(Ticket)).one(), "rina", core.clock())
    core.send()
    said = len(core.channel.texts)
    assert take(core, number, Steps(tags=("spam",), then="spam")) is None
    ticket = find(core, number)
    assert (ticket.status, ticket.solution, ticket.resolved_at) == ("closed", None, None)
    assert len(core.channel.texts) == said
    assert in_charge(core) == ASSISTANT
    with core.db.read() as session:
        event = session.scalars(select(TicketEvent).order_by(TicketEvent.id.desc())).first()
    assert event is not None
    assert (event.kind, event.actor, event.data) == (
        "withdrawn", "rina", {"from": "open", "to": "closed", "why": "spam"},
    )  # fmt: skip


def test_what_waits_already_goes_on_waiting(core: Core, number: str) -> None:
    assert take(core, number, Steps(then="wait")) is None
    assert take(core, number, Steps(priority="high", then="wait")) is None
    assert find(core, number).status == "waiting"


@pytest.mark.parametrize(
    ("assign", "has", "unit"),
    [("me", "rina", None), ("user:dewi", "dewi", None), ("unit:keuangan", None, "Direktorat Keuangan"),
     ("nobody", None, None)],
)  # fmt: skip
def test_a_macro_gives_a_ticket_to_whom_it_says(
    core: Core, number: str, assign: str, has: str | None, unit: str | None
) -> None:
    assert take(core, number, Steps(assign="me")) is None
    assert take(core, number, Steps(priority="high", assign=assign)) is None
    assert take(core, number, Steps(assign=assign), "dewi" if has == "dewi" else "rina") is None
    assert (find(core, number).assignee, find(core, number).unit) == (has, unit)


def test_what_a_colleague_has_only_who_gives_tickets_out_may_sort_and_give_away(core: Core, number: str) -> None:
    assert take(core, number, Steps(assign="me"), "dewi") is None
    for steps in (
        Steps("keuangan"),
        Steps(tags=("x",)),
        Steps(assign="me"),
        Steps(assign="nobody"),
        Steps(then="spam"),
    ):
        refused = take(core, number, steps)
        assert refused is not None
        assert "dewi has" in str(refused)
    assert take(core, number, Steps("keuangan", ("x",), "high", "me"), assigns=True) is None
    assert find(core, number).assignee == "rina"
    assert isinstance(take(core, number, Steps(then="resolve", solution="x"), "dewi", assigns=True), StepRefused)


def test_of_many_tickets_each_is_done_or_refused_by_itself(core: Core, number: str) -> None:
    second, third = opened(core, "b"), opened(core, "c")
    assert take(core, second, Steps(then="spam")) is None
    applying = Applying(core.desk, core.promise.profile, "rina", core.clock())
    wanted = [number, second, "CC-2026-999999", third, number, "nix"]
    found = bulk.for_each(core.db, wanted, lambda s, ticket: applying.apply(s, ticket, Steps(tags=("x",), assign="me")))
    assert [(each.number, each.refused is None) for each in found] == [
        (number, True), (second, False), ("CC-2026-999999", False), (third, True), ("nix", False),
    ]  # fmt: skip
    assert "closed" in str(found[1].refused)
    assert "There is no ticket" in str(found[2].refused)
    assert (find(core, number).assignee, find(core, third).assignee) == ("rina", "rina")


@pytest.mark.parametrize("numbers", [[], [f"CC-2026-{n:06}" for n in range(201)]])
def test_none_and_more_than_two_hundred_are_refused_at_once(core: Core, numbers: list[str]) -> None:
    with pytest.raises(NotAllowed, match=r"No ticket was chosen|more than 200"):
        bulk.for_each(core.db, numbers, lambda session, ticket: None)


def test_a_text_names_the_person_only_as_long_as_he_is_known(core: Core, number: str) -> None:
    with core.db.write() as session:
        ticket = session.scalars(select(Ticket)).one()
        values = values_of(session, core.desk, ticket, "rina", core.clock())
        assert (values["name"], values["agent"], values["ticket"]) == ("Budi", "Rina", number)
        assert str(values["due"]).endswith("WIB")
        person = session.get_one(Person, ticket.person_id)
        person.kind = "student"
        assert values_of(session, core.desk, ticket, "rina", core.clock())["name"] is None
