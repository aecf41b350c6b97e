"""``/knowledge/templates``: written, handed in, given back, taken out. Publishing stays with people, who first read
what a replay of real questions says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.errors import Conflict
from bot.knowledge import versions
from bot.knowledge.checks import Rules
from bot.knowledge.content import Attachment, Content
from bot.knowledge.curating import publishing
from bot.knowledge.snapshot import MAX_ANSWER, MAX_TITLE, TemplateWords
from bot.knowledge.variables import OF_THE_TURN
from bot.web.api import shapes
from bot.web.api.door import Caller
from bot.web.api.fields import plain
from bot.web.api.knowledge import TemplateId, one
from bot.web.api.once import Change, KnowledgeWriter
from bot.web.api.problems import documented

router = APIRouter(
    prefix="/knowledge/templates/{id}", tags=["knowledge"], responses=documented(400, 401, 403, 409, 413, 422, 429)
)
AT = documented(404)


class GivenLink(shapes.Given):
    """A form or page that goes with an answer."""

    title: Annotated[str, Field(max_length=60)]
    url: Annotated[str, Field(max_length=300)]


class GivenWords(shapes.Given):
    """A template in one language."""

    title: Annotated[str, Field(max_length=MAX_TITLE)]
    questions: Annotated[list[Annotated[str, Field(max_length=300)]], Field(max_length=500)]
    answer: Annotated[str, Field(max_length=MAX_ANSWER)]
    attachments: Annotated[list[GivenLink], Field(max_length=5, default_factory=list)]


class Draft(shapes.Given):
    """A whole wording. ``number``: the newest version that you saw, 0 for a new template; refused where there is a
    newer one."""

    category: Annotated[str, Field(max_length=64)]
    audience: Literal["public", "student", "staff"] = "public"
    owner: Annotated[str, Field(max_length=120)]
    source: Annotated[str, Field(max_length=300)]
    valid_from: shapes.Day | None = None
    valid_until: shapes.Day | None = None
    buttons: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=3, default_factory=list)]
    words: Annotated[dict[shapes.Language, GivenWords], Field(min_length=1)]
    number: Annotated[int, Field(ge=0, le=2**31 - 1)]


class Reason(shapes.Given):
    """Why it is given back to its author."""

    reason: Annotated[str, Field(min_length=1, max_length=2000)]


@router.put("/draft", response_model=shapes.Template)
def draft_template(change: KnowledgeWriter, template_id: TemplateId, given: Draft) -> Response:
    """Keep a new wording as a draft, whole or not yet; nobody is answered from it. Scope `knowledge:write`."""

    def work(session: Session) -> shapes.Template:
        versions.lock(session)
        newest = versions.newest(session, template_id)
        if newest != given.number:
            raise Conflict(f"{template_id} has a version {newest} by now; nothing was saved.", [])
        publishing.draft(session, _content(template_id, given), change.caller.username, change.caller.now)
        return one(session, template_id)

    return change.once(work)


@router.post("/submit", response_model=shapes.Template, responses=AT)
def submit_template(change: KnowledgeWriter, template_id: TemplateId) -> Response:
    """Hand the draft in; refused with all that is missing or wrong. Scope `knowledge:write`."""
    caller = change.caller
    rules = _rules(caller)
    return _step(change, template_id, lambda s: publishing.submit(s, template_id, caller.username, caller.now, rules))


@router.post("/return", response_model=shapes.Template, responses=AT)
def return_template(change: KnowledgeWriter, template_id: TemplateId, given: Reason) -> Response:
    """Give what was handed in back to its author. Scope `knowledge:write`."""
    who, now, reason = change.caller.username, change.caller.now, plain(given.reason)
    return _step(change, template_id, lambda s: publishing.give_back(s, template_id, who, now, reason))


@router.post("/archive", response_model=shapes.Template, responses=AT)
def archive_template(change: KnowledgeWriter, template_id: TemplateId) -> Response:
    """Take it out of what is answered from; where nothing is published, give its draft up. The answer is the template
    as it was. Scope `knowledge:write`."""
    who, now = change.caller.username, change.caller.now

    def work(session: Session) -> shapes.Template:
        was = one(session, template_id)
        publishing.archive(session, template_id, who, now)
        return was

    return change.once(work)


def _step(change: Change, template_id: str, do: Callable[[Session], object]) -> Response:
    def work(session: Session) -> shapes.Template:
        one(session, template_id)
        do(session)
        return one(session, template_id)

    return change.once(work)


def _content(template_id: str, given: Draft) -> Content:
    words: dict[str, TemplateWords] = {
        language: TemplateWords(plain(own.title), tuple(plain(q) for q in own.questions), plain(own.answer))
        for language, own in given.words.items()
    }
    attachments: dict[str, tuple[Attachment, ...]] = {
        language: tuple(Attachment(plain(each.title), plain(each.url)) for each in own.attachments)
        for language, own in given.words.items()
        if own.attachments
    }
    return Content(
        template_id, plain(given.category), given.audience, plain(given.owner), plain(given.source), words,
        tuple(plain(button) for button in given.buttons), attachments, given.valid_from, given.valid_until,
    )  # fmt: skip


def _rules(caller: Caller) -> Rules:
    settings = caller.parts.settings
    return Rules(caller.now.astimezone(settings.timezone).date(), OF_THE_TURN | settings.variables.keys())
