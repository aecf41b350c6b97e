"""What tells who asked goes; what was asked stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.knowledge.curating.anonymise import anonymous

TEXTS = [
    ("nim saya 13526001, ukt telat bayar gmn", "nim saya, ukt telat bayar gmn"),
    ("NIM IF13526001 lupa sandi", "NIM lupa sandi"),
    ("kirim ke budi.s@contoh.ac.id ya", "kirim ke ya"),
    ("hubungi saya di 0812-3456-7890", "hubungi saya di"),
    ("wa +62 812 3456 7890 tolong", "wa tolong"),
    ("lahir 12 Mei 2004, bisa daftar?", "lahir, bisa daftar?"),
    ("lahir 12/05/2004", "lahir"),
    ("telegram saya @budi_s", "telegram saya"),
    ("nama saya Budi Santoso, kapan KRS dibuka?", "nama saya, kapan KRS dibuka?"),
    ("Nama saya budi santoso. kapan krs dibuka", "Nama saya. kapan krs dibuka"),
    ("my name is Sari Wulan, when is graduation?", "my name is, when is graduation?"),
    ("dosen wali saya Pak Joko Susilo belum setuju KRS", "dosen wali saya Pak belum setuju KRS"),
    ("Pak Apakah UKT bisa dicicil?", "Pak Apakah UKT bisa dicicil?"),
    ("Kak UKT semester 5 tahun 2026/2027 berapa?", "Kak UKT semester 5 tahun 2026/2027 berapa?"),
    ("golongan 3 bayar Rp2.500.000 ya", "golongan 3 bayar Rp2.500.000 ya"),
    ("kuliah IF2110 jam 08.00", "kuliah IF2110 jam 08.00"),
]


@pytest.mark.parametrize(("text", "kept"), TEXTS, ids=[text for text, _ in TEXTS])
def test_personal_data_go_and_the_question_stays(text: str, kept: str) -> None:
    assert anonymous(text) == kept


def test_the_persons_own_name_goes_wherever_it_stands() -> None:
    assert anonymous("saya santoso budi, ukt nya brp", ["Budi Santoso", "Bu"]) == "saya, ukt nya brp"


@given(st.text(max_size=200), st.lists(st.text(max_size=20), max_size=3))
def test_any_text_is_anonymised_and_grows_no_longer(text: str, names: list[str]) -> None:
    once = anonymous(text, names)
    assert len(once) <= len(text)
