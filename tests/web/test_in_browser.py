"""The console in a real browser: what no test of the server alone can see. Needs Playwright and Chromium."""

from __future__ import annotations

import re
import time
import wave
from io import BytesIO
from typing import Any

import pytest
from fpdf import FPDF
from PIL import Image
from playwright.sync_api import expect

from bot.identity.model import Person
from bot.web.talk import SHOWN
from tests.channels.webchat.browser import on_one_database
from tests.conversation.test_enclosing import PNG
from tests.web.desk import PASSWORD, Center
from tests.web.test_canned import ASK, BILL, WAIT, keep
from tests.web.test_notices import told
from tests.web.test_ptpp import MEASURES, opens
from tests.web.window import DESKTOP, PHONE, Open, axe

pytestmark = [pytest.mark.browser, on_one_database]
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"
# Places are asked for in one step: an element found a step before may have been replaced by the live page, and says 0.
PLACE = """text => [...document.querySelectorAll(".said .text")].find(said => said.textContent.trim() === text)
  .getBoundingClientRect().top"""


def test_an_agent_takes_answers_and_closes_by_keyboard_alone(center: Center, somebody: Open) -> None:
    center.ticket("Orang Lain", "Hal lain")
    number = center.ticket("Budi Santoso", "UKT telat bayar", category="keuangan", priority="urgent")
    page = somebody("rina", "/console?queue=unassigned")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#head h1")).to_have_text("UKT telat bayar")
    expect(page.locator("#head")).to_contain_text("Sapa answers")
    page.keyboard.press("t")
    expect(page.locator("#head")).to_contain_text("You answer")
    page.keyboard.press("r")
    page.keyboard.type("Kami periksa dulu.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".said.staff .text").last).to_have_text("Kami periksa dulu.")
    expect(page.locator("#reply")).to_have_value("")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.keyboard.type("cek ke keuangan")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".said.note .text")).to_have_text("cek ke keuangan")
    page.keyboard.press("e")
    expect(page.locator("dialog#close")).to_be_visible()
    page.fill("dialog#close [name=solution]", "Sudah dijelaskan.")
    page.fill("dialog#close [name=record]", "Lewat chat.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#head .badge").first).to_have_text("Closed")
    assert center.find(number).solution == "Sudah dijelaskan."
    page.keyboard.press("?")
    expect(page.locator("dialog#help")).to_be_visible()


def test_a_category_is_found_by_typing_and_a_first_ticket_opened_by_enter(center: Center, somebody: Open) -> None:
    number = center.ticket("Budi Santoso", "UKT telat bayar")
    page = somebody("rina", "/console?queue=unassigned")
    page.keyboard.press("Enter")
    expect(page.locator("#head h1")).to_have_text("UKT telat bayar")
    page.keyboard.press("e")
    expect(page.locator("#close [data-narrows]")).to_be_focused()
    choices = page.locator("#close option")
    everything = choices.count()
    page.keyboard.type("tidak ada")
    expect(choices).to_have_text(["Nothing matches."])
    page.fill("#close [data-narrows]", "fees")
    assert 0 < choices.count() < everything
    axe(page)
    page.keyboard.press("Enter")
    expect(page.locator("#close [name=solution]")).to_be_focused()
    chosen = page.locator("#close [name=category]").input_value()
    assert chosen
    page.fill("#close [name=solution]", "Sudah dijelaskan.")
    page.fill("#close [name=record]", "Lewat chat.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#head .badge").first).to_have_text("Closed")
    assert center.find(number).category == chosen
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-list [role=option]").first).to_be_visible()
    steps = page.locator("#palette-list [data-press]")
    assert steps.evaluate_all("all => all.map(each => each.dataset.press)") == ["n"]


def test_the_category_that_a_ticket_has_is_in_view_when_it_is_closed(center: Center, somebody: Open) -> None:
    number = center.ticket(category="keuangan")
    page = somebody("rina", f"/console/tickets/{number}")
    page.keyboard.press("e")
    chosen = page.locator("#close option:checked")
    expect(chosen).to_have_attribute("value", "keuangan")
    expect(chosen).to_be_in_viewport(ratio=1)


