"""What people type when they are asked who they are, and what of it counts."""

from __future__ import annotations

from datetime import date
from typing import Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.identity.extract import Claim, Guest, Wanted, read_claim, read_email, read_guest

NIM, NIP = "13526001", "197905122005011002"
BUDI = "Budi Santoso"
MAY = date(2004, 5, 12)
ALL = Claim(NIM, BUDI, MAY)


def lower(claim: Claim) -> Claim:
    return Claim(claim.number, claim.name.lower() if claim.name else None, claim.birth_date)


@pytest.mark.parametrize(
    "text",
    [
        "nim 13526001 nama budi santoso lahir 12 mei 2004",
        "13526001, Budi Santoso, 12-05-2004",
        "13526001 Budi Santoso 2004-05-12",
        "NIM: 13526001\nNama: Budi Santoso\nTTL: Bandung, 12 Mei 2004",
        "Nama : Budi Santoso\nNIM : 13526001\nTanggal lahir : 12/05/2004",
        "nama lengkap: budi santoso\nnim: 13526001\ntempat, tanggal lahir: Kota Bandung, 12 Mei 2004",
        "Nama:\nBudi Santoso\nNIM:\n13526001\nTgl Lahir:\n2004-05-12",
        "budi santoso 13526001 12 mei 2004",
        "12 mei 2004 budi santoso 13526001",
        "13526001 12 05 2004 budi santoso",
        "13526001 12-05-04 Budi Santoso",
        "13526001/Budi Santoso/12-05-2004",
        "Budi Santoso / 13526001 / 12-05-2004",
        "Budi Santoso (13526001) 12 Mei 2004",
        "Budi Santoso - 13526001 - 12 Mei 2004",
        "13526001 budi santoso 12052004",
        "13526001 budi santoso 120504",
        "12052004 13526001 budi santoso",
        "budi santoso 13526001 20040512",
        "saya budi santoso nim 13526001 lahir tgl 12 mei 2004",
        "saya Budi Santoso, NIM saya 13526001, lahir di Bandung tanggal 12 Mei 2004",
        "halo kak, nama saya budi santoso, nim saya 13526001, tanggal lahir saya 12 mei 2004 ya makasih",
        "min nim ku 13526001 namaku budi santoso tgl lahirku 12 mei 2004",
        "nim saya adalah 13526001. nama saya adalah budi santoso. lahir pada 12 mei 2004.",
        "Perkenalkan saya Budi Santoso mahasiswa Teknik Informatika angkatan 2022 NIM 13526001 lahir 12 Mei 2004",
        "a.n. Budi Santoso, 13526001, 12 Mei 2004",
        "NIM 135 26 001, Budi Santoso, 12 Mei 2004",
        "NIM 135.26.001 nama Budi Santoso ttl Cimahi 12-5-2004",
        "Nim=13526001; Nama=Budi Santoso; Lahir=12.05.2004",
        "*NIM*: 13526001\n*Nama*: Budi Santoso\n*Lahir*: 12 Mei 2004",
        "1. 13526001\n2. Budi Santoso\n3. 12 Mei 2004",
        "- NIM: 13526001\n- Nama: Budi Santoso\n- TTL: Bandung, 12 Mei 2004",
        "13526001\nBudi Santoso\nBandung, 12 Mei 2004",
        "Budi Santoso, Bandung, 12 Mei 2004, 13526001",
        "Budi Santoso 13526001 12 Mei 2004 budi.13526009@contoh.ac.id 081234567890",
        "I am Budi Santoso, student number 13526001, born 12 May 2004",
        "My name is Budi Santoso, my student ID is 13526001 and my date of birth is May 12, 2004",
        "Hi, I'm Budi Santoso. ID number: 13526001. DOB: 12th of May 2004",
        "name: Budi Santoso, number: 13526001, dob 12/05/2004",
        "１３５２６００１, Budi Santoso, １２ Mei ２００４",
        "13526001 Budi Santoso 05/12/2004".replace("05/12", "12/05"),
        "nim nya 13526001 nama nya budi santoso lahirnya 12 mei 2004",
        "NIM13526001 nama budi santoso lahir 12mei2004".replace("NIM1", "NIM 1"),
        "13526001 budi santoso, ukt saya Rp 5.500.000, lahir 12 mei 2004",
        "tiket CC-2026-000123 nim 13526001 budi santoso 12 mei 2004",
    ],
)
def test_everything_in_one_message_is_understood(text: str) -> None:
    assert lower(read_claim(text, wanted=None)) == lower(ALL)
    assert lower(read_claim(text, wanted="number")) == lower(ALL)


