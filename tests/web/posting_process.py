"""A process that sends letters and nothing else: ``python -m tests.web.posting_process URL MOMENT PORT``. Its time
stands still at MOMENT; it runs until it is killed."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from datetime import datetime

from bot.config import load
from bot.mail import Mail
from bot.procedures.hours import ServicePromise
from bot.procedures.versions import in_use, procedure
from bot.storage.database import Database
from bot.storage.models import ALL_MODELS
from bot.web.recapping import RecapPoster


def main(url: str, moment: str, port: str) -> None:
    """Until killed."""
    assert ALL_MODELS
    now, db = datetime.fromisoformat(moment), Database(url)
    settings = replace(load({}), mail=Mail("127.0.0.1", int(port), "none", None, None, "care@contoh.ac.id"))
    with db.read() as session:
        version = in_use(session)
        assert version is not None
        promise = ServicePromise(procedure(session, version.id).profile, settings.timezone)
    asyncio.run(RecapPoster(db, lambda: now, settings, promise, {}).run())


if __name__ == "__main__":
    main(*sys.argv[1:])
