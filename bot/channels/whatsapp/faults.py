"""Meta's refusals as transport errors. Pure.

Codes and their meaning: Meta's error reference (developers.facebook.com, "Error codes", May 2026).
"""

from __future__ import annotations

import re
from typing import Any

from bot.channels.whatsapp.shapes import identifier, line, mapping
from bot.errors import TransportError

PAIR_PAUSE = 6.0
"""Seconds: one message in six seconds may go to one person once the burst of 45 is used up."""
RATE_PAUSE = 2.0
"""Seconds after the number's own rate (80 messages/s) was exceeded."""
QUOTA_PAUSE = 60.0
"""Seconds after the application's or account's quota of calls, which is counted by the hour, was used up."""
OPERATOR_PAUSE = 300.0
"""Seconds between tries while only the operator can mend it."""

_LONG_NUMBER = re.compile(r"\d{7,}")
_PAUSES = {
    131056: ("Too many messages to this person in a short time", PAIR_PAUSE),
    130429: ("The number's sending rate is used up", RATE_PAUSE),
    4: ("The app's quota of API calls is used up", QUOTA_PAUSE),
    80007: ("The account's quota of API calls is used up", QUOTA_PAUSE),
    131048: ("WhatsApp restricts this number because messages were reported as spam", OPERATOR_PAUSE),
}
_PASSING = frozenset({1, 2, 131000, 131016, 131057, 133004})
"""Faults on Meta's side that pass by themselves."""
_OPERATOR = frozenset({0, 3, 10, 102, 190, *range(200, 300), 368, 131005, 131031, 131042, 131045, 133010})
"""Token, permission, payment or registration. They hit every message to everybody at once and are nobody's but the
operator's to mend, so they are transient: as dead letters they would all have to be written again."""
WINDOW = frozenset({131047, 470})
UNREACHABLE = {
    131026: "The person cannot be reached on WhatsApp (no account there, an old version, or blocked us)",
    130497: "WhatsApp does not allow this account to write to people in that country",
}
REFUSED = {
    131030: "The number is not on the test account's list of allowed recipients",
    131049: "WhatsApp did not deliver the template, to limit how many such messages people get",
    131050: "The person has opted out of this kind of template",
    132001: "There is no approved template of that name in that language",
}


def refusal(status: int, body: Any, retry_after: str | None = None) -> TransportError:
    """The error for an answer that was not a success.

    ``status``: of the HTTP answer. ``body``: its parsed JSON, or None. ``retry_after``: the header, in seconds.
    """
    fault = mapping(mapping(body).get("error"))
    number = fault.get("code")
    code = number if type(number) is int else None
    known = _known(code, retry_after) if code is not None else None
    if known:
        return known
    words = _words(fault, status)
    name = None if code is None else str(code)
    if status in (401, 403):
        return TransportError(words, permanent=False, retry_after=OPERATOR_PAUSE, code=name)
    if status == 429:
        return TransportError(words, permanent=False, retry_after=_pause(retry_after, PAIR_PAUSE), code=name)
    passing = not 400 <= status < 500 or code in _PASSING or fault.get("is_transient") is True
    return TransportError(words, permanent=not passing, retry_after=_pause(retry_after, None), code=name)


def _known(code: int, retry_after: str | None) -> TransportError | None:
    name = str(code)
    if code in _PAUSES:
        reason, pause = _PAUSES[code]
        return TransportError(reason, permanent=False, retry_after=_pause(retry_after, pause), code=name)
    if code in _OPERATOR:
        reason = "WhatsApp refuses our account (token, permission, payment or registration)"
        return TransportError(reason, permanent=False, retry_after=OPERATOR_PAUSE, code=name)
    if code in WINDOW:
        reason = "More than 24 hours since the person's last message: WhatsApp then takes only an approved template"
        return TransportError(reason, permanent=True, code=name)
    if code in UNREACHABLE:
        return TransportError(UNREACHABLE[code], permanent=True, unreachable=True, code=name)
    if code in REFUSED:
        return TransportError(REFUSED[code], permanent=True, code=name)
    return None


def _words(fault: dict[str, Any], status: int) -> str:
    """Meta's own words, without anything that could be a phone number."""
    details = line(mapping(fault.get("error_data")).get("details"), limit=300)
    message = line(fault.get("message"), limit=300)
    words = ": ".join(filter(None, (message, details))) or f"WhatsApp answered {status}"
    return _LONG_NUMBER.sub("…", words)


def _pause(header: str | None, default: float | None) -> float | None:
    """The longer of what the header and what the rule ask for; the header is in whole seconds."""
    asked = float(header) if header and identifier(header, limit=5) and header.isdecimal() else None
    return max(filter(None, (asked, default)), default=None)
