"""Who may see and do what in the console. A route names one permission; which roles have it is the profile's business.
What somebody may not do is not there for him."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

from bot.procedures import rules

Permission = Literal["public", "own", "work", "curate", "supervise", "report", "plan", "administer"]
"""``public``: anybody. ``own``: one's own session and settings. ``work``: conversations and tickets. ``curate``: answer
templates. ``supervise``: how the whole desk does. ``report``: figures and lists. ``plan``: follow-up plans and
corrective actions. ``administer``: the procedure, accounts and channels."""
NEEDS: Mapping[Permission, rules.Permission] = {
    "work": "answer",
    "curate": "curate",
    "supervise": "assign",
    "report": "report",
    "plan": "plan",
    "administer": "administer",
}
"""What of the profile's permissions each needs; the others need none."""


def may(signed_in: bool, granted: Collection[rules.Permission], permission: Permission) -> bool:
    """Whether somebody has the permission; ``granted``: what the profile lets him do."""
    if permission == "public":
        return True
    return signed_in and (permission not in NEEDS or NEEDS[permission] in granted)


def home(granted: Collection[rules.Permission]) -> str:
    """Where somebody begins his day: at the first of these pages that he may see."""
    pages: tuple[tuple[str, Permission], ...] = (
        ("/console/today", "supervise"),
        ("/console", "work"),
        ("/console/reports", "report"),
        ("/console/knowledge", "curate"),
        ("/console/ptpp", "plan"),
        ("/console/system", "administer"),
    )
    return next((address for address, needed in pages if may(True, granted, needed)), "/console/notices")
