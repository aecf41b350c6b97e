"""Sending to Telegram and fetching files from it; its errors become ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import httpx
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    LinkPreviewOptions,
    Message,
    MessageEntity,
)
from telegram.constants import ChatAction
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, TelegramError, TimedOut

from bot.channels.telegram.connection import Throttled, redact
from bot.channels.telegram.parse import message_id
from bot.conversation.messages import AttachmentRef, Button, Capabilities, FileRules, Outgoing, Rate, StoredFile
from bot.conversation.picture import emphasised
from bot.errors import TransportError, told

MAX_CAPTION = 1024
MAX_DOWNLOAD = 20_000_000
MAX_PHOTO = 10_000_000
MAX_UPLOAD = 50_000_000
CAPABILITIES = Capabilities(
    max_text=4096,
    max_choices=10,
    per_chat=Rate(1, 5),
    per_bot=Rate(30, 30),
    files=FileRules(MAX_UPLOAD, MAX_CAPTION),
)
"""Bot API: about 1 message/s a chat (short bursts pass) and 30/s a bot, texts of 4096 characters."""
PHOTOS = frozenset({"image/jpeg", "image/png"})
SHORT_LABEL = 14
"""Characters of a label, up to which two buttons stand beside each other on a narrow phone."""
REFUSED = told("Telegram refuses the bot's token; look at SAPA_TELEGRAM_TOKEN and SAPA_TELEGRAM_API_URL")
_GONE = ("chat not found", "user not found", "peer_id_invalid", "user is deactivated", "input_user_deactivated")
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


async def send(bot: Bot, address: str, message: Outgoing) -> str:
    """Send to the chat ``address``; the external id of the message that carries the text. Raises TransportError.

    One call for a text or for a file with a caption. More files, or a text too long for a caption, are a call each, the
    text with the buttons last: if one of them fails, all are sent again.
    """
    try:
        sent = await _send(bot, address, message)
    except TelegramError as error:
        raise refusal(error) from error
    return message_id(sent.chat.id, sent.message_id)


async def _send(bot: Bot, address: str, message: Outgoing) -> Message:
    keys = keyboard(message.buttons)
    text, bold = with_entities(message.text)
    if message.files and _units(text) <= MAX_CAPTION:
        for file in message.files[:-1]:
            await _send_file(bot, address, file)
        return await _send_file(bot, address, message.files[-1], text or None, bold, keys)
    for file in message.files:
        await _send_file(bot, address, file)
    return await bot.send_message(address, text, entities=bold, link_preview_options=_NO_PREVIEW, reply_markup=keys)


def with_entities(text: str) -> tuple[str, list[MessageEntity]]:
    """What is shown of ``text``, and what of it is bold. Told apart from the text, so that no sign in it is markup and
    none needs escaping."""
    shown, bold, at = "", [], 0
    for piece in emphasised(text):
        length = _units(piece.text)
        if piece.styles:
            bold.append(MessageEntity(MessageEntity.BOLD, at, length))
        shown, at = shown + piece.text, at + length
    return shown, bold


async def _send_file(
    bot: Bot,
    address: str,
    file: StoredFile,
    caption: str | None = None,
    bold: Sequence[MessageEntity] = (),
    keyboard: InlineKeyboardMarkup | None = None,
) -> Message:
    try:
        content = await asyncio.to_thread(file.path.read_bytes)
    except OSError as error:
        raise TransportError("the file to send is not there any more", permanent=True) from error
    if len(content) > MAX_UPLOAD:
        raise TransportError("the file is over Telegram's 50 MB", permanent=True, code="file_too_large")
    if file.media_type in PHOTOS and len(content) <= MAX_PHOTO:
        try:
            image = InputFile(content, file.filename)
            return await bot.send_photo(address, image, caption, caption_entities=bold, reply_markup=keyboard)
        except BadRequest as error:
            if not {"photo", "image"} & set(error.message.lower().replace("_", " ").split()):
                raise
            # An image that Telegram will not show (too wide, damaged) still arrives as a document.
    document = InputFile(content, file.filename)
    return await bot.send_document(address, document, caption, caption_entities=bold, reply_markup=keyboard)


def _units(text: str) -> int:
    """Length as Telegram's clients count: an emoji is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def keyboard(buttons: Sequence[Button]) -> InlineKeyboardMarkup | None:
    """The choices below a message: two a row where all labels are short, else one."""
    if not buttons:
        return None
    keys = [InlineKeyboardButton(button.label, callback_data=button.key) for button in buttons]
    width = 2 if all(len(button.label) <= SHORT_LABEL for button in buttons) else 1
    return InlineKeyboardMarkup([keys[start : start + width] for start in range(0, len(keys), width)])


def refusal(error: TelegramError) -> TransportError:
    """What the library's error means for the message. BadRequest and TimedOut are NetworkErrors, so they come first."""
    reason = redact(error.message)[:200]
    match error:
        case Throttled():
            return TransportError(reason, permanent=False, retry_after=error.seconds, code="429")
        case InvalidToken():
            return TransportError(REFUSED, permanent=True, code="401")
        case Forbidden():
            return TransportError(reason, permanent=True, unreachable=True, code="403")
        case ChatMigrated():
            return TransportError("the group became a supergroup", permanent=True, code=f"moved:{error.new_chat_id}")
        case Conflict():
            return TransportError(reason, permanent=False, code="409")
        case BadRequest():
            gone = any(words in reason.lower() for words in _GONE)
            return TransportError(reason, permanent=True, unreachable=gone, code="400")
        case TimedOut():
            return TransportError(reason, permanent=False, code="timeout")
    return TransportError(reason, permanent=False)


async def typing(bot: Bot, address: str) -> None:
    """Show "typing…" for five seconds; later than that it is of no use. Raises TelegramError."""
    await bot.send_chat_action(address, ChatAction.TYPING, read_timeout=5, connect_timeout=5)


async def fetch(bot: Bot, client: httpx.AsyncClient, attachment: AttachmentRef) -> AsyncIterator[bytes]:
    """The bytes of a file, up to the Bot API's 20 MB. Raises TransportError."""
    if (attachment.size or 0) > MAX_DOWNLOAD:
        raise _too_large()
    try:
        url = (await bot.get_file(attachment.ref)).file_path
    except TelegramError as error:
        if isinstance(error, BadRequest) and "too big" in error.message.lower():
            raise _too_large() from error
        raise refusal(error) from error
    if not url or not url.startswith(("http://", "https://")):
        raise TransportError("Telegram gave no address to fetch the file from", permanent=True)
    try:
        async with client.stream("GET", url) as response:
            _check(response)
            size = 0
            async for chunk in response.aiter_bytes():
                size += len(chunk)
                if size > MAX_DOWNLOAD:
                    raise _too_large()
                yield chunk
    except httpx.HTTPError as error:
        raise TransportError(f"the file could not be fetched: {type(error).__name__}", permanent=False) from None


def _check(response: httpx.Response) -> None:
    status = response.status_code
    if status == 200:
        return
    wait = response.headers.get("retry-after", "")
    raise TransportError(
        f"Telegram answered {status} when the file was fetched",
        permanent=status < 500 and status != 429,
        retry_after=float(wait) if wait.isdecimal() else None,
        code=str(status),
    )


def _too_large() -> TransportError:
    return TransportError("the file is over the 20 MB that Telegram lets bots fetch", permanent=True, code="too_large")
