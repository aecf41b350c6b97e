"""Answer templates: the list, asking the base, gaps."""

from __future__ import annotations

from starlette.responses import Response

from bot.conversation.replies import human_replies
from bot.errors import NotAllowed
from bot.knowledge.content import Content
from bot.knowledge.curating import gaps
from bot.web.pages.listing import listed
from bot.web.visit import Visit

LONGEST_QUESTION = 1000
GAPS_SHOWN = 40
PATIENCE = 0.5
"""Seconds until what was found before is shown, or that it takes longer."""
HOME = "/console/knowledge"
TEMPLATES = f"{HOME}/templates"
"""Each below it by its id, whatever that is."""


def templates(visit: Visit) -> Response:
    """All templates, of one category where one is chosen, with the box that asks them."""
    with visit.parts.db.read() as session:
        found = listed(visit, session)
    return visit.show("knowledge.html", active="knowledge", listed=found, id=None)


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
    found, _ = visit.parts.gaps.look(visit.now, PATIENCE)
    gap = next((each for each in found.gaps if each.typical == visit.form.get("typical")), None) if found else None
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
    found, newer = visit.parts.gaps.look(visit.now, PATIENCE)
    shown = found.gaps[:GAPS_SHOWN] if found else ()
    with visit.parts.db.read() as session:
        drafts = gaps.drafts(session, shown)
    return visit.show(
        "gaps.html", status, active="knowledge", found=found, newer=newer, flash=flash,
        gaps=list(zip(shown, drafts, strict=True)),
        nearest={gap.nearest: visit.parts.knowledge.get(gap.nearest, visit.language) for gap in shown if gap.nearest},
    )  # fmt: skip


def title_of(content: Content, language: str) -> str:
    """The title in the language, in the one there is, or the id."""
    words = content.words.get(language) or next(iter(content.words.values()), None)
    return words.title if words else content.id
