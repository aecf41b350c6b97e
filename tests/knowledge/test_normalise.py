"""The normaliser, rule by rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.knowledge.normalise import domain_words, formal, plain, words
from bot.knowledge.slang import FILLERS, SLANG

FORMAL = [
    ("abbreviations", "klo blm bs gmn", "kalau belum bisa bagaimana"),
    ("every no is one", "ga gak nggak enggak tdk", "tidak tidak tidak tidak tidak"),
    ("written together", "gabisa login", "tidak bisa login"),
    ("one word becomes two", "dmn matkul", "di mana mata kuliah"),
    ("case and punctuation", "UDH, Bayar!!! (UKT)", "sudah bayar ukt"),
    ("repeated letters", "tolooong bangeeet", "tolong sangat"),
    ("doubled at the end of a known word", "gakk bisaa", "tidak bisa"),
    ("doubled letters that belong there", "maaf saat manfaat", "maaf saat manfaat"),
    ("reduplication", "teman2 mhs2", "teman-teman mahasiswa-mahasiswa"),
    ("reduplication with a clitic", "buku2nya", "buku-bukunya"),
    ("numbers stay", "semester 5 tahun 2026/2027 pukul 08.00", "semester 5 tahun 2026/2027 pukul 08.00"),
    ("codes stay", "IF2110 S2 D3 10m", "if2110 s2 d3 10m"),
    ("emoji go", "halo 😭🙏 kak", "halo kak"),
    ("full-width letters are letters", "ＵＫＴ", "ukt"),
]


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in FORMAL], ids=[row[0] for row in FORMAL])
def test_a_text_is_written_out(text: str, expected: str) -> None:
    assert formal(text, "id") == expected


WORDS = [
    ("courtesies go", "id", "min mau nanya dong, ukt telat bayar gmn ya??", "ukt telat bayar bagaimana"),
    ("greetings go", "id", "Assalamualaikum kak, mohon info jadwal wisuda", "informasi jadwal wisuda"),
    ("nothing but courtesies", "id", "halo min, selamat pagi", ""),
    ("clitics go", "id", "jadwalnya kapankah bukunyalah", "jadwal kapan buku"),
    ("a clitic typed apart goes", "id", "org nya mana", "orang mana"),
    ("words that only end like a clitic stay", "id", "masalah sekolah punya jumlah", "masalah sekolah punya jumlah"),
    ("reduplication is one word", "id", "teman2 buku-bukunya", "teman buku"),
    ("a dash is no letter", "id", "e-mail m-banking", "email mbanking"),
    ("a dash parts long words", "id", "non-aktif antar-jemput", "non aktif antar jemput"),
    ("two words for one thing", "id", "kata sandi surel saya", "password email saya"),
    ("English contractions", "en", "I can't log in, what's wrong?", "i cannot log in what is wrong"),
    ("English courtesies go", "en", "Hi there, could you tell me where is the library please", "where is the library"),
    ("English possessives", "en", "the university's library", "the university library"),
    ("an unknown language is only split", "fr", "Où est l'école", "où est lécole"),
]


@pytest.mark.parametrize(("language", "text", "expected"), [row[1:] for row in WORDS], ids=[row[0] for row in WORDS])
def test_what_counts_of_a_text(language: str, text: str, expected: str) -> None:
    assert " ".join(words(text, language)) == expected


def test_an_institutions_own_word_wins_over_a_general_one() -> None:
    domain = domain_words(["Beasiswa BS", "IPK min"], ["Program BS dan MIN dibuka.", "INI SEMUA HURUF BESAR"])
    assert {"bs", "min", "beasiswa"} <= domain
    assert "huruf" not in domain
    assert words("syarat bs min brp", "id", domain) == ("syarat", "bs", "min", "berapa")
    assert words("syarat bs min brp", "id") == ("syarat", "bisa", "berapa")


def test_the_same_question_is_recognised_whatever_its_case_and_punctuation() -> None:
    assert plain("Apa itu KRS?") == plain(" apa itu... krs ") != plain("Apa itu KHS?")


@pytest.mark.parametrize("language", ["id", "en"])
def test_the_lists_agree_with_themselves(language: str) -> None:
    slang = SLANG[language]
    assert len(slang) > 30
    assert not set(slang) & FILLERS[language]
    assert not [value for value in slang.values() for word in value.split() if slang.get(word, word) != word]


@given(st.text(), st.sampled_from(["id", "en", "xx"]))
def test_any_text_has_words_and_writing_it_out_again_changes_nothing(text: str, language: str) -> None:
    written = formal(text, language)
    assert formal(written, language) == written
    assert all(word and " " not in word.strip() for word in words(text, language))
