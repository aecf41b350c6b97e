"""The words that people put before their number, name and date of birth."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["number", "birth_date", "name"]
REACH = 60

_PATTERNS: dict[Kind, str] = {
    "number": (
        r"n\.?i\.?m|nip|nrp|npm|nidn|(?:no|nomor|nomer)\.? ?(?:induk|mhs|mahasiswa|pegawai)(?: (?:mahasiswa|pegawai))?"
        r"|(?:student|staff|employee|id) (?:number|no|id)|nomor|nomer|number|no(?=[.: ]{0,3}[0-9])"
    ),
    "birth_date": (
        r"(?:tempat|tmpt)\W{0,4}(?:dan )?(?:tgl|tanggal)\.? ?lahir|t\.?t\.?l|(?:tgl|tanggal)\.? ?lahir"
        r"|kelahiran|lahir|tgl|tanggal|d\.?o\.?b|date of birth|birth ?date|birthday|born"
    ),
    "name": r"nama|(?:my |full )?name|a\.n|atas nama",
}
_TAIL = {
    "number": r"(?: ?(?:saya|sy|ku|aku|nya))?",
    "birth_date": r"(?: ?(?:saya|sy|ku|aku|nya))?(?: (?:di|pada|on|in))?",
    "name": r"(?: ?(?:lengkap|panjang|saya|sy|ku|aku|gue|gw)){0,3}(?: ?nya)?(?:'?s)?",
}
_LABEL = re.compile(
    "|".join(
        rf"(?P<{kind}>(?<![^\W_])(?:{words}){_TAIL[kind]}(?![^\W_]))(?:\s*[:=.>–-]+\s*|\s+(?:adalah|yaitu|itu|is)\b|\s)*"
        for kind, words in _PATTERNS.items()
    )
)


@dataclass(frozen=True, slots=True)
class FoundLabel:
    """A label and where it stands; ``end`` is behind its colon."""

    kind: Kind
    start: int
    end: int


def find_labels(text: str) -> list[FoundLabel]:
    """The labels in ``text``, which is lower case, in order."""
    kinds: tuple[Kind, ...] = ("number", "birth_date", "name")
    return [
        FoundLabel(next(kind for kind in kinds if match[kind] is not None), match.start(), match.end())
        for match in _LABEL.finditer(text)
    ]


def label_of(place: int, text: str, labels: Sequence[FoundLabel]) -> FoundLabel | None:
    """The label that what stands at ``place`` belongs to: the nearest before it in the same line, nothing between them
    being understood as something else (cut out) already."""
    for label in reversed(labels):
        if label.end <= place:
            between = text[label.end : place]
            return label if len(between) <= REACH and "\n" not in between else None
    return None
