"""What a replay needs from the database: read at once, so that the learning and asking hold no transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from bot.errors import NotAllowed, told
from bot.knowledge import store, versions
from bot.knowledge.base import Knowledge
from bot.knowledge.content import Content
from bot.knowledge.curating import asked, golden
from bot.knowledge.curating.asked import MONTH, Question
from bot.knowledge.curating.replay import Golden, Learn, Replayed, replay
from bot.knowledge.model import TemplateVersion
from bot.knowledge.snapshot import Snapshot

MONTHS = 6


@dataclass(frozen=True, slots=True)
class Trial:
    """The published base, the same with the changes, and what is asked of both."""

    published: Snapshot
    new: Snapshot
    tried: Mapping[str, int]
    questions: Sequence[Question]
    golden: Sequence[Golden]

    def run(self, base: Knowledge | None = None, learn: Learn | None = None) -> Replayed:
        """Learn and ask; CPU-bound. ``base`` and ``learn``: as ``replay`` has them."""
        return replay(self.published, self.new, self.tried, self.questions, self.golden, base=base, learn=learn)


def chosen(session: Session, ids: Collection[str]) -> dict[str, TemplateVersion]:
    """What is tried: the drafts of ``ids``, or all that is handed in. Raises NotAllowed when there is nothing."""
    opened = versions.open_versions(session)
    if missing := [key for key in ids if key not in opened]:
        raise NotAllowed(told("There is no draft of {ids}.", ids=", ".join(missing)))
    found = {key: row for key, row in opened.items() if key in ids or (row.state == "review" and not ids)}
    if not found:
        raise NotAllowed(told("Nothing waits to be published."))
    return found


def of_versions(session: Session, ids: Collection[str], now: datetime, *, months: int = MONTHS) -> Trial:
    """A trial of what is being worked on: of the drafts of ``ids``, or of all that is handed in. Raises NotAllowed when
    there is nothing of the kind."""
    tried = chosen(session, ids)
    contents = {key: versions.content_of(row) for key, row in tried.items()}
    return _trial(session, contents, {key: row.number for key, row in tried.items()}, (), now, months)


def of_import(session: Session, plan: store.Plan, now: datetime, *, months: int = MONTHS) -> Trial:
    """A trial of an import that has not been carried out; its templates have no numbers yet (0)."""
    return _trial(session, plan.after, dict.fromkeys(plan.after, 0), plan.changes.removed, now, months)


def _trial(
    session: Session,
    contents: Mapping[str, Content],
    tried: Mapping[str, int],
    removed: Collection[str],
    now: datetime,
    months: int,
) -> Trial:
    published = store.load(session)
    kept = {**{each.id: each for each in published.templates if each.id not in removed}, **contents}
    new = replace(published, templates=tuple(kept[key] for key in sorted(kept)))
    return Trial(published, new, tried, asked.since(session, now - months * MONTH), golden_questions(session))


def golden_questions(session: Session) -> list[Golden]:
    """All of them, in the order they were added."""
    return [Golden(row.text, row.lang, row.template_id) for row in golden.questions(session)]
