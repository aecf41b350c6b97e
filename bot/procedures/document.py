"""Reading a YAML document while noting every fault with its line, so that all of them can be told at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import yaml

from bot import yaml_faults
from bot.errors import RefusedFile, Told, at, told

T = TypeVar("T")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
DEEPEST = 50
"""Levels of lists and mappings that are read."""


@dataclass(slots=True)
class Document:
    """The faults found in ``path`` so far. ``text``: what is read in the file's stead."""

    path: Path
    text: str | None = None
    faults: list[tuple[int, str]] = field(default_factory=list)

    def fault(self, line: int, what: str) -> None:
        self.faults.append((line, what))

    def refuse_if_faulty(self) -> None:
        """Raises RefusedFile with every fault, in the order of the lines."""
        if self.faults:
            found = sorted(self.faults)
            raise RefusedFile([told("{place}: {what}", place=f"{self.path}:{line}", what=what) for line, what in found])

    def _refused(self, line: int, what: Told) -> RefusedFile:
        return RefusedFile([at(f"{self.path}:{line}", what)])

    def _refuse_harmful(self, text: str) -> None:
        """An alias may hold itself, or stand for more than anybody wants to read; what is nested is composed level by
        level, each within the one before; an escape may stand for what no database keeps."""
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            line = event.start_mark.line + 1 if event.start_mark else 1
            if isinstance(event, yaml.AliasEvent):
                raise self._refused(line, told("*{anchor}: aliases are not read", anchor=event.anchor))
            if isinstance(event, yaml.ScalarEvent) and _CONTROL.search(event.value):
                raise self._refused(line, told("holds a control character"))
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                raise self._refused(line, told("is nested more than {most} levels deep", most=DEEPEST))

    def root(self) -> Part:
        """The document's mapping. Raises RefusedFile when it cannot be read at all."""
        try:
            text = self.path.read_bytes().decode("utf-8-sig") if self.text is None else self.text
            self._refuse_harmful(text)
            node = yaml.compose(text, Loader=yaml.SafeLoader)
        except OSError as error:
            raise self._refused(1, told("cannot be read ({why})", why=error.strerror)) from error
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise self._refused(line, told("is not UTF-8")) from error
        except yaml.YAMLError as error:
            raise self._refused(*yaml_faults.fault(error)) from error
        if node is None:
            raise self._refused(1, told("is empty"))
        return Part(self, told("the file"), node)


@dataclass(frozen=True, slots=True)
class Part:
    """One node of a document; ``name`` is how faults speak of it. ``node`` is None where it is missing."""

    document: Document
    name: str
    node: yaml.Node | None
    key_line: int | None = None

    @property
    def line(self) -> int:
        if self.key_line is not None:
            return self.key_line
        return self.node.start_mark.line + 1 if self.node else 1

    def fault(self, what: str) -> None:
        self.document.fault(self.line, told("{name} {what}", name=self.name, what=what))

    def keys(self, *required: str, optional: tuple[str, ...] = ()) -> dict[str, Part]:
        """The parts of a mapping by key, each known key present. Unknown, doubled and missing keys are faults."""
        known = (*required, *optional)
        found: dict[str, Part] = {}
        for key, part in self.entries():
            if key.text not in known:
                key.document.fault(key.line, _unknown(key.text, self.name, known))
            else:
                found.setdefault(key.text, part)
        for name in required:
            if name not in found and isinstance(self.node, yaml.MappingNode):
                self.fault(told("lacks {name}", name=name))
        return {name: found.get(name, Part(self.document, name, None)) for name in known}

    def entries(self) -> Iterator[tuple[Part, Part]]:
        """(key, value) of a mapping with any keys; nothing where it is missing. A key that comes twice is a fault."""
        if self.node is None:
            return
        if not isinstance(self.node, yaml.MappingNode):
            self.fault(told("must be a mapping"))
            return
        seen: set[str] = set()
        for key_node, node in self.node.value:
            key = Part(self.document, self.name, key_node)
            if key.text in seen:
                self.document.fault(key.line, told("{name} is there twice", name=key.text))
                continue
            seen.add(key.text)
            yield key, Part(self.document, key.text, node)

    @property
    def text(self) -> str:
        """The scalar as it is written; empty for anything else."""
        return self.node.value.strip() if isinstance(self.node, yaml.ScalarNode) else ""

    def at(self, path: str) -> Part | None:
        """The part that a dotted path leads to: keys of mappings, ids of lists' entries. None where there is none."""
        here = self
        for name in path.split("."):
            inner = next((value for key, value in here._named() if key == name), None)
            if inner is None:
                return None
            here = inner
        return here

    def _named(self) -> Iterator[tuple[str, Part]]:
        if isinstance(self.node, yaml.MappingNode):
            for key, value in self.node.value:
                # The key's line is where somebody looks for it.
                yield str(key.value), Part(self.document, str(key.value), value, key.start_mark.line + 1)
        elif isinstance(self.node, yaml.SequenceNode):
            for node in self.node.value:
                part = Part(self.document, self.name, node)
                name = next((value.text for key, value in part._named() if key == "id"), None)
                if name is not None:
                    yield name, part

    @property
    def there(self) -> bool:
        """Whether the document has this part at all."""
        return self.node is not None

    def items(self) -> Iterator[Part]:
        """The parts of a list; nothing where it is missing."""
        if isinstance(self.node, yaml.SequenceNode):
            for node in self.node.value:
                yield Part(self.document, self.name, node)
        elif self.node is not None:
            self.fault(told("must be a list"))

    def value(self, parse: Callable[[str], T], default: T) -> T:
        """The scalar as ``parse`` reads it; its ValueError says what it must be, and ``default`` goes on."""
        if self.node is None:
            return default
        if not isinstance(self.node, yaml.ScalarNode):
            self.fault(told("must be a single value"))
            return default
        try:
            return parse(self.node.value.strip())
        except ValueError as error:
            self.fault(error.args[0])
            return default


def _unknown(key: str, name: str, known: Sequence[str]) -> Told:
    return told("unknown key {key!r} in {name}; known: {known}", key=key, name=name, known=", ".join(known))
