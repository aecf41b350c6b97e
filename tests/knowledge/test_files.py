"""Template files: what is refused, with its place, and the round trip."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import RefusedFile
from bot.knowledge.content import Attachment, Content
from bot.knowledge.files import read_templates, write_templates
from bot.knowledge.normalise import plain
from bot.knowledge.snapshot import Snapshot, TemplateWords
from tests.knowledge.sample import CAMPUS

GOOD = """\
category: keuangan
title: Keuangan
templates:
  - id: ukt-bayar
    title: Bayar UKT
    audience: public
    owner: Bagian Keuangan
    source: SK Rektor 12/2026
    questions:
      - Bagaimana cara membayar UKT?
      - bayar ukt di mana
    answer: |
      UKT dibayar melalui bank.

      Simpan buktinya.
"""
SECOND = """\
  - id: ukt-cicil
    title: Cicilan UKT
    audience: student
    owner: Bagian Keuangan
    source: SK Rektor 12/2026
    questions: ["Bisa cicil UKT?"]
    answer: Bisa.
"""
ENGLISH = """\
category: keuangan
title: Fees
templates:
  - id: ukt-bayar
    title: Pay tuition
    audience: public
    owner: Bagian Keuangan
    source: SK Rektor 12/2026
    questions: ["How do I pay tuition?"]
    answer: At the bank.