@pytest.mark.parametrize(
    "text",
    [
        "NIP 197905122005011002 nama Budi Santoso lahir 12 Mei 1979",
        "NIP. 19790512 200501 1 002, Budi Santoso, 12-05-1979",
        "1979 0512 2005 01 1 002 budi santoso 12 mei 1979",
        "197905122005011002 Budi Santoso 12/5/79",
        "Budi Santoso\n19790512 200501 1 002\n12 Mei 1979",
        "nip saya 19790512.200501.1.002 nama budi santoso lahir 1979-05-12",
        "197905122005011002, budi santoso, 12051979",
    ],
)
def test_a_staff_number_is_never_read_as_a_date(text: str) -> None:
    assert lower(read_claim(text, wanted=None)) == lower(Claim(NIP, BUDI, date(1979, 5, 12)))


@pytest.mark.parametrize("text", [NIP, "19790512 200501 1 002", "NIP: 1979 05 12 2005 01 1 002"])
@pytest.mark.parametrize("wanted", [None, "number", "birth_date", "name"])
def test_a_staff_number_alone_brings_no_date(text: str, wanted: Wanted | None) -> None:
    assert read_claim(text, wanted=wanted) == Claim(number=NIP)


@pytest.mark.parametrize(
    "text", ["1352600112 12 05 2004", "1352600112 12-05-2004", "1352600112\n12052004", "1352600112 12.05.2004"]
)
def test_a_number_and_a_date_side_by_side_are_no_staff_number(text: str) -> None:
    assert read_claim(text, wanted=None) == Claim(number="1352600112", birth_date=MAY)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12 mei 2004", MAY),
        ("12 Mei 2004 kak", MAY),
        ("12 mei 04", MAY),
        ("12 mei '04", MAY),
        ("12mei2004", MAY),
        ("12-Mei-2004", MAY),
        ("12 May 2004", MAY),
        ("May 12, 2004", MAY),
        ("may 12th 2004", MAY),
        ("12th of May, 2004", MAY),
        ("12/05/2004", MAY),
        ("12/5/2004", MAY),
        ("12-05-04", MAY),
        ("12.5.04", MAY),
        ("12 / 05 / 2004", MAY),
        ("12 05 2004", MAY),
        ("2004-05-12", MAY),
        ("2004/5/12", MAY),
        ("12052004", MAY),
        ("120504", MAY),
        ("20040512", MAY),
        ("05/13/2004", date(2004, 5, 13)),
        ("tgl 12 mei 2004", MAY),
        ("Bandung, 12 Mei 2004", MAY),
        ("Jakarta Selatan, 12 Mei 2004", MAY),
        ("Kabupaten Sleman 12 mei 2004", MAY),
        ("lahir 12 mei 2004 di bandung", MAY),
        ("1 januari 2003", date(2003, 1, 1)),
        ("1 jan 2003", date(2003, 1, 1)),
        ("2 pebruari 2003", date(2003, 2, 2)),
        ("2 febuari 2003", date(2003, 2, 2)),
        ("3 maret 2003", date(2003, 3, 3)),
        ("3 mar 03", date(2003, 3, 3)),
        ("4 april 2003", date(2003, 4, 4)),
        ("6 juni 2003", date(2003, 6, 6)),
        ("7 jul 2003", date(2003, 7, 7)),
        ("17 agustus 1945", date(1945, 8, 17)),
        ("8 agt 2003", date(2003, 8, 8)),
        ("8 ags 2003", date(2003, 8, 8)),
        ("9 sept 2003", date(2003, 9, 9)),
        ("10 okt 2003", date(2003, 10, 10)),
        ("10 october 2003", date(2003, 10, 10)),
        ("11 nopember 2003", date(2003, 11, 11)),
        ("12 des 2003", date(2003, 12, 12)),
        ("12 desembr 2003", date(2003, 12, 12)),
        ("29 februari 2004", date(2004, 2, 29)),
        ("5-8-71", date(1971, 8, 5)),
        ("eh salah, tanggalnya 13 mei 2004", date(2004, 5, 13)),
        ("maaf maksud saya 13 Mei 2004", date(2004, 5, 13)),
        ("bukan 12 mei 2004 tapi 13 mei 2004", date(2004, 5, 13)),
        ("13 mei 2004, bukan 12 mei 2004", date(2004, 5, 13)),
        ("12 mei 2004 eh 13 mei 2004", date(2004, 5, 13)),
    ],
)
def test_a_date_of_birth_is_understood_however_it_is_written(text: str, expected: date) -> None:
    assert read_claim(text, wanted="birth_date") == Claim(birth_date=expected)


