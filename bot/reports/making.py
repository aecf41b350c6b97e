"""Reports of an institution, made from its database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.conversation.speaker import STATE_LASTS
from bot.errors import NotAllowed
from bot.knowledge import versions
from bot.procedures.hours import hours_of
from bot.procedures.profile import Profile
from bot.procedures.versions import Procedure, procedure
from bot.reports import lists, reading, recap
from bot.reports.document import Report, Section
from bot.reports.outcomes import ended, talks
from bot.reports.periods import Period, around, said
from bot.reports.promised import by_promise
from bot.reports.tickets import History, broken_by_category, figures
from bot.reports.words import word
from bot.tickets import corrective

SOON_AFTER = timedelta(days=31)
"""What was opened at the end of a month breaks its promise in the next one."""


@dataclass(frozen=True, slots=True)
class Reporter:
    """``language``: id or en, of the words that are ours."""

    profile: Profile
    zone: ZoneInfo
    institution: str
    language: str = "id"

    def recap(self, session: Session, period: Period, now: datetime, *, title: Literal["month", "week"]) -> Report:
        """The monthly or weekly report; of one that is not over, what there is until ``now``."""
        period = period.until(now.astimezone(self.zone).date())
        start, end = period.start(self.zone), min(period.end(self.zone), now)
        histories = reading.histories(session, start, end)
        tickets = figures(
            histories, start, end, self.zone, self.profile.first_response, self.profile.resolution,
            hours_of(self.profile, self.zone),
        )  # fmt: skip
        found = recap.Found(
            tickets=tickets,
            promised=by_promise(histories, start, end, self.profile, self._procedures(session, histories)),
            talks=ended(list(talks(reading.steps(session, start, end), STATE_LASTS)), start, end),
            templates=reading.top_templates(session, start, end),
            gaps=reading.gaps(session, start, end),
            titles=self._titles(session),
            days=period.days,
        )
        return self._report(title, period.said(self.language), *recap.sections(found, self.profile, self.language))

    def _procedures(self, session: Session, found: Sequence[History]) -> Mapping[int | None, Procedure]:
        """By version, what each is worked by; the profile stands in for tickets from before versions were kept."""
        known: dict[int | None, Procedure] = {None: Procedure(0, self.profile, hours_of(self.profile, self.zone))}
        return known | {version: procedure(session, version) for each in found if (version := each.version) is not None}

    def unfinished(self, session: Session, now: datetime) -> Report:
        """What is not worked on, not categorised, not closed at this moment."""
        sections = lists.unfinished(session, self.language, self.zone)
        return self._report("unfinished", said(now.astimezone(self.zone).date(), self.language), *sections)

    def archive(self, session: Session, period: Period) -> Report:
        """Every message with its sender and destination."""
        lines = reading.archive(session, period.start(self.zone), period.end(self.zone))
        section = lists.archive(lines, self.language, self.zone, self.institution)
        return self._report("archive", period.said(self.language), section)

    def register(self, session: Session, name: str, period: Period) -> Report:
        """One of the profile's registers. Raises NotAllowed for a name that is none."""
        if name not in self.profile.registers:
            known = ", ".join(self.profile.registers)
            raise NotAllowed(f"There is no register {name!r} here; there is: {known or 'none'}.")
        return self._report("register", period.said(self.language), self._register(session, name, period))

    def _register(self, session: Session, name: str, period: Period, channels: Collection[str] = ()) -> Section:
        rule, start, end = self.profile.registers[name], period.start(self.zone), period.end(self.zone)
        if rule.of == "ptpp":
            form = self.profile.form_of("ptpp")
            return lists.actions(session, rule, form, start, end, self.language, self.zone)
        return lists.register(session, rule, start, end, self.language, self.zone, channels)

    def proposals(self, session: Session, period: Period, now: datetime, at_least: int) -> Sequence[tuple[str, int]]:
        """The categories of which so many tickets opened in the time broke a promise that a corrective action should be
        opened, with how many, the worst first."""
        broken = self.broken(session, period, now)
        return corrective.proposals({category: len(numbers) for category, numbers in broken.items()}, at_least)

    def broken(self, session: Session, period: Period, now: datetime) -> Mapping[str, Sequence[str]]:
        """By category, the numbers of the tickets opened in the time that broke a promise then or soon after, oldest
        first."""
        start, end = period.start(self.zone), period.end(self.zone)
        until = min(now, end + SOON_AFTER)
        profile = self.profile
        return broken_by_category(
            reading.histories(session, start, until), start, end, until, profile.first_response, profile.resolution,
            hours_of(profile, self.zone),
        )  # fmt: skip

    def of_recap(self, session: Session, name: str, day: date, now: datetime) -> Report:
        """One of the profile's recaps, of the day, week or month that ``day`` is in. Raises NotAllowed for a name that
        is none."""
        rule = self.profile.recaps.get(name)
        if rule is None:
            raise NotAllowed(f"There is no recap {name!r} here; there is: {', '.join(self.profile.recaps) or 'none'}.")
        period = around(rule.every, day)
        if rule.shows == "unfinished":
            made = self.unfinished(session, now)
        elif rule.shows == "figures":
            made = self.recap(session, period, now, title="week" if rule.every == "week" else "month")
        else:
            section = self._register(session, rule.shows, period, rule.channels)
            made = self._report("register", period.said(self.language), section)
        return replace(made, title=rule.title.said(self.language))

    def tags(self, now: datetime) -> Report:
        """The list of categories."""
        return self._report("tags", self._today(now), lists.tags(self.profile, self.language))

    def replies(self, session: Session, now: datetime) -> Report:
        """The list of automatic replies."""
        return self._report("replies", self._today(now), lists.replies(session, self.language))

    def _today(self, now: datetime) -> str:
        return said(now.astimezone(self.zone).date(), self.language)

    def _titles(self, session: Session) -> Mapping[str, str]:
        found = {}
        for key, row in versions.published(session).items():
            words = versions.content_of(row).words
            found[key] = (words.get(self.language) or next(iter(words.values()))).title
        return found

    def _report(self, title: str, span: str, *sections: Section) -> Report:
        return Report(word(title, self.language), span, self.institution, self.language, sections)
