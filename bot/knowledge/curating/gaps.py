"""Gaps: what people ask that nothing answers well, put together by meaning and named by its typical question."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
from sqlalchemy.orm import Session

from bot.errors import NotAllowed, told
from bot.knowledge import versions
from bot.knowledge.content import Content
from bot.knowledge.curating import asked, publishing
from bot.knowledge.curating.asked import MONTH, Question
from bot.knowledge.embedding import Embedder
from bot.knowledge.model import TemplateVersion
from bot.knowledge.normalise import formal, plain, words
from bot.knowledge.snapshot import MAX_ANSWER, MAX_TITLE, TemplateWords

Array = npt.NDArray[np.float64]
APART = 0.82
"""Cosine distance from which on two groups of questions are two gaps: between what is best on the example questions of
the demo base (.87) and of banking77 (.78), put together without knowing their templates."""
APART_BY_MEANING = 0.77
"""The same where sentences' meanings count too (.84 and .69)."""
MOST = 3000
"""Different questions that are put together, those of most people: the work grows with their square."""
EXAMPLES = 10
LONGEST_EXAMPLE = 300
NO_CATEGORY = "umum"


@dataclass(frozen=True, slots=True)
class Gap:
    """``typical``: the question nearest to all others. ``people_per_month``: different people, by months of 30 days.
    ``nearest``: the template that came nearest most often. ``questions``: most typical first."""

    typical: str
    language: str
    people: int
    people_per_month: float
    times: int
    nearest: str | None
    questions: tuple[Question, ...]

    @property
    def inbox_ids(self) -> tuple[int, ...]:
        """The messages that asked."""
        return tuple(inbox_id for question in self.questions for inbox_id in question.inbox_ids)


def find(
    session: Session, now: datetime, *, months: int = 3, least_people: int = 2, embedder: Embedder | None = None
) -> list[Gap]:
    """Gaps of the last months, those of most people first. A question counts when it was left unanswered, or was
    answered by something that did not help. With an ``embedder`` they are put together by what they mean as well, which
    takes 10 to 20 ms for each question that it does not know yet; it forgets all others."""
    open_questions = [
        question for question in asked.since(session, now - months * MONTH) if question.unanswered or question.failed
    ]
    gaps = [
        gap
        for language in sorted({question.language for question in open_questions})
        for gap in group([q for q in open_questions if q.language == language], months, embedder)
    ]
    if embedder is not None:
        embedder.keep_only([("question", formal(each.text, each.language)) for each in open_questions])
    gaps = [gap for gap in gaps if gap.people >= least_people]
    return sorted(gaps, key=lambda gap: (-gap.people, -gap.times, gap.typical))


def group(questions: Sequence[Question], months: int = 1, embedder: Embedder | None = None) -> list[Gap]:
    """Questions of one language, put together by what they mean."""
    chosen = sorted(questions, key=lambda q: (-len(q.people), -q.times, q.text))[:MOST]
    texts = [" ".join(words(question.text, question.language)) for question in chosen]
    chosen = [question for question, text in zip(chosen, texts, strict=True) if text]
    texts = [text for text in texts if text]
    if not chosen:
        return []
    likeness, apart = _likeness(texts), APART
    if embedder is not None:
        voices = _voices([formal(question.text, question.language) for question in chosen], embedder)
        likeness, apart = np.mean([likeness, *voices], axis=0), APART_BY_MEANING
    return [_gap(chosen, members, likeness, months) for members in _groups(likeness, apart)]


def _likeness(texts: Sequence[str]) -> Array:
    """By words, and by pieces of words where these are spelt in many ways."""
    # Here and not above: it takes a second to import, and every command would wait for it.
    from sklearn.feature_extraction.text import TfidfVectorizer

    by_words = TfidfVectorizer(analyzer=str.split, sublinear_tf=True).fit_transform(texts)
    by_pieces = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True).fit_transform(texts)
    mean = (by_words @ by_words.T + by_pieces @ by_pieces.T).toarray() / 2
    return np.asarray(mean, dtype=np.float64)


def _voices(texts: Sequence[str], embedder: Embedder) -> list[Array]:
    """By what each voice hears. Centred: uncentred, everything is alike."""
    rows = embedder.rows([("question", text) for text in texts])
    found = []
    for part in embedder.parts(rows):
        centred = part.astype(np.float64)
        centred -= centred.mean(axis=0)
        centred /= np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
        found.append(centred @ centred.T)
    return found