@pytest.mark.parametrize(
    "text",
    [
        "30 februari 2004",
        "29 feb 2003",
        "32/01/2004",
        "13/13/2004",
        "12 mei",
        "mei 2004",
        "12 mei 3004",
        "12 mei 2026",
        "12 mai tai 2004",
        "00-00-0000",
        "lupa",
        "kapan ya",
        "2004",
        "12",
    ],
)
def test_what_is_no_date_of_birth_is_none(text: str) -> None:
    assert read_claim(text, wanted="birth_date") == Claim()


@pytest.mark.parametrize(
    ("text", "wanted", "expected"),
    [
        ("13526001", None, NIM),
        ("13526001", "number", NIM),
        ("13526001", "birth_date", NIM),
        ("13526001 kak", "number", NIM),
        ("nim sy 13526001", "number", NIM),
        ("NIM.13526001", "number", NIM),
        ("no induk mahasiswa 13526001", "number", NIM),
        ("135 26 001", "number", NIM),
        ("135-26-001", "number", NIM),
        ("135.26.001", "number", NIM),
        ("nimku 135 26 001", None, NIM),
        ("eh salah, nimnya 13526001", "number", NIM),
        ("13526002 eh maaf 13526001", "number", NIM),
        ("bukan 13526002 tapi 13526001", "number", NIM),
        ("13526001 bukan 13526002", "number", NIM),
        ("190210101001", "number", "190210101001"),
        ("081911633001", "number", "081911633001"),
        ("nim 081911633001", None, "081911633001"),
        ("12052004", "number", "12052004"),
        ("nim 12052004", "birth_date", "12052004"),
        ("10122001", None, "10122001"),
        ("h1a018001", "number", "H1A018001"),
        ("NIM G64190001", None, "G64190001"),
        ("nim saya kalo ga salah 13526001", "number", NIM),
    ],
)
def test_a_number_is_understood_however_it_is_written(text: str, wanted: Wanted | None, expected: str) -> None:
    assert read_claim(text, wanted=wanted) == Claim(number=expected)


