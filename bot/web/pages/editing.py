"""One answer template: written, handed in, replayed, published, taken back. The rules are those of the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.errors import NotAllowed, RefusedFile
from bot.knowledge import versions
from bot.knowledge.base import Knowledge
from bot.knowledge.checks import NAME, Rules
from bot.knowledge.content import MOST_BUTTONS, Attachment, Content
from bot.knowledge.curating import figures, golden, publishing
from bot.knowledge.curating.asked import MONTH
from bot.knowledge.curating.replay import Learn
from bot.knowledge.model import TemplateVersion
from bot.knowledge.snapshot import LANGUAGES, MAX_ANSWER, MAX_TITLE, Snapshot, TemplateWords
from bot.knowledge.variables import OF_THE_TURN
from bot.web.api.fields import whole
from bot.web.gate import not_found
from bot.web.pages.knowledge import TEMPLATES, title_of
from bot.web.pages.listing import listed
from bot.web.picturing import Picture, pictures
from bot.web.visit import Visit

Step = Callable[[Visit, Session, str], None]
DATES = ("from", "until")
MOST_VERSIONS = 50
NOTHING = Content("", "", "public", "", "", {})


def template(visit: Visit) -> Response:
    """The editor of a template."""
    return _page(visit, 200)


def new(visit: Visit) -> Response:
    """The editor of one that is not there yet."""
    return _editor(visit, 200, None, NOTHING, {})


def save(visit: Visit) -> Response:
    """Keep what was written as a draft. Raises nothing: what is wrong is told beside what was written."""
    template_id = visit.path.get("id") or visit.form.get("id", "").strip()
    content = _written(visit, template_id)
    if not NAME.fullmatch(template_id) or len(template_id) > 64:
        return _editor(visit, 422, visit.say("bad_id"), content, {})
    try:
        with visit.parts.db.write() as session:
            versions.lock(session)
            if str(versions.newest(session, template_id)) != visit.form.get("seen", ""):
                raise NotAllowed(visit.say("template_changed"))
            if any(_day(visit.form.get(name, "")) is None for name in DATES if visit.form.get(name, "").strip()):
                raise NotAllowed(visit.say("bad_date"))
            publishing.draft(session, content, visit.who.username, visit.now)
            if visit.form.get("then") == "submit":
                publishing.submit(session, template_id, visit.who.username, visit.now, rules_of(visit))
    except (NotAllowed, RefusedFile) as refused:
        return _editor(visit, 422, visit.told(refused), content, {})
    return _back(visit, template_id)


def preview(visit: Visit) -> Response:
    """What is being written, as people would see it, and what it lacks. Nothing is kept."""
    content = _written(visit, visit.form.get("id", "").strip() or visit.form.get("here", ""))
    with visit.parts.db.read() as session:
        lacking = visit.parts.beside.faults(session, content, rules_of(visit))
    return visit.show("parts/previews.html", shown=_shown(visit, content), lacking=lacking, languages=LANGUAGES)


def step(visit: Visit) -> Response:
    """Hand in, give back, archive or go back to the version before."""
    take = _STEPS.get(visit.path["step"])
    if take is None:
        return not_found(visit)
    try:
        with visit.parts.db.write() as session:
            take(visit, session, visit.path["id"])
    except (NotAllowed, RefusedFile) as refused:
        return _page(visit, 409, flash=visit.told(refused))
    return _back(visit, visit.path["id"])


def version(visit: Visit) -> Response:
    """One version, against what is published; the published one against the version before."""
    template_id, number = visit.path["id"], visit.path["number"]
    with visit.parts.db.read() as session:
        row = versions.one(session, template_id, number)
        if row is None:
            return not_found(visit)
        live = versions.published(session, template_id).get(template_id)
        other = live.number if live is not None and live.number != number else None
        # Back to it is what is asked for: what would come is new, what is there now is old.
        changes = publishing.compare(session, template_id, other, number)
    again = row.state == "archived" and row.published_at is not None
    return visit.show(
        "template_version.html", active="knowledge", id=template_id, row=row, changes=changes, other=other, again=again,
        title=title_of(versions.content_of(row), visit.language),
    )  # fmt: skip


def learning(visit: Visit) -> Learn:
    """Makes bases that know as much as the one that answers people."""

    def learn(snapshot: Snapshot) -> Knowledge:
        base = Knowledge.of(visit.parts.settings)
        base.replace(snapshot)
        return base

    return learn


def _back(visit: Visit, template_id: str) -> Response:
    """To its editor, beside the same list."""
    query = visit.request.url.query
    return visit.go(f"{TEMPLATES}/{template_id}" + (f"?{query}" if query else ""))


def _page(visit: Visit, status: int, **given: Any) -> Response:
    with visit.parts.db.read() as session:
        content = _latest(session, visit.path["id"])
    if content is None:
        return not_found(visit)
    return _editor(visit, status, given.pop("flash", None), content, given)


def _editor(visit: Visit, status: int, flash: str | None, content: Content, given: Mapping[str, Any]) -> Response:
    template_id = visit.path.get("id", "")
    with visit.parts.db.read() as session:
        rows = _rows(session, template_id) if template_id else []
        opened = next((row for row in rows if row.state in ("draft", "review")), None)
        live = next((row for row in rows if row.state == "published"), None)
        shown: dict[str, Any] = {
            "changes": publishing.compare(session, template_id) if template_id and opened and live else [],
            "history": publishing.history(session, template_id)[::-1][:20] if template_id else [],
            "blocks": publishing.blocks,
            "listed": listed(visit, session),
            "figures": figures.of_template(session, template_id, visit.now - MONTH) if template_id and live else None,
            "golden": golden.expecting(session, template_id) if template_id else [],
        }
        shown["lacking"] = visit.parts.beside.faults(session, content, rules_of(visit)) if template_id else []
    own = opened is not None and opened.author == visit.who.username
    return visit.show(
        "template.html", status, active="knowledge", id=template_id,
        title=title_of(content, visit.language), content=content, opened=opened, live=live,
        rows=rows[:MOST_VERSIONS], seen=rows[0].number if rows else 0, flash=flash, own=own, languages=LANGUAGES,
        limits={"title": MAX_TITLE, "answer": MAX_ANSWER}, four_eyes=visit.parts.settings.four_eyes,
        attachments=_as_lines, shown=_shown(visit, content), buttons=_titles(visit),
        variables=sorted(rules_of(visit).variables), **{**shown, **given},
    )  # fmt: skip


def _shown(visit: Visit, content: Content) -> Mapping[str, Sequence[Picture]]:
    """By language, what people would see."""
    parts = visit.parts
    name = visit.say("sample_name")
    values = {**parts.settings.variables, "name": name, "institution": parts.settings.institution}
    return {
        language: pictures(parts.desk, parts.looks, content, language, _titles(visit, language), values)
        for language in LANGUAGES
    }


def _titles(visit: Visit, language: str | None = None) -> Mapping[str, str]:
    """Of the templates that buttons may lead to."""
    return visit.parts.knowledge.titles(language or visit.language)


def _written(visit: Visit, template_id: str) -> Content:
    form = visit.form
    words, attachments = {}, {}
    for language in LANGUAGES:
        title, answer, asked = (form.get(f"{name}-{language}", "").strip() for name in ("title", "answer", "questions"))
        questions = tuple(line.strip() for line in asked.splitlines() if line.strip())
        if title or answer or questions:
            words[language] = TemplateWords(title, questions, answer.replace("\r\n", "\n"))
        links = [line.rpartition(" ") for line in form.get(f"attachments-{language}", "").splitlines() if line.strip()]
        if links:
            attachments[language] = tuple(Attachment(title.strip(" :"), url.strip()) for title, _, url in links)
    given = (form.get(f"button-{number}", "").strip() for number in range(1, MOST_BUTTONS + 1))
    buttons = tuple(each for each in given if each)
    first, last = (_day(form.get(name, "")) for name in DATES)
    return Content(
        template_id, form.get("category", "").strip(), form.get("audience", "public"), form.get("owner", "").strip(),
        form.get("source", "").strip(), words, buttons, attachments, first, last,
    )  # fmt: skip


def _as_lines(attachments: Sequence[Attachment]) -> str:
    return "\n".join(f"{each.title}: {each.url}" for each in attachments)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def rules_of(visit: Visit) -> Rules:
    """What templates are measured by today."""
    settings = visit.parts.settings
    return Rules(visit.now.astimezone(settings.timezone).date(), OF_THE_TURN | settings.variables.keys())


def _rows(session: Session, template_id: str) -> Sequence[TemplateVersion]:
    wanted = select(TemplateVersion).where(TemplateVersion.template_id == template_id)
    return session.scalars(wanted.order_by(TemplateVersion.number.desc())).all()


def _latest(session: Session, template_id: str) -> Content | None:
    """What is being worked on, else what is public, else what it said last."""
    rows = _rows(session, template_id)
    chosen = next((r for state in ("draft", "review", "published") for r in rows if r.state == state), None)
    row = chosen or (rows[0] if rows else None)
    return versions.content_of(row) if row is not None else None


def _submit(visit: Visit, session: Session, template_id: str) -> None:
    publishing.submit(session, template_id, visit.who.username, visit.now, rules_of(visit))


def _return(visit: Visit, session: Session, template_id: str) -> None:
    publishing.give_back(session, template_id, visit.who.username, visit.now, visit.form.get("reason", "").strip())


def _archive(visit: Visit, session: Session, template_id: str) -> None:
    publishing.archive(session, template_id, visit.who.username, visit.now)


def _roll_back(visit: Visit, session: Session, template_id: str) -> None:
    number = whole(visit.form.get("number"))
    publishing.roll_back(session, template_id, visit.who.username, visit.now, rules_of(visit), number)


_STEPS: Mapping[str, Step] = {"submit": _submit, "return": _return, "archive": _archive, "roll-back": _roll_back}
