"""``python -m benchmarks.sizes``: what a large base costs, in memory and in time, on one core.

Bases of invented questions: those of the demo base with words exchanged, each template with some words of its own. They
are asked the questions of ``data/eval/id``. Each size is measured in a process of its own; ``--cache`` is a folder that
keeps embeddings between runs.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from statistics import mean

from benchmarks.figures import percentile
from benchmarks.knowledge import load
from bot.knowledge.embedding import Embedder
from bot.knowledge.matcher import Matcher
from bot.knowledge.snapshot import TemplateWords

SIZES = ((500, "words"), (500, "meaning"), (5000, "words"))
"""Templates, and how they are matched."""
EACH = 10
"""Example questions of a template."""
WARM, ASKED = 50, 500
ASKED_FOR = (
    "asked: a question ≤ 2 ms by words and ≤ 15 ms by meaning at 500 templates; ≤ 90 s, ≤ 600 MB more, ≤ 25 ms at 5,000"
)
SYLLABLES = [first + second for first in "bcdfghjklmnprst" for second in "aiueo"]


def invented(templates: int) -> dict[str, TemplateWords]:
    """So many templates of ``EACH`` questions, always the same."""
    chance = random.Random(1)
    known = list(load("demo-id", Path())[0].values())
    vocabulary = sorted({word for each in known for question in each.questions for word in question.split()})
    names = ["".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))) for _ in range(templates * 2)]
    found = {}
    for at in range(templates):
        like, own = known[at % len(known)], chance.sample(names, 3)
        questions = tuple(_varied(chance, chance.choice(like.questions), vocabulary, own) for _ in range(EACH))
        found[f"t{at}"] = TemplateWords(f"{like.title} {own[0]}", questions, like.answer, "invented")
    return found


def _varied(chance: random.Random, question: str, vocabulary: list[str], own: list[str]) -> str:
    words = question.split()
    words[chance.randrange(len(words))] = chance.choice(vocabulary)
    words.insert(chance.randrange(len(words)), chance.choice(own))
    return " ".join(words)


def measure(templates: int, how: str, cache: Path | None) -> str:
    """One line of figures. Memory is what this process takes more."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    texts, asked = invented(templates), [each.text for each in load("demo-id", Path())[2]]
    kept = cache / f"sizes-{templates}.npz" if cache else None
    embedder = Embedder.of_this_machine(kept, "id") if how == "meaning" else None
    if embedder is not None:
        embedder.learn(Matcher.hears(texts, "id"))
        embedder.save()
    Matcher(dict(list(texts.items())[:20]), "id", embedder)  # whatever is loaded once is loaded
    Path("/proc/self/clear_refs").write_text("5")  # forget the highest so far
    before, started = _megabytes("VmRSS"), time.process_time()
    matcher = Matcher(texts, "id", embedder)
    fit, most, after = time.process_time() - started, _megabytes("VmHWM") - before, _megabytes("VmRSS") - before
    for text in asked[:WARM]:
        matcher.match(text)
    took = [_milliseconds(matcher, text) for text in asked[:ASKED]]
    return (
        f"{templates} templates by {how}: fit {fit:.1f} s, {after:.0f} MB more, {most:.0f} while it learns; "
        f"a question {mean(took):.2f} ms (median {percentile(took, 0.5):.2f}, 95 % {percentile(took, 0.95):.2f})"
    )


def _megabytes(what: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii", errors="ignore").splitlines()
    return int(next(line for line in lines if line.startswith(what)).split()[1]) / 1024


def _milliseconds(matcher: Matcher, text: str) -> float:
    started = time.perf_counter()
    matcher.match(text)
    return (time.perf_counter() - started) * 1000


def main() -> None:
    """Measure all sizes, or the one that is named."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--one", nargs=2, metavar=("TEMPLATES", "HOW"))
    reader.add_argument("--cache", type=Path)
    given = reader.parse_args()
    if given.one:
        print(measure(int(given.one[0]), given.one[1], given.cache), flush=True)
        return
    print(ASKED_FOR, flush=True)
    cache = ["--cache", str(given.cache)] if given.cache else []
    for templates, how in SIZES:
        subprocess.run([sys.executable, "-m", "benchmarks.sizes", "--one", str(templates), how, *cache], check=True)


if __name__ == "__main__":
    main()
