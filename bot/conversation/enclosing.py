"""Files that staff send: looked at and kept before anything is queued, then one message each.

A file is on the disk before the row that tells of it is committed, and an outbox row carries at most one: a channel is
called once for it, so that trying again sends nothing twice that had arrived. A file whose row was never committed (the
process died between) stays behind, known to nobody.
"""

from __future__ import annotations

import filecmp
import re
import secrets
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Literal

from bot.conversation.files import ALLOWED, SNIFFED, sniff
from bot.conversation.messages import Capabilities, FileRules
from bot.conversation.text import split_text, storable
from bot.errors import NotAllowed, SapaError
from bot.storage.disk import MOST_FILES, KeptFile, settle

LONGEST_NAME = 120
CHUNK = 256 * 1024
_OTHER_ENDINGS = {
    "image/jpeg": (".jpeg",), "text/plain": (".csv", ".log", ".md"), "audio/ogg": (".oga", ".opus"),
    "application/vnd.ms-excel": (".xlt",), "application/msword": (".dot",),
}  # fmt: skip
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
"""Also what turns the direction of writing around: it makes ``exe.pdf`` out of ``fdp.exe``."""
ANY = FileRules(max_bytes=sys.maxsize, max_caption=0)
"""For files that no channel has to carry."""
Why = Literal["empty", "too_large", "type", "channel", "channel_type", "too_many", "window"]

_TOLD: dict[Why, str] = {
    "empty": "{name} is empty.",
    "too_large": "{name} is larger than the {most} MB that can be sent.",
    "type": "{name} is not a kind of file that can be sent: pictures, sound, films, PDF, office documents, plain text.",
    "channel": "Files cannot be sent in this conversation.",
    "channel_type": "The person's channel does not carry files like {name}.",
    "too_many": "At most {most} files go with one reply.",
    "window": "The person's last message is too old: only an approved template may be sent now, no file.",
}


class FileRefused(NotAllowed):
    """A file that cannot be sent; nothing was. ``most``: bytes, or how many files, where that is the reason. ``told``:
    why, without what became of the reply."""

    def __init__(self, why: Why, filename: str = "", most: int = 0) -> None:
        self.told = _TOLD[why].format(name=filename, most=megabytes(most) if why == "too_large" else most)
        super().__init__(f"{self.told} Nothing was sent.")
        self.why, self.filename, self.most = why, filename, most


def megabytes(size: int) -> str:
    """``20``, or ``0.1`` where it is less than one."""
    return f"{size / 1_000_000:.3g}"


Keep = Callable[[str, BinaryIO], KeptFile]
"""Keeps a file, by its name and its bytes. Raises FileRefused, OSError."""


@contextmanager
def keeping(data_dir: Path, limit: int) -> Iterator[Keep]:
    """Keep files for the block that writes down what they belong to; refused, it leaves none behind. What is empty,
    over ``limit`` bytes, or not a kind that is kept is refused with FileRefused."""
    done: list[KeptFile] = []

    def keep(name: str, source: BinaryIO) -> KeptFile:
        done.append(_keep(data_dir, name, source, limit))
        return done[-1]

    try:
        yield keep
    except SapaError:
        for file in done:
            (data_dir / file.path).unlink(missing_ok=True)
        raise


@contextmanager
def kept(data_dir: Path, files: Sequence[tuple[str, BinaryIO]], limit: int) -> Iterator[Sequence[KeptFile]]:
    """``keeping`` all of one reply's files, by (name, bytes). Raises FileRefused also for too many; OSError."""
    if len(files) > MOST_FILES:
        raise FileRefused("too_many", most=MOST_FILES)
    with keeping(data_dir, limit) as keep:
        yield [keep(name, source) for name, source in files]


def kept_again(data_dir: Path, path: Path, had: Sequence[KeptFile], keep: Keep) -> KeptFile:
    """The file at ``path``: one of those there were where nothing of it has changed, else kept anew."""
    name = _cleaned(path.name)
    for file in had:
        if file.filename == name and filecmp.cmp(path, data_dir / file.path, shallow=False):
            return file
    with path.open("rb") as source:
        return keep(path.name, source)


