"""Changing single values in the text of a profile: comments, order and everything else stay as they are."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import yaml

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,31}")


class _Edit(NamedTuple):
    start: int
    end: int
    text: str


def scalar(text: str) -> str:
    """``text`` as a single value of YAML, whatever it is."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def sequence(texts: Sequence[str]) -> str:
    """``texts`` as a list in one line."""
    return f"[{', '.join(json.dumps(text, ensure_ascii=False) for text in texts)}]"


def amend(text: str, changes: Mapping[str, str | None]) -> str:
    """``text`` with the values at the dotted paths (keys of mappings, ids of lists' entries) written anew, as YAML.
    What is not there yet is added to the mapping that it belongs to; None takes a key out. Raises KeyError where there
    is no such mapping, ValueError where the text is no YAML mapping."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode):
        raise ValueError("is no mapping")
    edits = [edit for path, value in changes.items() if (edit := _edit(text, root, path, value)) is not None]
    for edit in sorted(edits, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def _edit(text: str, root: yaml.MappingNode, path: str, value: str | None) -> _Edit | None:
    *above, name = path.split(".")
    parent: yaml.Node = root
    for step in above:
        parent = _inner(parent, step)
    if not isinstance(parent, yaml.MappingNode):
        raise KeyError(path)
    place = next((index for index, (key, _) in enumerate(parent.value) if key.value == name), None)
    if place is None:
        return _added(text, parent, name, value) if value is not None else None
    if value is None:
        return _taken_out(text, parent, place)
    node = parent.value[place][1]
    start = node.start_mark.index
    return _Edit(start, max(start, _end(node)), value if text[start - 1].isspace() else f" {value}")


def line_of(text: str, path: str) -> int | None:
    """The line, from 1 on, of the value at a dotted path; None where there is none."""
    try:
        node: yaml.Node = yaml.compose(text, Loader=yaml.SafeLoader) or yaml.MappingNode("", [])
        for step in path.split("."):
            node = _inner(node, step)
    except (KeyError, yaml.YAMLError):
        return None
    return int(node.start_mark.line) + 1


def _inner(node: yaml.Node, name: str) -> yaml.Node:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == name:
                return value  # type: ignore[no-any-return]
    elif isinstance(node, yaml.SequenceNode):
        for entry in node.value:
            named = {key.value: value.value for key, value in getattr(entry, "value", ()) if key.value == "id"}
            if named.get("id") == name:
                return entry  # type: ignore[no-any-return]
    raise KeyError(name)


def _end(node: yaml.Node) -> int:
    """Where the node's last letter is; a block's own end is where the next one begins."""
    if not isinstance(node, yaml.CollectionNode) or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(node, yaml.MappingNode) else last)


def _added(text: str, parent: yaml.MappingNode, name: str, value: str) -> _Edit:
    first, last = parent.value[0][0], _end(parent.value[-1][1])
    if parent.flow_style:
        return _Edit(last, last, f", {name}: {value}")
    line_end = text.find("\n", last)
    at = len(text) if line_end < 0 else line_end
    return _Edit(at, at, f"\n{' ' * first.start_mark.column}{name}: {value}")


def _taken_out(text: str, parent: yaml.MappingNode, place: int) -> _Edit:
    key, value = parent.value[place]
    if not parent.flow_style:
        start = text.rfind("\n", 0, key.start_mark.index) + 1
        line_end = text.find("\n", _end(value))
        return _Edit(start, len(text) if line_end < 0 else line_end + 1, "")
    if place + 1 < len(parent.value):
        return _Edit(key.start_mark.index, parent.value[place + 1][0].start_mark.index, "")
    start = _end(parent.value[place - 1][1]) if place else key.start_mark.index
    return _Edit(start, _end(value), "")
