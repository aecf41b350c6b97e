"""``python -m benchmarks [name ...] [--size small|full]``: measure, show one table, keep the raw figures as JSON."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import crash, footprint, intake, latency, long, machine, replay, turns
from benchmarks.figures import Result, Row, table
from bot.config import ROOT
from bot.errors import SapaError

RESULTS = Path(__file__).parent / "results"
SCRATCH = ROOT / "var" / "bench"
BENCHMARKS: dict[str, Callable[[str, Path], Result]] = {
    "turns": turns.run,
    "long": long.run,
    "intake": intake.run,
    "latency": latency.run,
    "crash": crash.run,
    "footprint": footprint.run,
    "replay": replay.run,
}


def main() -> int:
    """0 when every figure that was asked for is reached, else 1."""
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    options.add_argument("names", nargs="*", metavar="name", help=", ".join(BENCHMARKS))
    options.add_argument("--size", choices=("small", "full"), default="full")
    chosen = options.parse_args()
    if unknown := set(chosen.names) - set(BENCHMARKS):
        options.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    rows: list[Row] = []
    for name in chosen.names or BENCHMARKS:
        print(f"{name} …", file=sys.stderr, flush=True)
        began = time.monotonic()
        try:
            result = _measure(name, chosen.size)
        except SapaError as error:
            rows.append(Row(name, "", f"could not be measured: {error}".splitlines()[0], False))
            continue
        _keep(name, chosen.size, result, time.monotonic() - began)
        rows += result.rows
    print(table(rows, machine.line(machine.describe())))
    return int(any(row.met is False for row in rows))


def _measure(name: str, size: str) -> Result:
    SCRATCH.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f"{name}-", dir=SCRATCH) as folder:
        return BENCHMARKS[name](size, Path(folder))


def _keep(name: str, size: str, result: Result, seconds: float) -> None:
    RESULTS.mkdir(exist_ok=True)
    kept = {
        "benchmark": name,
        "size": size,
        "took_seconds": round(seconds),
        "machine": machine.describe(),
        "rows": [
            {"what": row.what, "asked": row.asked, "measured": row.measured, "reached": row.met} for row in result.rows
        ],
        "raw": result.raw,
    }
    suffix = "" if size == "full" else ".small"
    text = json.dumps(kept, ensure_ascii=False, indent=1)
    (RESULTS / f"{name}{suffix}.json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
