"""What the API gives."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.conversation.model import Conversation
from bot.identity.model import Handle
from bot.identity.tokens import SCOPES
from bot.knowledge.base import Knowledge
from bot.knowledge.store import import_templates
from bot.tickets import notes
from bot.tickets.service import by_number
from tests.channels.webchat.browser import on_one_database
from tests.knowledge.sample import CAMPUS
from tests.web.api.program import Program, refusal
from tests.web.desk import Center

WITHOUT_TEXTS = [scope for scope in SCOPES if scope != "texts:read"]


def test_tickets_are_listed_page_by_page_the_newest_first(center: Center, portal: Program) -> None:
    numbers = [center.ticket() for _ in range(5)]
    pages = portal.items("/tickets", 2)
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [ticket["number"] for page in pages for ticket in page] == numbers[::-1]


def test_a_ticket_that_comes_meanwhile_moves_no_page(center: Center, portal: Program) -> None:
    numbers = [center.ticket() for _ in range(4)]
    first = portal.get("/tickets", limit=2).json()
    center.ticket()
    second = portal.get("/tickets", limit=2, cursor=first["next"]).json()
    assert [ticket["number"] for ticket in first["items"] + second["items"]] == numbers[::-1]


def test_tickets_are_found_by_what_they_are(center: Center, portal: Program) -> None:
    plain = center.ticket()
    urgent = center.ticket(priority="urgent", kind="complaint", category="keuangan")
    center.browser("rina").step(urgent, "take")
    with center.db.write() as session:
        person_id = by_number(session, plain).person_id

    def found(**given: object) -> list[str]:
        return [ticket["number"] for ticket in portal.get("/tickets", **given).json()["items"]]

    assert found(priority="urgent") == found(kind="complaint") == found(category="keuangan") == [urgent]
    assert found(status="new") == found(unassigned=True) == found(person=person_id) == [plain]
    assert found(status=["new", "open"]) == [urgent, plain]
    assert found(assignee="rina") == [urgent]
    assert found(created_since="2026-11-22T00:00:00Z", created_before="2999-01-01T00:00:00+07:00") == [urgent, plain]
    assert found(created_before="0001-01-01T00:00:00+14:00") == []
    assert found(category="a\0b") == found(tag="x") == found(channel="fax") == []


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"status": "gone"}, "query.status.0"),
        ({"limit": 0}, "query.limit"),
        ({"limit": 101}, "query.limit"),
        ({"cursor": "nonsense"}, "query.cursor"),
        ({"cursor": "WyJ4Il0="}, "query.cursor"),
        ({"cursor": "Wy0xXQ=="}, "query.cursor"),
        ({"person": 2**40}, "query.person"),
        ({"stauts": "new"}, "query.stauts"),
    ],
)
@on_one_database
def test_what_is_wrong_with_a_question_is_named(center: Center, given: dict[str, object], where: str) -> None:
    answer = Program(center, "sri").get("/tickets", **given)
    assert refusal(answer) == (422, "invalid")
    assert [error["where"] for error in answer.json()["errors"]] == [where]


def test_a_ticket_is_told_as_it_is(center: Center, portal: Program) -> None:
    number = center.ticket(text="ukt saya salah")
    told = portal.get(f"/tickets/{number}").json()
    assert told | {"number": number, "status": "new", "subject": "ukt saya salah", "assignee": None} == told
    assert told["created_at"] == "2026-11-23T03:00:00Z"
    center.browser("rina").step(number, "take")
    after = portal.get(f"/tickets/{number.lower().replace('-', ' ')}").json()
    assert (after["assignee"], after["status"]) == ("rina", "open")
    assert after["version"] > told["version"]
    assert refusal(portal.get("/tickets/CC-2026-999999")) == (404, "not-found")
    assert refusal(portal.get("/tickets/a%00b")) == (404, "not-found")


def test_what_was_written_is_shown_only_with_its_scope(center: Center, portal: Program) -> None:
    number = center.ticket(text="nama saya Budi, ukt saya salah")
    center.answers(number, "Baik, Kak Budi.")
    with center.db.write() as session:
        ticket = by_number(session, number)
        notes.add_note(session, ticket, "Budi menelepon tadi", "rina", center.clock())
        conversation = ticket.conversation_id
    blind = Program(center, "sri", WITHOUT_TEXTS)
    for address in (
        "/tickets", f"/tickets/{number}", f"/tickets/{number}/events", f"/conversations/{conversation}/messages",
    ):  # fmt: skip
        assert "Budi" in portal.get(address).text, address
        assert "Budi" not in blind.get(address).text, address
    assert blind.get(f"/tickets/{number}").json()["subject"] is None


def test_tags_and_units_are_words_of_staff_too(center: Center, portal: Program) -> None:
    number = center.ticket()
    portal.call("PATCH", f"/tickets/{number}", json={"tags": ["anak budi"]})
    portal.post(f"/tickets/{number}/forward", unit="Pak Budi", asked="Mohon dicek.")
    blind = Program(center, "sri", WITHOUT_TEXTS)
    for address in ("/tickets", f"/tickets/{number}", f"/tickets/{number}/events"):
        assert "budi" in portal.get(address).text.lower(), address
        assert "budi" not in blind.get(address, limit=50).text.lower(), address
    told = blind.get(f"/tickets/{number}").json()
    assert (told["tags"], told["unit"]) == (None, None)
    assert len(portal.get("/tickets", tag="anak budi").json()["items"]) == 1
    assert refusal(blind.get("/tickets", tag="anak budi")) == (403, "insufficient-scope")


def test_events_of_a_ticket_are_its_audit_trail(center: Center, portal: Program) -> None:
    number = center.ticket()
    center.browser("rina").step(number, "take")
    events = [event for page in portal.items(f"/tickets/{number}/events", 1) for event in page]
    assert [(event["kind"], event["actor"]) for event in events] == [
        ("opened", "person"), ("begun", "rina"), ("assigned", "rina"),
    ]  # fmt: skip
    assert events[-1]["data"] == {"from": None, "to": "rina"}


def test_messages_of_both_sides_come_once_each_the_newest_first(center: Center, portal: Program) -> None:
    number = center.ticket(text="satu")
    for text in ("dua", "tiga", "empat"):
        center.writes(number, text)
        center.answers(number, f"jawab {text}")
    with center.db.read() as session:
        conversation = by_number(session, number).conversation_id
    address = f"/conversations/{conversation}/messages"
    whole = portal.get(address, limit=100).json()["items"]
    assert len(whole) == 7
    assert sorted(whole, key=lambda m: m["at"], reverse=True) == whole
    for limit in (1, 2, 3, 6):
        assert [m for page in portal.items(address, limit) for m in page] == whole, limit
    center.clock.advance(minutes=1)
    center.writes(number, "lima")
    newest = portal.get(address, limit=1).json()["items"]
    assert [(m["by"], m["text"]) for m in newest] == [("person", "lima")]
    assert refusal(portal.get(address, cursor="WyJ4IiwiaW4iLDFd")) == (422, "invalid")


def test_a_search_finds_tickets_by_what_was_said(center: Center, portal: Program) -> None:
    number = center.ticket(text="beasiswa unggulan")
    center.ticket()
    [hit] = portal.get("/tickets/search", q="beasiswa").json()["items"]
    assert hit["ticket"]["number"] == number
    assert portal.get("/tickets/search", q="\0").json() == {"items": []}
    assert refusal(Program(center, "sri", WITHOUT_TEXTS).get("/tickets/search", q="beasiswa")) == (
        403, "insufficient-scope",
    )  # fmt: skip


def test_people_are_found_by_their_address(center: Center, portal: Program) -> None:
    number = center.ticket("Budi Santoso")
    center.ticket("Ani")
    with center.db.write() as session:
        person_id = by_number(session, number).person_id
        session.add(
            Handle(
                person_id=person_id, channel="telegram", address="4711", display_name="budi", created_at=center.clock()
            )
        )
    [found] = portal.get("/people", channel="telegram", address="4711").json()["items"]
    assert (found["id"], found["name"], found["proven"]) == (person_id, "Budi Santoso", False)
    assert "4711" in [handle["address"] for handle in found["handles"]]
    assert portal.get(f"/people/{person_id}").json() == found
    assert [len(page) for page in portal.items("/people", 1)] == [1, 1]
    assert refusal(portal.get("/people/999")) == (404, "not-found")
    assert refusal(portal.get(f"/people/{2**70}")) == (422, "invalid")


def test_conversations_say_who_is_in_charge(center: Center, portal: Program) -> None:
    number = center.ticket()
    other = center.ticket()
    center.browser("rina").step(number, "take")
    with center.db.read() as session:
        mine, person = by_number(session, number).conversation_id, by_number(session, other).person_id
        assert session.get_one(Conversation, mine).in_charge == "rina"
    [found] = portal.get("/conversations", in_charge="rina").json()["items"]
    assert found == portal.get(f"/conversations/{mine}").json()
    [hers] = portal.get("/conversations", person=person, channel="web").json()["items"]
    assert hers["in_charge"] == "assistant"
    assert refusal(portal.get("/conversations/999")) == (404, "not-found")
    assert refusal(portal.get("/conversations/999/messages")) == (404, "not-found")


def test_templates_are_told_with_what_is_being_worked_on(center: Center, portal: Program) -> None:
    with center.db.write() as session:
        import_templates(session, CAMPUS, center.clock())
    listed = [template for page in portal.items("/knowledge/templates", 2) for template in page]
    assert [template["id"] for template in listed] == sorted(template["id"] for template in listed)
    assert len(listed) == len(CAMPUS.templates)
    one = listed[0]
    assert portal.get(f"/knowledge/templates/{one['id']}").json() == one
    assert one["published"]["state"] == "published"
    assert one["open"] is None
    category = one["published"]["category"]
    same = portal.get("/knowledge/templates", category=category, limit=100).json()["items"]
    assert one in same
    assert refusal(portal.get("/knowledge/templates/nothing")) == (404, "not-found")


@on_one_database
def test_the_base_can_be_asked(center: Center) -> None:
    center.parts = replace(center.parts, knowledge=Knowledge.build(CAMPUS))
    question = CAMPUS.templates[0].words["id"].questions[0]
    answer = Program(center, "sri").post("/knowledge/ask", text=question).json()
    assert answer["kind"] in ("answer", "choose")
    assert answer["hits"][0]["template"] == CAMPUS.templates[0].id


def test_figures_come_as_values_and_as_files(center: Center, portal: Program) -> None:
    center.ticket()
    for period in ("2026-11", "2026-W48"):
        report = portal.get(f"/reports/{period}", language="en").json()
        assert report["language"] == "en"
        assert report["sections"]
        assert all(len(row) == len(each["columns"]) for each in report["sections"] for row in each["rows"])
    begins = {"pdf": b"%PDF", "xlsx": b"PK", "csv": b"\xef\xbb\xbf"}
    for kind, magic in begins.items():
        file = portal.get(f"/reports/2026-11/{kind}")
        assert file.content.startswith(magic), kind
        assert file.headers["content-disposition"] == f'attachment; filename="sapa-2026-11.{kind}"'
    for outside in ("1999-01", "0001-W01", "9999-W52"):
        assert refusal(portal.get(f"/reports/{outside}")) == (404, "not-found")
    assert refusal(portal.get("/reports/2026-13")) == (422, "invalid")
    assert refusal(portal.get("/reports/2026-W59")) == (404, "not-found")
