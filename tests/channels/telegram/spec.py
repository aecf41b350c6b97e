"""Checks calls of the Bot API against its published description, which lies beside the checkout."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

SPEC = Path(__file__).resolve().parents[4] / "shared" / "fixtures" / "telegram" / "bot-api-10.0.json"
LIMITS = {"text": 4096, "caption": 1024}
_PLAIN: dict[str, tuple[type, ...]] = {
    "String": (str,),
    "Integer": (int,),
    "Float": (int, float),
    "Boolean": (bool,),
    "True": (bool,),
}


@cache
def spec() -> dict[str, Any] | None:
    """``methods`` and ``types`` of Bot API 10.0, or None where the file is not there."""
    if not SPEC.exists():
        return None
    found: dict[str, Any] = json.loads(SPEC.read_text(encoding="utf-8"))
    return found


def faults(method: str, form: Mapping[str, str], files: Mapping[str, Any]) -> list[str]:
    """What is wrong with a call: unknown or missing parameters, wrong types, texts over the limits. Lengths are checked
    without the description as well."""
    found = [
        f"{method}: {name} has {len(form[name])} characters"
        for name, limit in LIMITS.items()
        if len(form.get(name, "")) > limit
    ]
    if "text" in form and method == "sendMessage" and not form["text"].strip():
        found.append(f"{method}: the text is empty")
    book = spec()
    if book is None:
        return found
    if method not in book["methods"]:
        return [*found, f"{method}: no such method"]
    fields = {field["name"]: field for field in book["methods"][method].get("fields", [])}
    given = {*form, *files}
    found += [f"{method}: no parameter {name}" for name in sorted(given - {*fields})]
    found += [
        f"{method}: {name} is missing" for name, field in fields.items() if field["required"] and name not in given
    ]
    for name in sorted(form.keys() & fields.keys()):
        found += _parameter(form[name], fields[name]["types"], f"{method}.{name}")
    for name in sorted(files.keys() & fields.keys()):
        if "InputFile" not in fields[name]["types"]:
            found.append(f"{method}.{name} is no file")
    return found


def _parameter(text: str, types: list[str], where: str) -> list[str]:
    """A form's value is a string, or JSON where something else is wanted."""
    if "String" in types:
        return []
    try:
        value = json.loads(text)
    except ValueError:
        return [f"{where}: neither a string nor JSON is wanted, got {text[:40]!r}"]
    return _value(value, types, where)


def _value(value: Any, types: list[str], where: str) -> list[str]:
    """Faults of the type that fits best; none if one fits."""
    tries = [_one(value, kind, where) for kind in types]
    return min(tries, key=len)


def _one(value: Any, kind: str, where: str) -> list[str]:
    if kind.startswith("Array of "):
        if not isinstance(value, list):
            return [f"{where}: {kind} is wanted"]
        return [fault for index, item in enumerate(value) for fault in _one(item, kind[9:], f"{where}[{index}]")]
    if kind in _PLAIN:
        fits = isinstance(value, _PLAIN[kind]) and (kind in ("Boolean", "True") or not isinstance(value, bool))
        return [] if fits else [f"{where}: {kind} is wanted"]
    book = spec()
    assert book is not None
    described = book["types"][kind]
    if subtypes := described.get("subtypes"):
        return _value(value, subtypes, where)
    if not isinstance(value, dict):
        return [f"{where}: {kind} is wanted"]
    return _object(value, described.get("fields", []), where)


def _object(value: dict[str, Any], described: list[dict[str, Any]], where: str) -> list[str]:
    fields = {field["name"]: field for field in described}
    found = [f"{where}: no field {name}" for name in sorted(value.keys() - fields.keys())]
    found += [
        f"{where}: {name} is missing" for name, field in fields.items() if field["required"] and name not in value
    ]
    for name in sorted(value.keys() & fields.keys()):
        found += _value(value[name], fields[name]["types"], f"{where}.{name}")
    data = value.get("callback_data")
    if isinstance(data, str) and not 1 <= len(data.encode()) <= 64:
        found.append(f"{where}: callback_data has {len(data.encode())} bytes")
    return found
