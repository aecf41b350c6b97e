"""A supervisor's work from the command line."""

from __future__ import annotations

from pathlib import Path

from bot.clock import utc_now
from bot.knowledge import store
from bot.knowledge.base import Decision
from bot.knowledge.snapshot import Snapshot
from bot.storage.database import Database
from tests.commands.conftest import Sapa
from tests.knowledge.curating.rows import ask, hit

TEMPLATE = """\
category: fasilitas
title: Fasilitas
templates:
  - id: helikopter
    title: Landasan heli
    audience: public
    owner: Biro Umum
    source: Peta kampus 2026
    valid_until: 2099-12-31
    buttons: [ukt-besaran]
    questions:
      - di mana landasan helikopter kampus
      - helikopter boleh mendarat di mana
      - izin mendarat helikopter bagaimana
      - ada helipad ga di kampus
    answer: |
      Halo {name}, landasan ada di atap Gedung A. Lihat {portal_url}.
"""


def file(tmp_path: Path, text: str = TEMPLATE) -> str:
    path = tmp_path / "new" / "id" / "fasilitas.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return str(tmp_path / "new")


def base(db: Database) -> Snapshot:
    with db.read() as session:
        return store.load(session, every=True)


def test_a_template_is_drafted_handed_in_replayed_and_published_by_somebody_else(
    sapa: Sapa, tmp_path: Path, opened: Database
) -> None:
    with opened.write() as session:
        ask(session, 1, "helikopter bisa mendarat di mana ya", now=utc_now())
    said = sapa("knowledge", "draft", file(tmp_path), "--as", "sri", FOUR_EYES="yes")
    assert said.out == "helikopter  version 1  draft\n"
    assert "helikopter" in sapa("knowledge", "review", "helikopter").out
    assert "sri wrote helikopter; somebody else has to publish it" in (
        sapa("knowledge", "publish", "--as", "sri").sentence()
    )
    said = sapa("knowledge", "publish", "helikopter", "--as", "admin")
    assert said.code == 0, said.err
    assert said.out.startswith("1 past questions: 1 change, 1 better, 0 other, 0 worse.\n")
    assert said.out.endswith("helikopter  version 1  published\n")
    assert "helikopter" in {each.id for each in base(opened).templates}
    steps = [line.split()[2:4] for line in sapa("knowledge", "history", "helikopter").out.splitlines()]
    assert steps == [["sri", "write"], ["sri", "submit"], ["admin", "publish"]]
    assert sapa("knowledge", "publish").sentence() == "Nothing waits to be published."
    assert sapa("knowledge", "archive", "helikopter").out == "helikopter  version 1  archived\n"
    assert sapa("knowledge", "rollback", "helikopter").out == "helikopter  version 2  published\n"
    assert sapa("knowledge", "diff", "helikopter").out == "Nothing changed.\n"


def test_a_broken_golden_question_keeps_a_template_back(sapa: Sapa, tmp_path: Path, opened: Database) -> None:
    assert "(nothing)" in sapa("knowledge", "golden", "helikopter", "mendarat", "di", "mana").out
    sapa("knowledge", "draft", file(tmp_path))
    sapa("knowledge", "review", "helikopter")
    reason = "the golden question “helikopter mendarat di mana” would no longer be left unanswered"
    said = sapa("knowledge", "replay")
    assert (said.code, f"BLOCKED: {reason}" in said.out) == (1, True)
    assert reason in sapa("knowledge", "publish").sentence()
    assert sapa("knowledge", "publish", "--despite", "pertanyaan baru").code == 0
    assert f"blocks: ['{reason}']" in sapa("knowledge", "history", "helikopter").out
    assert sapa("knowledge", "golden", "--remove", "helikopter mendarat di mana").out == ""


def test_a_golden_question_that_does_not_hold_is_kept_and_said_not_to(sapa: Sapa, opened: Database) -> None:
    said = sapa("knowledge", "golden", "kapan jadwal wisuda", "--template", "wisuda-jadwal")
    assert said.out.split() == ["holds", "id", "wisuda-jadwal", "kapan", "jadwal", "wisuda"]
    said = sapa("knowledge", "golden", "resep rendang padang", "--template", "wisuda-jadwal")
    assert (said.code, said.out.splitlines()[1:]) == (
        0, ["BROKEN  id  wisuda-jadwal                resep rendang padang  (not answered so now: nobody)"]
    )  # fmt: skip


