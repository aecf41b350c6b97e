"""Files that are really there: a row that survives a power cut must not tell of a file that did not."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

MOST_FILES = 5
"""With one message of staff."""


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file of staff's. ``path``: in the data directory; ``media_type`` was sniffed; ``size`` in bytes."""

    path: str
    filename: str
    media_type: str
    size: int

    @property
    def key(self) -> str:
        """The name under which it is kept, which no other file has."""
        return PurePosixPath(self.path).stem


def settle(part: Path, target: Path, root: Path) -> None:
    """Give a file that is written to its end its name, and return when it and its folders up to ``root`` are on the
    disk. Raises OSError."""
    _sync(part)
    part.replace(target)
    for folder in target.parents:
        _sync(folder)
        if folder == root:
            return


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