def _groups(likeness: Array, apart: float) -> list[list[int]]:
    if len(likeness) == 1:
        return [[0]]
    from sklearn.cluster import AgglomerativeClustering

    distance = np.clip(1 - likeness, 0, 2)
    labels = AgglomerativeClustering(
        n_clusters=None, distance_threshold=apart, metric="precomputed", linkage="average"
    ).fit_predict(distance)
    found: dict[int, list[int]] = {}
    for at, label in enumerate(labels.tolist()):
        found.setdefault(label, []).append(at)
    return list(found.values())


def _gap(
    questions: Sequence[Question],
    members: Sequence[int],
    likeness: Array,
    months: int,
) -> Gap:
    weight = np.array([len(questions[at].people) for at in members])
    central = likeness[np.ix_(members, members)] @ weight
    ordered = [questions[members[at]] for at in np.argsort(-central, kind="stable")]
    people = set().union(*(question.people for question in ordered))
    nearest = Counter(question.nearest for question in ordered if question.nearest)
    return Gap(
        ordered[0].text,
        ordered[0].language,
        len(people),
        len(people) / months,
        sum(question.times for question in ordered),
        nearest.most_common(1)[0][0] if nearest else None,
        tuple(ordered),
    )


def drafts(session: Session, found: Sequence[Gap]) -> list[str | None]:
    """The open draft that each gap has: the one with most of its questions among the examples that it adds; None
    without one."""
    of: dict[tuple[str, str], str] = {}
    opened = versions.open_versions(session)
    live = versions.published(session, *opened) if opened else {}
    for key, row in opened.items():
        before = [versions.content_of(live[key])] if key in live else []
        of.update(dict.fromkeys(_examples([versions.content_of(row)]) - _examples(before), key))
    counted = [Counter(of[asks] for q in gap.questions if (asks := (q.language, plain(q.text))) in of) for gap in found]
    return [own.most_common(1)[0][0] if own else None for own in counted]


def _examples(contents: Iterable[Content]) -> set[tuple[str, str]]:
    return {
        (language, plain(question))
        for content in contents
        for language, own in content.words.items()
        for question in own.questions
    }


def draft_of(
    session: Session, gap: Gap, actor: str, now: datetime, replies: Mapping[int, str] | None = None
) -> TemplateVersion:
    """Make a draft with the gap's questions as examples. ``replies``: what humans answered to its messages, by inbox
    id; the reply to the most typical question becomes the draft's answer, to be read and generalised by whoever hands
    the draft in. Its category, audience and owner are those of the nearest template. Raises NotAllowed where
    the gap has a draft already."""
    versions.lock(session)
    [made] = drafts(session, [gap])
    if made is not None:
        raise NotAllowed(told("The gap has a draft already: {id}.", id=made))
    live = {key: versions.content_of(row) for key, row in versions.published(session).items()}
    near = live.get(gap.nearest or "")
    known = _examples(live.values())
    asks = [q.text for q in gap.questions if len(q.text) <= LONGEST_EXAMPLE]
    texts = [text for text in asks if (gap.language, plain(text)) not in known]
    answer = next((replies[each] for each in gap.inbox_ids if replies and each in replies), "")
    own = TemplateWords(_title(gap.typical), tuple(texts[:EXAMPLES]), answer.strip()[:MAX_ANSWER])
    content = Content(
        _free_id(gap.typical, live.keys() | versions.open_versions(session).keys()),
        near.category if near else NO_CATEGORY,
        near.audience if near else "public",
        near.owner if near else actor,
        "",
        {gap.language: own},
    )
    return publishing.draft(session, content, actor, now)


def _title(text: str) -> str:
    if len(text) <= MAX_TITLE:
        return text
    return text[: MAX_TITLE + 1].rpartition(" ")[0].rstrip(" ,.?!") or text[:MAX_TITLE]


def _free_id(text: str, taken: frozenset[str] | set[str]) -> str:
    name = "-".join(re.findall(r"[a-z0-9]+", plain(text)))[:48].strip("-") or "celah"
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}-{number}"
    return found
