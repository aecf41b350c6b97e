"""What a fresh matcher would have said of its own examples, had it not known them.

Four kinds of question are asked: each example question as if it alone were unknown (its template is the right
answer), each as if its whole template did not exist (nothing is right, though neighbours are near), fragments of
examples that ask nothing, and everyday sentences that have nothing to do with the base.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from bot.knowledge.classifier import NOTHING, Array, Indices, Owners, Trained
from bot.knowledge.confidence import CANDIDATES, OF_VOICES, SIGNS, Numbers, Trial
from bot.knowledge.features import Features, Words
from bot.knowledge.learning import Learned
from bot.knowledge.likeness import Rows, best_of_each, to_centre

KNOWN, NEAR, FRAGMENTS, FAR = 0.65, 0.15, 0.1, 0.1
"""Shares of the four kinds, in this order; how many of each people really ask is learned from what they ask."""
UNANSWERABLE = NEAR + FRAGMENTS + FAR
FRAGMENT_MEANT = 0.4
"""How often a fragment means what the examples that hold it ask: worth offering, never worth answering."""
LONG = 10
"""Words; more make a question no surer."""
MOST, MOST_SCORES = 4000, 12_000_000
"""Example questions that are rehearsed, and scores of these, one a template, for the sake of memory; of a larger base,
the questions of some templates are."""
CHUNK = 250
BELIEFS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.2)
"""How much likeness to the answers themselves may count beside the classifier's score."""
COMMON_BELIEF = 0.4
"""What left-out questions must disprove."""
UNTOLD = (0.09, 0.16, 0.28, COMMON_BELIEF)
"""What counts in a base that cannot tell, having one example a template: likeness of words to it, the voices' own
classifiers, their likeness to it, and to the answers, each voice for its share."""
DOUBT = 4
"""How many more left-out questions must be right for each 1 that a belief is away from the common one."""


@dataclass(frozen=True, slots=True)
class Views:
    """What is known about questions, each array questions x templates. ``scores``: the classifier's. ``centre``:
    likeness to the centre of each template's examples. ``nearest``: likeness of words to the nearest of them.
    ``meant``: each voice's own classifier, its likeness to the nearest example, and to the answer. ``shares``: what
    each voice counts, together 1."""

    scores: Array
    centre: Array
    nearest: Array
    meant: tuple[tuple[Array, Array, Array], ...] = ()
    shares: tuple[float, ...] = ()

    def believing(self, belief: float | None) -> Array:
        """All of it as one score, with likeness to the answers counted as ``belief`` says (None: ``UNTOLD``)."""
        if not self.meant:
            return self.scores
        of_words, of_own, of_nearest, of_reply = UNTOLD if belief is None else (0.0, 0.0, 0.0, belief)
        found = self.scores + of_words * self.nearest
        for share, (own, nearest, reply) in zip(self.shares, self.meant, strict=True):
            found += share * (of_own * own + of_nearest * nearest + of_reply * reply)
        return np.asarray(np.where(self.scores > NOTHING, found, NOTHING), dtype=np.float32)


def candidates(scores: Array) -> Indices:
    """The best templates of each question, best first."""
    return np.argsort(-scores, axis=1, kind="stable")[:, :CANDIDATES]


def signs(views: Views, belief: float | None, known: Numbers, lengths: Sequence[int]) -> tuple[Indices, Numbers]:
    """The candidates, and what confidence in them is judged by: questions x candidates x ``SIGNS``. ``lengths``: words
    of each question."""
    scores = views.believing(belief)
    best = candidates(scores)
    top = np.take_along_axis(scores, best, axis=1)
    second = np.sort(scores, axis=1)[:, -2] if scores.shape[1] > 1 else np.zeros(len(scores))
    rival = np.where(np.arange(best.shape[1]) == 0, second[:, None], top[:, :1])
    found = np.zeros((*best.shape, len(SIGNS)))
    found[..., 0] = 1
    found[..., 1] = top
    found[..., 2] = top - np.maximum(rival, 0)
    found[..., 3] = np.take_along_axis(views.nearest, best, axis=1)
    found[..., 4] = known[:, None]
    found[..., 5] = np.minimum(np.asarray(lengths)[:, None], LONG) / LONG
    found[..., 6] = np.asarray(lengths)[:, None] == 1
    found[..., 7] = np.asarray(lengths)[:, None] == 2
    found[..., 8] = np.take_along_axis(views.centre, best, axis=1)
    for at, parts in enumerate(views.meant[:2]):
        for part, seen in enumerate(parts):
            found[..., OF_VOICES + 3 * at + part] = np.take_along_axis(seen, best, axis=1)
    return best, found


