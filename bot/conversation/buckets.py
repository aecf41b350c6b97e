"""Token buckets: how fast a channel may be written to."""

from __future__ import annotations

from bot.conversation.messages import Rate


class Buckets:
    """One bucket per key, all of one rate. Times are seconds of any clock that does not go back."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._level: dict[str, tuple[float, float]] = {}

    def wait(self, key: str, now: float) -> float:
        """Seconds until a token of ``key`` is there; 0 when one is."""
        missing = 1 - self._tokens(key, now)
        # A billionth of a token missing is rounding, not a reason to wait.
        return missing / self._rate.per_second if missing > 1e-9 else 0.0

    def take(self, key: str, now: float) -> None:
        """Take a token, whether it is there or not."""
        self._level[key] = (self._tokens(key, now) - 1, now)
        if len(self._level) > 10_000:
            self._forget_full(now)

    def _tokens(self, key: str, now: float) -> float:
        tokens, since = self._level.get(key, (float(self._rate.burst), now))
        return min(self._rate.burst, tokens + (now - since) * self._rate.per_second)

    def _forget_full(self, now: float) -> None:
        self._level = {key: value for key, value in self._level.items() if self._tokens(key, now) < self._rate.burst}