"""


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def faults_of(folder: Path) -> list[str]:
    with pytest.raises(RefusedFile) as refused:
        read_templates(folder)
    return [fault.removeprefix(f"{folder}/").replace(f"{folder}/", "") for fault in refused.value.faults]


def test_the_same_id_in_two_languages_is_one_template(tmp_path: Path) -> None:
    snapshot = read_templates(write(tmp_path, {"id/keuangan.yml": GOOD, "en/keuangan.yml": ENGLISH}))
    (template,) = snapshot.templates
    assert template == Content(
        "ukt-bayar",
        "keuangan",
        "public",
        "Bagian Keuangan",
        "SK Rektor 12/2026",
        {
            "id": TemplateWords(
                "Bayar UKT",
                ("Bagaimana cara membayar UKT?", "bayar ukt di mana"),
                "UKT dibayar melalui bank.\n\nSimpan buktinya.",
            ),
            "en": TemplateWords("Pay tuition", ("How do I pay tuition?",), "At the bank."),
        },
    )
    assert snapshot.categories == {"keuangan": {"id": "Keuangan", "en": "Fees"}}
    assert template.words["id"].origin == f"{tmp_path}/id/keuangan.yml:4"


FAULTS = [
    ("title: Bayar UKT", "title: [Bayar", "6: is not YAML: a [ or { is not closed"),
    ("title: Bayar UKT", "title: *nothing", "5: is not YAML: a text that begins with this sign must stand"),
    ("    answer: |", "    answer: |\n\tx", "13: is not YAML: a text that begins with this sign must stand"),
    ("title: Keuangan", "name: Keuangan", "2: unknown key name; the file has category, title, templates"),
    ("title: Keuangan\n", "", "1: title is missing"),
    ("title: Keuangan", "title: Keuangan\ntitle: Uang", "3: title stands there twice"),
    ("category: keuangan", "category: uang", "1: category must be the file's name, keuangan"),
    ("    source: SK Rektor 12/2026\n", "", "4: source is missing"),
    ("    source:", "    sumber:", "8: unknown key sumber"),
    ("id: ukt-bayar", "id: UKT bayar", "4: id must be of a-z, 0-9 and single - _ ."),
    ("title: Bayar UKT", "title: Bayar uang kuliah tunggal", "5: title has 25 characters, more than 20"),
    ("title: Bayar UKT", "title: ' '", "5: title is empty"),
    ("title: Bayar UKT", "title: {a: b}", "5: title must be a text"),
    ("title: Bayar UKT", 'title: "a\\0b"', "5: title holds a control character"),
    ("audience: public", "audience: everyone", "6: audience must be one of public, student, staff"),
    (
        "      - bayar ukt di mana",
        "      - bagaimana CARA membayar ukt",
        "11: the question “bagaimana CARA membayar ukt”",
    ),
    ("      - bayar ukt di mana", "      - '???'", "11: a question needs a letter or a digit"),
    ("      - bayar ukt di mana", "      -", "11: a question is empty"),
    ("      - bayar ukt di mana", "      - [a]", "11: a question must be a text"),
    ("Simpan buktinya.", "Simpan. " * 600, "12: answer has 48"),
    ("Simpan buktinya.", "Simpan \x01", "15: holds the character U+0001"),
]


@pytest.mark.parametrize(("old", "new", "fault"), FAULTS, ids=[fault for _, _, fault in FAULTS])
def test_a_fault_is_told_with_its_line(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert old in GOOD
    faults = faults_of(write(tmp_path, {"id/keuangan.yml": GOOD.replace(old, new, 1)}))
    assert any(found.startswith(f"id/keuangan.yml:{fault}") for found in faults), faults


def test_questions_must_be_there(tmp_path: Path) -> None:
    text = SECOND.replace('["Bisa cicil UKT?"]', "[]")
    assert faults_of(write(tmp_path, {"id/keuangan.yml": GOOD + text})) == [
        "id/keuangan.yml:21: questions must be a list of at least one"
    ]


@pytest.mark.parametrize(
    ("files", "faults"),
    [
        (
            {"id/keuangan.yml": GOOD + SECOND.replace("ukt-cicil", "ukt-bayar")},
            ["id/keuangan.yml:16: id ukt-bayar is already used in line 4"],
        ),
        (
            {"id/keuangan.yml": GOOD, "id/uang.yml": GOOD.replace("category: keuangan", "category: uang")},
            [
                "id/uang.yml:4: id ukt-bayar is already used in id/keuangan.yml:4",
                "id/uang.yml:4: category of ukt-bayar is “keuangan” in id/keuangan.yml:4",
                "id/uang.yml:10: the question “Bagaimana cara membayar UKT?” is already an example in "
                "id/keuangan.yml:10",
                "id/uang.yml:11: the question “bayar ukt di mana” is already an example in id/keuangan.yml:11",
            ],
        ),
        (
            {"id/keuangan.yml": GOOD + SECOND.replace("Bisa cicil UKT?", "bayar UKT (di mana)")},
            ["id/keuangan.yml:21: the question “bayar UKT (di mana)” is already an example in id/keuangan.yml:11"],
        ),
        (
            {"id/keuangan.yml": GOOD, "en/keuangan.yml": ENGLISH.replace("public", "staff")},
            ["id/keuangan.yml:6: audience of ukt-bayar is “staff” in en/keuangan.yml:6"],
        ),
        ({"fr/keuangan.yml": GOOD}, ["fr/keuangan.yml:1: is not in a language folder (id, en)"]),
        ({"keuangan.yml": GOOD}, ["keuangan.yml:1: is not in a language folder (id, en)"]),
        ({"id/keuangan.yaml": GOOD}, ["id/keuangan.yaml:1: the name must end with .yml"]),
        ({"id/keuangan.yml": ""}, ["id/keuangan.yml:1: is empty"]),
        ({"id/keuangan.yml": "- a"}, ["id/keuangan.yml:1: the file must have the keys category, title, templates"]),
        ({"id/keuangan.yml": "a: b\n# \n# caf\xe9".encode("latin-1")}, ["id/keuangan.yml:3: is not UTF-8 text"]),
        ({"id/keuangan.yml": "[" * 20_000 + "]" * 20_000}, ["id/keuangan.yml:1: is nested too deeply"]),
    ],
)
def test_faults_between_files_and_of_whole_files(
    tmp_path: Path, files: dict[str, str | bytes], faults: list[str]
) -> None:
    assert faults_of(write(tmp_path, files)) == faults


def test_an_empty_folder_and_a_missing_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile, match="there are no templates here"):
        read_templates(tmp_path)
    with pytest.raises(RefusedFile, match="there is no such folder"):
        read_templates(tmp_path / "nowhere")


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("audience: public", "audience: all").replace("title: Bayar UKT", "title: ''")
    assert faults_of(write(tmp_path, {"id/keuangan.yml": text, "en/keuangan.yml": "title: x"})) == [
        "en/keuangan.yml:1: category is missing",
        "en/keuangan.yml:1: templates is missing",
        "id/keuangan.yml:5: title is empty",
        "id/keuangan.yml:6: audience must be one of public, student, staff",
    ]


def test_what_was_written_is_read_as_it_was(tmp_path: Path) -> None:
    files = write_templates(tmp_path, CAMPUS)
    assert {path.relative_to(tmp_path).as_posix() for path in files} == {
        "id/akademik.yml",
        "id/akun.yml",
        "id/keuangan.yml",
        "en/akademik.yml",
        "en/akun.yml",
        "en/keuangan.yml",
    }
    again = read_templates(tmp_path)
    assert (again.templates, again.categories) == (tuple(map(Content.of, CAMPUS.templates)), CAMPUS.categories)


AROUND = """\
    valid_from: 2026-07-01
    valid_until: 2026-08-31
    buttons: [ukt-cicil]
    attachments:
      - title: Formulir
        url: https://contoh.ac.id/formulir.pdf
