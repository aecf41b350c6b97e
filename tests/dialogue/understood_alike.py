"""Run with Rasa's Python: understand each line of standard input, then again by the short ways; print the differences.

``python understood_alike.py MODEL`` prints ``{"lines", "different": [...], "shortened": bool}``.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "engine"))


async def main() -> None:
    """Understand twice."""
    import shortcuts
    from rasa.core.agent import Agent
    from rasa.nlu.classifiers.logistic_regression_classifier import LogisticRegressionClassifier

    lines = sys.stdin.read().splitlines()
    agent = Agent.load(sys.argv[1])
    before = [await understood(agent, line) for line in lines]
    slow = LogisticRegressionClassifier._create_X
    shortcuts.take(agent.processor)
    after = [await understood(agent, line) for line in lines]
    different = [line for line, one, other in zip(lines, before, after, strict=True) if not alike(one, other)]
    shortened = LogisticRegressionClassifier._create_X is not slow
    print(json.dumps({"lines": len(lines), "different": different, "shortened": shortened}))


async def understood(agent: Any, line: str) -> dict[str, float]:
    """The confidence of each intent."""
    parsed = await agent.parse_message(line)
    return {each["name"]: each["confidence"] for each in parsed["intent_ranking"]}


def alike(one: dict[str, float], other: dict[str, float]) -> bool:
    """The same intents in the same order; how sure, up to rounding."""
    return list(one) == list(other) and all(abs(one[name] - other[name]) < 1e-9 for name in one)


asyncio.run(main())
