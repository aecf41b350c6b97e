"""Which step a ticket may take from where, what it needs for that, and what its events tell: tables and pure rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from bot.errors import NotAllowed, Told, together, told

Status = Literal["new", "open", "waiting", "forwarded", "planned", "resolved", "closed"]
"""``waiting``: for the person. ``forwarded``: to a unit. ``planned``: a follow-up plan is being carried out."""
Priority = Literal["normal", "high", "urgent"]
Kind = Literal["question", "complaint", "suggestion", "praise", "request", "outage"]
"""What a ticket is. ``outage``: the assistant could not answer and opened it itself."""
Step = Literal[
    "message", "reply", "assign", "hand on", "release", "categorise", "sort", "wait", "forward", "plan", "take back",
    "resolve", "record", "close", "withdraw", "lapse", "merge", "reopen",
]  # fmt: skip
"""``message``: the person writes; ``reply``: staff do. ``hand on``: to a colleague or a unit. ``sort``: kind, priority
and tags. ``withdraw``: the person ends it himself, or staff do
where there is nothing to solve. ``lapse``: it closes by itself after a long silence. ``merge``:
another ticket is about the same."""

ENDED: frozenset[Status] = frozenset({"resolved", "closed"})
LIVE: frozenset[Status] = frozenset({"new", "open", "waiting", "forwarded", "planned"})
"""Somebody still has to deal with it, or the person has to answer."""
CLOCK_RUNS: frozenset[Status] = LIVE - {"waiting"}
"""In these what is due can be late; while the person is waited for the clock stands."""

_AT_WORK: Mapping[Status, Status] = {
    "new": "open", "open": "open", "waiting": "waiting", "forwarded": "forwarded", "planned": "planned",
}  # fmt: skip
_SORTED: Mapping[Status, Status] = {status: status for status in (*sorted(LIVE), "resolved")}
_ROWS: Mapping[Step, Mapping[Status, Status]] = {
    "message": {
        "new": "new", "open": "open", "waiting": "open", "forwarded": "forwarded", "planned": "planned",
        "resolved": "open",
    },
    "reply": {**_AT_WORK, "resolved": "resolved"},
    "assign": _AT_WORK,
    "hand on": _AT_WORK,
    "release": _AT_WORK,
    "categorise": _SORTED,
    "sort": _SORTED,
    "wait": dict.fromkeys(("new", "open", "forwarded", "planned"), "waiting"),
    "forward": dict.fromkeys(("new", "open", "waiting", "planned"), "forwarded"),
    "plan": dict.fromkeys(("new", "open", "waiting", "forwarded"), "planned"),
    "take back": dict.fromkeys(("waiting", "forwarded", "planned"), "open"),
    "resolve": dict.fromkeys(sorted(LIVE), "resolved"),
    "record": {status: status for status in (*LIVE, *ENDED)},
    "close": {"resolved": "closed"},
    "withdraw": dict.fromkeys((*sorted(LIVE), "resolved"), "closed"),
    "lapse": dict.fromkeys(("waiting", "resolved"), "closed"),
    "merge": dict.fromkeys((*sorted(LIVE), "resolved"), "closed"),
    "reopen": {"resolved": "open", "closed": "open"},
}  # fmt: skip
STEPS: Mapping[tuple[Status, Step], Status] = {
    (status, step): to for step, row in _ROWS.items() for status, to in row.items()
}
"""(status, step) → status afterwards."""

NEEDS: Mapping[Step, tuple[str, ...]] = {
    "categorise": ("category",),
    "forward": ("unit",),
    "plan": ("plan",),
    "resolve": ("solution",),
    "record": ("record",),
    "close": ("category", "solution", "record"),
}
"""What must be there for a step, given with it or before."""

_STATUSES: Mapping[str, Told] = {
    "new": told("new"),
    "open": told("open"),
    "waiting": told("waiting"),
    "forwarded": told("forwarded"),
    "planned": told("planned"),
    "resolved": told("resolved"),
    "closed": told("closed"),
}
_STEPS: Mapping[Step, Told] = {
    "message": told("'message'"),
    "reply": told("'reply'"),
    "assign": told("'assign'"),
    "hand on": told("'hand on'"),
    "release": told("'release'"),
    "categorise": told("'categorise'"),
    "sort": told("'sort'"),
    "wait": told("'wait'"),
    "forward": told("'forward'"),
    "plan": told("'plan'"),
    "take back": told("'take back'"),
    "resolve": told("'resolve'"),
    "record": told("'record'"),
    "close": told("'close'"),
    "withdraw": told("'withdraw'"),
    "lapse": told("'lapse'"),
    "merge": told("'merge'"),
    "reopen": told("'reopen'"),
}
_NEEDS: Mapping[str, Told] = {
    "category": told("category"),
    "unit": told("unit"),
    "plan": told("plan"),
    "solution": told("solution"),
    "record": told("record"),
}


def after(number: str, status: str, step: Step) -> Status:
    """The status after ``step``. Raises NotAllowed where the table has no such step."""
    to = _ROWS[step].get(status)  # type: ignore[call-overload]
    if to is None:
        raise NotAllowed(
            told(
                "Ticket {number} is {status}; it cannot be changed by {step}.",
                number=number, status=_STATUSES[status], step=_STEPS[step],
            )
        )  # fmt: skip
    found: Status = to
    return found


def lacks(step: Step, given: Mapping[str, str | None]) -> Sequence[str]:
    """What ``step`` needs and ``given`` has not, in the table's order; blank text is nothing."""
    return [need for need in NEEDS.get(step, ()) if not (given.get(need) or "").strip()]


def refuse_without(number: str, step: Step, given: Mapping[str, str | None]) -> None:
    """Raises NotAllowed naming what is lacking for ``step``."""
    if missing := lacks(step, given):
        raise NotAllowed(
            told(
                "Ticket {number} cannot be changed by {step} yet: it lacks {missing}.",
                number=number, step=_STEPS[step], missing=together([_NEEDS[need] for need in missing]),
            )
        )  # fmt: skip
