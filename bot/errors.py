"""Errors have a kind; they become HTTP answers or words only at an edge."""

from __future__ import annotations

from collections.abc import Sequence


class SapaError(Exception):
    """A fault that is told to the person at the terminal in one clear sentence, without a traceback."""


class SettingsError(SapaError):
    """A setting that cannot be used; the message names it."""


class RefusedFile(SapaError):
    """A roster or knowledge file with faults; nothing of it was imported.

    Each fault is one line: ``file:line: what is wrong``.
    """

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class NotAllowed(SapaError):
    """A step that the state of a ticket or conversation does not allow; nothing was changed."""


class Conflict(NotAllowed):
    """Somebody saved the same thing meanwhile; nothing was changed. ``changes``: what he did, in order, as the feature
    that raises it tells it."""

    def __init__(self, message: str, changes: Sequence[object]) -> None:
        super().__init__(message)
        self.changes = changes


class TransportError(Exception):
    """A message could not be handed to a channel, or a file not fetched from it.

    ``permanent``: trying again cannot help. ``retry_after``: seconds the channel asks us to wait.
    ``unreachable``: the person cannot be written to any more (blocked the bot, left the channel).
    ``code``: the channel's own code, for the agent who reads the reason.
    """

    def __init__(
        self,
        reason: str,
        *,
        permanent: bool,
        retry_after: float | None = None,
        unreachable: bool = False,
        code: str | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.retry_after = retry_after
        self.unreachable = unreachable
        self.code = code


class EngineUnavailable(Exception):
    """No dialogue engine could take the turn: down, too slow, or it answered with a fault."""
