"""The monthly and the weekly report, as sections. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.procedures.profile import Profile
from bot.reports.document import Cell, Section, shown
from bot.reports.outcomes import Outcome
from bot.reports.promised import Promised, promised
from bot.reports.reading import Asked
from bot.reports.tickets import NONE, Kept, TicketFigures
from bot.reports.words import WORDS, word


@dataclass(frozen=True, slots=True)
class Found:
    """What was computed for a span of ``days``. ``titles``: of templates by id."""

    tickets: TicketFigures
    promised: Mapping[Promised, Kept]
    talks: Mapping[Outcome, int]
    templates: Sequence[Asked]
    gaps: Sequence[Asked]
    titles: Mapping[str, str]
    days: int


def sections(found: Found, profile: Profile, language: str) -> list[Section]:
    """All of the recap, in the order in which it is read."""
    said = _Said(language, profile)
    figures = found.tickets
    return [
        _summary(figures, said),
        _promises(figures, said),
        _promised(found.promised, said),
        _talks(found.talks, said),
        _survey(figures, said),
        _solved(figures, said),
        said.counts("by_channel", "channel", figures.by_channel),
        said.counts("by_category", "category", figures.by_category),
        said.counts("by_unit", "unit", figures.by_unit),
        said.counts("by_kind", "kind", figures.by_kind),
        said.counts("by_hour", "hour", {f"{hour:02d}": count for hour, count in enumerate(figures.by_hour)}),
        said.asked("top_templates", "template", found.templates, found.titles),
        said.asked("gaps", "question", found.gaps, {}),
        _scorecard(found, said),
    ]


@dataclass(frozen=True, slots=True)
class _Said:
    language: str
    profile: Profile

    def word(self, key: str) -> str:
        return word(key, self.language)

    def named(self, what: str, name: str) -> str:
        """A channel's, category's, unit's name for people; what has none is shown as it is."""
        if name == NONE:
            return self.word("none")
        if what in ("kind", "channel"):
            return self.word(f"{what}_{name}") if f"{what}_{name}" in WORDS else name
        category = self.profile.category(name) if what == "category" else None
        unit = self.profile.units.get(name) if what == "unit" else None
        found = category or unit
        return found.name.said(self.language) if found else name

    def promised(self, promise: Promised) -> str:
        """A promise's name: whose turn it is on the ladder, what the duty is called."""
        kind, name = promise
        if kind == "ladder" and self.profile.ladder is not None:
            role = self.profile.roles[self.profile.ladder.steps[name].role]
            return f"{self.word('turn')}: {role.name.said(self.language)}"
        return self.profile.duties[name].name.said(self.language) if kind == "duty" else self.word("next_in_time")

    def counts(self, title: str, what: str, counts: Mapping[str, int]) -> Section:
        total = sum(counts.values())
        rows = [(self.named(what, name), count, count / total if total else None) for name, count in counts.items()]
        most = max(rows, key=lambda row: row[1]) if total else None
        share_of = f"{shown(most[1], self.language)} {self.word('of')} {shown(total, self.language)}" if most else ""
        sentence = f"{self.word('most')}: {most[0]}, {share_of}." if most else ""
        columns = [self.word(what), self.word("number"), self.word("share")]
        return Section(self.word(title), sentence or self.word("nothing"), columns, rows, bars=1)

    def asked(self, title: str, what: str, found: Sequence[Asked], titles: Mapping[str, str]) -> Section:
        rows = [(titles.get(each.what, each.what) or self.word("erased"), each.people, each.times) for each in found]
        first = f"{self.word('most')}: {rows[0][0]} ({rows[0][1]} {self.word('people').lower()})." if rows else ""
        sentence = first or self.word("nothing")
        return Section(self.word(title), sentence, [self.word(what), self.word("people"), self.word("times")], rows)


def _summary(figures: TicketFigures, said: _Said) -> Section:
    values: dict[str, Cell] = {
        "tickets_opened": figures.opened,
        "tickets_closed": figures.closed,
        "closed_unsolved": figures.closed_unsolved,
        "backlog": figures.backlog,
        "reopened": figures.reopened,
        "forwarded": figures.forwarded,
        "categorised": share(figures.categorised, figures.opened),
        "first_response_median": figures.first_response.median,
        "first_response_ninety": figures.first_response.ninety,
        "resolution_median": figures.resolution.median,
        "resolution_ninety": figures.resolution.ninety,
    }
    sentence = ", ".join(
        f"{said.word(key).lower()} {shown(values[key], said.language)}" for key in ("tickets_opened", "backlog")
    )
    rows = [(said.word(key), value) for key, value in values.items()]
    return Section(
        said.word("summary"), f"{sentence[0].upper()}{sentence[1:]}.", [said.word("what"), said.word("number")], rows
    )