@pytest.mark.parametrize(
    "text",
    [
        "081234567890",
        "+62 812-3456-7890",
        "Rp 5500000",
        "rp5.500.000",
        "13526001@std.contoh.ac.id",
        "https://siakad.contoh.ac.id/13526001",
        "CC-2026-000123",
        "123",
        "3273011205040001",
        "2026",
        "halo",
        "",
        "😭😭",
    ],
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert read_claim(text, wanted=None) == Claim()


def test_eight_digits_that_could_be_both_are_what_was_asked_for() -> None:
    assert read_claim("10122001", wanted="birth_date") == Claim(birth_date=date(2001, 12, 10))
    assert read_claim("10122001", wanted="number") == Claim(number="10122001")
    assert read_claim("10122001 12052004", wanted=None) == Claim(number="10122001", birth_date=MAY)
    assert read_claim("lahir 10122001, nim 12052004", wanted=None) == Claim("12052004", None, date(2001, 12, 10))


NAMES = [
    "Budi Santoso",
    "budi santoso",
    "BUDI SANTOSO",
    "Suparman",
    "I Made Adi Wirawan",
    "Ni Luh Putu Ayu Saraswati",
    "Nur Ma'ruf Hidayat",
    "Nur'aini",
    "M. Rizki Pratama",
    "Muhammad Rizki P",
    "Maria Goreti Wea",
    "Aminah binti Syamsuddin",
    "Siti Nurjanah",
    "Cut Intan Rahmadani",
    "Daeng Mappasomba",
    "Anne-Marie Liem",
    "Liem Swie King",
    "Ng Bee Hoon",
    "José Álvares",
    "Sri Hartati",
    "Kasih Lestari",
    "Sandi Kurniawan",
    "Hari Purnomo",
    "Bagus Pramana",
    "Indah Permata Sari",
    "Mei Lestari",
    "Aman Wijaya",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_alone_is_taken_when_it_was_asked_for(name: str) -> None:
    plain = read_claim(name, wanted="name").name
    assert plain is not None
    assert plain.replace(".", "") == name.replace(".", "")
    for around in ("nama saya {}", "{} kak", "saya {}", "eh salah, {}", "Nama: {}", "{} ya, makasih", "it's {}"):
        assert read_claim(around.format(name), wanted="name").name == plain
    assert read_claim(name, wanted="number") == Claim()
    assert read_claim(name, wanted=None) == Claim()
    assert read_claim(name, wanted="birth_date") == Claim()
    assert read_claim(f"{NIM} {name}", wanted=None) == Claim(NIM, plain)
    assert read_claim(f"nama {name} lahir 12 mei 2004 nim {NIM}", wanted=None) == Claim(NIM, plain, MAY)


@pytest.mark.parametrize(
    "text",
    [
        "gak jadi",
        "ga jadi deh",
        "nggak",
        "tidak",
        "ya",
        "ok",
        "oke kak",
        "batal",
        "kenapa harus kasih data?",
        "kenapa harus kasih data",
        "buat apa sih",
        "petugas",
        "mau ngomong sama petugas",
        "ga tau",
        "gatau",
        "gak tau kak",
        "lupa",
        "saya lupa",
        "halo",
        "halo kak",
        "p",
        "makasih",
        "terima kasih kak",
        "thanks",
        "besok aja",
        "nanti dulu",
        "males ah",
        "bentar ya",
        "org nya mana sih, bot mulu",
        "bukan itu maksud sy",
        "min mau nanya dong",
        "ukt telat bayar gmn ya??",
        "ga bisa login siakad dr kmrn 😭",
        "jadwal wisuda",
        "mohon info jadwal wisuda",
        "reset password",
        "lupa kata sandi",
        "cara bayar ukt",
        "nama saya siapa?",
        "nama siapa",
        "siapa kamu",
        "Siapa?",
        "who are you",
        "what for",
        "no",
        "never mind",
        "cancel",
        "i want to talk to a human",
        "I forgot",
        "aman ga datanya",
        "rahasia",
        "wkwkwk",
        "hahaha",
        "hmmm",
        "haloooo",
        "anjing",
        "test",
        "😀",
        "...",
        "?",
        "-",
        "Budi?",
        "mahasiswa",
        "dari bandung",
        "bandung",
        "a",
        "xx",
        "menanyakan beasiswa",
        "tolong dibantu ya",
        "ganti topik",
        "ini penipuan ya",
        "is this safe",
        "good morning",
        "english please",
        "menu",
        "orang tua mahasiswa",
        "satu dua tiga empat lima enam tujuh",
        "'; DROP TABLE person; --",
        "{name}",
        "/start",
    ],
)
def test_a_sentence_is_not_a_name(text: str) -> None:
    assert read_claim(text, wanted="name") == Claim()


@pytest.mark.parametrize(
    "text",
    [
        "bagus", "Bagus kak", "oke", "oke siap", "terima kasih", "Terima Kasih", "setuju", "mungkin", "silakan",
        "indah", "mantul", "sehat", "sabar ya", "semangat", "kabar baik", "salam kenal", "haduh", "Alhamdulillah",
        "insya allah", "hari ini", "minggu depan", "bulan depan kak", "saya sendiri", "perempuan", "laki-laki",
        "ibu kandung", "rumah sakit", "luar biasa", "jelas", "capek", "wow", "perfect", "done", "fine", "female",
        "all good", "teknik informatika", "Teknik Informatika", "sistem informasi", "ilmu komunikasi", "manajemen",
        "akuntansi", "kedokteran", "hukum", "fakultas hukum", "psikologi", "desain komunikasi visual", "s1 farmasi",
        "computer science", "information systems", "pendidikan matematika", "hubungan internasional", "law",
    ],
)  # fmt: skip
def test_ordinary_words_alone_are_not_a_name(text: str) -> None:
    assert read_claim(text, wanted="name") == Claim()
    assert read_guest(text, "name") == Guest()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nama saya Bagus", Claim(name="Bagus")),
        ("Nama: Indah", Claim(name="Indah")),
        ("Bagus Pramana", Claim(name="Bagus Pramana")),
        ("Indah Permata Sari", Claim(name="Indah Permata Sari")),
        ("Sabar", Claim()),
        ("13526001, Bagus, 12 Mei 2004", Claim(NIM, "Bagus", MAY)),
        ("13526001 bagus", Claim(number=NIM)),
        ("Budi Santoso teknik informatika", Claim(name="Budi Santoso")),
        ("nama saya Budi Santoso, Teknik Sipil", Claim(name="Budi Santoso")),
        ("nama Kimia Rahmawati", Claim(name="Kimia Rahmawati")),
    ],
)
def test_a_name_may_be_an_ordinary_word_where_it_is_said_to_be_one(text: str, expected: Claim) -> None:
    assert read_claim(text, wanted="name") == expected


