"""Finds the template that a question means, in one language, with an honest confidence or a refusal.

Normalise, mend typing errors, turn into rows of numbers (``features``), score every template (``classifier``), and say
how likely the best ones are right (``confidence``, learned in ``rehearsal``). A second voice, such as sentence
embeddings, would be more columns in ``rows``: the classifier only sees how alike two texts are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bot.knowledge import classifier, confidence, rehearsal
from bot.knowledge.background import background
from bot.knowledge.classifier import Array, kernel_of
from bot.knowledge.confidence import CANDIDATES, Kind, offered
from bot.knowledge.features import Features, Words
from bot.knowledge.normalise import domain_words, words
from bot.knowledge.rehearsal import Examples
from bot.knowledge.snapshot import TemplateWords
from bot.knowledge.spelling import Speller

LONGEST = 1000
"""Characters of a text that are looked at."""
LEAST_KNOWN = 0.25
"""A text of which less than this is known to the base (by weight of its words) is handed over."""
CERTAIN = 0.99
"""Confidence in a text that is word for word an example question."""
WORDS_WEIGHT = 2.0
"""What a title or a sentence of the answer counts as an example, in questions (chosen by cross-validation)."""
MOST_EXAMPLES = 4000
"""Examples that are learned from; of a larger base, the first ones of each template."""
SHOWN = 2
"""Example questions that tell why."""
_SENTENCE_END = re.compile(r"\n+|(?<=[.!?]) ")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A template, how likely it is the right one, and its example questions nearest to what was asked."""

    template_id: str
    score: float
    nearest: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """``candidates`` in descending order of score."""

    kind: Kind
    candidates: tuple[Candidate, ...] = ()


class Matcher:
    """Immutable once fitted; ``match`` may be called from any thread."""

    def __init__(self, texts: Mapping[str, TemplateWords], language: str) -> None:
        """Learn the templates (by id) of one language. At least one is needed."""
        self._language, self._templates = language, tuple(texts)
        self._domain = domain_words(
            (template.title for template in texts.values()),
            (text for template in texts.values() for text in (*template.questions, template.answer)),
        )
        self._examples = _examples(texts, language, self._domain)
        self._features = Features.fit(self._examples.words)
        rows = self._features.rows(self._examples.words)
        likeness = (rows @ rows.T).toarray()
        trained = classifier.train(kernel_of(likeness), self._examples.owners, len(texts), self._examples.weights)
        self._columns, self._weights = rows.T.tocsr(), trained.weights
        trial = rehearsal.rehearse(self._examples, self._features, likeness, trained)
        self.confidence = confidence.learn(trial)
        self._counts = rehearsal.word_counts(self._examples)
        self._speller = Speller(self._counts, {word for text in self._examples.words for word in text})
        self._exact: dict[Words, set[int]] = {}
        for at in np.flatnonzero(self._examples.asked):
            self._exact.setdefault(self._examples.words[at], set()).add(int(self._examples.owners[at]))

    @classmethod
    def fit(cls, texts: Mapping[str, TemplateWords], language: str) -> Matcher:
        """The same as the constructor."""
        return cls(texts, language)

    def match(self, text: str, *, limit: int = CANDIDATES) -> Match:
        """Decide about ``text`` as typed. Never raises."""
        asked = self._speller.mend(words(text[:LONGEST], self._language, self._domain))
        known = rehearsal.known_share(asked, self._features, self._counts)
        if not known:
            return Match("hand_over")
        likeness = (self._features.rows([asked]) @ self._columns).toarray()
        scores = kernel_of(likeness) @ self._weights
        best = rehearsal.candidates(scores)
        nearest = rehearsal.best_likeness(likeness, self._examples.owners)
        signs = rehearsal.signs(scores, nearest, best, np.array([known]), [len(asked)])
        found = dict(zip(best[0].tolist(), self.confidence.probabilities(signs)[0].tolist(), strict=True))
        if exact := self._exact.get(asked):
            found = {at: score * (1 - CERTAIN) for at, score in found.items()}
            found |= dict.fromkeys(exact, CERTAIN / len(exact))
        order = sorted(found, key=lambda at: -found[at])[:CANDIDATES]
        scored = np.array([found[at] for at in order])
        kind = self.confidence.decide(scored) if known >= LEAST_KNOWN else "hand_over"
        if kind == "choose":
            order = [at for at, worth in zip(order, offered(scored), strict=True) if worth]
        return Match(kind, tuple(self._candidate(at, found[at], likeness[0]) for at in order[:limit]))

    def _candidate(self, template: int, score: float, likeness: Array) -> Candidate:
        own = np.flatnonzero((self._examples.owners == template) & self._examples.asked)
        nearest = own[np.argsort(-likeness[own], kind="stable")[:SHOWN]]
        return Candidate(self._templates[template], round(score, 4), tuple(self._examples.texts[at] for at in nearest))


def _examples(texts: Mapping[str, TemplateWords], language: str, domain: frozenset[str]) -> Examples:
    lines: list[tuple[str, int, bool, float]] = []
    for at, template in enumerate(texts.values()):
        own = [(question, at, True, 1.0) for question in template.questions]
        own.insert(0, (template.title, at, False, WORDS_WEIGHT))
        own += [(sentence, at, False, WORDS_WEIGHT) for sentence in _sentences(template.answer)]
        lines += own[: max(2, MOST_EXAMPLES // len(texts))]
    lines += [(sentence, -1, False, 1.0) for sentence in background(language)]
    return Examples(
        texts=tuple(text for text, *_ in lines),
        words=tuple(words(text, language, domain) for text, *_ in lines),
        owners=np.array([owner for _, owner, _, _ in lines]),
        asked=np.array([asked for _, _, asked, _ in lines]),
        weights=np.array([weight for *_, weight in lines], np.float32),
    )


def _sentences(answer: str) -> list[str]:
    parts = _SENTENCE_END.split(answer)
    return [part for part in parts if len(part.split()) > 2]
