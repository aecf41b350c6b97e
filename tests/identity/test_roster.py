"""The roster file: taken whole, or refused with every fault and its line."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.config import ROOT
from bot.errors import RefusedFile
from bot.identity.checking import record_proof
from bot.identity.model import Person, RosterEntry
from bot.identity.people import facts
from bot.identity.roster import RosterRow, import_roster, read_roster
from bot.storage.database import Database
from tests.conftest import FakeClock

HEADER = "number,name,birth_date,kind,unit,email\n"
BUDI = "13526001,Budi Santoso,2004-05-12,student,Fakultas Teknik,budi@contoh.ac.id\n"
SARI = '197905122005011002,"Sari Wulandari, S.E.",1979-05-12,staff,Biro Keuangan,sari@contoh.ac.id\n'
BUDI_ROW = RosterRow("13526001", "Budi Santoso", date(2004, 5, 12), "student", "Fakultas Teknik", "budi@contoh.ac.id")
SARI_ROW = RosterRow(
    "197905122005011002", "Sari Wulandari, S.E.", date(1979, 5, 12), "staff", "Biro Keuangan", "sari@contoh.ac.id"
)


def roster_file(folder: Path, content: str | bytes) -> Path:
    path = folder / "roster.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def faults(folder: Path, content: str | bytes) -> list[str]:
    path = roster_file(folder, content)
    with pytest.raises(RefusedFile) as refused:
        read_roster(path)
    assert all(fault.startswith(f"{path}:") for fault in refused.value.faults)
    return [fault.removeprefix(f"{path}:") for fault in refused.value.faults]


def test_the_shipped_roster_has_fifty_people() -> None:
    assert len(read_roster(ROOT / "data" / "roster" / "demo.csv")) == 50


@pytest.mark.parametrize(
    "content",
    [
        HEADER + BUDI + SARI,
        "\ufeff" + HEADER + BUDI + SARI,
        (HEADER + BUDI + SARI).replace("\n", "\r\n"),
        HEADER + "\n" + BUDI + ",,,,,\n" + SARI.rstrip("\n"),
        (HEADER + BUDI).replace(",", ";") + SARI.replace(",", ";").replace("Wulandari;", "Wulandari,"),
        HEADER.upper() + BUDI.replace("13526001", " 135.26.001 ").replace("student", "Student") + SARI,
        "email,unit,kind,birth_date,name,number\n"
        + ",".join(reversed(BUDI.strip().split(",")))
        + "\nsari@contoh.ac.id,Biro Keuangan,staff,1979-05-12,"
        + '"Sari Wulandari, S.E.",197905122005011002\n',
    ],
    ids=["plain", "byte order mark", "windows", "empty lines", "semicolons", "careless", "other order"],
)
def test_a_roster_is_read_however_it_was_saved(tmp_path: Path, content: str) -> None:
    assert read_roster(roster_file(tmp_path, content)) == [BUDI_ROW, SARI_ROW]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("13526001", "", "2: number '' must be 3 to 32 letters and digits"),
        ("13526001", "12", "2: number '12' must be 3 to 32 letters and digits"),
        ("13526001", "1352@6001", "2: number '1352@6001' must be 3 to 32 letters and digits"),
        ("Budi Santoso", "", "2: name is empty"),
        ("Budi Santoso", "-", "2: name '-' has no letters"),
        ("Budi Santoso", "B" * 201, "2: name is longer than 200 characters"),
        ("2004-05-12", "12-05-2004", "2: birth_date '12-05-2004' must be a date of birth like 2004-05-12"),
        ("2004-05-12", "2004-13-12", "2: birth_date '2004-13-12' must be a date of birth like 2004-05-12"),
        ("2004-05-12", "", "2: birth_date '' must be a date of birth like 2004-05-12"),
        ("2004-05-12", "0204-05-12", "2: birth_date '0204-05-12' must be a date of birth like 2004-05-12"),
        ("student", "dosen", "2: kind 'dosen' must be student or staff"),
        ("Fakultas Teknik", " ", "2: unit is empty"),
        ("budi@contoh.ac.id", "budi", "2: email 'budi' is not an e-mail address"),
        ("budi@contoh.ac.id", "Budi <budi@contoh.ac.id>", "2: email 'Budi <budi@contoh.ac.id>' is not"),
        (BUDI, BUDI + BUDI, "3: number 13526001 is in line 2 already"),
        (BUDI, BUDI + BUDI.replace("13526001", "135.26.001"), "3: number 13526001 is in line 2 already"),
        (BUDI, "13526001,Budi\n", "2: has 2 columns, the header has 6"),
        (BUDI, '13526001,"Budi\nSantoso",2004-05-12,x,Unit,b@contoh.ac.id\n', "2: kind 'x' must be student or staff"),
        (HEADER, HEADER.replace("kind,", ""), "1: lacks the column kind"),
        (HEADER, HEADER.replace("kind", "jenis"), "1: unknown column 'jenis'"),
        (HEADER, HEADER.replace("unit", "kind"), "1: has the column kind twice"),
        ("2004-05-12", "x", "2: birth_date 'x' must be"),
    ],
)
def test_a_fault_names_its_line_and_what_is_wrong(tmp_path: Path, old: str, new: str, expected: str) -> None:
    content = HEADER + BUDI + SARI
    assert old in content
    found = faults(tmp_path, content.replace(old, new, 1))
    assert any(fault.startswith(expected) for fault in found), found


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    content = HEADER + BUDI.replace("student", "x") + SARI.replace("1979-05-12", "y").replace("sari@", "sari ")
    assert [fault.split(":")[0] for fault in faults(tmp_path, content)] == ["2", "3", "3"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "1: is empty"),
        (b"\n\n", "1: is empty"),
        (HEADER.encode() + b"13526001,Budi \xff,2004-05-12,student,Unit,b@contoh.ac.id\n", "2: is not UTF-8"),
        ((HEADER + BUDI).encode("utf-16"), "1: is not UTF-8"),
        (HEADER.encode() + b"a" * 200_000, "2: is not CSV"),
    ],
)
def test_a_file_that_is_no_roster_is_refused(tmp_path: Path, content: bytes, expected: str) -> None:
    assert faults(tmp_path, content)[0].startswith(expected)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile, match="cannot be read"):
        read_roster(tmp_path / "none.csv")


@settings(deadline=None)
@given(st.data())
def test_a_damaged_roster_is_refused_or_read_and_never_anything_else(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    raw = bytearray((HEADER + BUDI + SARI).encode())
    start = data.draw(st.integers(0, len(raw) - 1))
    raw[start : start + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=8))
    path = roster_file(tmp_path_factory.getbasetemp(), bytes(raw))
    with contextlib.suppress(RefusedFile):
        read_roster(path)


def test_an_import_adds_changes_and_removes(db: Database) -> None:
    def now_there() -> list[tuple[str, str]]:
        with db.read() as session:
            rows = session.execute(select(RosterEntry.number, RosterEntry.name).order_by(RosterEntry.number))
            return [(number, name) for number, name in rows]

    def imported(*rows: RosterRow) -> tuple[int, int, int]:
        with db.write() as session:
            return import_roster(session, rows)

    assert imported(BUDI_ROW, SARI_ROW) == (2, 0, 0)
    assert imported(BUDI_ROW, SARI_ROW) == (0, 0, 0)
    other = replace(BUDI_ROW, number="13526002", name="Ayu Wulandari")
    assert imported(replace(BUDI_ROW, name="Budi Santosa"), other) == (1, 1, 1)
    assert now_there() == [("13526001", "Budi Santosa"), ("13526002", "Ayu Wulandari")]
    assert imported() == (0, 0, 2)
    assert now_there() == []


def test_a_large_roster_comes_and_goes(db: Database) -> None:
    rows = [replace(BUDI_ROW, number=f"{number:08d}") for number in range(2_500)]
    with db.write() as session:
        assert import_roster(session, rows) == (2_500, 0, 0)
    with db.write() as session:
        assert import_roster(session, rows[:1]) == (0, 0, 2_499)


def test_people_keep_their_proofs_when_the_roster_changes(db: Database, clock: FakeClock) -> None:
    with db.write() as session:
        import_roster(session, [BUDI_ROW])
        person = Person(created_at=clock())
        session.add(person)
        session.flush()
        record_proof(session, person.id, session.get_one(RosterEntry, "13526001"), clock(), timedelta(days=30))
    with db.write() as session:
        import_roster(session, [SARI_ROW])
        assert facts(session, person.id, clock()).number == "13526001"
