"""The published templates, and imports. Every change raises the version in its transaction, so that all processes
learn it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import NotAllowed, RefusedFile, Told, at, told
from bot.knowledge import versions
from bot.knowledge.checks import Rules, collisions, faults_of
from bot.knowledge.content import Content
from bot.knowledge.curating.life import Step
from bot.knowledge.model import CategoryText, TemplateVersion
from bot.knowledge.snapshot import Snapshot

version = versions.version
IMPORT = "import"
"""The actor of an import that nobody put his name to."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What an import does, by template id. ``kept``: in the base and not in the import, left as they are; ``removed``:
    the same, where the import replaces the base. ``waiting``: of the added and changed, those that wait for somebody
    else to publish them."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()

    def counts(self) -> dict[str, int]:
        """How many of each, of those there are."""
        names = ("added", "changed", "removed", "waiting")
        return {name: len(found) for name in names if (found := getattr(self, name))}


@dataclass(frozen=True, slots=True)
class Plan:
    """An import that has been checked. ``before`` and ``after``: contents by id, where they differ."""

    changes: Changes
    before: Mapping[str, Content]
    after: Mapping[str, Content]
    categories: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Renamed:
    """A category's title that an import brings. ``before``: None where the category has none in that language yet."""

    category: str
    language: str
    before: str | None
    after: str


def load(session: Session, *, every: bool = False) -> Snapshot:
    """The templates that are answered from; with ``every`` also the published ones outside their dates. The version is
    read first: a change in between is seen as a newer version later, never missed."""
    number = version(session)
    rows = versions.published(session).values()
    templates = tuple(versions.content_of(row) for row in rows if every or row.offered)
    categories: dict[str, dict[str, str]] = {}
    for title in session.scalars(select(CategoryText)):
        categories.setdefault(title.category, {})[title.lang] = title.title
    return Snapshot(templates, categories, number)


def content(session: Session, template_id: str) -> Content | None:
    """What a template says now; None when it is not offered."""
    row = session.scalar(select(TemplateVersion).filter_by(template_id=template_id, state="published", offered=True))
    return versions.content_of(row) if row is not None else None


def plan_import(session: Session, templates: Snapshot, rules: Rules, *, replacing: bool = False) -> Plan:
    """What importing ``templates`` would do: merged into the base by id, one language at a time, so that what the
    import does not name stays; ``replacing``: what it does not name goes.

    Raises RefusedFile with every fault: an example question in two templates, an unknown variable, a date that is over
    (of a template that is new or changed) or inverted, a button that leads nowhere.
    """
    before = {key: versions.content_of(row) for key, row in versions.published(session).items()}
    known = {} if replacing else before
    new = {each.id: merged(known.get(each.id), Content.of(each)) for each in templates.templates}
    rest = tuple(key for key in before if key not in new)
    after = new if replacing else {**before, **new}
    added = tuple(key for key in new if key not in before)
    changed = tuple(key for key in new if key in before and new[key] != before[key])
    faults = [fault for key in (*added, *changed) for fault in faults_of(new[key], rules, after)]
    faults += collisions(new, [] if replacing else [before[key] for key in rest])
    if faults:
        raise RefusedFile(faults)
    unchanged = tuple(key for key in new if key in before and key not in changed)
    gone = {"removed": rest} if replacing else {"kept": rest}
    touched = (*added, *changed, *(rest if replacing else ()))
    return Plan(
        Changes(added, changed, unchanged, **gone),
        {key: before[key] for key in touched if key in before},
        {key: new[key] for key in touched if key in new},
        templates.categories,
    )


def import_templates(
    session: Session,
    templates: Snapshot,
    now: datetime,
    *,
    actor: str = IMPORT,
    rules: Rules | None = None,
    replacing: bool = False,
    publish: bool = True,
    data: Mapping[str, Any] | None = None,
) -> Changes:
    """Carry out ``plan_import``, all or nothing. Without ``publish`` the changes wait in review for somebody else.
    ``data``: what is written down of it for each of them."""
    versions.lock(session)
    rules = rules or Rules(now.date())
    plan = plan_import(session, templates, rules, replacing=replacing)
    live, opened = versions.published(session), versions.open_versions(session)
    if faults := drafts_of_others(plan, opened, actor):
        raise RefusedFile(faults)
    if plan.changes.removed and not publish:
        raise NotAllowed(told("Two people are needed to take templates away: archive them one by one."))
    if publish:
        versions.move_many(session, [live[key] for key in plan.changes.removed], "archive", actor, now)
        versions.move_many(session, [live[key] for key in plan.after if key in live], "supersede", actor, now)
    versions.move_many(session, [opened[key] for key in plan.after if key in opened], "replace", actor, now)
    based_on = {key: row.number for key, row in live.items()}
    steps: tuple[Step, ...] = ("write", "submit", "publish") if publish else ("write", "submit")
    for row in versions.add_many(session, plan.after.values(), steps, actor, now, based_on=based_on, data=data):
        if publish:
            row.published_at, row.offered = now, plan.after[row.template_id].offered(rules.today)
    renamed = _save_categories(session, plan.categories, rename=publish)
    if (publish and (plan.after or plan.changes.removed)) or renamed:
        versions.raise_version(session)
    session.flush()
    return plan.changes if publish else replace(plan.changes, waiting=tuple(plan.after))


def drafts_of_others(plan: Plan, opened: Mapping[str, TemplateVersion], actor: str) -> list[Told]:
    """Where an import would replace what somebody else is writing (``opened``): a fault each."""
    faults: list[Told] = []
    for key, row in opened.items():
        if key in plan.after and row.author != actor:
            what = told(
                "{author} is writing {id} (version {number}); publish or archive it first",
                author=row.author, id=key, number=row.number,
            )  # fmt: skip
            faults.append(at(plan.after[key].place(), what))
    return faults


def merged(old: Content | None, new: Content) -> Content:
    """``new`` with what ``old`` says in the languages that ``new`` does not have."""
    if old is None:
        return new
    kept = {language: each for language, each in old.attachments.items() if language not in new.words}
    return replace(new, words={**old.words, **new.words}, attachments={**kept, **new.attachments})


def renamed(session: Session, categories: Mapping[str, Mapping[str, str]], *, rename: bool) -> list[Renamed]:
    """Which titles an import changes; without ``rename`` only those that are not there yet."""
    titles = {(row.category, row.lang): row.title for row in session.scalars(select(CategoryText))}
    found = [
        Renamed(category, language, titles.get((category, language)), title)
        for category, own in categories.items()
        for language, title in own.items()
        if title
    ]
    return [each for each in found if each.before != each.after and (rename or each.before is None)]


def _save_categories(session: Session, categories: Mapping[str, Mapping[str, str]], *, rename: bool) -> bool:
    changes = renamed(session, categories, rename=rename)
    for each in changes:
        session.merge(CategoryText(category=each.category, lang=each.language, title=each.after))
    return bool(changes)