def test_an_import_despite_a_block_tells_and_writes_down_what_was_blocked(
    sapa: Sapa, tmp_path: Path, opened: Database
) -> None:
    sapa("knowledge", "golden", "helikopter mendarat di mana")
    reason = "the golden question “helikopter mendarat di mana” would no longer be left unanswered"
    assert reason in sapa("knowledge", "import", file(tmp_path)).sentence()
    assert reason in sapa("knowledge", "import", file(tmp_path), "--despite", "  ").sentence()
    said = sapa("knowledge", "import", file(tmp_path), "--despite", "pertanyaan baru")
    assert (said.code, f"BLOCKED: {reason}\n1 added" in said.out) == (0, True)
    told = sapa("knowledge", "history", "helikopter").out
    assert f"despite: pertanyaan baru; blocks: ['{reason}']" in told


def test_an_import_is_previewed_and_refused_where_it_collides(sapa: Sapa, tmp_path: Path, opened: Database) -> None:
    before = base(opened)
    said = sapa("knowledge", "import", file(tmp_path), "--preview")
    assert said.out.splitlines() == [
        "+ helikopter",
        "1 added, 0 changed, 0 unchanged, 0 removed, 72 kept.",
        "Nothing was imported.",
    ]
    [question] = [q for t in before.templates if t.id == "ukt-cara-bayar" for q in t.words["id"].questions[:1]]
    twin = TEMPLATE.replace("ada helipad ga di kampus", f"min, {question.lower()}")
    assert "asks the same as" in sapa("knowledge", "import", file(tmp_path, twin)).sentence()
    unknown = TEMPLATE.replace("{portal_url}", "{pintu}")
    assert sapa("knowledge", "import", file(tmp_path, unknown)).sentence() == (
        f"{tmp_path}/new/id/fasilitas.yml:16: there is no variable {{pintu}}; known are institution, name, portal_url"
    )
    over = TEMPLATE.replace("2099-12-31", "2020-12-31")
    assert (
        "fasilitas.yml:9: valid_until 2020-12-31 is over"
        in sapa("knowledge", "import", file(tmp_path, over)).sentence()
    )
    assert base(opened) == before


def test_with_four_eyes_an_import_waits(sapa: Sapa, tmp_path: Path, opened: Database) -> None:
    said = sapa("knowledge", "import", file(tmp_path), FOUR_EYES="yes")
    assert said.out.endswith("Handed in, to be published by somebody else: helikopter\n")
    assert "helikopter" not in {each.id for each in base(opened).templates}


def test_a_table_goes_out_and_in_without_loss(sapa: Sapa, tmp_path: Path, opened: Database) -> None:
    for name in ("out.xlsx", "out.csv"):
        assert sapa("knowledge", "export", str(tmp_path / name)).out.startswith("72 templates written")
        said = sapa("knowledge", "import", str(tmp_path / name), "--replace")
        assert said.out == "0 added, 0 changed, 72 unchanged, 0 removed, 0 kept.\n"


def test_a_gap_becomes_a_draft_and_the_figures_count(sapa: Sapa, opened: Database) -> None:
    assert sapa("knowledge", "gaps").out == "No gap was found.\n"
    now = utc_now()
    with opened.write() as session:
        for person, text in enumerate(
            ("helipad kampus di mana", "di mana helipad kampus ya", "helipad kampus dmn min")
        ):
            ask(session, person, text, now=now)
        ask(session, 9, "besaran ukt", Decision("answer", (hit("ukt-besaran"),)), helped=True, now=now)
    assert sapa("knowledge", "gaps").out.startswith("  1    1.0 people a month  “")
    said = sapa("knowledge", "gaps", "--draft", "1")
    assert "version 1  draft\n" in said.out
    assert "+ helipad kampus dmn min" in said.out
    made = said.out.split()[0]
    assert sapa("knowledge", "gaps", "--draft", "1").sentence() == f"The gap has a draft already: {made}."
    assert f"  draft: {made}\n" in sapa("knowledge", "gaps").out
    assert sapa("knowledge", "gaps", "--draft", "7").sentence() == "There is no gap 7; there are 1."
    [line] = [line for line in sapa("knowledge", "figures").out.splitlines() if line.startswith("ukt-besaran ")]
    assert line.split()[1:7] == ["1", "1", "1", "0", "0", "0"]


def test_nobody_works_under_a_name_that_is_not_there(sapa: Sapa, tmp_path: Path, opened: Database) -> None:
    assert sapa("knowledge", "draft", file(tmp_path), "--as", "siapa").sentence() == "There is no staff account siapa."
