"""Canned replies, macros and many tickets at once, in the console."""

from __future__ import annotations

import re

import pytest

from bot.conversation.applying import known
from bot.tickets import canned, macros
from bot.tickets.canned import Canned, Words
from bot.tickets.macros import Macro, Steps
from bot.tickets.sorting import tags_of
from tests.channels.webchat.browser import on_one_database
from tests.web.desk import Center

HOSTILE = "<script>alert(1)</script>"
ASK = Canned("tanya", {"id": Words("Tanya NIM", "Halo {name}, kirim NIM untuk {ticket}. {portal_url}")})
BILL = Canned("tagihan", {"en": Words("Bill", f"Your bill {HOSTILE}")}, category="keuangan")
WAIT = Macro("tanya-nim", {"id": "Minta NIM", "en": "Ask number"}, "tanya", Steps(tags=("nim",), then="wait"))
CLOSE = Macro("tutup", {"en": "Close it"}, None, Steps(then="close", solution="Beres.", record="Lewat chat."))


def keep(center: Center, *things: Canned | Macro) -> None:
    with center.db.write() as session:
        for thing in things:
            now = known(session, center.parts.desk, center.parts.promise.profile)
            if isinstance(thing, Canned):
                canned.keep(session, thing, now, "sri", center.clock())
            else:
                macros.keep(session, thing, now, "sri", center.clock())


def test_what_can_be_said_is_found_by_typing_with_its_variables_filled(center: Center) -> None:
    keep(center, ASK, BILL)
    number, rina = center.ticket("Budi"), center.browser("rina")
    page = rina.get(f"/console/tickets/{number}/canned").text
    assert f'data-insert="Halo Budi, kirim NIM untuk {number}. ' in page
    assert "https://" in page
    assert page.index("Tanya NIM") < page.index("Bill")
    assert HOSTILE not in page
    assert "Tanya NIM" not in rina.get(f"/console/tickets/{number}/canned", params={"find": "bill"}).text
    assert "No canned reply" in rina.get(f"/console/tickets/{number}/canned", params={"find": "%"}).text
    other = center.ticket("Sari", category="akun")
    assert "Bill" not in rina.get(f"/console/tickets/{other}/canned").text
    assert rina.get("/console/tickets/CC-2026-000999/canned").status_code == 404


def test_a_macro_is_offered_with_what_it_does_and_taken(center: Center) -> None:
    keep(center, ASK, WAIT)
    number, rina = center.ticket("Budi"), center.browser("rina")
    assert "reply “Tanya NIM” · tags nim · wait for the person" in rina.get(f"/console/tickets/{number}/macros").text
    answer = rina.step(number, "macro", macro="tanya-nim")
    assert answer.status_code == 200
    assert f"Halo Budi, kirim NIM untuk {number}." in answer.text
    assert re.search(r"Macro:\s*<b>Minta NIM</b>\s*· Rina Mulyani", answer.text)
    ticket = center.find(number)
    assert (ticket.status, ticket.assignee) == ("waiting", "rina")


@pytest.mark.parametrize(
    ("language", "told"), [("en", "Then: Still missing: category."), ("id", "Setelah itu: Masih kurang: kategori.")]
)
def test_a_refused_macro_changes_nothing_and_says_which_step_and_why(center: Center, language: str, told: str) -> None:
    keep(center, CLOSE)
    number, rina = center.ticket(), center.browser("rina", language)
    refused = rina.step(number, "macro", macro="tutup")
    assert refused.status_code == 409
    assert told in refused.text
    assert center.find(number).status == "new"
    assert rina.step(number, "macro", macro="hilang").status_code == 409
    center.browser("dewi").step(number, "take")
    assert "Dewi Anggraini" in rina.step(number, "macro", macro="tutup").text


def test_a_reply_that_is_not_there_in_the_persons_language_is_told_with_that_language(center: Center) -> None:
    keep(
        center,
        Canned("only-english", {"en": Words("Ask", "Which number?")}),
        Macro("ask", {"en": "Ask"}, "only-english"),
    )
    refused = center.browser("rina", "id").step(center.ticket(), "macro", macro="ask").text
    assert "Balasan siap pakai only-english tidak ada dalam bahasa orangnya (Indonesia)." in refused


