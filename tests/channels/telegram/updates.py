"""Updates as Telegram sends them."""

from __future__ import annotations

from typing import Any

BOT_ID = 123456
BOT_USERNAME = "sapa_contoh_bot"
DATE = 1_795_402_800
"""23 November 2026, 03:00 UTC."""
PERSON = {"id": 777, "is_bot": False, "first_name": "Sri", "last_name": "Wahyuni", "language_code": "id"}
GROUP = {"id": -100500, "type": "supergroup", "title": "Angkatan 2026"}


def message(number: int = 1, *, chat: dict[str, Any] | int = 777, **content: Any) -> dict[str, Any]:
    """A message of ``PERSON``, in the private chat ``chat`` or in a group."""
    if isinstance(chat, int):
        chat = {"id": chat, "type": "private", "first_name": PERSON["first_name"]}
    sender = PERSON if chat["type"] != "private" else {**PERSON, "id": chat["id"]}
    return {"message_id": number, "date": DATE, "chat": chat, "from": sender, **content}


def update(update_id: int = 1, **content: Any) -> dict[str, Any]:
    return {"update_id": update_id, **content}


def text(words: str, number: int = 1, **more: Any) -> dict[str, Any]:
    """An update with a text message, commands and mentions marked as Telegram marks them."""
    return update(message=message(number, text=words, entities=entities(words), **more))


def entities(words: str) -> list[dict[str, Any]]:
    """Commands and mentions, with offsets in UTF-16 units."""
    found, at = [], 0
    for word in words.split(" "):
        units = len(word.encode("utf-16-le")) // 2
        if word[:1] in ("/", "@") and len(word) > 1:
            name = word.rstrip(".,!?")
            found.append({"type": "bot_command" if word[0] == "/" else "mention", "offset": at, "length": len(name)})
        at += units + 1
    return found


def press(key: str, query: str = "4382bfdwdsb323b2d9", *, chat: int = 777, label: str = "Ya") -> dict[str, Any]:
    """An update with a pressed inline button."""
    bot = {"id": BOT_ID, "is_bot": True, "first_name": "Sapa", "username": BOT_USERNAME}
    keyboard = {"inline_keyboard": [[{"text": label, "callback_data": key}]]}
    origin = {
        **message(9, chat=chat, text="Apakah ini menjawab pertanyaan Anda?"),
        "from": bot,
        "reply_markup": keyboard,
    }
    presser = {**PERSON, "id": chat}
    return update(callback_query={"id": query, "from": presser, "message": origin, "chat_instance": "1", "data": key})


def membership(status: str, *, chat: dict[str, Any] | int = 777) -> dict[str, Any]:
    """An update that tells what the bot is in a chat now: ``kicked`` or ``member``."""
    if isinstance(chat, int):
        chat = {"id": chat, "type": "private", "first_name": PERSON["first_name"]}
    bot = {"id": BOT_ID, "is_bot": True, "first_name": "Sapa", "username": BOT_USERNAME}
    states: dict[str, dict[str, Any]] = {name: {"status": name, "user": bot} for name in ("kicked", "member", "left")}
    states["kicked"]["until_date"] = 0
    old = states["member" if status != "member" else "kicked"]
    change = {"chat": chat, "from": PERSON, "date": DATE, "old_chat_member": old, "new_chat_member": states[status]}
    return update(my_chat_member=change)
