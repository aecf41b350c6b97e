"""Every kind of letter that people get outside the console."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.clock import Clock
from bot.config import Settings
from bot.conversation.messages import Channel
from bot.procedures.hours import ServicePromise
from bot.storage.database import Database
from bot.web.posting import Poster
from bot.web.reaching import Reacher
from bot.web.recapping import RecapPoster
from bot.web.unit_mail import UnitPoster

KINDS: Mapping[str, type[Poster[Any]]] = {"staff": Reacher, "recaps": RecapPoster, "units": UnitPoster}


def posters(
    db: Database, clock: Clock, settings: Settings, promise: ServicePromise, channels: Mapping[str, Channel]
) -> Mapping[str, Poster[Any]]:
    """What sends them, each kind at its own pace: one that takes long holds up no other."""
    return {kind: poster(db, clock, settings, promise, channels) for kind, poster in KINDS.items()}
