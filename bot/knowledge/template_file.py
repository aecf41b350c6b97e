"""One template file, read with the place of everything in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from bot import yaml_faults
from bot.errors import Told, at, told
from bot.knowledge.checks import LONGEST, NAME, UNSTORABLE
from bot.knowledge.content import MAX_ATTACHMENT_TITLE, MAX_URL, Attachment
from bot.knowledge.normalise import plain
from bot.knowledge.snapshot import AUDIENCES, MAX_ANSWER, TemplateWords

FILE_KEYS = ("category", "title", "templates")
TEMPLATE_KEYS = ("id", "title", "audience", "owner", "source", "questions", "answer")
OPTIONAL_KEYS = ("valid_from", "valid_until", "buttons", "attachments")
ATTACHMENT_KEYS = ("title", "url")
MAX_CATEGORY_TITLE = 64
_UNREADABLE = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class FoundTemplate:
    """A template of one file: its words in one language, and what all languages must agree on (``shared``), each with
    its place. ``places``: of everything, as ``Content.places`` has them."""

    id: str
    language: str
    place: str
    shared: Mapping[str, tuple[Any, str]]
    words: TemplateWords
    questions: tuple[tuple[str, str], ...]
    attachments: tuple[Attachment, ...]
    places: Mapping[str | tuple[str, str], str]


class TemplateFile:
    """Reads one file and notes its faults; what is faulty is left out of ``found``."""

    def __init__(self, path: Path, language: str, faults: list[Told]) -> None:
        self._path, self._language, self._faults = path, language, faults
        self.found: list[FoundTemplate] = []

    def read(self) -> tuple[str, str]:
        """The category and its title; the templates are in ``found``."""
        root = self._compose()
        if root is None:
            return self._path.stem, ""
        keys = self._mapping(root, FILE_KEYS, told("the file"))
        category = self._text(keys, "category", LONGEST["category"])
        if category and (category != self._path.stem or not NAME.fullmatch(category)):
            self._fault(keys["category"], told("category must be the file's name, {name}", name=self._path.stem))
        title = self._text(keys, "title", MAX_CATEGORY_TITLE)
        if "templates" in keys:
            seen: dict[str, int] = {}
            for node in self._sequence(keys["templates"], "templates"):
                self._template(node, self._path.stem, seen)
        return self._path.stem, title

    def _compose(self) -> yaml.Node | None:
        raw = self._path.read_bytes()
        try:
            text = raw.decode("utf-8-sig")
            if (bad := _UNREADABLE.search(text)) is not None:
                what = told("holds the character {code}", code=f"U+{ord(bad[0]):04X}")
                self._fault(text.count("\n", 0, bad.start()) + 1, what)
                return None
            # Not the C loader: it crashes the process on a file that is nested very deeply.
            root = yaml.compose(text, yaml.SafeLoader)
        except UnicodeDecodeError as error:
            self._fault(raw.count(b"\n", 0, error.start) + 1, told("is not UTF-8 text"))
        except yaml.YAMLError as error:
            self._fault(*yaml_faults.fault(error))
        except RecursionError:
            self._fault(1, told("is nested too deeply"))
        else:
            if root is not None:
                return root
            self._fault(1, told("is empty"))
        return None

    def _template(self, node: yaml.Node, category: str, seen: dict[str, int]) -> None:
        before = len(self._faults)
        keys = self._mapping(node, TEMPLATE_KEYS, told("a template"), OPTIONAL_KEYS)
        texts = {key: self._text(keys, key, LONGEST[key]) for key in ("id", "title", "owner", "source")}
        if texts["id"] and not NAME.fullmatch(texts["id"]):
            self._fault(keys["id"], told("{what} must be of a-z, 0-9 and single - _ .", what="id"))
        audience = self._text(keys, "audience", 16)
        if audience and audience not in AUDIENCES:
            self._fault(keys["audience"], told("audience must be one of {known}", known=", ".join(AUDIENCES)))
        answer = self._text(keys, "answer", MAX_ANSWER, lines=True)
        questions = self._questions(keys)
        dates = {name: self._date(keys, name) for name in ("valid_from", "valid_until")}
        buttons, attachments = self._buttons(keys), self._attachments(keys)
        if texts["id"] in seen:
            key = texts["id"]
            self._fault(keys["id"], told("id {id} is already used in line {line}", id=key, line=seen[key]))
        if len(self._faults) > before:
            return
        seen[texts["id"]] = _line(keys["id"])
        around: dict[str, Any] = {
            "audience": audience,
            "owner": texts["owner"],
            "source": texts["source"],
            **dates,
            "buttons": buttons,
        }
        shared: dict[str, tuple[Any, str]] = {"category": (category, self._place(node))}
        shared |= {key: (value, self._place(keys.get(key, node))) for key, value in around.items()}
        words = TemplateWords(texts["title"], tuple(q for q, _ in questions), answer, self._place(keys["id"]))
        places: dict[str | tuple[str, str], str] = {name: place for name, (_, place) in shared.items()}
        places |= {(self._language, name): self._place(value) for name, value in keys.items()}
        places |= {(self._language, f"question {text}"): place for text, place in questions}
        self.found.append(
            FoundTemplate(texts["id"], self._language, words.origin, shared, words, questions, attachments, places)
        )

    def _date(self, keys: Mapping[str, yaml.Node], key: str) -> date | None:
        text = self._text(keys, key, 10)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            self._fault(keys[key], told("{key} must be a date like 2026-08-31", key=key))
            return None

    def _buttons(self, keys: Mapping[str, yaml.Node]) -> tuple[str, ...]:
        if "buttons" not in keys:
            return ()
        nodes = self._sequence(keys["buttons"], "buttons")
        return tuple(self._scalar(node, told("a button"), LONGEST["id"]) for node in nodes)

    def _attachments(self, keys: Mapping[str, yaml.Node]) -> tuple[Attachment, ...]:
        found = []
        for node in self._sequence(keys["attachments"], "attachments") if "attachments" in keys else ():
            own = self._mapping(node, ATTACHMENT_KEYS, told("an attachment"))
            found.append(Attachment(self._text(own, "title", MAX_ATTACHMENT_TITLE), self._text(own, "url", MAX_URL)))
        return tuple(found)

    def _questions(self, keys: Mapping[str, yaml.Node]) -> tuple[tuple[str, str], ...]:
        if "questions" not in keys:
            return ()
        nodes = self._sequence(keys["questions"], "questions")
        texts = [(self._scalar(node, told("a question"), LONGEST["question"]), self._place(node)) for node in nodes]
        for text, node in zip(texts, nodes, strict=True):
            if text[0] and not plain(text[0]):
                self._fault(node, told("a question needs a letter or a digit"))
        return tuple(texts)

    def _mapping(
        self, node: yaml.Node, wanted: Sequence[str], what: Told, optional: Sequence[str] = ()
    ) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            self._fault(node, told("{what} must have the keys {keys}", what=what, keys=", ".join(wanted)))
            return {}
        keys: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else "?"
            if name not in (*wanted, *optional):
                known = ", ".join((*wanted, *optional))
                self._fault(key, told("unknown key {name}; {what} has {keys}", name=name, what=what, keys=known))
            elif name in keys:
                self._fault(key, told("{name} stands there twice", name=name))
            else:
                keys[name] = value
        for name in wanted:
            if name not in keys:
                self._fault(node, told("{name} is missing", name=name))
        return keys

    def _sequence(self, node: yaml.Node, what: str) -> list[yaml.Node]:
        if isinstance(node, yaml.SequenceNode) and node.value:
            return list(node.value)
        self._fault(node, told("{what} must be a list of at least one", what=what))
        return []

    def _text(self, keys: Mapping[str, yaml.Node], key: str, longest: int, *, lines: bool = False) -> str:
        return self._scalar(keys[key], key, longest, lines=lines) if key in keys else ""

    def _scalar(self, node: yaml.Node, what: str, longest: int, *, lines: bool = False) -> str:
        if not isinstance(node, yaml.ScalarNode):
            self._fault(node, told("{what} must be a text", what=what))
            return ""
        text = str(node.value).strip()
        if not lines:
            text = " ".join(text.split())
        if not text:
            self._fault(node, told("{what} is empty", what=what))
        elif len(text) > longest:
            self._fault(node, told("{what} has {n} characters, more than {most}", what=what, n=len(text), most=longest))
        elif UNSTORABLE.search(text):
            self._fault(node, told("{what} holds a control character", what=what))
        return text

    def _place(self, node: yaml.Node) -> str:
        return f"{self._path}:{_line(node)}"

    def _fault(self, where: yaml.Node | int, what: Told) -> None:
        self._faults.append(at(f"{self._path}:{where if isinstance(where, int) else _line(where)}", what))


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
