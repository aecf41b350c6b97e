"""Sending: in order, as fast as allowed, honestly given up, and silent after a takeover."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.conversation import sender as sender_module
from bot.conversation.erasing import erase
from bot.conversation.messages import Rate
from bot.conversation.model import Conversation
from bot.conversation.outbox import claim, free_claims, give_up_old, heads, renew, sent
from bot.conversation.saying import put
from bot.errors import TransportError
from bot.identity.model import Person
from bot.storage.database import Database
from tests.conftest import FakeClock
from tests.conversation.conftest import Core


def queue(core: Core, *texts: str, author: str = "assistant", who: str = "a") -> None:
    core.receive(core.incoming("halo", who=who))
    with core.db.write() as session:
        conversation = session.scalars(select(Conversation).where(Conversation.address == who)).one()
        for text in texts:
            put(session, conversation, text, author=author, now=core.clock())


def transient(**values: float) -> TransportError:
    return TransportError("busy", permanent=False, **values)  # type: ignore[arg-type]


def test_messages_are_sent_in_order(core: Core) -> None:
    queue(core, "satu", "dua", "tiga")
    core.send()
    assert core.channel.texts == ["satu", "dua", "tiga"]
    assert [row.external_id for row in core.outbox("sent")] == ["out-1", "out-2", "out-3"]


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_channel_is_told_the_conversations_language(core: Core, language: str) -> None:
    queue(core, "satu")
    with core.db.write() as session:
        session.scalars(select(Conversation)).one().language = language
    core.send()
    assert [message.language for _, message in core.channel.sent] == [language]


def test_a_message_that_fails_for_a_while_holds_those_behind_it(core: Core) -> None:
    queue(core, "satu", "dua")
    queue(core, "lain", who="b")
    core.channel.troubles = [transient(retry_after=30)]
    core.send()
    assert core.channel.texts == ["lain"]
    core.clock.advance(seconds=29)
    core.send()
    assert core.channel.texts == ["lain"]
    core.clock.advance(seconds=2)
    core.send()
    assert core.channel.texts == ["lain", "satu", "dua"]


def test_the_channels_retry_after_is_obeyed_over_our_own_pause(core: Core) -> None:
    queue(core, "satu")
    core.channel.troubles = [transient(retry_after=120)]
    core.send()
    assert core.outbox()[0].next_try_at - core.clock() == timedelta(seconds=120)
    assert core.outbox()[0].last_error == "busy"


def test_a_permanent_failure_is_a_dead_letter_with_its_reason_and_the_next_is_sent(core: Core) -> None:
    queue(core, "satu", "dua")
    core.channel.troubles = [TransportError("template missing", permanent=True, code="132001")]
    core.send()
    assert core.channel.texts == ["dua"]
    assert [(row.status, row.last_error) for row in core.outbox()] == [
        ("failed", "132001: template missing"),
        ("sent", None),
    ]


def test_who_blocked_us_is_marked_unreachable(core: Core) -> None:
    queue(core, "satu")
    core.channel.troubles = [TransportError("blocked", permanent=True, unreachable=True)]
    core.send()
    with core.db.read() as session:
        assert session.scalars(select(Conversation.unreachable_since)).one() == core.clock()


def test_after_a_day_of_failures_a_message_is_given_up(core: Core) -> None:
    queue(core, "satu")
    core.clock.advance(hours=25)
    core.channel.troubles = [transient()]
    core.send()
    assert core.outbox()[0].status == "failed"


def test_what_waited_while_the_channel_was_off_is_a_dead_letter_and_not_sent_weeks_later(core: Core) -> None:
    queue(core, "satu", "dua")
    queue(core, "dari Rina", author="rina", who="b")
    core.clock.advance(days=20)
    queue(core, "tiga")
    core.send()
    assert core.channel.texts == ["tiga"]
    assert [row.status for row in core.outbox()] == ["failed", "failed", "failed", "sent"]
    assert "waited for more than 24 hours" in (core.outbox()[2].last_error or "")


def test_a_dead_letter_tells_its_last_trouble_as_well(core: Core) -> None:
    queue(core, "satu")
    core.channel.troubles = [transient()]
    core.send()
    core.clock.advance(hours=25)
    core.send()
    assert core.channel.texts == []
    assert (core.outbox()[0].last_error or "").endswith(": busy")


def test_what_is_just_being_sent_is_not_given_up(core: Core) -> None:
    queue(core, "satu")
    core.clock.advance(hours=23, minutes=59, seconds=30)
    with core.db.write() as session:
        (head,) = heads(session, "fake", core.clock(), 10)
        assert claim(session, head, core.clock())
        core.clock.advance(seconds=40)
        assert give_up_old(session, "fake", core.clock()) == 0
        core.clock.advance(seconds=30)
        assert give_up_old(session, "elsewhere", core.clock()) == 0
        assert give_up_old(session, "fake", core.clock()) == 1


def test_an_unforeseen_error_of_a_channel_is_tried_again(core: Core) -> None:
    queue(core, "satu")
    core.channel.troubles = [ZeroDivisionError()]  # type: ignore[list-item]
    core.send()
    assert core.outbox()[0].status == "queued"
    core.clock.advance(seconds=5)
    core.send()
    assert core.channel.texts == ["satu"]


def test_the_assistants_words_die_when_a_human_takes_over_an_agents_do_not(core: Core) -> None:
    queue(core, "dari bot")
    with core.db.write() as session:
        conversation = session.scalars(select(Conversation)).one()
        conversation.epoch += 1
        put(session, conversation, "dari Rina", author="rina", now=core.clock())
    core.send()
    assert core.channel.texts == ["dari Rina"]
    assert [row.status for row in core.outbox()] == ["dropped", "sent"]


def test_the_epoch_is_checked_when_the_message_is_claimed_not_when_it_is_read(core: Core) -> None:
    queue(core, "dari bot")
    with core.db.read() as session:
        (head,) = heads(session, "fake", core.clock(), 10)
    with core.db.write() as session:
        session.scalars(select(Conversation)).one().epoch += 1
    with core.db.write() as session:
        assert claim(session, head, core.clock()) is False
    assert core.outbox()[0].status == "dropped"


def test_of_two_senders_one_gets_a_message(core: Core) -> None:
    queue(core, "satu")
    with core.db.read() as session:
        (head,) = heads(session, "fake", core.clock(), 10)
    won = []
    for _ in range(2):
        with core.db.write() as session:
            won.append(claim(session, head, core.clock()))
    assert won == [True, False]


def test_what_a_dead_sender_had_claimed_is_sent_after_the_claim_lapses(core: Core) -> None:
    queue(core, "satu", "dua")
    with core.db.read() as session:
        (head,) = heads(session, "fake", core.clock(), 10)
    with core.db.write() as session:
        assert claim(session, head, core.clock())
        assert heads(session, "fake", core.clock(), 10) == [], "the second must not overtake the first"
    core.clock.advance(seconds=61)
    core.send()
    assert core.channel.texts == ["satu", "dua"]


def test_what_is_still_being_sent_is_not_sent_by_another_however_long_it_takes(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender_module, "RENEW_SECONDS", 0.01)
    queue(core, "satu")
    core.channel.before_send = lambda: _a_long_upload(core)
    core.send()
    assert core.channel.texts == ["satu"]
    assert [(row.status, row.attempts) for row in core.outbox()] == [("sent", 1)]


async def _a_long_upload(core: Core) -> None:
    """An upload, while another process looks what there is to be sent."""
    for _ in range(5):
        before = core.outbox()[0].next_try_at
        core.clock.advance(seconds=40)
        async with asyncio.timeout(10):
            while core.outbox()[0].next_try_at <= before:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        with core.db.read() as session:
            assert heads(session, "fake", core.clock(), 10) == []


def test_who_lost_his_claim_does_not_renew_that_of_another(core: Core) -> None:
    queue(core, "satu")
    with core.db.write() as session:
        (first,) = heads(session, "fake", core.clock(), 10)
        assert claim(session, first, core.clock())
        core.clock.advance(seconds=61)
        (second,) = heads(session, "fake", core.clock(), 10)
        assert claim(session, second, core.clock())
    until = core.outbox()[0].next_try_at
    core.clock.advance(seconds=10)
    with core.db.write() as session:
        assert not renew(session, first, core.clock())
    assert core.outbox()[0].next_try_at == until
    with core.db.write() as session:
        assert renew(session, second, core.clock())
        sent(session, second, "fake", "out-1", core.clock())
        assert not renew(session, second, core.clock())
    assert core.outbox()[0].status == "sent"


def test_after_a_restart_of_the_only_sender_claims_are_free_at_once(core: Core) -> None:
    queue(core, "satu")
    with core.db.write() as session:
        (head,) = heads(session, "fake", core.clock(), 10)
        assert claim(session, head, core.clock())
        free_claims(session, core.clock())
    core.send()
    assert core.channel.texts == ["satu"]


@pytest.fixture
def windowed(db: Database, clock: FakeClock, tmp_path: Path) -> Core:
    return Core(db, clock, tmp_path, window=timedelta(hours=24))


def test_outside_the_window_free_text_is_refused_with_the_reason(windowed: Core) -> None:
    queue(windowed, "satu")
    windowed.clock.advance(hours=23, minutes=59)
    queue(windowed, "lain", who="b")
    windowed.clock.advance(minutes=1)
    windowed.send()
    assert windowed.channel.texts == ["lain"]
    assert windowed.outbox()[0].status == "failed"
    assert "24 hours" in (windowed.outbox()[0].last_error or "")


def test_outside_the_window_the_approved_template_is_sent_where_there_is_one(
    db: Database, clock: FakeClock, tmp_path: Path
) -> None:
    core = Core(db, clock, tmp_path, window=timedelta(hours=24), window_template="lanjutkan")
    queue(core)
    clock.advance(hours=25)
    with db.write() as session:
        put(session, session.scalars(select(Conversation)).one(), "satu", author="rina", now=clock())
    core.send()
    assert [message.template for _, message in core.channel.sent] == ["lanjutkan"]


def test_words_outside_the_window_are_held_until_the_person_writes_and_the_template_is_sent_once(
    db: Database, clock: FakeClock, tmp_path: Path
) -> None:
    core = Core(db, clock, tmp_path, window=timedelta(hours=24), window_template="lanjutkan")
    queue(core)
    clock.advance(hours=25)

    def says(text: str) -> None:
        with db.write() as session:
            put(session, session.scalars(select(Conversation)).one(), text, author="rina", now=clock())

    says("satu")
    says("dua")
    core.send()
    clock.advance(hours=30)
    says("tiga")
    core.send()
    assert [message.template for _, message in core.channel.sent] == ["lanjutkan"]
    assert [row.status for row in core.outbox()] == ["held"] * 3
    core.receive(core.incoming("ya, bagaimana?"))
    core.send()
    assert core.channel.texts[1:] == ["satu", "dua", "tiga"]
    assert [row.status for row in core.outbox()] == ["sent"] * 3
    clock.advance(hours=25)
    says("empat")
    core.send()
    assert [message.template for _, message in core.channel.sent][4:] == ["lanjutkan"]


def test_what_is_held_is_not_sent_to_somebody_who_was_erased(db: Database, clock: FakeClock, tmp_path: Path) -> None:
    core = Core(db, clock, tmp_path, window=timedelta(hours=24), window_template="lanjutkan")
    queue(core)
    clock.advance(hours=25)
    with db.write() as session:
        talk = session.scalars(select(Conversation)).one()
        put(session, talk, "satu", author="rina", now=clock())
    core.send()
    with db.write() as session:
        erase(session, session.get_one(Person, talk.person_id), "admin", clock())
    assert [row.status for row in core.outbox()] == ["dropped"]


def test_a_chats_rate_holds_back_its_own_messages_only(db: Database, clock: FakeClock, tmp_path: Path) -> None:
    core = Core(db, clock, tmp_path, per_chat=Rate(5, 1))
    queue(core, "satu", "dua")
    queue(core, "lain", who="b")
    core.send()
    assert sorted(core.channel.texts[:2]) == ["lain", "satu"]
    assert core.channel.texts[2:] == ["dua"]
