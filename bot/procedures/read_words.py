"""Reading what a profile says to people, in both languages."""

from __future__ import annotations

from bot.procedures import scalars
from bot.procedures.document import Part
from bot.procedures.rules import Words


def words(part: Part) -> Words:
    """``{id: …, en: …}``; both are needed."""
    keys = part.keys("id", "en")
    return Words(keys["id"].value(scalars.words, ""), keys["en"].value(scalars.words, ""))
