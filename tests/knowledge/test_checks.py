"""What is wrong with a template, as a table."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.knowledge.checks import Rules, collisions, faults_of
from bot.knowledge.content import Attachment, Content
from bot.knowledge.snapshot import TemplateWords

RULES = Rules(date(2026, 11, 23), frozenset({"name", "portal_url"}))
WORDS = TemplateWords("Bayar UKT", ("Bagaimana cara membayar UKT?",), "Halo {name}, lihat {portal_url}.")
GOOD = Content(
    "ukt-bayar",
    "keuangan",
    "public",
    "Biro Keuangan",
    "SK 12/2026",
    {"id": WORDS},
    ("krs-isi",),
    {"id": (Attachment("Formulir", "https://contoh.ac.id/a.pdf"),)},
    date(2026, 7, 1),
    date(2026, 11, 23),
)


def in_words(**changes: object) -> Content:
    return replace(GOOD, words={"id": replace(WORDS, **changes)})  # type: ignore[arg-type]


FAULTS = [
    (replace(GOOD, id="UKT"), "id must be of a-z, 0-9 and single - _ ."),
    (replace(GOOD, owner=" "), "owner is empty"),
    (replace(GOOD, audience="all"), "audience must be one of public, student, staff"),
    (replace(GOOD, valid_until=date(2026, 11, 22)), "valid_until 2026-11-22 is over"),
    (replace(GOOD, valid_from=date(2026, 12, 1)), "valid_until 2026-11-23 is before valid_from 2026-12-01"),
    (replace(GOOD, buttons=("nowhere",)), "the button nowhere leads to no template"),
    (replace(GOOD, buttons=("ukt-bayar",)), "the button ukt-bayar leads to itself or stands there twice"),
    (replace(GOOD, buttons=("krs-isi",) * 4), "has 4 buttons, more than 3"),
    (replace(GOOD, words={}), "has no words in any language"),
    (in_words(title="x" * 21), "title has 21 characters, more than 20"),
    (in_words(answer=""), "answer is empty"),
    (in_words(answer="x" * 4001), "answer has 4001 characters, more than 4000"),
    (in_words(answer="x" * 3990), "the answer with its attachments has 4027 characters, more than 4000"),
    (in_words(answer="a\x07b"), "answer holds a control character"),
    (in_words(answer="Hai {nama}"), "there is no variable {nama}; known are name, portal_url"),
    *(
        (in_words(answer=f"Buka {written} ya"), "has a brace that belongs to no variable; one is written {name}")
        for written in (
            "{ portal_url }",
            "{portal-url}",
            "{name.first}",
            "{portal_url",
            "portal_url}",
            "{{portal_url}}",
        )
    ),
    (in_words(title="{portal_url}"), "title has a brace; variables are filled in answers alone"),
    (
        replace(GOOD, attachments={"id": (Attachment("Portal {name}", "https://contoh.ac.id/a.pdf"),)}),
        "an attachment's title has a brace; variables are filled in answers alone",
    ),
    (
        replace(GOOD, attachments={"id": (Attachment("Portal", "https://contoh.ac.id/{name}"),)}),
        "an attachment's url has a brace; variables are filled in answers alone",
    ),
    (in_words(questions=()), "has no example question"),
    (in_words(questions=("???",)), "a question needs a letter or a digit"),
    (
        replace(GOOD, attachments={"id": (Attachment("Formulir", "javascript:alert(1)"),)}),
        "an attachment's url must begin with http:// or https://, of 300 characters at most",
    ),
]


def test_a_good_template_has_no_fault() -> None:
    assert faults_of(GOOD, RULES, {"krs-isi"}) == []


@pytest.mark.parametrize(("content", "fault"), FAULTS, ids=[fault for _, fault in FAULTS])
def test_a_fault_is_told_with_the_template(content: Content, fault: str) -> None:
    found = faults_of(content, RULES, {"krs-isi", "ukt-bayar"})
    assert any(each.startswith(f"template {content.id}") and each.endswith(fault) for each in found), found


def test_a_fault_is_told_with_its_place_where_there_is_one() -> None:
    bad = replace(in_words(answer="{nama}"), places={"id": "a.yml:4", ("id", "answer"): "a.yml:12"})
    assert faults_of(bad, RULES, {"krs-isi"})[0].startswith("a.yml:12: there is no variable {nama}")


def test_a_question_stands_in_one_template_and_there_once() -> None:
    other = replace(in_words(questions=("bagaimana cara membayar ukt", "Bayar di mana?", "bayar di mana")), id="lain")
    assert collisions({"lain": other}, [GOOD]) == [
        "template lain: the question “bagaimana cara membayar ukt” is already an example of template ukt-bayar",
        "template lain: the question “bayar di mana” stands there twice",
    ]