def _keep(data_dir: Path, name: str, source: BinaryIO, limit: int) -> KeptFile:
    name = _cleaned(name)
    digits = secrets.token_hex(20)
    target = data_dir / "files" / "sent" / digits[:2] / digits
    target.parent.mkdir(parents=True, exist_ok=True)
    part, size, head = target.with_suffix(".part"), 0, b""
    try:
        with part.open("wb") as out:
            while chunk := source.read(CHUNK):
                size += len(chunk)
                if size > limit:
                    raise FileRefused("too_large", name, limit)
                head += chunk[: SNIFFED - len(head)]
                out.write(chunk)
        if not size:
            raise FileRefused("empty", name)
        media_type = sniff(head, name)
        if media_type is None:
            raise FileRefused("type", name)
        target = target.with_suffix(ALLOWED[media_type])
        settle(part, target, data_dir)
    finally:
        part.unlink(missing_ok=True)
    return KeptFile(str(target.relative_to(data_dir)), _ending_as(media_type, name), media_type, size)


def _cleaned(name: str) -> str:
    """The name without folders and without what is not shown; ``file`` where nothing is left."""
    last = _CONTROL.sub(" ", storable(re.split(r"[/\\]", name)[-1])).strip(" .")
    if len(last) > LONGEST_NAME:
        ending = PurePosixPath(last).suffix[:10]
        last = last[: LONGEST_NAME - len(ending)].rstrip() + ending
    return last or "file"


def _ending_as(media_type: str, name: str) -> str:
    """The name with an ending that says what the file is: whoever gets it opens it by that."""
    endings = (ALLOWED[media_type], *_OTHER_ENDINGS.get(media_type, ()))
    return name if name.lower().endswith(endings) else name + ALLOWED[media_type]


def check(files: Sequence[KeptFile], rules: FileRules | None) -> None:
    """Raises FileRefused where a channel with ``rules`` does not carry one of the files; None: it carries none."""
    if not files:
        return
    if len(files) > MOST_FILES:
        raise FileRefused("too_many", most=MOST_FILES)
    if rules is None:
        raise FileRefused("channel")
    for file in files:
        if file.size > rules.max_bytes:
            raise FileRefused("too_large", file.filename, rules.max_bytes)
        if rules.media_types is not None and file.media_type not in rules.media_types:
            raise FileRefused("channel_type", file.filename)


def endings(rules: FileRules) -> list[str]:
    """What names of files that a channel carries may end on."""
    carried = [media_type for media_type in ALLOWED if rules.media_types is None or media_type in rules.media_types]
    return [ending for each in carried for ending in (ALLOWED[each], *_OTHER_ENDINGS.get(each, ()))]


def messages(text: str, files: Sequence[KeptFile], capabilities: Capabilities) -> list[tuple[str, KeptFile | None]]:
    """What one reply becomes, in order: the text along with the first file where that fits, else before it."""
    rules = capabilities.files
    if files and rules and _fits(text, files[0], rules):
        return [(text.strip(), files[0]), *(("", file) for file in files[1:])]
    pieces = split_text(text, capabilities.max_text) if text.strip() else []
    return [*((piece, None) for piece in pieces), *(("", file) for file in files)]


def _fits(text: str, file: KeptFile, rules: FileRules) -> bool:
    if not text.strip() or file.media_type in rules.bare:
        return False
    # As Telegram counts: what lies outside the basic plane (an emoji) is two.
    return len(text.strip().encode("utf-16-le")) // 2 <= rules.max_caption


def origin(file: KeptFile | None) -> dict[str, Any] | None:
    """What an outbox row says of its file."""
    return {"files": [asdict(file)]} if file else None


def of(row_origin: dict[str, Any] | None) -> list[KeptFile]:
    """The files of an outbox row, by its ``origin``."""
    return [KeptFile(**file) for file in (row_origin or {}).get("files", ())]


def removed(row_origin: dict[str, Any] | None) -> list[str]:
    """Names of the files that went with an outbox row and are not kept any more."""
    return list((row_origin or {}).get("removed", ()))


def names(row_origin: dict[str, Any] | None) -> list[str]:
    """Of all files that went with an outbox row, kept or not."""
    return [*(file.filename for file in of(row_origin)), *removed(row_origin)]


def without_files(row_origin: dict[str, Any] | None) -> dict[str, Any]:
    """Its ``origin`` when its files are not kept any more: their names stay."""
    left = {key: value for key, value in (row_origin or {}).items() if key != "files"}
    return left | {"removed": names(row_origin)}
