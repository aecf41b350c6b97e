"""The page by which a unit without an account reads a forwarding form and answers it, once, by a signed link."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import yaml
from babel.dates import format_datetime
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.clock import Clock
from bot.config import Settings
from bot.conversation import enclosing
from bot.conversation.enclosing import FileRefused
from bot.errors import NotAllowed
from bot.procedures.rules import Form
from bot.storage.database import Database
from bot.storage.disk import MOST_FILES
from bot.tickets import forwarding, links
from bot.tickets.forwarding import Reply
from bot.tickets.links import LinkRefused
from bot.tickets.model import Forwarding, Ticket
from bot.web.refusals import told_of_file
from bot.web.uploads import TooLarge, Uploads, brings_files, uploaded

PATH = "/forwarding/{token}"
MAX_BODY = 128 * 1024
_FORMS = Path(__file__).parent / "forms"
_FIELDS = ("by", "findings", "solution")


@dataclass(frozen=True, slots=True)
class FormPage:
    """What the page needs. ``institution``: its name as people know it. ``max_attachment``: bytes of a file."""

    db: Database
    clock: Clock
    data_dir: Path
    zone: ZoneInfo
    institution: str
    max_attachment: int

    @classmethod
    def of(cls, settings: Settings, db: Database, clock: Clock) -> FormPage:
        """The page of an institution."""
        return cls(db, clock, settings.data_dir, settings.timezone, settings.institution, settings.max_attachment)

    def routes(self) -> list[BaseRoute]:
        """GET shows the form, POST takes the answer."""
        return [Route(PATH, self.show, methods=["GET"]), Route(PATH, self.take, methods=["POST"])]

    async def show(self, request: Request) -> Response:
        return await run_in_threadpool(self._show, request, {}, "")

    async def take(self, request: Request) -> Response:
        # Nobody fills our disk whose answer is not waited for.
        refused = await run_in_threadpool(self._waiting, request)
        if isinstance(refused, Response):
            return refused
        try:
            if not brings_files(request):
                return await run_in_threadpool(self._take, request, await _fields_of(request), ())
            async with uploaded(request, MAX_BODY, self.max_attachment) as (given, files):
                return await run_in_threadpool(self._take, request, given, files)
        except TooLarge:
            return self._message(_language(request), "too_long", 413)

    def _take(self, request: Request, given: Mapping[str, str], uploads: Uploads) -> Response:
        language = _language(request)
        given = {name: given.get(name, "") for name in _FIELDS}
        again = f" {_words()[language]['again']}" if uploads else ""
        try:
            with enclosing.kept(self.data_dir, uploads, self.max_attachment) as files, self.db.write() as session:
                form = session.get_one(Forwarding, links.read(*self._link(request)))
                forwarding.answer(session, form, Reply(**given, files=files), forwarding.UNIT, self.clock())
        except LinkRefused as error:
            return self._refused(language, error)
        except FileRefused as refused:
            return self._show(request, given, told_of_file(language, refused) + again)
        except NotAllowed:
            # It shows why: the form with what is missing, or that it was answered already.
            return self._show(request, given, _words()[language]["incomplete"] + again)
        return RedirectResponse(str(request.url.path) + f"?lang={language}", status_code=303)

    def _show(self, request: Request, given: Mapping[str, str], fault: str) -> Response:
        waiting = self._waiting(request)
        if isinstance(waiting, Response):
            return waiting
        form, ticket, rule = waiting
        return self._form(_language(request), rule, form, ticket, given, fault)

    def _waiting(self, request: Request) -> tuple[Forwarding, Ticket, Form | None] | Response:
        """What the link is about while its answer is waited for; else what is to be told."""
        language = _language(request)
        try:
            form_id = links.read(*self._link(request))
        except LinkRefused as error:
            return self._refused(language, error)
        with self.db.read() as session:
            form = session.get(Forwarding, form_id)
            if form is None:
                return self._message(language, "unknown", 404)
            ticket = session.get_one(Ticket, form.ticket_id)
            if form.answered_at is not None:
                return self._message(language, "thanks", 200, number=ticket.number)
            waits, rule = forwarding.current(session, ticket), forwarding.rule_of(session, ticket)
        if waits is None or waits.id != form.id:
            return self._message(language, "taken_back", 410, number=ticket.number)
        return form, ticket, rule

    def _link(self, request: Request) -> tuple[bytes, str, datetime]:
        return links.link_key(self.data_dir), request.path_params["token"], self.clock()

    def _form(
        self, language: str, rule: Form | None, form: Forwarding, ticket: Ticket, given: Mapping[str, str], fault: str
    ) -> Response:  # fmt: skip
        labels = {each.id: each.label.said(language) for each in rule.fields} if rule else {}
        words = {**_words()[language], **labels}
        due = self._moment(form.due_at, language) if form.due_at else words["no_due"]
        shown = {
            "number": ticket.number, "subject": ticket.subject, "unit": form.unit, "due": due, "asked": form.asked,
            "details": form.details, "institution": self.institution, "other": "en" if language == "id" else "id",
            "fault": fault, "by": given.get("by", ""), "endings": ",".join(enclosing.endings(enclosing.ANY)),
            "limits": Template(words["limits"]).substitute(
                files=MOST_FILES, most=enclosing.megabytes(self.max_attachment)
            ),
            "title": rule.title.said(language) if rule else words["title"],
        }  # fmt: skip
        return _page(language, "form.html", words, shown, 422 if fault else 200, _fields(rule, given, words))

    def _refused(self, language: str, error: LinkRefused) -> Response:
        return self._message(language, "expired" if error.expired else "unknown", 410 if error.expired else 404)

    def _message(self, language: str, which: str, status: int, number: str = "") -> Response:
        words = _words()[language]
        text = Template(words[which]).substitute(number=number)
        return _page(language, "message.html", words, {"text": text, "institution": self.institution}, status)

    def _moment(self, moment: datetime, language: str) -> str:
        return format_datetime(moment.astimezone(self.zone), "EEEE, d MMMM y HH:mm zzz", locale=language)


async def _fields_of(request: Request) -> Mapping[str, str]:
    """Raises TooLarge."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise TooLarge
    given = parse_qs(body.decode("utf-8", "replace"), max_num_fields=20)
    return {name: values[0] for name, values in given.items()}