def test_an_ordinary_word_that_is_meant_is_a_name() -> None:
    assert read_claim("Bagus", wanted="name", meant=True) == Claim(name="Bagus")
    assert read_guest("bagus", "name", meant=True) == Guest(name="Bagus")
    assert read_claim("terima kasih", wanted="name", meant=True) == Claim()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nama saya budi tapi biasa dipanggil bud", "budi"),
        ("Budi Santoso dari Teknik Sipil", "Budi Santoso"),
        ("Budi Santoso mahasiswa semester 5", "Budi Santoso"),
        ("bukan Budi Santosa, yang benar Budi Santoso", "Budi Santoso"),
        ("Budi Santosa eh maaf Budi Santoso", "Budi Santoso"),
        ("nama saya Budi Santosa eh salah, Budi Santoso", "Budi Santoso"),
        ("Dr. Ir. Budi Santoso, M.T.", "Dr Ir Budi Santoso"),
        ("Budi Santoso. Kenapa harus kasih data?", None),
        ("Budi Santoso, kenapa ya?", "Budi Santoso"),
    ],
)
def test_a_name_ends_where_something_else_begins(text: str, expected: str | None) -> None:
    assert read_claim(text, wanted="name").name == expected


def test_words_of_a_very_long_text_are_not_searched_without_end() -> None:
    assert read_claim("halo " * 20_000 + NIM, wanted="number") == Claim()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sari@example.com", "sari@example.com"),
        ("email saya Sari.W+kampus@Example.COM.", "Sari.W+kampus@example.com"),
        ("<sari@example.co.id>", "sari@example.co.id"),
        ("mailto:sari@example.com", "sari@example.com"),
        ("sari@example.com, budi@example.com", "sari@example.com"),
        ("sari@example", None),
        ("sari @ example.com", None),
        ("@sari", None),
        ("sari..w@example.com", None),
        ("sari@@example.com", None),
        ("sari@example,com", None),
        ("x" * 300 + "@example.com", None),
        ("", None),
    ],
)
def test_an_email_address_is_found(text: str, expected: str | None) -> None:
    assert read_email(text) == expected


