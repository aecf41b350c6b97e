"""The templates beside the editor: the category tree with counts, and the lines of what is chosen there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.knowledge.curating import figures
from bot.knowledge.curating.asked import MONTH
from bot.knowledge.curating.figures import Figures
from bot.knowledge.model import CategoryText, TemplateVersion
from bot.knowledge.snapshot import LANGUAGES
from bot.knowledge.versions import OPEN
from bot.web.visit import Visit

LISTED = 300
_WORDS = TemplateVersion.content["words"]
# Not the whole texts: of thousands of templates they would cost more than all else of a page.
_LINES = select(
    TemplateVersion.template_id,
    TemplateVersion.state,
    TemplateVersion.content["category"].as_string(),
    *(_WORDS[language]["title"].as_string() for language in LANGUAGES),
)


@dataclass(frozen=True, slots=True)
class Line:
    """A template in the list. ``state``: published, or what is being worked on (``changed``: a new wording of what is
    published)."""

    id: str
    title: str
    category: str
    languages: Sequence[str]
    state: str
    changed: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """``lines``: those of the chosen category that match the search, ``LISTED`` at most, ``more`` are left out.
    ``titles``: of all categories; ``counted``: category, its title and how many templates it has. ``figures``: of the
    last month, by template. ``kept``: what an address must end with to show the same list."""

    lines: Sequence[Line]
    more: int
    titles: Mapping[str, str]
    counted: Sequence[tuple[str, str, int]]
    total: int
    waiting: Sequence[Line]
    figures: Mapping[str, Figures]
    chosen: str
    search: str

    @property
    def kept(self) -> str:
        query = {name: value for name, value in (("category", self.chosen), ("q", self.search)) if value}
        return f"?{urlencode(query)}" if query else ""


def listed(visit: Visit, session: Session) -> Listed:
    """What the address asks for."""
    asked = visit.request.query_params
    chosen, search = asked.get("category", ""), asked.get("q", "").strip()
    lines = _lines(session, visit.language)
    titles = category_titles(session, visit.language)
    found = [
        line
        for line in lines
        if (not chosen or line.category == chosen) and search.lower() in f"{line.id} {line.title}".lower()
    ]
    shown = found[:LISTED]
    counts = Counter(line.category for line in lines)
    return Listed(
        lines=shown,
        more=len(found) - len(shown),
        titles=titles,
        counted=[(each, titles.get(each, each), counts[each]) for each in sorted(counts)],
        total=len(lines),
        waiting=[line for line in lines if line.state == "review"],
        figures=figures.answers_of(session, [line.id for line in shown], visit.now - MONTH),
        chosen=chosen,
        search=search,
    )


def category_titles(session: Session, language: str) -> Mapping[str, str]:
    """Category to its title."""
    found: dict[str, str] = {}
    for text in session.scalars(select(CategoryText)):
        if text.lang == language:
            found[text.category] = text.title
        else:
            found.setdefault(text.category, text.title)
    return found


def _lines(session: Session, language: str) -> Sequence[Line]:
    """Of all templates that are published or worked on, by id; of both, what is worked on."""
    wanted = _LINES.where(TemplateVersion.state.in_(("published", *OPEN)))
    lines: dict[str, Line] = {}
    for key, state, category, *titled in session.execute(wanted):
        titles = {lang: title for lang, title in zip(LANGUAGES, titled, strict=True) if title is not None}
        title = titles.get(language) or next(filter(None, titles.values()), key)
        line, other = Line(key, title, category, tuple(titles), state, changed=False), lines.get(key)
        worked_on = line if other is None or other.state == "published" else other
        lines[key] = replace(worked_on, changed=other is not None)
    return [lines[key] for key in sorted(lines)]
