"""Invented people: where they write, in which language, what they ask, and how content they are."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.knowledge.background import background
from bot.knowledge.base import Decision
from bot.simulation.stage import Case, Stage

CHATS = {"whatsapp": 0.55, "telegram": 0.25, "web": 0.2}
BY_HAND = 0.08
"""The share of people who come, call or write a letter instead of chatting."""
ENGLISH = 0.08
NOT_KNOWN = 0.12
"""The share of questions that no template is for."""
NOT_CONTENT = {"helped": 0.4, "silent": 0.43, "asks again": 0.08, "not helped": 0.09}
KINDS = {"question": 0.7, "complaint": 0.15, "request": 0.08, "suggestion": 0.05, "praise": 0.02}
THANKS = {"id": "terima kasih", "en": "thank you"}
MORE = {
    "id": "Saya mau tambahkan, masih belum bisa juga dari tadi pagi.",
    "en": "One more thing, it still does not work.",
}
GIVEN = {"id": "Ini datanya, mohon dicek lagi.", "en": "Here are the details, please check again."}
AGAIN = {"id": "Buka lagi tiket saya, masalahnya muncul lagi.", "en": "Please reopen my ticket, the problem is back."}
DONE = {"id": "Tidak jadi, sudah beres sendiri.", "en": "Never mind, it is settled."}


@dataclass(slots=True)
class Person:
    """Somebody who writes. ``case``: the ticket that he has open, or had last. ``wrote``: when he did, whether a human
    read it, and whether it went into a ticket."""

    number: int
    channel: str
    language: str
    conversation: int = 0
    person: int = 0
    case: Case | None = None
    wrote: list[tuple[int, bool, bool]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"62800{self.number:07d}" if self.channel == "whatsapp" else f"orang-{self.number}"


class Questions:
    """What they ask, and what the knowledge base finds for it. ``asked``: how often it was asked."""

    def __init__(self, stage: Stage) -> None:
        self._knowledge, self._chance = stage.knowledge, stage.chance
        self._known = {
            language: [each for words in stage.templates.in_language(language).values() for each in words.questions]
            for language in ("id", "en")
        }
        self._decided: dict[tuple[str, str], Decision] = {}
        self.asked = 0

    def draw(self, language: str) -> str:
        """An example question of a template, every other one with a word left out; now and then one about something
        that no template is for."""
        if self._chance.happens(NOT_KNOWN):
            return self._chance.choice(background(language))
        words = self._chance.choice(self._known[language]).split()
        if len(words) > 3 and self._chance.happens(0.5):
            words.pop(self._chance.randrange(len(words)))
        return " ".join(words)

    def decide(self, text: str, language: str) -> Decision:
        """What the knowledge base finds, searched once a text."""
        self.asked += 1
        if (text, language) not in self._decided:
            self._decided[text, language] = self._knowledge.search(text, language)
        return self._decided[text, language]
