"""``python -m benchmarks.knowledge``: the matcher beside what others would do with the same templates.

The sets lie in ``../shared/eval`` (or ``--sets``); the demo base is asked the questions of ``data/eval/id``.
``--cache`` is a folder that keeps embeddings between runs. Peers answer with the template of the most similar example,
but for Rasa's DIET with its FallbackClassifier, which is trained on the examples where that takes ten minutes at most.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
from rapidfuzz import fuzz, process

from bot.dialogue.training import ENGINE_PYTHON
from bot.knowledge.embedding import Embedder
from bot.knowledge.evaluation import Asked, Outcome, evaluate, read_questions, read_templates_jsonl, summarise
from bot.knowledge.files import read_templates
from bot.knowledge.match import Candidate, Match
from bot.knowledge.normalise import formal, tokens
from bot.knowledge.snapshot import TemplateWords

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "eval"
NAMES = ("demo-id", "hint3-curekart", "hint3-powerplay11", "hint3-sofmattress", "banking77-10shot", "stackfaq",
         "xsid-id", "xsid-en", "banking77-near-oos", "clinc150")  # fmt: skip
Base = Mapping[str, TemplateWords]
Peer = Callable[[Sequence[str], Sequence[str]], list[int]]
DIET_SECONDS = 600


def load(name: str, sets: Path) -> tuple[Base, str, list[Asked], list[Asked]]:
    """Templates, language, questions, calibration."""
    if name == "demo-id":
        base: Base = read_templates(ROOT / "data" / "knowledge").in_language("id")
        return base, "id", read_questions(ROOT / "data" / "eval" / "id" / "questions.jsonl", base), []
    base, language = read_templates_jsonl(sets / name / "templates.jsonl")
    calibration = sets / name / "calibration.jsonl"
    return (base, language, read_questions(sets / name / "questions.jsonl", base),
            read_questions(calibration, base) if calibration.exists() else [])  # fmt: skip


def token_set(examples: Sequence[str], asked: Sequence[str]) -> list[int]:
    """The example with the highest RapidFuzz ``token_set_ratio``."""
    scores = process.cdist([text.lower() for text in asked], [text.lower() for text in examples],
                           scorer=fuzz.token_set_ratio)  # fmt: skip
    return [int(at) for at in scores.argmax(axis=1)]


def bm25(examples: Sequence[str], asked: Sequence[str]) -> list[int]:
    """The example with the highest BM25."""
    index = bm25s.BM25()
    index.index(bm25s.tokenize(list(examples), stopwords=None, show_progress=False), show_progress=False)
    tokens = bm25s.tokenize(list(asked), stopwords=None, show_progress=False)
    found, _ = index.retrieve(tokens, k=1, show_progress=False)
    return [int(at) for at in found[:, 0]]


def neighbour(embedder: Embedder) -> Peer:
    """The example that means the most similar thing, by the first voice."""

    def nearest(examples: Sequence[str], asked: Sequence[str]) -> list[int]:
        known = embedder.parts(embedder.rows([("question", text) for text in examples]))[0]
        new = embedder.parts(embedder.rows([("question", text) for text in asked]))[0]
        return [int(at) for at in np.argmax(new @ known.T, axis=1)]

    return nearest


def diet(base: Base, language: str, questions: Sequence[Asked]) -> Mapping[str, Any] | None:
    """What Rasa's DIET makes of the same; None where it was not there or took too long."""
    examples = [(text, key) for key, words in base.items() for text in words.questions]
    given = json.dumps({"language": language, "examples": examples, "asked": [asked.text for asked in questions]})
    command = [str(ENGINE_PYTHON), str(ROOT / "benchmarks" / "diet.py")]
    try:
        ran = subprocess.run(command, input=given, capture_output=True, text=True, check=True, timeout=DIET_SECONDS)
    except (OSError, subprocess.SubprocessError):
        return None
    outcomes = []
    for asked, (ranked, gave_up) in zip(questions, json.loads(ran.stdout.splitlines()[-1]), strict=True):
        near = tuple(Candidate(template, sure) for template, sure in ranked)
        outcomes.append(Outcome(asked, Match("hand_over" if gave_up else "answer", near)))
    return summarise(outcomes)


