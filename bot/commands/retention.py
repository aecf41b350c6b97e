"""``sapa retention …``: what has been kept long enough, and erasing it now."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from bot.clock import utc_now
from bot.commands import setting_up
from bot.commands.desk import As, AtDesk, at_desk
from bot.conversation import keeping, nightly
from bot.conversation.keeping import Due
from bot.conversation.model import RetentionRun

retention = typer.Typer(no_args_is_help=True, help="How long people and files are kept, as the profile says.")
SOON = timedelta(days=30)


@retention.command()
def show(username: As = None) -> None:
    """What is due now, in the next night and within 30 days, and what the last run did."""
    with at_desk(username, "administer") as at:
        rule, night = at.promise.profile.retention, nightly.next_night(at.now, at.promise.zone)
        typer.echo(f"people  kept {rule.conversations.days} days after they were last heard from")
        typer.echo(f"files   kept {rule.files.days} days")
        for told, when in (("now", at.now), (f"{night:%a %d %b %H:%M}", night), ("30 days", at.now + SOON)):
            typer.echo(f"{told:<16} {_told(keeping.due(at.session, rule, when))}")
        typer.echo(_last(at))


@retention.command()
def apply(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    username: As = None,
) -> None:
    """Erase what is due now. It cannot be had back."""
    with at_desk(username, "administer") as at:
        rule, actor = at.promise.profile.retention, at.username
        if dry_run:
            typer.echo(f"Would be erased: {_told(keeping.due(at.session, rule, at.now))}.")
            return
        run_id = nightly.begin(at.session, actor, at.now)
    settings = setting_up.settings()
    db = setting_up.open_database(settings)
    try:
        for _ in keeping.carry_out(db, settings.data_dir, rule, run_id, actor, utc_now()):
            pass
        with db.write() as session:
            nightly.finish(session, run_id, utc_now())
            run = session.get_one(RetentionRun, run_id)
            done = Due(run.people, run.files)
    finally:
        db.close()
    typer.echo(f"Erased: {_told(done)}.")


def _last(at: AtDesk) -> str:
    run = nightly.latest(at.session)
    if run is None:
        return "Nothing was erased yet."
    begun = f"{run.started_at.astimezone(at.settings.timezone):%a %d %b %Y %H:%M}"
    state = "" if run.finished_at else ", not finished"
    return f"last run {begun} by {run.actor}: {_told(Due(run.people, run.files))}{state}"


def _told(what: Due) -> str:
    return f"{what.people} people, {what.files} files"
