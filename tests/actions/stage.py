"""Actions without Rasa: a turn on a real database, the slots as given, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.acting import Acting
from bot.config import ROOT
from bot.conversation.model import Conversation, InboxMessage
from bot.conversation.turn import Turn, turns
from bot.identity.model import Person, RosterEntry
from bot.identity.people import facts
from bot.knowledge.base import Decision, Hit, Knowledge
from bot.procedures.hours import ServicePromise
from bot.procedures.profile import load_profile
from bot.storage.database import Database

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
JAKARTA = ZoneInfo("Asia/Jakarta")
USUAL = frozenset({"tickets", "private"})
BUDI = {"number": "13526001", "name": "Budi Santoso", "birth_date": date(2004, 5, 12)}
ALL_OF_BUDI = "13526001, Budi Santoso, 12 Mei 2004"


class Shelf(Knowledge):
    """A knowledge base that finds a template by a word in the question: one word answers, two are a choice."""

    HITS = {
        "parkir": Hit("parkir", "Parkir", "umum", "public", "Jawaban parkir.", 0.9),
        "dobel": Hit("dobel", "UKT dobel", "keuangan", "student", "Jawaban dobel.", 0.9),
        "gaji": Hit("gaji", "Gaji", "pegawai", "staff", "Jawaban gaji.", 0.9),
    }

    def search(self, text: str, language: str, *, limit: int = 3, audience: str | None = None) -> Decision:
        found = tuple(hit for word, hit in self.HITS.items() if word in text.lower())
        return Decision("hand_over" if not found else "answer" if len(found) == 1 else "choose", found)

    def get(self, template_id: str, language: str) -> Hit | None:
        return self.HITS.get(template_id)


KNOWLEDGE = Shelf()
PROMISE = ServicePromise(load_profile(ROOT / "data" / "sops" / "itb.yml"), JAKARTA)


@dataclass(slots=True)
class Played:
    """What an action did. ``slots``: as they are afterwards, without the empty ones."""

    turn: Turn
    said: list[str]
    args: list[Mapping[str, Any]]
    slots: dict[str, Any]
    loop: str | None
    rejected: bool


@dataclass(slots=True)
class Stage:
    """One person and his conversation. Every ``play`` is a turn of its own; ``commit`` writes it."""

    db: Database
    now: datetime = NOW
    proof_for: frozenset[str] = USUAL
    person_id: int = 0
    conversation_id: int = 0
    repeats: int = 1
    played: int = 0
    promise: ServicePromise = PROMISE

    def __post_init__(self) -> None:
        with self.db.write() as session:
            person = Person(created_at=self.now)
            session.add(person)
            if session.get(RosterEntry, BUDI["number"]) is None:
                session.add(RosterEntry(**BUDI, kind="student", unit="-", email="budi@contoh.ac.id"))
            session.flush()
            conversation = Conversation(person_id=person.id, channel="c", address="a", created_at=self.now)
            session.add(conversation)
            session.flush()
            self.person_id, self.conversation_id = person.id, conversation.id

    def play(
        self,
        action: type[Acting],
        text: str = "",
        *,
        intent: str = "",
        confidence: float = 1.0,
        choice: tuple[str, str | None] | None = None,
        loop: str | None = None,
        **slots: Any,
    ) -> Played:
        """Run ``action`` on a message, from these slots."""
        turn = self._turn(text, choice)
        tracker = Tracker(
            turn.id, slots, {"intent": {"name": intent, "confidence": confidence}, "text": text}, [], False, None,
            {"name": loop} if loop else {}, None,
        )  # fmt: skip
        dispatcher = CollectingDispatcher()
        turns.begin(turn)
        try:
            events = action().run(dispatcher, tracker, {})
        finally:
            turns.end(turn)
        for event in events:
            if event["event"] == "slot":
                slots[event["name"]] = event["value"]
            if event["event"] == "active_loop":
                loop = event["name"]
        kept = {name: value for name, value in slots.items() if value is not None}
        said = [message["response"] for message in dispatcher.messages]
        args = [message["custom"] for message in dispatcher.messages]
        return Played(turn, said, args, kept, loop, rejected=not events)

    def commit(self, played: Played) -> dict[str, Any]:
        """Run the effects in one transaction; what they tell the wording."""
        known: dict[str, Any] = {}
        with self.db.write() as session:
            for effect in played.turn.effects:
                known.update(effect(session) or {})
        return known

    def _turn(self, text: str, choice: tuple[str, str | None] | None) -> Turn:
        self.played += 1
        with self.db.write() as session:
            row = InboxMessage(
                conversation_id=self.conversation_id, channel="c", external_id=f"{self.person_id}-{self.played}",
                kind="message", text=text, received_at=self.now,
            )  # fmt: skip
            session.add(row)
            session.flush()
            person = facts(session, self.person_id, self.now)
            inbox_id = row.id
        return Turn(
            id=f"t{self.person_id}-{self.played}", now=self.now, inbox_id=inbox_id,
            conversation_id=self.conversation_id, channel="c", text=text, language="id", choice=choice, command=None,
            files=0, first_contact=False, repeats=self.repeats, person=person, knowledge=KNOWLEDGE,
            promise=self.promise, institution="Universitas Contoh", proof_for=self.proof_for,
            proof_lasts=timedelta(days=30), read=self.db.read,
        )  # fmt: skip
