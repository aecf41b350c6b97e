"""What the matcher learns from: example questions, titles, the sentences of answers, and the background."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from bot.knowledge.background import background
from bot.knowledge.classifier import Array, Owners
from bot.knowledge.embedding import Embedder, Text
from bot.knowledge.features import Words
from bot.knowledge.normalise import formal, words
from bot.knowledge.snapshot import TemplateWords

WORDS_WEIGHT = 2.0
"""What a title or a sentence of the answer counts as an example, in questions (chosen by cross-validation)."""
MOST_SENTENCES = 20_000
"""Of a base with more sentences in its answers, the first ones of each are learned from."""
WRITTEN_OUT = ("id",)
"""Languages whose slang is written out before a text is embedded: 3 points in Indonesian."""
ONE_WORD, TWO_WORDS = 200, 100
"""Pieces of example questions of one and of two words that are rehearsed."""
_DIGEST = 8
_SENTENCE_END = re.compile(r"\n+|(?<=[.!?]) ")


@dataclass(frozen=True, slots=True)
class Learned:
    """Template by template and background last. ``owners``: index of the template of each text, -1 for background.
    ``asked``: whether it is an example question (titles, answers and background are not). ``heard``: the texts as they
    are embedded."""

    texts: tuple[str, ...]
    words: tuple[Words, ...]
    heard: tuple[str, ...]
    owners: Owners
    asked: npt.NDArray[np.bool_]
    weights: Array


def heard(text: str, language: str, domain: frozenset[str]) -> str:
    """``text`` as it is embedded."""
    return formal(text, language, domain) if language in WRITTEN_OUT else text


def learn_from(texts: Mapping[str, TemplateWords], language: str, domain: frozenset[str]) -> Learned:
    """All that one language's templates and the background offer."""
    lines: list[tuple[str, int, bool, float]] = []
    sentences = max(1, MOST_SENTENCES // max(len(texts), 1))
    for at, template in enumerate(texts.values()):
        lines += [(template.title, at, False, WORDS_WEIGHT)] if template.title else []
        lines += [(question, at, True, 1.0) for question in template.questions]
        lines += [(sentence, at, False, WORDS_WEIGHT) for sentence in _sentences(template.answer)[:sentences]]
    lines += [(sentence, -1, False, 1.0) for sentence in background(language)]
    return Learned(
        texts=tuple(text for text, *_ in lines),
        words=tuple(words(text, language, domain) for text, *_ in lines),
        heard=tuple(heard(text, language, domain) for text, *_ in lines),
        owners=np.array([owner for _, owner, _, _ in lines]),
        asked=np.array([asked for _, _, asked, _ in lines]),
        weights=np.array([weight for *_, weight in lines], np.float32),
    )


def fragments(learned: Learned) -> dict[Words, frozenset[int]]:
    """Pieces of example questions, such as people type: a word or two that name a matter and ask nothing, each with the
    templates whose examples hold it. Which ones depends on the pieces alone, so that a change of some templates leaves
    most of them as they were."""
    whole = set(learned.words)
    return {
        piece: frozenset(owners)
        for size, most in ((1, ONE_WORD), (2, TWO_WORDS))
        for piece, owners in _first(_pieces(learned, size, whole), most).items()
    }


def _pieces(learned: Learned, size: int, whole: set[Words]) -> Iterator[tuple[Words, int]]:
    for at in np.flatnonzero(learned.asked):
        text = learned.words[at]
        for start in range(len(text) - size):
            piece = text[start : start + size]
            if piece not in whole:
                yield piece, int(learned.owners[at])


def _first(pieces: Iterable[tuple[Words, int]], most: int) -> dict[Words, set[int]]:
    """Those with the lowest digests, and all their owners; never many more are kept, since all would fill memory."""
    kept: dict[Words, tuple[bytes, set[int]]] = {}
    highest = b"\xff" * _DIGEST
    for piece, owner in pieces:
        if piece not in kept:
            digest = _digest(piece)
            if digest > highest:
                continue
            kept[piece] = digest, set()
        kept[piece][1].add(owner)
        if len(kept) > 4 * most:
            kept = dict(sorted(kept.items(), key=lambda item: item[1][0])[:most])
            highest = max(digest for digest, _ in kept.values())
    order = sorted(kept, key=lambda piece: kept[piece][0])[:most]
    return {piece: kept[piece][1] for piece in order}


def _digest(piece: Words) -> bytes:
    return blake2b(" ".join(piece).encode("utf-8", "ignore"), digest_size=_DIGEST).digest()


def passages(texts: Iterable[TemplateWords]) -> list[str]:
    """Each template as one text that answers."""
    return [f"{template.title}. {template.answer}" if template.title else template.answer for template in texts]


@dataclass(frozen=True, slots=True)
class Meanings:
    """One voice's part: centred rows of length 1, and what to take off from any other row. ``answers`` are centred by
    themselves: questions and answers lie apart."""

    centre: Array
    examples: Array
    answers: Array
    weight: float

    def of(self, rows: Array) -> Array:
        """Any questions' rows, centred likewise."""
        return _unit(rows - self.centre)


def meanings(embedder: Embedder | None, learned: Learned, answers: Sequence[str]) -> list[Meanings]:
    """One a voice; none without an embedder."""
    if embedder is None:
        return []
    examples = embedder.parts(embedder.rows([("question", text) for text in learned.heard]))
    replies = embedder.parts(embedder.rows([("answer", text) for text in answers]))
    found = []
    for voice, rows, reply in zip(embedder.voices, examples, replies, strict=True):
        centre = rows.mean(axis=0)
        spread = reply - reply.mean(axis=0) if len(reply) > 1 else reply - centre
        found.append(Meanings(centre, _unit(rows - centre), _unit(spread), voice.weight))
    return found


def embedded(learned: Learned) -> list[Text]:
    """What of the examples and their fragments an embedder must know."""
    return [("question", text) for text in (*learned.heard, *map(" ".join, fragments(learned)))]


def _unit(rows: Array) -> Array:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(length, 1e-9), dtype=np.float32)


def _sentences(answer: str) -> list[str]:
    return [part for part in _SENTENCE_END.split(answer) if len(part.split()) > 2]
