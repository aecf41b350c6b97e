"""Forms as PDF, to print or to send: the same values give the same bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import yaml
from babel.dates import format_date, format_datetime
from fpdf.enums import XPos, YPos
from sqlalchemy.orm import Session

from bot.errors import NotAllowed
from bot.paper import FONT, Paper, printable
from bot.procedures.rules import Form
from bot.tickets import forwarding
from bot.tickets.alarms import procedure_of
from bot.tickets.model import CorrectiveAction, Forwarding, Ticket

BLANK_LINES = 5
"""Room to write by hand, where there is no answer yet."""
_SIZE = 11
_LINE = 0.55
"""Millimetres of a line for each point of the letters' size."""


def forwarding_pdf(
    ticket: Ticket, form: Forwarding, institution: str, zone: ZoneInfo, rule: Form | None = None
) -> bytes:
    """The forwarding form in the ticket's language, with the title and the fields of the procedure's form; a field that
    is none of ours is left empty."""
    language = "en" if ticket.language == "en" else "id"
    labels = _labels()[language]

    def moment(at: datetime | None) -> str:
        return format_datetime(at.astimezone(zone), "d MMMM y HH:mm zzz", locale=language) if at else "-"

    head = (
        ("number", ticket.number), ("subject", ticket.subject), ("unit", form.unit), ("from", form.sent_by),
        ("sent", moment(form.sent_at)), ("due", moment(form.due_at)), ("details", form.details),
    )  # fmt: skip
    filled = {"asked": form.asked, "findings": form.findings, "solution": form.solution}
    fields = [(each.id, each.label.said(language)) for each in rule.fields] if rule else []
    by = form.answered_by and f"{form.answered_by}, {moment(form.answered_at)}"
    rows = [(labels[key], value or "") for key, value in head]
    rows += [(label, filled.get(key) or "") for key, label in fields or [(key, labels[key]) for key in filled]]
    rows.append((labels["by"], by or ""))
    title = rule.title.said(language) if rule else labels["title"]
    return page(institution, title, rows, form.answered_at or form.sent_at)


def report_pdf(session: Session, ticket: Ticket, institution: str, zone: ZoneInfo) -> bytes:
    """The report of the solution for the person, on the procedure's form of tickets, in his language: of what the
    ticket says, else of what the unit answered. A field that is none of ours is left empty. Raises NotAllowed where
    there is no such form, or no solution yet."""
    procedure = procedure_of(session, ticket)
    rule = procedure.profile.form_of("ticket") if procedure else None
    if rule is None:
        raise NotAllowed(f"The procedure of ticket {ticket.number} has no form for such a report.")
    back = forwarding.last_answer(session, ticket)
    solution = ticket.solution or (back and back.solution)
    if not solution:
        raise NotAllowed(f"There is no solution of ticket {ticket.number} yet; nothing was written.")
    language = "en" if ticket.language == "en" else "id"
    labels = _labels()[language]
    opened = format_datetime(ticket.created_at.astimezone(zone), "d MMMM y HH:mm zzz", locale=language)
    known = {"complaint": ticket.summary or ticket.subject, "findings": back and back.findings, "solution": solution}
    rows = [(labels["number"], ticket.number), (labels["opened"], opened)]
    rows += [(each.label.said(language), known.get(each.id) or "") for each in rule.fields]
    return page(institution, rule.title.said(language), rows, ticket.resolved_at or ticket.created_at)


def ptpp_pdf(
    rule: Form, action: CorrectiveAction, ticket: Ticket | None, response: str, institution: str, zone: ZoneInfo,
    language: str,
) -> bytes:  # fmt: skip
    """A corrective action on the profile's form: its title, its fields in its order; what is not written yet is left
    empty, to be written by hand. ``response``: what the person was told about ``ticket``."""
    language = "en" if language == "en" else "id"
    labels = _labels()[language]
    due = action.due_at and format_date(action.due_at.astimezone(zone).date(), "d MMMM y", locale=language)
    known = (action.fields or {}) | {
        "complaint": ticket and (ticket.summary or ticket.subject), "response": response, "finding": action.finding,
        "cause": action.cause, "correction": action.correction, "prevention": action.prevention,
        "owner": action.owner, "due": due, "effect": action.effect,
    }  # fmt: skip
    rows = [(labels["action"], str(action.id)), (labels["number"], ticket.number if ticket else "-")]
    rows += [(each.label.said(language), known.get(each.id) or "") for each in rule.fields]
    made_at = action.checked_at or action.opened_at
    return page(institution, rule.title.said(language), rows, made_at)


def page(institution: str, title: str, rows: Sequence[tuple[str, str]], made_at: datetime) -> bytes:
    """A form of labelled texts; an empty text leaves room to write. ``made_at``: what the file says of its making."""
    pdf = Paper(title, made_at)
    pdf.set_auto_page_break(True, margin=20)
    pdf.add_page()

    def write(text: str, size: int = _SIZE, style: Literal["", "B"] = "", border: Literal[0, 1] = 0) -> None:
        pdf.set_font(FONT, style=style, size=size)
        pdf.multi_cell(0, size * _LINE, text, border=border, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    write(printable(institution))
    write(printable(title), 16, "B")
    for label, text in rows:
        write(printable(label), style="B")
        write(printable(text) or "\n" * BLANK_LINES, border=1)
        pdf.ln(2)
    return bytes(pdf.output())


@cache
def _labels() -> Mapping[str, Mapping[str, str]]:
    read: dict[str, dict[str, str]] = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text(encoding="utf-8"))
    return read