def informal(sets: Path) -> tuple[float, float]:
    """How near ``stif``'s informal sentences come to the formal ones, as the mean F1 of their words: untouched, and
    written out."""
    rows = [json.loads(line) for line in (sets / "stif" / "dev.jsonl").read_text(encoding="utf-8").splitlines()]
    pairs = [(row["informal"], row["formal"]) for row in rows]
    as_typed = [word_f1(tokens(typed), tokens(meant)) for typed, meant in pairs]
    written = [word_f1(_parts(formal(typed, "id")), _parts(" ".join(tokens(meant)))) for typed, meant in pairs]
    return float(np.mean(as_typed)), float(np.mean(written))


def word_f1(said: Sequence[str], meant: Sequence[str]) -> float:
    """Harmonic mean of precision and recall, each word counted as often as it stands there."""
    common = (Counter(said) & Counter(meant)).total()
    return 2 * common / (len(said) + len(meant)) if common else 0.0


def _parts(text: str) -> list[str]:
    return text.replace("-", " ").split()


def accuracy(peer: Peer, base: Base, questions: Sequence[Asked]) -> float:
    """Share of answerable questions whose template the peer finds."""
    pairs = [(text, key) for key, words in base.items() for text in words.questions]
    known = [asked for asked in questions if asked.template is not None]
    found = peer([text for text, _ in pairs], [asked.text for asked in known])
    return float(np.mean([pairs[at][1] == asked.template for at, asked in zip(found, known, strict=True)]))


def measure(name: str, sets: Path, cache: Path | None) -> dict[str, Any]:
    """All figures of one set."""
    base, language, questions, calibration = load(name, sets)
    embedder = Embedder.of_this_machine(cache / f"{name}.npz" if cache else None, language)
    row: dict[str, Any] = {"words": evaluate(base, language, questions, calibration).summary,
                           "token_set": accuracy(token_set, base, questions),
                           "bm25": accuracy(bm25, base, questions),
                           "diet": diet(base, language, questions)}  # fmt: skip
    if embedder is not None:
        row["meaning"] = evaluate(base, language, questions, calibration, embedder).summary
        row["neighbour"] = accuracy(neighbour(embedder), base, questions)
        embedder.save()
    return row


def main() -> None:
    """Measure and print a table; ``--json`` writes all figures."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("names", nargs="*", default=NAMES)
    reader.add_argument("--sets", type=Path, default=SHARED)
    reader.add_argument("--cache", type=Path)
    reader.add_argument("--json", type=Path, dest="output")
    given = reader.parse_args()
    found: dict[str, Any] = {}
    print("set                  accuracy: words meaning token_set bm25 neighbour diet (mcc) | "
          "auroc mcc  answered wrong kept  ms")  # fmt: skip
    for name in given.names:
        row = found[name] = measure(name, given.sets, given.cache)
        best = row.get("meaning", row["words"])
        rasa = row["diet"] or {"in_scope_accuracy": float("nan"), "mcc_best": float("nan")}
        print(f"{name:20} {row['words']['in_scope_accuracy']:>15.3f} {best['in_scope_accuracy']:7.3f} "
              f"{row['token_set']:9.3f} {row['bm25']:4.3f} {row.get('neighbour', float('nan')):9.3f} "
              f"{rasa['in_scope_accuracy']:.3f} ({rasa['mcc_best']:.3f}) | "
              f"{best['auroc'] or float('nan'):5.3f} {best['mcc_best']:.3f} {best['answered']:8} "
              f"{best['answered_wrong']:5} {'yes' if best['promise']['kept'] else 'NO':4} "
              f"{best['ms_per_question']}", flush=True)  # fmt: skip
    if (given.sets / "stif").exists():
        before, after = informal(given.sets)
        found["stif"] = {"untouched": before, "written_out": after}
        print(f"stif dev, F1 of words to the formal side: untouched {before:.3f}, written out {after:.3f}")
    if given.output:
        given.output.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
