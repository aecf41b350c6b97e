"""Canned replies and macros as a YAML file, read all or nothing, written in the same form.

replies:
  - id: minta-nim
    category: keuangan           # these two may be left out: it is offered for tickets of these alone
    unit: keuangan
    files: [files/minta-nim/contoh-ktm.png]     # may be left out: in the folder of this file, or below
    words:
      id:
        title: Minta NIM
        text: |
          Halo {name}, boleh kirim NIM untuk tiket {ticket}?
macros:
  - id: tanya-nim
    title: {id: Tanya NIM, en: Ask for the number}
    reply: minta-nim             # a canned reply that is said; all below may be left out
    category: keuangan
    tags: [data-diri]
    priority: high
    assign: me                   # or nobody, user:rina, unit:keuangan
    note: Ditanya oleh {agent}.
    then: wait                   # or resolve, close, spam, withdrawn
    solution: …                  # for resolve and close
    record: …                    # for close
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path

import yaml
from sqlalchemy.orm import Session

from bot.errors import NotAllowed
from bot.knowledge.files import as_yaml
from bot.knowledge.snapshot import LANGUAGES
from bot.procedures.document import Document, Part
from bot.storage.disk import MOST_FILES, KeptFile
from bot.tickets import canned, macros
from bot.tickets.canned import Canned, Fault, Known, Words
from bot.tickets.macros import Macro, Steps
from bot.tickets.model import CannedReply

STEPS = tuple(each.name for each in fields(Steps))
KeepFile = Callable[[Path, Sequence[KeptFile]], KeptFile]
"""Keeps the file at a path, where it is none of those that there were. Raises NotAllowed in words."""
Parts = Mapping[tuple[str, ...], Part]
"""Where a part of a canned reply or a macro was read, by the part's name as faults have it."""


def import_canned(
    session: Session, path: Path, known: Known, actor: str, now: datetime, keep_file: KeepFile | None = None
) -> tuple[int, int]:
    """Add and change what the file has, and leave the rest alone; (replies, macros) of the file. Raises RefusedFile
    with every fault as ``file:line: what is wrong``; nothing was kept then. ``keep_file``: without it a reply that has
    files is a fault."""
    document = Document(path)
    root = document.root().keys(optional=("replies", "macros"))
    replies = [_reply(part) for part in root["replies"].items()]
    found = [_macro(part) for part in root["macros"].items()]
    known = replace(known, replies={*known.replies, *(reply.id for reply, _ in replies)})
    for each, parts in replies:
        _note_faults(document, canned.faults_of(each, known), parts)
    for macro, parts in found:
        _note_faults(document, macros.faults_of(macro, known), parts)
    _note_doubles(parts for _, parts in replies)
    _note_doubles(parts for _, parts in found)
    document.refuse_if_faulty()
    with_files = [replace(each, files=_kept(session, each, parts, path, keep_file)) for each, parts in replies]
    document.refuse_if_faulty()
    for each in with_files:
        canned.keep(session, each, known, actor, now)
    for macro, _ in found:
        macros.keep(session, macro, known, actor, now)
    return len(replies), len(found)


def export_canned(session: Session) -> tuple[str, Mapping[str, KeptFile]]:
    """All canned replies and macros in the form that ``import_canned`` reads, and the files that have to lie beside it,
    by their paths there."""
    content: dict[str, object] = {}
    said = [Canned.of(row) for row in canned.all_replies(session)]
    if replies := [_reply_entry(each) for each in said]:
        content["replies"] = replies
    if found := [_macro_entry(Macro.of(row)) for row in macros.all_macros(session)]:
        content["macros"] = found
    return as_yaml(content), {where: file for each in said for where, file in _beside(each).items()}


def _beside(reply: Canned) -> Mapping[str, KeptFile]:
    """Its files by where they lie beside the YAML; two of one name lie apart."""
    found: dict[str, KeptFile] = {}
    for number, file in enumerate(reply.files, 1):
        where = f"files/{reply.id}/{file.filename}"
        found[where if where not in found else f"files/{reply.id}/{number}/{file.filename}"] = file
    return found


