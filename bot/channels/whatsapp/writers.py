"""Who wrote a message: a person's handles, the one to key him by first.

Since April 2026 people are known by a business-scoped user id (``US.13491208655302741918``); for a person with a user
name the phone number may be absent. The id is kept as it is, a phone as plain digits, so neither can be taken for the
other.
"""

from __future__ import annotations

from typing import Any

from bot.channels.whatsapp.shapes import identifier, line, mapping


def is_phone(address: str) -> bool:
    """Whether a handle of this channel is a phone number; otherwise it is a business-scoped user id."""
    return address.isascii() and address.isdecimal()


class Writers:
    """The contacts of one change of a webhook, found by message."""

    def __init__(self, contacts: list[Any], messages: list[Any]) -> None:
        known = [contact for contact in contacts if isinstance(contact, dict)]
        self._by_phone = {_phone(contact.get("wa_id")): contact for contact in known}
        self._by_user = {_user_id(contact.get("user_id")): contact for contact in known}
        self._by_phone.pop("", None)
        self._by_user.pop("", None)
        self._only: dict[str, Any] | None = None
        if len(contacts) == len(known) == 1:
            writers = {
                (_phone(m.get("from")), _user_id(m.get("from_user_id"))) for m in messages if isinstance(m, dict)
            }
            self._only = known[0] if len(writers) == 1 else None

    def of(self, message: dict[str, Any]) -> tuple[tuple[str, ...], str | None]:
        """The handles of who wrote ``message``, business-scoped id before phone, and the name he shows.

        His contact is the one with his id or phone; where there is one contact and one writer, it is his.
        """
        phone, user = _phone(message.get("from")), _user_id(message.get("from_user_id"))
        contact = self._by_user.get(user) or self._by_phone.get(phone) or self._unclaimed(user)
        if contact is None:
            return tuple(filter(None, (user, phone))), None
        user = user or _user_id(contact.get("user_id"))
        phone = phone or _phone(contact.get("wa_id"))
        profile = mapping(contact.get("profile"))
        name = line(profile.get("name")) or line(profile.get("username"))
        return tuple(filter(None, (user, phone))), name or None

    def _unclaimed(self, user: str) -> dict[str, Any] | None:
        """The only contact, unless it says that it is somebody else."""
        if self._only is None:
            return None
        other = _user_id(self._only.get("user_id"))
        return None if user and other and other != user else self._only


def _phone(value: Any) -> str:
    digits = identifier(value).removeprefix("+")
    return digits if is_phone(digits) else ""


def _user_id(value: Any) -> str:
    """An id of digits alone would be taken for a phone number; Meta's begin with a country and a dot."""
    user = identifier(value)
    return "" if is_phone(user.removeprefix("+")) else user
