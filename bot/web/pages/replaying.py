"""Replay before publishing: what would change for people, side by side; then publishing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass

from starlette.responses import Response

from bot.errors import NotAllowed, RefusedFile
from bot.knowledge import versions
from bot.knowledge.content import Content
from bot.knowledge.curating import golden, publishing, trials
from bot.knowledge.curating.replay import JUDGEMENTS, Change, Replayed, Verdict
from bot.knowledge.curating.replays import Running
from bot.knowledge.snapshot import AnswerTemplate
from bot.web.api.fields import whole
from bot.web.gate import not_found
from bot.web.pages.editing import learning, rules_of
from bot.web.pages.knowledge import HOME, TEMPLATES, title_of
from bot.web.visit import Visit

PATIENCE = 2.0
"""Seconds until whoever asks is told that it takes longer."""
A_PAGE = 20


@dataclass(frozen=True, slots=True)
class Side:
    """What people are told, before or after. ``templates``: ids with titles; ``words``: the answer's."""

    kind: str
    templates: Sequence[tuple[str, str]]
    words: str
    score: float


@dataclass(frozen=True, slots=True)
class Row:
    """A question that would be answered otherwise."""

    change: Change
    before: Side
    after: Side


def replay(visit: Visit) -> Response:
    """What would change for people if the draft, or all that is handed in, were published."""
    return _page(visit, 200)


def publish(visit: Visit) -> Response:
    """Publish what was replayed, all or none."""
    try:
        report = _running(visit).done.result()
        with visit.parts.db.write() as session:
            publishing.publish(
                session, report, visit.who.username, visit.now, rules_of(visit),
                four_eyes=visit.parts.settings.four_eyes, despite=visit.form.get("despite", "").strip() or None,
            )  # fmt: skip
    except (NotAllowed, RefusedFile) as refused:
        return _page(visit, 409, visit.told(refused))
    return visit.go(_back(visit))


def _page(visit: Visit, status: int, flash: str | None = None) -> Response:
    try:
        running = _running(visit)
    except NotAllowed as refused:
        return _refused(visit, visit.told(refused))
    report = _done(running)
    tried = running.trial.tried
    with visit.parts.db.read() as session:
        opened = versions.open_versions(session, *tried)
        own = any(visit.who.username in versions.writers(session, row) for row in opened.values())
    waits = bool(opened) and all(row.state == "review" for row in opened.values())
    given = visit.request.query_params
    judged = given.get("judged", "") if given.get("judged") in JUDGEMENTS else ""
    return visit.show(
        "replay.html", status, active="knowledge", id=visit.path.get("id"), back=_back(visit), tried=sorted(tried),
        here=visit.request.url.path.removesuffix("/publish").removesuffix("/replay"), flash=flash, report=report,
        asked=len(running.trial.questions), judgements=JUDGEMENTS, judged=judged, waits=waits,
        own=own and visit.parts.settings.four_eyes, **_rows(visit, running, report, judged),
    )  # fmt: skip


def _rows(visit: Visit, running: Running, report: Replayed | None, judged: str) -> Mapping[str, object]:
    """One page of the changes, the worst first."""
    found = [each for each in report.changes if not judged or each.judged == judged] if report else []
    pages = max(1, -(-len(found) // A_PAGE))
    page = min(max(1, whole(visit.request.query_params.get("page")) or 1), pages)
    shown = found[(page - 1) * A_PAGE : page * A_PAGE]
    old, new = ({each.id: each for each in base.templates} for base in (running.trial.published, running.trial.new))
    rows = [
        Row(each, _side(each.before, old, each.question.language), _side(each.after, new, each.question.language))
        for each in shown
    ]
    return {"rows": rows, "page": page, "pages": pages}


def _side(verdict: Verdict, templates: Mapping[str, AnswerTemplate], language: str) -> Side:
    contents = [Content.of(templates[each]) for each in verdict.templates if each in templates]
    named = [(content.id, title_of(content, language)) for content in contents]
    words = ""
    if verdict.kind == "answer" and contents:
        said = contents[0].words
        words = (said.get(language) or next(iter(said.values()))).answer
    return Side(verdict.kind, named, words, verdict.score)


def _running(visit: Visit) -> Running:
    """Raises NotAllowed where nothing can be replayed."""
    ids = [visit.path["id"]] if "id" in visit.path else []
    with visit.parts.db.read() as session:
        tried = tuple((key, row.number) for key, row in trials.chosen(session, ids).items())
        asked = tuple((row.text, row.lang, row.template_id) for row in golden.questions(session))
        key = (versions.version(session), tried, asked)
        return visit.parts.replays.of(
            key, lambda: trials.of_versions(session, ids, visit.now), learning(visit), visit.now
        )


def _done(running: Running) -> Replayed | None:
    try:
        return running.done.result(PATIENCE)
    except NotYet:
        return None


def _refused(visit: Visit, why: str) -> Response:
    with visit.parts.db.read() as session:
        there = "id" not in visit.path or versions.newest(session, visit.path["id"])
    if not there:
        return not_found(visit)
    return visit.show("fault.html", 409, title=visit.say("replay"), text=why, back=_back(visit))


def _back(visit: Visit) -> str:
    return f"{TEMPLATES}/{visit.path['id']}" if "id" in visit.path else HOME
