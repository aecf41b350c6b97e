"""Who deals with a message now: the agent who took over, the dialogue engine, or a fixed notice. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from bot.conversation.model import ASSISTANT

FLOOD_WINDOW = timedelta(minutes=1)
FLOOD_LIMIT = 20
"""Messages of one conversation in a window that are answered one by one; nobody types faster and waits for answers."""
STATE_LASTS = timedelta(hours=12)
"""After so long a silence the talk begins anew: a "yes" no longer answers yesterday's question."""
COMMAND_INTENTS = {
    "start": "start",
    "help": "help",
    "ticket": "ticket_status",
    "cancel": "stop",
    "language": "change_language",
    "privacy": "privacy",
}
SaidBy = Literal["assistant", "agent", "muted", "blocked", "none"]


@dataclass(frozen=True, slots=True)
class Situation:
    """What decides who speaks. ``recent``: when this conversation's messages came in during the last
    ``FLOOD_WINDOW``, this one included, oldest first. ``edits_latest``: the edited message is the person's latest.
    ``blocked``: staff want the assistant not to answer him; ``blocked_told``: he knows."""

    kind: str
    text: str
    command: str | None
    choice: tuple[str, str | None] | None
    choice_unknown: bool
    files: int
    in_charge: str
    edits_latest: bool
    recent: Sequence[datetime]
    group_told: bool
    blocked: bool = False
    blocked_told: bool = False


@dataclass(frozen=True, slots=True)
class Handling:
    """What is to be done: by whom, a notice to say (a response's name), or a message for the engine."""

    by: SaidBy
    notice: str | None = None
    message: dict[str, Any] | None = field(default=None)


def handling(situation: Situation) -> Handling:
    """Who speaks, and what is asked of him."""
    if situation.kind == "group":
        return Handling("none", None if situation.group_told else "utter_group_declined")
    if situation.in_charge != ASSISTANT:
        return Handling("agent")
    if situation.blocked:
        return Handling("blocked", None if situation.blocked_told else "utter_blocked")
    if situation.kind == "unreadable":
        return Handling("assistant", "utter_unreadable")
    if len(situation.recent) > FLOOD_LIMIT:
        # One notice, with the first message too many; all are kept, the next quiet message is answered.
        return Handling("muted", "utter_flood" if len(situation.recent) == FLOOD_LIMIT + 1 else None)
    if situation.kind == "edited" and not situation.edits_latest:
        # The talk has gone on since; agents see the new wording in the conversation.
        return Handling("assistant", "utter_edited_noted")
    return _for_engine(situation)


def _for_engine(situation: Situation) -> Handling:
    if situation.command is not None:
        return Handling("assistant", message={"intent": COMMAND_INTENTS[situation.command], "text": situation.text})
    if situation.choice is not None:
        return Handling("assistant", message={"intent": situation.choice[0], "text": situation.text})
    if situation.choice_unknown and not situation.text:
        return Handling("assistant", message={"intent": "help", "text": ""})
    if situation.kind == "shared" or (situation.files and not situation.text.strip()):
        return Handling("assistant", message={"intent": "share", "text": ""})
    if not situation.text.strip():
        return Handling("assistant", "utter_unreadable")
    return Handling("assistant", message={"text": situation.text})
