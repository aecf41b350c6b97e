"""Reading a YAML document while noting every fault with its line, so that all of them can be told at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import yaml

from bot.errors import RefusedFile

T = TypeVar("T")


@dataclass(slots=True)
class Document:
    """The faults found in ``path`` so far."""

    path: Path
    faults: list[tuple[int, str]] = field(default_factory=list)

    def fault(self, line: int, what: str) -> None:
        self.faults.append((line, what))

    def refuse_if_faulty(self) -> None:
        """Raises RefusedFile with every fault, in the order of the lines."""
        if self.faults:
            raise RefusedFile([f"{self.path}:{line}: {what}" for line, what in sorted(self.faults)])

    def root(self) -> Part:
        """The document's mapping. Raises RefusedFile when it cannot be read at all."""
        try:
            node = yaml.compose(self.path.read_bytes().decode("utf-8-sig"), Loader=yaml.SafeLoader)
        except OSError as error:
            raise RefusedFile([f"{self.path}:1: cannot be read ({error.strerror})"]) from error
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise RefusedFile([f"{self.path}:{line}: is not UTF-8"]) from error
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            what = getattr(error, "problem", None) or "is not YAML"
            raise RefusedFile([f"{self.path}:{mark.line + 1 if mark else 1}: {what}"]) from error
        if node is None:
            raise RefusedFile([f"{self.path}:1: is empty"])
        return Part(self, "the file", node)


@dataclass(frozen=True, slots=True)
class Part:
    """One node of a document; ``name`` is how faults speak of it. ``node`` is None where it is missing."""

    document: Document
    name: str
    node: yaml.Node | None

    @property
    def line(self) -> int:
        return self.node.start_mark.line + 1 if self.node else 1

    def fault(self, what: str) -> None:
        self.document.fault(self.line, f"{self.name} {what}")

    def keys(self, *allowed: str, required: bool = True) -> dict[str, Part]:
        """The parts of a mapping by key, each allowed key present. Unknown, doubled and missing keys are faults."""
        found: dict[str, Part] = {}
        if self.node is None:
            return {key: Part(self.document, key, None) for key in allowed}
        if not isinstance(self.node, yaml.MappingNode):
            self.fault("must be a mapping")
            return {key: Part(self.document, key, None) for key in allowed}
        for key_node, node in self.node.value:
            key, line = str(key_node.value), key_node.start_mark.line + 1
            if key not in allowed:
                self.document.fault(line, f"unknown key {key!r} in {self.name}; known: {', '.join(allowed)}")
            elif key in found:
                self.document.fault(line, f"{key} is there twice")
            else:
                found[key] = Part(self.document, key, node)
        for key in allowed:
            if key not in found:
                if required:
                    self.fault(f"lacks {key}")
                found[key] = Part(self.document, key, None)
        return found

    def items(self) -> Iterator[Part]:
        """The parts of a list; nothing where it is missing."""
        if isinstance(self.node, yaml.SequenceNode):
            for node in self.node.value:
                yield Part(self.document, self.name, node)
        elif self.node is not None:
            self.fault("must be a list")

    def value(self, parse: Callable[[str], T], default: T) -> T:
        """The scalar as ``parse`` reads it; its ValueError says what it must be, and ``default`` goes on."""
        if self.node is None:
            return default
        if not isinstance(self.node, yaml.ScalarNode):
            self.fault("must be a single value")
            return default
        try:
            return parse(self.node.value.strip())
        except ValueError as error:
            self.fault(str(error))
            return default
