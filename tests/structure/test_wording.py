"""Every word that people read is in domain.yml, in both languages, and what the code names is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from bot.config import ROOT
from bot.conversation.language import _SURE
from bot.conversation.wording import LANGUAGES, Wording, time_argument, word_argument
from tests.structure.source import Module, modules

DOMAIN = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
RESPONSES: dict[str, list[dict[str, Any]]] = DOMAIN["responses"]
OURS = modules("bot", "actions")
NAME = re.compile(r"utter_[a-z0-9_]+")
BY_EFFECTS = {"ticket", "due", "service"}
"""Variables that an effect of the turn may fill, or the profile."""
LONGEST_LABEL = 20
SPOKEN_IN_CODE = {
    "bot.channels.telegram.receive": "Telegram's menu of commands is set once, for all languages at the same time",
    "bot.channels.telegram.content": "how a place or a contact that a person sent is noted as text",
    "bot.channels.whatsapp": "the label that opens a list, in both languages",
    "bot.commands.running": "an example that a newcomer may type",
    "bot.conversation.language": "words by which a language is known",
    "bot.identity": "words by which a name, a number or a date is known",
    "bot.knowledge": "words that are understood, not said",
    "bot.procedures.why": "the steps to a deadline, told to staff",
    "bot.reports.words": "the words of printed reports",
    "bot.simulation": "what invented people and staff write, and the words of what is printed about it",
    "bot.procedures.words": "names of days and hours, as part of a response",
}
"""Where Indonesian may stand in Python, and why; nowhere else."""


def variables(variant: Mapping[str, Any]) -> set[str]:
    buttons = variant.get("buttons", ())
    texts = [variant["text"], *(part for button in buttons for part in (button["title"], button["payload"]))]
    return {name for text in texts for name in re.findall(r"\{(\w+)\}", text)}


@pytest.mark.parametrize("name", sorted(RESPONSES))
def test_a_response_says_the_same_in_both_languages(name: str) -> None:
    by_language = {each["condition"][0]["value"]: each for each in RESPONSES[name]}
    assert sorted(by_language) == sorted(LANGUAGES)
    assert len(by_language) == len(RESPONSES[name])
    ours, theirs = by_language["id"], by_language["en"]
    assert variables(ours) == variables(theirs)
    assert [b["payload"] for b in ours.get("buttons", ())] == [b["payload"] for b in theirs.get("buttons", ())]
    assert set(ours) == set(theirs) <= {"condition", "text", "buttons"}


@pytest.mark.parametrize("name", sorted(RESPONSES))
def test_labels_are_short_and_name_an_act(name: str) -> None:
    for variant in RESPONSES[name]:
        buttons = variant.get("buttons", [])
        labels = [button["title"] for button in buttons]
        assert len(set(labels)) == len(labels)
        for button in buttons:
            assert 1 <= len(button["title"]) <= LONGEST_LABEL
            assert not re.search(r"[{}]", button["title"])
            assert button["payload"].removeprefix("/").split(" ")[0] in DOMAIN["intents"]


def named(module: Module) -> Iterator[tuple[int, str]]:
    """Responses that a module names, whole or by their beginning (of an f-string)."""
    for node in module.strings():
        if NAME.fullmatch(str(node.value)):
            yield node.lineno, str(node.value)


def test_every_response_that_the_code_names_is_there() -> None:
    found = {(m.where, line, name) for m in OURS for line, name in named(m) if not name.endswith("_")}
    assert len(found) > 80
    assert {each for each in found if each[2] not in RESPONSES} == set()


def test_every_response_is_said_somewhere() -> None:
    said = {name for module in OURS for _, name in named(module)}
    for path in sorted((ROOT / "data" / "rules").glob("*.yml")):
        said |= set(NAME.findall(path.read_text(encoding="utf-8")))
    beginnings = tuple(name for name in said if name.endswith("_"))
    assert beginnings
    assert [name for name in RESPONSES if name not in said and not name.startswith(beginnings)] == []


SAYING = {"say", "ask", "word_argument", "Reply", "_say", "_give_back"}
"""Functions that take a response with its arguments; others hand it on."""


def calls(module: Module) -> Iterator[tuple[int, set[str], set[str]]]:
    """(line, responses, arguments) of calls that say responses and give their arguments by keyword or in a dict."""
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call) or ast.unparse(node.func).rpartition(".")[2] not in SAYING:
            continue
        dicts = [arg for arg in node.args if isinstance(arg, ast.Dict)]
        if any(each.arg is None for each in node.keywords) or any(isinstance(a, ast.Starred) for a in node.args):
            continue
        given = {str(each.arg) for each in node.keywords}
        given |= {str(key.value) for each in dicts for key in each.keys if isinstance(key, ast.Constant)}
        yield node.lineno, set().union(*(_names(arg) for arg in node.args)), given


def _names(node: ast.AST) -> set[str]:
    """Responses in an expression, not those of a call inside it."""
    if isinstance(node, ast.Constant):
        return {str(node.value)} if NAME.fullmatch(str(node.value)) else set()
    inner = [] if isinstance(node, ast.Call | ast.Dict) else ast.iter_child_nodes(node)
    return set().union(*(_names(each) for each in inner))


def test_every_variable_of_a_response_is_supplied_where_it_is_said() -> None:
    missing, looked_at = [], 0
    for module in OURS:
        for line, names, given in calls(module):
            for name in names & RESPONSES.keys():
                looked_at += 1
                lacking = variables(RESPONSES[name][0]) - given - BY_EFFECTS
                if lacking:
                    missing.append(f"{module.where}:{line}: {name} lacks {sorted(lacking)}")
    assert looked_at > 60
    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_response_can_be_said(language: str) -> None:
    wording = Wording.load(ROOT / "domain.yml", ZoneInfo("Asia/Jakarta"))
    moment = time_argument(datetime(2026, 11, 23, 3, 0, tzinfo=UTC))
    for name in RESPONSES:
        args: dict[str, Any] = dict.fromkeys(variables(RESPONSES[name][0]), "x")
        said = wording.say(name, language, args | dict.fromkeys(args.keys() & {"due", "until", "closed"}, moment))
        assert said.text.strip()
        assert not re.search(r"\{\w+\}", said.text)
    assert wording.say("utter_word_salam", language, {"greeting": word_argument("utter_word_noon")}).text


def test_what_a_person_wrote_is_never_taken_for_a_variable() -> None:
    wording = Wording.load(ROOT / "domain.yml", ZoneInfo("Asia/Jakarta"))
    hostile = "{ticket} {0} %(x)s ${y} {{7*7}} {institution}"
    assert wording.say("utter_choose_one", "id", {"title": hostile}).text == f'Maksud Anda "{hostile}"?'


def test_no_indonesian_sentence_stands_in_python() -> None:
    found: dict[str, list[str]] = {}
    for module in OURS:
        for node in module.strings():
            words = [] if "(?" in str(node.value) else re.findall(r"[a-z]+", str(node.value).lower())
            if len(words) >= 3 and sum(word in _SURE["id"] for word in words) >= 2:
                found.setdefault(module.name, []).append(f"{module.where}:{node.lineno}: {str(node.value)[:60]!r}")
    allowed = {
        name: lines for name, lines in found.items() if any(f"{name}.".startswith(f"{a}.") for a in SPOKEN_IN_CODE)
    }
    assert allowed, "the rule found nothing at all, not even what it lets pass"
    assert {name: lines for name, lines in found.items() if name not in allowed} == {}


def test_the_assistant_never_speaks_of_the_machinery() -> None:
    """Words that only engineers know have no place in what people read."""
    for name, variants in RESPONSES.items():
        for variant in variants:
            assert not re.search(
                r"\b(Rasa|server|database|basis data|timeout|error|exception|intent|slot|NLU)\b", variant["text"]
            ), name
