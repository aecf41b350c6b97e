"""``/reports``: the figures of a month or a week, as values and as files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import TypeAdapter
from starlette.responses import Response

from bot.errors import NotAllowed
from bot.reports import periods
from bot.reports.csv_file import csv_bytes
from bot.reports.document import Cell, Report
from bot.reports.making import Reporter
from bot.reports.pdf_file import pdf_bytes
from bot.reports.periods import Period
from bot.reports.xlsx_file import xlsx_bytes
from bot.web.api import shapes
from bot.web.api.door import Caller, ReportReader
from bot.web.api.problems import documented, not_found

router = APIRouter(prefix="/reports", tags=["reports"], responses=documented(401, 403, 404, 422, 429))
Of = Annotated[
    str, Path(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2]|W[0-5][0-9])$", description="A month (2026-11) or a week (2026-W47).")
]
Format = Literal["pdf", "xlsx", "csv"]
MAKERS: Mapping[Format, tuple[str, Callable[[Report], bytes]]] = {
    "pdf": ("application/pdf", pdf_bytes),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx_bytes),
    "csv": ("text/csv; charset=utf-8", csv_bytes),
}
_DURATION = TypeAdapter(timedelta)
_FILE = {"type": "string", "format": "binary"}


@router.get("/{period}", response_model=shapes.Report)
def get_report(caller: ReportReader, period: Of, language: shapes.Language = "id") -> shapes.Report:
    """The figures of a month or a week; of one that is not over, what there is until now. Scope `reports:read`."""
    report = _report(caller, period, language)
    sections = [
        shapes.Section(
            title=each.title, sentence=each.sentence, columns=list(each.columns),
            rows=[[_cell(cell) for cell in row] for row in each.rows],
        )
        for each in report.sections
    ]  # fmt: skip
    return shapes.Report(
        title=report.title, span=report.span, institution=report.institution, language=language, sections=sections
    )


@router.get(
    "/{period}/{format}",
    response_class=Response,
    responses={200: {"content": {kind.partition(";")[0]: {"schema": _FILE} for kind, _ in MAKERS.values()}}},
)
def get_report_file(
    caller: ReportReader,
    period: Of,
    format: Format,
    language: shapes.Language = "id",
) -> Response:
    """The same as a file. Scope `reports:read`."""
    media_type, make = MAKERS[format]
    name = {"Content-Disposition": f'attachment; filename="sapa-{period}.{format}"'}
    return Response(make(_report(caller, period, language)), media_type=media_type, headers=name)


def _report(caller: Caller, text: str, language: str) -> Report:
    period, weekly, parts = _period(text), "W" in text, caller.parts
    reporter = Reporter(parts.promise.profile, parts.settings.timezone, parts.settings.institution, language)
    with parts.db.read() as session:
        return reporter.recap(session, period, caller.now, title="week" if weekly else "month")


def _period(text: str) -> Period:
    try:
        return periods.week(text) if "W" in text else periods.month(text)
    except NotAllowed:
        raise not_found("month or week") from None


def _cell(cell: Cell) -> shapes.Cell:
    if isinstance(cell, timedelta):
        return str(_DURATION.dump_python(cell, mode="json"))
    return cell.isoformat() if isinstance(cell, datetime) else cell
