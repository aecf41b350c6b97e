"""Commands that a person types where the channel itself has none."""

from __future__ import annotations

from bot.conversation.messages import Command

_COMMANDS: dict[str, Command] = {
    "/start": "start",
    "/mulai": "start",
    "/help": "help",
    "/bantuan": "help",
    "/ticket": "ticket",
    "/tiket": "ticket",
    "/cancel": "cancel",
    "/batal": "cancel",
    "/language": "language",
    "/bahasa": "language",
    "/privacy": "privacy",
    "/privasi": "privacy",
}


def typed_command(text: str) -> Command | None:
    """The command that ``text`` is, in Indonesian or English; None for anything that says more than the command."""
    return _COMMANDS.get(text.strip().lower())
