"""A process that looks at the clock and nothing else: ``python -m tests.conversation.clock_process URL MOMENT``. Its
time stands still at MOMENT; it runs until it is killed."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.channels.webchat import WebChatChannel
from bot.config import ROOT
from bot.conversation.handover import Desk
from bot.conversation.timers import Timers
from bot.conversation.wording import Wording
from bot.storage.database import Database
from bot.storage.models import ALL_MODELS


def main(url: str, moment: str) -> None:
    """Until killed."""
    assert ALL_MODELS
    now = datetime.fromisoformat(moment)
    desk = Desk(Wording.load(ROOT / "domain.yml", ZoneInfo("Asia/Jakarta")), {"webchat": WebChatChannel.capabilities})
    asyncio.run(Timers(Database(url), lambda: now, desk).run())


if __name__ == "__main__":
    main(*sys.argv[1:])
