"""Finds the template that a question means, in one language, with an honest confidence or a refusal.

Normalise, mend typing errors, turn into rows of numbers (``features``; ``embedding``, where it can run), score every
template (``classifier``), and say how likely the best ones are right (``confidence``, learned in ``rehearsal``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from bot.knowledge import classifier, confidence, regression, rehearsal
from bot.knowledge.classifier import (
    Array,
    Examples,
    Indices,
    Landmarks,
    Owners,
    Trained,
    kernel_of,
    landmarks_among,
    nearest_among,
    one_thread,
)
from bot.knowledge.confidence import CANDIDATES, CHOICES, Shares, offered
from bot.knowledge.embedding import Embedder, Text
from bot.knowledge.features import Features, Words
from bot.knowledge.learning import embedded, fragments, heard, learn_from, meanings, passages
from bot.knowledge.likeness import Rows, best_of_each, to_centre
from bot.knowledge.match import Candidate, Explanation, Match
from bot.knowledge.normalise import domain_words, tokens, words
from bot.knowledge.promise import WRONG_AT_MOST
from bot.knowledge.rehearsal import Likeness, Pieces, Views
from bot.knowledge.snapshot import TemplateWords
from bot.knowledge.spelling import Speller

LONGEST = 1000
"""Characters of a text that are looked at."""
LEAST_KNOWN = 0.25
"""Without voices, a text of which less than this is known to the base (by weight of its words) is handed over."""
CERTAIN = 0.999
"""Confidence in a text that is word for word an example question."""
VOICE_RIDGE = 0.4
AT_ONCE = 256
"""Questions that are judged together, where there are many."""
SHOWN = 2
"""Example questions that tell why."""
MOST_WORDS, COUNTS = 30, 0.01
"""Words of a question that are explained, and the probability that one must be worth."""


class Matcher:
    """Immutable once fitted; ``match`` may be called from any thread."""

    def __init__(
        self,
        texts: Mapping[str, TemplateWords],
        language: str,
        embedder: Embedder | None = None,
        limits: Mapping[str, float] | None = None,
        real: Sequence[tuple[str, str | None]] = (),
    ) -> None:
        """Learn the templates (by id) of one language, at least one; what the embedder does not know yet it embeds.
        ``limits``: by template, the share of wrong answers that is accepted, where it is not ``WRONG_AT_MOST``.
        ``real``: questions that people asked, each with the id of the template that answers it, None where none does;
        confidence is learned from them too, and from 200 on they decide."""
        one_thread()
        self._language, self._templates, self._embedder = language, tuple(texts), embedder
        self._limits, self._gone = limits or {}, frozenset[str]()
        self._domain = _domain(texts)
        self._learned = learned = learn_from(texts, language, self._domain)
        self._features = Features.fit(learned.words)
        rows = self._features.rows(learned.words)
        self._meanings = meanings(embedder, learned, passages(texts.values()))
        counted = sum(meaning.weight for meaning in self._meanings)
        self._shares = tuple(meaning.weight / counted for meaning in self._meanings)
        trial = rehearsal.choose_trial(learned)
        examples = Examples(learned.owners, learned.weights, len(texts), trial)
        chosen = landmarks_among(learned.owners)
        self._marks = Rows.of(rows, self._meanings, chosen)
        trained = self._train(rows, examples, chosen)
        self._near = near = nearest_among(learned.owners)
        self._near_rows = Rows.of(rows, self._meanings, near)
        self._lengths = self._near_rows.lengths(learned.owners[near], len(texts))
        # Landmarks that are looked at for the nearest example anyway need not be looked at twice.
        among = np.searchsorted(near, chosen)
        within = bool((among < len(near)).all()) and bool((near[np.minimum(among, len(near) - 1)] == chosen).all())
        self._marks_among_near = among if within else None
        self._shown = [np.flatnonzero((learned.owners[near] == at) & learned.asked[near]) for at in range(len(texts))]
        self._counts = rehearsal.word_counts(learned)
        self._speller = Speller(self._counts, {word for text in learned.words for word in text})
        likeness = self._trial_likeness(rows, trial, near)
        self._belief = rehearsal.belief(trained[0].left_out, likeness.answers, self._shares, learned.owners[trial])
        asked = self._real(real)
        pieces = self._pieces(fragments(learned))
        rehearsed = rehearsal.rehearse(learned, self._features, likeness, trained, trial, pieces, self._belief)
        self.confidence = confidence.learn(rehearsed, asked and rehearsal.real(*asked), self._accepted())
        self._exact: dict[Words, set[int]] = {}
        for at in np.flatnonzero(learned.asked):
            self._exact.setdefault(learned.words[at], set()).add(int(learned.owners[at]))

    def believing(self, shares: Shares) -> Matcher:
        """The same matcher where people ask this."""
        other = copy(self)
        other.confidence = self.confidence.believing(shares)
        return other

    @staticmethod
    def hears(texts: Mapping[str, TemplateWords], language: str) -> list[Text]:
        """What an embedder must know before a matcher of these templates can be fitted without waiting."""
        learned = learn_from(texts, language, _domain(texts))
        return [*embedded(learned), *(("answer", text) for text in passages(texts.values()))]

    def match(self, text: str, *, limit: int = CHOICES) -> Match:
        """Decide about ``text`` as typed. Never raises. A choice has no more than ``CHOICES`` candidates."""
        return self._decide(self._see(text)[0], limit)

    def match_all(self, texts: Sequence[str], *, limit: int = CHOICES) -> list[Match]:
        """``match`` of each text; many at once take about half the time. What they mean is remembered by the embedder
        until it is told what to keep."""
        parts = (texts[at : at + AT_ONCE] for at in range(0, len(texts), AT_ONCE))
        return [self._decide(seen, limit) for part in parts for seen in self._see(*part, remember=True)]

    def rank(self, text: str) -> Match:
        """The same decision with all ``CANDIDATES``, whether they would be offered or not."""
        return self._decide(self._see(text)[0], None)

    def _decide(self, seen: _Seen | None, limit: int | None) -> Match:
        """``limit``: of the candidates, those that would be offered, so many at most; None: all of them."""
        if seen is None:
            return Match("hand_over")
        gone = [at for at, key in enumerate(self._templates) if key in self._gone] if self._gone else ()
        found = dict(zip(seen.best[0].tolist(), self.confidence.probabilities(seen.signs)[0].tolist(), strict=True))
        found = {at: score for at, score in found.items() if at not in gone}
        if exact := self._exact.get(seen.asked, set()).difference(gone):
            found = {at: score * (1 - CERTAIN) for at, score in found.items()}
            found |= dict.fromkeys(exact, CERTAIN / len(exact))
        order = sorted(found, key=lambda at: -found[at])[:CANDIDATES]
        if not order:
            return Match("hand_over")
        heard_enough = bool(self._meanings) or seen.known >= LEAST_KNOWN
        accepted = self._limits.get(self._templates[order[0]], WRONG_AT_MOST)
        scores = np.array([found[at] for at in order])
        kind = self.confidence.decide(scores, accepted) if heard_enough else "hand_over"
        each = self.confidence.rehearsed_probabilities(seen.signs)[0]
        raw = (float(each.max()), float(each.sum()))
        if kind == "choose" and limit is not None:
            order = [at for at, worth in zip(order, offered(scores), strict=True) if worth]
        return Match(kind, tuple(self._candidate(at, found[at], seen.likeness) for at in order[:limit]), raw)

    def without(self, templates: Collection[str]) -> Matcher:
        """The same matcher that knows nothing of some templates any more."""
        other = copy(self)
        other._gone = self._gone | frozenset(templates)
        return other

    def nearest_templates(self, texts: TemplateWords, most: int) -> list[str]:
        """The templates that ``texts`` could be taken for, at most ``most``."""
        asked = [words(text, self._language, self._domain) for text in (texts.title, *texts.questions)]
        likeness = np.asarray((self._features.rows(asked) @ self._near_rows.words).toarray(), dtype=np.float32)
        best = best_of_each(likeness, self._learned.owners[self._near], len(self._templates)).max(axis=0)
        return [self._templates[at] for at in np.argsort(-best, kind="stable")[:most]]

    def explain(self, text: str) -> Explanation:
        """Why ``text`` is decided about as it is. Takes as long as one question for each of its words."""
        text = text[:LONGEST]
        match = self.match(text)
        spoken = tokens(text)[:MOST_WORDS]
        without = [self._found(" ".join([*spoken[:at], *spoken[at + 1 :]])) for at in range(len(spoken))]
        counted = {}
        for near in match.candidates:
            lost = [
                (word, near.score - found.get(near.template_id, 0.0))
                for word, found in zip(spoken, without, strict=True)
            ]
            lost = [(word, round(drop, 3)) for word, drop in lost if drop >= COUNTS]
            counted[near.template_id] = tuple(sorted(lost, key=lambda pair: -pair[1]))
        limits = [self._limits.get(near.template_id, WRONG_AT_MOST) for near in match.candidates[:1]]
        return Explanation(
            match=match,
            read_as=self._speller.mend(words(text, self._language, self._domain)),
            counted=counted,
            answer_from=self.confidence.answers_from(limits[0] if limits else WRONG_AT_MOST),
            choose_from=self.confidence.choose_from,
        )

    def _found(self, text: str) -> dict[str, float]:
        return {near.template_id: near.score for near in self.rank(text).candidates}

    def _see(self, *whole: str, remember: bool = False) -> list[_Seen | None]:
        """None when there is nothing to judge."""
        found: list[_Seen | None] = [None] * len(whole)
        read = self._read(whole, remember)
        if read is not None:
            best, signs = read.signs(self._belief)
            for row, at in enumerate(read.at):
                one = slice(row, row + 1)
                found[at] = _Seen(read.asked[row], read.known[row], best[one], signs[one], read.likeness[row])
        return found

    def _read(self, whole: Sequence[str], remember: bool = False) -> _Read | None:
        texts = [text[:LONGEST] for text in whole]
        asked = [self._speller.mend(words(text, self._language, self._domain)) for text in texts]
        known = [rehearsal.known_share(each, self._features, self._counts) for each in asked]
        at = [row for row, each in enumerate(asked) if each and (known[row] or self._meanings)]
        if not at:
            return None
        kept = [asked[row] for row in at]
        views, likeness = self._look(kept, self._meant([texts[row] for row in at], remember))
        return _Read(at, kept, np.array(known)[at], views, likeness)

    def _real(self, real: Sequence[tuple[str, str | None]]) -> tuple[Indices, confidence.Numbers, Owners] | None:
        """The candidates of real questions, what they are judged by, and whose they are. Where there are enough of them
        they say what likeness to the answers counts, too."""
        read = self._read([text for text, _ in real])
        if read is None:
            return None
        places = {key: at for at, key in enumerate(self._templates)}
        owners = np.array([places[key] if key is not None else -1 for _, key in real])[read.at]
        if self._belief is not None and np.count_nonzero(owners >= 0) >= confidence.FEWEST_REAL:
            answers = [reply for *_, reply in read.views.meant]
            self._belief = rehearsal.belief(read.views.scores, answers, self._shares, owners, self._belief)
        return *read.signs(self._belief), owners

    def _meant(self, texts: Sequence[str], remember: bool) -> list[Array]:
        """What each voice hears in questions."""
        if self._embedder is None:
            return []
        said = [heard(text, self._language, self._domain) for text in texts]
        if remember:
            rows = self._embedder.rows([("question", text) for text in said])
        else:
            rows = np.concatenate([self._embedder.question(text) for text in said])
        parts = self._embedder.parts(rows)
        return [meaning.of(part) for meaning, part in zip(self._meanings, parts, strict=True)]

    def _pieces(self, pieces: Mapping[Words, frozenset[int]]) -> Pieces | None:
        if not pieces:
            return None
        texts = list(pieces)
        rows: list[Array] = []
        if self._embedder is not None:
            parts = self._embedder.parts(self._embedder.rows([("question", " ".join(text)) for text in texts]))
            rows = [meaning.of(part) for meaning, part in zip(self._meanings, parts, strict=True)]
        known = [rehearsal.known_share(text, self._features, self._counts) for text in texts]
        return Pieces(self._look(texts, rows)[0], np.array(known), [len(text) for text in texts], list(pieces.values()))

    def _look(self, asked: Sequence[Words], rows: list[Array]) -> tuple[Views, Array]:
        """``rows``: what each voice hears in them."""
        row = self._features.rows(asked)
        by_words, *by_voices = self._near_rows.each(row, rows)
        likeness = self._near_rows.together([by_words, *by_voices])
        mixed = (
            likeness[:, self._marks_among_near] if self._marks_among_near is not None else self._marks.mixed(row, rows)
        )
        scores = kernel_of(mixed) @ self._weights
        if self._beside is not None:
            heard = self._marks.heard(rows)
            scores += heard @ self._beside
            if self._regression is not None:
                scores += self._regression.scores(row, heard)
        owners, count = self._learned.owners[self._near], len(self._templates)
        meant = tuple(
            (voice @ weights, best_of_each(likeness, owners, count), voice @ meaning.answers.T)
            for voice, weights, likeness, meaning in zip(
                rows, self._voice_weights, by_voices, self._meanings, strict=True
            )
        )
        centre = to_centre(likeness, owners, self._lengths)
        return Views(scores, centre, best_of_each(by_words, owners, count), meant, self._shares), likeness

    def _accepted(self) -> tuple[float, ...]:
        return tuple(sorted({WRONG_AT_MOST, *self._limits.values()}))

    def _train(self, rows: sp.csr_matrix, examples: Examples, chosen: Indices) -> list[Trained]:
        """The classifier over everything, then one a voice."""
        voices = [meaning.examples for meaning in self._meanings]

        def kernel(of: Indices | slice) -> Array:
            return kernel_of(self._marks.mixed(rows[of], [voice[of] for voice in voices]))

        def features(part: slice) -> Array:
            found = landmarks.features(kernel(part))
            # A part of the examples as landmarks loses much of what voices hear: that is given as it is.
            return np.hstack([found, self._marks.heard([voice[part] for voice in voices])]) if beside else found

        landmarks = Landmarks.of(chosen, kernel(chosen))
        beside = bool(voices) and len(chosen) < len(examples.owners)
        trained = [classifier.train(features, examples)]
        trained += [classifier.train(voice.__getitem__, examples, VOICE_RIDGE) for voice in voices]
        self._regression = None
        if beside:
            heard = self._marks.heard(voices)
            self._regression, trained[0] = regression.learn(rows, heard, self._marks.share, examples, trained[0])
        on_kernel, on_voices = np.split(trained[0].weights, [len(chosen)])
        self._weights = landmarks.on_kernel(on_kernel)
        self._beside = on_voices if beside else None
        self._voice_weights = [voice.weights for voice in trained[1:]]
        return trained

    def _trial_likeness(self, rows: sp.csr_matrix, trial: Indices, near: Indices) -> Likeness:
        voices = [meaning.examples[trial] for meaning in self._meanings]
        answers = [voice @ meaning.answers.T for voice, meaning in zip(voices, self._meanings, strict=True)]
        owners = self._learned.owners[near]
        return Likeness(near, owners, self._near_rows, self._lengths, rows[trial], voices, answers, self._shares)

    def _candidate(self, template: int, score: float, likeness: Array) -> Candidate:
        here = self._shown[template]
        nearest = self._near[here[np.argsort(-likeness[here], kind="stable")[:SHOWN]]]
        return Candidate(self._templates[template], round(score, 4), tuple(self._learned.texts[at] for at in nearest))


@dataclass(frozen=True, slots=True)
class _Read:
    """Questions as they were read. ``at``: which of those that came, for some say nothing; the rest: of these."""

    at: list[int]
    asked: list[Words]
    known: confidence.Numbers
    views: Views
    likeness: Array

    def signs(self, belief: float | None) -> tuple[Indices, confidence.Numbers]:
        """The candidates of each, and what they are judged by."""
        return rehearsal.signs(self.views, belief, self.known, [len(each) for each in self.asked])


@dataclass(frozen=True, slots=True)
class _Seen:
    """A question as it is judged. ``best`` and ``signs``: of its candidates. ``likeness``: to the nearest examples."""

    asked: Words
    known: float
    best: Indices
    signs: confidence.Numbers
    likeness: Array


def _domain(texts: Mapping[str, TemplateWords]) -> frozenset[str]:
    return domain_words(
        (template.title for template in texts.values()),
        (text for template in texts.values() for text in (*template.questions, template.answer)),
    )
