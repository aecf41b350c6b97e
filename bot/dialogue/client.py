"""Calling the dialogue engine: the least busy worker, a timeout, another try elsewhere, and a circuit breaker.

A turn is a pure function, so asking again is always safe: what its actions left in a try that failed is forgotten.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from bot.conversation.turn import turns
from bot.dialogue.wire import Wire
from bot.errors import EngineUnavailable
from bot.metrics import ENGINE_FAILURES

CALL_SECONDS = 2.5
"""One call of a worker; a turn takes about 10 ms, so this is a hung worker, not a slow one."""
RETRY_PAUSE = 0.1
WRONG_ANSWERS = 2
"""So many answers that are faults end a turn's tries: the worker lives, and will hardly answer otherwise."""
BREAKER_FAILURES = 5
"""So many calls that failed one after the other open the circuit …"""
BREAKER_SECONDS = 5.0
"""… for so long; then one call is let through to see."""


class Breaker:
    """Closed: calls pass. Open: they do not, until a pause is over; then one may try. Times in seconds, passed in."""

    def __init__(self) -> None:
        self._failures = 0
        self._open_until = 0.0

    def allows(self, now: float) -> bool:
        """Whether a call may be made now; of those who ask after the pause, the first tries for all."""
        if self._failures < BREAKER_FAILURES:
            return True
        if now < self._open_until:
            return False
        self._open_until = now + BREAKER_SECONDS
        return True

    def is_open(self, now: float) -> bool:
        return self._failures >= BREAKER_FAILURES and now < self._open_until

    def succeeded(self) -> None:
        self._failures = 0

    def failed(self, now: float) -> None:
        self._failures += 1
        if self._failures >= BREAKER_FAILURES:
            self._open_until = now + BREAKER_SECONDS


class EngineClient:
    """``ports`` gives the workers that answer now; it is asked anew at every try."""

    def __init__(self, ports: Callable[[], Sequence[int]], secret: str) -> None:
        self._ports = ports
        self._wire = Wire(secret)
        self._busy: dict[int, int] = {}
        self._avoided: dict[int, float] = {}
        self.breaker = Breaker()

    async def turn(
        self, turn_id: str, state: Mapping[str, Any] | None, message: Mapping[str, Any], *, patience: timedelta
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The turn's (state, replies). Tries again until ``patience`` is over, then raises EngineUnavailable with a
        reason that holds nothing of the message."""
        deadline = time.monotonic() + patience.total_seconds()
        body = {"turn": turn_id, "state": state, "message": dict(message)}
        reason, wrong = "not ready", 0
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise EngineUnavailable(reason)
            if (port := self._least_busy()) is None:
                await asyncio.sleep(min(RETRY_PAUSE, left))
                continue
            if not self.breaker.allows(time.monotonic()):
                raise EngineUnavailable("circuit open")
            try:
                return await self._call(port, body, min(CALL_SECONDS, left))
            except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
                reason = type(error).__name__
                self._failed(port, reason)
                wrong += not isinstance(error, OSError | EOFError)
                if wrong >= WRONG_ANSWERS:
                    raise EngineUnavailable(reason) from None
                await asyncio.sleep(min(RETRY_PAUSE, max(0.0, deadline - time.monotonic())))
                body["turn"] = turns.again(turn_id)

    def _least_busy(self) -> int | None:
        """The least busy worker, of those that did not fail of late if there are any."""
        ports, now = self._ports(), time.monotonic()
        return min(ports, key=lambda p: (self._avoided.get(p, 0.0) > now, self._busy.get(p, 0))) if ports else None

    def _failed(self, port: int, reason: str) -> None:
        now = time.monotonic()
        self._avoided[port] = now + BREAKER_SECONDS
        self.breaker.failed(now)
        ENGINE_FAILURES.labels(reason).inc()

    async def _call(
        self, port: int, body: Mapping[str, Any], seconds: float
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        self._busy[port] = self._busy.get(port, 0) + 1
        try:
            async with asyncio.timeout(seconds):
                turn = await self._wire.post(port, "/turn", body)
        finally:
            self._busy[port] -= 1
        state, replies = turn["state"], turn["replies"]
        self.breaker.succeeded()
        self._avoided.pop(port, None)
        return state, replies

    async def close(self) -> None:
        """Let go of connections."""
        self._wire.close()