def test_a_assigns_and_does_not_take(center: Center, somebody: Open) -> None:
    number = center.ticket()
    page = somebody("rina", f"/console/tickets/{number}")
    page.keyboard.press("a")
    expect(page.locator("dialog#assign")).to_be_visible()
    page.select_option("#assign [name=to]", "dewi")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#head")).to_contain_text("Dewi Anggraini has it")
    page.keyboard.press("?")
    expect(page.locator("#help")).to_contain_text("assign to a colleague")


def test_what_people_write_appears_by_itself_and_leaves_focus_and_words_alone(center: Center, somebody: Open) -> None:
    first, second = center.ticket("Satu", "Hal satu"), center.ticket("Dua", "Hal dua")
    page = somebody("rina", f"/console/tickets/{first}")
    expect(page.locator("#offline")).to_be_hidden()
    page.fill("#reply", "sedang saya tul")
    center.clock.advance(minutes=1)
    center.writes(first, "halo, sudah?")
    expect(page.locator(".said.person .text").last).to_have_text("halo, sudah?")
    expect(page.locator("#reply")).to_have_value("sedang saya tul")
    expect(page.locator("#reply")).to_be_focused()
    center.clock.advance(minutes=1)
    center.writes(second, "saya juga")
    page.goto(page.url.split("?")[0] + "?queue=unassigned")
    expect(page.locator(".rows a[data-number]").first).to_have_attribute("data-number", second)
    page.locator(".rows a[data-number]").last.focus()
    center.clock.advance(minutes=1)
    center.writes(first, "halo?")
    expect(page.locator(".rows a[data-number]").first).to_have_attribute("data-number", first)
    expect(page.locator(f'.rows a[data-number="{first}"]')).to_be_focused()


def test_a_draft_survives_a_reload_and_a_session_that_ended(center: Center, somebody: Open) -> None:
    number = center.ticket()
    page = somebody("rina", f"/console/tickets/{number}")
    page.fill("#reply", "Selamat pagi, kami")
    page.reload()
    expect(page.locator("#reply")).to_have_value("Selamat pagi, kami")
    center.clock.advance(hours=13)
    page.click("#composer button.main")
    page.wait_for_url("**/console/sign-in**")
    expect(page.locator(".notice")).to_contain_text("Your session ended")
    page.fill("[name=username]", "rina")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/console/tickets/{number}")
    expect(page.locator("#reply")).to_have_value("Selamat pagi, kami")
    assert center.ours(number) == []


