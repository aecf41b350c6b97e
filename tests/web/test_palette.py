"""The command palette, and who else looks at a ticket."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from playwright.sync_api import expect

from bot.channels.webchat import WebChatChannel
from bot.conversation.messages import Event, Typing
from bot.conversation.model import Conversation
from bot.web.live import WRITING, Live, Mark, News
from tests.channels.webchat.browser import on_one_database
from tests.web.desk import Center
from tests.web.window import DESKTOP, Open, axe


def options(center: Center, who: str, query: str) -> str:
    answer = center.browser(who).get(f"/console/palette?{query}", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return answer.text


@on_one_database
def test_the_palette_offers_what_one_may_see_and_do(center: Center) -> None:
    rina, admin = options(center, "rina", "find="), options(center, "admin", "find=")
    assert 'data-goes="/console/desk"' in rina
    assert "/console/system" not in rina
    assert 'data-goes="/console/system"' in admin
    assert "data-press" not in rina
    here = options(center, "rina", "find=&can=ra")
    assert re.findall('data-press="(.)"', here) == ["r", "a"]
    assert options(center, "rina", "find=des").count('role="option"') == 1


@on_one_database
def test_the_palette_leads_to_every_page_of_the_header_and_of_its_menu(center: Center) -> None:
    header = center.browser("admin").get("/console/staff").text
    led = set(re.findall(r'<a [^>]*href="(/console[^"?]*)"', header.split("<main")[0] + header.split("spans")[1]))
    offered = set(re.findall(r'data-goes="([^"]*)"', options(center, "admin", "find=")))
    assert {"/console/tokens", "/console/trail"} <= led
    led = {address for address in led if not address.startswith("/console/staff/")} - {"/console/sign-in"}
    assert led | {"/console/ptpp"} <= offered


@on_one_database
def test_the_palette_finds_tickets_and_people(center: Center) -> None:
    number = center.ticket("Budi <b>Santoso</b>", "UKT telat bayar")
    person = center.find(number).person_id
    for typed in ("telat", number, number[-6:]):
        assert f'data-goes="/console/tickets/{number}"' in options(center, "rina", f"find={typed}")
    found = options(center, "rina", "find=santoso")
    assert f'data-goes="/console/people/{person}"' in found
    assert "<b>Santoso" not in found
    assert "Nothing matches." in options(center, "rina", "find=zzzz")


def test_who_has_a_talk_open_is_told_to_the_others() -> None:
    now = [100.0]

    async def play() -> None:
        live = Live(lambda mark, shown: (Mark(), News()), lambda: now[0])
        with live.connected("rina", 7) as rina, live.connected("sri", 8) as sri:
            with live.connected("dewi", 7):
                assert live.present(7) == {"dewi": False, "rina": False}
                assert rina.queue.get_nowait() == "faces"
                live.writes("dewi", 7)
                assert live.present(7) == {"dewi": True, "rina": False}
                assert rina.queue.get_nowait() == "faces"
                now[0] += WRITING
                assert live.present(7) == {"dewi": False, "rina": False}
            assert live.present(7) == {"rina": False}
            assert rina.queue.get_nowait() == "faces"
            assert sri.queue.empty()
        await live.close()

    asyncio.run(play())


def test_who_looks_at_a_talk_is_told_that_its_person_writes_and_nobody_else() -> None:
    now = [100.0]

    async def play() -> None:
        live = Live(lambda mark, shown: (Mark(), News()), lambda: now[0])
        with live.connected("rina", 7, ("web", "a1")) as rina, live.connected("sri", 8, ("web", "a2")) as sri:
            live.person_writes("web", "a1")
            live.person_writes("telegram", "a2")
            assert (live.is_person_writing(7), live.is_person_writing(8)) == (True, False)
            assert rina.queue.get_nowait() == "faces"
            assert sri.queue.empty()
            now[0] += WRITING
            assert not live.is_person_writing(7)
        await live.close()

    asyncio.run(play())


@on_one_database
@pytest.mark.browser
def test_an_agent_sees_that_a_visitor_of_the_web_chat_writes(
    center: Center, somebody: Open, origin: str, tmp_path: Path
) -> None:
    async def intake(events: Sequence[Event]) -> None:
        for each in events:
            assert isinstance(each, Typing)
            center.parts.live.person_writes(each.channel, each.address)

    chat = WebChatChannel(
        center.db, institution="Contoh", data_dir=tmp_path, clock=center.clock, max_body=10_000, max_attachment=10_000
    )
    center.app.router.routes[:0] = chat.routes(intake)
    number = center.ticket()
    rina = somebody("rina", f"/console/tickets/{number}")
    visitor = rina.context.browser.new_context().new_page()
    visitor.goto(f"{origin}/")
    [cookie] = [each for each in visitor.context.cookies() if each["name"] == "sapa"]
    with center.db.write() as session:
        talk = session.get_one(Conversation, center.find(number).conversation_id)
        talk.address = f"web:{hashlib.sha256(cookie['value'].encode()).hexdigest()}"
    rina.reload()
    expect(rina.locator("#offline")).to_be_hidden()
    visitor.locator("#text").press_sequentially("Halo, saya")
    expect(rina.locator("#faces")).to_contain_text("The person is writing…")
    axe(rina)
    expect(rina.locator("#faces")).not_to_contain_text("The person is writing…", timeout=15_000)


@on_one_database
@pytest.mark.browser
def test_the_palette_goes_everywhere_by_keyboard(center: Center, somebody: Open) -> None:
    number = center.ticket("Budi", "UKT telat bayar")
    page = somebody("rina", f"/console/tickets/{number}", DESKTOP)
    page.keyboard.press("r")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-list [role=option]").first).to_have_attribute("aria-selected", "true")
    axe(page)
    page.keyboard.type("note")
    expect(page.locator("#palette-list [role=option]").first).to_contain_text("Note")
    page.keyboard.press("Enter")
    expect(page.locator("#note")).to_be_focused()
    page.keyboard.press("Control+k")
    page.keyboard.type("telat")
    expect(page.locator("#palette-list")).to_contain_text(number)
    page.keyboard.press("Control+a")
    page.keyboard.type("people")
    expect(page.locator("#palette-list [role=option]")).to_have_text(["People"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/people")


@on_one_database
@pytest.mark.browser
def test_two_agents_see_each_other_and_who_writes(center: Center, somebody: Open) -> None:
    number = center.ticket()
    rina = somebody("rina", f"/console/tickets/{number}")
    expect(rina.locator("#faces .face")).to_have_count(0)
    dewi = somebody("dewi", f"/console/tickets/{number}")
    expect(rina.locator("#faces .face")).to_have_attribute("title", "Dewi Anggraini looks at this too")
    expect(dewi.locator("#faces .face")).to_have_attribute("title", "Rina Mulyani looks at this too")
    dewi.locator("#reply").press_sequentially("Halo")
    expect(rina.locator("#faces")).to_contain_text("Dewi Anggraini is writing…")
    axe(rina)
    dewi.close()
    expect(rina.locator("#faces .face")).to_have_count(0)
