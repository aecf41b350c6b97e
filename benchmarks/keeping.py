"""Where benchmarks work, and where their raw figures are kept."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import machine
from benchmarks.figures import Row
from bot.config import ROOT
from tests.conftest import empty_postgres

RESULTS = Path(__file__).parent / "results"
SCRATCH = ROOT / "var" / "bench"


@contextmanager
def scratch(name: str) -> Iterator[Path]:
    """A folder that is gone afterwards."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f"{name}-", dir=SCRATCH) as folder:
        yield Path(folder)


@contextmanager
def empty(database: str, folder: Path) -> Iterator[str]:
    """The address of an empty database, ``sqlite`` (in the folder) or ``postgresql``, which is gone afterwards."""
    if database == "postgresql":
        with empty_postgres() as url:
            yield url
        return
    yield f"sqlite:///{folder / 'sapa.db'}"


def keep(file: str, told: Mapping[str, object], rows: Sequence[Row], raw: Mapping[str, Any]) -> None:
    """Write the figures to ``results/<file>.json``, below what is told of them and of the machine."""
    kept = {
        **told,
        "machine": machine.describe(),
        "rows": [{"what": r.what, "asked": r.asked, "measured": r.measured, "reached": r.met} for r in rows],
        "raw": raw,
    }
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(kept, ensure_ascii=False, indent=1)
    (RESULTS / f"{file}.json").write_text(f"{text}\n", encoding="utf-8")


def say(text: str) -> None:
    """To whoever waits for the figures."""
    print(text, file=sys.stderr, flush=True)
