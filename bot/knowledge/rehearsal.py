"""What a fresh matcher would have said of its own examples, had it not known them.

Three kinds of question are asked: each example question as if it alone were unknown (its template is the right
answer), each as if its whole template did not exist (nothing is right, though neighbours are near), and everyday
sentences that have nothing to do with the base.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.knowledge.classifier import Array, Trained
from bot.knowledge.confidence import CANDIDATES, SIGNS, Numbers, Trial
from bot.knowledge.features import Features, Words

UNANSWERABLE = 0.3
"""Share of questions that no template answers, for which thresholds are chosen; half of them near, half far."""
LONG = 10
"""Words; more make a question no surer."""
Owners = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Examples:
    """What is learned from, template by template and background last. ``owners``: index of the template of each text,
    -1 for background. ``asked``: whether it is an example question (titles, answers and background are not)."""

    texts: tuple[str, ...]
    words: tuple[Words, ...]
    owners: Owners
    asked: npt.NDArray[np.bool_]
    weights: Array


def best_likeness(likeness: Array, owners: Owners) -> Array:
    """The likeness to each template's nearest example. ``likeness``: questions x examples."""
    inside = owners[owners >= 0]
    starts = np.flatnonzero(np.diff(inside, prepend=-1))
    return np.asarray(np.maximum.reduceat(likeness[:, : len(inside)], starts, axis=1), dtype=np.float32)


def candidates(scores: Array) -> npt.NDArray[np.int64]:
    """The best templates of each question, best first."""
    return np.argsort(-scores, axis=1, kind="stable")[:, :CANDIDATES]


def signs(
    scores: Array, nearest: Array, best: npt.NDArray[np.int64], known: Numbers, lengths: Sequence[int]
) -> Numbers:
    """What confidence is judged by: questions x candidates x ``SIGNS``. ``lengths``: words of each question."""
    top = np.take_along_axis(scores, best, axis=1)
    second = np.sort(scores, axis=1)[:, -2] if scores.shape[1] > 1 else np.zeros(len(scores))
    rival = np.where(np.arange(best.shape[1]) == 0, second[:, None], top[:, :1])
    found = np.empty((*best.shape, len(SIGNS)))
    found[..., 0] = 1
    found[..., 1] = top
    found[..., 2] = top - np.maximum(rival, 0)
    found[..., 3] = np.take_along_axis(nearest, best, axis=1)
    found[..., 4] = known[:, None]
    found[..., 5] = np.minimum(np.asarray(lengths)[:, None], LONG) / LONG
    return found


def known_share(text: Words, features: Features, counts: Counter[str], without: Counter[str] | None = None) -> float:
    """How much of ``text`` the base knows, by weight of its words. ``counts``: in how many examples a word stands;
    ``without``: the same of those examples that are thought away."""
    weights = {word: features.weight(word) for word in text}
    total = sum(weights.values())
    left: Counter[str] = without or Counter()
    return sum(w for word, w in weights.items() if counts[word] > left[word]) / total if total else 0.0


def rehearse(examples: Examples, features: Features, likeness: Array, trained: Trained) -> Trial:
    """Ask all three kinds of question. ``likeness``: of each example with each."""
    asked, owners = np.flatnonzero(examples.asked), examples.owners
    far = np.flatnonzero(owners < 0)
    own, counts, own_counts = owners[asked], word_counts(examples), _counts_by_template(examples)
    texts, distant_texts = [examples.words[at] for at in asked], [examples.words[at] for at in far]

    shares = [known_share(text, features, counts, Counter(set(text))) for text in texts]
    others = likeness - 2 * np.eye(len(likeness), dtype=np.float32)
    known = _ask(trained.left_out[asked], best_likeness(others[asked], owners), shares, texts, own)

    shares = [known_share(text, features, counts, own_counts[at]) for text, at in zip(texts, own.tolist(), strict=True)]
    scores, nearest = trained.strange[asked].copy(), best_likeness(likeness[asked], owners)
    scores[np.arange(len(asked)), own] = nearest[np.arange(len(asked)), own] = -1
    strange = _ask(scores, nearest, shares, texts, None)

    shares = [known_share(text, features, counts) for text in distant_texts]
    distant = _ask(trained.left_out[far], best_likeness(likeness[far], owners), shares, distant_texts, None)
    return _together(known, strange, distant)


def word_counts(examples: Examples) -> Counter[str]:
    """In how many examples of templates each word stands."""
    return sum(_counts_by_template(examples).values(), Counter())


def _counts_by_template(examples: Examples) -> dict[int, Counter[str]]:
    found: dict[int, Counter[str]] = {}
    for text, owner in zip(examples.words, examples.owners.tolist(), strict=True):
        if owner >= 0:
            found.setdefault(owner, Counter()).update(set(text))
    return found


def _ask(
    scores: Array, nearest: Array, known: Sequence[float], texts: Sequence[Words], own: Owners | None
) -> tuple[Numbers, Numbers]:
    best = candidates(scores)
    right = np.zeros(best.shape) if own is None else (best == own[:, None]).astype(np.float64)
    return signs(scores, nearest, best, np.array(known), [len(text) for text in texts]), right


def _together(
    known: tuple[Numbers, Numbers], strange: tuple[Numbers, Numbers], distant: tuple[Numbers, Numbers]
) -> Trial:
    count = len(known[0])
    shares = ((known, 1 - UNANSWERABLE), (strange, UNANSWERABLE / 2), (distant, UNANSWERABLE / 2))
    weight = [np.full(len(kind[0]), count * share / max(len(kind[0]), 1)) for kind, share in shares]
    return Trial(
        np.concatenate([kind[0] for kind, _ in shares]),
        np.concatenate([kind[1] for kind, _ in shares]),
        np.concatenate(weight),
    )
