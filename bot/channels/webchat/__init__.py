"""The built-in web chat: a page at ``/`` and the few routes it talks to."""

from bot.channels.webchat.channel import WebChatChannel

__all__ = ["WebChatChannel"]
