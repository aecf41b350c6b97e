"""Takes out of a question what tells who asked it: numbers, dates, names, addresses. Pure.

What is taken out leaves no trace, so that two people's same question is the same text. Numbers of up to four digits
stay: semesters, years and amounts are part of questions, and identify nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_MONTHS = (
    r"jan(?:uari|uary)?|feb(?:ruari|ruary)?|mar(?:et|ch)?|apr(?:il)?|mei|may|jun[ie]?|jul[iy]?|agu(?:stus)?|aug(?:ust)?"
    r"|sep(?:tember)?|o[kc]t(?:ober)?|nov(?:ember)?|de[sc](?:ember)?"
)
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\S+@\S+",  # e-mail
        r"\b\d{1,2}[ /.-](?:" + _MONTHS + r"|\d{1,2})[ /.-]\d{2,4}\b",  # a date of birth
        r"\b\d{4}-\d{1,2}-\d{1,2}\b",
        r"(?<![\w/.])@\w{3,}",  # a handle
        r"(?:\+|\b)\d(?:[ .()-]{0,2}\d){7,}\b",  # a phone number, in groups or not
        r"\b[a-z]{0,4}[./-]?\d{5,}\w*\b",  # a student's or an employee's number, with its letters
    )
)
_NO_NAME = (
    r"(?!(?:Apa|Apakah|Bagaimana|Gimana|Kapan|Kalau|Klo|Mau|Saya|Sy|Aku|Di|Dimana|Mohon|Tolong|Bisa|Boleh|Ini|Izin|Maaf"
    r"|Selamat|Untuk|Jika|Ada|Kenapa|Mengapa|Berapa|Siapa|How|What|When|Where|Why|I|Can|Could|Is|My|Please)\b)"
)
_SAYS_NAME = re.compile(
    r"\b(?i:nama(?:\s+(?:saya|sy|aku|lengkap|ku))?\s*(?:adalah|:|ialah)?|namaku|atas\s+nama|a\.n\.?|bernama"
    r"|my\s+name\s+is|my\s+name's|pak|bu|bapak|ibu|prof\.?|dr\.?|mr\.?|mrs\.?|ms\.?|mas|mbak|kak)\s+"
    rf"(?P<name>{_NO_NAME}[A-Z][a-z'.-]+(?:\s+[A-Z][a-z'.-]+){{0,3}})"
)
"""A name after what announces one; only words that begin with a capital are taken for it."""
_SAYS_NAME_IN_SMALL = re.compile(
    r"\b(?:nama\s+(?:saya|sy|aku|lengkap)\s*(?:adalah|:)?|namaku|my\s+name\s+is)\s+(?P<name>[a-z]+(?:\s+[a-z]+)?)"
    r"(?=\s*(?:[,.;!?]|$))",
    re.IGNORECASE,
)
_LEFT_OVER = re.compile(r"\s+([,.;:!?])")
_REPEATED = re.compile(r"([,;:])(?:\s*[,;:])+")
SHORTEST_NAME = 3


def anonymous(text: str, names: Iterable[str] = ()) -> str:
    """``text`` without e-mail addresses, phone and other long numbers, dates, handles, and names: those of ``names``
    (whole words, any case) and those that are announced ("nama saya …", "Pak …")."""
    for pattern in _PATTERNS:
        text = pattern.sub(" ", text)
    for pattern in (_SAYS_NAME, _SAYS_NAME_IN_SMALL):
        text = pattern.sub(lambda match: match[0][: match.start("name") - match.start()], text)
    text = " ".join(without(text, names).split())
    return _REPEATED.sub(r"\1", _LEFT_OVER.sub(r"\1", text)).strip(" ,;:")


def without(text: str, data: Iterable[str]) -> str:
    """``text`` without what is known of a person: whole words of his names, his number, his address."""
    words = {word for each in data for word in re.findall(r"[\w.@+-]+", each) if len(word) >= SHORTEST_NAME}
    if not words:
        return text
    own = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.sub(rf"[ \t]*(?<!\w)(?:{own})(?!\w)", "", text, flags=re.IGNORECASE)
