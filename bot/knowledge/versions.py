"""Versions of templates in the database: read, added, moved along their life. Every step leaves an event.

Callers hold ``lock`` before they change anything, so that two changes never cross.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.knowledge.content import Content
from bot.knowledge.curating.life import State, Step, after
from bot.knowledge.model import KnowledgeVersion, TemplateEvent, TemplateVersion

OPEN: tuple[State, ...] = ("draft", "review")


def content_of(row: TemplateVersion) -> Content:
    """What the version says."""
    return Content.from_json(row.template_id, row.content)


def published(session: Session) -> dict[str, TemplateVersion]:
    """The published versions by template id, in its order; those outside their dates too."""
    return _by_template(session, ("published",))


def open_versions(session: Session) -> dict[str, TemplateVersion]:
    """What is being worked on (draft or review), by template id."""
    return _by_template(session, OPEN)


def _by_template(session: Session, states: Iterable[State]) -> dict[str, TemplateVersion]:
    # In the SQL text, so that the small indexes are taken.
    rows = session.scalars(select(TemplateVersion).where(TemplateVersion.state.in_(list(states))))
    return {row.template_id: row for row in sorted(rows, key=lambda row: row.template_id)}


def one(session: Session, template_id: str, number: int) -> TemplateVersion | None:
    """A version by its number."""
    return session.scalar(select(TemplateVersion).filter_by(template_id=template_id, number=number))


def add(
    session: Session,
    content: Content,
    step: Step,
    actor: str,
    now: datetime,
    *,
    based_on: int | None,
    data: Mapping[str, Any] | None = None,
) -> TemplateVersion:
    """A new version with the template's next number, in the state that ``step`` begins with."""
    last = session.scalar(select(func.max(TemplateVersion.number)).filter_by(template_id=content.id)) or 0
    state = after(content.id, None, step)
    row = TemplateVersion(
        template_id=content.id,
        number=last + 1,
        state=state,
        content=content.as_json(),
        author=actor,
        written_at=now,
        based_on=based_on,
        offered=False,
    )
    session.add(row)
    _note(session, row, step, None, actor, now, data)
    return row


def move(
    session: Session,
    row: TemplateVersion,
    step: Step,
    actor: str,
    now: datetime,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Take ``step`` with a version. Raises NotAllowed when its state does not allow it."""
    before = row.state
    row.state = after(row.template_id, before, step)  # type: ignore[arg-type]
    _note(session, row, step, before, actor, now, data)


def make_public(session: Session, row: TemplateVersion, today: date, now: datetime) -> None:
    """What follows once a version is published."""
    row.published_at, row.offered = now, content_of(row).offered(today)
    session.flush()


def writers(session: Session, row: TemplateVersion) -> set[str]:
    """Who wrote this version or a draft that led to it, since a version was published last."""
    earlier = select(TemplateVersion).where(
        TemplateVersion.template_id == row.template_id, TemplateVersion.number <= row.number
    )
    found: set[str] = set()
    for each in session.scalars(earlier.order_by(TemplateVersion.number)):
        if each.published_at is not None:
            found.clear()
        else:
            found.add(each.author)
    return found


def version(session: Session) -> int:
    """The number of the present base; 0 before the first import."""
    return session.scalar(select(KnowledgeVersion.version)) or 0


def lock(session: Session) -> None:
    """One change at a time: the second waits here for the first one's commit (PostgreSQL; SQLite has one writer)."""
    if session.get(KnowledgeVersion, 1, with_for_update=True) is not None:
        return
    try:
        with session.begin_nested():
            session.add(KnowledgeVersion(id=1, version=0))
    except IntegrityError:  # another process made it in the meantime, and has committed
        session.get(KnowledgeVersion, 1, with_for_update=True)


def raise_version(session: Session) -> None:
    """Have every process learn anew."""
    row = session.get_one(KnowledgeVersion, 1)
    row.version += 1
    session.flush()


def _note(
    session: Session,
    row: TemplateVersion,
    step: Step,
    before: str | None,
    actor: str,
    now: datetime,
    data: Mapping[str, Any] | None,
) -> None:
    session.add(
        TemplateEvent(
            template_id=row.template_id, number=row.number, at=now, actor=actor, step=step, from_state=before,
            to_state=row.state, data=dict(data) if data else None,
        )
    )  # fmt: skip
    session.flush()
