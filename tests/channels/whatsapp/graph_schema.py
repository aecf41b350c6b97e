"""What the Cloud API would refuse in a message that we send.

Two sources: Meta's published description (``shared/fixtures/whatsapp/openapi-v23.yaml``, where it lies beside the
checkout), and the documented limits, some of which it leaves out. Two places of the description are read with care: it
is older than the business-scoped user ids, so ``recipient`` may stand for ``to``; and its parts joined by ``allOf``
forbid each other's fields, so such parts are taken as one.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FIXTURES = Path(__file__).resolve().parents[4] / "shared" / "fixtures" / "whatsapp"
OPENAPI = FIXTURES / "openapi-v23.yaml"
_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}

Schema = dict[str, Any]


@cache
def schemas() -> dict[str, Schema] | None:
    """Meta's schemas by name; None where the description is not beside the checkout. Takes 0.4 s the first time."""
    if not OPENAPI.exists():
        return None
    with OPENAPI.open("rb") as file:
        document = yaml.load(file, Loader=yaml.CSafeLoader)
    found: dict[str, Schema] = document["components"]["schemas"]
    return found


def message_faults(payload: Any) -> list[str]:
    """All that is wrong with the body of ``POST /<number>/messages``; empty when Meta would take it."""
    if not isinstance(payload, dict):
        return ["not an object"]
    found = list(_limits(payload))
    known = schemas()
    if known is not None:
        schema = known["Message"]["discriminator"]["mapping"].get(payload.get("type"))
        if schema is None:
            return [*found, f"type: {payload.get('type')!r}"]
        addressed = {("to" if key == "recipient" else key): value for key, value in payload.items()}
        found += _faults(known, {"$ref": schema}, addressed, "message")
    return found


def _limits(payload: dict[str, Any]) -> Iterator[str]:
    if ("to" in payload) == ("recipient" in payload):
        yield "exactly one of to and recipient"
    if not str(payload.get("to", "1")).isdecimal():
        yield "to: not a phone number"
    if str(payload.get("recipient", "US.1")).isdecimal():
        yield "recipient: a phone number"
    kind = payload.get("type")
    content = payload.get(str(kind))
    if not isinstance(content, dict):
        yield f"{kind}: missing"
        return
    if kind == "text":
        yield from _length("text.body", content.get("body"), 4096)
    if kind in ("image", "video", "document", "audio"):
        yield from _length(f"{kind}.caption", content.get("caption", "-"), 1024)
    if kind == "audio" and "caption" in content:
        yield "audio.caption: an audio has none"
    if kind == "interactive":
        yield from _length("interactive.body", content["body"]["text"], 1024)
        yield from _choices(content["action"])


def _choices(action: dict[str, Any]) -> Iterator[str]:
    replies = [button["reply"] for button in action.get("buttons", ())]
    rows = [row for section in action.get("sections", ()) for row in section["rows"]]
    if len(replies) > 3 or len(rows) > 10 or not replies + rows:
        yield f"action: {len(replies)} buttons, {len(rows)} rows"
    for reply in replies:
        yield from _length("reply.title", reply["title"], 20)
    if len({reply["title"] for reply in replies}) < len(replies):
        yield "reply.title: not unique"
    for row in rows:
        yield from _length("row.title", row["title"], 24)
        yield from _length("row.description", row.get("description", "-"), 72)
    if rows:
        yield from _length("action.button", action["button"], 20)
    ids = [choice["id"] for choice in replies + rows]
    if len(set(ids)) < len(ids):
        yield "id: not unique"
    for choice in ids:
        yield from _length("id", choice, 256 if replies else 200)


def _length(at: str, value: Any, limit: int) -> Iterator[str]:
    if not isinstance(value, str) or not value.strip() or len(value) > limit:
        yield f"{at}: must have 1 to {limit} characters"


def _faults(known: dict[str, Schema], schema: Schema, value: Any, at: str) -> list[str]:
    schema = _resolved(known, schema)
    kind = _TYPES.get(schema.get("type", ""))
    if kind and not isinstance(value, kind):
        return [f"{at}: not of type {schema['type']}"]
    found: list[str] = []
    if value not in schema.get("enum", [value]):
        found.append(f"{at}: not one of {schema['enum']}")
    if isinstance(value, str) and len(value) > schema.get("maxLength", len(value)):
        found.append(f"{at}: over {schema['maxLength']} characters")
    if isinstance(value, dict):
        found += _object_faults(known, schema, value, at)
    if isinstance(value, list):
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            found.append(f"{at}: {len(value)} items")
        for index, item in enumerate(value):
            found += _faults(known, schema.get("items", {}), item, f"{at}[{index}]")
    if "oneOf" in schema:
        fits = sum(not _faults(known, choice, value, at) for choice in schema["oneOf"])
        if fits != 1:
            found.append(f"{at}: fits {fits} of the shapes that it may have")
    return found


def _object_faults(known: dict[str, Schema], schema: Schema, value: dict[str, Any], at: str) -> list[str]:
    properties = schema.get("properties", {})
    found = [f"{at}.{name}: missing" for name in schema.get("required", ()) if name not in value]
    for name, item in value.items():
        if name in properties:
            found += _faults(known, properties[name], item, f"{at}.{name}")
        elif schema.get("additionalProperties") is False:
            found.append(f"{at}.{name}: not known")
    return found


def _resolved(known: dict[str, Schema], schema: Schema) -> Schema:
    """``schema`` without references at its top; parts joined by ``allOf`` are taken as one."""
    while "$ref" in schema:
        schema = known[schema["$ref"].rsplit("/", 1)[-1]]
    if "allOf" not in schema:
        return schema
    parts = [_resolved(known, part) for part in schema["allOf"]]
    return {
        "type": "object",
        "required": [name for part in parts for name in part.get("required", ())],
        "properties": {name: item for part in parts for name, item in part.get("properties", {}).items()},
        "additionalProperties": all(part.get("additionalProperties", True) for part in reversed(parts)),
    }
