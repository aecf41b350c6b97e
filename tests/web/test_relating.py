"""Editing, following, linking, merging and splitting tickets in the console."""

from __future__ import annotations

from bot.tickets import linking, notes, sorting
from bot.tickets.service import by_number
from tests.channels.webchat.browser import on_one_database
from tests.web.desk import Center

pytestmark = on_one_database
HOSTILE = "<script>alert(1)</script>"


def linked(center: Center, number: str) -> list[tuple[str, str]]:
    with center.db.read() as session:
        return [(kind, other.number) for kind, other in linking.linked(session, by_number(session, number))]


def test_a_ticket_is_edited_by_who_has_it_or_may_assign(center: Center) -> None:
    number, rina = center.ticket(), center.browser("rina")
    fields = {"subject": f"UKT {HOSTILE}", "kind": "complaint", "priority": "urgent", "tags": "UKT, dobel"}
    center.browser("dewi").step(number, "take")
    assert rina.step(number, "edit", **fields).status_code == 409
    shown = center.browser("sri").step(number, "edit", **fields)
    assert shown.status_code == 200
    assert HOSTILE not in shown.text
    ticket = center.find(number)
    assert (ticket.subject, ticket.kind, ticket.priority) == (fields["subject"], "complaint", "urgent")
    with center.db.read() as session:
        assert sorting.tags_of(session, ticket) == ["dobel", "ukt"]
    assert '<span class="badge">dobel</span>' in rina.get(f"/console/tickets/{number}").text
    center.browser("dewi").step(number, "edit", tags="")
    with center.db.read() as session:
        assert sorting.tags_of(session, ticket) == []


def test_a_ticket_is_followed_and_no_more(center: Center) -> None:
    number, rina = center.ticket(), center.browser("rina")
    assert "Stop following" in rina.step(number, "follow").text
    with center.db.read() as session:
        assert notes.followers(session, by_number(session, number)) == ["rina"]
    assert "Rina Mulyani" in center.browser("dewi").get(f"/console/tickets/{number}").text
    assert "Follow this ticket" in rina.step(number, "unfollow").text


def test_tickets_are_linked_and_split_and_the_work_goes_on_with_the_new_one(center: Center) -> None:
    number, other, rina = center.ticket("Satu"), center.ticket("Dua", "Wi-Fi mati"), center.browser("rina")
    assert rina.step(number, "link", other="CC-2026-000999").status_code == 409
    assert rina.step(number, "link", other=number).status_code == 409
    assert "Wi-Fi mati" in rina.step(number, "link", other=other).text
    assert linked(center, number) == [("related", other)]
    gone = rina.step(number, "split", subject="KTM hilang")
    made = gone.headers["hx-redirect"].rpartition("/")[2]
    assert center.find(made).subject == "KTM hilang"
    assert ("split", number) in linked(center, made)
    assert rina.step(number, "split", subject=" ").status_code == 409


def test_a_ticket_is_merged_into_one_of_the_same_person_only(center: Center) -> None:
    number, stranger, rina = center.ticket(), center.ticket("Orang lain"), center.browser("rina")
    assert rina.step(number, "merge", other=stranger).status_code == 409
    assert center.find(number).status == "new"
    made = rina.step(number, "split", subject="Hal yang sama").headers["hx-redirect"].rpartition("/")[2]
    merged = rina.step(made, "merge", other=number)
    assert merged.headers["hx-redirect"].endswith(number)
    assert center.find(made).status == "closed"


def test_what_a_colleague_has_is_not_split_reminded_of_or_opened_again_by_others(center: Center) -> None:
    number, rina, dewi = center.ticket(), center.browser("rina"), center.browser("dewi")
    dewi.step(number, "take")
    assert rina.step(number, "split", subject="KTM hilang").status_code == 409
    assert dewi.step(number, "forward", unit="Biro Keuangan", asked="Benarkah?").status_code == 200
    assert rina.step(number, "remind").status_code == 409
    assert center.browser("sri").step(number, "remind").status_code == 200
    assert dewi.step(number, "back", findings="Benar").status_code == 200
    closing = {"category": "keuangan", "solution": "Diperbaiki.", "record": "Dicek."}
    assert dewi.step(number, "close", **closing).status_code == 200
    assert rina.step(number, "reopen").status_code == 409
    assert center.find(number).status == "closed"
    assert center.browser("sri").step(number, "reopen").status_code == 200
