"""domain.yml, the rules and the actions fit together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.config import ROOT
from bot.conversation.wording import LANGUAGES

DOMAIN: dict[str, Any] = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
RESPONSES: dict[str, list[dict[str, Any]]] = DOMAIN["responses"]
BUTTON_TITLE = 20
"""Characters of a WhatsApp button."""
SAID = re.compile(r'"(utter_\w+?)"')


def rules() -> Iterator[dict[str, Any]]:
    for file in sorted((ROOT / "data" / "rules").glob("*.yml")):
        yield from yaml.safe_load(file.read_text(encoding="utf-8"))["rules"]


def examples() -> dict[str, set[str]]:
    """Intent → its examples."""
    found: dict[str, set[str]] = {}
    for file in sorted((ROOT / "data" / "nlu").glob("*.yml")):
        for item in yaml.safe_load(file.read_text(encoding="utf-8"))["nlu"]:
            if "intent" in item:
                lines = item["examples"].splitlines()
                found[item["intent"]] = {line.removeprefix("- ").strip().lower() for line in lines}
    return found


def held_out() -> list[tuple[str, str]]:
    """(intent, text) that the understanding is measured on."""
    lines = (Path(__file__).parent / "acts.tsv").read_text(encoding="utf-8").splitlines()
    return [(intent, text) for intent, text in (line.split("\t") for line in lines)]


def test_something_was_read() -> None:
    assert len(RESPONSES) > 80
    assert len(list(rules())) > 40
    assert len(held_out()) >= 150


@pytest.mark.parametrize("response", sorted(RESPONSES))
def test_a_response_speaks_every_language_with_the_same_variables_and_buttons(response: str) -> None:
    variants = {variant["condition"][0]["value"]: variant for variant in RESPONSES[response]}
    assert set(variants) == set(LANGUAGES)
    variables = {language: set(re.findall(r"\{(\w+)\}", variant["text"])) for language, variant in variants.items()}
    assert len({frozenset(names) for names in variables.values()}) == 1
    buttons = [[button["payload"] for button in variant.get("buttons", [])] for variant in variants.values()]
    assert buttons[0] == buttons[1]


@pytest.mark.parametrize("response", sorted(RESPONSES))
def test_buttons_fit_a_phone_and_stand_for_an_act(response: str) -> None:
    for variant in RESPONSES[response]:
        for button in variant.get("buttons", []):
            assert len(button["title"]) <= BUTTON_TITLE
            assert button["payload"].removeprefix("/").split()[0] in DOMAIN["intents"]


def test_all_that_actions_say_has_words() -> None:
    files = list((ROOT / "actions").glob("*.py"))
    said = {name for file in files for name in SAID.findall(file.read_text(encoding="utf-8"))}
    assert len(said) > 60
    assert said <= set(RESPONSES)


def test_every_act_has_a_rule_that_holds_always() -> None:
    unconditional = {rule["steps"][0]["intent"] for rule in rules() if "condition" not in rule}
    assert unconditional == {*DOMAIN["intents"], "nlu_fallback"}


def test_every_rule_answers_a_question_that_can_be_pending() -> None:
    known = set(DOMAIN["slots"]["pending"]["values"])
    asked = {rule["condition"][0]["slot_was_set"][0]["pending"] for rule in rules() if "condition" in rule}
    assert asked == known


def test_important_acts_have_examples_enough() -> None:
    known = examples()
    few = {intent: len(known[intent]) for intent in DOMAIN["intents"] if len(known[intent]) < 50}
    assert set(few) <= {
        "start",
        "neither",
        "privacy",
        "choose",
        "change_language",
        "react",
        "help",
        "bot_challenge",
        "survey",
        "share",
    }


def test_what_is_measured_was_not_learned() -> None:
    learned = set().union(*examples().values())
    assert not [text for _, text in held_out() if text.lower() in learned]
