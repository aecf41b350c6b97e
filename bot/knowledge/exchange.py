"""Templates in every form that people have them in: a folder of YAML files or a ZIP of one, CSV, XLSX."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bot.knowledge.archive import read_archive, write_archive
from bot.knowledge.files import read_templates, write_templates
from bot.knowledge.sheet import is_sheet, read_sheet, write_sheet
from bot.knowledge.snapshot import Snapshot

FORMS: Mapping[str, str] = {
    "zip": "application/zip",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""Forms that are one file, by its ending, with their media types."""


def read(path: Path) -> Snapshot:
    """All templates of a file or folder. Raises RefusedFile with every fault and its place."""
    if path.suffix.lower() == ".zip":
        return read_archive(path)
    return read_sheet(path) if is_sheet(path) else read_templates(path)


def write(path: Path, snapshot: Snapshot) -> None:
    """Write ``snapshot`` in the form that the name asks for, as ``read`` reads it. Raises RefusedFile."""
    if path.suffix.lower() == ".zip":
        write_archive(path, snapshot)
    elif is_sheet(path):
        write_sheet(path, snapshot)
    else:
        write_templates(path, snapshot)
