"""Answer templates as values: what files are read into, what the database is loaded into, what the search learns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

LANGUAGES = ("id", "en")
AUDIENCES = ("public", "student", "staff")
MAX_TITLE = 20
"""Characters of a template's title: it is a WhatsApp button."""
MAX_ANSWER = 4000
"""Characters of an answer: one message on the narrowest channel, with room for the closing question."""


@dataclass(frozen=True, slots=True)
class TemplateWords:
    """A template in one language. ``origin``: the place it was read from (``file:line``), told in faults."""

    title: str
    questions: tuple[str, ...]
    answer: str
    origin: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class AnswerTemplate:
    """One answer, in one or more languages. ``audience``: public, student or staff; the last two are private."""

    id: str
    category: str
    audience: str
    owner: str
    source: str
    words: Mapping[str, TemplateWords]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All templates at one version. ``categories``: category, then language, to its title. Templates are in the order
    of their ids. A snapshot that was read from files has version 0."""

    templates: tuple[AnswerTemplate, ...] = ()
    categories: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    version: int = 0

    def in_language(self, language: str) -> dict[str, TemplateWords]:
        """The templates that have words in ``language``, by id."""
        return {template.id: template.words[language] for template in self.templates if language in template.words}
