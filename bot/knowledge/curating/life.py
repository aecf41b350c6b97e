"""The life of a template's version, as one table of allowed steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from bot.errors import NotAllowed, Told, told

State = Literal["draft", "review", "published", "archived"]
Step = Literal["write", "submit", "return", "replace", "publish", "supersede", "archive", "restore"]

STEPS: dict[tuple[State | None, Step], State] = {
    (None, "write"): "draft",
    ("draft", "submit"): "review",
    ("review", "return"): "draft",
    ("draft", "replace"): "archived",  # by a newer draft
    ("review", "replace"): "archived",
    ("draft", "archive"): "archived",  # given up
    ("review", "archive"): "archived",
    ("review", "publish"): "published",
    ("published", "supersede"): "archived",  # by a newer version
    ("published", "archive"): "archived",
    (None, "restore"): "published",  # what was public once, said again
}
"""(state, step) to the state after it. ``None``: a version that is just being made."""

_STATES: Mapping[State | None, Told] = {
    None: told("None"),
    "draft": told("draft"),
    "review": told("review"),
    "published": told("published"),
    "archived": told("archived"),
}
_STEPS: Mapping[Step, Told] = {
    "write": told("write"),
    "submit": told("submit"),
    "return": told("return"),
    "replace": told("replace"),
    "publish": told("publish"),
    "supersede": told("supersede"),
    "archive": told("archive"),
    "restore": told("restore"),
}


def after(template_id: str, state: State | None, step: Step) -> State:
    """The state that ``step`` leads to. Raises NotAllowed."""
    try:
        return STEPS[state, step]
    except KeyError:
        raise NotAllowed(
            told(
                "Template {id} is in state {state}: {step} is not possible.",
                id=template_id, state=_STATES[state], step=_STEPS[step],
            )
        ) from None  # fmt: skip
