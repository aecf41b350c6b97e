"""All of a template that is written, reviewed and published: what the search learns, and what is said around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bot.knowledge.snapshot import AnswerTemplate, TemplateWords

MOST_BUTTONS = 3
MOST_ATTACHMENTS = 5
MAX_ATTACHMENT_TITLE = 60
MAX_URL = 300


@dataclass(frozen=True, slots=True)
class Attachment:
    """A form or page that goes with an answer; people get its title and address below the text."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Content(AnswerTemplate):
    """``buttons``: ids of the templates that are offered next. ``attachments``: by language. ``valid_from`` and
    ``valid_until`` (both included, in the institution's zone): outside them it is not offered. ``places``: where a
    field was read (``file:line``), told in faults: by field, and by (language, field) for what each language has."""

    buttons: tuple[str, ...] = ()
    attachments: Mapping[str, tuple[Attachment, ...]] = field(default_factory=dict)
    valid_from: date | None = None
    valid_until: date | None = None
    places: Mapping[str | tuple[str, str], str] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, template: AnswerTemplate) -> Content:
        """``template`` itself, or the same with nothing around it."""
        if isinstance(template, Content):
            return template
        own = (template.id, template.category, template.audience, template.owner, template.source, template.words)
        return cls(*own)

    def offered(self, today: date) -> bool:
        """Whether ``today`` is within its dates."""
        return (self.valid_from or today) <= today <= (self.valid_until or today)

    def place(self, *fields: str | tuple[str, str]) -> str:
        """Where the first known one of ``fields`` was read; else the template's id."""
        return next((self.places[each] for each in (*fields, "id") if each in self.places), f"template {self.id}")

    def as_json(self) -> dict[str, Any]:
        """Plain values, for the database and for comparing versions."""
        return {
            "category": self.category,
            "audience": self.audience,
            "owner": self.owner,
            "source": self.source,
            "valid_from": self.valid_from and self.valid_from.isoformat(),
            "valid_until": self.valid_until and self.valid_until.isoformat(),
            "buttons": list(self.buttons),
            "words": {
                language: {
                    "title": words.title,
                    "questions": list(words.questions),
                    "answer": words.answer,
                    "attachments": [[each.title, each.url] for each in self.attachments.get(language, ())],
                }
                for language, words in self.words.items()
            },
        }

    @classmethod
    def from_json(cls, template_id: str, values: Mapping[str, Any]) -> Content:
        """The reverse of ``as_json``."""
        words, attachments = {}, {}
        for language, own in sorted(values["words"].items()):
            words[language] = TemplateWords(own["title"], tuple(own["questions"]), own["answer"])
            if found := tuple(Attachment(*each) for each in own.get("attachments", ())):
                attachments[language] = found
        return cls(
            template_id,
            values["category"],
            values["audience"],
            values["owner"],
            values["source"],
            words,
            tuple(values.get("buttons", ())),
            attachments,
            _date(values.get("valid_from")),
            _date(values.get("valid_until")),
        )


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
