"""Template files in a ZIP: ``<language>/<category>.yml``, or one folder around that."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from bot.errors import RefusedFile, at, told
from bot.knowledge.content import Content
from bot.knowledge.files import read_templates, write_templates
from bot.knowledge.snapshot import LANGUAGES, Snapshot

MOST_BYTES = 20_000_000
"""Of all files once they are unpacked."""
MOST_FILES = 2000
_ENDINGS = (".yml", ".yaml")
_BROKEN = (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError, ValueError)
"""What reading raises of an archive that is damaged, encrypted or packed in a way that is not known."""


def read_archive(path: Path) -> Snapshot:
    """All templates of a ZIP. Raises RefusedFile with every fault as ``archive/file:line: what is wrong``."""
    with TemporaryDirectory() as unpacked:
        folder = Path(unpacked)
        try:
            _unpack(path, folder)
            found = read_templates(folder)
        except RefusedFile as refused:
            raise refused.replaced(unpacked, str(path)) from None
        templates = tuple(_of_archive(Content.of(each), unpacked, str(path)) for each in found.templates)
    return replace(found, templates=templates)


def write_archive(path: Path, snapshot: Snapshot) -> None:
    """Write ``snapshot`` in the form that ``read_archive`` reads."""
    with TemporaryDirectory() as unpacked, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        folder = Path(unpacked)
        for file in write_templates(folder, snapshot):
            packed.write(file, file.relative_to(folder))


def _unpack(path: Path, folder: Path) -> None:
    """Only template files, and only to where they belong; what else is in there is of no interest."""
    try:
        with zipfile.ZipFile(path) as packed:
            members = dict(_members(packed))
            if len(members) > MOST_FILES or sum(info.file_size for info in members.values()) > MOST_BYTES:
                what = told("is larger than {most} MB when unpacked", most=MOST_BYTES // 1_000_000)
                raise RefusedFile([at(f"{path}:1", what)])
            around = _folder_around(list(members))
            for name, info in members.items():
                target = folder / name.relative_to(around)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(packed.read(info))
    except OSError as error:
        why = error.strerror or told("no ZIP file")
        raise RefusedFile([at(f"{path}:1", told("cannot be read ({why})", why=why))]) from None
    except _BROKEN:
        raise RefusedFile([at(f"{path}:1", told("is no ZIP file, or is damaged or encrypted"))]) from None


def _members(packed: zipfile.ZipFile) -> Iterator[tuple[PurePosixPath, zipfile.ZipInfo]]:
    for info in packed.infolist():
        name = PurePosixPath(info.filename.replace("\\", "/"))
        parts = name.parts
        ours = (
            name.suffix in _ENDINGS and not info.is_dir() and parts[0] != "__MACOSX" and not name.name.startswith(".")
        )
        if ours and ".." not in parts and not name.is_absolute():
            yield name, info


def _folder_around(names: list[PurePosixPath]) -> PurePosixPath:
    """What is packed as a folder has its name before everything."""
    first = {name.parts[0] for name in names}
    around = len(first) == 1 and not first & set(LANGUAGES) and all(len(name.parts) > 2 for name in names)
    return PurePosixPath(first.pop() if around else "")


def _of_archive(content: Content, unpacked: str, path: str) -> Content:
    """With its places as the archive has them: the folder it was unpacked to is gone."""
    return replace(content, places={name: place.replace(unpacked, path) for name, place in content.places.items()})
