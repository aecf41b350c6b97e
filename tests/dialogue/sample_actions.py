"""Actions that do one thing each, for the tests of the route."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import ActionExecutionRejection


class Says(Action):  # type: ignore[misc]
    def name(self) -> str:
        return "sample_says"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        dispatcher.utter_message(response="utter_x", json_message={"who": tracker.sender_id})
        return [SlotSet("heard", tracker.latest_message["text"])]


class Waits(Action):  # type: ignore[misc]
    def name(self) -> str:
        return "sample_waits"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        return [SlotSet("waited", True)]


class Rejects(Action):  # type: ignore[misc]
    def name(self) -> str:
        return "sample_rejects"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        raise ActionExecutionRejection(self.name(), "not mine")


class Breaks(Action):  # type: ignore[misc]
    def name(self) -> str:
        return "sample_breaks"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        raise RuntimeError(f"cannot keep {tracker.latest_message['text']}")
