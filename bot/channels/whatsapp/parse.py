"""A webhook of the WhatsApp Cloud API as events. Pure: no clock, no network, no database.

A webhook carries up to 1,000 updates in any order, and any part of it may have a shape that we do not know. A part
that cannot be read is counted and passed over; it never takes the other parts with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from bot.channels.whatsapp.content import content_of
from bot.channels.whatsapp.shapes import identifier, line, mapping, sequence
from bot.channels.whatsapp.writers import Writers
from bot.conversation.messages import DeliveryState, Event, Ignored, Incoming, StatusUpdate

CHANNEL = "whatsapp"

_ACCOUNT = "whatsapp_business_account"
_END_OF_TIME = 253_402_300_800  # seconds: the year 10000, where datetime ends
_WORD = re.compile(r"[a-z][a-z_]{0,39}")
_MALFORMED = Ignored(CHANNEL, "malformed")
_GROUP = Ignored(CHANNEL, "group")
_SILENT = frozenset({"reaction", "revoke"})
_SYSTEM = frozenset({"user_changed_number", "user_changed_user_id", "customer_identity_changed"})
_STATES: dict[str, DeliveryState] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "read",
    "failed": "failed",
}


def parse(payload: dict[str, Any], phone_number_id: str) -> list[Event]:
    """All events of a webhook: what people did first, oldest first, then the rest. Never raises.

    ``phone_number_id``: ours. Several numbers can stand behind one app; what came to another is counted, not read.
    """
    if payload.get("object", _ACCOUNT) != _ACCOUNT:
        return [Ignored(CHANNEL, "other_object")]
    incoming: list[tuple[int, Incoming]] = []
    rest: list[Event] = []
    for change in _changes(payload):
        for seconds, event in _events(change, phone_number_id):
            if isinstance(event, Incoming):
                incoming.append((seconds, event))
            else:
                rest.append(event)
    # The time has whole seconds: within one, the order of the webhook is all there is, and sort() keeps it.
    incoming.sort(key=lambda timed: timed[0])
    return [event for _, event in incoming] + rest


def _changes(payload: dict[str, Any]) -> Iterator[Any]:
    entries = payload.get("entry")
    if not isinstance(entries, list):
        yield None
        return
    for entry in entries:
        changes = mapping(entry).get("changes")
        if isinstance(changes, list):
            yield from changes
        else:
            yield None


def _events(change: Any, ours: str) -> Iterator[tuple[int, Event]]:
    """The events of one change with their times (seconds), the only key that orders them."""
    value = change.get("value") if isinstance(change, dict) else None
    if not isinstance(value, dict):
        yield 0, _MALFORMED
        return
    field = change.get("field", "messages")
    if field != "messages":
        yield 0, Ignored(CHANNEL, f"field_{field}") if _is_word(field) else _MALFORMED
        return
    number = mapping(value.get("metadata")).get("phone_number_id")
    if number is not None and identifier(number) != ours:
        yield 0, Ignored(CHANNEL, "other_number")
        return
    yield from _messages(value)
    for status in _listed(value, "statuses"):
        yield 0, _status(status)
    for error in _listed(value, "errors"):
        yield 0, Ignored(CHANNEL, f"error_{identifier(mapping(error).get('code'), limit=6)}".rstrip("_"))


def _messages(value: dict[str, Any]) -> Iterator[tuple[int, Event]]:
    messages = _listed(value, "messages")
    writers = Writers(sequence(value.get("contacts")), messages)
    last = 0
    for message in messages:
        if not isinstance(message, dict):
            yield 0, _MALFORMED
            continue
        # Without a time of its own a message stays behind the one that it came after.
        last = _seconds(message.get("timestamp")) or last
        yield last, _message(message, writers)


def _listed(value: dict[str, Any], key: str) -> list[Any]:
    """The list under ``key``. Something else there is one malformed part."""
    found = value.get(key)
    if found is None:
        return []
    return found if isinstance(found, list) else [None]


def _message(message: dict[str, Any], writers: Writers) -> Event:
    external_id, kind = identifier(message.get("id")), message.get("type")
    if not external_id:
        return _MALFORMED
    if "group_id" in message:
        return _GROUP
    if not isinstance(kind, str):
        kind = ""
    if kind in _SILENT:
        return Ignored(CHANNEL, kind)
    if kind == "system":
        change = mapping(message.get("system")).get("type")
        return Ignored(CHANNEL, change if isinstance(change, str) and change in _SYSTEM else "system")
    addresses, name = writers.of(message)
    if not addresses:
        return Ignored(CHANNEL, "no_sender")
    content = content_of(message, kind)
    seconds = _seconds(message.get("timestamp"))
    return Incoming(
        channel=CHANNEL,
        external_id=external_id,
        addresses=addresses,
        kind=content.kind,
        text=content.text,
        choice=content.choice,
        command=content.command,
        attachments=content.attachments,
        sent_at=None if seconds is None else datetime.fromtimestamp(seconds, UTC),
        display_name=name,
        edits=content.edits,
    )


def _status(status: Any) -> Event:
    if not isinstance(status, dict):
        return _MALFORMED
    if status.get("recipient_type") == "group":
        return _GROUP
    name, seconds = status.get("status"), _seconds(status.get("timestamp"))
    external_id = identifier(status.get("id"))
    if not external_id or seconds is None or not isinstance(name, str):
        return _MALFORMED
    state = _STATES.get(name)
    if state is None:
        return Ignored(CHANNEL, f"status_{name}") if _is_word(name) else _MALFORMED
    return StatusUpdate(
        channel=CHANNEL,
        external_id=external_id,
        state=state,
        at=datetime.fromtimestamp(seconds, UTC),
        error=_reason(status.get("errors")) if state == "failed" else None,
    )


def _reason(errors: Any) -> str | None:
    """``131047 Re-engagement message: …`` of the first error, Meta's code first."""
    for error in sequence(errors):
        fault = mapping(error)
        code = identifier(fault.get("code"), limit=12)
        title = line(fault.get("title")) or line(fault.get("message"))
        details = line(mapping(fault.get("error_data")).get("details"), limit=500)
        words = ": ".join(filter(None, (title, details if details != title else "")))
        if code or words:
            return f"{code} {words}".strip()
    return None


def _seconds(value: Any) -> int | None:
    """Seconds since 1970, which come as a string."""
    if isinstance(value, str) and len(value) <= 12 and value.isascii() and value.isdecimal():
        value = int(value)
    return value if type(value) is int and 0 < value < _END_OF_TIME else None


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and _WORD.fullmatch(value) is not None
