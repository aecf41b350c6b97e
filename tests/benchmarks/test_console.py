"""The console's benchmark in small: the real application, a real browser, and a few agents at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.console.__main__ import SIZES, invented, measure
from tests.chromium import CHROMIUM
from tests.conftest import missing

SMALL = SIZES["small"]


@pytest.mark.engine
@pytest.mark.browser
def test_every_figure_of_the_console_can_be_measured(tmp_path: Path) -> None:
    if CHROMIUM is None:
        missing("browser", "CHROMIUM IS NOT INSTALLED: the console is not measured")
    world = invented(f"sqlite:///{tmp_path / 'sapa.db'}", SMALL, tmp_path)
    rows, raw = measure(world, SMALL, tmp_path)
    statements, *others = rows
    assert statements.met, statements.measured
    assert sum(row.met is not None for row in others) == 11
    assert raw["reply accepted"]["n"] == SMALL.rounds
    assert raw["visible"]["in_talk"]["n"] == raw["visible"]["in_list"]["n"] == SMALL.messages
    loaded = raw["first_visit"]["bytes_and_compressed"]
    assert {"/console/sign-in", "/console?queue=all", "/console/events"} <= set(loaded)
    assert all(len(each["paint_ms"]) == SMALL.paints and min(each["paint_ms"]) > 0 for each in raw["paints"].values())
    assert (raw["agents"], raw["visible_to_all"]["n"]) == (SMALL.agents, SMALL.written)
    assert raw["connected_mb"] > 0
