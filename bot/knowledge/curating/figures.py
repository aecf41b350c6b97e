"""Figures of each template, counted from what was asked and shown."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.knowledge import versions
from bot.knowledge.model import AnswerShown, AskedQuestion

SOON = timedelta(hours=24)
"""A ticket within so long after an answer counts as the answer's."""
BACK_WITHIN = timedelta(days=7)
"""Who comes to staff with the same matter within so long after an answer helped was not helped after all. As long as
the reports wait for somebody to come back."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one template, in a span of time. ``asked``: questions that it came nearest to, answered or not. ``answered``:
    how often it was shown. ``helped`` and ``not_helped``: what people said of that. ``handed_over``: answers whose
    question became a ticket within 24 hours. ``reopened``: answers that were said to have helped, and whose matter went
    to staff within seven days after that, into a new ticket or one that is there. ``last_used``: ever."""

    template_id: str
    asked: int = 0
    answered: int = 0
    helped: int = 0
    not_helped: int = 0
    handed_over: int = 0
    last_used: datetime | None = None
    published_at: datetime | None = None
    reopened: int = 0

    @property
    def help_rate(self) -> float | None:
        """Of those who said whether it helped; None when nobody did."""
        said = self.helped + self.not_helped
        return self.helped / said if said else None


def of_template(session: Session, template_id: str, earliest: datetime) -> Figures | None:
    """Of one; None where it is not published."""
    return next(iter(of_templates(session, earliest, template_id)), None)


def of_templates(session: Session, earliest: datetime, *ids: str) -> list[Figures]:
    """Of all published templates, in the order of their ids; with ``ids`` only of theirs. Everything is counted by the
    time of the answer, or of the question that had none, so that no rate can exceed 1."""
    live = versions.published(session, *ids)
    nearest = select(AskedQuestion.template_id, func.count()).where(
        AskedQuestion.at >= earliest, *_of(AskedQuestion.template_id, ids)
    )
    asked = dict(session.execute(nearest.group_by(AskedQuestion.template_id)).all())
    soon = and_(
        AskedQuestion.handed_over_at.is_not(None),
        AskedQuestion.handed_over_at >= AnswerShown.at,
        func.coalesce(AnswerShown.helped, False).is_(False),
    )
    rows = session.execute(
        select(
            AnswerShown.template_id,
            AnswerShown.at,
            AnswerShown.helped,
            AnswerShown.helped_at,
            AnswerShown.conversation_id,
            AnswerShown.inbox_id,
            case((soon, AskedQuestion.handed_over_at)).label("handed_over_at"),
        )
        .outerjoin(AskedQuestion, AskedQuestion.inbox_id == AnswerShown.inbox_id)
        .where(AnswerShown.at >= earliest, *_of(AnswerShown.template_id, ids))
    ).all()
    uses = select(AnswerShown.template_id, func.max(AnswerShown.at)).where(*_of(AnswerShown.template_id, ids))
    last = dict(session.execute(uses.group_by(AnswerShown.template_id)).all())
    passed_on = _passed_on(session, earliest)
    shown = {key: [0, 0, 0, 0, 0] for key in live}
    for row in rows:
        if (counts := shown.get(row.template_id)) is not None:
            handed_over = row.handed_over_at is not None and row.handed_over_at - row.at <= SOON
            back = row.helped is True and _came_back(row, passed_on.get(row.conversation_id, ()))
            for at, counted in enumerate((True, row.helped is True, row.helped is False, handed_over, back)):
                counts[at] += counted
    return [
        Figures(key, asked.get(key, 0), *_four(counts), last.get(key), live[key].published_at, reopened=counts[4])
        for key, counts in shown.items()
    ]


def _passed_on(session: Session, earliest: datetime) -> Mapping[int, Sequence[Any]]:
    """Questions that went to staff, by conversation."""
    wanted = select(
        AskedQuestion.conversation_id, AskedQuestion.inbox_id, AskedQuestion.template_id, AskedQuestion.handed_over_at
    ).where(AskedQuestion.at >= earliest, AskedQuestion.handed_over_at.is_not(None))
    found: dict[int, list[Any]] = {}
    for row in session.execute(wanted):
        found.setdefault(row.conversation_id, []).append(row)
    return found


def _came_back(answer: Any, passed_on: Sequence[Any]) -> bool:
    """Whether that very question went to staff after its answer had helped, or another to which the template came
    nearest."""
    since = answer.helped_at
    return since is not None and any(
        (each.inbox_id == answer.inbox_id or each.template_id == answer.template_id)
        and since < each.handed_over_at <= since + BACK_WITHIN
        for each in passed_on
    )


def answers_of(session: Session, ids: Collection[str], earliest: datetime) -> Mapping[str, Figures]:
    """How often each of these was shown since, and what people said of it: one statement, whatever is asked for. What
    was never shown is left out."""
    if not ids:
        return {}
    said = (func.count(case((AnswerShown.helped.is_(value), 1))) for value in (True, False))
    wanted = select(AnswerShown.template_id, func.count(), *said)
    rows = session.execute(
        wanted.where(AnswerShown.template_id.in_(ids), AnswerShown.at >= earliest).group_by(AnswerShown.template_id)
    )
    return {row[0]: Figures(row[0], answered=row[1], helped=row[2], not_helped=row[3]) for row in rows}


def _of(column: InstrumentedAttribute[Any], ids: Sequence[str]) -> list[ColumnElement[bool]]:
    return [column.in_(ids)] if ids else []


def _four(counts: list[int]) -> tuple[int, int, int, int]:
    answered, helped, not_helped, handed_over, _ = counts
    return answered, helped, not_helped, handed_over