def _reply_entry(reply: Canned) -> dict[str, object]:
    entry: dict[str, object] = {"id": reply.id, "category": reply.category, "unit": reply.unit}
    words = {language: {"title": each.title, "text": each.text} for language, each in reply.words.items()}
    entry["files"] = list(_beside(reply))
    return {name: value for name, value in entry.items() if value} | {"words": words}


def _macro_entry(macro: Macro) -> dict[str, object]:
    entry: dict[str, object] = {"id": macro.id, "title": dict(macro.titles)}
    return entry | ({"reply": macro.reply} if macro.reply else {}) | macro.steps.as_json()


def _reply(part: Part) -> tuple[Canned, Parts]:
    keys = part.keys("id", "words", optional=("category", "unit", "files"))
    parts: dict[tuple[str, ...], Part] = {(name,): keys[name] for name in ("id", "category", "unit", "files")}
    parts[("text",)] = keys["words"]
    words = {}
    for language, own in _by_language(keys["words"]):
        said = own.keys("title", "text")
        parts |= {("title", language): said["title"], ("text", language): said["text"]}
        words[language] = Words(_text(said["title"]) or "", _text(said["text"]) or "")
    return Canned(_text(keys["id"]) or "", words, _text(keys["category"]), _text(keys["unit"])), parts


def _kept(session: Session, reply: Canned, parts: Parts, path: Path, keep_file: KeepFile | None) -> Sequence[KeptFile]:
    """The reply's files, kept; what cannot be is a fault."""
    row, kept = session.get(CannedReply, reply.id), list[KeptFile]()
    had = Canned.of(row).files if row else ()
    for part in parts["files",].items():
        name = _text(part) or ""
        beside = (path.parent / name).resolve()
        if keep_file is None or not beside.is_file() or not beside.is_relative_to(path.parent.resolve()):
            part.document.fault(part.line, Fault("no_file", ("files",), None, {"name": name}).said("en"))
            continue
        try:
            kept.append(keep_file(beside, had))
        except NotAllowed as refused:
            part.document.fault(part.line, str(refused))
    if len(kept) > MOST_FILES:
        line = parts["files",].line
        parts["files",].document.fault(line, Fault("too_many", ("files",), None, {"most": MOST_FILES}).said("en"))
    return tuple(kept)


def _macro(part: Part) -> tuple[Macro, Parts]:
    keys = part.keys("id", "title", optional=("reply", *STEPS))
    parts: dict[tuple[str, ...], Part] = {(name,): each for name, each in keys.items()}
    titles = {}
    for language, own in _by_language(keys["title"]):
        parts["title", language] = own
        titles[language] = _text(own) or ""
    given = {name: _text(keys[name]) for name in STEPS if name != "tags"}
    tags = tuple(_text(each) or "" for each in keys["tags"].items())
    return Macro(_text(keys["id"]) or "", titles, _text(keys["reply"]), Steps(tags=tags, **given)), parts


def _by_language(part: Part) -> Iterator[tuple[str, Part]]:
    for language, own in part.keys(optional=LANGUAGES).items():
        if own.there:
            yield language, own


def _text(part: Part) -> str | None:
    return part.value(str, "") if part.there else None


def _note_faults(document: Document, faults: Iterable[Fault], parts: Parts) -> None:
    for fault in faults:
        part = parts.get(fault.part, parts["id",])
        part = part if part.there else parts["id",]
        block = isinstance(part.node, yaml.ScalarNode) and part.node.style == "|"
        # A block's text begins in the line after its sign.
        line = part.line + fault.line if fault.line is not None and block else part.line
        document.fault(line, replace(fault, line=None).said("en"))


def _note_doubles(found: Iterable[Parts]) -> None:
    first: dict[str, Part] = {}
    for parts in found:
        part = parts["id",]
        if (twin := first.setdefault(part.text, part)) is not part:
            part.fault(f"{part.text} is already used in line {twin.line}")
