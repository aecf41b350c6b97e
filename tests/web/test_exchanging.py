"""Answer templates as files: taken out, looked at, put in; all or nothing."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from bot.conversation.sweeping import sweep
from bot.knowledge import exchange, versions
from bot.knowledge.base import Knowledge
from bot.knowledge.content import Content
from bot.knowledge.curating import publishing
from bot.knowledge.snapshot import Snapshot, TemplateWords
from bot.knowledge.store import import_templates, load
from bot.storage.database import Database
from bot.web.pages import exchanging
from tests.channels.webchat.browser import on_one_database
from tests.conftest import FakeClock
from tests.knowledge.sample import CAMPUS, template
from tests.web.desk import Browser, Center
from tests.web.window import DESKTOP, PHONE, Open, axe, fits

NEW = template("helipad", "fasilitas", id=("Helipad", "Di mana helipad kampus?", "Ada helipad?"))
HEADER = "id,language,category,title,audience,owner,source,questions,answer,valid_from,valid_until\n"
ROW = "helipad,id,fasilitas,Helipad,public,Biro,SK 1,Di mana helipad?,Di atap.,,\n"


@pytest.fixture
def center(db: Database, clock: FakeClock, tmp_path: Path) -> Center:
    with db.write() as session:
        import_templates(session, CAMPUS, clock())
        snapshot = load(session)
    return Center.of(db, clock, tmp_path, Knowledge.build(snapshot))


def as_file(tmp_path: Path, snapshot: Snapshot, name: str = "data.csv") -> bytes:
    exchange.write(tmp_path / name, snapshot)
    return (tmp_path / name).read_bytes()


def changed(answer: str) -> Content:
    old = Content.of(CAMPUS.templates[0])
    words = old.words["id"]
    return replace(old, words={"id": TemplateWords(words.title, words.questions, answer)})


def brings(browser: Browser, content: bytes, name: str = "data.csv") -> httpx.Response:
    headers = {"X-CSRF-Token": browser.csrf()}
    return browser.request("POST", exchanging.HOME, files=[("file", (name, content))], headers=headers)


def looked_at(browser: Browser, content: bytes, name: str = "data.csv") -> tuple[str, str]:
    """The address of the look at a file, and the page."""
    answer = brings(browser, content, name)
    assert answer.status_code == 303, answer.text
    address = answer.headers["location"]
    return address, browser.get(address).text


def imports(browser: Browser, address: str, page: str, **fields: str) -> httpx.Response:
    [seen] = re.findall(r'name="seen" value="(\d+)"', page)
    return browser.post(address, seen=seen, **fields)


def answers(center: Center) -> dict[str, str]:
    with center.db.read() as session:
        live = versions.published(session).items()
        return {key: versions.content_of(row).words["id"].answer for key, row in live}


@pytest.mark.parametrize("name", ["data.csv", "data.xlsx", "data.zip"])
def test_a_file_is_looked_at_before_anything_is_written_and_then_published(
    center: Center, tmp_path: Path, name: str
) -> None:
    center.works_with(four_eyes=False)
    sri, before = center.browser("sri"), answers(center)
    snapshot = Snapshot((changed("Lewat portal."), CAMPUS.templates[1], NEW), {"fasilitas": {"id": "Fasilitas"}})
    address, page = looked_at(sri, as_file(tmp_path, snapshot, name), name)
    assert "1 changed, 1 new, 1 the same, 3 not in the file" in page
    assert "+ Lewat portal." in page
    assert "- Ganti email kampus: id." in page
    assert "+ fasilitas (id): Fasilitas" in page
    assert "Helipad" in sri.get(f"{address}?show=added").text
    assert "krs-isi" in sri.get(f"{address}?show=unchanged").text
    assert answers(center) == before
    done = imports(sri, address, page)
    assert (done.status_code, done.headers["location"]) == (303, f"{exchanging.HOME}?added=1&changed=1")
    assert "1 new templates, 1 changed." in sri.get(done.headers["location"]).text
    assert answers(center) == before | {"email-ganti": "Lewat portal.", "helipad": "Helipad: id."}
    assert "upload it again" in sri.get(address).text, "the file is not kept any more"


def test_with_four_eyes_all_of_it_waits_for_somebody_else(center: Center, tmp_path: Path) -> None:
    center.works_with(four_eyes=True)
    sri, before = center.browser("sri"), answers(center)
    address, page = looked_at(sri, as_file(tmp_path, Snapshot((changed("Lewat portal."), NEW))))
    assert "waits for somebody else to publish it" in page
    assert imports(sri, address, page).headers["location"].endswith("?added=1&changed=1&waiting=2")
    assert answers(center) == before
    with center.db.read() as session:
        opened = {key: (row.state, row.author) for key, row in versions.open_versions(session).items()}
    assert opened == {"email-ganti": ("review", "sri"), "helipad": ("review", "sri")}


@on_one_database
def test_an_import_is_in_the_audit_trail(center: Center, tmp_path: Path) -> None:
    center.works_with(four_eyes=True)
    sri = center.browser("sri")
    address, page = looked_at(sri, as_file(tmp_path, Snapshot((NEW,))), "daftar baru.csv")
    imports(sri, address, page)
    trail = sri.get("/console/trail").text
    assert "imported" in trail
    assert "daftar baru.csv" in trail


FAULTS: list[tuple[str, str | bytes, str, str, str]] = [
    ("the same id twice", HEADER + ROW + ROW, "3", "id", "id helipad is already used in row 2"),
    (
        "an example in two templates",
        HEADER + ROW.replace("Di mana helipad?", "Mohon info tanggal wisuda!"),
        "2", "questions", "already an example of template wisuda-jadwal",
    ),
    ("an unknown variable", HEADER + ROW.replace("Di atap.", "Di {atap}."), "2", "answer", "no variable {atap}"),
    ("a date that is over", HEADER + ROW.replace(",,", ",,2020-01-31"), "2", "valid_until", "is over"),
    (
        "inverted dates", HEADER + ROW.replace(",,", ",2099-02-01,2099-01-01"),
        "2", "valid_until", "is before valid_from",
    ),
    ("too long an answer", HEADER + ROW.replace("Di atap.", "x" * 4001), "2", "answer", "4001 characters"),
    ("a broken encoding", (HEADER + ROW).encode().replace(b"Di atap.", b"Di at\xe4p."), "2", "", "is not UTF-8 text"),
    ("no such column", "id,bahasa\n", "1", "", "the column language is missing"),
    ("nothing", HEADER, "1", "", "there are no templates here"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "row", "column", "what"), FAULTS, ids=[fault[0] for fault in FAULTS])
@on_one_database
def test_what_is_wrong_is_told_with_file_row_and_column_and_nothing_is_imported(
    center: Center, name: str, content: str | bytes, row: str, column: str, what: str
) -> None:
    sri, before = center.browser("sri"), answers(center)
    raw = content.encode() if isinstance(content, str) else content
    answer = sri.get(brings(sri, raw, "daftar.csv").headers["location"])
    assert answer.status_code == 422
    found = re.findall(r"<tr><td>(.*?)</td><td[^>]*>(.*?)</td><td>(.*?)</td><td>(.*?)</td></tr>", answer.text)
    assert [(f, r, c) for f, r, c, told in found if what in told][:1] == [("daftar.csv", row, column)], found
    assert str(center.parts.settings.data_dir) not in answer.text
    assert answers(center) == before
    assert list(center.parts.settings.data_dir.glob("imports/*/*")) == [], name


IN_INDONESIAN: list[tuple[str, bytes, str, str, str]] = [
    ("daftar.csv", (HEADER + ROW + ROW).encode(), "3", "id", "pengenal helipad sudah dipakai di baris 2"),
    (
        "daftar.csv", (HEADER + ROW.replace("Di atap.", "x" * 4001)).encode(),
        "2", "answer", "jawaban terdiri atas 4001 huruf; paling banyak 4000",
    ),
    ("daftar.csv", b"id,bahasa\n", "1", "", "kolom language tidak ada"),
    ("daftar.xlsx", b"PK", "1", "", "bukan berkas XLSX"),
    ("daftar.zip", b"PK", "1", "", "bukan berkas ZIP, rusak, atau terenkripsi"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "row", "column", "what"), IN_INDONESIAN, ids=[f[4] for f in IN_INDONESIAN])
@on_one_database
def test_who_reads_indonesian_is_told_in_indonesian(
    center: Center, name: str, content: bytes, row: str, column: str, what: str
) -> None:
    sri = center.browser("sri", "id")
    answer = sri.get(brings(sri, content, name).headers["location"])
    assert answer.status_code == 422
    found = re.findall(r"<tr><td>(.*?)</td><td[^>]*>(.*?)</td><td>(.*?)</td><td>(.*?)</td></tr>", answer.text)
    assert (name, row, column, what) in found


@on_one_database
def test_faults_of_a_file_in_an_archive_are_told_in_indonesian_with_their_place(center: Center) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("id/akun.yml", "category: akun\ntitle: Akun\ntemplates:\n  - id: sandi\n")
    sri = center.browser("sri", "id")
    page = sri.get(brings(sri, packed.getvalue(), "daftar.zip").headers["location"]).text
    assert '<td>daftar.zip/id/akun.yml</td><td class="figures">4</td><td></td><td>owner tidak ada</td>' in page


@on_one_database
def test_what_looks_like_a_formula_stays_text(center: Center, tmp_path: Path) -> None:
    center.works_with(four_eyes=False)
    sri = center.browser("sri")
    formula = '=HYPERLINK("http://x")'
    for name in ("data.csv", "data.xlsx"):
        words = {"id": TemplateWords("Helipad", ("Di mana helipad?",), f"{formula} {name}")}
        address, page = looked_at(sri, as_file(tmp_path, Snapshot((replace(NEW, words=words),)), name), name)
        assert "=HYPERLINK(&#34;http://x&#34;)" in page
        imports(sri, address, page)
        assert answers(center)["helipad"] == f"{formula} {name}"
    rows = list(csv.reader(io.StringIO(sri.get("/console/knowledge/export/csv").content.decode("utf-8-sig"))))
    assert [row[9] for row in rows if row[0] == "helipad"] == [f"'{formula} data.xlsx"]


@on_one_database
def test_hostile_words_in_a_file_are_only_words(center: Center, tmp_path: Path) -> None:
    words = {"id": TemplateWords("<b>x</b>", ("<script>alert(1)</script> apa?",), "<img src=x onerror=alert(1)>")}
    hostile = as_file(tmp_path, Snapshot((replace(NEW, words=words),)))
    _, page = looked_at(center.browser("sri"), hostile, '"><script>alert(2)</script>.csv')
    assert not re.findall(r"<(?:script>|img|b>x)", page)


@pytest.mark.parametrize(
    ("name", "content", "status", "told"),
    [
        ("data.pdf", b"x", 422, "is no CSV, XLSX or ZIP file"),
        ("data.csv", b"", 422, "data.csv is empty"),
        ("data.csv", b"x" * (exchanging.LARGEST + 1), 413, "data.csv is larger than 10 MB"),
        ("data.csv", b"x" * 6_000_000, 413, "over the limit"),
    ],
)
@on_one_database
def test_a_file_that_cannot_be_one_of_ours_is_refused_on_a_page(
    center: Center, name: str, content: bytes, status: int, told: str
) -> None:
    if len(content) == 6_000_000:
        center.works_with(max_attachment=1_000_000)
    answer = brings(center.browser("sri"), content, name)
    assert (answer.status_code, told in answer.text) == (status, True), answer.text
    assert "<h1>" in answer.text
    assert list(center.parts.settings.data_dir.glob("imports/*/*")) == []


def test_what_changed_since_the_look_is_looked_at_again(center: Center, tmp_path: Path) -> None:
    center.works_with(four_eyes=False)
    sri, before = center.browser("sri"), answers(center)
    address, page = looked_at(sri, as_file(tmp_path, Snapshot((changed("Lewat portal."),))))
    with center.db.write() as session:
        import_templates(session, Snapshot((NEW,)), center.clock())
    refused = imports(sri, address, page)
    assert refused.status_code == 409
    assert "have just changed" in refused.text
    assert answers(center) == before | {"helipad": "Helipad: id."}
    assert imports(sri, address, refused.text).status_code == 303


def test_what_somebody_else_is_writing_is_not_replaced(center: Center, tmp_path: Path) -> None:
    with center.db.write() as session:
        publishing.draft(session, changed("Dari Dewi."), "dewi", center.clock())
    sri = center.browser("sri")
    address, page = looked_at(sri, as_file(tmp_path, Snapshot((changed("Dari Sri."),))))
    assert "dewi is writing email-ganti" in page
    assert "dewi sedang menulis email-ganti (versi 2)" in center.browser("sri", "id").get(address).text
    assert 'name="seen"' not in page
    with center.db.read() as session:
        seen = str(versions.version(session))
    assert sri.post(address, seen=seen).status_code == 409
    with center.db.read() as session:
        assert versions.open_versions(session)["email-ganti"].author == "dewi"


@on_one_database
def test_what_a_replay_blocks_needs_a_reason(center: Center, tmp_path: Path) -> None:
    center.works_with(four_eyes=False)
    twin = template("kembaran", id=("Kembaran", *(f"min, {q}" for q in CAMPUS.templates[0].words["id"].questions)))
    sri, before = center.browser("sri"), answers(center)
    address, page = looked_at(sri, as_file(tmp_path, Snapshot((twin,))))
    blocked = imports(sri, address, page)
    assert blocked.status_code == 409
    assert "asks the same as" in blocked.text
    assert answers(center) == before
    assert imports(sri, address, blocked.text, despite="uji coba").status_code == 303
    assert "kembaran" in answers(center)


def test_only_who_brought_a_file_sees_it_and_it_goes_by_itself(center: Center, tmp_path: Path) -> None:
    sri, admin = center.browser("sri"), center.browser("admin")
    address, _ = looked_at(sri, as_file(tmp_path, Snapshot((NEW,))))
    assert admin.get(address).status_code == 404
    for number in ("no-token", "..%2F..", "0" * 32):
        assert sri.get(f"{exchanging.HOME}/{number}").status_code == 404
    [kept] = center.parts.settings.data_dir.glob("imports/sri/*")
    list(sweep(center.db, center.parts.settings.data_dir, center.clock()))
    assert kept.exists()
    center.clock.advance(hours=13)
    list(sweep(center.db, center.parts.settings.data_dir, center.clock()))
    assert not kept.exists()


@on_one_database
def test_the_base_goes_out_in_three_forms_that_come_in_again(center: Center, tmp_path: Path) -> None:
    sri = center.browser("sri")
    for form in exchange.FORMS:
        answer = sri.get(f"/console/knowledge/export/{form}")
        name = f"sapa-templates-{center.clock():%Y-%m-%d}.{form}"
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
        (tmp_path / name).write_bytes(answer.content)
        assert exchange.read(tmp_path / name).templates == tuple(map(Content.of, CAMPUS.templates))
        _, page = looked_at(sri, answer.content, name)
        assert "0 changed, 0 new, 5 the same" in page
        assert "says what is published already" in page


@on_one_database
def test_drafts_go_out_by_themselves(center: Center) -> None:
    with center.db.write() as session:
        publishing.draft(session, changed("Draf."), "sri", center.clock())
    answer = center.browser("sri").get("/console/knowledge/export/zip?drafts=1")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["id/akun.yml"]
        assert "Draf." in archive.read("id/akun.yml").decode()


@on_one_database
def test_many_templates_are_looked_at_page_by_page(center: Center, tmp_path: Path) -> None:
    many = [template(f"t{at:03}", id=(f"Judul {at:03}", f"Pertanyaan nomor {at:03}?")) for at in range(60)]
    address, _ = looked_at(center.browser("sri"), as_file(tmp_path, Snapshot(tuple(many))))
    sri = center.browser("sri")
    seen = [re.findall(r"<b>Judul (\d+)</b>", sri.get(f"{address}?show=added&page={at}").text) for at in (1, 2, 3, 99)]
    assert [len(each) for each in seen] == [25, 25, 10, 10]
    assert [*seen[0], *seen[1], *seen[2]] == [f"{at:03}" for at in range(60)]


@on_one_database
def test_a_file_is_imported_in_a_browser(center: Center, somebody: Open, tmp_path: Path) -> None:
    exchange.write(tmp_path / "data.xlsx", Snapshot((changed("Lewat portal."), NEW)))
    (tmp_path / "daftar.pdf").write_bytes(b"%PDF-1.4")
    for screen in (DESKTOP, PHONE):
        page = somebody("sri", exchanging.HOME, screen)
        fits(page)
        axe(page)
        page.set_input_files("[name=file]", tmp_path / "daftar.pdf")
        page.click("text=See what would change")
        page.wait_for_selector("[role=alert] >> text=daftar.pdf is no CSV, XLSX or ZIP file.")
        page.set_input_files("[name=file]", tmp_path / "data.xlsx")
        page.click("text=See what would change")
        page.wait_for_selector("text=1 changed, 1 new")
        fits(page)
        axe(page)
    page.click("button.main")
    page.wait_for_selector("text=1 new templates, 1 changed.")


def test_what_a_file_does_not_name_is_archived_where_all_is_replaced(center: Center, tmp_path: Path) -> None:
    sri = center.browser("sri")
    content = as_file(tmp_path, Snapshot((NEW, *CAMPUS.templates[1:]), CAMPUS.categories))
    gone = CAMPUS.templates[0].id
    address, page = looked_at(sri, content)
    assert "not in the file and left as they are" in page
    page = sri.get(f"{address}?replace=1").text
    assert "1 new, " in page
    assert "1 not in the file and archived" in page
    assert "1 templates that the file does not name are archived" in page
    assert f'/templates/{gone}"' in sri.get(f"{address}?replace=1&show=removed").text
    assert published(center, gone)
    answer = imports(sri, address, page, replace="1")
    assert answer.status_code == 303, answer.text
    assert "1 archived." in sri.get(answer.headers["location"]).text
    assert not published(center, gone)


def published(center: Center, key: str) -> bool:
    with center.db.read() as session:
        return key in versions.published(session)


def test_where_two_people_are_needed_nothing_is_replaced_by_a_file(center: Center, tmp_path: Path) -> None:
    center.works_with(four_eyes=True)
    sri = center.browser("sri")
    address, page = looked_at(sri, as_file(tmp_path, Snapshot((NEW,))))
    assert "replace=1" not in page
    assert "archived" not in sri.get(f"{address}?replace=1").text
    assert imports(sri, address, page, replace="1").status_code == 303
    assert published(center, CAMPUS.templates[0].id)


def test_a_file_that_cannot_replace_all_may_still_be_merged(center: Center, tmp_path: Path) -> None:
    sri = center.browser("sri")
    other = replace(Content.of(CAMPUS.templates[0]), buttons=(CAMPUS.templates[1].id,))
    address, page = looked_at(sri, as_file(tmp_path, Snapshot((other,), CAMPUS.categories)))
    refused = sri.get(f"{address}?replace=1")
    assert refused.status_code == 422
    assert "leads to no template" in refused.text
    assert imports(sri, address, page).status_code == 303
