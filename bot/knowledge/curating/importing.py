"""An import carried out: replayed where it would be public at once, refused where the base changed meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.errors import NotAllowed, lines, told
from bot.knowledge import store, versions
from bot.knowledge.checks import Rules
from bot.knowledge.curating import trials
from bot.knowledge.curating.replay import Learn, Replayed
from bot.knowledge.curating.trials import Trial
from bot.knowledge.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Import:
    """Templates checked against the base as it is. ``replacing``: what they do not name goes. ``publish``: they are
    public at once; else they wait in review for somebody else. ``trial``: None where there is nothing to try."""

    templates: Snapshot
    plan: store.Plan
    trial: Trial | None
    base_version: int
    replacing: bool
    publish: bool

    def replayed(self, learn: Learn) -> Replayed | None:
        """What would change for people; None where nothing is tried. CPU-bound."""
        return self.trial.run(learn=learn) if self.trial is not None else None


def prepare(
    session: Session, templates: Snapshot, rules: Rules, now: datetime, *, replacing: bool = False, publish: bool
) -> Import:
    """Check an import. Raises RefusedFile with every fault."""
    number = versions.version(session)
    plan = store.plan_import(session, templates, rules, replacing=replacing)
    tried = publish and bool(plan.after or plan.changes.removed) and bool(versions.published(session))
    trial = trials.of_import(session, plan, now) if tried else None
    return Import(templates, plan, trial, number, replacing, publish)


def carry_out(
    session: Session,
    prepared: Import,
    report: Replayed | None,
    actor: str,
    now: datetime,
    rules: Rules,
    *,
    despite: str | None = None,
) -> store.Changes:
    """Import all or nothing; the caller commits. ``report``: of ``prepared.replayed``. ``despite``: the reason for
    importing what it blocks; both are written down. Raises NotAllowed: it blocks, or the base has changed
    since; RefusedFile.
    """
    reason = (despite or "").strip()
    if report is not None and report.blocks and not reason:
        raise NotAllowed(told("Nothing was imported:\n{blocks}", blocks=lines(report.blocks)))
    versions.lock(session)
    if versions.version(session) != prepared.base_version:
        raise NotAllowed(told("The published templates have just changed; import again."))
    return store.import_templates(
        session,
        prepared.templates,
        now,
        actor=actor,
        rules=rules,
        replacing=prepared.replacing,
        publish=prepared.publish,
        data=report.overruled(reason) if report is not None else None,
    )
