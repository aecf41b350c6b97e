"""The life of a ticket: one table. What is not in it is refused and changes nothing."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from bot.errors import NotAllowed
from bot.storage.database import Database
from bot.tickets import assignment, linking, service, sorting, working
from bot.tickets.lifecycle import ENDED, LIVE, NEEDS, STEPS, Status, Step, after, lacks
from bot.tickets.model import Ticket
from bot.tickets.sorting import Sorting
from bot.tickets.timeline import spans, time_in
from bot.tickets.working import Closing
from tests.conftest import CLOSING, FakeClock
from tests.tickets.conftest import JAKARTA, Opener


def void(_result: object) -> None:
    """For calls whose result does not matter."""


def another(session: Session, ticket: Ticket, clock: FakeClock) -> Ticket:
    """A second ticket of the same person."""
    return service.open_ticket(
        session, conversation_id=ticket.conversation_id, person_id=ticket.person_id, inbox_id=None, channel="webchat",
        subject="Lain", summary="", category=None, kind="question", identity="proven", language="id", now=clock(),
        due_at=clock(), zone=JAKARTA,
    )  # fmt: skip


Call = Callable[[Session, Ticket, FakeClock], None]
CALLS: dict[Step, Call] = {
    "message": lambda s, t, c: service.add_message(s, t, actor="person", inbox_id=1, now=c()),
    "reply": lambda s, t, c: service.add_message(s, t, actor="rina", outbox_id=1, now=c()),
    "assign": lambda s, t, c: service.assign(s, t, "rina", "rina", c()),
    "hand on": lambda s, t, c: void(assignment.hand_to_unit(s, t, "Biro Keuangan", "rina", c())),
    "release": lambda s, t, c: service.release(s, t, "rina", c()),
    "categorise": lambda s, t, c: working.categorise(s, t, "akun", "rina", c()),
    "sort": lambda s, t, c: void(sorting.save(s, t, Sorting(priority="high"), "rina", c())),
    "wait": lambda s, t, c: working.wait(s, t, "rina", c()),
    "forward": lambda s, t, c: working.forward(s, t, "Biro Keuangan", "Sudah lunas?", "rina", c()),
    "plan": lambda s, t, c: working.plan(s, t, "Rapat Kamis", "rina", c()),
    "take back": lambda s, t, c: working.take_back(s, t, "Sudah lunas", "rina", c()),
    "resolve": lambda s, t, c: working.resolve(s, t, "Tagihan diperbaiki", "rina", c()),
    "record": lambda s, t, c: working.record(s, t, "Dicek", "rina", c()),
    "close": lambda s, t, c: working.close(s, t, Closing(), "rina", c()),
    "withdraw": lambda s, t, c: working.withdraw(s, t, "person", c()),
    "lapse": lambda s, t, c: working.lapse(s, t, "system", c()),
    "merge": lambda s, t, c: linking.merge(s, t, another(s, t, c), "rina", c()),
    "reopen": lambda s, t, c: working.reopen(s, t, "person", c(), c() + timedelta(hours=2)),
}
WAY: dict[Status, tuple[Step, ...]] = {
    "new": (),
    "open": ("reply",),
    "waiting": ("wait",),
    "forwarded": ("forward",),
    "planned": ("plan",),
    "resolved": ("resolve",),
    "closed": ("resolve", "record", "close"),
}


def seen(session: Session, ticket: Ticket) -> tuple[object, ...]:
    columns = [getattr(ticket, column.key) for column in Ticket.__table__.columns]
    return (*columns, len(service.history(session, ticket)))


@pytest.mark.parametrize("status", get_args(Status))
@pytest.mark.parametrize("step", get_args(Step))
def test_a_step_is_taken_where_the_table_has_it_and_refused_elsewhere(
    db: Database, opener: Opener, clock: FakeClock, status: Status, step: Step
) -> None:
    with db.write() as session:
        ticket = opener(session)
        if step == "release" and status in LIVE:
            ticket.assignee = "rina"
            session.flush()
        for each in WAY[status]:
            CALLS[each](session, ticket, clock)
        if step == "close" and status == "resolved":
            working.record(session, ticket, "Dicek", "rina", clock())
        before = seen(session, ticket)
        assert ticket.status == status
        if (status, step) in STEPS:
            CALLS[step](session, ticket, clock)
            assert ticket.status == STEPS[status, step] == after("CC", status, step)
            return
        with pytest.raises(NotAllowed):
            CALLS[step](session, ticket, clock)
        assert seen(session, ticket) == before


def test_every_status_is_reached_and_can_be_left() -> None:
    statuses = set(get_args(Status))
    assert statuses == LIVE | ENDED
    assert {to for (status, _), to in STEPS.items() if status != to} == statuses - {"new"}
    assert {status for (status, _), to in STEPS.items() if status != to} == statuses
    assert {step for _, step in STEPS} == set(get_args(Step))


@pytest.mark.parametrize("step", NEEDS)
def test_blank_text_is_not_what_a_step_needs(step: Step) -> None:
    assert lacks(step, dict.fromkeys(NEEDS[step], "x")) == []
    for need in NEEDS[step]:
        assert lacks(step, dict.fromkeys(NEEDS[step], "x") | {need: " \n"}) == [need]


@pytest.mark.parametrize(
    "there", [set(some) for n in range(4) for some in itertools.combinations(("category", "solution", "record"), n)]
)
@pytest.mark.parametrize("given_with_it", [True, False])
def test_closing_needs_a_category_a_solution_and_a_record(
    db: Database, opener: Opener, clock: FakeClock, there: set[str], given_with_it: bool
) -> None:
    values = {name: getattr(CLOSING, name) for name in there}
    with db.write() as session:
        ticket = opener(session, category=None)
        if not given_with_it:
            if "category" in there:
                working.categorise(session, ticket, values["category"], "rina", clock())
            if "record" in there:
                working.record(session, ticket, values["record"], "rina", clock())
            if "solution" in there:
                working.resolve(session, ticket, values["solution"], "rina", clock())
        before = seen(session, ticket)
        closing = Closing(**values) if given_with_it else Closing()
        if len(there) == 3:
            working.close(session, ticket, closing, "rina", clock())
            assert (ticket.status, ticket.category, ticket.solution) == ("closed", CLOSING.category, CLOSING.solution)
            return
        with pytest.raises(NotAllowed, match="lacks") as refused:
            working.close(session, ticket, closing, "rina", clock())
        told = str(refused.value).partition("lacks")[2]
        assert {name for name in ("category", "solution", "record") if name in told} == {
            "category",
            "solution",
            "record",
        } - there
        assert seen(session, ticket) == before


def test_a_record_can_only_be_added_to(db: Database, opener: Opener, clock: FakeClock) -> None:
    with db.write() as session:
        ticket = opener(session)
        working.close(session, ticket, CLOSING, "rina", clock())
        working.record(session, ticket, "Orang tua menelepon lagi.", "dewi", clock.advance(days=1))
        kept = [event for event in service.history(session, ticket) if event.kind == "recorded"]
        assert [(event.actor, (event.data or {})["record"]) for event in kept] == [
            ("rina", CLOSING.record),
            ("dewi", "Orang tua menelepon lagi."),
        ]
        assert working.recorded(session, ticket) == "Orang tua menelepon lagi."


def test_what_is_reopened_needs_a_solution_anew(db: Database, opener: Opener, clock: FakeClock) -> None:
    with db.write() as session:
        ticket = opener(session)
        working.close(session, ticket, CLOSING, "rina", clock())
        working.reopen(session, ticket, "person", clock(), clock())
        assert (ticket.solution, ticket.resolved_at, ticket.closed_at) == (None, None, None)
        with pytest.raises(NotAllowed, match="lacks solution"):
            working.close(session, ticket, Closing(), "rina", clock())


@pytest.mark.parametrize(("status", "kind"), [("waiting", "taken back"), ("resolved", "reopened")])
def test_what_the_person_writes_makes_a_ticket_open_that_waits_or_was_resolved(
    db: Database, opener: Opener, clock: FakeClock, status: Status, kind: str
) -> None:
    with db.write() as session:
        ticket = opener(session)
        for step in WAY[status]:
            CALLS[step](session, ticket, clock)
        CALLS["message"](session, ticket, clock)
        assert (ticket.status, ticket.solution, ticket.ended_at) == ("open", None, None)
        move, message = service.history(session, ticket)[-2:]
        assert message.kind == "message"
        assert (move.actor, move.kind, move.data) == ("person", kind, {"from": status, "to": "open"})


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from(get_args(Step)), st.integers(0, 5000)), max_size=25))
def test_status_and_times_follow_from_the_events_alone(
    db: Database, opener: Opener, clock: FakeClock, steps: list[tuple[Step, int]]
) -> None:
    with db.write() as session:
        began = clock()
        ticket = opener(session)
        expected: dict[str, timedelta] = dict.fromkeys(get_args(Status), timedelta())
        for step, seconds in steps:
            expected[ticket.status] += timedelta(seconds=seconds)
            clock.advance(seconds=seconds)
            try:
                CALLS[step](session, ticket, clock)
            except NotAllowed:
                continue
        found = spans(service.history(session, ticket))
        assert found[-1].status == ticket.status
        assert found[0].start == began
        assert all(one.end == next_.start for one, next_ in itertools.pairwise(found))
        assert {status: time_in(found, {status}, clock()) for status in expected} == expected


def test_a_ticket_of_before_statuses_were_noted_was_open_at_once(
    db: Database, opener: Opener, clock: FakeClock
) -> None:
    with db.write() as session:
        ticket = opener(session)
        [event] = service.history(session, ticket)
        event.data = {"kind": "question"}
        assert [span.status for span in spans([event])] == ["open"]


@pytest.mark.parametrize("ends", ["withdraw", "lapse", "merge"])
def test_what_was_closed_without_a_category_is_given_one_afterwards_and_keeps_it(
    db: Database, opener: Opener, clock: FakeClock, ends: Step
) -> None:
    with db.write() as session:
        ticket = opener(session, category=None)
        if ends == "lapse":
            working.wait(session, ticket, "rina", clock())
        CALLS[ends](session, ticket, clock)
        working.categorise(session, ticket, "akun", "rina", clock())
        assert (ticket.status, ticket.category) == ("closed", "akun")
        assert service.history(session, ticket)[-1].kind == "categorised"
        with pytest.raises(NotAllowed, match="is closed"):
            working.categorise(session, ticket, "keuangan", "rina", clock())
        assert ticket.category == "akun"
