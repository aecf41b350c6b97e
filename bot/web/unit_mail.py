"""Mails to units: what is asked about a ticket, by when, the form as PDF, and the link by which it is answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from string import Template

import yaml
from sqlalchemy.orm import Session

from bot.errors import TransportError
from bot.mail import File
from bot.procedures.hours import hours_of
from bot.procedures.why import moment_in_words
from bot.tickets import forwarding, links, unit_mail
from bot.tickets.form import forwarding_pdf
from bot.tickets.model import Forwarding, Ticket
from bot.tickets.unit_mail import Outgoing
from bot.web.posting import Letter, Poster

_WORDS = Path(__file__).parent / "forms" / "unit_mail.yml"


class UnitPoster(Poster[Outgoing]):
    """Sends forwarding forms, in the language of the ticket."""

    def next_try(self, session: Session) -> datetime | None:
        return unit_mail.next_mail(session)

    def claim(self, session: Session, now: datetime) -> Sequence[Outgoing]:
        return unit_mail.claim(session, self.promise.profile, now, self.at_once)

    def letter(self, item: Outgoing) -> Letter:
        settings = self.settings
        with self.db.read() as session:
            form = session.get_one(Forwarding, item.form_id)
            ticket = session.get_one(Ticket, form.ticket_id)
            rule = forwarding.rule_of(session, ticket)
        language = "en" if ticket.language == "en" else "id"
        words = _words()[language]
        told = {
            "number": ticket.number, "unit": form.unit, "asked": form.asked, "institution": settings.institution,
            "service": self.promise.profile.wording.service.said(language),
            "link": links.address(settings.data_dir, settings.address, form),
        }  # fmt: skip
        hours = hours_of(self.promise.profile, settings.timezone)
        due = form.due_at and moment_in_words(form.due_at, hours, language)
        told["by"] = Template(words["by"]).substitute(due=due) if due else ""
        subject = Template(words[f"{item.kind}_subject"]).substitute(told)
        text = "\n".join(Template(words[part]).substitute(told) for part in (item.kind, "rest"))
        pdf = forwarding_pdf(ticket, form, settings.institution, settings.timezone, rule)
        return Letter(subject, text, [File(f"{ticket.number}.pdf", "application/pdf", pdf)], _key(item))

    def sent(self, session: Session, item: Outgoing, now: datetime) -> None:
        unit_mail.sent(session, item.id, now)

    def not_sent(self, session: Session, item: Outgoing, error: TransportError, now: datetime) -> bool:
        return unit_mail.not_sent(session, item.id, error.reason, error.permanent, now)

    def name(self, item: Outgoing) -> str:
        return f"a unit's mail about {item.ticket}"


def _key(item: Outgoing) -> str:
    told = f"{item.id} {item.form_id} {item.kind} {item.at.isoformat()}"
    return f"unit.{sha256(told.encode()).hexdigest()[:32]}"


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    read: dict[str, dict[str, str]] = yaml.safe_load(_WORDS.read_text(encoding="utf-8"))
    return read