def known_share(text: Words, features: Features, counts: Counter[str], without: Counter[str] | None = None) -> float:
    """How much of ``text`` the base knows, by weight of its words. ``counts``: in how many examples a word stands;
    ``without``: the same of those examples that are thought away."""
    weights = {word: features.weight(word) for word in text}
    total = sum(weights.values())
    left: Counter[str] = without or Counter()
    return sum(w for word, w in weights.items() if counts[word] > left[word]) / total if total else 0.0


def choose_trial(learned: Learned) -> Indices:
    """The examples that are rehearsed: questions of whole templates, and the background."""
    asked = np.flatnonzero(learned.asked)
    templates = int(learned.owners.max()) + 1
    most = min(MOST, MOST_SCORES // max(templates, 1))
    if len(asked) > most:
        order = np.random.default_rng(0).permutation(templates)
        sizes = np.cumsum(np.bincount(learned.owners[asked], minlength=templates)[order])
        asked = asked[np.isin(learned.owners[asked], order[: max(1, int(np.searchsorted(sizes, most)))])]
    return np.concatenate([asked, np.flatnonzero(learned.owners < 0)])


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike the trial's texts are to the examples that ``rows`` holds. ``near``: which those are; ``owners``:
    whose; ``lengths``: how long each template's are together; ``words``, ``voices``: the trial's own rows; ``answers``:
    each voice's likeness to the answers; ``shares``: what each voice counts."""

    near: Indices
    owners: Owners
    rows: Rows
    lengths: Array
    words: sp.csr_matrix
    voices: Sequence[Array]
    answers: Sequence[Array]
    shares: tuple[float, ...]

    def seen(self, chunk: slice, trial: Indices, owners: Owners, whole: bool) -> tuple[Array, list[Array]]:
        """To the centres, and to the nearest by words, then by each voice, of a part of the trial: without itself, or
        without its whole template. ``owners``: of the trial."""
        templates = len(self.lengths)
        itself = trial[chunk][:, None] == self.near[None]
        hidden = itself
        if whole:
            hidden = owners[chunk][:, None] == self.owners[None]
            hidden[owners[chunk] < 0] = False
        each = self.rows.each(self.words[chunk], [voice[chunk] for voice in self.voices])
        nearest = [best_of_each(np.where(hidden, np.float32(-1), like), self.owners, templates) for like in each]
        centre = to_centre(self.rows.together(each), self.owners, self.lengths)
        asked = np.flatnonzero(itself.any(axis=1) & (owners[chunk] >= 0))
        own = owners[chunk][asked]
        centre[asked, own] = -1 if whole else _without_itself(centre[asked, own], self.lengths[own])
        return centre, nearest


def _without_itself(likeness: Array, length: Array) -> Array:
    """Likeness of examples to the centre of their template's other ones; 0 where there are none."""
    others = np.square(length) - 2 * likeness * length + 1
    return np.asarray((likeness * length - 1) / np.sqrt(np.maximum(others, 1e-6)) * (others > 1e-3), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Pieces:
    """Fragments of examples. ``known``: how much of each the base knows; ``lengths``: words of each; ``owners``: the
    templates whose examples hold it."""

    views: Views
    known: Numbers
    lengths: Sequence[int]
    owners: Sequence[frozenset[int]]

    def asked(self, belief: float | None) -> tuple[Numbers, Numbers]:
        """Their candidates' signs, and how far each candidate is right."""
        best, judged = signs(self.views, belief, self.known, self.lengths)
        right = [
            [FRAGMENT_MEANT / len(own) * (at in own) for at in row] for row, own in zip(best, self.owners, strict=True)
        ]
        return judged, np.array(right)


def rehearse(
    learned: Learned,
    features: Features,
    likeness: Likeness,
    trained: Sequence[Trained],
    trial: Indices,
    pieces: Pieces | None,
    belief: float | None,
) -> Trial:
    """Ask all four kinds of question. ``trained``: the classifier, then each voice's own; ``belief``: in answers."""
    owners = learned.owners[trial]
    shares = _shares(learned, features, trial)
    lengths = [len(learned.words[at]) for at in trial]
    found: list[list[tuple[Numbers, Numbers]]] = [[], []]
    for start in range(0, len(trial), CHUNK):
        chunk = slice(start, start + CHUNK)
        for whole in (False, True):
            centre, (near, *voices) = likeness.seen(chunk, trial, owners, whole)
            seen = [(part.strange if whole else part.left_out)[chunk] for part in trained]
            replies = [reply[chunk] for reply in likeness.answers]
            views = Views(seen[0], centre, near, tuple(zip(seen[1:], voices, replies, strict=True)), likeness.shares)
            best, judged = signs(views, belief, shares[int(whole)][chunk], lengths[chunk])
            right = np.zeros(best.shape) if whole else (best == owners[chunk][:, None]).astype(np.float64)
            found[int(whole)].append((judged, right))
    known, strange = ((np.concatenate([a for a, _ in kind]), np.concatenate([b for _, b in kind])) for kind in found)
    asked = None if pieces is None else pieces.asked(belief)
    return _together(known, strange, asked, owners, _has_sibling(learned)[trial])


def real(best: Indices, signs_: Numbers, owners: Owners) -> Trial:
    """Questions that people asked. Those that nothing answers count as at least ``UNANSWERABLE``."""
    strange = owners < 0
    count, share = len(strange), strange.mean()
    weight = np.ones(count)
    if 0 < share < UNANSWERABLE:
        weight = np.where(strange, UNANSWERABLE / share, (1 - UNANSWERABLE) / (1 - share))
    return Trial(signs_, (best == owners[:, None]).astype(np.float64), weight)


def belief(
    scores: Array,
    answers: Sequence[Array],
    shares: Sequence[float],
    owners: Owners,
    otherwise: float | None = None,
) -> float | None:
    """How much likeness to the answers finds the right template most often; ``otherwise`` where that cannot be told.
    ``scores``, ``answers``: the classifier's, and each voice's likeness to the answers, questions x templates;
    ``shares``: what each voice counts; ``owners``: of the questions."""
    if not answers:
        return 0.0
    often = np.bincount(owners[owners >= 0], minlength=scores.shape[1])
    clear = np.flatnonzero((owners >= 0) & (often[owners] > 1))
    if len(clear) < 2 * scores.shape[1]:
        return otherwise
    replies = np.average([reply[clear] for reply in answers], axis=0, weights=shares)
    right = [float(((scores[clear] + belief * replies).argmax(axis=1) == owners[clear]).mean()) for belief in BELIEFS]
    doubt = [abs(belief - COMMON_BELIEF) * DOUBT / len(clear) for belief in BELIEFS]
    return BELIEFS[int(np.argmax(np.subtract(right, doubt)))]


def word_counts(learned: Learned) -> Counter[str]:
    """In how many examples of templates each word stands."""
    return _all(_counts_by_template(learned))


def _shares(learned: Learned, features: Features, trial: Indices) -> tuple[Numbers, Numbers]:
    by_template = _counts_by_template(learned)
    counts = _all(by_template)
    left_out, strange = [], []
    for at in trial:
        text, owner = learned.words[at], int(learned.owners[at])
        left_out.append(known_share(text, features, counts, Counter(set(text)) if owner >= 0 else None))
        strange.append(known_share(text, features, counts, by_template[owner] if owner >= 0 else None))
    return np.array(left_out), np.array(strange)


def _counts_by_template(learned: Learned) -> dict[int, Counter[str]]:
    found: dict[int, Counter[str]] = {}
    for text, owner in zip(learned.words, learned.owners.tolist(), strict=True):
        if owner >= 0:
            found.setdefault(owner, Counter()).update(set(text))
    return found


def _all(by_template: dict[int, Counter[str]]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for own in by_template.values():
        counts.update(own)
    return counts


def _has_sibling(learned: Learned) -> npt.NDArray[np.bool_]:
    """Whether a question's template has another one: without it nobody can find it by its examples."""
    often = np.bincount(learned.owners[learned.asked], minlength=1)
    return np.asarray((learned.owners >= 0) & (often[np.maximum(learned.owners, 0) % len(often)] > 1))


def _together(
    known: tuple[Numbers, Numbers],
    strange: tuple[Numbers, Numbers],
    pieces: tuple[Numbers, Numbers] | None,
    owners: Owners,
    fair: npt.NDArray[np.bool_],
) -> Trial:
    inside = owners >= 0
    kinds = [(known[0][inside & fair], known[1][inside & fair], KNOWN), (strange[0][inside], strange[1][inside], NEAR),
             (known[0][~inside], known[1][~inside], FAR)]  # fmt: skip
    if pieces is not None:
        kinds.append((*pieces, FRAGMENTS))
    count = inside.sum()
    return Trial(
        np.concatenate([judged for judged, _, _ in kinds]),
        np.concatenate([right for _, right, _ in kinds]),
        np.concatenate([np.full(len(judged), count * share / max(len(judged), 1)) for judged, _, share in kinds]),
    )
