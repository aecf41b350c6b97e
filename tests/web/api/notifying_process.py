"""A process that delivers webhooks and nothing else: ``python -m tests.web.api.notifying_process URL MOMENT``. Its time
stands still at MOMENT; it runs until it is killed."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime

from bot.storage.database import Database
from bot.storage.models import ALL_MODELS
from bot.web.api.notifying import Notifier


def main(url: str, moment: str) -> None:
    """Until killed."""
    assert ALL_MODELS
    now = datetime.fromisoformat(moment)
    asyncio.run(Notifier(Database(url), lambda: now, private=True).run())


if __name__ == "__main__":
    main(*sys.argv[1:])