"""


def test_what_is_around_an_answer_is_read_and_written(tmp_path: Path) -> None:
    english = ENGLISH + AROUND.replace("Formulir", "Form")
    read = read_templates(
        write(tmp_path / "a", {"id/keuangan.yml": GOOD + AROUND + SECOND, "en/keuangan.yml": english})
    )
    first = read.templates[0]
    assert isinstance(first, Content)
    assert (first.valid_from, first.valid_until, first.buttons) == (date(2026, 7, 1), date(2026, 8, 31), ("ukt-cicil",))
    assert first.attachments["id"] == (Attachment("Formulir", "https://contoh.ac.id/formulir.pdf"),)
    assert first.attachments["en"][0].title == "Form"
    assert first.place("valid_until") == f"{tmp_path}/a/id/keuangan.yml:17"
    assert Content.from_json(first.id, first.as_json()) == first
    write_templates(tmp_path / "b", read)
    assert read_templates(tmp_path / "b") == read


AROUND_FAULTS = [
    ("2026-08-31", "31/08/2026", "17: valid_until must be a date like 2026-08-31"),
    ("[ukt-cicil]", "ukt-cicil", "18: buttons must be a list of at least one"),
    ("        url: https://contoh.ac.id/formulir.pdf\n", "", "20: url is missing"),
    ("title: Formulir", "judul: Formulir", "20: unknown key judul; an attachment has title, url"),
]


@pytest.mark.parametrize(("old", "new", "fault"), AROUND_FAULTS, ids=[fault for _, _, fault in AROUND_FAULTS])
def test_a_fault_around_an_answer_is_told_with_its_line(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert f"id/keuangan.yml:{fault}" in faults_of(
        write(tmp_path, {"id/keuangan.yml": GOOD + AROUND.replace(old, new)})
    )


def test_what_is_around_an_answer_is_the_same_in_all_languages(tmp_path: Path) -> None:
    assert faults_of(write(tmp_path, {"id/keuangan.yml": GOOD + AROUND, "en/keuangan.yml": ENGLISH})) == [
        "id/keuangan.yml:16: valid_from of ukt-bayar is “left out” in en/keuangan.yml:4",
        "id/keuangan.yml:17: valid_until of ukt-bayar is “left out” in en/keuangan.yml:4",
        "id/keuangan.yml:18: buttons of ukt-bayar is “left out” in en/keuangan.yml:4",
    ]


def test_writing_beside_other_templates_is_refused_and_writes_nothing(tmp_path: Path) -> None:
    write(tmp_path, {"id/lama.yml": GOOD})
    with pytest.raises(RefusedFile, match=r"lama\.yml:1: is no part"):
        write_templates(tmp_path, CAMPUS)
    assert [path.name for path in tmp_path.rglob("*.yml")] == ["lama.yml"]


printable = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])
line = st.text(printable, min_size=1, max_size=20).map(lambda text: " ".join(text.split())).filter(bool)
answer = st.text(st.one_of(printable, st.sampled_from("\n\t:#-|>'\"{}[]")), min_size=1).map(str.strip).filter(bool)


@given(title=line, owner=line, questions=st.lists(line.filter(plain), min_size=1, unique_by=plain), answer=answer)
def test_any_text_survives_the_round_trip(
    tmp_path_factory: pytest.TempPathFactory, title: str, owner: str, questions: list[str], answer: str
) -> None:
    words = {"id": TemplateWords(title, tuple(questions), answer)}
    snapshot = Snapshot((Content("a", "b", "staff", owner, title, words),), {"b": {"id": title}})
    folder = tmp_path_factory.mktemp("knowledge")
    write_templates(folder, snapshot)
    assert read_templates(folder) == snapshot