@pytest.mark.parametrize(
    ("text", "wanted", "expected"),
    [
        ("Sari Wulandari, sari@example.com", None, Guest("Sari Wulandari", "sari@example.com")),
        ("sari@example.com sari wulandari", "email", Guest("Sari Wulandari", "sari@example.com")),
        ("nama: Sari Wulandari\nemail: sari@example.com", None, Guest("Sari Wulandari", "sari@example.com")),
        (
            "my name is Sari Wulandari and my email is sari@example.com",
            None,
            Guest("Sari Wulandari", "sari@example.com"),
        ),
        ("saya sari wulandari emailnya sari@example.com ya kak", None, Guest("Sari Wulandari", "sari@example.com")),
        ("SARI WULANDARI", "name", Guest("Sari Wulandari")),
        ("nur'aini", "name", Guest("Nur'aini")),
        ("Sari McDonald", "name", Guest("Sari McDonald")),
        ("sari@example.com", "name", Guest(None, "sari@example.com")),
        ("Sari Wulandari", "email", Guest()),
        ("gak punya email", "email", Guest()),
        ("gak mau", "name", Guest()),
        ("eh salah, email saya sari@example.com", "name", Guest(None, "sari@example.com")),
    ],
)
def test_a_guest_s_name_and_email_are_understood(
    text: str, wanted: Literal["name", "email"] | None, expected: Guest
) -> None:
    assert read_guest(text, wanted) == expected


TYPED = [  # as people type
    NIM,
    NIP,
    "12 mei 2004",
    "12-05-04",
    "nim",
    "nama:",
    "lahir",
    "ttl",
    "\n",
    ",",
    "bukan",
    "eh",
    "Budi",
    "🙂",
    "\x01",
]
PIECES = st.sampled_from(TYPED)
TEXTS = st.text(max_size=120) | st.lists(PIECES | st.text(max_size=8), max_size=12).map(" ".join)


@settings(deadline=None, max_examples=300)
@given(TEXTS, st.sampled_from([None, "number", "name", "birth_date"]))
@example("İ" * 50 + " 12 mei 2004", None)
@example("²³ ١٢ mei ٢٠٠٤", "birth_date")
def test_reading_never_fails_whatever_is_typed(text: str, wanted: Wanted | None) -> None:
    claim = read_claim(text, wanted=wanted)
    assert claim.number is None or 1 <= len(claim.number) <= 32
    assert claim.name is None or 1 <= len(claim.name) <= 200
    read_email(text)
    read_guest(text, "name")


@settings(deadline=None)
@given(
    st.dates(date(1930, 1, 1), date(2015, 12, 31)),
    st.sampled_from(["%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y", "%Y-%m-%d", "%d %m %Y"]),
    st.permutations(["number", "name", "date"]),
    st.sampled_from([", ", "\n", " / ", " "]),
)
def test_any_order_and_any_date_are_understood(born: date, form: str, order: list[str], between: str) -> None:
    parts = {"number": NIM, "name": BUDI, "date": born.strftime(form)}
    assert read_claim(between.join(parts[part] for part in order), wanted=None) == Claim(NIM, BUDI, born)


@settings(deadline=None)
@given(st.dates(date(1950, 1, 1), date(2005, 12, 31)), st.integers(1, 999), st.sampled_from(["", " ", "."]))
def test_no_staff_number_is_ever_taken_for_a_date(born: date, serial: int, gap: str) -> None:
    number = gap.join([born.strftime("%Y%m%d"), "200501", "1", f"{serial:03d}"])
    claim = read_claim(number, wanted="birth_date")
    assert claim == Claim(number=number.replace(gap, "") if gap else number)
