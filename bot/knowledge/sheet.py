"""Templates as a table, the form that supervisors have: CSV and XLSX, a row for each template and language.

Questions stand one a line in their cell; buttons are separated by commas; an attachment is a line "title | url". Faults
name file, row (as the office counts them) and column.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from io import StringIO
from pathlib import Path

from bot.errors import RefusedFile, Told, at, told
from bot.knowledge.content import Attachment, Content
from bot.knowledge.snapshot import LANGUAGES, Snapshot, TemplateWords
from bot.knowledge.workbook import read_workbook, write_workbook

NEEDED = ("id", "language", "category", "title", "audience", "owner", "source", "questions", "answer")
OPTIONAL = ("category_title", "valid_from", "valid_until", "buttons", "attachments")
COLUMNS = (*NEEDED[:3], "category_title", *NEEDED[3:], *OPTIONAL[1:])
SHARED = ("category", "audience", "owner", "source", "valid_from", "valid_until", "buttons")
SUFFIXES = (".csv", ".xlsx")
_ACTIVE = ("=", "+", "-", "@", "\t", "\r", "'")
"""What an office takes for a formula where it begins a cell; in CSV an apostrophe before it makes it text."""


def read_sheet(path: Path) -> Snapshot:
    """All templates of a table. Raises RefusedFile with every fault of its form; what the templates say is checked
    where they are imported."""
    faults: list[Told] = []
    rows = read_workbook(path, faults) if path.suffix.lower() == ".xlsx" else _read_csv(path, faults)
    header = [name.strip().lower() for name in rows[0]] if rows else []
    faults += _header_faults(path, header) if not faults else []
    if faults:
        raise RefusedFile(faults)
    reader = _Reader(path, header, faults)
    for number, values in enumerate(rows[1:], 2):
        if any(value.strip() for value in values):
            reader.row(number, values)
    if not reader.found and not faults:
        faults.append(at(f"{path}:1", told("there are no templates here")))
    if faults:
        raise RefusedFile(faults)
    return Snapshot(tuple(reader.found[key] for key in sorted(reader.found)), reader.titles)


def write_sheet(path: Path, snapshot: Snapshot) -> None:
    """Write ``snapshot`` in the form that ``read_sheet`` reads. No cell is ever a formula. Raises RefusedFile where a
    text is too long for a cell of an office."""
    rows = [COLUMNS, *_rows(snapshot)]
    if path.suffix.lower() == ".xlsx":
        write_workbook(path, rows)
        return
    text = StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([_passive(value) for value in row] for row in rows)
    # With the mark that tells offices that this is UTF-8.
    path.write_bytes(text.getvalue().encode("utf-8-sig"))


def _rows(snapshot: Snapshot) -> Iterator[Sequence[str]]:
    for template in map(Content.of, snapshot.templates):
        for language, words in template.words.items():
            values: dict[str, object] = {
                **{name: getattr(template, name) or "" for name in ("id", *SHARED[:-1])},
                "language": language,
                "category_title": snapshot.categories.get(template.category, {}).get(language, ""),
                "title": words.title,
                "questions": "\n".join(words.questions),
                "answer": words.answer,
                "buttons": ", ".join(template.buttons),
                "attachments": "\n".join(f"{a.title} | {a.url}" for a in template.attachments.get(language, ())),
            }
            yield tuple(str(values[name]) for name in COLUMNS)


def _read_csv(path: Path, faults: list[Told]) -> list[list[str]]:
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as error:
        faults.append(at(f"{path}:1", told("cannot be read ({why})", why=error.strerror)))
        return []
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        faults.append(at(f"{path}:{line}", told("is not UTF-8 text")))
        return []
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return [[_active(value) for value in row] for row in reader]
    except csv.Error as error:
        faults.append(at(f"{path}:{reader.line_num}", told("is not CSV: {why}", why=error)))
        return []


def _header_faults(path: Path, header: Sequence[str]) -> Iterator[Told]:
    place = f"{path}:1"
    for name in NEEDED:
        if name not in header:
            yield at(place, told("the column {name} is missing", name=name))
    for number, name in enumerate(header):
        if name not in COLUMNS:
            called, known = name or told("(empty)"), ", ".join(COLUMNS)
            yield at(place, told("unknown column {name}; there are {known}", name=called, known=known))
        elif name in header[:number]:
            yield at(place, told("the column {name} stands there twice", name=name))


class _Reader:
    """Puts the rows of one table together and notes their faults."""

    def __init__(self, path: Path, header: Sequence[str], faults: list[Told]) -> None:
        self._path, self._header, self._faults = path, header, faults
        self.found: dict[str, Content] = {}
        self.titles: dict[str, dict[str, str]] = {}
        self._seen: dict[tuple[str, str], int] = {}

    def row(self, number: int, values: Sequence[str]) -> None:
        if len(values) > len(self._header):
            self._fault(f"{self._path}:{number}", told("has {n} cells, more than there are columns", n=len(values)))
            return
        given = dict(zip(self._header, (value.strip() for value in values), strict=False))
        cells = {name: given.get(name, "") for name in COLUMNS}
        for name in ("id", "language", "category", "category_title", "title", "audience", "owner", "source"):
            cells[name] = " ".join(cells[name].split())
        places = {name: f"{self._path}:{number}:{name}" for name in COLUMNS}
        language = cells["language"]
        if language not in LANGUAGES:
            self._fault(places["language"], told("must be one of {known}", known=", ".join(LANGUAGES)))
            return
        if (first := self._seen.setdefault((cells["id"], language), number)) != number:
            self._fault(places["id"], told("id {id} is already used in row {row}", id=cells["id"], row=first))
            return
        self._title(cells, language, places["category_title"])
        self._add(self._content(cells, language, places), language)

    def _content(self, cells: Mapping[str, str], language: str, places: Mapping[str, str]) -> Content:
        questions = tuple(" ".join(line.split()) for line in cells["questions"].splitlines() if line.strip())
        found = self._attachments(cells["attachments"], places["attachments"])
        own: dict[str | tuple[str, str], str] = {name: places[name] for name in ("id", *SHARED)}
        own |= {(language, name): places[name] for name in ("id", "title", "questions", "answer", "attachments")}
        own |= {(language, f"question {question}"): places["questions"] for question in questions}
        return Content(
            cells["id"],
            cells["category"],
            cells["audience"],
            cells["owner"],
            cells["source"],
            {language: TemplateWords(cells["title"], questions, cells["answer"], places["id"])},
            tuple(re.findall(r"[^\s,;]+", cells["buttons"])),
            {language: found} if found else {},
            self._date(cells["valid_from"], places["valid_from"]),
            self._date(cells["valid_until"], places["valid_until"]),
            own,
        )

    def _add(self, content: Content, language: str) -> None:
        other = self.found.get(content.id)
        if other is None:
            self.found[content.id] = content
            return
        for name in SHARED:
            if getattr(other, name) != getattr(content, name):
                what = told("is not the same as in {place}", place=other.place(name))
                self._fault(content.place(name), what)
        self.found[content.id] = replace(
            other,
            words={**other.words, **content.words},
            attachments={**other.attachments, **content.attachments},
            places={**content.places, **other.places},
        )

    def _title(self, cells: Mapping[str, str], language: str, place: str) -> None:
        if not (title := cells["category_title"]):
            return
        known = self.titles.setdefault(cells["category"], {}).setdefault(language, title)
        if known != title:
            category = cells["category"]
            what = told("the category {category} is called “{title}” further up", category=category, title=known)
            self._fault(place, what)

    def _date(self, text: str, place: str) -> date | None:
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            self._fault(place, told("must be a date like 2026-08-31"))
            return None

    def _attachments(self, text: str, place: str) -> tuple[Attachment, ...]:
        found = []
        for line in text.splitlines():
            title, bar, url = line.rpartition("|")
            if not bar:
                self._fault(place, told("an attachment is a line “title | url”"))
            else:
                found.append(Attachment(" ".join(title.split()), url.strip()))
        return tuple(found)

    def _fault(self, place: str, what: Told) -> None:
        self._faults.append(at(place, what))


def _passive(value: str) -> str:
    return f"'{value}" if value.startswith(_ACTIVE) else value


def _active(value: str) -> str:
    return value[1:] if value.startswith("'") and value[1:].startswith(_ACTIVE) else value


def is_sheet(path: Path) -> bool:
    """Whether the path names a table, not a folder of template files."""
    return path.suffix.lower() in SUFFIXES
