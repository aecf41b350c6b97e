"""Replay before publishing: thousands of past questions asked of the published base and of one that changes it."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from pathlib import Path

from benchmarks import machine
from benchmarks.figures import Result, Row
from bot.demo import KNOWLEDGE
from bot.knowledge.curating.asked import Question
from bot.knowledge.curating.replay import replay
from bot.knowledge.files import read_templates
from bot.knowledge.snapshot import AnswerTemplate, Snapshot

ASKED_SECONDS = 30.0
FULL, SMALL = 10_000, 1_000
NONSENSE = 0.25
"""Share of questions made of the halves of two others: near, and mostly without an answer."""
_OPENINGS = ("min", "kak", "halo", "mau tanya", "permisi", "tolong")


def run(size: str, folder: Path) -> Result:
    """In seconds, learning both bases and holding examples out included; on one core and a busy machine as it comes."""
    base = read_templates(KNOWLEDGE)
    count = FULL if size == "full" else SMALL
    questions = past_questions(base, count)
    new = replace(base, templates=tuple(_changed(each, at == 0) for at, each in enumerate(base.templates)))
    load = [machine.load()]
    began, cpu = time.perf_counter(), time.process_time()
    report = replay(base, new, {base.templates[0].id: 2}, questions, [])
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu
    load.append(machine.load())
    measured = f"{seconds:.1f} s  ({cpu_seconds:.1f} s of CPU)"
    row = Row(
        f"replay of {count:,} different questions", f"≤ {ASKED_SECONDS:.0f} s", measured, seconds <= ASKED_SECONDS
    )
    raw = {
        "questions": count,
        "templates": len(base.templates),
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "changed": len(report.changes),
        "load_average_before_and_after": load,
    }
    return Result([row], raw)


def past_questions(base: Snapshot, count: int) -> list[Question]:
    """``count`` different questions as people might have typed them, the same at every run."""
    chance = random.Random(20261121)
    known = [(text, language) for each in base.templates for language, w in each.words.items() for text in w.questions]
    found: dict[tuple[str, str], None] = {}
    while len(found) < count:
        text, language = chance.choice(known)
        if chance.random() < NONSENSE:
            other = chance.choice([each for each, spoken in known if spoken == language]).split()
            text = " ".join([*text.split()[: len(text.split()) // 2], *other[len(other) // 2 :]])
        found[_mistyped(text, chance), language] = None
    return [Question(text, language, times=1, people={1}) for text, language in found]


def _mistyped(text: str, chance: random.Random) -> str:
    spoken = text.split()
    if len(spoken) > 3 and chance.random() < 0.5:
        spoken.pop(chance.randrange(len(spoken)))
    if spoken and chance.random() < 0.5:
        at = chance.randrange(len(spoken))
        letter = chance.randrange(len(spoken[at]))
        spoken[at] = spoken[at][:letter] + spoken[at][letter] + spoken[at][letter:]
    return " ".join([chance.choice(_OPENINGS), *spoken] if chance.random() < 0.5 else spoken)


def _changed(template: AnswerTemplate, really: bool) -> AnswerTemplate:
    if not really:
        return template
    words = {language: replace(own, questions=own.questions[:-1]) for language, own in template.words.items()}
    return replace(template, words=words)
