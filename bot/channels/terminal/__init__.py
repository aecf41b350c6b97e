"""The assistant in the terminal, for ``make chat`` and the tests."""

from bot.channels.terminal.channel import TerminalChannel

__all__ = ["TerminalChannel"]
