"""What people see of what is sent to Telegram: text with bold words, an inline keyboard. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.channels.telegram.send import CAPABILITIES, keyboard
from bot.conversation.messages import Outgoing
from bot.conversation.picture import Bubble, Look, plain


def draw(message: Outgoing) -> Sequence[Bubble]:
    """The message that a text with choices becomes."""
    keys = keyboard(message.buttons)
    rows = keys.inline_keyboard if keys is not None else ()
    return [Bubble(plain(message.text), tuple(tuple(button.text for button in row) for row in rows))]


LOOK = Look(draw, CAPABILITIES.max_text, CAPABILITIES.max_choices)