def _language(request: Request) -> str:
    """Indonesian, unless the link or the browser asks for English."""
    wanted = request.query_params.get("lang") or request.headers.get("accept-language", "")
    return "en" if wanted.strip().lower().startswith("en") else "id"


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    read: dict[str, dict[str, str]] = yaml.safe_load((_FORMS / "forwarding.yml").read_text(encoding="utf-8"))
    return read


@cache
def _template(name: str) -> Template:
    return Template((_FORMS / name).read_text(encoding="utf-8"))


@cache
def _style() -> tuple[str, str]:
    """The style sheet, and its hash for the page's policy."""
    css = (_FORMS / "page.css").read_text(encoding="utf-8")
    return css, b64encode(sha256(css.encode()).digest()).decode()


def _fields(rule: Form | None, given: Mapping[str, str], labels: Mapping[str, str]) -> str:
    """The texts that the unit writes, as the procedure's form has them; every value escaped."""
    return "\n".join(
        f'<label for="{name}">{escape(labels[name])}</label>\n<textarea id="{name}" name="{name}" maxlength="10000"'
        f"{' required' if must else ''}>\n{escape(given.get(name, ''))}</textarea>"
        for name, must in forwarding.answered_with(rule).items()
    )


def _page(
    language: str, name: str, words: Mapping[str, str], shown: Mapping[str, Any], status: int, fields: str = ""
) -> Response:
    """A page with every value escaped: nothing that anybody wrote becomes markup. ``fields``: markup of ours."""
    css, digest = _style()
    labels = {f"w_{key}": escape(word) for key, word in words.items()}
    values = {key: escape(str(value)) for key, value in shown.items()}
    html = _template(name).substitute(labels | values | {"language": language, "style": css, "fields": fields})
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    headers = {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex",
        "Cache-Control": "no-store",
    }
    return HTMLResponse(html, status_code=status, headers=headers)
