"""What a draft is measured against while it is written, remembered for as long as nothing is published."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from bot.errors import Told
from bot.knowledge import versions
from bot.knowledge.checks import Rules, collisions, faults_of
from bot.knowledge.content import Content
from bot.knowledge.normalise import plain

_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Base:
    version: int
    ids: Collection[str]
    owners: Mapping[_Key, Content]
    """Language and plain question to the template that has it as an example."""


class Beside:
    """Finds the same as ``publishing.faults`` of one template, without reading all others each time: a supervisor's
    every pause in typing asks for it. Only for sessions that have not written; threads may use it at once."""

    def __init__(self) -> None:
        self._base = _Base(-1, frozenset(), {})

    def faults(self, session: Session, content: Content, rules: Rules) -> list[Told]:
        """Everything that keeps this wording from being published beside what is."""
        base = self._known(session)
        near = {found.id: found for key in _keys(content) if (found := base.owners.get(key)) is not None}
        near.pop(content.id, None)
        return list(faults_of(content, rules, {*base.ids, content.id})) + collisions(
            {content.id: content}, near.values()
        )

    def _known(self, session: Session) -> _Base:
        version = versions.version(session)
        if self._base.version != version:
            contents = [versions.content_of(row) for row in versions.published(session).values()]
            owners = {key: content for content in contents for key in _keys(content)}
            self._base = _Base(version, frozenset(content.id for content in contents), owners)
        return self._base


def _keys(content: Content) -> set[_Key]:
    return {(language, plain(each)) for language, words in content.words.items() for each in words.questions}
