"""Run by Rasa's own environment, beside ``knowledge``: what Rasa's DIET makes of examples and questions.

Standard input is JSON: ``language``, ``examples`` [[text, template]], ``asked`` [text]. Standard output ends in a line
of JSON: for each question [[[template, confidence], best first], whether the FallbackClassifier gave up].
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PIPELINE: list[dict[str, Any]] = [
    {"name": "WhitespaceTokenizer"},
    {"name": "RegexFeaturizer"},
    {"name": "LexicalSyntacticFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
    {"name": "DIETClassifier", "epochs": 100, "constrain_similarities": True, "random_seed": 1},
    {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1},
]
"""What ``rasa init`` of Rasa 3.6 writes, without the parts that know no intents."""


def train(examples: Sequence[tuple[str, str]], folder: Path, language: str) -> str:
    """The path of a model that knows nothing but these intents."""
    from rasa.model_training import train_nlu

    data = [{"text": " ".join(text.split()), "intent": intent, "entities": []} for text, intent in examples]
    (folder / "nlu.json").write_text(json.dumps({"rasa_nlu_data": {"common_examples": data}}), encoding="utf-8")
    config = {"recipe": "default.v1", "assistant_id": "peer", "language": language, "pipeline": PIPELINE}
    (folder / "config.yml").write_text(json.dumps(config), encoding="utf-8")
    return str(train_nlu(str(folder / "config.yml"), str(folder / "nlu.json"), str(folder)))


async def ask(model: str, asked: Sequence[str]) -> list[tuple[list[tuple[str, float]], bool]]:
    """What the model says to each question."""
    from rasa.core.agent import Agent

    agent = Agent.load(model)
    found = []
    for text in asked:
        said = await agent.parse_message(text)
        ranked = [(near["name"], near["confidence"]) for near in said["intent_ranking"]]
        gave_up = said["intent"]["name"] == "nlu_fallback"
        found.append(([(name, sure) for name, sure in ranked if name != "nlu_fallback"], gave_up))
    return found


def main() -> None:
    """Read, train, ask, write."""
    logging.disable(logging.WARNING)
    given = json.load(sys.stdin)
    # Names of our own: Rasa reads more into a "/".
    names = {template: f"t{at}" for at, template in enumerate(dict.fromkeys(own for _, own in given["examples"]))}
    meant = {name: template for template, name in names.items()}
    with tempfile.TemporaryDirectory() as folder:
        model = train([(text, names[own]) for text, own in given["examples"]], Path(folder), given["language"])
        found = asyncio.run(ask(model, given["asked"]))
    print()
    print(json.dumps([[[(meant[name], sure) for name, sure in ranked], gave_up] for ranked, gave_up in found]))


if __name__ == "__main__":
    main()
