"""Golden questions: what has to be answered by one template, or by none, whatever is published."""

from __future__ import annotations

from starlette.responses import Response

from bot.errors import NotAllowed
from bot.knowledge.curating import golden
from bot.knowledge.curating.replay import Verdict
from bot.knowledge.model import GoldenQuestion
from bot.knowledge.snapshot import LANGUAGES
from bot.web.gate import not_found
from bot.web.pages.knowledge import HOME as KNOWLEDGE
from bot.web.visit import Visit

HOME = f"{KNOWLEDGE}/golden"


def questions(visit: Visit) -> Response:
    """All of them, with what the published base says to each now."""
    return _page(visit, 200)


def add(visit: Visit) -> Response:
    """Keep one; the same question again changes what it expects."""
    text, language = visit.form.get("text", "").strip(), visit.form.get("language", "")
    wanted = visit.form.get("template", "").strip()
    try:
        if language not in LANGUAGES:
            raise NotAllowed(visit.say("golden_language"))
        with visit.parts.db.write() as session:
            golden.add(session, text, language, wanted or None, visit.who.username, visit.now)
    except NotAllowed as refused:
        return _page(visit, 422, flash=visit.told(refused))
    return visit.go(HOME)


def remove(visit: Visit) -> Response:
    """Ask it no more."""
    with visit.parts.db.write() as session:
        row = session.get(GoldenQuestion, visit.path["question"])
        if row is None:
            return not_found(visit)
        golden.remove(session, row.text, row.lang)
    return visit.go(HOME)


def _page(visit: Visit, status: int, flash: str | None = None) -> Response:
    base = visit.parts.knowledge
    with visit.parts.db.read() as session:
        rows = golden.questions(session)
    said = base.search_all([(row.text, row.lang) for row in rows])
    found = [(row, Verdict.of(decision)) for row, decision in zip(rows, said, strict=True)]
    return visit.show(
        "golden.html", status, active="knowledge", found=found, flash=flash, languages=LANGUAGES,
        titles=base.titles(visit.language), broken=sum(verdict.answer != row.template_id for row, verdict in found),
        values={name: visit.form.get(name, "") if flash else "" for name in ("text", "language", "template")},
    )  # fmt: skip
