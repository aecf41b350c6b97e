"""What became of the promises of an invented month, as a report and as lines for a terminal."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from io import StringIO

from bot.procedures.rules import Words
from bot.reports.document import Cell, Report, Section, shown
from bot.reports.recap import share
from bot.reports.words import word
from bot.simulation.checking import Checked, Judged, Step
from bot.simulation.stage import INSTITUTION, Stage

EXAMPLES = 3
"""Tickets that are named of each promise, the latest first."""
VERDICTS = ("kept", "breached", "waived", "running")
_WORDS: Mapping[str, Words] = {
    "title": Words("Janji yang ditepati dan dilanggar", "Promises kept and broken"),
    "first_response": Words("Tanggapan pertama", "First response"),
    "next_response": Words("Tanggapan berikutnya", "Next response"),
    "resolution": Words("Penyelesaian", "Resolution"),
    "closing": Words("Ditutup sendiri setelah lama tanpa kabar", "Closing by itself after a silence"),
    "waived": Words("Gugur", "Not asked for any more"),
    "latest": Words("Terlambat paling lama", "Worst lateness"),
    "examples": Words("Contoh", "Examples"),
    "clocks": Words("Yang dilakukan jam", "What clocks did"),
    "done": Words("Tindakan", "What was done"),
    "warned": Words("Diperingatkan", "Warned"),
    "escalated": Words("Dinaikkan", "Escalated"),
    "breached": Words("Pelanggaran diberitahukan", "Told of a breach"),
    "noticed": Words("Pemberitahuan penutupan", "Told that it will close"),
    "not told": Words("Tidak bisa diberi tahu", "Could not be told that it will close"),
    "lapsed": Words("Ditutup sendiri", "Closed by itself"),
    "on_time": Words("Tepat waktu", "On time"),
    "after_outage": Words("Setelah gangguan", "After the outage"),
    "differences": Words("Perbedaan dengan buku besar", "Differences from the ledger"),
    "difference": Words("Perbedaan", "Difference"),
}


def promises_report(stage: Stage, checked: Checked, faults: Sequence[str], language: str) -> Report:
    """Every promise with how often it was kept and broken; what the clocks did; what the ledger says otherwise."""
    sections = (
        _promises(stage, checked.judged, language),
        _clocks(stage, checked.steps, language),
        _differences([*faults, *checked.differences], language),
    )
    return Report(said("title", language), stage.plan.period.said(language), INSTITUTION, language, sections)


def said(key: str, language: str) -> str:
    """A word of these reports."""
    return _WORDS[key].said(language)


def steps_csv(steps: Sequence[Step]) -> bytes:
    """Everything that clocks did: for what, when it was due, when it was done, by how many seconds late, who was
    told."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["ticket", "done", "promise", "name", "run", "due", "at", "late_seconds", "told"])
    for each in sorted(steps, key=lambda step: (step.at, step.number, step.key, step.what)):
        late = "" if each.what == "warned" or each.due is None else round((each.at - each.due).total_seconds())
        due = each.due.isoformat() if each.due else ""
        told = " ".join(sorted(each.told))
        writer.writerow([each.number, each.what, *each.key, due, each.at.isoformat(), late, told])
    return text.getvalue().encode()


def lines(report: Report) -> Iterator[str]:
    """The report for a terminal."""
    for section in report.sections:
        yield f"{section.title}: {section.sentence}"
        rows = [list(section.columns), *([shown(cell, report.language) for cell in row] for row in section.rows)]
        if not section.rows:
            continue
        widths = [max(len(row[at]) for row in rows) for at in range(len(section.columns))]
        for row in rows:
            yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _promises(stage: Stage, judged: Sequence[Judged], language: str) -> Section:
    of: dict[tuple[str, str], list[Judged]] = defaultdict(list)
    for each in judged:
        of[each.key[0], each.key[1]].append(each)
    rows: list[tuple[Cell, ...]] = []
    for kind, name in _in_order(stage):
        found = of.get((kind, name), [])
        counts = [sum(each.found == verdict for each in found) for verdict in VERDICTS]
        late = sorted(
            (each for each in found if each.late), key=lambda each: (-(each.late or timedelta()), each.number)
        )
        examples = ", ".join(dict.fromkeys(each.number for each in late[:EXAMPLES]))
        rows.append(
            (_named(stage, kind, name, language), *counts, share(counts[0], counts[0] + counts[1]),
             late[0].late if late else None, examples)
        )  # fmt: skip
    kept, late_ones = (sum(each.found == verdict for each in judged) for verdict in ("kept", "breached"))
    sentence = f"{shown(share(kept, kept + late_ones), language)} {word('kept', language).lower()}."
    columns = [word(key, language) for key in ("promise", "kept", "broken")]
    columns += [said("waived", language), word("still_open", language), word("share", language)]
    columns += [said("latest", language), said("examples", language)]
    return Section(word("promises", language), sentence, columns, rows)


def _in_order(stage: Stage) -> Iterator[tuple[str, str]]:
    profile = stage.profile
    yield "first_response", ""
    if profile.next_response is not None:
        yield "next_response", ""
    yield "resolution", ""
    yield from (("ladder", step) for step in (profile.ladder.steps if profile.ladder else ()))
    yield from (("duty", duty) for duty in profile.duties)


def _named(stage: Stage, kind: str, name: str, language: str) -> str:
    profile = stage.profile
    if kind == "ladder" and profile.ladder is not None:
        return profile.roles[profile.ladder.steps[name].role].name.said(language)
    return profile.duties[name].name.said(language) if kind == "duty" else said(kind, language)


def _clocks(stage: Stage, steps: Sequence[Step], language: str) -> Section:
    """When each was to be done is told by the ledger's check; here it is told what the outage delayed."""
    over = stage.seconds.at(stage.outage[1])
    of: dict[tuple[str, str, str], list[Step]] = defaultdict(list)
    for each in steps:
        of[each.key[0], each.key[1], each.what].append(each)
    rows: list[tuple[Cell, ...]] = []
    for (kind, name, what), found in sorted(of.items()):
        after = [each for each in found if each.at == over]
        late = [each.at - each.due for each in after if each.due is not None and each.what != "warned"]
        named = _named(stage, kind, name, language)
        rows.append((named, said(what, language), len(found) - len(after), len(after), max(late, default=None)))
    sentence = f"{_moment(stage, stage.outage[0], language)} – {_moment(stage, stage.outage[1], language)}."
    columns = [word("promise", language), said("done", language), said("on_time", language)]
    columns += [said("after_outage", language), said("latest", language)]
    return Section(said("clocks", language), f"{said('after_outage', language)}: {sentence}", columns, rows)


def _moment(stage: Stage, second: int, language: str) -> str:
    moment: datetime = stage.seconds.at(second).astimezone(stage.plan.zone)
    return shown(moment, language)


def _differences(found: Sequence[str], language: str) -> Section:
    return Section(
        said("differences", language), f"{len(found)}.", [said("difference", language)], [(each,) for each in found]
    )
