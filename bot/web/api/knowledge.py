"""``/knowledge``: answer templates, and what the assistant would answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, cast

from fastapi import APIRouter, Path
from pydantic import Field
from sqlalchemy.orm import Session

from bot.knowledge import versions
from bot.knowledge.curating.life import State
from bot.knowledge.model import TemplateVersion
from bot.web.api import shapes
from bot.web.api.door import KnowledgeReader
from bot.web.api.fields import plain
from bot.web.api.paging import USUAL, Cursor, Limit, Page, cut, place
from bot.web.api.problems import documented, not_found

router = APIRouter(prefix="/knowledge", tags=["knowledge"], responses=documented(401, 403, 422, 429))
TemplateId = Annotated[str, Path(alias="id", pattern=r"^[a-z0-9]+([-_.][a-z0-9]+)*$", max_length=64)]
LONGEST_QUESTION = 1000
Audience = Literal["public", "student", "staff"]


class Question(shapes.Given):
    """Something that a person may ask. ``audience``: what he has proven to be."""

    text: str = Field(min_length=1, max_length=LONGEST_QUESTION)
    language: shapes.Language = "id"


@router.get("/templates", response_model=Page[shapes.Template])
def list_templates(
    caller: KnowledgeReader, category: str | None = None, cursor: Cursor = None, limit: Limit = USUAL
) -> Page[shapes.Template]:
    """Templates that are public or being worked on, by id. Scope `knowledge:read`."""
    after = str((place(cursor, str) or ("",))[0])
    with caller.parts.db.read() as session:
        live, opened = versions.published(session), versions.open_versions(session)
    rows = [
        template_of(key, live, opened)
        for key in sorted(live.keys() | opened.keys())
        if key > after and (category is None or category in _categories(key, live, opened))
    ]
    found, following = cut(rows, limit, lambda row: (row.id,))
    return Page(items=list(found), next=following)


@router.get("/templates/{id}", response_model=shapes.Template, responses=documented(404))
def get_template(caller: KnowledgeReader, template_id: TemplateId) -> shapes.Template:
    """A template. Scope `knowledge:read`."""
    with caller.parts.db.read() as session:
        return one(session, template_id)


@router.post("/ask", response_model=shapes.Decision, responses=documented(400, 413))
def ask(caller: KnowledgeReader, given: Question) -> shapes.Decision:
    """What the assistant would do with a question. Nothing is sent, nothing is learned from it. Scope
    `knowledge:read`."""
    [decision] = caller.parts.knowledge.search_all([(plain(given.text), given.language)])
    hits = [
        shapes.Hit(
            template=hit.template_id, title=hit.title, category=hit.category, audience=hit.audience, answer=hit.answer,
            score=hit.score, language=hit.language,
        )
        for hit in decision.hits
    ]  # fmt: skip
    return shapes.Decision(kind=decision.kind, hits=hits)


def one(session: Session, template_id: str) -> shapes.Template:
    """A template as it is now. Raises Refused when there is none."""
    live, opened = versions.published(session, template_id), versions.open_versions(session, template_id)
    if template_id not in live and template_id not in opened:
        raise not_found("template")
    return template_of(template_id, live, opened)


def template_of(
    template_id: str, live: Mapping[str, TemplateVersion], opened: Mapping[str, TemplateVersion]
) -> shapes.Template:
    """A template from its versions."""
    return shapes.Template(id=template_id, published=_wording(live.get(template_id)),
                           open=_wording(opened.get(template_id)))  # fmt: skip


def _categories(
    template_id: str, live: Mapping[str, TemplateVersion], opened: Mapping[str, TemplateVersion]
) -> set[str]:
    return {rows[template_id].content["category"] for rows in (live, opened) if template_id in rows}


def _wording(row: TemplateVersion | None) -> shapes.Wording | None:
    if row is None:
        return None
    content = versions.content_of(row)
    words = {
        language: shapes.Words(
            title=own.title, questions=list(own.questions), answer=own.answer,
            attachments=[shapes.Link(title=a.title, url=a.url) for a in content.attachments.get(language, ())],
        )
        for language, own in content.words.items()
    }  # fmt: skip
    return shapes.Wording(
        number=row.number, state=cast(State, row.state), author=row.author, written_at=row.written_at,
        category=content.category, audience=cast(Audience, content.audience), owner=content.owner,
        source=content.source, valid_from=content.valid_from, valid_until=content.valid_until,
        buttons=list(content.buttons), words=words,
    )  # fmt: skip
