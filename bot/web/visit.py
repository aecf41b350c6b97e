"""One request of the console: who asks, in which language, with what; and how it is answered."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property, lru_cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot.clock import Clock
from bot.config import Settings
from bot.conversation.erasing import is_erased
from bot.conversation.handover import Desk
from bot.conversation.picture import Look
from bot.errors import SapaError
from bot.identity.sessions import SignedIn
from bot.knowledge.base import Knowledge
from bot.knowledge.curating.beside import Beside
from bot.knowledge.curating.found_gaps import FoundGaps
from bot.knowledge.curating.replays import Replays
from bot.procedures import rules
from bot.procedures.hours import ServicePromise
from bot.reports import recaps
from bot.storage.database import Database
from bot.storage.disk import KeptFile
from bot.tickets import duty, roles
from bot.tickets import notices as of_staff
from bot.tickets.model import Ticket
from bot.web import permissions, words
from bot.web.api.fields import clamped
from bot.web.live import Live
from bot.web.permissions import Permission, may
from bot.web.system import System
from bot.web.times import Times

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}
THEMES = ("auto", "light", "dark")
MODULES = ("page", "keys", "inbox", "picking", "choosing", "finder", "enclosed", "alerts", "signing", "narrowing")
"""Scripts that ``console.js`` imports, one way or another: browsers are told before they have read it."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the console works with. ``happened``: tell whoever waits (senders, open pages) that something
    was written; may be called in any thread. ``system``: the application around it, where there is one. ``looks``: how
    channels show messages. ``undoes``: whether closing waits for an undo; there has to be somebody who looks at the
    clock then."""

    db: Database
    clock: Clock
    settings: Settings
    desk: Desk
    knowledge: Knowledge
    promise: ServicePromise
    live: Live
    happened: Callable[[], None]
    system: System | None = None
    looks: Mapping[str, Look] = field(default_factory=dict)
    undoes: bool = True
    replays: Replays = field(default_factory=Replays)
    beside: Beside = field(default_factory=Beside)
    gaps: FoundGaps = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "gaps", FoundGaps(self.db, by_meaning=self.settings.embeddings))


@dataclass
class Visit:
    """``account``: who is signed in; None on public pages. ``form``: the fields of a POST, trimmed of NULs, and
    ``uploads`` its files by (name, bytes), on routes that take files. ``csrf``: what a form must carry to be taken for
    ours. ``now``: of the whole request. ``enclosed``: the uploads once they are kept."""

    request: Request
    parts: Parts
    account: SignedIn | None
    now: datetime
    csrf: str = ""
    form: Mapping[str, str] = field(default_factory=dict)
    uploads: Sequence[tuple[str, BinaryIO]] = ()
    enclosed: Sequence[KeptFile] = ()

    @property
    def who(self) -> SignedIn:
        """Who is signed in. Only behind a route that asks for a permission."""
        if self.account is None:
            raise AssertionError("nobody is signed in on a route that asks for it")
        return self.account

    @property
    def needs_second_factor(self) -> bool:
        """Whether the role of who is signed in wants a second factor."""
        return self.account is not None and self.account.role in self.parts.settings.second_factor_for

    @property
    def lacks_second_factor(self) -> bool:
        """Whether who is signed in has to set one up before anything else."""
        return self.needs_second_factor and not self.who.second_factor

    @cached_property
    def language(self) -> str:
        wanted = self.request.cookies.get("sapa-language")
        if wanted in words.LANGUAGES:
            return wanted
        accepted = self.request.headers.get("accept-language", "").lower()
        return "en" if accepted.startswith("en") else "id"

    @property
    def midnight(self) -> datetime:
        """When the institution's day began."""
        local = self.now.astimezone(self.parts.settings.timezone)
        return local.replace(hour=0, minute=0, second=0, microsecond=0)

    @property
    def theme(self) -> str:
        wanted = self.request.cookies.get("sapa-theme", "auto")
        return wanted if wanted in THEMES else "auto"

    @cached_property
    def on_duty(self) -> bool:
        """Whether who is signed in is on duty."""
        with self.parts.db.read() as session:
            return duty.is_on_duty(session, self.who.username)

    @cached_property
    def unseen(self) -> int:
        """How much of what who is signed in was told he has not seen."""
        with self.parts.db.read() as session:
            return of_staff.unseen(session, self.who.username) + recaps.unseen(session, self.who.username)

    @property
    def fragment(self) -> bool:
        """Whether only a part of the page is asked for."""
        return "hx-request" in self.request.headers

    @property
    def path(self) -> Mapping[str, Any]:
        return self.request.path_params

    @cached_property
    def granted(self) -> frozenset[rules.Permission]:
        """What the profile in use lets who is signed in do."""
        if self.account is None:
            return frozenset()
        with self.parts.db.read() as session:
            return roles.permissions(session, self.parts.promise.profile, self.account.username, self.account.role)

    def may(self, permission: Permission) -> bool:
        return may(self.account is not None, () if permission in ("public", "own") else self.granted, permission)

    @property
    def home(self) -> str:
        """Where the day of whoever looks begins."""
        return permissions.home(self.granted)

    def role(self, name: str | None) -> str:
        """What the profile in use calls a role; its name where it is of another."""
        found = self.parts.promise.profile.roles.get(name or "")
        return found.name.said(self.language) if found else name or ""

    def subject(self, ticket: Ticket) -> str:
        """What a ticket is about; where its person was erased, that he was."""
        return self.say("erased_subject") if is_erased(ticket) else ticket.subject

    def moment(self, field: str) -> datetime | None:
        """The time of a form's field, as the institution's clock has it; None where there is none."""
        try:
            local = datetime.fromisoformat(self.form.get(field, ""))
        except ValueError:
            return None
        return clamped(local.replace(tzinfo=self.parts.settings.timezone))

    def say(self, name: str, /, **values: object) -> str:
        """Words of the catalogue."""
        return words.say(self.language, name, **values)

    def told(self, what: str | SapaError, /, **names: str) -> str:
        """What the rules told, or why they refused, in the visit's language. ``names``: by the ids that may be told."""
        return words.told(self.language, what, **names)

    def show(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page or a part of one."""
        language = self.language
        given = {
            "visit": self,
            "t": partial(words.say, language),
            "known": partial(words.known, language),
            "told": partial(words.told, language),
            "undelivered": partial(words.undelivered, language),
            "times": Times(self.now, self.parts.settings.timezone, language),
            "language": language,
            "me": self.account,
            **values,
        }
        return HTMLResponse(environment().get_template(template).render(given), status_code=status)

    def go(self, path: str) -> Response:
        """To another page, which is then loaded anew."""
        if self.fragment:
            return Response(status_code=204, headers={"HX-Redirect": path})
        return RedirectResponse(path, status_code=303)


@cache
def environment() -> Environment:
    """The templates. Everything is escaped, and a name that nobody gave is a fault."""
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"icon": _icon, "breaking": _breaking, "static": static_address, "modules": MODULES}
    return made


@lru_cache(1000)
def _icon(name: str, label: str = "") -> Markup:
    """An icon; ``label`` where it stands for itself, else it is decoration."""
    told = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="icon" {}><use href="{}#{}"/></svg>').format(told, static_address("icons.svg"), name)


def _breaking(address: str) -> Markup:
    """An e-mail address that breaks before its signs where the place is narrow, and not within a word."""
    return Markup("").join(
        Markup("<wbr>") + part if part in "@._-" else part for part in re.split(r"([@._-])", address) if part
    )


@cache
def static_address(name: str) -> str:
    """Where a file of ours is served; another content has another address, so browsers may keep it. Raises
    FileNotFoundError."""
    if not (STATIC / name).is_file():
        raise FileNotFoundError(name)
    return f"/console/static/{static_version()}/{name}"


@cache
def static_version() -> str:
    """Of all files together: those that name each other have the same one."""
    content = sha256()
    for path in sorted(STATIC.rglob("*.*")):
        content.update(path.read_bytes())
    return content.hexdigest()[:12]
