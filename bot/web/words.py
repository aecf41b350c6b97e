"""What the console says, in both languages: its own words from ``words.yml``, what the rules tell by ``faults.yml``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

from bot.conversation.outbox import TOO_OLD
from bot.errors import SapaError, Told

LANGUAGES = ("id", "en")
FILE = Path(__file__).parent / "words.yml"
FAULTS = Path(__file__).parent / "faults.yml"


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Name to language to words."""
    read: Mapping[str, Mapping[str, str]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return read


@cache
def faults() -> Mapping[str, str]:
    """The templates of what is told, in English, to the Indonesian ones."""
    read: Mapping[str, str] = yaml.safe_load(FAULTS.read_text(encoding="utf-8"))
    return read


def told(language: str, what: str | SapaError, /, **names: str) -> str:
    """What was told, or why something was refused, in a language; as it is where it has no other words. ``names``: in
    the language, by the ids that may stand there."""
    words = what if isinstance(what, str) else what.args[0] if what.args else ""
    return words.said({**(faults() if language == "id" else {}), **names}) if isinstance(words, Told) else str(words)


def say(language: str, name: str, /, **values: object) -> str:
    """The words in a language with their values put in. Raises KeyError for a name that is not in the catalogue."""
    return catalogue()[name][language].format(**values)


def known(language: str, prefix: str, name: str | None) -> str:
    """The words for a value of the database (``status_open``), or the value itself where there are none. A channel
    may be a way of arriving at the desk, too."""
    word = (name or "").replace(" ", "_")
    entry = catalogue().get(f"{prefix}_{word}")
    if entry is None and prefix == "channel":
        entry = catalogue().get(f"arrived_{word}")
    return entry[language] if entry else (name or "")


def undelivered(language: str, reason: str) -> str:
    """Why a message or a mail was not delivered, which is noted as ``131026: …``: in words of ours where what stands
    before the colon has some, else as it was noted."""
    if reason.startswith(TOO_OLD):
        return say(language, "failed_late")
    words = known(language, "failed", code := reason.partition(":")[0])
    return reason if words == code else words


def meant(language: str, prefix: str, typed: str) -> list[str]:
    """Values of the database whose words contain what somebody typed."""
    wanted, start = typed.casefold(), f"{prefix}_"
    return [
        name.removeprefix(start).replace("_", " ")
        for name, entry in catalogue().items()
        if name.startswith(start) and wanted in entry[language].casefold()
    ]
