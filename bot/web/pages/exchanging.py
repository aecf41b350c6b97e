"""Answer templates as files: exported, and imported after a look at what would change."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from starlette.responses import Response

from bot.errors import NotAllowed, RefusedFile, SapaError
from bot.identity import audit
from bot.knowledge import exchange, store, versions
from bot.knowledge.content import Content
from bot.knowledge.curating import importing
from bot.knowledge.curating.changes import Difference, difference
from bot.knowledge.snapshot import Snapshot
from bot.tickets.discarding import discard
from bot.web.api.fields import whole
from bot.web.gate import not_found
from bot.web.pages.editing import learning, rules_of
from bot.web.pages.knowledge import title_of
from bot.web.pages.listing import category_titles
from bot.web.visit import Visit

HOME = "/console/knowledge/import"
LARGEST = 10_000_000
"""Bytes of a file: ten thousand templates."""
KEPT = timedelta(hours=12)
"""How long a file waits at least that was looked at and not imported."""
A_PAGE = 25
MOST_FAULTS = 200
DONE = ("added", "changed", "removed", "waiting")
SHOWN = ("changed", "added", "removed", "unchanged")
_TOKEN = re.compile(r"[0-9a-f]{32}")
_PLACE = re.compile(r"(?P<file>.+?):(?P<row>\d+)(?::(?P<column>\w+))?: (?P<what>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and where; its place may be unknown."""

    file: str
    row: str
    column: str
    what: str

    @classmethod
    def of(cls, fault: str) -> Fault:
        found = _PLACE.fullmatch(fault)
        return (
            cls(**{name: text or "" for name, text in found.groupdict().items()}) if found else cls("", "", "", fault)
        )


@dataclass(frozen=True, slots=True)
class Line:
    """A template of the file. ``differences``: to what is published."""

    id: str
    title: str
    category: str
    languages: tuple[str, ...]
    differences: Sequence[Difference]


def form(visit: Visit) -> Response:
    """Where a file is chosen, and where the base is taken out. After an import: what it did."""
    given = visit.request.query_params
    done = {name: number for name in DONE if (number := whole(given.get(name))) is not None}
    return _form(visit, 200, done={**dict.fromkeys(DONE, 0), **done} if done else None)


