from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.errors import NotAllowed
from bot.identity import audit
from bot.storage.database import Database
from bot.tickets import notes
from bot.tickets.service import by_number
from bot.webhooks import deliveries, subscriptions
from bot.webhooks.deliveries import AT_ONCE, CLAIM, KEPT, PAUSES
from bot.webhooks.model import Webhook, WebhookDelivery
from tests.conftest import FakeClock
from tests.web.desk import Center

URL = "https://portal.example.ac.id/sapa"


def hook(db: Database, clock: FakeClock, *kinds: str, texts: bool = False) -> int:
    with db.write() as session:
        return subscriptions.add(session, URL, kinds or ("*",), texts, "admin", clock()).id


def rows(db: Database) -> list[WebhookDelivery]:
    with db.read() as session:
        return list(session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)))


def only(db: Database) -> WebhookDelivery:
    [row] = rows(db)
    return row


@pytest.fixture
def center(db: Database, clock: FakeClock, tmp_path: object) -> Center:
    return Center.of(db, clock, tmp_path)  # type: ignore[arg-type]


def test_an_event_is_queued_with_what_caused_it_or_not_at_all(center: Center, db: Database, clock: FakeClock) -> None:
    number = center.ticket()
    everything, notes_only = hook(db, clock), hook(db, clock, "ticket.noted", "ticket.closed")
    with db.write() as session:
        notes.add_note(session, by_number(session, number), "x", "rina", clock())
    assert [row.webhook_id for row in rows(db)] == [everything, notes_only]

    with suppress(ZeroDivisionError), db.write() as session:
        notes.add_note(session, by_number(session, number), "y", "rina", clock())
        clock.now += timedelta(1 / 0)
    assert len(rows(db)) == 2
    center.browser("rina").step(number, "take")
    assert {row.webhook_id for row in rows(db)[2:]} == {everything}


def test_a_delivery_belongs_to_who_claimed_it_until_the_claim_lapses(db: Database, clock: FakeClock) -> None:
    key = hook(db, clock)
    with db.write() as session:
        deliveries.ping(session, key, clock())
    with db.write() as session:
        [first] = deliveries.claim(session, clock())
        assert not deliveries.claim(session, clock())
        assert deliveries.next_due(session) == clock() + CLAIM
    clock.now += CLAIM
    with db.write() as session:
        [again] = deliveries.claim(session, clock())
    assert (again.message_id, again.url) == (first.message_id, URL)


def test_what_does_not_arrive_is_tried_for_three_days_and_is_dead_then(db: Database, clock: FakeClock) -> None:
    key, began = hook(db, clock), clock()
    with db.write() as session:
        deliveries.ping(session, key, clock())
    for _ in PAUSES:
        with db.write() as session:
            [due] = deliveries.claim(session, clock())
            assert deliveries.failed(session, due.id, "500 Internal Server Error", clock(), status=500)
            upcoming = deliveries.next_due(session)
        assert upcoming is not None
        clock.now = upcoming
    assert clock() - began > timedelta(days=3)
    with db.write() as session:
        [due] = deliveries.claim(session, clock())
        assert not deliveries.failed(session, due.id, "503 Service Unavailable", clock(), status=503)
        assert deliveries.next_due(session) is None
    dead = only(db)
    assert (dead.status, dead.attempts, dead.last_error) == ("dead", len(PAUSES) + 1, "503 Service Unavailable")
    with db.write() as session:
        assert deliveries.retry_dead(session, key, clock()) == 1
        [again] = deliveries.claim(session, clock())
        deliveries.delivered(session, again.id, 204, clock())
    assert (only(db).status, only(db).attempts, only(db).last_error) == ("delivered", 1, None)


def test_a_receiver_that_asks_for_time_gets_it_within_reason(db: Database, clock: FakeClock) -> None:
    key = hook(db, clock)
    with db.write() as session:
        deliveries.ping(session, key, clock())
    for asked, waited in ((timedelta(minutes=7), timedelta(minutes=7)), (timedelta(days=9), timedelta(hours=24))):
        with db.write() as session:
            [due] = deliveries.claim(session, clock())
            deliveries.failed(session, due.id, "429", clock(), status=429, retry_after=asked)
        at = only(db).next_try_at
        assert at is not None
        assert at - clock() == waited
        clock.now = at


def test_a_receiver_that_is_gone_is_told_nothing_more(center: Center, db: Database, clock: FakeClock) -> None:
    key = hook(db, clock)
    with db.write() as session:
        deliveries.ping(session, key, clock())
        [due] = deliveries.claim(session, clock())
        assert not deliveries.failed(session, due.id, "410 Gone", clock(), status=410)
        assert session.get_one(Webhook, key).stopped_at == clock()
    center.ticket()
    assert [row.status for row in rows(db)] == ["dead"]


def test_of_each_webhook_some_are_claimed_and_none_of_a_busy_one(db: Database, clock: FakeClock) -> None:
    slow, quick = hook(db, clock), hook(db, clock)
    with db.write() as session:
        for key in (slow, quick):
            for _ in range(AT_ONCE + 3):
                deliveries.ping(session, key, clock())
    with db.write() as session:
        found = [due.webhook_id for due in deliveries.claim(session, clock())]
        assert found == [slow] * AT_ONCE + [quick] * AT_ONCE
        more = [due.webhook_id for due in deliveries.claim(session, clock(), [slow])]
        assert more == [quick] * 3
        assert deliveries.next_due(session, [slow]) == clock() + CLAIM


def test_a_webhook_that_is_removed_is_told_nothing(center: Center, db: Database, clock: FakeClock) -> None:
    key = hook(db, clock)
    center.ticket()
    assert rows(db)
    with db.write() as session:
        subscriptions.remove(session, key, "admin", clock())
        # An event of just that moment.
        session.add(deliveries._delivery(key, None, clock()))
    with db.write() as session:
        assert not deliveries.claim(session, clock())
    assert not rows(db)
    with db.read() as session:
        told = [(event.actor, event.kind) for event in audit.of(session, f"webhook {key}")]
        assert told == [("admin", "webhook removed"), ("admin", "webhook added")]
        with pytest.raises(NotAllowed, match="no webhook"):
            subscriptions.one(session, key)


def test_there_are_not_more_webhooks_than_each_event_can_ask(db: Database, clock: FakeClock) -> None:
    for _ in range(subscriptions.MOST):
        hook(db, clock)
    with pytest.raises(NotAllowed, match="remove one first"):
        hook(db, clock)


def test_what_was_done_a_month_ago_is_forgotten(db: Database, clock: FakeClock) -> None:
    key = hook(db, clock)
    with db.write() as session:
        done = deliveries.ping(session, key, clock()).id
        deliveries.ping(session, key, clock())
        deliveries.delivered(session, done, 200, clock())
        deliveries.forget(session, clock() + KEPT)
    assert len(rows(db)) == 2
    with db.write() as session:
        deliveries.forget(session, clock() + KEPT + timedelta(seconds=1))
    assert only(db).status == "pending"
