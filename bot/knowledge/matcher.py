"""Finds the template that a question means, in one language, with an honest confidence or a refusal.

Normalise, mend typing errors, turn into rows of numbers (``features``), score every template (``classifier``), and say
how likely the best ones are right (``confidence``, learned in ``rehearsal``). A second voice, such as sentence
embeddings, would be more columns in ``rows``: the classifier only sees how alike two texts are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bot.knowledge import classifier, confidence, rehearsal
from bot.knowledge.background import background
from bot.knowledge.classifier import Array
from bot.knowledge.confidence import CANDIDATES, Kind
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
SHOWN = 2
"""Example questions that tell why."""


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
        kernel = (rows @ rows.T).toarray()
        trained = classifier.train(kernel, self._examples.owners, len(texts), self._examples.weights)
        self._columns, self._weights = rows.T.tocsr(), trained.weights
        trial = rehearsal.rehearse(self._examples, self._features, kernel, trained)
        self.confidence = confidence.learn(trial)
        self._counts = rehearsal.word_counts(self._examples)
        self._speller = Speller(self._counts, {word for text in self._examples.words for word in text})
        self._exact: dict[Words, set[int]] = {}
        for text, owner in zip(self._examples.words, self._examples.owners.tolist(), strict=True):
            if owner >= 0:
                self._exact.setdefault(text, set()).add(owner)

    @classmethod
    def fit(cls, texts: Mapping[str, TemplateWords], language: str) -> Matcher:
        """The same as the constructor, said in the words of the trade."""
        return cls(texts, language)

    def match(self, text: str, *, limit: int = CANDIDATES) -> Match:
        """Decide about ``text`` as typed. Never raises."""
        asked = self._speller.mend(words(text[:LONGEST], self._language, self._domain))
        known = rehearsal.known_share(asked, self._features, self._counts)
        if not known:
            return Match("hand_over")
        likeness = (self._features.rows([asked]) @ self._columns).toarray()
        scores = likeness @ self._weights
        best = rehearsal.candidates(scores)
        nearest = rehearsal.best_likeness(likeness, self._examples.owners)
        sure = self.confidence.probabilities(rehearsal.signs(scores, nearest, best, np.array([known])))[0]
        found = dict(zip(best[0].tolist(), sure.tolist(), strict=True))
        if len(exact := self._exact.get(asked, set())) == 1:
            found = {at: probability * (1 - CERTAIN) for at, probability in found.items()} | dict.fromkeys(
                exact, CERTAIN
            )
        order = sorted(found, key=lambda at: -found[at])[:CANDIDATES]
        kind = self.confidence.decide(np.array([found[at] for at in order])) if known >= LEAST_KNOWN else "hand_over"
        return Match(kind, tuple(self._candidate(at, found[at], likeness[0]) for at in order[:limit]))

    def _candidate(self, template: int, score: float, likeness: Array) -> Candidate:
        own = np.flatnonzero(self._examples.owners == template)
        nearest = own[np.argsort(-likeness[own], kind="stable")[:SHOWN]]
        return Candidate(self._templates[template], round(score, 4), tuple(self._examples.texts[at] for at in nearest))


def _examples(texts: Mapping[str, TemplateWords], language: str, domain: frozenset[str]) -> Examples:
    lines: list[tuple[str, int, bool]] = []
    for at, template in enumerate(texts.values()):
        lines += [(question, at, True) for question in template.questions]
        lines.append((template.title, at, False))
    lines += [(sentence, -1, False) for sentence in background(language)]
    return Examples(
        texts=tuple(text for text, _, _ in lines),
        words=tuple(words(text, language, domain) for text, _, _ in lines),
        owners=np.array([owner for _, owner, _ in lines]),
        asked=np.array([asked for _, _, asked in lines]),
        weights=np.ones(len(lines), np.float32),
    )
