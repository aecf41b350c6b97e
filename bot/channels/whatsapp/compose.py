"""What is sent, as the Cloud API wants it. Pure.

Figures: Meta's limits for text and interactive messages, in characters. One ``Outgoing`` stays one call of the API
wherever it can, because a crash between two calls may send the first of them twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.channels.whatsapp.shapes import text_of
from bot.channels.whatsapp.writers import is_phone
from bot.conversation.messages import Button

MAX_TEXT = 4096
MAX_BODY = 1024  # the text over buttons or a list, and the caption of a file
MAX_BUTTONS = 3
MAX_ROWS = 10
BUTTON_TITLE = 20
ROW_TITLE = 24
ROW_DESCRIPTION = 72
TEMPLATE_LANGUAGE = "id"
LIST_LABELS = {"id": "Pilih", "en": "Choose"}
"""What opens a list of choices, at most ``BUTTON_TITLE`` characters."""

Payload = dict[str, Any]


def address_fields(address: str) -> Payload:
    """What every message begins with. A business-scoped user id goes into ``recipient``, a phone into ``to``."""
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to" if is_phone(address) else "recipient": address,
    }


def text_message(text: str) -> Payload:
    return {"type": "text", "text": {"body": text, "preview_url": False}}


def template_message(name: str) -> Payload:
    """An approved template without parameters, in Indonesian."""
    language = {"policy": "deterministic", "code": TEMPLATE_LANGUAGE}
    return {"type": "template", "template": {"name": name, "language": language}}


def file_message(kind: str, media_id: str, filename: str, caption: str) -> Payload:
    """``kind``: image, video, audio or document. An audio cannot have a caption."""
    media: Payload = {"id": media_id}
    if caption:
        media["caption"] = caption
    if kind == "document":
        media["filename"] = filename
    return {"type": kind, kind: media}


def with_choices(text: str, buttons: Sequence[Button], list_label: str) -> list[Payload]:
    """``text`` with its choices, in as few messages as the limits allow: nearly always one.

    Up to three short choices are buttons, up to ten a list. Under a text that is too long for either the choices are
    numbered, since a typed number is understood as well. ``list_label`` opens the list, and is the text over the
    choices where there is no other.
    """
    if not buttons:
        return [text_message(text)]
    body = text if text.strip() else list_label
    pressable = _pressable(body, buttons, list_label)
    if pressable:
        return [pressable]
    numbered = _numbered(body, buttons)
    if len(numbered) <= MAX_TEXT:
        return [text_message(numbered)]
    choices = _pressable(list_label, buttons, list_label)
    return [text_message(body), choices or text_message(_cut(_numbered(list_label, buttons), MAX_TEXT))]


def _pressable(body: str, buttons: Sequence[Button], list_label: str) -> Payload | None:
    return _reply_buttons(body, buttons) or _list(body, buttons, list_label)


def _reply_buttons(body: str, buttons: Sequence[Button]) -> Payload | None:
    titles = [_title(button) for button in buttons]
    fits = len(body) <= MAX_BODY and len(titles) <= MAX_BUTTONS and max(map(len, titles)) <= BUTTON_TITLE
    if not fits or len(set(titles)) < len(titles) or any(map(_description, buttons)):
        return None
    replies = [
        {"type": "reply", "reply": {"id": button.key, "title": title}}
        for button, title in zip(buttons, titles, strict=True)
    ]
    return _interactive("button", body, {"buttons": replies})


def _list(body: str, buttons: Sequence[Button], list_label: str) -> Payload | None:
    """A label that a row has no room for is whole in its description, or else in the body."""
    if any(len(_title(button)) > ROW_DESCRIPTION for button in buttons):
        body = _numbered(body, buttons)
    if len(body) > MAX_BODY or len(buttons) > MAX_ROWS:
        return None
    rows = [_row(button) for button in buttons]
    return _interactive("list", body, {"button": _cut(list_label, BUTTON_TITLE), "sections": [{"rows": rows}]})


def _row(button: Button) -> Payload:
    title, description = _title(button), _description(button)
    row = {"id": button.key, "title": _cut(title, ROW_TITLE)}
    if len(title) > ROW_TITLE:
        both = f"{title} · {description}" if description else title
        description = both if len(both) <= ROW_DESCRIPTION else title
    if description:
        row["description"] = _cut(description, ROW_DESCRIPTION)
    return row


def _interactive(kind: str, body: str, action: Payload) -> Payload:
    return {"type": "interactive", "interactive": {"type": kind, "body": {"text": body}, "action": action}}


def _numbered(text: str, buttons: Sequence[Button]) -> str:
    lines = (f"{number}. {_title(button)}" for number, button in enumerate(buttons, 1))
    return "\n".join([text, "", *lines])


def _title(button: Button) -> str:
    """The label in one line; Meta refuses an empty one."""
    return " ".join(text_of(button.label).split()) or "…"


def _description(button: Button) -> str:
    return " ".join(text_of(button.description).split())


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
