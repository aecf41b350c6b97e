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
from bot.errors import NotAllowed
from bot.procedures.rules import Form
from bot.storage.database import Database
from bot.tickets import forwarding, links
from bot.tickets.forwarding import Reply
from bot.tickets.links import LinkRefused
from bot.tickets.model import Forwarding, Ticket

PATH = "/forwarding/{token}"
MAX_BODY = 128 * 1024
_FORMS = Path(__file__).parent / "forms"
_FIELDS = ("by", "findings", "solution")


@dataclass(frozen=True, slots=True)
class FormPage:
    """What the page needs. ``institution``: its name as people know it."""

    db: Database
    clock: Clock
    data_dir: Path
    zone: ZoneInfo
    institution: str

    @classmethod
    def of(cls, settings: Settings, db: Database, clock: Clock) -> FormPage:
        """The page of an institution."""
        return cls(db, clock, settings.data_dir, settings.timezone, settings.institution)

    def routes(self) -> list[BaseRoute]:
        """GET shows the form, POST takes the answer."""
        return [Route(PATH, self.show, methods=["GET"]), Route(PATH, self.take, methods=["POST"])]

    async def show(self, request: Request) -> Response:
        return await run_in_threadpool(self._show, request, {}, None)

    async def take(self, request: Request) -> Response:
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY:
                return self._message(_language(request), "too_long", 413)
        given = parse_qs(body.decode("utf-8", "replace"), max_num_fields=20)
        return await run_in_threadpool(self._take, request, {name: given.get(name, [""])[0] for name in _FIELDS})

    def _take(self, request: Request, given: Mapping[str, str]) -> Response:
        try:
            form_id = links.read(links.link_key(self.data_dir), request.path_params["token"], self.clock())
            with self.db.write() as session:
                form = session.get(Forwarding, form_id)
                if form is None:
                    return self._message(_language(request), "unknown", 404)
                forwarding.answer(session, form, Reply(**given), forwarding.UNIT, self.clock())
        except LinkRefused as error:
            return self._refused(_language(request), error)
        except NotAllowed:
            # It shows why: the form with what is missing, or that it was answered already.
            return self._show(request, given, "incomplete")
        return RedirectResponse(str(request.url.path) + f"?lang={_language(request)}", status_code=303)

    def _show(self, request: Request, given: Mapping[str, str], fault: str | None) -> Response:
        language = _language(request)
        try:
            form_id = links.read(links.link_key(self.data_dir), request.path_params["token"], self.clock())
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
        return self._form(language, rule, form, ticket, given, fault)

    def _form(
        self, language: str, rule: Form | None, form: Forwarding, ticket: Ticket, given: Mapping[str, str],
        fault: str | None,
    ) -> Response:  # fmt: skip
        labels = {each.id: each.label.said(language) for each in rule.fields} if rule else {}
        words = {**_words()[language], **labels}
        due = self._moment(form.due_at, language) if form.due_at else words["no_due"]
        shown = {
            "number": ticket.number, "subject": ticket.subject, "unit": form.unit, "due": due, "asked": form.asked,
            "details": form.details, "institution": self.institution, "other": "en" if language == "id" else "id",
            "fault": words[fault] if fault else "", "by": given.get("by", ""),
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
