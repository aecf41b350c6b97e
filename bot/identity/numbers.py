"""Student and staff numbers (NIM, NIP) in what people type."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.identity.dates import FoundDate, compact_date
from bot.identity.labels import FoundLabel, label_of

_STAFF = re.compile(r"(?<![0-9])[0-9](?:[ .]?[0-9]){17}(?![0-9])")
_TOKEN = re.compile(r"(?<![0-9a-z])(?:[0-9]{5,15}|[a-z]{1,3}[0-9][0-9a-z]{4,12})(?![0-9a-z])", re.IGNORECASE)
_SPACED = re.compile(r"(?<![0-9a-z])[0-9]{1,6}(?:[ ./-][0-9]{1,6}){1,4}(?![0-9a-z])", re.IGNORECASE)
_PHONE = re.compile(r"0?8[0-9]{8,11}|628[0-9]{7,11}")
SHORTEST = 7
"""Digits of a number that was neither asked for nor labelled."""


@dataclass(frozen=True, slots=True)
class FoundNumber:
    """A number and where it stands in the text."""

    value: str
    start: int
    end: int
    labelled: bool

    @property
    def span(self) -> tuple[int, int]:
        return self.start, self.end


def normal_number(typed: str) -> str:
    """A number as the roster keys it: capital letters and digits only."""
    return re.sub(r"[^0-9A-Z]", "", typed.upper())[:32]


def international(phone: str) -> str:
    """The digits of a phone number as channels write them: ``0812-3456`` is ``628123456``."""
    digits = re.sub(r"\D", "", phone)
    return f"62{digits[1:]}" if digits.startswith("0") else digits


def find_staff_numbers(text: str) -> list[FoundNumber]:
    """Numbers of 18 digits (NIP), written in one or with spaces where their parts are plausible: date of birth, month
    of appointment, sex, serial number. A shorter number and a date side by side are not one."""
    found = []
    for match in _STAFF.finditer(text):
        digits = normal_number(match[0])
        if len(match[0]) == len(digits) or _is_plausible(digits):
            found.append(FoundNumber(digits, match.start(), match.end(), True))
    return found


def _is_plausible(digits: str) -> bool:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return digits[8:10] in ("19", "20") and "01" <= digits[12:14] <= "12" and digits[14] in "12"


def find_numbers(
    text: str, labels: Sequence[FoundLabel], wanted: str | None, *, others: bool, dated: bool
) -> tuple[list[FoundNumber], list[FoundDate]]:
    """Numbers, and dates written without anything between their parts (12052004, 120504).

    Eight digits that may be either are a number, unless they were called a date, a date was asked for, or another
    number is there already (``others``: before in the text; ``dated``: a date is known, so none is looked for).
    """
    numbers: list[FoundNumber] = []
    compact: list[FoundDate] = []
    unsure: list[FoundNumber] = []
    for found in _tokens(text, labels, wanted):
        label = label_of(found.start, text, labels)
        as_date = compact_date(found.value)
        if as_date and label is not None and label.kind == "birth_date":
            compact.append(FoundDate(as_date, found.start, found.end))
        elif as_date and not found.labelled and not dated:
            unsure.append(found)
        elif found.labelled or wanted == "number" or _is_number(found.value):
            numbers.append(found)
    for found in unsure:
        as_date = compact_date(found.value)
        if as_date and not compact and (others or numbers or wanted == "birth_date"):
            compact.append(FoundDate(as_date, found.start, found.end))
        elif len(found.value) >= SHORTEST or wanted == "number":
            numbers.append(found)
    return numbers, compact


def _tokens(text: str, labels: Sequence[FoundLabel], wanted: str | None) -> list[FoundNumber]:
    found: list[FoundNumber] = []
    for pattern in (_SPACED, _TOKEN):
        for match in pattern.finditer(text):
            label = label_of(match.start(), text, labels)
            labelled = label is not None and label.kind == "number"
            value = normal_number(match[0])
            asked = labelled or wanted == "number"
            if (pattern is _SPACED or not value.isdigit()) and not (asked and SHORTEST <= len(value) <= 15):
                continue
            if all(match.end() <= other.start or match.start() >= other.end for other in found):
                found.append(FoundNumber(value, match.start(), match.end(), labelled))
    return sorted(found, key=lambda each: each.start)


def _is_number(digits: str) -> bool:
    return SHORTEST <= len(digits) <= 15 and not _PHONE.fullmatch(digits)
