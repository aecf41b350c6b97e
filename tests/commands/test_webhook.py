from __future__ import annotations

import pytest

from bot.clock import utc_now
from bot.storage.database import Database
from bot.webhooks import deliveries
from tests.commands.conftest import Sapa

URL = "https://portal.example.ac.id/sapa"


def test_a_webhook_is_added_listed_pinged_and_removed(sapa: Sapa, ticket: str, opened: Database) -> None:
    assert sapa("webhook", "list").out == "There is no webhook.\n"
    added = sapa("webhook", "add", URL, "--event", "ticket.opened", "--event", "ticket.noted", "--texts")
    assert added.out.startswith("whsec_")
    listed = sapa("webhook", "list").out
    assert f"{URL}  with texts: ticket.noted, ticket.opened" in listed
    assert added.out.strip() not in listed
    assert sapa("webhook", "deliveries", "1").out == "There is none.\n"
    assert "Delivery 1 goes out" in sapa("webhook", "ping", "1").out
    assert "event (ping)  pending   0 tries, again" in sapa("webhook", "deliveries", "1").out
    assert sapa("webhook", "remove", "1").out == "Webhook 1 is removed.\n"
    assert "no webhook 1" in sapa("webhook", "deliveries", "1").sentence()


def test_what_was_given_up_is_sent_again(sapa: Sapa, ticket: str, opened: Database) -> None:
    sapa("webhook", "add", URL, "--event", "*")
    sapa("webhook", "add", URL, "--event", "*")
    sapa("ticket", "note", ticket, "halo", "--as", "rina")
    with opened.write() as session:
        for due in deliveries.claim(session, utc_now()):
            deliveries.failed(session, due.id, "410 Gone", utc_now(), status=410)
    assert "dead      1 tries  410 Gone" in sapa("webhook", "deliveries", "1", "--dead").out
    assert "STOPPED" in sapa("webhook", "list").out
    assert sapa("webhook", "retry", "1").out == "1 sent again.\n"
    assert sapa("webhook", "deliveries", "1", "--dead").out == "There is none.\n"
    assert "is not of webhook 1" in sapa("webhook", "retry", "1", "--delivery", "2").sentence()
    assert sapa("webhook", "retry", "2", "--delivery", "2").out == "1 sent again.\n"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("add", "http://x.id", "--event", "*"), "begins with https://"),
        (("add", "https://10.0.0.1", "--event", "*"), "private network"),
        (("add", URL, "--event", "ticket.clsoed"), "There is no event ticket.clsoed; there are ticket."),
        (("remove", "7"), "There is no webhook 7"),
        (("retry", "7"), "There is no webhook 7"),
        (("ping", "7"), "There is no webhook 7"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(sapa: Sapa, ticket: str, arguments: tuple[str, ...], why: str) -> None:
    assert why in sapa("webhook", *arguments).sentence()
