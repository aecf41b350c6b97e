"""Calls of a channel's webhook that were refused: why, for who looks after it. Whoever called is told nothing."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bot.clock import Clock, utc_now

log = logging.getLogger(__name__)

Reason = Literal["unsigned", "wrong_signature", "wrong_verify_token", "no_secret_token", "wrong_secret_token"]
TOLD: Mapping[Reason, str] = {
    "unsigned": "it had no signature; if it was Meta's, a proxy may drop X-Hub-Signature-256",
    "wrong_signature": "its signature is not made with SAPA_WHATSAPP_APP_SECRET",
    "wrong_verify_token": "its verify token is not SAPA_WHATSAPP_VERIFY_TOKEN",
    "no_secret_token": "it had no secret token; if it was Telegram's, a proxy may drop X-Telegram-Bot-Api-Secret-Token",
    "wrong_secret_token": "its secret token is not SAPA_TELEGRAM_SECRET",
}
"""For the log; the console says it in both languages (``refused_…`` in ``words.yml``)."""
AGAIN = timedelta(minutes=10)
"""How long the log is silent about more calls that are refused for the same reason."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The last call that was refused."""

    reason: Reason
    at: datetime


class Refusals:
    """The last one of each channel. In memory: anybody may call, and shall not make the database write."""

    def __init__(self, clock: Clock = utc_now) -> None:
        self._clock = clock
        self._last: dict[str, Refusal] = {}
        self._told: dict[tuple[str, Reason], datetime] = {}

    def note(self, channel: str, reason: Reason) -> None:
        """A call was refused."""
        now = self._clock()
        self._last[channel] = Refusal(reason, now)
        told = self._told.get((channel, reason))
        if told is None or now - told >= AGAIN:
            self._told[channel, reason] = now
            log.warning("a call of %s's webhook was refused: %s", channel, TOLD[reason])

    def last(self, channel: str) -> Refusal | None:
        """None where none was refused since the start."""
        return self._last.get(channel)
