"""A day at the care center: a person in the web chat, two agents and a supervisor, each in a browser of his own, on the
real application as a process, with the real engine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from benchmarks.processes import Sapa
from tests.chromium import connected
from tests.web.window import axe

pytestmark = [pytest.mark.browser, pytest.mark.engine]
PATIENCE = 20_000
"""Milliseconds: an answer of the engine on a busy machine."""
QUESTION = "min mau nanya dong, ukt telat bayar gmn ya??"


class Day:
    """The application, and the browsers that look at it. ``passwords``: as it printed them at its first start."""

    def __init__(self, sapa: Sapa, browser: Any) -> None:
        self.sapa, self._browser = sapa, browser
        self.origin = f"http://127.0.0.1:{sapa.port}"
        log = (sapa.folder / "run.log").read_text(encoding="utf-8")
        self.passwords = dict(re.findall(r"^\s+(rina|dewi|sri|admin)\s+.*?(\S+)$", log, re.MULTILINE))

    def opens(self, path: str, **options: Any) -> Any:
        """A page of somebody who was never here."""
        page = self._browser.new_context(**options).new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(self.origin + path)
        return page

    def comes_back(self) -> None:
        """After it was killed."""
        self.sapa.start()
        # The driver of the browser runs a loop in this thread.
        with ThreadPoolExecutor(1) as pool:
            pool.submit(self.sapa.wait_ready).result()

    def signs_in(self, username: str, path: str) -> Any:
        page = self.opens(f"/console/sign-in?next={path.replace('?', '%3F')}", locale="en-GB")
        page.fill("[name=username]", username)
        page.fill("[name=password]", self.passwords[username])
        page.keyboard.press("Enter")
        page.wait_for_selector("body[data-ready]")
        return page


@pytest.fixture
def day(tmp_path: Path, chromium_at: str) -> Iterator[Day]:
    expect.set_options(timeout=PATIENCE)
    sapa = Sapa(tmp_path / "sapa", embeddings="no", whatsapp_token="", whatsapp_phone_number_id="",
                whatsapp_app_secret="", whatsapp_verify_token="")  # fmt: skip
    sapa.start()
    try:
        sapa.wait_ready()
        with connected(chromium_at) as browser:
            yield Day(sapa, browser)
    finally:
        expect.set_options(timeout=5_000)
        sapa.stop()


def says(person: Any, text: str) -> None:
    person.fill("#text", text)
    person.keyboard.press("Enter")


def hears(person: Any, pattern: str) -> str:
    """Wait for a message of ours with these words; the newest one."""
    said = person.locator(".message:not(.you)", has_text=re.compile(pattern))
    expect(said.last).to_be_visible()
    text: str = said.last.inner_text()
    return text


def presses(person: Any, label: str) -> None:
    person.locator(".choice:not([aria-disabled=true])", has_text=re.compile(f"^{label}$")).last.click()


def becomes_a_ticket(person: Any) -> str:
    """From the question to the ticket's number."""
    says(person, QUESTION)
    hears(person, "Apakah ini menjawab pertanyaan Anda")
    presses(person, "Belum")
    hears(person, "NIM atau NIP, nama lengkap, dan tanggal lahir")
    says(person, "13526001, Budi Santoso, 12 Mei 2004")
    found = re.search(r"CC-\d{4}-\d{6}", hears(person, r"tiket CC-\d{4}-\d{6}"))
    assert found is not None
    return found[0]