def upload(visit: Visit) -> Response:
    """Keep the file for as long as it is looked at; what is wrong with it is told at once."""
    if len(visit.uploads) != 1:
        return _form(visit, 422, flash=visit.say("import_choose"))
    name, source = visit.uploads[0]
    name = _cleaned(name)
    if Path(name).suffix.lower().removeprefix(".") not in exchange.FORMS:
        return _form(visit, 422, flash=visit.say("import_kind", name=name))
    token = secrets.token_hex(16)
    path = _folder(visit) / f"{token}-{name}"
    path.parent.mkdir(parents=True, exist_ok=True)
    with visit.parts.db.write() as session:
        # Before the file is there, so that none is left behind.
        discard(session, [str(path.relative_to(visit.parts.settings.data_dir))], visit.now + KEPT)
    size = _keep(source, path)
    if not 0 < size <= LARGEST:
        path.unlink()
        why = (
            visit.say("import_large", name=name, most=LARGEST // 1_000_000)
            if size
            else visit.say("import_empty", name=name)
        )
        return _form(visit, 413 if size else 422, flash=why)
    return visit.go(f"{HOME}/{token}")


def look(visit: Visit) -> Response:
    """What importing the file would change. Nothing is written."""
    return _look(visit, 200)


def carry_out(visit: Visit) -> Response:
    """Import the file as it was looked at, all or nothing."""
    path = _kept(visit)
    if path is None:
        return _form(visit, 409, flash=visit.say("import_gone"))
    rules, me, report = rules_of(visit), visit.who.username, None
    despite = visit.form.get("despite", "").strip() or None
    try:
        templates = exchange.read(path)
        with visit.parts.db.read() as session:
            publish = not visit.parts.settings.four_eyes
            wanted = importing.prepare(
                session, templates, rules, visit.now, replacing=_replacing(visit), publish=publish
            )
        if str(wanted.base_version) != visit.form.get("seen", ""):
            return _look(visit, 409, flash=visit.say("import_changed"))
        report = wanted.replayed(learning(visit))
        with visit.parts.db.write() as session:
            done = importing.carry_out(session, wanted, report, me, visit.now, rules, despite=despite)
            audit.note(session, me, "templates imported", f"templates {_name(path)}", visit.now, done.counts())
    except (NotAllowed, RefusedFile) as refused:
        why = None if report and report.blocks else _named(visit, refused, path)
        return _look(visit, 409, flash=why, report=report)
    path.unlink(missing_ok=True)
    counts = "&".join(f"{name}={number}" for name, number in done.counts().items())
    return visit.go(f"{HOME}?{counts}" if counts else HOME)


def export(visit: Visit) -> Response:
    """All published templates as a file; with ``?drafts``, what is being worked on."""
    form, drafts = str(visit.path["format"]), "drafts" in visit.request.query_params
    if form not in exchange.FORMS:
        return not_found(visit)
    with visit.parts.db.read() as session:
        snapshot = store.load(session, every=True)
        if drafts:
            opened = versions.open_versions(session).values()
            snapshot = Snapshot(tuple(map(versions.content_of, opened)), snapshot.categories)
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{'drafts' if drafts else 'templates'}.{form}"
        try:
            exchange.write(path, snapshot)
        except RefusedFile as refused:
            return _form(visit, 409, faults=_faults(visit, refused.faults, path))
        content = path.read_bytes()
    name = f"sapa-{path.stem}-{visit.now.astimezone(visit.parts.settings.timezone):%Y-%m-%d}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=exchange.FORMS[form], headers=headers)


def _form(visit: Visit, status: int, **given: Any) -> Response:
    return visit.show(
        "import.html", status, active="knowledge", forms=tuple(exchange.FORMS), largest=LARGEST,
        **{"flash": None, "faults": (), "done": None, **given},
    )  # fmt: skip


def _look(visit: Visit, status: int, **given: Any) -> Response:
    path = _kept(visit)
    if path is None:
        return _form(visit, 404, flash=visit.say("import_gone"))
    publish = not visit.parts.settings.four_eyes
    try:
        templates = exchange.read(path)
        with visit.parts.db.read() as session:
            seen = versions.version(session)
            plan = store.plan_import(session, templates, rules_of(visit), replacing=_replacing(visit))
            titles = category_titles(session, visit.language)
            renamed = store.renamed(session, plan.categories, rename=publish)
            others = store.drafts_of_others(plan, versions.open_versions(session), visit.who.username)
    except RefusedFile as refused:
        if not _replacing(visit):
            # What cannot replace all may still be merged.
            path.unlink(missing_ok=True)
        return _form(visit, 422, faults=_faults(visit, refused.faults, path), file=_name(path))
    return visit.show(
        "import_look.html", status, active="knowledge", token=visit.path["token"], file=_name(path), seen=seen,
        plan=plan, titles=titles, renamed=renamed, publish=publish, replacing=_replacing(visit),
        others=_faults(visit, others, path),
        **_shown(visit, plan, templates), **{"flash": None, "report": None, **given},
    )  # fmt: skip


def _replacing(visit: Visit) -> bool:
    """Whether what the file does not name is to be archived. Where two people are needed, that is done one by one."""
    wanted = (visit.form.get("replace"), visit.request.query_params.get("replace"))
    return "1" in wanted and not visit.parts.settings.four_eyes


def _shown(visit: Visit, plan: store.Plan, templates: Snapshot) -> Mapping[str, Any]:
    """One page of what is wanted: changed, added, removed or unchanged templates."""
    counts = {name: len(getattr(plan.changes, name)) for name in SHOWN}
    wanted = visit.request.query_params.get("show", "")
    which = wanted if wanted in SHOWN else next((name for name in SHOWN if counts[name]), SHOWN[0])
    ids = getattr(plan.changes, which)
    page = min(max(1, whole(visit.request.query_params.get("page")) or 1), max(1, -(-len(ids) // A_PAGE)))
    contents = {each.id: Content.of(each) for each in templates.templates}
    lines = []
    for key in ids[(page - 1) * A_PAGE : page * A_PAGE]:
        content = plan.after.get(key) or contents.get(key) or plan.before[key]
        differences = difference(plan.before.get(key), content) if which in ("changed", "added") else ()
        lines.append(Line(key, title_of(content, visit.language), content.category, tuple(content.words), differences))
    return {"counts": counts, "which": which, "lines": lines, "page": page, "more": page * A_PAGE < len(ids)}


def _faults(visit: Visit, faults: Sequence[str], path: Path) -> Sequence[Fault]:
    return [Fault.of(_named(visit, each, path)) for each in faults[:MOST_FAULTS]]


def _named(visit: Visit, what: str | SapaError, path: Path) -> str:
    """What was told, with the file as its owner calls it."""
    return visit.told(what).replace(str(path), _name(path))


def _name(path: Path) -> str:
    return path.name.partition("-")[2]


def _cleaned(name: str) -> str:
    last = re.sub(r"[^\w.() -]+", " ", re.split(r"[/\\]", name)[-1]).strip(" .-")
    stem, suffix = Path(last).stem, Path(last).suffix
    return f"{stem[:60].strip()}{suffix[:10]}"


def _keep(source: BinaryIO, path: Path) -> int:
    """The bytes that there are; at most a little over ``LARGEST`` of them are kept."""
    content = source.read(LARGEST + 1)
    path.write_bytes(content)
    return len(content)


def _folder(visit: Visit) -> Path:
    """Everybody's own: a file is looked at by who brought it."""
    return visit.parts.settings.data_dir / "imports" / visit.who.username


def _kept(visit: Visit) -> Path | None:
    token = str(visit.path["token"])
    return next(_folder(visit).glob(f"{token}-*"), None) if _TOKEN.fullmatch(token) else None
