"""What a message says, by its type. Pure; a message of a type or shape that we do not know is unreadable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from bot.channels.commands import typed_command
from bot.channels.whatsapp.shapes import identifier, line, mapping, sequence, text_of
from bot.conversation.messages import AttachmentKind, AttachmentRef, Command, IncomingKind

MAX_CHOICE = 64
"""Characters of a button's key. A longer one is none of ours (a template of somebody else's): its title counts."""

_ATTACHMENTS: dict[str, AttachmentKind] = {
    "image": "image",
    "audio": "audio",
    "video": "video",
    "document": "document",
    "sticker": "sticker",
}


class Content(NamedTuple):
    """The part of ``Incoming`` that depends on the type of the message."""

    text: str = ""
    choice: str | None = None
    command: Command | None = None
    attachments: tuple[AttachmentRef, ...] = ()
    kind: IncomingKind = "message"
    edits: str | None = None


UNREADABLE = Content(kind="unreadable")


def content_of(message: dict[str, Any], kind: str) -> Content:
    """What ``message`` of the type ``kind`` says. Never raises."""
    reader = _READERS.get(kind)
    return reader(message, kind) if reader else UNREADABLE


def _text(message: dict[str, Any], _kind: str) -> Content:
    text = text_of(mapping(message.get("text")).get("body"))
    if not text:
        return UNREADABLE
    return Content(text, command=typed_command(text))


def _welcome(_message: dict[str, Any], _kind: str) -> Content:
    """The person opened the chat for the first time and has written nothing yet."""
    return Content(command="start")


def _media(message: dict[str, Any], kind: str) -> Content:
    media = mapping(message.get(kind))
    caption, ref = text_of(media.get("caption")), identifier(media.get("id"))
    if not ref:
        return Content(caption) if caption else UNREADABLE
    attachment = AttachmentRef(
        kind="voice" if kind == "audio" and media.get("voice") is True else _ATTACHMENTS[kind],
        ref=ref,
        filename=line(media.get("filename"), limit=255) or None,
        media_type=line(media.get("mime_type"), limit=120) or None,
    )
    return Content(caption, attachments=(attachment,))


def _interactive(message: dict[str, Any], _kind: str) -> Content:
    interactive = mapping(message.get("interactive"))
    reply = mapping(interactive.get("button_reply")) or mapping(interactive.get("list_reply"))
    return _pressed(reply.get("id"), reply.get("title"))


def _button(message: dict[str, Any], _kind: str) -> Content:
    button = mapping(message.get("button"))
    return _pressed(button.get("payload"), button.get("text"))


def _pressed(key: Any, title: Any) -> Content:
    choice, text = text_of(key), text_of(title)
    if not choice and not text:
        return UNREADABLE
    return Content(text, choice=choice if 0 < len(choice) <= MAX_CHOICE else None)


def _location(message: dict[str, Any], _kind: str) -> Content:
    location = mapping(message.get("location"))
    latitude, longitude = location.get("latitude"), location.get("longitude")
    place = ", ".join(filter(None, (line(location.get("name")), line(location.get("address")))))
    if not (_within(latitude, 90) and _within(longitude, 180)):
        return Content(f"📍 {place}", kind="shared") if place else UNREADABLE
    spot = f"{latitude}, {longitude}"
    return Content(f"📍 {place} ({spot})" if place else f"📍 {spot}", kind="shared")


def _contacts(message: dict[str, Any], _kind: str) -> Content:
    cards = []
    for contact in sequence(message.get("contacts")):
        card = mapping(contact)
        parts = [line(mapping(card.get("name")).get("formatted_name"))]
        parts += [line(mapping(phone).get("phone")) for phone in sequence(card.get("phones"))]
        parts += [line(mapping(email).get("email")) for email in sequence(card.get("emails"))]
        if any(parts):
            cards.append("👤 " + ", ".join(filter(None, parts)))
    return Content("\n".join(cards), kind="shared") if cards else UNREADABLE


def _order(message: dict[str, Any], _kind: str) -> Content:
    """We keep no shop: of an order only the words that came with it can be read."""
    text = text_of(mapping(message.get("order")).get("text"))
    return Content(text) if text else UNREADABLE


def _edit(message: dict[str, Any], _kind: str) -> Content:
    """The new wording of a text or a caption. The file of an edited caption is the old one and not taken again."""
    edit = mapping(message.get("edit"))
    changed = mapping(edit.get("message"))
    kind, original = changed.get("type"), identifier(edit.get("original_message_id"))
    if kind == "text":
        content = _text(changed, kind)
    elif isinstance(kind, str) and kind in _ATTACHMENTS:
        content = Content(text_of(mapping(changed.get(kind)).get("caption")))
    else:
        return UNREADABLE
    if content.kind == "message" and original:
        return Content(content.text, kind="edited", edits=original)
    return content if content.text else UNREADABLE


def _within(value: Any, limit: int) -> bool:
    return type(value) in (int, float) and -limit <= value <= limit


_READERS: dict[str, Callable[[dict[str, Any], str], Content]] = {
    "text": _text,
    "request_welcome": _welcome,
    "interactive": _interactive,
    "button": _button,
    "location": _location,
    "contacts": _contacts,
    "order": _order,
    "edit": _edit,
    **dict.fromkeys(_ATTACHMENTS, _media),
}