def test_from_a_question_to_the_survey_with_a_takeover_a_crash_and_a_unit_between(day: Day) -> None:
    person = day.opens("/", locale="id-ID")
    number = becomes_a_ticket(person)

    rina, dewi = (day.signs_in(name, f"/console/tickets/{number}") for name in ("rina", "dewi"))
    expect(rina.locator("#head")).to_contain_text("Sapa answers")
    for agent in (rina, dewi):
        expect(agent.locator("#offline")).to_be_hidden()
    rina.evaluate("document.querySelector('[data-key=t]').click()")
    dewi.evaluate("document.querySelector('[data-key=t]')?.click()")
    expect(rina.locator("#head")).to_contain_text(re.compile("You answer|Dewi Anggraini has it"))
    expect(dewi.locator("#head")).to_contain_text(re.compile("You answer|Rina Mulyani has it"))
    winner = rina if "You answer" in rina.locator("#head").inner_text() else dewi
    loser = dewi if winner is rina else rina
    expect(loser.locator("#head")).not_to_contain_text("You answer")
    hears(person, "Rina" if winner is rina else "Dewi")

    ours = person.locator(".message:not(.you)").count()
    says(person, "halo? apakah ada orang?")
    expect(winner.locator(".said.person .text").last).to_have_text("halo? apakah ada orang?")
    winner.fill("#reply", "Selamat pagi, kami per")
    winner.reload()
    expect(winner.locator("#reply")).to_have_value("Selamat pagi, kami per")
    assert person.locator(".message:not(.you)").count() == ours, "the assistant is silent"

    day.sapa.kill()
    says(person, "saya tunggu ya")
    expect(winner.locator("#offline")).to_be_visible()
    day.comes_back()
    expect(winner.locator(".said.person .text").last).to_have_text("saya tunggu ya")
    expect(winner.locator("#offline")).to_be_hidden()
    expect(winner.locator("#reply")).to_have_value("Selamat pagi, kami per")
    assert winner.locator(".said.person .text", has_text="saya tunggu ya").count() == 1

    winner.locator("#reply").press("Escape")
    winner.keyboard.press("n")
    winner.keyboard.type("tanya Biro Keuangan")
    winner.keyboard.press("Control+Enter")
    expect(winner.locator(".said.note .text")).to_have_text("tanya Biro Keuangan")
    winner.keyboard.press("Escape")
    winner.keyboard.press("f")
    winner.fill("dialog#forward [name=unit]", "Biro Keuangan")
    winner.fill("dialog#forward [name=asked]", "Apakah pembayarannya sudah masuk?")
    winner.keyboard.press("Control+Enter")
    expect(winner.locator("#head .badge").first).to_have_text("Forwarded")

    link = winner.locator("#side input[readonly]").input_value()
    unit = day.opens(re.sub(r"^https?://[^/]+", "", link))
    assert "Apakah pembayarannya sudah masuk?" in unit.locator("main").inner_text()
    axe(unit)
    unit.fill("#by", "Wati Kusuma")
    for box in unit.locator("textarea").all():
        box.fill("Sudah masuk; denda dihapus.")
    unit.click("button")
    expect(unit.locator("main")).to_contain_text(number)
    expect(winner.locator("#head .badge").first).to_have_text("Open")
    expect(winner.locator("#ticket")).to_contain_text("denda dihapus")

    winner.fill("#reply", "Pembayaran Anda sudah masuk dan dendanya dihapus.")
    winner.locator("#reply").press("Control+Enter")
    hears(person, "dendanya dihapus")
    winner.locator("#reply").press("Escape")
    winner.keyboard.press("e")
    winner.select_option("dialog#close [name=category]", "keuangan")
    winner.fill("dialog#close [name=solution]", "Denda dihapus.")
    winner.fill("dialog#close [name=record]", "Dicek dengan Biro Keuangan.")
    winner.keyboard.press("Control+Enter")
    expect(winner.locator("#head .badge").first).to_have_text("Closed")

    hears(person, "Apakah kendala Anda sudah teratasi")
    presses(person, "Sudah")
    hears(person, "Seberapa puas")
    presses(person, "5 - sangat puas")
    hears(person, "Ada yang ingin Anda sampaikan")
    says(person, "cepat dan ramah")
    expect(winner.locator("#ticket")).to_contain_text("cepat dan ramah")
    says(person, QUESTION)
    hears(person, "Apakah ini menjawab pertanyaan Anda")
    assert sorted(person.locator(".you .text").all_inner_texts()).count("saya tunggu ya") == 1


def test_a_template_is_drafted_refused_mended_replayed_published_and_answered_a_second_later(day: Day) -> None:
    person = day.opens("/", locale="id-ID")
    asked = "di mana saya bisa meminjam proyektor?"
    sri = day.signs_in("sri", "/console/knowledge/new")
    sri.fill("[name=id]", "pinjam-proyektor")
    sri.fill("[name=owner]", "Biro Sarana")
    sri.fill("[name=source]", "SK Rektor 12/2026")
    sri.fill("[name=title-id]", "Meminjam proyektor")
    sri.fill(
        "[name=questions-id]", "di mana meminjam proyektor\nbagaimana cara pinjam proyektor\npinjam infocus di mana"
    )
    sri.fill("[name=answer-id]", "Proyektor dipinjam di {loket}, lantai 1, pada jam kerja.")
    sri.click("button[value=submit]")
    expect(sri.locator(".flash:visible")).to_contain_text("loket")
    sri.fill("[name=answer-id]", "Proyektor dipinjam di Loket Sarana, lantai 1, pada jam kerja.")
    sri.fill("[name=questions-id]", "pinjam infocus di mana\nbiaya parkir motor di kampus")
    sri.click("button[value=submit]")
    expect(sri.locator(".flash:visible")).to_contain_text("parkir-kampus")
    sri.fill(
        "[name=questions-id]", "di mana meminjam proyektor\nbagaimana cara pinjam proyektor\npinjam infocus di mana"
    )
    sri.click("button[value=submit]")
    expect(sri.locator(".edited > header .badge").first).to_contain_text("In review")
    sri.get_by_role("link", name="Replay and publish").click()
    expect(sri.locator("#main")).to_contain_text("past questions: ", timeout=60_000)
    sri.get_by_role("button", name="Publish").click()
    expect(sri.locator(".edited > header .badge").first).to_contain_text("Published")
    person.wait_for_timeout(1000)
    says(person, asked)
    hears(person, "Loket Sarana, lantai 1")
