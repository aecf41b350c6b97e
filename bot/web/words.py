"""What the console says, in both languages, from the one catalogue ``words.yml``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

LANGUAGES = ("id", "en")
FILE = Path(__file__).parent / "words.yml"


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Name to language to words."""
    read: Mapping[str, Mapping[str, str]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return read


def say(language: str, name: str, /, **values: object) -> str:
    """The words in a language with their values put in. Raises KeyError for a name that is not in the catalogue."""
    return catalogue()[name][language].format(**values)


def known(language: str, prefix: str, name: str | None) -> str:
    """The words for a value of the database (``status_open``), or the value itself where there are none."""
    entry = catalogue().get(f"{prefix}_{(name or '').replace(' ', '_')}")
    return entry[language] if entry else (name or "")
