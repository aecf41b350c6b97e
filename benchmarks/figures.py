"""The arithmetic of the figures and the table they are shown in. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table. ``met``: None where nothing was asked."""

    what: str
    asked: str
    measured: str
    met: bool | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What a benchmark found: lines for the table, and the raw figures for the JSON file."""

    rows: Sequence[Row]
    raw: Mapping[str, Any]


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` (0 to 1) of the values do not exceed. Raises ValueError for none."""
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """Number, median, 90th and 99th percentile and maximum of durations, in milliseconds."""
    if not seconds:
        return {"n": 0}
    shares = {"p50_ms": 0.5, "p90_ms": 0.9, "p99_ms": 0.99, "max_ms": 1.0}
    return {"n": len(seconds)} | {name: round(percentile(seconds, share) * 1e3, 2) for name, share in shares.items()}


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """How many times theirs ours is: the median of the rounds' ratios, so that a busy round counts for both or
    neither. Both have a value a round."""
    return median(own / other for own, other in zip(ours, theirs, strict=True))


def excess(seen: Mapping[Any, int], written: Mapping[Any, int]) -> dict[Any, int]:
    """What was seen oftener than it was written, and by how much."""
    return {key: count - written.get(key, 0) for key, count in seen.items() if count > written.get(key, 0)}


def table(rows: Sequence[Row], machine: str) -> str:
    """The rows as text in columns; the last column says whether the figure was reached."""
    marks = {True: "yes", False: "NO", None: "-"}
    lines = [("what", "asked", "measured", "reached")]
    lines += [(row.what, row.asked, row.measured, marks[row.met]) for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    lines.insert(1, ("-" * widths[0], "-" * widths[1], "-" * widths[2], "-" * widths[3]))
    shown = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join([*shown, "", machine])
