"""Templates along their life: written, handed in, published, taken back. The caller commits.

Every step is written down with who took it. Four eyes: who wrote a version, or a draft that led to it, cannot publish
it (``four_eyes`` off: demo, one-person teams).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import NotAllowed, RefusedFile, Told, lines, told
from bot.knowledge import versions
from bot.knowledge.checks import Rules, collisions, faults_of
from bot.knowledge.content import Content
from bot.knowledge.curating import golden
from bot.knowledge.curating.changes import Difference, difference
from bot.knowledge.curating.replay import Replayed
from bot.knowledge.model import TemplateEvent, TemplateVersion


def draft(session: Session, content: Content, actor: str, now: datetime) -> TemplateVersion:
    """Keep a new wording of a template, whole or not yet; it replaces the one that was being worked on. Raises
    NotAllowed when that is somebody else's and waits to be published."""
    versions.lock(session)
    live, opened = (of(session, content.id).get(content.id) for of in (versions.published, versions.open_versions))
    if opened is not None and opened.state == "review" and opened.author != actor:
        who, what = opened.author, content.id
        raise NotAllowed(told("{author} has handed in {id}; give it back or publish it first.", author=who, id=what))
    if opened is not None:
        versions.move(session, opened, "replace", actor, now)
    return versions.add(session, content, "write", actor, now, based_on=live.number if live is not None else None)


def submit(session: Session, template_id: str, actor: str, now: datetime, rules: Rules) -> TemplateVersion:
    """Hand a draft in. Raises RefusedFile with all that is missing or wrong."""
    row = _open(session, template_id)
    if found := faults(session, [versions.content_of(row)], rules):
        raise RefusedFile(found)
    versions.move(session, row, "submit", actor, now)
    return row


def give_back(session: Session, template_id: str, actor: str, now: datetime, reason: str) -> TemplateVersion:
    """Give what was handed in back to its author."""
    row = _open(session, template_id)
    versions.move(session, row, "return", actor, now, {"reason": reason})
    return row


def publish(
    session: Session,
    replayed: Replayed,
    actor: str,
    now: datetime,
    rules: Rules,
    *,
    four_eyes: bool,
    despite: str | None = None,
) -> list[TemplateVersion]:
    """Publish the versions that were replayed, all or none. ``despite``: the reason for publishing what the replay
    blocks; it is written down. Raises NotAllowed: the base or a version changed since the replay, the replay blocks, or
    the actor wrote one of them; RefusedFile: one of them is faulty by now."""
    versions.lock(session)
    if replayed.base_version != versions.version(session):
        raise NotAllowed(told("The published templates have changed since the replay; replay again."))
    reason = (despite or "").strip()
    if replayed.blocks and not reason:
        raise NotAllowed(told("Publishing is blocked:\n{blocks}", blocks=lines(replayed.blocks)))
    rows = [_to_publish(session, *each) for each in replayed.versions.items()]
    for row in rows if four_eyes else ():
        if actor in versions.writers(session, row):
            what = row.template_id
            raise NotAllowed(told("{author} wrote {id}; somebody else has to publish it.", author=actor, id=what))
    if found := faults(session, [versions.content_of(row) for row in rows], rules):
        raise RefusedFile(found)
    live = versions.published(session, *replayed.versions) if rows else {}
    data = replayed.overruled(reason)
    for row in rows:
        if (old := live.get(row.template_id)) is not None:
            versions.move(session, old, "supersede", actor, now)
        versions.move(session, row, "publish", actor, now, data)
        versions.make_public(session, row, rules.today, now)
    if rows:
        versions.raise_version(session)
    return rows


def archive(session: Session, template_id: str, actor: str, now: datetime) -> TemplateVersion:
    """Take a published template out of the base; where none is published, give its draft up."""
    versions.lock(session)
    live = versions.published(session, template_id).get(template_id)
    row = live or _open(session, template_id)
    if live is not None and (needed := golden.expecting(session, template_id)):
        question = needed[0].text
        raise NotAllowed(
            told(
                "{id} is what the golden question “{question}” expects; change that first.",
                id=template_id, question=question,
            )
        )  # fmt: skip
    versions.move(session, row, "archive", actor, now)
    if live is not None:
        versions.raise_version(session)
    return row


