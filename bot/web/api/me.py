"""``/me``: the token that asks."""

from __future__ import annotations

from fastapi import APIRouter

from bot.identity.tokens import SCOPES
from bot.web.api import shapes
from bot.web.api.door import Anyone
from bot.web.api.problems import documented

router = APIRouter(tags=["me"], responses=documented(401, 422, 429))


@router.get("/me", response_model=shapes.Me)
def get_me(caller: Anyone) -> shapes.Me:
    """Which token this is, and what it may. Any scope."""
    bearer = caller.bearer
    return shapes.Me(
        name=bearer.name, account=bearer.username, scopes=[scope for scope in SCOPES if scope in bearer.scopes],
        created_at=bearer.created_at, expires_at=bearer.expires_at,
    )  # fmt: skip
