"""Having people come on duty and go away as it is planned."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.conversation.handover import Desk
from bot.tickets import duty, duty_planning
from bot.tickets.promises import SYSTEM


def take_turns(session: Session, desk: Desk, username: str, now: datetime, zone: ZoneInfo) -> None:
    """Do all that somebody's plan has had him do since the last time, as of when it was planned; what he has is taken
    back for others where he goes away. What he switched himself after a turn's time holds until the next one."""
    for turn in duty_planning.take_due(session, username, now, zone):
        switched = duty.last_switch(session, username)
        if switched is not None and switched > turn.at:
            continue
        if duty.set_duty(session, username, turn.on_duty, SYSTEM, turn.at) and not turn.on_duty:
            desk.goes_away(session, username, SYSTEM, now)
