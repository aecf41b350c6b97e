"""How well acts are told apart, on lines that were not learned from."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter

import pytest
import yaml

from bot.config import ROOT
from bot.dialogue.training import ENGINE_PYTHON, QUIET, ensure_model
from tests.live import MODELS
from tests.talk.test_words import held_out

AT_LEAST = 0.93
QUESTIONS_AT_LEAST = 0.90
"""Of the templates' own questions, some of which are other acts as well ("is my data safe?")."""
SCRIPT = """
import asyncio, json, logging, sys, warnings
warnings.simplefilter("ignore"); logging.disable(logging.ERROR)
import structlog
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
from rasa.core.agent import Agent
agent = Agent.load(sys.argv[1])
async def acts(texts):
    return [(await agent.parse_message(text))["intent"]["name"] for text in texts]
print(json.dumps(asyncio.run(acts(json.load(sys.stdin)))))
"""


def understood(texts: list[str]) -> list[str]:
    """The act of each text, as the model has it."""
    done = subprocess.run(
        [str(ENGINE_PYTHON), "-c", SCRIPT, str(ensure_model(MODELS, print))],
        input=json.dumps(texts), env={**os.environ, **QUIET}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    acts: list[str] = json.loads(done.stdout.splitlines()[-1])
    return acts


def questions() -> list[str]:
    """The example questions of all templates."""
    files = sorted((ROOT / "data" / "knowledge").glob("*/*.yml"))
    templates = [each for file in files for each in yaml.safe_load(file.read_text(encoding="utf-8"))["templates"]]
    return [question for template in templates for question in template["questions"]]


@pytest.mark.engine
@pytest.mark.slow
def test_acts_are_told_apart() -> None:
    lines, asked = held_out(), questions()
    assert len(asked) > 1000
    acts = understood([text for _, text in lines] + asked)
    # What is not recognised is looked up like a question.
    acts = ["ask" if act == "nlu_fallback" else act for act in acts]
    wrong = [(intent, act, text) for (intent, text), act in zip(lines, acts, strict=False) if intent != act]
    assert 1 - len(wrong) / len(lines) >= AT_LEAST, wrong
    counted = Counter(acts[len(lines) :])
    assert counted["ask"] / len(asked) >= QUESTIONS_AT_LEAST, counted
