"""``sapa knowledge …``: what a supervisor does with templates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from bot.clock import utc_now
from bot.commands import curating_told as told
from bot.commands import setting_up
from bot.commands.content import knowledge
from bot.commands.desk import As
from bot.config import Settings
from bot.conversation.replies import human_replies
from bot.errors import SapaError
from bot.identity import audit
from bot.knowledge import exchange, store, versions
from bot.knowledge.base import Knowledge
from bot.knowledge.checks import Rules
from bot.knowledge.content import Content
from bot.knowledge.curating import calendar, figures, gaps, golden, importing, publishing, trials
from bot.knowledge.curating.asked import MONTH
from bot.knowledge.curating.replay import ask_all
from bot.knowledge.embedding import Embedder
from bot.knowledge.snapshot import Snapshot
from bot.knowledge.variables import OF_THE_TURN
from bot.procedures.profile import Profile
from bot.storage.database import Database
from bot.tickets import roles

Source = Annotated[
    Path, typer.Argument(help="A folder with <language>/<category>.yml, a .zip of one, or a .csv or .xlsx file.")
]
Id = Annotated[str, typer.Argument(help="The template's id.")]
Ids = Annotated[list[str] | None, typer.Argument(help="Templates' ids; without any, all that is handed in.")]
Despite = Annotated[str | None, typer.Option(help="Publish what the replay blocks, for this reason.")]
Months = Annotated[int, typer.Option(help="How far to look back.", min=1, max=60)]
Language = Annotated[str, typer.Option("--language", help="id or en")]


@dataclass(frozen=True, slots=True)
class Desk:
    """A supervisor at work: the database, the settings, what templates are measured by."""

    db: Database
    settings: Settings
    now: datetime
    profile: Profile

    @property
    def rules(self) -> Rules:
        today = self.now.astimezone(self.settings.timezone).date()
        return Rules(today, OF_THE_TURN | self.settings.variables.keys())

    def learn(self, snapshot: Snapshot) -> Knowledge:
        """A base as those that answer people."""
        base = Knowledge.of(self.settings)
        base.replace(snapshot)
        return base

    def actor(self, session: Session, username: str | None) -> str:
        """Who curates: ``username``, else SAPA_AGENT's, else the first who may. Raises NotAllowed where the profile in
        use does not let him."""
        name = username or self.settings.agent or roles.first_who_may(session, self.profile, "curate")
        roles.granted(session, self.profile, name, "curate")
        return name


@contextmanager
def _desk() -> Iterator[Desk]:
    settings = setting_up.settings()
    db = setting_up.open_database(settings)
    try:
        yield Desk(db, settings, utc_now(), setting_up.promise_in_use(settings, db).profile)
    finally:
        db.close()


def import_(
    path: Source,
    preview: Annotated[bool, typer.Option("--preview", help="Only tell what would change.")] = False,
    replacing: Annotated[bool, typer.Option("--replace", help="Archive what the import does not name.")] = False,
    despite: Despite = None,
    username: As = None,
) -> None:
    """Merge templates into the base by their ids, all or nothing; live within a second. Where two people are needed,
    they wait for somebody else to publish them."""
    snapshot = exchange.read(path)
    with _desk() as desk:
        publish = not desk.settings.four_eyes
        with desk.db.read() as session:
            wanted = importing.prepare(session, snapshot, desk.rules, desk.now, replacing=replacing, publish=publish)
        if preview:
            told.plan(wanted.plan)
            return
        report = wanted.replayed(desk.learn)
        with desk.db.write() as session:
            actor = desk.actor(session, username)
            changes = importing.carry_out(session, wanted, report, actor, desk.now, desk.rules, despite=despite)
            audit.note(session, actor, "templates imported", f"templates {path.name}", desk.now, changes.counts())
        if report is not None and report.blocks:
            told.replayed(report)
        told.changes(changes)


def export(
    path: Annotated[Path, typer.Argument(help="A folder (made if it is not there), or a .zip, .csv or .xlsx file.")],
    drafts: Annotated[bool, typer.Option("--drafts", help="What is being worked on instead.")] = False,
) -> None:
    """Write all published templates in a form that ``import`` reads."""
    with _desk() as desk:
        with desk.db.read() as session:
            snapshot = store.load(session, every=True)
            if drafts:
                rows = versions.open_versions(session).values()
                snapshot = replace(snapshot, templates=tuple(map(versions.content_of, rows)))
        exchange.write(path, snapshot)
        typer.echo(f"{len(snapshot.templates)} templates written to {path}.")


def draft(path: Source, username: As = None) -> None:
    """Keep new wordings of templates as drafts; nobody is answered from them yet."""
    snapshot = exchange.read(path)
    with _desk() as desk, desk.db.write() as session:
        actor = desk.actor(session, username)
        live = versions.published(session)
        for template in map(Content.of, snapshot.templates):
            old = live.get(template.id)
            merged = store.merged(versions.content_of(old) if old is not None else None, template)
            row = publishing.draft(session, merged, actor, desk.now)
            typer.echo(f"{row.template_id}  version {row.number}  draft")


def review(
    ids: Annotated[list[str] | None, typer.Argument(help="Drafts to hand in.")] = None,
    back: Annotated[str | None, typer.Option(help="Give them back instead, for this reason.")] = None,
    username: As = None,
) -> None:
    """Hand drafts in, or give them back; without ids, list what is being worked on and what owners should know."""
    with _desk() as desk, desk.db.write() as session:
        for template_id in ids or ():
            actor = desk.actor(session, username)
            if back is None:
                publishing.submit(session, template_id, actor, desk.now, desk.rules)
            else:
                publishing.give_back(session, template_id, actor, desk.now, back)
        told.waiting(versions.open_versions(session).values(), calendar.notices(session), desk.settings.timezone)


def replay(ids: Ids = None, months: Months = trials.MONTHS) -> None:
    """Ask what people asked of the base with these drafts, and show what would change. Fails when it blocks."""
    with _desk() as desk:
        with desk.db.read() as session:
            trial = trials.of_versions(session, ids or (), desk.now, months=months)
        report = trial.run(learn=desk.learn)
        told.replayed(report)
        if report.blocks:
            raise typer.Exit(1)


def publish(ids: Ids = None, despite: Despite = None, months: Months = trials.MONTHS, username: As = None) -> None:
    """Publish what is handed in, after a replay; live within a second."""
    with _desk() as desk:
        with desk.db.read() as session:
            actor = desk.actor(session, username)
            trial = trials.of_versions(session, ids or (), desk.now, months=months)
        report = trial.run(learn=desk.learn)
        four_eyes = desk.settings.four_eyes
        with desk.db.write() as session:
            rows = publishing.publish(
                session, report, actor, desk.now, desk.rules, four_eyes=four_eyes, despite=despite
            )
            published = [(row.template_id, row.number) for row in rows]
        told.replayed(report)
        for template_id, number in published:
            typer.echo(f"{template_id}  version {number}  published")


def archive(template_id: Id, username: As = None) -> None:
    """Take a template out of the base, or give its draft up. Its versions are kept."""
    with _desk() as desk, desk.db.write() as session:
        row = publishing.archive(session, template_id, desk.actor(session, username), desk.now)
        typer.echo(f"{row.template_id}  version {row.number}  archived")


def rollback(
    template_id: Id,
    to: Annotated[int | None, typer.Option(help="The version; without it, the one before.")] = None,
    username: As = None,
) -> None:
    """Publish an earlier version again, at once."""
    with _desk() as desk, desk.db.write() as session:
        actor = desk.actor(session, username)
        row = publishing.roll_back(session, template_id, actor, desk.now, desk.rules, to)
        typer.echo(f"{row.template_id}  version {row.number}  published")


def history(template_id: Id) -> None:
    """Everything that happened to a template: when, who, what."""
    with _desk() as desk, desk.db.read() as session:
        told.history(publishing.history(session, template_id), desk.settings.timezone)


def diff(
    template_id: Id,
    old: Annotated[int | None, typer.Option("--from", help="A version; without it, the one that was public.")] = None,
    new: Annotated[int | None, typer.Option("--to", help="A version; without it, the newest.")] = None,
) -> None:
    """What changed from one version of a template to another."""
    with _desk() as desk, desk.db.read() as session:
        told.differences(publishing.compare(session, template_id, old, new))


def golden_(
    question: Annotated[list[str] | None, typer.Argument(help="The question; without one, all are listed.")] = None,
    template: Annotated[str | None, typer.Option(help="What must answer it; without it, nothing may.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take it off the list.")] = False,
    language: Language = "id",
    username: As = None,
) -> None:
    """Keep a golden question, whose answer no change may break; or list them all, with what holds now."""
    text = " ".join(question or ())
    with _desk() as desk:
        with desk.db.write() as session:
            if text and remove:
                golden.remove(session, text, language)
            elif text:
                golden.add(session, text, language, template, desk.actor(session, username), desk.now)
            wanted, published = trials.golden_questions(session), store.load(session)
        if wanted:
            told.golden(wanted, ask_all(desk.learn(published), wanted))


def gaps_(
    number: Annotated[int | None, typer.Option("--draft", help="Make a draft of the gap with this number.")] = None,
    months: Months = 3,
    people: Annotated[int, typer.Option(help="Only what so many different people asked.", min=1)] = 2,
    username: As = None,
) -> None:
    """What people ask that nothing answers well, those of most people first."""
    with _desk() as desk:
        with desk.db.read() as session:
            embedder = Embedder.of_this_machine() if desk.settings.embeddings else None
            found = gaps.find(session, desk.now, months=months, least_people=people, embedder=embedder)
            drafts = gaps.drafts(session, found)
        if number is None:
            told.gaps(found, drafts)
            return
        if not 1 <= number <= len(found):
            raise SapaError(f"There is no gap {number}; there are {len(found)}.")
        gap = found[number - 1]
        with desk.db.write() as session:
            replies = human_replies(session, gap.inbox_ids)
            row = gaps.draft_of(session, gap, desk.actor(session, username), desk.now, replies)
            typer.echo(f"{row.template_id}  version {row.number}  draft")
            told.differences(publishing.compare(session, row.template_id))


def figures_(months: Months = 1) -> None:
    """How often each template was asked for, shown, and helped."""
    with _desk() as desk, desk.db.read() as session:
        told.figures(figures.of_templates(session, desk.now - months * MONTH), desk.settings.timezone)


_COMMANDS: tuple[tuple[str, Callable[..., None]], ...] = (
    ("import", import_),
    ("export", export),
    ("draft", draft),
    ("review", review),
    ("replay", replay),
    ("publish", publish),
    ("archive", archive),
    ("rollback", rollback),
    ("history", history),
    ("diff", diff),
    ("golden", golden_),
    ("gaps", gaps_),
    ("figures", figures_),
)


for name, command in _COMMANDS:
    knowledge.command(name)(command)
