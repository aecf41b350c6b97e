"""Reads numbers, names, dates of birth and e-mail addresses out of what people type. Pure, and never raises.

What was understood is cut out of the text, the surest first, so that no digits are read twice: addresses and links,
18-digit staff numbers, written dates, other numbers. What is left over may be a name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from typing import Literal

from bot.identity import naming
from bot.identity.dates import FoundDate, find_dates
from bot.identity.labels import FoundLabel, find_labels
from bot.identity.numbers import FoundNumber, find_numbers, find_staff_numbers

LONGEST = 2000
Wanted = Literal["number", "name", "birth_date"]


@dataclass(frozen=True, slots=True)
class Claim:
    """Who somebody says he is; None for what he did not say. ``number``: capital letters and digits only."""

    number: str | None = None
    name: str | None = None
    birth_date: date | None = None


@dataclass(frozen=True, slots=True)
class Guest:
    """What a guest says of himself; None for what he did not say."""

    name: str | None = None
    email: str | None = None


_EMAIL = re.compile(
    r"(?<![a-z0-9_.+@-])[a-z0-9][a-z0-9_.+-]{0,63}@(?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,24}(?![a-z0-9_@-])", re.IGNORECASE
)
_CUT_FIRST = re.compile(
    r"https?://\S+|www\.\S+|\S+@\S+|\brp\.?\s?[0-9][0-9.,]*"
    r"|\b[a-z]{2,8}[ -]?20[2-9][0-9]-[0-9]{1,9}(?![0-9-])|\+[0-9][0-9 -]{7,18}[0-9]",
    re.IGNORECASE,
)
_CORRECTED = re.compile(
    r"\b(?:salah|ralat|koreksi|maksud\w*|(?:se)?harusnya|seben[ae]rnya|yang b[ae]n[ae]r|bukan|typo|eh"
    r"|wrong|correction|meant|sorry)\b"
)
_ITEM = re.compile(r"^ ?[1-9][.)] ", re.MULTILINE)
"""The number of a list's item."""
_DENIED = re.compile(r"\b(?:bukan|bkn|not)(?:\s+\w{1,12})?\s+$")


def read_claim(text: str, *, wanted: Wanted | None, meant: bool = False) -> Claim:
    """What ``text`` says of number, name and date of birth, in any order, with or without labels.

    ``wanted`` is what was asked for. What could be many things (a name alone, eight digits that are a date, digits
    that look like a phone number) is taken only where it was asked for. Of a correction the new value counts. Ordinary
    words are a name only beside number and date, where they are said to be one, or where they are ``meant``: written
    again after a name had been asked for again.
    """
    shown = _flat(text)
    lower = _lower(shown)
    corrected = _CORRECTED.search(lower) is not None
    shown = _without(shown, (match.span() for match in _CUT_FIRST.finditer(shown)))
    staff = find_staff_numbers(shown)
    shown = _without(shown, (found.span for found in staff))
    labels = find_labels(_lower(shown))
    dates = find_dates(_lower(shown))
    shown = _without(shown, (found.span for found in dates))
    numbers, compact = find_numbers(shown, labels, wanted, others=bool(staff), dated=bool(dates))
    shown = _without(shown, [*(found.span for found in numbers), *(found.span for found in compact)])
    number = _chosen_number([each for each in (*staff, *numbers) if not _denied(lower, each.start)], corrected)
    birth_date = _chosen_date([each for each in (*dates, *compact) if not _denied(lower, each.start)], corrected)
    names = list(naming.candidates(_left_over(shown, labels)))
    if not meant and (number is None or birth_date is None):
        names = [name for name in names if not name.ordinary]
    alone = number is None and (birth_date is None or wanted == "birth_date")
    if alone and wanted != "name":
        names = [name for name in names if name.labelled]
    return Claim(number, naming.best(names, corrected), birth_date)


def read_email(text: str) -> str | None:
    """The first e-mail address in ``text``, its domain in lower case; None when there is none."""
    match = _EMAIL.search(_flat(text))
    if match is None or len(match[0]) > 254 or ".." in match[0] or ".@" in match[0]:
        return None
    local, _, domain = match[0].partition("@")
    return f"{local}@{domain.lower()}"


def read_guest(text: str, wanted: Literal["name", "email"] | None, *, meant: bool = False) -> Guest:
    """Name and e-mail of a guest, together or one after the other. A name that is written all small or all in capitals
    is given as names are written. ``meant``: as for ``read_claim``."""
    shown = _flat(text)
    email = read_email(shown)
    corrected = _CORRECTED.search(_lower(shown)) is not None
    shown = _without(shown, (match.span() for match in _CUT_FIRST.finditer(shown)))
    names = list(naming.candidates(_left_over(shown, find_labels(_lower(shown)))))
    if email is None:
        names = [name for name in names if name.labelled or (wanted == "name" and (meant or not name.ordinary))]
    name = naming.best(names, corrected)
    if name is not None and (name.islower() or name.isupper()):
        name = " ".join(word[:1].upper() + word[1:].lower() for word in name.split())
    return Guest(name, email)


def _flat(text: str) -> str:
    """Plain digits, spaces and apostrophes; line ends kept."""
    shown = unicodedata.normalize("NFKC", text[:LONGEST])[:LONGEST]
    shown = re.sub(r"[‘’`´ʼ]", "'", shown)
    shown = re.sub(r"[\r\n\v\f\x1c-\x1f\x85\u2028\u2029]+", "\n", shown)
    shown = re.sub(r"[^\S\n]+", " ", shown.replace(naming.MARK, " ").replace("\0", ""))
    return _ITEM.sub("", shown) if len(_ITEM.findall(shown)) > 1 else shown


def _lower(text: str) -> str:
    """In small letters, every character at its place."""
    return "".join(low if len(low := char.lower()) == 1 else char for char in text)


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """``text`` with line ends in place of what was understood."""
    for start, end in spans:
        text = text[:start] + "\n" * (end - start) + text[end:]
    return text


def _denied(text: str, start: int) -> bool:
    return _DENIED.search(text[max(0, start - 30) : start]) is not None


def _chosen_number(found: list[FoundNumber], corrected: bool) -> str | None:
    chosen = [each for each in found if each.labelled] or found
    chosen.sort(key=lambda each: each.start)
    return chosen[-1 if corrected else 0].value if chosen else None


def _chosen_date(found: list[FoundDate], corrected: bool) -> date | None:
    chosen = sorted(found, key=lambda each: each.start)
    return chosen[-1 if corrected else 0].value if chosen else None


def _left_over(text: str, labels: list[FoundLabel]) -> str:
    """What may hold a name: without the labels and what belongs to them (a place of birth, the "kalau gak salah" of a
    number), MARK where a name was announced."""
    for label, following in zip_longest(labels, labels[1:]):
        if label.kind == "name":
            text = text[: label.start] + "\n" * (label.end - label.start - 1) + naming.MARK + text[label.end :]
            continue
        stop = following.start if following else len(text)
        rest = re.split(r"[\n;]", text[label.end : stop], maxsplit=1)[0]
        belongs = label.kind == "birth_date" or len(rest.split()) <= 2
        text = _without(text, [(label.start, label.end + (len(rest) if belongs else 0))])
    return text
