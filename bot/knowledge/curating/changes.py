"""What changed between two wordings of a template. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from typing import Any

from bot.knowledge.content import Content


@dataclass(frozen=True, slots=True)
class Difference:
    """One field. ``name``: "owner", or "id answer" for what a language has. ``lines``: as ``diff`` shows them, each
    beginning with "+ " (new), "- " (old) or two spaces (the same)."""

    name: str
    lines: tuple[str, ...]


def difference(old: Content | None, new: Content | None) -> list[Difference]:
    """Field by field, in the order of the form; nothing for what stayed. None: there is no such wording."""
    before, after = _fields(old), _fields(new)
    names = [*before, *(name for name in after if name not in before)]
    found = []
    for name in names:
        one, other = before.get(name, ()), after.get(name, ())
        if one != other:
            diff = unified_diff(one, other, lineterm="", n=1)
            lines = [f"{line[:1]} {line[1:]}" for line in diff if not line.startswith(("---", "+++", "@@"))]
            found.append(Difference(name, tuple(lines)))
    return found


def _fields(content: Content | None) -> dict[str, tuple[str, ...]]:
    return dict(_told(content.as_json())) if content is not None else {}


def _told(values: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, value in values.items():
        if name == "words":
            for language, words in value.items():
                yield f"{language} title", (words["title"],)
                yield f"{language} questions", tuple(words["questions"])
                yield f"{language} answer", tuple(words["answer"].splitlines())
                yield f"{language} attachments", tuple(f"{title}: {url}" for title, url in words["attachments"])
        elif name == "buttons":
            yield name, tuple(value)
        else:
            yield name, (str(value),) if value else ()