def roll_back(
    session: Session, template_id: str, actor: str, now: datetime, rules: Rules, number: int | None = None
) -> TemplateVersion:
    """Publish an earlier version again, as a new one; without ``number``, the one before the present. At once and by
    anybody: it was public before, so other eyes have seen it. Raises NotAllowed when that version never was public,
    RefusedFile when its examples stand in another template by now."""
    versions.lock(session)
    live = versions.published(session, template_id).get(template_id)
    wanted = select(TemplateVersion).where(
        TemplateVersion.template_id == template_id,
        TemplateVersion.published_at.is_not(None),
        TemplateVersion.state == "archived",
    )
    if number is not None:
        wanted = wanted.where(TemplateVersion.number == number)
    old = session.scalar(wanted.order_by(TemplateVersion.number.desc()).limit(1))
    if old is None:
        raise NotAllowed(_never_public(template_id, number))
    content = versions.content_of(old)
    if found := faults(session, [content], rules):
        raise RefusedFile(found)
    if live is not None:
        versions.move(session, live, "supersede", actor, now)
    row = versions.add(session, content, "restore", actor, now, based_on=old.number, data={"number": old.number})
    versions.make_public(session, row, rules.today, now)
    versions.raise_version(session)
    return row


def _never_public(template_id: str, number: int | None) -> Told:
    if number is None:
        return told("An earlier version of {id} was never public; there is nothing to go back to.", id=template_id)
    return told(
        "Version {number} of {id} was never public; there is nothing to go back to.", number=number, id=template_id
    )


def blocks(event: TemplateEvent) -> list[Told]:
    """What a version was published despite of."""
    return [Told(template, values) for template, values in (event.data or {}).get("told", ())]


def history(session: Session, template_id: str) -> Sequence[TemplateEvent]:
    """Everything that happened to a template, in order."""
    return session.scalars(
        select(TemplateEvent).where(TemplateEvent.template_id == template_id).order_by(TemplateEvent.id)
    ).all()


def compare(session: Session, template_id: str, old: int | None = None, new: int | None = None) -> list[Difference]:
    """What changed from version ``old`` to version ``new``; without numbers from what is published to what is being
    worked on, or from the version before to the published one. Raises NotAllowed when there is no such version."""
    rows = {
        row.number: row
        for row in session.scalars(
            select(TemplateVersion).filter_by(template_id=template_id).order_by(TemplateVersion.number)
        )
    }
    if new is None:
        current = [number for number, row in rows.items() if row.state != "archived"]
        new = max(current or rows, default=0)
    if old is None:
        public = [number for number, row in rows.items() if row.published_at is not None and number < new]
        old = max(public, default=0)
    for number in (old, new):
        if number and number not in rows:
            raise NotAllowed(told("{id} has no version {number}.", id=template_id, number=number))
    if not new:
        raise NotAllowed(told("There is no template {id}.", id=template_id))
    return difference(versions.content_of(rows[old]) if old else None, versions.content_of(rows[new]))


def _open(session: Session, template_id: str) -> TemplateVersion:
    versions.lock(session)
    row = versions.open_versions(session, template_id).get(template_id)
    if row is None:
        raise NotAllowed(told("There is no draft of {ids}.", ids=template_id))
    return row


def _to_publish(session: Session, template_id: str, number: int) -> TemplateVersion:
    row = versions.one(session, template_id, number)
    live = versions.published(session, template_id).get(template_id)
    if row is None or row.state != "review":
        raise NotAllowed(
            told("Version {number} of {id} is not handed in (any more); replay again.", number=number, id=template_id)
        )
    if live is not None and row.based_on != live.number:
        raise NotAllowed(
            told("{id} was changed since version {number} was begun; draft it anew.", id=template_id, number=number)
        )
    return row


def faults(session: Session, contents: Sequence[Content], rules: Rules) -> list[Told]:
    """Everything that keeps these wordings from being published beside what is."""
    base = {key: versions.content_of(row) for key, row in versions.published(session).items()}
    changed = {content.id: content for content in contents}
    ids = base.keys() | changed.keys()
    found = [fault for content in contents for fault in faults_of(content, rules, ids)]
    return found + collisions(changed, [content for key, content in base.items() if key not in changed])
