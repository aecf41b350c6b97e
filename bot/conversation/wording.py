"""What the assistant says, from ``domain.yml``: the only place that turns a response's name into words.

Rasa and the actions name a response and its arguments; the words are put in when the turn is committed, in the
conversation's language. Arguments are inserted as they are and are never looked at again, so nothing a person wrote
can be taken for a variable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zlib import crc32
from zoneinfo import ZoneInfo

import yaml
from babel.dates import format_datetime

from bot.procedures import rules
from bot.procedures.words import zone_in_words

LANGUAGES = ("id", "en")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Our own file is read by the safe loader in C, where there is one, in a seventh of the time."""
_VARIABLE = re.compile(r"\{(\w+)\}")
_ADDRESS = re.compile(r"\bAnda\b")
_TIME = {"id": "EEEE, d MMMM 'pukul' HH.mm", "en": "EEEE d MMMM, HH:mm"}


@dataclass(frozen=True, slots=True)
class Option:
    """A button before it has a key: ``intent`` is the dialogue act it stands for, ``data`` its object."""

    label: str
    intent: str
    data: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """A response in words."""

    text: str
    options: tuple[Option, ...] = ()


def time_argument(moment: datetime) -> dict[str, str]:
    """A moment as an argument of a response: ``Senin, 24 November pukul 10.00 WIB``."""
    return {"$time": moment.isoformat()}


def word_argument(response: str, **args: Any) -> dict[str, Any]:
    """Another response's words as an argument of a response."""
    return {"$response": response, "args": args}


def part_of_day(now: datetime, zone: ZoneInfo) -> str:
    """morning, noon, afternoon or evening, as Indonesians divide the day."""
    hour = now.astimezone(zone).hour
    if 4 <= hour < 11:
        return "morning"
    if 11 <= hour < 15:
        return "noon"
    return "afternoon" if 15 <= hour < 18 else "evening"


@lru_cache(maxsize=4)
def _responses(text: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    read: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]] = yaml.load(text, Loader=_LOADER)  # noqa: S506
    return read["responses"]


class Wording:
    """The responses of a domain file. Raises KeyError for a response that is not there, ValueError for a missing
    argument, both with the response's name. ``institution``: its name, as people know it. ``spoken``: what the profile
    in use says now of how people are spoken to; it is the same for all, and so no argument."""

    def __init__(
        self,
        responses: Mapping[str, Sequence[Mapping[str, Any]]],
        zone: ZoneInfo,
        institution: str = "",
        spoken: Callable[[], rules.Wording] = rules.Wording,
    ) -> None:
        self._responses = responses
        self._zone = zone
        self.institution = institution
        self._spoken = spoken

    @classmethod
    def load(
        cls,
        domain_file: Path,
        zone: ZoneInfo,
        institution: str = "",
        spoken: Callable[[], rules.Wording] = rules.Wording,
    ) -> Wording:
        """Read the ``responses`` of ``domain_file``."""
        return cls(_responses(domain_file.read_text(encoding="utf-8")), zone, institution, spoken)

    def names(self) -> frozenset[str]:
        return frozenset(self._responses)

    def say(self, response: str, language: str, args: Mapping[str, Any], *, seed: str = "") -> Said:
        """The words of ``response``. Of several variants one is taken by ``seed``, the same at every try."""
        variants = [v for v in self._responses[response] if _language_of(v) in (language, None)]
        if not variants:
            raise KeyError(f"{response} has no words in {language}")
        variant = variants[crc32(f"{response}{seed}".encode()) % len(variants)]
        spoken = self._spoken()
        put_in = self._filler(response, language, {"service": spoken.service.said(language)} | dict(args))

        def fill(text: str) -> str:
            return _VARIABLE.sub(put_in, _ADDRESS.sub(spoken.address, text))

        text = fill(str(variant["text"]).strip())
        buttons = tuple(self._option(button, fill) for button in variant.get("buttons", ()))
        first, last = (tuple(Option(**option) for option in args.get(key, ())) for key in ("options", "more_options"))
        return Said(text, first + buttons + last)

    @staticmethod
    def _option(button: Mapping[str, Any], fill: Callable[[str], str]) -> Option:
        """A button of the domain file; its payload is ``/intent``, or ``/intent data`` where data may be a variable."""
        intent, _, data = str(button["payload"]).removeprefix("/").partition(" ")
        return Option(fill(str(button["title"])), intent, fill(data) or None)

    def _filler(self, response: str, language: str, args: Mapping[str, Any]) -> Any:
        def fill(match: re.Match[str]) -> str:
            if match[1] not in args:
                raise ValueError(f"{response}: no value for {{{match[1]}}}")
            value = args[match[1]]
            if isinstance(value, Mapping) and "$time" in value:
                return self.moment(datetime.fromisoformat(value["$time"]), language)
            if isinstance(value, Mapping):
                return self.say(value["$response"], language, value["args"]).text
            return str(value)

        return fill

    def greeting(self, now: datetime) -> dict[str, Any]:
        """The greeting for the time of day where the institution is, as an argument of a response."""
        return word_argument(f"utter_word_{part_of_day(now, self._zone)}")

    def moment(self, moment: datetime, language: str) -> str:
        """``moment`` in the institution's zone, with the day's name and the zone's."""
        local = moment.astimezone(self._zone)
        name = zone_in_words(self._zone)
        words = format_datetime(local, _TIME[language], locale=language)
        return f"{words} {name}" if language == "id" else f"{words} ({name})"


def _language_of(variant: Mapping[str, Any]) -> str | None:
    for condition in variant.get("condition", ()):
        if condition.get("name") == "language":
            return str(condition["value"])
    return None