def _promises(figures: TicketFigures, said: _Said) -> Section:
    promises = {"answered_in_time": figures.answered_in_time, "resolved_in_time": figures.resolved_in_time}
    rows = [(said.word(key), each.kept, each.broken, each.open, each.share) for key, each in promises.items()]
    names = ("promise", "kept", "broken", "still_open", "share")
    return Section(said.word("promises"), _kept_words(promises, said), [said.word(name) for name in names], rows)


def _promised(found: Mapping[Promised, Kept], said: _Said) -> Section:
    within = promised(said.profile)
    rows = [
        (said.promised(key), within[key], each.kept, each.broken, each.open, each.share) for key, each in found.items()
    ]
    broken, decided = (sum(each.broken for each in found.values()), sum(e.kept + e.broken for e in found.values()))
    counts = f"{shown(broken, said.language)} {said.word('of')} {shown(decided, said.language)}"
    sentence = f"{said.word('broken')}: {counts}." if decided else said.word("nothing")
    names = ("promise", "within", "kept", "broken", "still_open", "share")
    return Section(said.word("more_promises"), sentence, [said.word(name) for name in names], rows)


def _kept_words(promises: Mapping[str, Kept], said: _Said) -> str:
    parts = [
        f"{said.word(key)}: {shown(each.share, said.language)}"
        for key, each in promises.items()
        if each.share is not None
    ]
    return f"{'; '.join(parts)}." if parts else said.word("nothing")


def _talks(talks: Mapping[Outcome, int], said: _Said) -> Section:
    total = sum(talks.values())
    rows = [(said.word(name), count, share(count, total)) for name, count in talks.items()]
    sentence = f"{said.word('solved')}: {shown(share(talks['solved'], total), said.language)}." if total else ""
    columns = [said.word("outcome"), said.word("number"), said.word("share")]
    return Section(said.word("assistant"), sentence or said.word("nothing"), columns, rows, bars=1)


def _survey(figures: TicketFigures, said: _Said) -> Section:
    given = sum(figures.ratings.values())
    rows = [(str(number), count, share(count, given)) for number, count in figures.ratings.items()]
    rate = satisfied(figures)
    sentence = f"{said.word('csat')}: {shown(rate, said.language)}." if rate is not None else said.word("nothing")
    columns = [said.word("rating"), said.word("number"), said.word("share")]
    return Section(said.word("survey"), sentence, columns, rows, bars=1)


def _solved(figures: TicketFigures, said: _Said) -> Section:
    counts = {"said_solved": figures.said_solved, "said_unsolved": figures.said_unsolved}
    asked = sum(counts.values())
    rows = [(said.word(name), count, share(count, asked)) for name, count in counts.items()]
    rate = share(figures.said_solved, asked)
    sentence = f"{said.word('said_solved')}: {shown(rate, said.language)}." if asked else said.word("nothing")
    return Section(
        said.word("really_solved"), sentence, [said.word(key) for key in ("answer", "number", "share")], rows
    )


def _scorecard(found: Found, said: _Said) -> Section:
    """Four perspectives (annex of the ITB procedure): indicator, what the profile promises, what was reached."""
    figures, total = found.tickets, sum(found.talks.values())
    first, last = (shown(each.within, said.language) for each in (said.profile.first_response, said.profile.resolution))
    cells: list[tuple[str, str, str, Cell]] = [
        ("stakeholders", "csat", "", satisfied(figures)),
        ("stakeholders", "said_solved", "", share(figures.said_solved, figures.said_solved + figures.said_unsolved)),
        ("process", "answered_in_time", first, figures.answered_in_time.share),
        ("process", "resolved_in_time", last, figures.resolved_in_time.share),
        ("process", "categorised", "", share(figures.categorised, figures.opened)),
        ("learning", "self_service", "", share(found.talks["solved"], total)),
        ("learning", "gaps", "", len(found.gaps)),
        ("resources", "per_day", "", round(figures.opened / found.days)),
    ]
    rows = [(said.word(a), said.word(b), promise, cell) for a, b, promise, cell in cells]
    columns = [said.word(name) for name in ("perspective", "indicator", "promise", "reached")]
    return Section(said.word("scorecard"), "", columns, rows)


def satisfied(figures: TicketFigures) -> float | None:
    """The share of ratings of 4 and 5 (CSAT); None without any."""
    return share(figures.ratings[4] + figures.ratings[5], sum(figures.ratings.values()))


def share(part: int, whole: int) -> float | None:
    """None of nothing."""
    return part / whole if whole else None
