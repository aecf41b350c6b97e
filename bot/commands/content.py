"""``sapa roster import`` and ``sapa knowledge ask|evaluate``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from bot.commands import setting_up
from bot.errors import SapaError
from bot.identity.roster import import_roster, read_roster
from bot.knowledge import store
from bot.knowledge.base import Knowledge
from bot.knowledge.embedding import Embedder
from bot.knowledge.evaluation import evaluate, read_questions, read_templates_jsonl
from bot.knowledge.snapshot import LANGUAGES

roster = typer.Typer(no_args_is_help=True, help="The institution's students and staff.")
knowledge = typer.Typer(no_args_is_help=True, help="Answer templates.")


@roster.callback()
def _roster() -> None:
    """Keeps ``import`` a command of its own."""


@roster.command("import")
def roster_import(file: Annotated[Path, typer.Argument(help="CSV: number,name,birth_date,kind,unit,email.")]) -> None:
    """Replace the roster by the file's, all or nothing."""
    rows = read_roster(file)
    db = setting_up.open_database(setting_up.settings())
    with db.write() as session:
        added, changed, removed = import_roster(session, rows)
    typer.echo(f"{added} added, {changed} changed, {removed} removed; {len(rows)} in all.")


@knowledge.command("ask")
def knowledge_ask(
    question: Annotated[list[str], typer.Argument()],
    language: Annotated[str, typer.Option("--language", help="id or en")] = "id",
    explain: Annotated[
        bool, typer.Option("--explain", help="Tell which words counted and where the limits lie.")
    ] = False,
) -> None:
    """What the assistant would find for a question, and how sure it is."""
    if language not in LANGUAGES:
        raise SapaError(f"--language must be one of {', '.join(LANGUAGES)}.")
    settings = setting_up.settings()
    db = setting_up.open_database(settings)
    base = Knowledge.of(settings)
    with db.read() as session:
        base.replace(store.load(session))
    text = " ".join(question)
    decision = base.search(text, language)
    why = base.explain(text, language) if explain else None
    typer.echo(decision.kind)
    for hit in decision.hits:
        typer.echo(f"  {hit.score:.2f}  {hit.template_id}  ({hit.title})")
        for example in hit.why:
            typer.echo(f"          like: {example}")
        if why and (words := why.counted.get(hit.template_id)):
            typer.echo(f"          for it: {', '.join(f'{word} (+{worth:.2f})' for word, worth in words)}")
    if why:
        typer.echo(f"read as: {' '.join(why.read_as)}")
        typer.echo(f"an answer is given from {why.answer_from:.2f} on,")
        typer.echo(f"a choice where those offered reach {why.choose_from:.2f} together")
    if decision.kind == "answer":
        typer.echo(f"\n{decision.hits[0].answer}")


@knowledge.command("evaluate")
def knowledge_evaluate(
    templates: Annotated[Path, typer.Option(help='JSON lines: {"id", "lang", "questions", "answer"}.')],
    questions: Annotated[Path, typer.Option(help='JSON lines: {"text", "template": id or null}.')],
    calibration: Annotated[Path | None, typer.Option(help="The same form; thresholds are chosen by it.")] = None,
    output: Annotated[Path | None, typer.Option("--json", help="Where to write all figures and answers.")] = None,
    embeddings: Annotated[bool, typer.Option(help="Match by meaning too, where this machine can.")] = True,
    cache: Annotated[Path | None, typer.Option(help="A file that keeps embeddings between runs.")] = None,
) -> None:
    """Measure the matcher on any base, without the database."""
    _refuse_unwritable(output, cache)
    base, language = read_templates_jsonl(templates)
    asked = read_questions(questions, base)
    chosen_by = read_questions(calibration, base) if calibration else []
    embedder = Embedder.of_this_machine(cache, language) if embeddings else None
    found = evaluate(base, language, asked, chosen_by, embedder)
    if embedder is not None:
        embedder.save()
    if output is not None:
        told = json.dumps(found.as_json(), ensure_ascii=False, indent=1)
        # Half a surrogate has no encoding; as JSON writes it, it can be read again.
        output.write_text(told, encoding="utf-8", errors="backslashreplace")
    for name, value in found.summary.items():
        typer.echo(f"{name:24}{json.dumps(value)}")


def _refuse_unwritable(output: Path | None, cache: Path | None) -> None:
    """At once, and not after minutes of work. Raises SapaError."""
    for file in (output, cache):
        if file is not None and (file.is_dir() or not file.absolute().parent.is_dir()):
            raise SapaError(f"{file} cannot be written: it is a folder, or its folder is not there.")
    if cache is not None and cache.exists() and not Embedder.kept_in(cache):
        raise SapaError(f"{cache} is no file of embeddings; it is left as it is.")
