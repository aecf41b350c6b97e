"""What the commands of curating write to the terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

import typer

from bot.knowledge.curating.changes import Difference, difference
from bot.knowledge.curating.figures import Figures
from bot.knowledge.curating.gaps import Gap
from bot.knowledge.curating.replay import JUDGEMENTS, Golden, Replayed, Verdict
from bot.knowledge.model import TemplateEvent, TemplateNotice, TemplateVersion
from bot.knowledge.store import Changes, Plan

MOST_CHANGES = 30
_ACTING = ("Cc", "Cf", "Cs", "Zl", "Zp")


def harmless(text: str) -> str:
    """Nothing that people wrote moves the cursor or looks like another line."""
    return "".join("·" if unicodedata.category(c) in _ACTING and c != "\u200d" else c for c in text)


def changes(done: Changes) -> None:
    counts = ("added", "changed", "unchanged", "removed", "kept")
    typer.echo(", ".join(f"{len(getattr(done, name))} {name}" for name in counts) + ".")
    if done.waiting:
        typer.echo(f"Handed in, to be published by somebody else: {', '.join(done.waiting)}")


def plan(planned: Plan) -> None:
    signs = {"added": "+", "changed": "~", "removed": "-"}
    for name, sign in signs.items():
        for template_id in getattr(planned.changes, name):
            typer.echo(f"{sign} {template_id}")
            if name == "changed":
                differences(difference(planned.before[template_id], planned.after[template_id]))
    changes(planned.changes)
    typer.echo("Nothing was imported.")


def differences(found: Sequence[Difference]) -> None:
    if not found:
        typer.echo("Nothing changed.")
    for each in found:
        typer.echo(f"    {each.name}")
        for line in each.lines:
            typer.echo(harmless(f"      {line}"))


def waiting(rows: Iterable[TemplateVersion], notices: Iterable[TemplateNotice], zone: ZoneInfo) -> None:
    for row in rows:
        at = row.written_at.astimezone(zone)
        typer.echo(f"{row.template_id:<32} {row.state:<8} version {row.number:<4} {row.author:<12} {at:%d %b %H:%M}")
    for notice in notices:
        data = " ".join(
            f"{value}" if name == "day" else f"{name} {value}" for name, value in (notice.data or {}).items()
        )
        typer.echo(f"{notice.template_id:<32} {notice.kind} {data}  ({notice.owner}, notice {notice.id})")


def replayed(report: Replayed) -> None:
    total = sum(change.question.times for change in report.changes)
    counts = ", ".join(f"{report.count(judged)} {judged}" for judged in JUDGEMENTS)
    typer.echo(f"{report.asked} past questions: {total} change, {counts}.")
    for change in report.changes[:MOST_CHANGES]:
        times = f"{change.question.times}x {len(change.question.people)} people"
        typer.echo(
            harmless(
                f"  {change.judged:<6} {times:<14} “{change.question.text[:80]}”  "
                f"{_verdict(change.before)} -> {_verdict(change.after)}"
            )
        )
    if report.wrong_before is not None and report.wrong_after is not None:
        typer.echo(f"Expected to be wrong among the answers: {report.wrong_before:.1%} -> {report.wrong_after:.1%}.")
    for golden in report.broken:
        typer.echo(harmless(f"  broken golden question: “{golden.text}” ({golden.template_id or 'nothing'})"))
    for reason in report.blocks:
        typer.echo(harmless(f"BLOCKED: {reason}"))


def _verdict(verdict: Verdict) -> str:
    return {"answer": "", "choose": "choice of ", "hand_over": "nobody"}[verdict.kind] + ", ".join(verdict.templates)


def golden(wanted: Sequence[Golden], verdicts: Sequence[Verdict]) -> None:
    for each, verdict in zip(wanted, verdicts, strict=True):
        holds = each.holds(verdict)
        now = "" if holds else f"  (not answered so now: {_verdict(verdict)})"
        state = "holds" if holds else "BROKEN"
        typer.echo(harmless(f"{state:<7} {each.language}  {each.template_id or '(nothing)':<28} {each.text}{now}"))


def history(events: Sequence[TemplateEvent], zone: ZoneInfo) -> None:
    if not events:
        typer.echo("Nothing is known of it.")
    for event in events:
        at = event.at.astimezone(zone)
        data = {name: value for name, value in (event.data or {}).items() if name != "told"}
        more = "  " + "; ".join(f"{name}: {value}" for name, value in data.items()) if data else ""
        states = f"{event.from_state or '-'} -> {event.to_state}"
        typer.echo(
            harmless(
                f"{at:%Y-%m-%d %H:%M}  {event.actor:<12} {event.step:<10} version {event.number:<4} {states}{more}"
            )
        )


def gaps(found: Sequence[Gap], drafts: Sequence[str | None]) -> None:
    if not found:
        typer.echo("No gap was found.")
    for number, (gap, made) in enumerate(zip(found, drafts, strict=True), 1):
        near = f"  near {gap.nearest}" if gap.nearest else ""
        draft = f"  draft: {made}" if made else ""
        often = f"{gap.people_per_month:5.1f} people a month"
        typer.echo(harmless(f"{number:>3}  {often}  “{gap.typical[:80]}”{near}{draft}"))
        for question in gap.questions[1:4]:
            typer.echo(harmless(f"       also: {question.text[:80]}"))


def figures(rows: Sequence[Figures], zone: ZoneInfo) -> None:
    typer.echo(f"{'':<32} asked  answered  helped  not  handed over  reopened  last used   published")
    for row in rows:
        last, published = (
            f"{at.astimezone(zone):%Y-%m-%d}" if at else "never" for at in (row.last_used, row.published_at)
        )
        counts = f"{row.asked:>5}  {row.answered:>8}  {row.helped:>6}  {row.not_helped:>3}  {row.handed_over:>11}"
        typer.echo(f"{row.template_id:<32} {counts}  {row.reopened:>8}  {last:<10}  {published}")
