"""Templates in the database. Every change raises the version in its transaction, so that all processes learn it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.errors import RefusedFile
from bot.knowledge.model import CategoryText, KnowledgeVersion, Template, TemplateText
from bot.knowledge.normalise import plain
from bot.knowledge.snapshot import AnswerTemplate, Snapshot, TemplateWords


@dataclass(frozen=True, slots=True)
class Changes:
    """What an import did, by template id. ``kept``: in the base and not in the import, left as they were."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


def version(session: Session) -> int:
    """The number of the present base; 0 before the first import."""
    return session.scalar(select(KnowledgeVersion.version)) or 0


def load(session: Session) -> Snapshot:
    """All templates. Its version is read first: a change in between is seen as a newer version later, never missed."""
    number = version(session)
    words: dict[str, dict[str, TemplateWords]] = {}
    for row in session.scalars(select(TemplateText).order_by(TemplateText.template_id, TemplateText.lang)):
        own = words.setdefault(row.template_id, {})
        own[row.lang] = TemplateWords(row.title, tuple(row.questions), row.answer)
    templates = tuple(
        AnswerTemplate(row.id, row.category, row.audience, row.owner, row.source, words.get(row.id, {}))
        for row in session.scalars(select(Template))
    )
    categories: dict[str, dict[str, str]] = {}
    for title in session.scalars(select(CategoryText)):
        categories.setdefault(title.category, {})[title.lang] = title.title
    return Snapshot(tuple(sorted(templates, key=lambda template: template.id)), categories, number)


def import_templates(session: Session, templates: Snapshot, now: datetime) -> Changes:
    """Merge ``templates`` into the base by id, one language at a time: what the import does not name stays.

    Raises RefusedFile, and changes nothing, when an example question would then stand in two templates.
    """
    _lock(session)
    before = {template.id: template for template in load(session).templates}
    merged = {template.id: _merge(before.get(template.id), template) for template in templates.templates}
    _refuse_collisions(merged, [template for key, template in before.items() if key not in merged])
    added = tuple(key for key in merged if key not in before)
    changed = tuple(key for key in merged if key in before and merged[key] != before[key])
    for key in (*added, *changed):
        _save(session, merged[key], now)
    renamed = _save_categories(session, templates.categories)
    if added or changed or renamed:
        _raise_version(session)
    session.flush()
    unchanged = tuple(key for key in merged if key in before and key not in changed)
    return Changes(added, changed, unchanged, tuple(key for key in before if key not in merged))


def _merge(old: AnswerTemplate | None, new: AnswerTemplate) -> AnswerTemplate:
    words = {**(old.words if old else {}), **new.words}
    return AnswerTemplate(new.id, new.category, new.audience, new.owner, new.source, words)


def _refuse_collisions(merged: Mapping[str, AnswerTemplate], kept: Iterable[AnswerTemplate]) -> None:
    owners: dict[tuple[str, str], str] = {
        (language, plain(question)): template.id
        for template in kept
        for language, words in template.words.items()
        for question in words.questions
    }
    faults = []
    for template in merged.values():
        for language, words in template.words.items():
            for question in words.questions:
                owner = owners.setdefault((language, plain(question)), template.id)
                if owner != template.id:
                    place = words.origin or template.id
                    faults.append(f"{place}: the question “{question}” is already an example of template {owner}")
    if faults:
        raise RefusedFile(faults)


def _save(session: Session, template: AnswerTemplate, now: datetime) -> None:
    row = session.get(Template, template.id) or Template(id=template.id)
    row.category, row.audience, row.owner = template.category, template.audience, template.owner
    row.source, row.updated_at = template.source, now
    session.add(row)
    session.flush()
    for language, words in template.words.items():
        text = session.get(TemplateText, (template.id, language))
        text = text or TemplateText(template_id=template.id, lang=language)
        text.title, text.questions, text.answer = words.title, list(words.questions), words.answer
        session.add(text)


def _save_categories(session: Session, categories: Mapping[str, Mapping[str, str]]) -> bool:
    changed = False
    for category, titles in categories.items():
        for language, title in titles.items():
            row = session.get(CategoryText, (category, language))
            if row is None:
                session.add(CategoryText(category=category, lang=language, title=title))
            elif row.title != title:
                row.title = title
            else:
                continue
            changed = True
    return changed


def _lock(session: Session) -> None:
    """One change at a time: the second waits here for the first one's commit (PostgreSQL; SQLite has one writer)."""
    if session.get(KnowledgeVersion, 1, with_for_update=True) is not None:
        return
    try:
        with session.begin_nested():
            session.add(KnowledgeVersion(id=1, version=0))
    except IntegrityError:  # another process made it in the meantime, and has committed
        session.get(KnowledgeVersion, 1, with_for_update=True)


def _raise_version(session: Session) -> None:
    row = session.get_one(KnowledgeVersion, 1)
    row.version += 1
