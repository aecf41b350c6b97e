"""Which role may do what. A route names one permission; what a role may not do is not there for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Permission = Literal["public", "own", "work", "curate", "supervise"]
"""``public``: anybody. ``own``: one's own session and settings. ``work``: conversations and tickets. ``curate``: answer
templates. ``supervise``: how the whole desk does."""

_AGENT: frozenset[Permission] = frozenset({"public", "own", "work"})
_SUPERVISOR: frozenset[Permission] = _AGENT | {"curate", "supervise"}
MAY: Mapping[str | None, frozenset[Permission]] = {
    None: frozenset({"public"}),
    "agent": _AGENT,
    "supervisor": _SUPERVISOR,
    "administrator": _SUPERVISOR,
}
"""Role (None: not signed in) to permissions."""


def may(role: str | None, permission: Permission) -> bool:
    """Whether the role has the permission; an unknown role has none but the public's."""
    return permission in MAY.get(role, MAY[None])
