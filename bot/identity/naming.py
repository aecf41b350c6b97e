"""Finds a name in what is left of a message when numbers and dates are cut out of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.identity.vocabulary import (
    BOUNDARIES,
    CORRECTIONS,
    COURTESIES,
    NOT_NAMES,
    OPENERS,
    ORDINARY,
    PLACES,
    SUBJECTS,
)

MARK = "\x01"
"""Stands where a label said that a name follows."""
MOST_WORDS = 6

_BETWEEN = re.compile(r"[\n,;|/()\[\]{}<>\":=•]+| [-–—] ")
_COURTESY = re.compile(r"\bterima ?kasih\b", re.IGNORECASE)
_CORRECTION = re.compile(
    r"\b(?:(?:eh|salah|ralat|koreksi|maksud(?:nya|ku)?|(?:se)?harusnya|yang b[ae]n[ae]r)\b[\s,.:]*)+", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]{1,25}(?:['.-][^\W\d_]{1,25}){0,3}")
_EDGES = " \t.!~*_'`-–—"
_LEADING = COURTESIES | CORRECTIONS | OPENERS
_TRAILING = COURTESIES | CORRECTIONS
_MADE_OF_A_VERB = re.compile(r"(?:me|di)\w{3,}kan")


@dataclass(frozen=True, slots=True)
class Candidate:
    """What may be a name. ``labelled``: the person said that it is one."""

    words: tuple[str, ...]
    labelled: bool

    @property
    def ordinary(self) -> bool:
        """Whether it is made of words that everybody uses all the time, and was not said to be a name."""
        parts = (part for word in self.words for part in word.lower().split("-"))
        return not self.labelled and all(part in ORDINARY for part in parts)

    def __str__(self) -> str:
        return " ".join(self.words)


def candidates(text: str) -> Iterator[Candidate]:
    """What may be a name, in order. ``text`` has line ends where something else was cut out, MARK for labels."""
    text = _COURTESY.sub("\n", text)
    # Who announced a name and corrects himself means the name that follows.
    text = _CORRECTION.sub(lambda match: MARK if MARK in text[: match.start()] else "\n", text)
    for part in _BETWEEN.split(text.replace(MARK, f"\n{MARK}")):
        labelled = part.startswith(MARK)
        words = _trimmed(part.strip(MARK).split(), labelled)
        if words and "?" not in part and _is_name(words, labelled):
            yield Candidate(tuple(words), labelled)


def _trimmed(words: list[str], labelled: bool) -> list[str]:
    """Without what people say around a name, and only as far as the name goes."""
    words = [stripped for word in words if (stripped := word.strip(_EDGES))]
    while words and words[0].lower() in _LEADING | {"i'm"}:
        words.pop(0)
    if [word.lower() for word in words[:2]] == ["i", "am"]:
        del words[:2]
    for place, word in enumerate(words):
        ends = BOUNDARIES if labelled and place == 0 else BOUNDARIES | SUBJECTS
        if {word.lower(), word.lower().removesuffix("nya")} & ends:
            del words[place:]
            break
    while words and words[-1].lower() in _TRAILING:
        words.pop()
    return words


def _is_name(words: list[str], labelled: bool) -> bool:
    folded = [word.lower() for word in words]
    if len(words) > MOST_WORDS or not all(_WORD.fullmatch(word) for word in words):
        return False
    if any(word in NOT_NAMES or _MADE_OF_A_VERB.fullmatch(word) for word in folded):
        return False
    if re.search(r"(.)\1\1", " ".join(folded)) or not any(len(w) > 1 and re.search(r"[aeiouy]", w) for w in folded):
        return False
    if folded[0] in PLACES and not labelled:
        return False
    return len(words) > 1 or len(words[0]) >= (2 if labelled else 3)


def best(found: list[Candidate], corrected: bool) -> str | None:
    """The name among the candidates: labelled before unlabelled, several words before one; the first, or the last
    where somebody corrects himself."""
    for chosen in (
        [each for each in found if each.labelled],
        [each for each in found if len(each.words) > 1],
        found,
    ):
        if chosen:
            return str(chosen[-1 if corrected else 0])
    return None
