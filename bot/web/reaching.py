"""Telling staff where they are: what is on their list in the console goes by mail or Telegram to who wants it so.

What a person wrote is not in it: only the ticket's number, what is promised, and where to look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.errors import TransportError
from bot.procedures.profile import Profile
from bot.reports import periods
from bot.tickets import notices
from bot.web.posting import Letter, Poster
from bot.web.times import Times, format_date
from bot.web.words import known, say


class Reacher(Poster[notices.Outgoing]):
    """Sends notices."""

    def next_try(self, session: Session) -> datetime | None:
        return notices.next_delivery(session)

    def claim(self, session: Session, now: datetime) -> Sequence[notices.Outgoing]:
        return notices.claim(session, now, self.at_once)

    def letter(self, item: notices.Outgoing) -> Letter:
        language = item.language
        if item.kind == notices.OFTEN:
            return self._proposal(item)
        subject = f"{known(language, 'notice', item.kind)}: {item.ticket}"
        where = f"{self.settings.address}/console/tickets/{item.ticket}"
        if not item.promise:
            return Letter(subject, where)
        promise = promise_in_words(language, self.promise.profile, item.promise)
        due = Times(self.clock(), self.settings.timezone, language).full(item.due_at)
        return Letter(subject, f"{promise} · {say(language, 'was_due', time=due)}\n{where}")

    def _proposal(self, item: notices.Outgoing) -> Letter:
        what = proposal_in_words(item.language, self.promise.profile, item.promise)
        subject = f"{known(item.language, 'notice', item.kind)}: {what.category}"
        return Letter(subject, f"{what.sentence}\n{self.settings.address}{what.path}")

    def sent(self, session: Session, item: notices.Outgoing, now: datetime) -> None:
        notices.sent(session, item.delivery)

    def not_sent(self, session: Session, item: notices.Outgoing, error: TransportError, now: datetime) -> bool:
        return notices.not_sent(session, item.delivery, error.permanent, now)

    def name(self, item: notices.Outgoing) -> str:
        return f"a notice of {item.ticket}"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A corrective action that is proposed, in words. ``path``: where it can be opened."""

    category: str
    sentence: str
    path: str


def proposal_in_words(language: str, profile: Profile, told: str) -> Proposal:
    """Of what such a notice is about (``ptpp keuangan 2026-11``)."""
    _, name, month = told.split(" ")
    category = profile.category(name)
    title = category.name.said(language) if category else name
    first = periods.month(month).first
    span = format_date(first, "MMMM y", language)
    sentence = say(language, "ptpp_told", category=title, month=span, n=profile.ptpp.after)
    return Proposal(title, sentence, f"/console/ptpp?month={month}")


def promise_in_words(language: str, profile: Profile, told: str) -> str:
    """``ladder wakor`` as people call it: the duty's name, or whose turn it was."""
    kind, _, name = told.partition(" ")
    if kind == "duty" and name in profile.duties:
        return profile.duties[name].name.said(language)
    steps = profile.ladder.steps if profile.ladder else {}
    if kind == "ladder" and name in steps:
        return profile.roles[steps[name].role].name.said(language)
    return known(language, "promise", kind)
