"""The knowledge base of this process: finds the template that answers a question, or says that there is none."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from bot.config import Settings
from bot.knowledge import store
from bot.knowledge.embedding import Embedder
from bot.knowledge.match import Explanation, Match
from bot.knowledge.matcher import Matcher
from bot.knowledge.patch import MOST_CHANGED, Patched, changes, patched
from bot.knowledge.promise import WRONG_AT_MOST
from bot.knowledge.snapshot import LANGUAGES, AnswerTemplate, Snapshot
from bot.knowledge.traffic import NOTICED, Traffic
from bot.storage.database import Database

log = logging.getLogger(__name__)

MOST_SUGGESTED = 1000
"""Of so many texts it is kept what was suggested."""
CLEARLY_BETTER = 0.15
"""How much surer the other language's matcher must be before it is believed over the conversation's own."""
_RANK = {"hand_over": 0, "choose": 1, "answer": 2}


@dataclass(frozen=True, slots=True)
class Hit:
    """A template in words. ``score``: how likely it is the right one, 0 to 1. ``why``: the example questions nearest to
    what was asked. ``language``: of the words; another than was wanted where the template does not have that one."""

    template_id: str
    title: str
    category: str
    audience: str
    answer: str
    score: float
    why: tuple[str, ...] = ()
    language: str = "id"


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with a question.

    ``answer``: the first hit is the answer. ``choose``: one to three hits are near, ask whether or which is meant.
    ``hand_over``: nothing is near enough; the hits (perhaps none) are good for suggesting a ticket's category and must
    not be shown as answers. Hits are in descending order of score and have not been filtered by audience.
    """

    kind: Literal["answer", "choose", "hand_over"]
    hits: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True)