DROP = """(pane) => {
  const data = new DataTransfer();
  data.items.add(new File(["nama,nilai"], "nilai.csv", { type: "text/csv" }));
  for (const name of ["dragover", "drop"]) {
    pane.dispatchEvent(new DragEvent(name, { dataTransfer: data, bubbles: true, cancelable: true }));
  }
}"""
PASTE = """(area) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array([77, 90, 0, 1])], "layar.png", { type: "image/png" }));
  area.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


def test_files_are_chosen_pasted_or_dropped_taken_off_again_and_sent(center: Center, somebody: Open) -> None:
    number = center.ticket()
    page = somebody("rina", f"/console/tickets/{number}")
    big = {"name": "besar.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7" + bytes(60_000)}
    page.set_input_files("#files", [big])
    expect(page.locator("#enclosed-fault")).to_have_text("besar.pdf is larger than 0.05 MB, the most that can be sent.")
    page.set_input_files("#files", [{**big, "name": "surat.pdf", "buffer": b"%PDF-1.7 isi"}])
    page.locator(".talk-pane").evaluate(DROP)
    page.locator("#reply").evaluate(PASTE)
    expect(page.locator("#enclosed li")).to_have_text(["surat.pdf1 KB", "nilai.csv1 KB", "layar.png1 KB"])
    expect(page.locator("#composer [data-saved]")).to_be_hidden()
    page.fill("#reply", "Ini berkasnya.")
    page.click("#composer button.main")
    expect(page.locator(".flash").first).to_contain_text("layar.png cannot be sent")
    expect(page.locator("#reply")).to_have_value("Ini berkasnya.")
    page.locator("#enclosed li").last.locator("[data-detach]").click()
    page.click("#composer button.main")
    expect(page.locator(".said.staff a.file")).to_have_text(["surat.pdf1 KB", "nilai.csv1 KB"])
    expect(page.locator("#enclosed li")).to_have_count(0)
    with page.expect_download() as download:
        page.locator(".said.staff a.file").last.click()
    assert download.value.suggested_filename == "nilai.csv"


def _tone() -> bytes:
    """Five seconds of silence."""
    made = BytesIO()
    with wave.open(made, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(b"\x80" * 40_000)
    return made.getvalue()


def test_a_sound_is_played_in_the_talk_and_goes_on_when_somebody_writes(center: Center, somebody: Open) -> None:
    number = center.ticket()
    page = somebody("rina", f"/console/tickets/{number}")
    page.set_input_files("#files", [{"name": "pesan.wav", "mimeType": "audio/wav", "buffer": _tone()}])
    page.click("#composer button.main")
    player = page.locator(".said.staff audio")
    expect(player).to_be_visible()
    axe(page)
    player.evaluate("player => { player.loop = true; player.play(); }")
    expect(player).to_have_js_property("duration", 5, timeout=30_000)
    with page.expect_download() as download:
        page.click(".said.staff a.file")
    assert download.value.suggested_filename == "pesan.wav"
    center.clock.advance(minutes=1)
    center.writes(number, "halo?")
    expect(page.locator(".said.person .text").last).to_have_text("halo?")
    assert player.evaluate("player => [player.paused, player.currentTime > 0]") == [False, True]


def test_a_pdf_is_shown_by_the_browser_in_a_tab_of_its_own(center: Center, somebody: Open) -> None:
    letter = FPDF()
    letter.add_page()
    number = center.ticket()
    page = somebody("rina", f"/console/tickets/{number}")
    content = bytes(letter.output())
    page.set_input_files("#files", [{"name": "surat.pdf", "mimeType": "application/pdf", "buffer": content}])
    page.click("#composer button.main")
    with page.context.expect_page() as opened:
        page.click(".said.staff a.file")
    tab = opened.value
    tab.wait_for_load_state()
    assert tab.evaluate("[document.contentType, window.opener]") == ["application/pdf", None]
    for _ in range(100):
        if any(frame.url.startswith("chrome-extension:") for frame in tab.frames):
            return
        tab.wait_for_timeout(100)
    pytest.fail("the browser's viewer does not show it")


def test_the_end_of_the_talk_stays_in_view_when_a_picture_comes_late(center: Center, somebody: Open) -> None:
    number = center.ticket()
    for line in range(20):
        center.writes(number, f"Baris {line}")
    page = somebody("rina", f"/console/tickets/{number}")
    drawn = BytesIO()
    Image.new("RGB", (300, 900), "teal").save(drawn, "PNG")

    def late(route: Any) -> None:
        time.sleep(0.3)
        route.continue_()

    page.route(re.compile("/console/(sent|files)/"), late)
    page.set_input_files("#files", [{"name": "layar.png", "mimeType": "image/png", "buffer": drawn.getvalue()}])
    page.click("#composer button.main")
    expect(page.locator(".said.staff .picture img")).to_have_js_property("naturalHeight", 900)
    page.wait_for_timeout(300)
    assert page.evaluate("talk.scrollHeight - talk.scrollTop - talk.clientHeight") < 5


def test_earlier_messages_come_above_what_is_read_and_new_ones_below_leave_it_in_place(
    center: Center, somebody: Open
) -> None:
    number = center.ticket()
    for line in range(150):
        center.clock.advance(seconds=1)
        center.writes(number, f"Baris {line}")
    page = somebody("rina", f"/console/tickets/{number}?queue=all")
    said = page.locator(".said.person")
    expect(said).to_have_count(SHOWN)
    page.evaluate("talk.scrollTop = 0")

    def place() -> float:
        return float(page.evaluate(PLACE, "Baris 95"))

    before = place()
    page.click("#talk .more a")
    expect(said).to_have_count(2 * SHOWN)
    assert place() == pytest.approx(before, abs=1)
    center.clock.advance(seconds=1)
    center.writes(number, "Sudah?")
    expect(page.get_by_text("Sudah?", exact=True)).to_have_count(1)
    expect(page.locator("#new-below")).to_be_visible()
    assert place() == pytest.approx(before, abs=1)
    page.reload()
    expect(said).to_have_count(2 * SHOWN)
    expect(page.locator(".queues [aria-current]")).to_have_attribute("data-queue", "all")


def test_rows_come_as_they_are_scrolled_to_and_stay_when_a_ticket_is_opened(center: Center, somebody: Open) -> None:
    for count in range(110):
        center.ticket(f"Orang {count}", f"Hal {count}")
    page = somebody("rina", "/console?queue=all")
    rows = page.locator("#rows > li")
    expect(rows).to_have_count(50)
    page.evaluate("rows.scrollTop = rows.scrollHeight")
    expect(rows).to_have_count(100)
    page.locator("#rows a[data-number]").nth(60).click()
    expect(page.locator("#head h1")).to_be_visible()
    center.clock.advance(minutes=1)
    new = center.ticket("Citra Lestari", "Hal baru", priority="urgent")
    expect(page.locator(f"#row-{new}")).to_have_count(1)
    expect(rows).to_have_count(100)
    page.click("#list .more a")
    expect(rows).to_have_count(111)
    expect(page.locator("#list .more")).to_have_count(0)


def test_the_browsers_own_back_leaves_the_list_where_it_was(center: Center, somebody: Open) -> None:
    for count in range(110):
        center.ticket(f"Orang {count}", f"Hal {count}")
    for screen in (DESKTOP, PHONE):
        page = somebody("rina", "/console?queue=all", screen)
        rows = page.locator("#rows > li")
        page.evaluate("rows.scrollTop = rows.scrollHeight")
        expect(rows).to_have_count(100)
        page.evaluate("rows.scrollTop = 3000")
        first, second = rows.nth(53).locator("a"), rows.nth(54).locator("a")
        first.click()
        expect(page.locator("#head h1")).to_have_text("Hal 53")
        if screen is DESKTOP:
            second.click()
            expect(page.locator("#head h1")).to_have_text("Hal 54")
            page.go_back()
            expect(page.locator("#head h1")).to_have_text("Hal 53")
            expect(first).to_have_attribute("aria-current", "true")
        else:
            center.writes(str(second.get_attribute("data-number")), "halo?")
            page.wait_for_timeout(1500)
        page.go_back()
        expect(page).to_have_title("Inbox · Sapa")
        expect(page.locator("#rows")).to_be_visible()
        expect(page.locator("#head")).to_have_count(0)
        expect(rows).to_have_count(100)
        assert page.evaluate("rows.scrollTop") == pytest.approx(3000, abs=70)
        page.go_forward()
        expect(page.locator("#head h1")).to_be_visible()


def test_what_rises_above_leaves_the_rows_that_are_looked_at_in_place(center: Center, somebody: Open) -> None:
    numbers = [center.ticket(f"Orang {count}", f"Hal {count}") for count in range(40)]
    page = somebody("rina", "/console?queue=all")
    page.evaluate("rows.scrollTop = 900")
    place = f"document.getElementById('row-{numbers[20]}').getBoundingClientRect().top"
    before = page.evaluate(place)
    center.clock.advance(minutes=1)
    center.writes(numbers[39], "halo?")
    new = center.ticket("Citra Lestari", "Hal baru", priority="urgent")
    expect(page.locator(f"#row-{new}")).to_have_count(1)
    assert page.evaluate(place) == before


def test_a_search_with_more_hits_than_are_shown_says_so_and_brings_them_after_the_list_did(
    center: Center, somebody: Open
) -> None:
    for count in range(110):
        center.ticket(f"Orang {count}", f"Hal {count}")
    page = somebody("rina", "/console?queue=all")
    rows = page.locator("#rows > li")
    page.click("#list .more a")
    expect(rows).to_have_count(100)
    page.fill("#search", "Orang")
    expect(page.locator("#list")).to_contain_text("The first 50 tickets found")
    expect(rows).to_have_count(50)
    page.click("#list .more a")
    expect(rows).to_have_count(100)
    page.click("#list .more a")
    expect(page.locator("#list")).to_contain_text("Tickets found: 110")


def test_two_agents_see_at_once_who_has_a_ticket(center: Center, somebody: Open) -> None:
    number = center.ticket()
    rina, dewi = somebody("rina", f"/console/tickets/{number}"), somebody("dewi", f"/console/tickets/{number}")
    expect(dewi.locator("#head")).to_contain_text("Sapa answers")
    rina.keyboard.press("t")
    expect(dewi.locator("#head")).to_contain_text("Rina Mulyani has it")
    dewi.fill("#reply", "Saya juga!")
    dewi.click("#composer button.main")
    expect(dewi.locator(".flash").first).to_contain_text("Rina Mulyani has this ticket.")
    assert center.find(number).assignee == "rina"


def test_what_can_no_longer_be_sent_stays_to_be_copied(center: Center, somebody: Open) -> None:
    number = center.ticket()
    rina = somebody("rina", f"/console/tickets/{number}")
    rina.context.grant_permissions(["clipboard-read"])
    rina.fill("#reply", "Kami periksa dulu,\nmohon tunggu.")
    center.browser("dewi").step(number, "take")
    rina.locator("#reply").press("Control+Enter")
    expect(rina.locator(".flash").first).to_contain_text("what you wrote is still there")
    expect(rina.locator("#unsent")).to_have_value("Kami periksa dulu,\nmohon tunggu.")
    axe(rina)
    center.browser("dewi").step(number, "release")
    rina.reload()
    expect(rina.locator("#reply")).to_have_value("Kami periksa dulu,\nmohon tunggu.")
    closing = {"category": "keuangan", "solution": "Sudah.", "record": "Lewat chat."}
    center.browser("dewi").step(number, "close", **closing)
    rina.locator("#reply").press("Control+Enter")
    expect(rina.locator("#unsent")).to_have_value("Kami periksa dulu,\nmohon tunggu.")
    rina.reload()
    expect(rina.locator("#unsent")).to_have_value("Kami periksa dulu,\nmohon tunggu.")
    rina.click("[data-copy]")
    assert rina.evaluate("navigator.clipboard.readText()") == "Kami periksa dulu,\nmohon tunggu."
    rina.click("[data-forget]")
    expect(rina.locator("#unsent")).to_be_hidden()
    rina.reload()
    expect(rina.locator("#unsent")).to_be_hidden()


def test_a_request_that_fails_tells_why_and_not_that_the_connection_is_lost(center: Center, somebody: Open) -> None:
    number = center.ticket()
    page = somebody("rina", f"/console/tickets/{number}")
    page.route("**/note", lambda route: route.fulfill(status=500, body="Internal Server Error"))
    page.keyboard.press("n")
    page.keyboard.type("cek dulu")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#failed")).to_have_text("That did not work; try again.")
    expect(page.locator("#offline")).to_be_hidden()
    expect(page.locator("#note")).to_have_value("cek dulu")
    axe(page)
    page.click("[data-failed]")
    expect(page.locator("#failed")).to_be_hidden()
    page.locator("body").evaluate("body => body.setAttribute('hx-headers', '{}')")
    page.unroute("**/note")
    page.click("#noter button.amber")
    expect(page.locator("#failed")).to_contain_text("This form did not come from your present page.")
    expect(page.locator("#offline")).to_be_hidden()
    page.route("**/note", lambda route: route.abort())
    page.click("#noter button.amber")
    expect(page.locator("#offline")).to_be_visible()


def test_what_was_pressed_on_a_page_that_takes_its_time_goes_out_once(center: Center, somebody: Open) -> None:
    page, sent = somebody("sri", "/console/knowledge/new"), list[str]()

    def slow(route: Any) -> None:
        sent.append(route.request.post_data)

    page.route("**/console/knowledge/new", slow)
    for name in ("id", "owner", "source"):
        page.fill(f"[name={name}]", "coba")
    told = page.evaluate("""async () => {
        const pressed = document.querySelector("button[value=submit]");
        pressed.click();
        await new Promise((soon) => setTimeout(soon, 100));
        pressed.click();
        return [pressed.disabled, document.body.className];
    }""")
    assert told == [True, "working"]
    assert [('name="then"\r\n\r\nsubmit' in each or "then=submit" in each) for each in sent] == [True]
    page.unroute_all()


def test_what_people_wrote_is_text_in_the_page_too(center: Center, somebody: Open) -> None:
    number = center.ticket(HOSTILE, HOSTILE)
    page = somebody("rina", f"/console/tickets/{number}")
    expect(page.locator("#head h1")).to_have_text(HOSTILE)
    expect(page.locator(".said.person .text")).to_have_text(HOSTILE)
    assert page.locator("#main img").count() == 0


def test_on_a_phone_list_conversation_and_details_are_three_screens(center: Center, somebody: Open) -> None:
    number = center.ticket("Budi Santoso", "UKT " + "panjang " * 60)
    page = somebody("rina", "/console?queue=unassigned", PHONE)
    expect(page.locator(".talk-pane")).to_be_hidden()
    page.click(f'[data-number="{number}"]')
    expect(page.locator(".list-pane")).to_be_hidden()
    expect(page.locator("#composer")).to_be_visible()
    page.click("[data-side]")
    expect(page.locator("#side h2")).to_be_visible()
    page.click("[data-side-close]")
    page.fill("#reply", "Baik.")
    page.click("#composer button.main")
    expect(page.locator(".said.staff .text").last).to_have_text("Baik.")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.click("[data-back]")
    expect(page.locator(".list-pane")).to_be_visible()


def test_the_header_fits_on_a_phone_with_all_that_a_supervisor_may_see(center: Center, somebody: Open) -> None:
    told(center, "sri")
    page = somebody("sri", "/console/notices", PHONE)
    expect(page.locator("nav .badge")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("screen", [DESKTOP, PHONE])
def test_rows_are_as_wide_as_their_list_and_two_lines_high(
    center: Center, somebody: Open, screen: dict[str, int]
) -> None:
    for person in range(3):
        center.ticket(f"Muhammad Rizky Ramadhan Al-Fatih {person}", "KRS saya terkunci padahal UKT sudah lunas" * 3)
    page = somebody("rina", "/console?queue=all", screen)
    inner, outer = (page.locator(each).first.bounding_box() for each in (".row", ".rows"))
    assert inner["width"] >= outer["width"] - 1
    assert inner["height"] < 4 * 20
    assert page.evaluate("[...document.querySelectorAll('.row')].every((row) => row.scrollWidth <= row.clientWidth)")


def test_the_shortcuts_are_closed_by_a_button_at_the_end_as_other_dialogs_are(center: Center, somebody: Open) -> None:
    page = somebody("rina", "/console")
    page.keyboard.press("?")
    dialog, button = page.locator("#help").bounding_box(), page.locator("#help button").bounding_box()
    assert button["width"] < dialog["width"] / 3
    assert button["x"] > dialog["x"] + dialog["width"] / 2
    page.keyboard.press("Enter")
    expect(page.locator("#help")).to_be_hidden()


@pytest.mark.parametrize("screen", [DESKTOP, PHONE])
def test_an_address_breaks_before_its_signs_and_not_within_a_word(
    center: Center, somebody: Open, screen: dict[str, int]
) -> None:
    number = center.ticket("Budi Santoso")
    with center.db.write() as session:
        person = session.get_one(Person, center.find(number).person_id)
        person.email = "muhammad.rizky.ramadhan@students.informatika.contoh.ac.id"
    page = somebody("rina", f"/console/people/{person.id}", screen)
    shown = page.locator("dd", has_text="muhammad")
    assert shown.inner_text() == person.email
    lines = shown.evaluate(
        """(place) => {
          const found = [];
          const walk = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
          for (let text = walk.nextNode(); text; text = walk.nextNode()) {
            const range = document.createRange();
            range.selectNodeContents(text);
            found.push(range.getClientRects().length);
          }
          return found;
        }"""
    )
    assert set(lines) == {1}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(center: Center, somebody: Open, theme: str) -> None:
    number = center.ticket(category="keuangan")
    center.ticket("Tanpa kategori", due_at=center.clock())
    keep(center, ASK, WAIT)
    center.browser("rina").step(number, "reply", text="Halo")
    center.browser("rina").step(number, "note", text="Catatan")
    told(center, "sri")
    center.browser("rina").post("/console/second-factor")
    center.works_by("unair")
    action, checked = (opens(center.browser("sri"), finding=finding) for finding in ("Antrean lama", "AC mati"))
    center.browser("sri").post(checked, **MEASURES)
    center.browser("sri").post(f"{checked}/check", effect="Sejuk.", helped="yes")
    knowledge = ("/console/knowledge", "/console/knowledge/new", "/console/knowledge/gaps")
    replies = ("/console/canned", "/console/canned/tanya", "/console/macros/tanya-nim")
    for who, paths in (
        ("rina", (f"/console/tickets/{number}", "/console/sessions", "/console/second-factor")),
        ("sri", ("/console/today", *knowledge, *replies, "/console/notices", "/console/ptpp?month=2026-11",
                 "/console/ptpp/new", action, checked)),
    ):  # fmt: skip
        page = somebody(who, paths[0], DESKTOP, theme)
        for path in paths:
            page.goto(page.url.split("/console")[0] + path)
            axe(page)


def test_a_canned_reply_is_found_and_put_in_by_keyboard_alone(center: Center, somebody: Open) -> None:
    keep(center, ASK, BILL, WAIT)
    number = center.ticket("Budi")
    page = somebody("rina", f"/console/tickets/{number}")
    page.keyboard.press("r")
    page.keyboard.type("/")
    expect(page.locator("dialog#canned")).to_be_visible()
    expect(page.locator("#canned-list [role=option]")).to_have_count(2)
    page.keyboard.type("tanya")
    expect(page.locator("#canned-list [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("dialog#canned")).to_be_hidden()
    expect(page.locator("#reply")).to_be_focused()
    expect(page.locator("#reply")).to_have_value(re.compile(f"^Halo Budi, kirim NIM untuk {number}\\."))
    page.keyboard.type(" a/b")
    expect(page.locator("dialog#canned")).to_be_hidden()
    page.fill("#reply", "")
    page.click("#composer [data-dialog=canned]")
    expect(page.locator("#canned-list [role=option]")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    expect(page.locator("#canned-list [aria-selected=true] b")).to_have_text("Bill")
    axe(page)
    page.keyboard.press("Enter")
    expect(page.locator("#reply")).to_have_value(re.compile("^Your bill <script>"))
    page.fill("#reply", "")
    page.keyboard.press("Escape")
    page.keyboard.press("m")
    expect(page.locator("#macros input")).to_be_focused()
    page.keyboard.press("Space")
    axe(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#head .badge").first).to_have_text("Waiting")
    assert center.find(number).assignee == "rina"


def test_the_files_of_a_canned_reply_come_with_it_and_can_be_taken_off(center: Center, somebody: Open) -> None:
    sri = somebody("sri", "/console/canned/new")
    sri.fill("[name=id]", "denah")
    sri.fill("[name=title-id]", "Denah")
    sri.fill("[name=text-id]", "Ini denahnya.")
    sri.click("button.main")
    sri.click("a[href='/console/canned/denah']")
    sri.fill("[name=title-id]", "Denah gedung")
    files = [{"name": f"{name}.png", "mimeType": "image/png", "buffer": PNG} for name in ("lantai 1", "dénah")]
    sri.set_input_files("#canned-files input[type=file]", files)
    expect(sri.locator("#canned-files li")).to_have_count(2)
    axe(sri)
    sri.click("#canned-editor button.main")
    expect(sri.locator("a[href='/console/canned/denah']")).to_have_text(re.compile("Denah gedung"))
    number = center.ticket("Budi")
    page = somebody("rina", f"/console/tickets/{number}")
    page.keyboard.press("r")
    page.keyboard.type("/")
    expect(page.locator("#canned-list [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#enclosed li")).to_have_count(2)
    page.click("#enclosed li:first-child [data-detach]")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#talk .said.staff img")).to_have_attribute("alt", "dénah.png")
    expect(page.locator("#enclosed")).to_be_hidden()


def test_several_tickets_are_chosen_by_keyboard_and_changed_at_once(center: Center, somebody: Open) -> None:
    numbers = [center.ticket(f"Orang {n}") for n in range(4)]
    center.browser("dewi").step(numbers[2], "take")
    page = somebody("rina", "/console?queue=all")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("#picked")).to_contain_text("1 chosen")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    expect(page.locator("#picked")).to_contain_text("3 chosen")
    page.keyboard.press("x")
    expect(page.locator("#picked")).to_contain_text("2 chosen")
    page.click("[data-pick-all]")
    center.clock.advance(minutes=1)
    center.writes(numbers[3], "halo?")
    expect(page.locator(".rows a[data-number]").first).to_have_attribute("data-number", numbers[3])
    expect(page.locator("[data-pick]:checked")).to_have_count(4)
    page.keyboard.press("b")
    expect(page.locator("dialog#bulk")).to_contain_text("4 tickets chosen")
    page.select_option("dialog#bulk [name=priority]", "high")
    axe(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator("dialog#bulk")).to_contain_text("Tickets changed: 3")
    expect(page.locator("dialog#bulk")).to_contain_text("Dewi Anggraini has this ticket.")
    page.click("dialog#bulk button.main")
    expect(page.locator("#picked")).to_contain_text("1 chosen")
    expect(page.locator(f"[data-pick={numbers[2]}]")).to_be_checked()
    assert [center.find(number).priority for number in numbers] == ["high", "high", "normal", "high"]
    page.locator("[data-pick]").first.check()
    page.keyboard.press("Escape")
    expect(page.locator("#picked")).to_be_hidden()
