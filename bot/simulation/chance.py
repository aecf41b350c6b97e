"""What is drawn: when people come, how long things take, what somebody does next. All of it from one stream of random
numbers, so that the same seed gives the same month."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TypeVar

T = TypeVar("T")

HOURS = (1, 1, 0.5, 0.3, 0.3, 0.6, 2, 4, 8, 11, 12, 10, 7, 9, 10, 9, 7, 5, 4, 5, 6, 6, 4, 2)
"""How many write in each hour of the day, by the clock on the wall."""
WEEKDAYS = (1.25, 1.1, 1.0, 1.0, 0.9, 0.4, 0.35)
"""Monday to Sunday."""
PEAK, PEAK_BEGINS, PEAK_DAYS = 2.5, 8, 2
"""The busiest days (fees are due): so many times as busy, after so many days of the month, so many in a row."""
DAY = 86_400


class Chance(random.Random):
    """Draws."""

    def happens(self, share: float) -> bool:
        """Whether what happens in ``share`` of cases does now."""
        return self.random() < share

    def one_of(self, weights: Mapping[T, float]) -> T:
        """One of the keys."""
        return self.choices(list(weights), list(weights.values()))[0]

    def takes(self, median: timedelta, spread: float = 0.8) -> int:
        """Seconds that something takes, at least one: log-normal, half of the time at most ``median``."""
        return max(1, round(self.lognormvariate(math.log(median.total_seconds()), spread)))

    def arrivals(self, count: int, days: Sequence[date], quiet: Sequence[bool]) -> list[int]:
        """``count`` seconds since the beginning of the first of ``days``, in order: more in office hours than at night,
        more on Mondays than on Sundays, and most in the peak. ``quiet``: days that are as Sundays
        are."""
        peak = range(PEAK_BEGINS, PEAK_BEGINS + PEAK_DAYS)
        weights = [
            WEEKDAYS[6 if still else day.weekday()] * (PEAK if number in peak else 1)
            for number, (day, still) in enumerate(zip(days, quiet, strict=True))
        ]
        chosen = self.choices(range(len(days)), weights, k=count)
        hours = self.choices(range(24), HOURS, k=count)
        return sorted(day * DAY + hour * 3600 + self.randrange(3600) for day, hour in zip(chosen, hours, strict=True))
