"""How many turns are taken at once: fewer while messages have to wait before they are stored.

What comes in is stored before what came in is answered: the channel that delivers a message waits for us, and gives up
or delivers it again if that takes long. Times are seconds of one steady clock, passed in.
"""

from __future__ import annotations

SLOW_SECONDS = 0.02
"""Messages that waited longer than this to be stored, the disk's time apart …"""
IN_A_ROW = 3
"""… so many times one after the other, quarter the number of turns …"""
STEP_SECONDS = 0.5
"""… to which one more is added for each such time without. Doubling, they would be too many again within a second of a
flood that goes on."""


class Pace:
    """Starts at ``most``, never falls below one."""

    def __init__(self, most: int) -> None:
        self._most = self._from = most
        self._since = 0.0
        self._slow = 0

    def limit(self, now: float) -> int:
        """How many turns may be going on."""
        return min(self._most, self._from + int((now - self._since) / STEP_SECONDS))

    def stored(self, waited: float, now: float) -> None:
        """Messages were stored; the first of them had waited so long, not counting the disk: fewer turns do not make
        that any quicker."""
        self._slow = self._slow + 1 if waited > SLOW_SECONDS else 0
        if self._slow >= IN_A_ROW:
            self._slow = 0
            self._from, self._since = max(1, self.limit(now) // 4), now