def test_a_macro_taken_from_an_old_page_overwrites_nothing(center: Center) -> None:
    keep(center, Macro("penting", {"en": "Urgent"}, None, Steps(priority="urgent")))
    number, rina = center.ticket(), center.browser("rina")
    seen = re.findall(r'name="seen" value="(\d+)"', rina.get(f"/console/tickets/{number}").text)[0]
    center.browser("dewi").step(number, "categorise", category="akun")
    assert "has just been changed" in rina.step(number, "macro", macro="penting", seen=seen).text
    assert center.find(number).priority == "normal"


def test_many_tickets_are_changed_each_by_itself_and_the_refused_are_told(center: Center) -> None:
    first, second, third = center.ticket("Satu"), center.ticket("Dua"), center.ticket("Tiga")
    center.browser("dewi").step(second, "take")
    chosen = f"{first} {second} {third} CC-2026-000999"
    fields = {"tickets": chosen, "assign": "me", "tags": "UKT, dobel", "priority": "high", "category": "keuangan"}
    answer = center.browser("rina").post("/console/bulk", **fields)
    assert answer.status_code == 200
    assert "Tickets changed: 2" in answer.text
    assert "Tickets not changed: 2" in answer.text
    assert re.search(rf"{second}</a> Assign: Dewi Anggraini has this ticket\.", answer.text)
    assert "There is no such ticket." in answer.text
    for number in (first, third):
        ticket = center.find(number)
        assert (ticket.assignee, ticket.priority, ticket.category) == ("rina", "high", "keuangan")
        with center.db.read() as session:
            assert tags_of(session, ticket) == ["dobel", "ukt"]
    assert center.find(second).assignee == "dewi"
    assert center.happened


def test_who_gives_tickets_out_changes_what_others_have_too(center: Center) -> None:
    number, sri = center.ticket(), center.browser("sri")
    center.browser("dewi").step(number, "take")
    assert "Tickets changed: 1" in sri.post("/console/bulk", tickets=number, priority="high", assign="user:rina").text
    assert (center.find(number).assignee, center.find(number).priority) == ("rina", "high")
    assert "Then: Rina Mulyani has this" in sri.post("/console/bulk", tickets=number, then="spam").text


def test_spam_is_closed_and_what_has_ended_refuses(center: Center) -> None:
    number, rina = center.ticket(), center.browser("rina")
    assert "Tickets changed: 1" in rina.post("/console/bulk", tickets=number, then="spam").text
    assert (center.find(number).status, center.find(number).solution) == ("closed", None)
    assert "Closed as spam" in rina.get(f"/console/tickets/{number}").text
    assert "Then: This ticket has ended." in rina.post("/console/bulk", tickets=number, then="spam").text


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"tickets": "CC-2026-000001"}, "Choose first what is to be done."),
        ({"tickets": "", "priority": "high"}, "No ticket is chosen."),
        ({"tickets": " ".join(f"CC-2026-{n:06}" for n in range(201)), "then": "spam"}, "201 tickets are too many"),
        ({"tickets": "CC-2026-000001", "priority": "asap"}, "Priority: asap is none of"),
        ({"tickets": "CC-2026-000001", "then": "spam", "assign": "nobody"}, "Assign: cannot go with"),
        ({"tickets": "CC-2026-000001", "macro": "hilang"}, "There is no macro hilang"),
    ],
)
def test_what_cannot_be_done_with_many_is_told_and_changes_nothing(
    center: Center, fields: dict[str, str], told: str
) -> None:
    center.ticket()
    answer = center.browser("rina").post("/console/bulk", **fields)
    assert answer.status_code == 422
    assert told in answer.text


@on_one_database
def test_the_list_can_be_chosen_from_and_todays_cannot(center: Center) -> None:
    number = center.ticket(due_at=center.clock())
    assert f'data-pick="{number}"' in center.browser("rina").get("/console/list?queue=all").text
    assert "data-pick" not in center.browser("sri").get("/console/today").text


@on_one_database
def test_of_very_many_canned_replies_the_first_are_shown_and_the_rest_are_found(center: Center) -> None:
    keep(center, *(Canned(f"r-{n}", {"id": Words(f"Judul {n:02}", "Halo.")}) for n in range(45)))
    number, rina = center.ticket(), center.browser("rina")
    page = rina.get(f"/console/tickets/{number}/canned").text
    assert page.count('role="option"') == 40
    assert "5 more; type to find them" in page
    assert "Judul 44" in rina.get(f"/console/tickets/{number}/canned", params={"find": "judul 44"}).text
