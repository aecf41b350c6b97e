"""Recaps by mail, with their files, and on Telegram, to whom the procedure says.

Telegram keeps what it carries: there a recap that has nothing but figures goes as a file; what names people and what
they wrote stays behind the sign-in, and a link leads to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy.orm import Session

from bot.errors import TransportError
from bot.mail import File
from bot.reports import sending
from bot.reports.making import Reporter
from bot.reports.pdf_file import pdf_bytes
from bot.reports.periods import around
from bot.reports.sending import Outgoing
from bot.reports.xlsx_file import xlsx_bytes
from bot.web.pages.reports import FORMATS
from bot.web.posting import Letter, Poster
from bot.web.words import say

MOST_BYTES = 10_000_000
"""Of the files of one letter; mail servers commonly take no more. What is larger has to be fetched."""


class RecapPoster(Poster[Outgoing]):
    """Sends recaps, one after the other: making one takes seconds."""

    at_once = 1

    def next_try(self, session: Session) -> datetime | None:
        return sending.next_delivery(session)

    def claim(self, session: Session, now: datetime) -> Sequence[Outgoing]:
        return sending.claim(session, now, self.at_once)

    def letter(self, item: Outgoing) -> Letter:
        rule = self.promise.profile.recaps.get(item.recap)
        if rule is None:
            raise TransportError("the procedure has no such recap any more", permanent=True)
        language, settings = item.language, self.settings
        told = {"title": rule.title.said(language), "span": around(rule.every, item.first).said(language)}
        told["link"] = f"{settings.address}/console/recaps/{item.recap}/{item.first}/pdf"
        files = self._files(item) if item.way == "email" or rule.shows == "figures" else ()
        if sum(len(file.content) for file in files) > MOST_BYTES:
            files = ()
        text = say(language, "recap_enclosed" if files else "recap_linked", **told)
        return Letter(say(language, "recap_subject", **told), text, files, _key(item))

    def _files(self, item: Outgoing) -> Sequence[File]:
        settings = self.settings
        reporter = Reporter(self.promise.profile, settings.timezone, settings.institution, item.language)
        with self.db.read() as session:
            made = reporter.of_recap(session, item.recap, item.first, self.clock())
        name = f"sapa-{item.recap}-{item.first}"
        return [
            File(f"{name}.pdf", FORMATS["pdf"], pdf_bytes(made)),
            File(f"{name}.xlsx", FORMATS["xlsx"], xlsx_bytes(made)),
        ]

    def sent(self, session: Session, item: Outgoing, now: datetime) -> None:
        sending.sent(session, item, now)

    def not_sent(self, session: Session, item: Outgoing, error: TransportError, now: datetime) -> bool:
        return sending.not_sent(session, item, error.reason, error.permanent, now)

    def name(self, item: Outgoing) -> str:
        return f"the recap {item.recap} of {item.first}"


def _key(item: Outgoing) -> str:
    told = f"{item.username} {item.recap} {item.first} {item.told_at.isoformat()}"
    return f"recap.{sha256(told.encode()).hexdigest()[:32]}"
