"""Files that go with a canned reply: added and taken away beside its editor, each at once."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.conversation import enclosing
from bot.conversation.applying import known
from bot.errors import NotAllowed
from bot.storage.disk import MOST_FILES, KeptFile
from bot.tickets import canned
from bot.tickets.canned import Canned
from bot.tickets.model import CannedReply
from bot.web.gate import not_found
from bot.web.refusals import why_no_file
from bot.web.visit import Visit


def add(visit: Visit) -> Response:
    """The files of the form go with it from now on."""
    settings, flash = visit.parts.settings, None
    try:
        with (
            enclosing.kept(settings.data_dir, visit.uploads, settings.max_attachment) as files,
            visit.parts.db.write() as session,
        ):
            row = session.get(CannedReply, visit.path["id"], with_for_update=True)
            if row is None:
                raise NotAllowed("It was deleted.")
            _keep(visit, session, row, [*Canned.of(row).files, *files])
    except NotAllowed as refused:
        flash = why_no_file(visit, refused)
    return _part(visit, flash)


def remove(visit: Visit) -> Response:
    """It does not go with it any more. The talks with which it went keep it."""
    with visit.parts.db.write() as session:
        row = session.get(CannedReply, visit.path["id"], with_for_update=True)
        if row is not None:
            _keep(visit, session, row, [each for each in Canned.of(row).files if each.key != visit.path["file"]])
    return _part(visit, None)


def _keep(visit: Visit, session: Session, row: CannedReply, files: list[KeptFile]) -> None:
    if len(files) > MOST_FILES:
        raise enclosing.FileRefused("too_many", most=MOST_FILES)
    changed = replace(Canned.of(row), files=files)
    may_name = known(session, visit.parts.desk, visit.parts.promise.profile)
    canned.keep(session, changed, may_name, visit.who.username, visit.now)


def _part(visit: Visit, flash: str | None) -> Response:
    with visit.parts.db.read() as session:
        row = session.get(CannedReply, visit.path["id"])
    if row is None:
        return not_found(visit)
    given = {"id": row.id, "seen": row.version, "files": Canned.of(row).files, "flash": flash}
    if not visit.fragment and flash is None:
        return visit.go(f"/console/canned/{row.id}")
    return visit.show("parts/canned_files.html", 409 if flash else 200, **given)
