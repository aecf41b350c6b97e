"""Pictures of the console for docs/screenshots: ``python -m tests.web.photographs [page …]``. On an invented desk."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from bot.config import ROOT
from bot.demo import CANNED, KNOWLEDGE
from bot.identity.checking import record_proof
from bot.identity.model import RosterEntry
from bot.knowledge import versions
from bot.knowledge.base import Decision, Knowledge
from bot.knowledge.curating import publishing
from bot.knowledge.files import read_templates
from bot.knowledge.store import import_templates, load
from bot.procedures.profile import load_profile
from bot.procedures.versions import shipped
from bot.storage.database import Database
from bot.tickets import duty, working
from bot.tickets.canned import VARIABLES, Known
from bot.tickets.canned_file import import_canned
from bot.tickets.sorting import Sorting, save
from bot.webhooks import subscriptions
from tests.channels.webchat.browser import served
from tests.chromium import ARGS, CHROMIUM
from tests.conftest import FakeClock, make_tables
from tests.knowledge.curating.rows import ask, hit
from tests.web.desk import PASSWORD, Center

FOLDER = ROOT / "docs" / "screenshots"
MORNING = datetime(2026, 11, 23, 1, 2, tzinfo=UTC)
WIDTHS = {1440: 900, 390: 844}
UNITS = ("Fakultas Teknik", "Fakultas Ekonomi dan Bisnis", "Fakultas MIPA")
PEOPLE = (
    ("Budi Santoso", "min, ukt telat bayar gmn ya? tagihan saya dobel", "keuangan"),
    ("Sari Wulandari", "Lupa kata sandi portal, tautan reset tidak pernah masuk ke surel kampus", "akun"),
    (None, "halo, mau nanya jadwal wisuda periode depan", None),
    (
        "Muhammad Rizky Ramadhan Al-Fatih Kusumawardhana Putra Nugroho",
        "KRS saya terkunci padahal UKT sudah lunas",
        "akademik",
    ),
    ("Anindya Prameswari", "I need an enrolment certificate in English for my visa", None),
    ("Yohanes Simbolon", "ga bisa login siakad dr kmrn 😭😭", "akun"),
    ("Putri Maharani", "Beasiswa KIP saya bulan ini belum cair", "keuangan"),
    ("Agus Setiawan", "Nilai mata kuliah Kalkulus belum keluar", "akademik"),
    ("Dian Lestari", "Mohon info cuti akademik", "akademik"),
)


def invented(db: Database, clock: FakeClock, folder: Path) -> tuple[Center, str]:
    """A desk in the morning, and the ticket that is looked at."""
    with db.write() as session:
        import_templates(session, read_templates(KNOWLEDGE), clock())
        import_canned(session, CANNED, Known(VARIABLES, load_profile(shipped("itb"))), "sri", clock())
        snapshot = load(session)
    center = Center.of(db, clock, folder, Knowledge.build(snapshot))
    numbers = []
    for minutes, (name, text, category) in zip((250, 190, 140, 95, 70, 50, 38, 20, 6), PEOPLE, strict=True):
        clock.now = MORNING - timedelta(minutes=minutes)
        due = MORNING + timedelta(minutes=200 - minutes * 0.9)
        numbers.append(
            center.ticket(name, text, category=category, identity="proven" if name else "unproven", due_at=due)
        )
        if name:
            _proves(center, name, numbers[-1])
    _talk(center, clock, numbers[5])
    _others(center, clock, numbers)
    _before(center, clock)
    _curating(center, clock)
    clock.now = MORNING
    center.parts.gaps.look(clock(), 60)
    return center, numbers[5]


def _proves(center: Center, name: str, ticket: str) -> None:
    """Who wrote is in the roster, and has proven it."""
    person, now = center.find(ticket).person_id, center.clock()
    number, unit = f"{13526000 + person}", UNITS[person % len(UNITS)]
    entry = RosterEntry(number=number, name=name, birth_date=date(2004, 5, 12), kind="student", unit=unit,
                        email=f"{number}@mahasiswa.contoh.ac.id")  # fmt: skip
    with center.db.write() as session:
        session.add(entry)
        record_proof(session, person, entry, now, timedelta(days=180))


def _talk(center: Center, clock: FakeClock, number: str) -> None:
    clock.now = MORNING - timedelta(minutes=49)
    shown = center.answers(
        number, "Kata sandi SIAKAD dapat diatur ulang sendiri di portal, menu “Lupa kata sandi”. Tautannya dikirim ke "
        "surel kampus dan berlaku 30 menit.\n\nApakah ini menjawab pertanyaan Anda?",
        template="akun-terkunci", score=0.91,
    )  # fmt: skip
    center.delivered(shown, "read")
    clock.advance(minutes=1)
    center.writes(number, "belum kak, tautannya ga masuk2. udah cek spam juga")
    clock.advance(minutes=3)
    rina = center.browser("rina")
    assert rina.step(number, "take").status_code == 200
    clock.advance(minutes=2)
    rina.step(number, "note", text="Kotak surelnya penuh sejak Jumat. @dewi tolong naikkan kuotanya.")
    clock.advance(minutes=1)
    rina.step(number, "reply", text="Selamat pagi, Kak Yohanes. Kotak surel Kakak penuh, jadi tautannya tertahan. "
              "Kami sedang menambah kuotanya, kira-kira 10 menit.")  # fmt: skip
    for message in center.ours(number)[-2:]:
        center.delivered(message, "read")
    clock.advance(minutes=18)
    center.writes(number, "siap kak, saya tunggu 🙏")
    clock.advance(minutes=12)
    center.writes(number, "udah masuk tautannya, tapi pas diklik tulisannya kedaluwarsa")


def _others(center: Center, clock: FakeClock, numbers: list[str]) -> None:
    clock.now = MORNING - timedelta(minutes=15)
    rina, dewi = center.browser("rina"), center.browser("dewi")
    dewi.step(numbers[0], "reply", text="Kami periksa dulu tagihannya, ya.")
    dewi.step(numbers[0], "forward", unit="Biro Keuangan", asked="Apakah tagihan UKT-nya memang ganda?")
    rina.step(numbers[3], "take")
    rina.step(numbers[1], "reply", text="Tautan reset sudah kami kirim ulang ke surel kampus Anda.")
    rina.step(numbers[1], "wait")
    shifts = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), "08:00-12:00 13:00-16:00")
    center.browser("sri").post("/console/staff/rina/plan", seen="0", **shifts)
    with center.db.write() as session:
        subscriptions.add(session, "https://portal.kampus.ac.id/sapa", ["*"], False, "admin", clock())
        for name in ("rina", "dewi"):
            duty.set_duty(session, name, True, name, clock())
        ticket = center.find(numbers[6])
        save(session, session.merge(ticket), Sorting(priority="urgent"), "sri", clock())


def _before(center: Center, clock: FakeClock) -> None:
    """Mondays before: what a Monday usually is."""
    for weeks in range(1, 6):
        for hour, many in enumerate((0, 1, 3, 2, 2, 1, 2, 1, 1, 0, 0, 1)):
            clock.now = MORNING.replace(hour=0, minute=10) - timedelta(weeks=weeks) + timedelta(hours=hour)
            for _ in range(many if (weeks + hour) % 3 else many + 1):
                number = center.ticket("Dewi Anggraini", "Jadwal UAS", category="akademik")
                with center.db.write() as session:
                    ticket = session.merge(center.find(number))
                    working.withdraw(session, ticket, "rina", clock())


def _curating(center: Center, clock: FakeClock) -> None:
    clock.now = MORNING - timedelta(minutes=12)
    sri = center.browser("sri")
    with center.db.write() as session:
        row = versions.published(session, "akun-terkunci")["akun-terkunci"]
        content = versions.content_of(row)
        words = content.words["id"]
        answer = words.answer + "\n\nMasih terkunci? Balas pesan ini, petugas kami membantu."
        changed = replace(content, words={**content.words, "id": replace(words, answer=answer)})
        publishing.draft(session, changed, "sri", clock())
        for person in range(14):
            asked = "di mana parkir sepeda di kampus ganesha" if person % 2 else "parkir sepeda di sebelah mana ya"
            ask(session, 900 + person, asked, now=clock() - timedelta(days=person))
        for person in range(9):
            shown = Decision("answer", (hit("akun-terkunci"),))
            ask(session, 950 + person, "akun siakad terkunci", shown, helped=person % 4 > 0, now=clock())
    sri.post("/console/knowledge/templates/akun-terkunci/submit")
    for text, template in (("Akun saya terkunci, bagaimana?", "akun-terkunci"), ("UKT saya berapa?", "ukt-besaran"),
                           ("Resep rendang", "")):  # fmt: skip
        sri.post("/console/knowledge/golden", text=text, language="id", template=template)


def pages(number: str) -> dict[str, tuple[str, str]]:
    """Picture to (who looks, address)."""
    return {
        "sign-in": ("", "/console/sign-in"),
        "inbox": ("rina", "/console?queue=all"),
        "ticket": ("rina", f"/console/tickets/{number}?queue=all"),
        "desk": ("rina", "/console/desk"),
        "people": ("rina", "/console/people"),
        "person": ("rina", "/console/people/6"),
        "notices": ("rina", "/console/notices"),
        "procedure": ("admin", "/console/procedure"),
        "procedure-form": ("admin", "/console/procedure/form"),
        "staff": ("admin", "/console/staff"),
        "trail": ("sri", "/console/trail"),
        "plan": ("sri", "/console/staff/rina/plan"),
        "webhooks": ("admin", "/console/webhooks"),
        "webhook": ("admin", "/console/webhooks/1"),
        "import": ("sri", "/console/knowledge/import"),
        "replay": ("sri", "/console/knowledge/replay"),
        "tokens": ("admin", "/console/tokens"),
        "system": ("admin", "/console/system"),
        "today": ("sri", "/console/today"),
        "knowledge": ("sri", "/console/knowledge"),
        "template": ("sri", "/console/knowledge/templates/akun-terkunci"),
        "template-version": ("sri", "/console/knowledge/templates/akun-terkunci/versions/2"),
        "golden": ("sri", "/console/knowledge/golden"),
        "gaps": ("sri", "/console/knowledge/gaps"),
        "ptpp": ("sri", "/console/ptpp"),
        "ptpp-new": ("sri", "/console/ptpp/new"),
        "canned": ("sri", "/console/canned"),
        "reports": ("sri", "/console/reports"),
        "sessions": ("rina", "/console/sessions"),
        "second-factor": ("rina", "/console/second-factor"),
    }


@contextmanager
def desk() -> Iterator[tuple[Center, str, str]]:
    """The invented desk on a real server: (center, number, origin)."""
    with tempfile.TemporaryDirectory() as folder:
        db = make_tables(Database(f"sqlite:///{folder}/sapa.db"))
        center, number = invented(db, FakeClock(MORNING), Path(folder))
        with served(center.app) as origin:
            yield center, number, origin
        db.close()


def visitor(driver: Any, origin: str, width: int, theme: str, language: str, who: str) -> Any:
    """(browser, page) of somebody with this screen."""
    browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGS)
    context = browser.new_context(viewport={"width": width, "height": WIDTHS[width]}, locale="id-ID")
    context.add_cookies(
        [{"name": f"sapa-{name}", "value": value, "url": f"{origin}/console"} for name, value in
         (("theme", theme), ("language", language))]
    )  # fmt: skip
    page = context.new_page()
    if who:
        page.goto(f"{origin}/console/sign-in")
        page.fill("[name=username]", who)
        page.fill("[name=password]", PASSWORD)
        page.click("button.main")
        page.wait_for_url("**/console**")
    return browser, page


def main(*wanted: str) -> None:
    """Take the pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with desk() as (_, number, origin), sync_playwright() as driver:
        for width in WIDTHS:
            for theme, language in (("light", "id"), ("dark", "en")):
                for who in ("", "rina", "sri", "admin"):
                    shots = {n: a for n, (w, a) in pages(number).items() if w == who and (not wanted or n in wanted)}
                    if not shots:
                        continue
                    browser, page = visitor(driver, origin, width, theme, language, who)
                    for name, address in shots.items():
                        page.goto(origin + address)
                        page.wait_for_timeout(400)
                        page.screenshot(path=str(FOLDER / f"{name}-{width}-{theme}.png"))
                    browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
