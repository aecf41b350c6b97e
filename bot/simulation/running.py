"""From a plan to files: the month is played, checked and told."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.reports.document import Report
from bot.reports.making import Reporter
from bot.reports.pdf_file import pdf_bytes
from bot.reports.xlsx_file import xlsx_bytes
from bot.simulation import figures
from bot.simulation.checking import Checked, check
from bot.simulation.month import Month
from bot.simulation.stage import INSTITUTION, Plan, Stage, build
from bot.simulation.telling import promises_report, steps_csv

_OBJECTS = 100_000
"""New objects between two searches for garbage: of what a month makes, next to nothing is."""


@dataclass(frozen=True, slots=True)
class Played:
    """A month that is over. ``differences``: everything that the services and the ledger do not agree on, or that was
    refused; empty when all is well. ``recap``: the monthly report; ``promises``: what was kept and broken."""

    stage: Stage
    checked: Checked
    differences: tuple[str, ...]
    recap: Report
    promises: Report
    acts: int
    asked: int


@contextmanager
def played(plan: Plan, url: str, language: str, told: Callable[[str], None] = lambda _: None) -> Iterator[Played]:
    """Play the month in the empty database at ``url``, and check it. ``told``: is told how far it is. Raises NotAllowed
    for a database that holds anything."""
    stage = build(plan, url)
    try:
        month = Month(stage, told)
        with _little_garbage():
            month.play()
        told("checking")
        checked = check(stage)
        other = [*month.faults, *figures.differences(stage, month.people)]
        reporter = Reporter(stage.profile, plan.zone, INSTITUTION, language)
        with stage.db.read() as session:
            recap = reporter.recap(session, plan.period, stage.now, title="month")
        promises = promises_report(stage, checked, other, language)
        yield Played(stage, checked, (*other, *checked.differences), recap, promises, month.acts, month.asked)
    finally:
        stage.db.close()


def write(month: Played, folder: Path) -> list[Path]:
    """The recap and the list of promises as PDF and XLSX, and all that clocks did as CSV; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {"steps.csv": steps_csv(month.checked.steps)}
    for name, report in (("recap", month.recap), ("promises", month.promises)):
        found |= {f"{name}.pdf": pdf_bytes(report), f"{name}.xlsx": xlsx_bytes(report)}
    for name, content in found.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in found]


@contextmanager
def _little_garbage() -> Iterator[None]:
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
