"""The roster: the institution's students and staff, from a CSV file that is taken whole or not at all."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from bot.errors import RefusedFile
from bot.identity.extract import read_email
from bot.identity.model import RosterEntry
from bot.identity.numbers import normal_number

COLUMNS = ("number", "name", "birth_date", "kind", "unit", "email")
KINDS = ("student", "staff")
_LONGEST = {"name": 200, "unit": 120, "email": 254}
_DELETE_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One line of the roster, checked. ``number``: capital letters and digits only."""

    number: str
    name: str
    birth_date: date
    kind: str
    unit: str
    email: str


def read_roster(path: Path) -> list[RosterRow]:
    """The rows of ``number,name,birth_date,kind,unit,email`` (UTF-8, columns in any order, ``,`` or ``;`` between them,
    dates as 2004-05-12). Raises RefusedFile with every fault as ``file:line: what is wrong``."""
    lines = _lines(path)
    rows: list[RosterRow] = []
    faults: list[str] = []
    seen: dict[str, int] = {}
    for line, values in lines:
        row, wrong = _row(values)
        if row is not None and (first := seen.setdefault(row.number, line)) != line:
            wrong.append(f"number {row.number} is in line {first} already")
        faults.extend(f"{path}:{line}: {what}" for what in wrong)
        if row is not None:
            rows.append(row)
    if faults:
        raise RefusedFile(faults)
    return rows


def import_roster(session: Session, rows: Iterable[RosterRow]) -> tuple[int, int, int]:
    """Make the roster what ``rows`` say; returns how many entries were added, changed and removed.

    Proofs that people gave stay until they run out, also when their entry is changed or removed.
    """
    wanted = {row.number: row for row in rows}
    there = {
        entry.number: RosterRow(entry.number, entry.name, entry.birth_date, entry.kind, entry.unit, entry.email)
        for entry in session.scalars(select(RosterEntry))
    }
    added = [asdict(row) for number, row in wanted.items() if number not in there]
    changed = [asdict(row) for number, row in wanted.items() if number in there and there[number] != row]
    removed = sorted(there.keys() - wanted.keys())
    if added:
        session.execute(insert(RosterEntry), added)
    if changed:
        session.execute(update(RosterEntry), changed)
    for start in range(0, len(removed), _DELETE_AT_ONCE):
        session.execute(delete(RosterEntry).where(RosterEntry.number.in_(removed[start : start + _DELETE_AT_ONCE])))
    return len(added), len(changed), len(removed)


def _lines(path: Path) -> list[tuple[int, dict[str, str]]]:
    """(line, values by column) of every row that is not empty. Raises RefusedFile where there is nothing to go by."""
    text = _text(path)
    first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",")
    found: list[tuple[int, dict[str, str]]] = []
    faults: list[str] = []
    header: list[str] | None = None
    before = 0
    try:
        for cells in reader:
            line, before = before + 1, reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if header is None:
                header = [cell.strip().lower() for cell in cells]
                _check_header(path, line, header)
            elif len(cells) != len(header):
                faults.append(f"{path}:{line}: has {len(cells)} columns, the header has {len(header)}")
            else:
                found.append((line, dict(zip(header, (cell.strip() for cell in cells), strict=True))))
    except csv.Error as error:
        raise RefusedFile([f"{path}:{reader.line_num}: is not CSV ({error})"]) from error
    if header is None:
        raise RefusedFile([f"{path}:1: is empty; the first line must be {','.join(COLUMNS)}"])
    if faults:
        raise RefusedFile(faults)
    return found


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise RefusedFile([f"{path}:1: cannot be read ({error.strerror})"]) from error
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise RefusedFile([f"{path}:{line}: is not UTF-8"]) from error


def _check_header(path: Path, line: int, header: Sequence[str]) -> None:
    faults = [f"{path}:{line}: lacks the column {column}" for column in COLUMNS if column not in header]
    faults += [f"{path}:{line}: unknown column {column!r}" for column in header if column not in COLUMNS]
    faults += [f"{path}:{line}: has the column {c} twice" for c in COLUMNS if header.count(c) > 1]
    if faults:
        raise RefusedFile(faults)


def _row(values: dict[str, str]) -> tuple[RosterRow | None, list[str]]:
    """The row, or None, and what is wrong with it. A row whose number can be read is given even when it has faults, so
    that doubles are found."""
    wrong: list[str] = []
    number = normal_number(values["number"])
    if not 3 <= len(number) <= 32 or not re.fullmatch(r"[\w ./-]+", values["number"], re.ASCII):
        wrong.append(f"number {values['number']!r} must be 3 to 32 letters and digits")
        number = ""
    if not re.search(r"[^\W\d_]", values["name"]):
        wrong.append("name is empty" if not values["name"] else f"name {values['name']!r} has no letters")
    for column, longest in _LONGEST.items():
        if len(values[column]) > longest:
            wrong.append(f"{column} is longer than {longest} characters")
        if "\0" in values[column]:
            wrong.append(f"{column} holds a character that cannot be kept")
    if values["kind"].lower() not in KINDS:
        wrong.append(f"kind {values['kind']!r} must be student or staff")
    if not values["unit"]:
        wrong.append("unit is empty")
    if read_email(values["email"]) is None or "@" not in values["email"] or re.search(r"[\s,;<>]", values["email"]):
        wrong.append(f"email {values['email']!r} is not an e-mail address")
    born = _birth_date(values["birth_date"])
    if born is None:
        wrong.append(f"birth_date {values['birth_date']!r} must be a date of birth like 2004-05-12")
    if not number:
        return None, wrong
    row = RosterRow(number, values["name"], born or date.min, values["kind"].lower(), values["unit"], values["email"])
    return row, wrong


def _birth_date(text: str) -> date | None:
    """Only one way of writing it: a file in which days and months may be swapped is worse than a refused one."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        born = date.fromisoformat(text)
    except ValueError:
        return None
    return born if 1900 <= born.year <= 2100 else None
