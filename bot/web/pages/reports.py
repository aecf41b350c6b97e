"""Reports: the month or the week as charts and tables, and the same as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from starlette.responses import Response

from bot.errors import NotAllowed
from bot.procedures.rules import Every
from bot.reports import periods, sending
from bot.reports.chart import LABELS, chart
from bot.reports.csv_file import csv_bytes
from bot.reports.document import Report, shown
from bot.reports.making import Reporter
from bot.reports.pdf_file import pdf_bytes
from bot.reports.periods import Period, around
from bot.reports.png_file import png_bytes
from bot.reports.sending import Told
from bot.reports.xlsx_file import xlsx_bytes
from bot.tickets import roles
from bot.web import talk as talks
from bot.web.gate import not_found
from bot.web.visit import Visit

HOME = "/console/reports"
FORMATS: Mapping[str, str] = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
CHART_FORMATS = ("png", "csv")
MOST_SENT = 20


def reports(visit: Visit) -> Response:
    """The month that is asked for with ``?of=2026-11``, the week with ``?of=2026-W47``; else this month."""
    today = visit.now.astimezone(visit.parts.settings.timezone).date()
    asked = visit.request.query_params.get("of", "")
    period = _period(asked) or periods.month(f"{today:%Y-%m}")
    weekly, report = period.days == 7, _recap(visit, period)
    return visit.show(
        "reports.html",
        active="reports",
        recaps=_recaps_sent(visit),
        schedules=_schedules(visit, today),
        report=report,
        charts=[chart(section, visit.language) for section in report.sections],
        labels=LABELS,
        shown=lambda cell: shown(cell, visit.language),
        weekly=weekly,
        name=_name(period),
        before=_next_to(period, -1),
        after=_next_to(period, 1) if period.after <= today else None,
        this_month=f"{today:%Y-%m}",
        this_week=_week(today),
        formats=tuple(FORMATS),
    )


def file(visit: Visit) -> Response:
    """The same as a file."""
    period = _period(str(visit.path["of"]))
    wanted = str(visit.path["format"])
    if period is None or wanted not in FORMATS:
        return not_found(visit)
    return as_file(_recap(visit, period), _name(period), wanted)


def chart_file(visit: Visit) -> Response:
    """One chart as a picture, or its figures."""
    period, number, wanted = _period(str(visit.path["of"])), visit.path["number"], visit.path["format"]
    if period is None or wanted not in CHART_FORMATS:
        return not_found(visit)
    report = _recap(visit, period)
    section = report.sections[number] if number < len(report.sections) else None
    found = chart(section, visit.language) if section is not None else None
    if section is None or found is None:
        return not_found(visit)
    name = f"{_name(period)}-{number + 1}"
    if wanted == "csv":
        return as_file(replace(report, sections=(section,)), name, "csv")
    return _download(png_bytes(report, section, found), f"{name}.png", "image/png")


def send_again(visit: Visit) -> Response:
    """Try once more to send a recap that failed."""
    path = visit.path
    try:
        key = (path["username"], path["recap"], date.fromisoformat(path["day"]), path["way"])
        with visit.parts.db.write() as session:
            sending.again(session, key, visit.who.username, visit.now)
    except (ValueError, NotAllowed):
        return not_found(visit)
    return visit.go(f"{HOME}#recaps")


def as_file(report: Report, name: str, wanted: str) -> Response:
    """A report to be downloaded; ``wanted``: one of FORMATS."""
    content = {"pdf": lambda: pdf_bytes(report), "xlsx": lambda: xlsx_bytes(report)}
    made = content.get(wanted, lambda: csv_bytes(report))()
    return _download(made, f"{name}.{wanted}", FORMATS[wanted])


def _download(content: bytes, name: str, media_type: str) -> Response:
    disposition = {"Content-Disposition": f'attachment; filename="sapa-{name}"'}
    return Response(content, media_type=media_type, headers=disposition)


def _recap(visit: Visit, period: Period) -> Report:
    parts = visit.parts
    reporter = Reporter(parts.promise.profile, parts.settings.timezone, parts.settings.institution, visit.language)
    with parts.db.read() as session:
        return reporter.recap(session, period, visit.now, title="week" if period.days == 7 else "month")


@dataclass(frozen=True, slots=True)
class Schedule:
    """A recap that goes out by itself. ``who``: who gets it. ``next``: when. ``span``: of the last one, to whom it was
    ``sent``, could not be sent (``failed``), is still being sent (``waits``) and is there in the ``console`` alone."""

    title: str
    every: Every
    who: Sequence[str]
    next: datetime
    span: str
    sent: int
    failed: int
    waits: int
    console: int


def _schedules(visit: Visit, today: date) -> Sequence[Schedule]:
    profile, zone, language = visit.parts.promise.profile, visit.parts.promise.zone, visit.language
    found = []
    with visit.parts.db.read() as session:
        for rule in profile.recaps.values():
            who = dict.fromkeys(name for role in rule.to for name in roles.holders(session, profile.roles[role]))
            names, told = talks.names_of(session, who), sending.last(session, rule.id)
            ways = [way for each in told for way in each.ways]
            sent = sum(way.sent_at is not None for way in ways)
            waits = sum(way.next_try_at is not None for way in ways)
            found.append(Schedule(
                rule.title.said(language), rule.every, [names.get(name, name) for name in who],
                around(rule.every, today).end(zone),
                around(rule.every, told[0].notice.first).said(language) if told else "",
                sent, len(ways) - sent - waits, waits, sum(not each.ways for each in told),
            ))  # fmt: skip
    return found


def _recaps_sent(visit: Visit) -> Sequence[tuple[str, str, str, Told]]:
    """Title, span and receiver of the last recaps that were told of, and what became of them."""
    rules = visit.parts.promise.profile.recaps
    with visit.parts.db.read() as session:
        told = sending.latest(session, MOST_SENT)
        names = talks.names_of(session, (each.notice.username for each in told))
    found = []
    for each in told:
        rule, who = rules.get(each.notice.recap), each.notice.username
        title = rule.title.said(visit.language) if rule else each.notice.recap
        span = around(rule.every if rule else "day", each.notice.first).said(visit.language)
        found.append((title, span, names.get(who, who), each))
    return found


def _period(text: str) -> Period | None:
    for read in (periods.month, periods.week):
        try:
            return read(text)
        except NotAllowed:
            continue
    return None


def _next_to(period: Period, step: int) -> str | None:
    """The name of the month or week before or after; None beyond the first and the last."""
    day = period.after if step > 0 else period.first - timedelta(days=1)
    found = _period(day.isoformat() if period.days == 7 else f"{day:%Y-%m}")
    return _name(found) if found else None


def _name(period: Period) -> str:
    return _week(period.first) if period.days == 7 else f"{period.first:%Y-%m}"


def _week(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"
