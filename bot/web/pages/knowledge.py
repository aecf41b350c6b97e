"""Answer templates: the list, asking the base, gaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.conversation.replies import human_replies
from bot.errors import NotAllowed
from bot.knowledge import versions
from bot.knowledge.content import Content
from bot.knowledge.curating import figures, gaps
from bot.knowledge.curating.asked import MONTH
from bot.knowledge.embedding import Embedder
from bot.knowledge.model import CategoryText
from bot.web.visit import Visit

LONGEST_QUESTION = 1000
GAPS_SHOWN = 40
LISTED = 300
HOME = "/console/knowledge"
TEMPLATES = f"{HOME}/templates"
"""Each below it by its id, whatever that is."""


@dataclass(frozen=True, slots=True)
class Line:
    """A template in the list. ``state``: published, or what is being worked on (``changed``: a new wording of what is
    published). ``help_rate``: of the last month's readers who said whether it helped."""

    id: str
    title: str
    category: str
    languages: tuple[str, ...]
    state: str
    changed: bool
    answered: int
    help_rate: float | None


def templates(visit: Visit) -> Response:
    """All templates, of one category where one is chosen, with the box that asks them."""
    chosen, search = visit.request.query_params.get("category"), visit.request.query_params.get("q", "").strip().lower()
    with visit.parts.db.read() as session:
        lines = _lines(visit, session)
        titles = category_titles(session, visit.language)
    counted = Counter(line.category for line in lines)
    shown = [
        line
        for line in lines
        if (not chosen or line.category == chosen) and search in f"{line.id} {line.title}".lower()
    ]
    waiting = [line for line in lines if line.state == "review"]
    return visit.show(
        "knowledge.html", active="knowledge", lines=shown[:LISTED], more=max(0, len(shown) - LISTED),
        counted=sorted(counted.items()), titles=titles,
        chosen=chosen, search=search, waiting=waiting, total=len(lines), asked="", decision=None, explained=None,
    )  # fmt: skip


def ask(visit: Visit) -> Response:
    """What the base would say to a question, and why. Nothing is learned from it."""
    asked = visit.request.query_params.get("ask", "").strip()[:LONGEST_QUESTION]
    base, language = visit.parts.knowledge, visit.language
    decision, explained = None, None
    if asked:
        [decision] = base.search_all([(asked, language)])
        explained = base.explain(asked, language)
    return visit.show("parts/asked.html", asked=asked, decision=decision, explained=explained)


def found_gaps(visit: Visit) -> Response:
    """What people ask that nothing answers well."""
    return _gaps(visit, 200, None)


def draft_gap(visit: Visit) -> Response:
    """Make a draft of a gap, with what humans answered, and open it."""
    with visit.parts.db.read() as session:
        gap = next((each for each in _found(visit, session) if each.typical == visit.form.get("typical")), None)
    if gap is None:
        return _gaps(visit, 409, visit.say("gap_gone"))
    try:
        with visit.parts.db.write() as session:
            replies = human_replies(session, gap.inbox_ids)
            made = gaps.draft_of(session, gap, visit.who.username, visit.now, replies).template_id
    except NotAllowed as refused:
        return _gaps(visit, 409, visit.told(refused))
    return visit.go(f"{TEMPLATES}/{made}")


def _gaps(visit: Visit, status: int, flash: str | None) -> Response:
    with visit.parts.db.read() as session:
        found = _found(visit, session)
    return visit.show(
        "gaps.html", status, active="knowledge", gaps=found[:GAPS_SHOWN], flash=flash,
        nearest={gap.nearest: visit.parts.knowledge.get(gap.nearest, visit.language) for gap in found if gap.nearest},
    )  # fmt: skip


def _found(visit: Visit, session: Session) -> list[gaps.Gap]:
    embedder = Embedder.of_this_machine() if visit.parts.settings.embeddings else None
    return gaps.find(session, visit.now, embedder=embedder)


def _lines(visit: Visit, session: Session) -> list[Line]:
    live, opened = versions.published(session), versions.open_versions(session)
    told = {each.template_id: each for each in figures.of_templates(session, visit.now - MONTH)}
    lines = []
    for key in sorted(live.keys() | opened.keys()):
        row = opened.get(key) or live[key]
        content, figure = versions.content_of(row), told.get(key)
        own = (key, title_of(content, visit.language), content.category, tuple(content.words), row.state)
        shown = (figure.answered, figure.help_rate) if figure else (0, None)
        lines.append(Line(*own, key in live and key in opened, *shown))
    return lines


def title_of(content: Content, language: str) -> str:
    """The title in the language, in the one there is, or the id."""
    words = content.words.get(language) or next(iter(content.words.values()), None)
    return words.title if words else content.id


def category_titles(session: Session, language: str) -> Mapping[str, str]:
    """Category to its title."""
    found: dict[str, str] = {}
    for text in session.scalars(select(CategoryText)):
        if text.lang == language:
            found[text.category] = text.title
        else:
            found.setdefault(text.category, text.title)
    return found
