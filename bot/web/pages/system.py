"""What administrators look after: channels, the engine, how long things are kept, and who is signed in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from starlette.responses import Response

from bot.conversation import keeping, nightly
from bot.conversation.condition import condition, not_receiving
from bot.errors import TransportError
from bot.identity import audit, sessions
from bot.identity.model import StaffSession
from bot.web.gate import not_found
from bot.web.pages.signing import browser_of
from bot.web.visit import Visit

HOME = "/console/system"
TESTED = ("telegram", "whatsapp")
"""Channels on which somebody can be written to whose address is known."""
SOON = timedelta(days=30)


def system(visit: Visit) -> Response:
    """How everything is."""
    return _page(visit, 200)


def try_channel(visit: Visit) -> Response:
    """Send a test message; what the channel said to it."""
    channel, address = visit.path["channel"], visit.form.get("address", "").strip()[:200]
    if channel not in TESTED or channel not in visit.parts.desk.capabilities or visit.parts.system is None:
        return not_found(visit)
    if not address:
        return _page(visit, 422, flash=visit.say("test_address"))
    try:
        visit.parts.system.try_channel(channel, address, visit.say("test_text"))
    except TransportError as error:
        return _page(visit, 422, flash=visit.say("test_failed", why=error.reason))
    with visit.parts.db.write() as session:
        audit.note(session, visit.who.username, "channel tried", f"channel {channel}", visit.now)
    return _page(visit, 200, told=visit.say("test_sent"))


def end_session(visit: Visit) -> Response:
    """Sign somebody out on a device."""
    with visit.parts.db.write() as session:
        found = session.get(StaffSession, visit.path["session"])
        account = found.account_id if found else 0
        if found is None or not sessions.end(session, account, found.id):
            return not_found(visit)
        audit.note(session, visit.who.username, "session ended", f"session {visit.path['session']}", visit.now)
    return visit.go(HOME)


def _page(visit: Visit, status: int, **otherwise: Any) -> Response:
    parts, now = visit.parts, visit.now
    kept, tonight = parts.promise.profile.retention, nightly.next_night(now, parts.promise.zone)
    with parts.db.read() as session:
        channels = [
            condition(session, name, around.refusals.last(name), not_receiving(around.channels.get(name)))
            if (around := parts.system) is not None
            else condition(session, name)
            for name in parts.desk.capabilities
        ]
        signed_in = sessions.going_on(session, now)
        ends = {
            "due_tonight": keeping.due(session, kept, tonight), "due_soon": keeping.due(session, kept, now + SOON),
            "tonight": tonight, "last_run": nightly.latest(session),
        }  # fmt: skip
    facts = dict(parts.system.facts()) if parts.system is not None else {}
    shown: dict[str, Any] = {
        "flash": None, "told": None, "channels": channels, "facts": facts, "engine": facts.get("engine"),
        "retention": kept, "tested": TESTED, **ends,
        "signed_in": [(row, account, browser_of(row.device)) for row, account in signed_in],
    }  # fmt: skip
    return visit.show("system.html", status, active="staff", **{**shown, **otherwise})
