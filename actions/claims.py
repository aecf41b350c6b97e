"""What a message says of the person who wrote it, in the light of what he was asked and said before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from actions.acting import FORM_SLOTS, Talk
from bot.identity.extract import Claim, Guest, read_claim, read_guest
from bot.identity.names import tokens

SURE = 0.5
"""From this confidence on, what might be a name but was understood as another act is that act."""
_WANTED: Mapping[str | None, Literal["number", "name", "birth_date"]] = {
    "number": "number",
    "full_name": "name",
    "birth_date": "birth_date",
}


def claim_of(talk: Talk) -> Claim:
    """What the message says of number, name and date of birth. After data that did not match anything may be corrected,
    whatever is asked for now."""
    text, wanted = talk.turn.text, _WANTED.get(talk.slots.get("requested_slot"))
    claim = read_claim(text, wanted=wanted, meant=_meant(talk))
    if talk.slots.get("tried") and claim.name is None and claim.birth_date is None:
        # Eight digits that can be a date of birth: a number has just been given.
        claim = read_claim(text, wanted="birth_date")
    return Claim(name=_another_name(talk)) if claim == Claim() else claim


def guest_of(talk: Talk) -> Guest:
    """What the message says of a guest's name and e-mail address."""
    wanted: Literal["name", "email"] = "name" if talk.slots.get("requested_slot") == "guest_name" else "email"
    return read_guest(talk.turn.text, wanted, meant=_meant(talk))


def _meant(talk: Talk) -> bool:
    """Who writes the same word once more when his name was asked for again means it."""
    return talk.turn.repeats > 1


def _another_name(talk: Talk) -> str | None:
    """A name in place of the one that was given before, where another thing was asked for."""
    before = talk.slots.get("full_name") or (talk.slots.get("tried") or {}).get("full_name")
    name = read_claim(talk.turn.text, wanted="name").name if before is not None else None
    if name is None or len(name.split()) < 2:
        return None
    named = talk.intent == "give_identity" and talk.confidence >= SURE
    return name if named or name == name.title() or set(tokens(name)) & set(tokens(str(before))) else None


def whole(talk: Talk) -> dict[str, str] | None:
    """Number, name and date of birth where all are known: as given now, or as given before what was corrected. None
    when something is missing, or nothing of what did not match has been changed yet."""
    given = {slot: str(talk.slots[slot]) for slot in FORM_SLOTS["identity_form"] if talk.slots.get(slot) is not None}
    tried: Mapping[str, str] = talk.slots.get("tried") or {}
    if not talk.missing():
        return given
    if not tried or all(_same(slot, value, tried[slot]) for slot, value in given.items()):
        return None
    return {**tried, **given}


def _same(slot: str, one: str, other: str) -> bool:
    return tokens(one) == tokens(other) if slot == "full_name" else one == other
