"""A month through the real services, and what the reports say of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import event, select

from bot.conversation.erasing import erase
from bot.conversation.model import InboxMessage
from bot.errors import NotAllowed
from bot.identity.model import Person
from bot.knowledge.answers import record_feedback
from bot.knowledge.model import AnswerShown, AskedQuestion
from bot.procedures.rules import Question, Reopening, Words
from bot.reports.document import Report, Section, shown
from bot.reports.making import Reporter
from bot.reports.periods import month
from bot.storage.database import Database
from bot.tickets import forwarding, working
from bot.tickets.linking import take_up_again
from bot.tickets.model import Ticket
from bot.tickets.service import add_message, by_number, history, open_ticket
from bot.tickets.survey import answer, note_sent
from bot.tickets.survey import read as read_survey
from bot.tickets.working import reopen
from tests.conftest import CLOSING, FakeClock
from tests.conversation.conftest import JAKARTA, Core
from tests.sops.stage import Stage

NOVEMBER = month("2026-11")
AFTERWARDS = datetime(2026, 12, 31, tzinfo=UTC)
GAPS = "Questions without an answer"
MONDAY = datetime(2026, 11, 2, 2, tzinfo=UTC)


@pytest.fixture
def month_core(db: Database, clock: FakeClock, tmp_path: Path) -> Core:
    """One talk that helped, one in silence, one that became a ticket which an agent answered and closed."""
    clock.now = MONDAY
    core = Core(db, clock, tmp_path)
    core.agent("rina")
    for who, helped in (("a", True), ("b", None)):
        core.say("bagaimana cara bayar ukt?", who=who)
        _answered(core, helped)
        core.clock.advance(minutes=5)
    core.say("tagihan saya dobel", who="c")
    ticket = _ticket(core)
    core.clock.advance(minutes=30)
    with core.db.write() as session:
        core.desk.reply(session, session.get_one(Ticket, ticket), "rina", "Kami periksa, ya.", core.clock())
    core.clock.advance(hours=1)
    with core.db.write() as session:
        core.desk.close(session, session.get_one(Ticket, ticket), "rina", CLOSING, core.clock())
    core.send()
    return core


def _last(core: Core) -> InboxMessage:
    return core.inbox()[-1]


def _answered(core: Core, helped: bool | None) -> None:
    message = _last(core)
    with core.db.write() as session:
        person = session.scalars(select(Person.id).order_by(Person.id.desc()).limit(1)).one()
        session.add_all(
            [
                AskedQuestion(
                    inbox_id=message.id, conversation_id=message.conversation_id, person_id=person, text=message.text,
                    lang="id", kind="answer", template_id="ukt-bayar", score=0.9, at=core.clock(),
                ),
                AnswerShown(
                    conversation_id=message.conversation_id, inbox_id=message.id, template_id="ukt-bayar", score=0.9,
                    at=core.clock(),
                ),
            ]
        )  # fmt: skip
        session.flush()
        if helped is not None:
            record_feedback(session, message.conversation_id, "ukt-bayar", helped, core.clock())


def _ticket(core: Core) -> int:
    message, now = _last(core), core.clock()
    with core.db.write() as session:
        person = session.scalars(select(Person.id).order_by(Person.id.desc()).limit(1)).one()
        session.add(
            AskedQuestion(
                inbox_id=message.id, conversation_id=message.conversation_id, person_id=person, text=message.text,
                lang="id", kind="hand_over", template_id=None, score=0.1, at=now, handed_over_at=now,
            )
        )  # fmt: skip
        return open_ticket(
            session, conversation_id=message.conversation_id, person_id=person, inbox_id=message.id,
            channel="fake", subject=message.text, summary=message.text, category=None, kind="complaint",
            identity="unproven", language="id", now=now, due_at=core.promise.due(now), zone=JAKARTA,
        ).id  # fmt: skip


def reporter(core: Core, language: str = "en") -> Reporter:
    return Reporter(core.promise.profile, JAKARTA, "Universitas Contoh", language)


def recap(db: Database, make: Reporter, now: datetime = AFTERWARDS) -> Report:
    with db.read() as session:
        return make.recap(session, NOVEMBER, now, title="month")


def section(report: Report, title: str) -> Section:
    return next(each for each in report.sections if each.title == title)


def rows(report: Report, title: str) -> dict[str, list[str]]:
    return {str(row[0]): [shown(cell, report.language) for cell in row[1:]] for row in section(report, title).rows}


@pytest.mark.parametrize("closed", [True, False])
def test_what_goes_into_a_ticket_that_is_there_was_handed_over(month_core: Core, closed: bool) -> None:
    before = rows(recap(month_core.db, reporter(month_core)), "Talks with the assistant")
    month_core.clock.advance(days=2)
    month_core.say("masih dobel, tolong dicek lagi ya", who="c")
    message, now = _last(month_core), month_core.clock()
    with month_core.db.write() as session:
        ticket = session.scalars(select(Ticket)).one()
        rule = Reopening(timedelta(0)) if closed else Reopening(None)
        ticket = take_up_again(session, ticket, rule, "person", now, now + timedelta(hours=2), JAKARTA)
        add_message(session, ticket, actor="person", inbox_id=message.id, now=now)
    after = rows(recap(month_core.db, reporter(month_core)), "Talks with the assistant")
    assert (before["Handed over to a human"][0], after["Handed over to a human"][0]) == ("1", "2")
    assert after["Ended without an answer"][0] == "0"


def test_the_monthly_report_tells_what_happened(month_core: Core) -> None:
    report = recap(month_core.db, reporter(month_core))
    summary = rows(report, "Summary")
    assert summary["Tickets opened"] == ["1"]
    assert summary["Tickets closed"] == ["1"]
    assert summary["Unfinished at the end"] == ["0"]
    assert summary["Tickets with a category"] == ["100.0 %"]
    assert summary["First response by a human, median"] == ["30 min"]
    assert summary["Resolution, median"] == ["1 h 30 min"]
    assert rows(report, "Promises")["First response in time"] == ["1", "0", "0", "100.0 %"]
    assert rows(report, "By kind") == {"Complaint": ["1", "100.0 %"]}
    assert rows(report, "By category") == {"Fees": ["1", "100.0 %"]}
    assert rows(report, "Answers given most") == {"ukt-bayar": ["2", "2"]}
    assert rows(report, "Questions without an answer") == {"tagihan saya dobel": ["1", "1"]}


def test_every_talk_of_the_month_ended_in_exactly_one_way(month_core: Core) -> None:
    report = recap(month_core.db, reporter(month_core))
    assert {name: found[0] for name, found in rows(report, "Talks with the assistant").items()} == {
        "Solved, confirmed": "1", "Answered, nothing heard": "1", "Answered, back within 7 days": "0",
        "Handed over to a human": "1", "Ended without an answer": "0",
    }  # fmt: skip


def test_who_came_back_within_a_week_was_not_silent(month_core: Core) -> None:
    month_core.clock.advance(days=3)
    month_core.say("bayar ukt gimana sih?", who="b")
    _answered(month_core, None)
    found = rows(recap(month_core.db, reporter(month_core)), "Talks with the assistant")
    assert found["Answered, back within 7 days"][0] == "1"
    assert found["Answered, nothing heard"][0] == "1", "the new talk is the silent one now"


def test_another_months_report_has_none_of_it(month_core: Core) -> None:
    with month_core.db.read() as session:
        october = reporter(month_core).recap(session, month("2026-10"), AFTERWARDS, title="month")
    assert rows(october, "Summary")["Tickets opened"] == ["0"]
    assert section(october, "By channel").rows == []


def test_the_report_of_a_month_does_not_change_with_what_comes_later(month_core: Core) -> None:
    before = recap(month_core.db, reporter(month_core))
    month_core.clock.now = MONDAY + timedelta(days=60)
    month_core.say("halo", who="a")
    with month_core.db.write() as session:
        ticket = session.scalars(select(Ticket)).one()
        reopen(session, ticket, "rina", month_core.clock(), month_core.clock())
    assert recap(month_core.db, reporter(month_core)) == before


def test_a_month_that_is_not_over_breaks_no_promise_that_is_not_due(month_core: Core) -> None:
    month_core.say("ktm saya hilang", who="d")
    _ticket(month_core)
    now = month_core.clock.advance(minutes=5)
    report = recap(month_core.db, reporter(month_core), now)
    assert report.span == "1 November 2026 to 2 November 2026"
    assert rows(report, "Promises")["First response in time"] == ["1", "0", "1", "100.0 %"]
    late = rows(recap(month_core.db, reporter(month_core)), "Promises")["First response in time"]
    assert late == ["1", "1", "0", "50.0 %"]


def test_the_archive_has_sender_and_destination_of_every_message(month_core: Core) -> None:
    with month_core.db.read() as session:
        lines = reporter(month_core).archive(session, NOVEMBER).sections[0].rows
    assert len(lines) == len(month_core.inbox()) + len(month_core.outbox("sent"))
    first = lines[0]
    assert (first[2], first[3], first[4]) == ("a", "Universitas Contoh", "bagaimana cara bayar ukt?")
    assert any(line[2] == "Universitas Contoh (rina)" and line[3] == "c" for line in lines)


def test_the_archive_has_what_was_told_outside_sapa(db: Database, clock: FakeClock) -> None:
    stage = Stage(db, clock, "itb")
    number = stage.opens()
    stage.replies_by_phone(number)
    with db.read() as session:
        [_, row] = stage.reporter.archive(session, NOVEMBER).sections[0].rows
    assert row[1:3] == ("phone", "Universitas Contoh (rina)")
    assert row[4:] == ("Bisa, begini caranya.", number)


def test_the_list_of_what_is_unfinished_names_each_ticket_where_something_lacks(month_core: Core) -> None:
    month_core.clock.advance(hours=1)
    month_core.say("ktm saya hilang", who="d")
    _ticket(month_core)
    with month_core.db.read() as session:
        report = reporter(month_core).unfinished(session, month_core.clock())
    assert [len(each.rows) for each in report.sections] == [1, 1, 1]
    assert report.sections[0].rows[0][0] == "CC-2026-000002"


def test_what_closed_by_itself_without_a_category_is_listed_until_it_has_one(db: Database, clock: FakeClock) -> None:
    stage = Stage(db, clock, "itb")
    lapsed, spam = stage.opens(), stage.opens()
    with db.write() as session:
        ticket = by_number(session, lapsed)
        working.wait(session, ticket, "rina", clock())
        working.lapse(session, ticket, "system", clock())
        working.withdraw(session, by_number(session, spam), "rina", clock(), "spam")

    def listed() -> list[list[object]]:
        with db.read() as session:
            return [[row[0] for row in each.rows] for each in stage.reporter.unfinished(session, clock()).sections]

    assert listed() == [[], [lapsed], []]
    with db.write() as session:
        working.categorise(session, by_number(session, lapsed), "akun", "rina", clock())
    assert listed() == [[], [], []]


def test_a_register_holds_its_kinds_and_an_unknown_one_is_refused(month_core: Core) -> None:
    with month_core.db.read() as session:
        register = reporter(month_core).register(session, "tickets", NOVEMBER)
        assert [row[0] for row in register.sections[0].rows] == ["CC-2026-000001"]
        with pytest.raises(NotAllowed, match="there is: tickets"):
            reporter(month_core).register(session, "k_xpresi", NOVEMBER)


def test_the_number_of_statements_does_not_grow_with_the_month(month_core: Core) -> None:
    few = _statements(month_core)
    for _ in range(5):
        month_core.clock.advance(hours=13)
        month_core.say("ktm hilang", who="e")
        _ticket(month_core)
    assert _statements(month_core) == few


def _statements(core: Core) -> int:
    count = 0

    def counting(*_: object) -> None:
        nonlocal count
        count += 1

    event.listen(core.db.engine, "before_cursor_execute", counting)
    recap(core.db, reporter(core))
    event.remove(core.db.engine, "before_cursor_execute", counting)
    return count


def test_erasing_everybody_changes_no_figure_of_past_months(month_core: Core) -> None:
    core, make = month_core, reporter(month_core)
    _more_of_its_life(core)
    before = recap(core.db, make)
    tickets = _listed(core)
    with core.db.write() as session:
        for person in session.scalars(select(Person)).all():
            erase(session, person, "system", AFTERWARDS)
    after = recap(core.db, make)
    asked = "tagihan saya dobel"
    assert section(before, GAPS).rows == [(asked, 2, 2)]
    assert section(after, GAPS).rows == [("(erased)", 2, 2)]
    assert [each for each in before.sections if each.title != GAPS] == [
        each for each in after.sections if each.title != GAPS
    ]
    # The lists keep their lines; words and names in them are gone.
    assert [row[0] for row in _listed(core)] == [row[0] for row in tickets]
    with core.db.read() as session:
        lines = make.archive(session, NOVEMBER).sections[0].rows
        assert {line[4] for line in lines} == {""}
        ticket = session.scalars(select(Ticket)).one()
        assert read_survey(session, ticket).given == {"rating": 4, "solved": True, "word": None}


def test_a_question_of_which_somebody_is_kept_is_told_with_all_who_asked_it(month_core: Core) -> None:
    _more_of_its_life(month_core)
    with month_core.db.write() as session:
        erase(session, session.scalars(select(Person).order_by(Person.id.desc())).first() or Person(), "a", AFTERWARDS)
    assert section(recap(month_core.db, reporter(month_core)), GAPS).rows == [("tagihan saya dobel", 2, 2)]


def _listed(core: Core) -> Sequence[Sequence[object]]:
    with core.db.read() as session:
        return reporter(core).register(session, "tickets", NOVEMBER).sections[0].rows


def _more_of_its_life(core: Core) -> None:
    """Somebody asks the same. The ticket is opened again, goes to a unit and back, is solved, and the person says what
    he thinks."""
    core.say("Tagihan saya dobel!", who="d")
    with core.db.write() as session:
        message = session.scalars(select(InboxMessage).order_by(InboxMessage.id.desc()).limit(1)).one()
        person = session.scalars(select(Person.id).order_by(Person.id.desc()).limit(1)).one()
        given: dict[str, Any] = {"conversation_id": message.conversation_id, "person_id": person, "text": message.text}
        given |= {"lang": "id", "kind": "hand_over", "template_id": None, "score": 0.1, "at": core.clock()}
        session.add(AskedQuestion(inbox_id=message.id, **given))
    with core.db.write() as session:
        ticket = session.scalars(select(Ticket)).one()
        reopen(session, ticket, "person", core.clock(), core.clock() + timedelta(hours=2))
    core.clock.advance(hours=30)
    with core.db.write() as session:
        ticket, now = session.scalars(select(Ticket)).one(), core.clock()
        form = forwarding.send(session, ticket, "Biro Keuangan", "Mohon dicek.", now + timedelta(days=1), "rina", now)
        core.clock.advance(hours=3)
        back = forwarding.Reply("Bu Tini", "Memang dobel.", "Sudah dibetulkan.")
        ticket = forwarding.answer(session, form, back, "unit", core.clock())
        core.clock.advance(hours=1)
        core.desk.close(session, ticket, "rina", CLOSING, core.clock())
        note_sent(session, ticket, 1, "system", core.clock())
        for id_, kind, said in (("solved", "yes_no", True), ("rating", "rating", 4), ("word", "text", "Lama sekali")):
            answer(session, ticket, Question(id_, cast(Any, kind), Words("?", "?")), said, "person", core.clock())
        kinds = {event.kind for event in history(session, ticket)}
    assert kinds >= {"forwarded", "survey answered", "reopened", "closed"}
