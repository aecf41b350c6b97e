"""``sapa report``: figures and lists, as CSV, XLSX or PDF."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from sqlalchemy.orm import Session

from bot.clock import utc_now
from bot.commands import setting_up
from bot.commands.desk import As, at_desk
from bot.errors import SapaError
from bot.reports import periods
from bot.reports import recaps as recaps_told
from bot.reports.csv_file import csv_bytes
from bot.reports.document import Report
from bot.reports.making import Reporter
from bot.reports.pdf_file import pdf_bytes
from bot.reports.xlsx_file import xlsx_bytes

report = typer.Typer(no_args_is_help=True, help="Figures and lists as CSV, XLSX or PDF.")

Format = Annotated[Literal["pdf", "xlsx", "csv"], typer.Option("--format")]
Out = Annotated[Path | None, typer.Option("--out", help="The file to write; without it one is named after the report.")]
Language = Annotated[Literal["id", "en"], typer.Option("--language", help="Of the words in it.")]
Month = Annotated[str, typer.Argument(help="As 2026-11.")]
Week = Annotated[str, typer.Argument(help="As 2026-W47, or a day in it.")]


@report.command()
def monthly(month: Month, format: Format = "pdf", out: Out = None, language: Language = "id") -> None:
    """The monthly report: volume, promises, how talks ended, survey, gaps, scorecard."""
    period = periods.month(month)
    _write(
        lambda make, session: make.recap(session, period, utc_now(), title="month"),
        f"monthly-{month}",
        format,
        out,
        language,
    )


@report.command()
def weekly(week: Week, format: Format = "pdf", out: Out = None, language: Language = "id") -> None:
    """The same for a week, Monday to Sunday."""
    period = periods.week(week)
    _write(
        lambda make, session: make.recap(session, period, utc_now(), title="week"),
        f"weekly-{week}",
        format,
        out,
        language,
    )


@report.command()
def unfinished(format: Format = "pdf", out: Out = None, language: Language = "id") -> None:
    """Tickets that are not worked on, not categorised, not closed."""
    _write(lambda make, session: make.unfinished(session, utc_now()), "unfinished", format, out, language)


@report.command()
def archive(month: Month, format: Format = "xlsx", out: Out = None, language: Language = "id") -> None:
    """Every message of a month with its sender and destination."""
    period = periods.month(month)
    _write(lambda make, session: make.archive(session, period), f"archive-{month}", format, out, language)


@report.command()
def register(
    name: Annotated[str, typer.Argument(help="A register of the profile.")],
    month: Month,
    format: Format = "pdf",
    out: Out = None,
    language: Language = "id",
) -> None:
    """A register of the profile, for a month."""
    period = periods.month(month)
    _write(lambda make, session: make.register(session, name, period), f"{name}-{month}", format, out, language)


@report.command()
def recap(
    name: Annotated[str, typer.Argument(help="A recap of the profile.")],
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="A day that it is of.")],
    format: Format = "pdf",
    out: Out = None,
    language: Language = "id",
) -> None:
    """A recap of the profile: of the day, week or month that the day is in."""
    of = day.date()
    _write(lambda make, session: make.of_recap(session, name, of, utc_now()), f"{name}-{of}", format, out, language)


@report.command()
def recaps(username: As = None) -> None:
    """The recaps that somebody was told of, the newest first."""
    with at_desk(username, None) as at:
        rows = recaps_told.notices(at.session, at.username)
        for notice in rows:
            known = at.promise.profile.recaps.get(notice.recap)
            typer.echo(f"{notice.recap:<16} {notice.first}  {known.title.said('id') if known else ''}".rstrip())
    if not rows:
        typer.echo("No recap was made yet.")


@report.command()
def tags(format: Format = "pdf", out: Out = None, language: Language = "id") -> None:
    """The list of categories."""
    _write(lambda make, _: make.tags(utc_now()), "tags", format, out, language)


@report.command()
def replies(format: Format = "pdf", out: Out = None, language: Language = "id") -> None:
    """The list of automatic replies."""
    _write(lambda make, session: make.replies(session, utc_now()), "replies", format, out, language)


def _write(
    make: Callable[[Reporter, Session], Report], name: str, format: str, out: Path | None, language: str
) -> None:
    settings = setting_up.settings()
    db = setting_up.open_database(settings)
    profile = setting_up.promise_in_use(settings, db).profile
    reporter = Reporter(profile, settings.timezone, settings.institution, language)
    with db.read() as session:
        made = make(reporter, session)
    path = out or Path(f"{name}.{format}")
    try:
        path.write_bytes(_bytes(made, format))
    except OSError as error:
        raise SapaError(f"{path} cannot be written: {error.strerror}.") from error
    typer.echo(f"{path}: {sum(len(section.rows) for section in made.sections)} lines in {len(made.sections)} tables.")


def _bytes(made: Report, format: str) -> bytes:
    if format == "pdf":
        return pdf_bytes(made)
    return xlsx_bytes(made) if format == "xlsx" else csv_bytes(made)
