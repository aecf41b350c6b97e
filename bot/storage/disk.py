"""Files that are really there: a row that survives a power cut must not tell of a file that did not."""

from __future__ import annotations

import os
from pathlib import Path


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
