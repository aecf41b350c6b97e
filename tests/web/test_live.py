"""How what happens reaches the open pages of the console."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from bot.conversation.model import InboxMessage
from bot.storage.database import Database
from bot.tickets.model import TicketEvent
from bot.tickets.service import assign, by_number
from bot.web.live import Live, Mark, News
from bot.web.watching import look
from tests.conversation.conftest import run
from tests.web.desk import Center


def taken(center: Center, username: str) -> tuple[str, int]:
    """A ticket that somebody has: (number, conversation)."""
    number = center.ticket()
    with center.db.write() as session:
        ticket = by_number(session, number)
        assign(session, ticket, username, username, center.clock())
        return number, ticket.conversation_id


def since(center: Center, mark: Mark, *shown: int) -> News:
    return look(center.db, mark, frozenset(shown))[1]


def seen(center: Center, *shown: int) -> Mark:
    return look(center.db, None, frozenset(shown))[0]


@contextmanager
def statements(db: Database) -> Iterator[list[str]]:
    made: list[str] = []

    def executed(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        made.append(statement)

    event.listen(db.engine, "after_cursor_execute", executed)
    yield made
    event.remove(db.engine, "after_cursor_execute", executed)


def test_what_a_person_writes_concerns_who_has_the_ticket_and_who_looks_at_it(center: Center) -> None:
    number, talk = taken(center, "rina")
    _, other = taken(center, "dewi")
    mark = seen(center, talk, other)
    assert since(center, mark, talk, other) == News()
    center.writes(number, "halo?")
    news = since(center, mark, talk, other)
    assert news.talks == {talk}
    assert news.lists
    assert "rina" in news.staff
    assert "dewi" not in news.staff


def test_who_had_a_ticket_is_concerned_when_it_is_given_to_another(center: Center) -> None:
    number, _ = taken(center, "rina")
    mark = seen(center)
    with center.db.write() as session:
        center.parts.desk.hand_on(session, by_number(session, number), "dewi", "sri", center.clock())
    assert {"rina", "dewi", "sri"} <= since(center, mark).staff


def test_tags_that_were_there_before_are_nobody_of_the_staff(center: Center) -> None:
    number, talk = taken(center, "rina")
    rina = center.browser("rina")
    rina.step(number, "edit", tags="ukt, dobel", its_subject="UKT", priority="normal", kind="question")
    mark = seen(center, talk)
    rina.step(number, "edit", tags="ukt", its_subject="UKT", priority="normal", kind="question")
    assert since(center, mark, talk) == News(frozenset({talk}), frozenset({"rina"}), True)


def test_what_becomes_of_a_message_changes_the_conversation_and_no_list(center: Center) -> None:
    number, talk = taken(center, "rina")
    sent = center.answers(number, "Baik.")
    mark = seen(center, talk)
    center.delivered(sent, "read")
    news = since(center, mark, talk)
    assert news == News(frozenset({talk}))


def test_who_talks_with_the_assistant_alone_disturbs_nobody(center: Center) -> None:
    number = center.ticket()
    with center.db.write() as session:
        ticket = by_number(session, number)
        ticket.status, talk = "closed", ticket.conversation_id
    mark = seen(center, talk)
    with center.db.write() as session:
        _says(session, center, talk)
    news = since(center, mark, talk)
    assert news == News(frozenset({talk}))


def _says(session: Session, center: Center, talk: int) -> None:
    session.add(
        InboxMessage(
            conversation_id=talk, channel="web", external_id="x1", kind="message", text="halo",
            received_at=center.clock(), status="done", attempts=1,
        )
    )  # fmt: skip


def test_what_was_committed_after_something_newer_is_not_missed(center: Center) -> None:
    number, _ = taken(center, "rina")
    with center.db.write() as session:
        ticket_id, last = by_number(session, number).id, session.scalars(select(func.max(TicketEvent.id))).one()
        session.add(_noted(center, last + 2, ticket_id))
    mark = seen(center)
    with center.db.write() as session:
        session.add(_noted(center, last + 1, ticket_id))
    assert "rina" in since(center, mark).staff


def _noted(center: Center, event_id: int, ticket_id: int) -> TicketEvent:
    return TicketEvent(id=event_id, ticket_id=ticket_id, at=center.clock(), actor="sri", kind="noted", data={})


def test_looking_at_many_conversations_takes_as_many_statements_as_at_one(center: Center) -> None:
    talks = [taken(center, "rina")[1] for _ in range(12)]
    counts = []
    for shown in (talks[:1], talks):
        mark = seen(center, *shown)
        with statements(center.db) as made:
            since(center, mark, *shown)
        counts.append(len(made))
    assert counts[0] == counts[1] > 0


async def _within(seconds: float, what: Callable[[], bool]) -> None:
    async with asyncio.timeout(seconds):
        while not what():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


def test_whom_it_concerns_is_told_at_once_and_the_others_one_after_the_other() -> None:
    happened = [News()]

    def looked(_mark: Mark | None, _shown: frozenset[int]) -> tuple[Mark, News]:
        return Mark(), happened.pop() if happened else News()

    async def play() -> None:
        live = Live(looked)
        with (
            live.connected("rina", None) as rina,
            live.connected("sri", 7) as sri,
            live.connected("a", None) as first,
            live.connected("b", None) as second,
        ):
            await _within(5, lambda: not happened)
            happened.append(News(frozenset({7}), frozenset({"rina"}), True))
            live.wake()
            await _within(5, lambda: rina.queue.qsize() == 1)
            assert sri.queue.qsize() == 1
            assert first.queue.qsize() + second.queue.qsize() <= 1, "all were told at the same time"
            await _within(5, lambda: first.queue.qsize() == second.queue.qsize() == 1)
            assert [tab.queue.get_nowait() for tab in (rina, sri, first, second)] == ["list", "talk", "list", "list"]
        await live.close()

    run(play())


def test_a_fault_in_looking_tells_everybody_to_look_and_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.live.TROUBLE", 0.0)
    happened: list[News | None] = [News(), None, News(frozenset({7}), frozenset(), False)]
    marks: list[Mark | None] = []

    def looked(mark: Mark | None, _shown: frozenset[int]) -> tuple[Mark, News]:
        marks.append(mark)
        if (news := happened.pop(0) if happened else News()) is None:
            raise TypeError("of an event that nobody thought of")
        return Mark(), news

    async def play() -> None:
        live = Live(looked)
        with live.connected("rina", None) as rina, live.connected("sri", 7) as sri:
            await _within(5, lambda: len(marks) > 3)
            assert [tab.queue.get_nowait() for tab in (rina, sri, sri)] == ["list", "talk", "talk"]
        await live.close()

    run(play())
    assert marks[:4] == [None, Mark(), None, Mark()]