class Category:
    """A category and its title in the language that was asked for."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class _Learned:
    """Never changed once built: readers take the reference once and need no lock."""

    snapshot: Snapshot = field(default_factory=Snapshot)
    templates: Mapping[str, AnswerTemplate] = field(default_factory=dict)
    matchers: Mapping[str, Matcher | Patched] = field(default_factory=dict)
    whole: Snapshot = field(default_factory=Snapshot)
    """What was learned as a whole, and by whom: later changes are patched into it."""
    learners: Mapping[str, Matcher] = field(default_factory=dict)
    suggested: dict[tuple[str, str, int], tuple[Hit, ...]] = field(init=False, default_factory=dict)
    """What was suggested for a text in a language; only this grows."""


class Knowledge:
    """Holds the current templates and what was learned from them. All methods may be called from any thread; reading
    takes no lock and sees either the old base or the new one. ``Knowledge()`` is empty and hands everything over."""

    def __init__(
        self, cache: Path | None = None, *, embeddings: bool = True, limits: Mapping[str, float] | None = None
    ) -> None:
        """``cache``: a file that keeps what texts mean between runs, its name is followed by the language; without it a
        start embeds all examples anew.
        ``embeddings``: whether to match by meaning too, where this machine can. ``limits``: by category, the share of
        wrong answers that is accepted, where it is not ``WRONG_AT_MOST``; the category "" stands for all others."""
        self._learned = _Learned()
        self._building = threading.Lock()
        self._cache, self._embeddings, self._limits = cache, embeddings, limits or {}
        self._embedders: dict[str, Embedder | None] = {}
        self._wanted: Snapshot | None = None
        self._learner: threading.Thread | None = None
        self._traffic = Traffic(cache.with_suffix(".traffic.json") if cache else None)

    @classmethod
    def of(cls, settings: Settings) -> Knowledge:
        """An empty base as the settings want it."""
        cache = settings.data_dir / "embeddings.npz"
        return cls(cache, embeddings=settings.embeddings, limits=settings.wrong_at_most)

    @classmethod
    def build(cls, snapshot: Snapshot, *, embeddings: bool = False) -> Knowledge:
        """A knowledge base over ``snapshot``, fully learned. Takes about a second for 100 templates, and with
        ``embeddings`` 10 to 20 ms more for each example question."""
        knowledge = cls(embeddings=embeddings)
        knowledge.replace(snapshot)
        return knowledge

    @property
    def version(self) -> int:
        """The version of the templates that are being answered from."""
        return self._learned.snapshot.version

    def replace(self, snapshot: Snapshot) -> None:
        """Learn from ``snapshot`` and then answer from it. CPU-bound: call it in a thread of its own."""
        with self._building:
            self._wanted = None
            self._learned = self._learn(snapshot)
            self._remember(snapshot)

    def reload_if_changed(self, db: Database) -> bool:
        """Learn anew when the database has another version than this process; say whether it had. Meant for a thread
        that looks about once a second.

        A change of a few templates is patched into what is known, a larger one first matched by its words alone. A
        thread in the background then learns the whole base, by meaning too, and takes its place."""
        if not self._building.acquire(blocking=False):
            return False
        try:
            with db.read() as session:
                if store.version(session) == self.version:
                    self._follow_traffic()
                    return False
                snapshot = store.load(session)
            patch = self._patched(snapshot)
            self._learned = patch or self._learn(snapshot, by_meaning=False)
            if patch or any(self._embedder(language) is not None for language in self._learned.matchers):
                self._learn_in_background(snapshot)
            return True
        finally:
            self._building.release()

    def settle(self, seconds: float = 60) -> bool:
        """Wait until nothing is being learned in the background any more; whether that came true."""
        learner = self._learner
        if learner is not None:
            learner.join(seconds)
        return learner is None or not learner.is_alive()

    def _embedder(self, language: str) -> Embedder | None:
        if language not in self._embedders:
            file = self._cache.with_stem(f"{self._cache.stem}-{language}") if self._cache else None
            self._embedders[language] = Embedder.of_this_machine(file, language) if self._embeddings else None
        return self._embedders[language]

    def _patched(self, snapshot: Snapshot) -> _Learned | None:
        """None where too much has changed."""
        old = self._learned
        changed, gone = changes(old.whole, snapshot)
        texts = {language: snapshot.in_language(language) for language in LANGUAGES}
        spoken = {language for language in LANGUAGES if texts[language]}
        if not old.learners or len(changed) > MOST_CHANGED or not spoken <= old.learners.keys():
            return None
        limits = self._limits_of(snapshot)
        matchers = {
            language: patched(old.learners[language], texts[language], language, limits, changed, gone)
            for language in spoken
        }
        templates = {template.id: template for template in snapshot.templates}
        learned = replace(old, snapshot=snapshot, templates=templates, matchers=matchers)
        return replace(learned, matchers=self._tuned(learned))

    def _learn_in_background(self, snapshot: Snapshot) -> None:
        self._wanted = snapshot
        if self._learner is None:
            self._learner = threading.Thread(target=self._learn_what_is_wanted, name="knowledge", daemon=True)
            self._learner.start()

    def _learn_what_is_wanted(self) -> None:
        while True:
            snapshot, learned = self._wanted, None
            try:
                learned = self._learn(snapshot) if snapshot is not None else None
            except Exception:
                log.exception("the templates could not be learned; what was known goes on answering")
            with self._building:
                if self._wanted is not snapshot:
                    continue
                if snapshot is not None and learned is not None:
                    self._learned = learned
                    self._remember(snapshot)
                self._wanted = self._learner = None
                return

    def _remember(self, snapshot: Snapshot) -> None:
        for language in self._learned.matchers:
            embedder = self._embedder(language)
            if embedder is not None:
                embedder.keep_only(Matcher.hears(snapshot.in_language(language), language))

    def _limits_of(self, snapshot: Snapshot) -> dict[str, float]:
        usual = self._limits.get("", WRONG_AT_MOST)
        return {template.id: self._limits.get(template.category, usual) for template in snapshot.templates}

    def _learn(self, snapshot: Snapshot, *, by_meaning: bool = True) -> _Learned:
        limits = self._limits_of(snapshot)
        words = {language: snapshot.in_language(language) for language in LANGUAGES}
        matchers = {
            language: Matcher(texts, language, self._embedder(language) if by_meaning else None, limits)
            for language, texts in words.items()
            if texts
        }
        templates = {template.id: template for template in snapshot.templates}
        learned = _Learned(snapshot, templates, matchers, snapshot, matchers)
        return replace(learned, matchers=self._tuned(learned))

    def _tuned(self, learned: _Learned) -> dict[str, Matcher | Patched]:
        """The matchers, with thresholds for what people ask."""
        tuned = dict(learned.matchers)
        for language, matcher in learned.matchers.items():
            shares, now = self._traffic.shares(language, matcher.confidence.rehearsed), matcher.confidence.shares
            if shares is None:
                continue
            if max(abs(shares.right - now.right), abs(shares.answerable - now.answerable)) > NOTICED:
                tuned[language] = matcher.believing(shares)
        return tuned

    def _follow_traffic(self) -> None:
        tuned = self._tuned(self._learned)
        if tuned != self._learned.matchers:
            self._learned = replace(self._learned, matchers=tuned)
            self._traffic.save()

    def search(self, text: str, language: str, *, limit: int = 3, audience: str | None = None) -> Decision:
        """Decide about ``text`` as typed (matched on its first 1,000 characters); never raises. The conversation's
        ``language`` is tried first, the other ones when it has no answer. At most ``limit`` hits. ``audience``: what
        the asker has proven to be; of several near answers those for others are not offered to him."""
        learned = self._learned
        best: Match | None = None
        for tried in (language, *(other for other in LANGUAGES if other != language)):
            if tried not in learned.matchers:
                continue
            found = learned.matchers[tried].match(text, limit=limit)
            if tried == language:
                self._traffic.note(language, found.raw)
            if best is None or _better(found, best):
                best = found
            if best.kind == "answer":
                break
        return _for_audience(_decision(learned, best, language), audience)

    def explain(self, text: str, language: str) -> Explanation | None:
        """Why one language's matcher decides about ``text`` as it does; None where it has no templates."""
        matcher = self._learned.matchers.get(language)
        return matcher.explain(text) if matcher else None

    def search_all(self, asked: Sequence[tuple[str, str]], *, limit: int = 3) -> list[Decision]:
        """``search`` of many (text, language) at once, which takes about half the time. They are not people's: nothing
        is learned from them."""
        learned = self._learned
        best: list[Match | None] = [None] * len(asked)
        for own in (True, False):
            for tried, matcher in learned.matchers.items():
                here = [
                    at
                    for at, (_, language) in enumerate(asked)
                    if (language == tried) is own and ((found := best[at]) is None or found.kind != "answer")
                ]
                for at, match in zip(here, matcher.match_all([asked[at][0] for at in here], limit=limit), strict=True):
                    known = best[at]
                    if known is None or _better(match, known):
                        best[at] = match
        return [_decision(learned, match, language) for match, (_, language) in zip(best, asked, strict=True)]

    def suggest(self, text: str, language: str, *, limit: int = 3) -> tuple[Hit, ...]:
        """What ``search_all`` finds for one text. It is kept while the templates stay as they are: staff look at the
        same ticket again and again."""
        learned, asked = self._learned, (text, language, limit)
        found = learned.suggested.get(asked)
        if found is None:
            [decision] = self.search_all([(text, language)], limit=limit)
            if len(learned.suggested) >= MOST_SUGGESTED:
                learned.suggested.clear()
            found = learned.suggested[asked] = tuple(decision.hits)
        return found

    def get(self, template_id: str, language: str) -> Hit | None:
        """The template in ``language`` (or the one it has), or None when it is not in the base any more."""
        template = self._learned.templates.get(template_id)
        return _hit(template, language, 1.0, ()) if template else None

    def titles(self, language: str) -> dict[str, str]:
        """The titles of all templates by id, as ``get`` has them."""
        return {key: _hit(each, language, 1.0, ()).title for key, each in self._learned.templates.items()}

    def categories(self, language: str) -> tuple[Category, ...]:
        """The categories that have templates, by title."""
        snapshot = self._learned.snapshot
        used = {template.category for template in snapshot.templates}
        titles = ((category, snapshot.categories.get(category, {})) for category in used)
        named = (Category(key, title.get(language) or next(iter(title.values()), key)) for key, title in titles)
        return tuple(sorted(named, key=lambda category: (category.title, category.id)))


def _for_audience(decision: Decision, audience: str | None) -> Decision:
    if audience is None or decision.kind != "choose":
        return decision
    fitting = tuple(hit for hit in decision.hits if hit.audience in ("public", audience))
    return Decision("choose", fitting) if fitting else decision


def _better(other: Match, own: Match) -> bool:
    if other.kind == "hand_over" or _RANK[other.kind] < _RANK[own.kind]:
        return False
    own_score = own.candidates[0].score if own.candidates else 0.0
    return other.candidates[0].score >= own_score + CLEARLY_BETTER


def _decision(learned: _Learned, best: Match | None, language: str) -> Decision:
    if best is None:
        return Decision("hand_over")
    hits = (_hit(learned.templates[near.template_id], language, near.score, near.nearest) for near in best.candidates)
    return Decision(best.kind, tuple(hits))


def _hit(template: AnswerTemplate, language: str, score: float, why: tuple[str, ...]) -> Hit:
    spoken = language if language in template.words else next(iter(template.words))
    words = template.words[spoken]
    return Hit(template.id, words.title, template.category, template.audience, words.answer, score, why, spoken)
