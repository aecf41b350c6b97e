"""A change of a few templates, live before the whole base has been learned anew.

The changed templates are learned beside those that they could be taken for, which takes less than a second however
large the base is; all others are answered by what was learned before, in which the changed ones are forgotten.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bot.knowledge.confidence import CHOICES, Confidence, Shares
from bot.knowledge.match import Explanation, Match
from bot.knowledge.matcher import Matcher
from bot.knowledge.snapshot import Snapshot, TemplateWords

MOST_CHANGED = 20
"""Templates that are learned in this way; with more the whole base is."""
NEIGHBOURS = 12
"""Templates that each changed one is learned beside."""
MOST_TOGETHER = 40


@dataclass(frozen=True, slots=True)
class Patched:
    """Answers like a Matcher. ``part`` knows ``changed`` and their neighbours, ``whole`` everything else."""

    whole: Matcher
    part: Matcher
    changed: frozenset[str]

    @property
    def confidence(self) -> Confidence:
        return self.whole.confidence

    def believing(self, shares: Shares) -> Patched:
        """The same where people ask this."""
        return Patched(self.whole.believing(shares), self.part, self.changed)

    def match(self, text: str, *, limit: int = CHOICES) -> Match:
        """As Matcher does."""
        return self._for(text).match(text, limit=limit)

    def match_all(self, texts: Sequence[str], *, limit: int = CHOICES) -> list[Match]:
        """As Matcher does, though no quicker: which of the two answers is asked of each text."""
        return [self.match(text, limit=limit) for text in texts]

    def explain(self, text: str) -> Explanation:
        """As Matcher does."""
        return self._for(text).explain(text)

    def _for(self, text: str) -> Matcher:
        found = self.part.match(text)
        near = found.kind != "hand_over" and any(each.template_id in self.changed for each in found.candidates)
        return self.part if near else self.whole


def changes(old: Snapshot, new: Snapshot) -> tuple[frozenset[str], frozenset[str]]:
    """Ids of the templates that are new or other than they were, and of those that are gone."""
    before = {template.id: template for template in old.templates}
    after = {template.id: template for template in new.templates}
    changed = frozenset(key for key, template in after.items() if before.get(key) != template)
    return changed, frozenset(before) - frozenset(after)


def patched(
    whole: Matcher,
    texts: Mapping[str, TemplateWords],
    language: str,
    limits: Mapping[str, float],
    changed: Collection[str],
    gone: Collection[str],
) -> Matcher | Patched:
    """``whole`` learned some of ``texts``; this knows all of them."""
    kept = whole.without({*changed, *gone})
    here = [key for key in texts if key in changed]
    if not here:
        return kept
    near = {key: None for own in here for key in whole.nearest_templates(texts[own], NEIGHBOURS) if key not in changed}
    together = {*here, *list(near)[: max(NEIGHBOURS, MOST_TOGETHER - len(here))]}
    part = Matcher({key: words for key, words in texts.items() if key in together}, language, None, limits)
    return Patched(kept, part, frozenset(here))
