"""What the console knows of the application around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from bot.conversation.messages import Channel
from bot.conversation.refusals import Refusals


class System(Protocol):
    """The running application, as far as administrators look after it."""

    def facts(self) -> Mapping[str, Any]:
        """What ``/readyz`` tells."""
        ...

    @property
    def refusals(self) -> Refusals:
        """Calls of webhooks that this process refused."""
        ...

    @property
    def channels(self) -> Mapping[str, Channel]:
        """The channels that are switched on, by name."""
        ...

    def try_channel(self, channel: str, address: str, text: str) -> None:
        """Send a text by a channel at once, and wait until that took it. Only from a thread. Raises TransportError, and
        KeyError where there is no such channel."""
        ...
