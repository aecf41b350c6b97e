"""Canned replies and macros where supervisors keep them: the list, and an editor of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.conversation.applying import known
from bot.errors import Conflict, NotAllowed
from bot.knowledge.snapshot import LANGUAGES
from bot.storage.disk import KeptFile
from bot.tickets import canned, macros
from bot.tickets.canned import MAX_TEXT, MAX_TITLE, Canned, Faulty, Known, Words
from bot.tickets.macros import ENDS, Macro
from bot.tickets.model import CannedReply, TicketMacro
from bot.web.api.fields import whole
from bot.web.categories import titles
from bot.web.gate import not_found
from bot.web.pages.canned import choices, listed, steps_of
from bot.web.visit import Visit

HOME = "/console/canned"
THEN = ("wait", *sorted(ENDS))
Keep = Callable[[Session, Known], None]


def kept(visit: Visit) -> Response:
    """All canned replies and macros."""
    return _list(visit, 200, None)


def reply(visit: Visit) -> Response:
    """The editor of a canned reply; of a new one where the address names none."""
    with visit.parts.db.read() as session:
        row = session.get(CannedReply, visit.path["id"]) if "id" in visit.path else None
    if row is None and "id" in visit.path:
        return not_found(visit)
    return _reply_editor(visit, 200, Canned.of(row) if row else Canned("", {}), row.version if row else 0)


def save_reply(visit: Visit) -> Response:
    """Keep what was written; what is wrong with it is told beside it."""
    form, words = visit.form, {}
    for language in LANGUAGES:
        title, text = (form.get(f"{name}-{language}", "").strip() for name in ("title", "text"))
        if title or text:
            words[language] = Words(title, text.replace("\r\n", "\n"))
    actor, now, seen = visit.who.username, visit.now, whole(visit.form.get("seen")) or 0
    written = Canned(_id(visit), words, form.get("category") or None, form.get("unit") or None, _files(visit))
    flash = _keep(visit, lambda session, known: canned.keep(session, written, known, actor, now, seen))
    return _reply_editor(visit, 422, written, seen, flash) if flash else visit.go(HOME)


def _files(visit: Visit) -> Sequence[KeptFile]:
    """Those that it has: they are changed beside the form."""
    with visit.parts.db.read() as session:
        row = session.get(CannedReply, _id(visit))
    return Canned.of(row).files if row and "id" in visit.path else ()


def macro(visit: Visit) -> Response:
    """The editor of a macro; of a new one where the address names none."""
    with visit.parts.db.read() as session:
        row = session.get(TicketMacro, visit.path["id"]) if "id" in visit.path else None
    if row is None and "id" in visit.path:
        return not_found(visit)
    return _macro_editor(visit, 200, Macro.of(row) if row else Macro("", {}), row.version if row else 0)


def save_macro(visit: Visit) -> Response:
    """Keep what was written; what is wrong with it is told beside it."""
    form = visit.form
    named = {language: form.get(f"title-{language}", "").strip() for language in LANGUAGES}
    written = Macro(
        _id(visit), {each: title for each, title in named.items() if title}, form.get("reply") or None, steps_of(form)
    )
    actor, now, seen = visit.who.username, visit.now, whole(visit.form.get("seen")) or 0
    flash = _keep(visit, lambda session, known: macros.keep(session, written, known, actor, now, seen))
    return _macro_editor(visit, 422, written, seen, flash) if flash else visit.go(HOME)


def delete_reply(visit: Visit) -> Response:
    """Delete a canned reply that no macro says."""
    return _delete(visit, canned.remove)


def delete_macro(visit: Visit) -> Response:
    """Delete a macro."""
    return _delete(visit, macros.remove)


def _delete(visit: Visit, remove: Callable[[Session, str, str, datetime], None]) -> Response:
    try:
        with visit.parts.db.write() as session:
            remove(session, visit.path["id"], visit.who.username, visit.now)
    except NotAllowed as refused:
        return _list(visit, 409, visit.told(refused))
    return visit.go(HOME)


def _keep(visit: Visit, keep: Keep) -> str | None:
    """Why nothing was kept."""
    try:
        with visit.parts.db.write() as session:
            keep(session, known(session, visit.parts.desk, visit.parts.promise.profile))
    except Faulty as faulty:
        return "\n".join(fault.said(visit.language) for fault in faulty.faults)
    except (Conflict, IntegrityError):
        # Also where two made the same id at once, or the reply was deleted that the macro says.
        return visit.say("kept_meanwhile")
    return None


def _list(visit: Visit, status: int, flash: str | None) -> Response:
    with visit.parts.db.read() as session:
        rows = [(row, Canned.of(row)) for row in canned.all_replies(session)]
        found = listed(visit, session)
        changed = {row.id: row for row in macros.all_macros(session)}
    units = {unit.id: unit.name.said(visit.language) for unit in visit.parts.promise.profile.units.values()}
    return visit.show(
        "canned.html", status, active="knowledge", flash=flash, replies=rows, macros=found, changed=changed,
        titles=titles(visit), units=units,
    )  # fmt: skip


def _reply_editor(visit: Visit, status: int, written: Canned, seen: int, flash: str | None = None) -> Response:
    variables = sorted(canned.VARIABLES | visit.parts.desk.variables.keys())
    return _editor(visit, status, "canned_reply.html", flash, written=written, seen=seen, variables=variables)


def _macro_editor(visit: Visit, status: int, written: Macro, seen: int, flash: str | None = None) -> Response:
    values = {**written.steps.as_json(), "tags": ", ".join(written.steps.tags)}
    with visit.parts.db.read() as session:
        said = [(row.id, Canned.of(row).title(visit.language)) for row in canned.all_replies(session)]
    given = {"written": written, "seen": seen, "values": values, "said": said, "then": THEN}
    return _editor(visit, status, "macro.html", flash, **given)


def _editor(visit: Visit, status: int, template: str, flash: str | None, **given: Any) -> Response:
    tree = [(each.id, each.name.said(visit.language)) for each in visit.parts.promise.profile.every_category()]
    limits = {"title": MAX_TITLE, "text": MAX_TEXT}
    with visit.parts.db.read() as session:
        # A macro may name a category that is divided further.
        shown: dict[str, Any] = {**choices(visit, session), "categories": tree, "languages": LANGUAGES}
    return visit.show(
        template, status, active="knowledge", flash=flash, id=visit.path.get("id"), limits=limits, **shown, **given
    )


def _id(visit: Visit) -> str:
    return str(visit.path.get("id") or visit.form.get("id", "").strip())
