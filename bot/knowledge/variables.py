"""Variables of answers: ``{name}``, ``{institution}``, and what the institution sets (``{portal_url}``)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.knowledge.content import Attachment

OF_THE_TURN = frozenset({"name", "institution"})
"""Known of every conversation."""
_VARIABLE = re.compile(r"(?P<before>[ \t]*)\{(?P<name>\w+)\}")
_BEGINNING = re.compile(r"^[\s,;:.!?]+")


def variables_in(text: str) -> list[str]:
    """Names of the variables in ``text``, each once, in order."""
    return list(dict.fromkeys(match["name"] for match in _VARIABLE.finditer(text)))


def stray_brace(text: str) -> bool:
    """Whether ``text`` has a brace that belongs to no variable: people would read it as it stands."""
    return any(brace in _VARIABLE.sub("", text) for brace in "{}")


def worded(answer: str, attachments: Sequence[Attachment], values: Mapping[str, str | None]) -> str:
    """What is said of a template: its answer with the variables filled, its attachments below it."""
    text, lines = fill(answer, values), "\n".join(f"{each.title}: {each.url}" for each in attachments)
    return f"{text}\n\n{lines}" if lines else text


def fill(text: str, values: Mapping[str, str | None]) -> str:
    """``text`` with its variables filled. One that has no value is left out, with the space before it: "Halo {name},"
    becomes "Halo,". Values are inserted as they are and never looked at again."""
    if not _VARIABLE.search(text):
        return text

    def value(match: re.Match[str]) -> str:
        found = values.get(match["name"])
        return f"{match['before']}{found}" if found else ""

    filled = _VARIABLE.sub(value, text)
    if text.startswith("{") and not values.get(_VARIABLE.match(text)["name"]):  # type: ignore[index]
        filled = _BEGINNING.sub("", filled)
        filled = filled[:1].upper() + filled[1:]
    return filled
