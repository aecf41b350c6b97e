"""Versions of templates in the database: read, added, moved along their life. Every step leaves an event.

Callers hold ``lock`` before they change anything, so that two changes never cross.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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


def published(session: Session, *ids: str) -> dict[str, TemplateVersion]:
    """The published versions by template id, in its order; those outside their dates too. With ``ids`` only theirs."""
    return _by_template(session, ("published",), ids)


def open_versions(session: Session, *ids: str) -> dict[str, TemplateVersion]:
    """What is being worked on (draft or review), by template id. With ``ids`` only theirs."""
    return _by_template(session, OPEN, ids)


def _by_template(session: Session, states: Sequence[State], ids: Sequence[str]) -> dict[str, TemplateVersion]:
    wanted = select(TemplateVersion).where(TemplateVersion.state.in_(states))
    if ids:
        wanted = wanted.where(TemplateVersion.template_id.in_(ids))
    return {row.template_id: row for row in sorted(session.scalars(wanted), key=lambda row: row.template_id)}


def newest(session: Session, template_id: str) -> int:
    """The number of its newest version; 0 when there is none."""
    return session.scalar(select(func.max(TemplateVersion.number)).filter_by(template_id=template_id)) or 0


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
    row = _row(content, newest(session, content.id) + 1, actor, now, based_on)
    row.state = after(content.id, None, step)
    session.add_all([row, _event(row, step, None, actor, now, data)])
    session.flush()
    return row


def _row(content: Content, number: int, actor: str, now: datetime, based_on: int | None) -> TemplateVersion:
    return TemplateVersion(
        template_id=content.id,
        number=number,
        content=content.as_json(),
        author=actor,
        written_at=now,
        based_on=based_on,
        offered=False,
    )


def add_many(
    session: Session,
    contents: Iterable[Content],
    steps: Sequence[Step],
    actor: str,
    now: datetime,
    *,
    based_on: Mapping[str, int],
    data: Mapping[str, Any] | None = None,
) -> list[TemplateVersion]:
    """New versions that take all of ``steps`` at once: for thousands at a time, where ``add`` and ``move`` would ask
    the database for each. ``data`` goes with the last step."""
    last = dict(
        session.execute(
            select(TemplateVersion.template_id, func.max(TemplateVersion.number)).group_by(TemplateVersion.template_id)
        ).all()
    )
    rows: list[TemplateVersion] = []
    events: list[TemplateEvent] = []
    for content in contents:
        row = _row(content, last.get(content.id, 0) + 1, actor, now, based_on.get(content.id))
        state: State | None = None
        for step in steps:
            before, state = state, after(content.id, state, step)
            row.state = state
            events.append(_event(row, step, before, actor, now, data if step == steps[-1] else None))
        rows.append(row)
    session.add_all([*rows, *events])
    session.flush()
    return rows


def move_many(session: Session, rows: Iterable[TemplateVersion], step: Step, actor: str, now: datetime) -> None:
    """Take ``step`` with all of them."""
    for row in rows:
        before = row.state
        row.state = after(row.template_id, before, step)  # type: ignore[arg-type]
        session.add(_event(row, step, before, actor, now, None))
    session.flush()


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
    session.add(_event(row, step, before, actor, now, data))
    session.flush()


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


def _event(
    row: TemplateVersion,
    step: Step,
    before: str | None,
    actor: str,
    now: datetime,
    data: Mapping[str, Any] | None,
) -> TemplateEvent:
    return TemplateEvent(
        template_id=row.template_id, number=row.number, at=now, actor=actor, step=step, from_state=before,
        to_state=row.state, data=dict(data) if data else None,
    )  # fmt: skip
