"""Telegram updates become events. Pure.

Identifiers: a message is ``<chat>:<message>``, an edit of it ``<chat>:<message>:<edit date>:<digest of the wording>``
(dates are whole seconds), a button press ``callback:<query>``, a block or unblock ``<chat>:member:<date>:<status>``.
``update_id`` is not used: Telegram may start it anew after a quiet week.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from telegram import CallbackQuery, Chat, ChatMemberUpdated, InlineKeyboardMarkup, Message, MessageEntity, Update

from bot.channels.commands import typed_command
from bot.channels.telegram.content import SERVICE, attachments_of, text_of
from bot.conversation.messages import Command, Event, Ignored, Incoming

CHANNEL = "telegram"
CALLBACK = "callback:"
_COMMAND = re.compile(r"/([A-Za-z0-9_]+)(?:@([A-Za-z0-9_]+))?(?=\s|$)")


def events_of(payload: Mapping[str, Any], bot_username: str | None) -> list[Event]:
    """The events of one update as Telegram sent it. Never raises on odd content.

    An update that the library cannot read (a field that a later Bot API made optional, say) must not stop those behind
    it: a person's text stays a text, a press a press, another message is ``unreadable``, and the rest is ignored.
    """
    try:
        return parse(Update.de_json(dict(payload), None), bot_username)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError, OSError):
        return [_salvaged(payload, bot_username)]


def parse(update: Update, bot_username: str | None) -> list[Event]:
    """``bot_username``: without the @; None while it is not known yet."""
    if update.message:
        return [_message(update.message, bot_username)]
    if update.edited_message:
        return [_edited(update.edited_message)]
    if update.callback_query:
        return [_pressed(update.callback_query)]
    if update.my_chat_member:
        return [_membership(update.my_chat_member)]
    known = next((str(kind) for kind in Update.ALL_TYPES if getattr(update, kind, None) is not None), "unknown")
    return [Ignored(CHANNEL, known)]


def message_id(chat_id: int, number: int) -> str:
    """The external id of a message, one that came in as well as one that was sent."""
    return f"{chat_id}:{number}"


def _message(message: Message, bot_username: str | None) -> Event:
    if message.from_user is None or message.from_user.is_bot:
        return Ignored(CHANNEL, "bot")
    if service := next((name for name in SERVICE if getattr(message, name, None)), None):
        return Ignored(CHANNEL, service)
    command, addressed = _command(message.text or "", bot_username)
    if message.chat.type != Chat.PRIVATE:
        if not (addressed or _mentioned(message, bot_username)):
            return Ignored(CHANNEL, "group")
        return Incoming(
            CHANNEL,
            message_id(message.chat.id, message.message_id),
            (str(message.chat.id),),
            kind="group",
            text=text_of(message),
            sent_at=message.date,
            display_name=message.from_user.full_name,
        )
    text, files = text_of(message), attachments_of(message)
    shared = bool(message.location or message.contact)
    return Incoming(
        CHANNEL,
        message_id(message.chat.id, message.message_id),
        (str(message.chat.id),),
        kind="shared" if shared else "message" if message.text or files else "unreadable",
        text=text,
        command=command,
        attachments=files,
        sent_at=message.date,
        display_name=message.from_user.full_name,
    )


def _edited(message: Message) -> Event:
    """A moving live location is an edit every few seconds; it says nothing new."""
    text, files = text_of(message), attachments_of(message)
    private = message.chat.type == Chat.PRIVATE and message.from_user is not None and not message.from_user.is_bot
    if not private or message.location or not (text or files) or message.from_user is None:
        return Ignored(CHANNEL, "edited_message")
    original = message_id(message.chat.id, message.message_id)
    when = message.edit_date or message.date
    wording = "\n".join((text, *(file.ref for file in files)))
    digest = hashlib.sha256(wording.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return Incoming(
        CHANNEL,
        f"{original}:{int(when.timestamp())}:{digest}",
        (str(message.chat.id),),
        kind="edited",
        text=text,
        attachments=files,
        sent_at=when,
        display_name=message.from_user.full_name,
        edits=original,
    )


def _pressed(query: CallbackQuery) -> Event:
    """The label of the button goes along as text, for the history. Telegram does not tell when it was pressed."""
    if query.message is None or query.message.chat.type != Chat.PRIVATE or not query.data:
        return Ignored(CHANNEL, "callback_query")
    markup = query.message.reply_markup if isinstance(query.message, Message) else None
    return Incoming(
        CHANNEL,
        f"{CALLBACK}{query.id}",
        (str(query.from_user.id),),
        text=_label(markup, query.data),
        choice=query.data,
        display_name=query.from_user.full_name,
    )


def _label(markup: InlineKeyboardMarkup | None, data: str) -> str:
    rows = markup.inline_keyboard if markup else ()
    return next((str(button.text) for row in rows for button in row if button.callback_data == data), "")


def _membership(change: ChatMemberUpdated) -> Event:
    """In a private chat: the person blocked the bot (``kicked``) or let it in again."""
    if change.chat.type != Chat.PRIVATE:
        return Ignored(CHANNEL, "my_chat_member")
    status = str(change.new_chat_member.status)
    return Incoming(
        CHANNEL,
        f"{change.chat.id}:member:{int(change.date.timestamp())}:{status}",
        (str(change.chat.id),),
        kind="unreachable" if status in ("kicked", "left") else "reachable",
        sent_at=change.date,
        display_name=change.from_user.full_name,
    )


def _command(text: str, bot_username: str | None) -> tuple[Command | None, bool]:
    """The command, and whether a group's message with it is meant for us: one of ours, or any that names us."""
    match = _COMMAND.match(text)
    if match is None:
        return None, False
    to = match[2]
    if to and bot_username and to.lower() != bot_username.lower():
        return None, False
    command = typed_command(f"/{match[1]}")
    return command, bool(to and bot_username) or (command is not None and not to)


def _mentioned(message: Message, bot_username: str | None) -> bool:
    if bot_username is None:
        return False
    kinds: list[str | None] = [MessageEntity.MENTION]
    found = message.parse_entities(kinds) if message.text else message.parse_caption_entities(kinds)
    return f"@{bot_username}".lower() in (name.lower() for name in found.values())


def _salvaged(payload: Mapping[str, Any], bot_username: str | None) -> Event:
    match payload:
        case {"message": {"message_id": int(number), "chat": {"id": int(chat), "type": "private"}} as message}:
            text = found if isinstance(found := message.get("text"), str) else ""
            return Incoming(
                CHANNEL,
                message_id(chat, number),
                (str(chat),),
                kind="message" if text else "unreadable",
                text=text,
                command=_command(text, bot_username)[0],
                sent_at=_moment(message.get("date")),
            )
        case {
            "callback_query": {
                "id": str(query),
                "from": {"id": int(person)},
                "data": str(key),
                "message": {"chat": {"type": "private"}},
            }
        }:
            return Incoming(CHANNEL, f"{CALLBACK}{query}", (str(person),), choice=key)
    return Ignored(CHANNEL, "malformed")


def _moment(seconds: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int) else None
    except (ValueError, OverflowError, OSError):
        return None
