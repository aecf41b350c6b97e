"""``sapa canned …``: canned replies and macros, and taking a macro with tickets."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from bot.commands import setting_up
from bot.commands.desk import NOBODY, As, at_desk, harmless
from bot.conversation import bulk, enclosing
from bot.conversation.applying import Applying, known
from bot.conversation.enclosing import FileRefused
from bot.errors import NotAllowed, SapaError
from bot.storage.disk import KeptFile
from bot.tickets import canned as replies
from bot.tickets import macros
from bot.tickets.canned import Canned
from bot.tickets.canned_file import export_canned, import_canned
from bot.tickets.macros import Macro
from bot.tickets.model import CannedReply, TicketMacro

canned = typer.Typer(no_args_is_help=True, help="Canned replies and macros.")


@canned.command("list")
def list_(language: Annotated[str, typer.Option("--language", help="id or en")] = "en") -> None:
    """Canned replies and macros, with who changed them last."""
    with at_desk(NOBODY) as at:
        rows: list[tuple[CannedReply | TicketMacro, str]] = [
            (row, f"{row.id}  {Canned.of(row).title(language)}") for row in replies.all_replies(at.session)
        ]
        rows += [(row, f"macro {row.id}  {Macro.of(row).title(language)}") for row in macros.all_macros(at.session)]
        for row, told in rows:
            changed = row.changed_at.astimezone(at.settings.timezone)
            typer.echo(harmless(f"{told}  ({row.changed_by}, {changed:%d %b %Y %H:%M})"))
    if not rows:
        typer.echo("There are none yet.")


@canned.command("import")
def import_(file: Annotated[Path, typer.Argument(help="YAML, as export writes it.")], username: As = None) -> None:
    """Add and change what the file has, all or nothing; the rest stays."""
    settings = setting_up.settings()
    with enclosing.keeping(settings.data_dir, settings.max_attachment) as keep, at_desk(username, "curate") as at:
        may_name = known(at.session, at.desk, at.promise.profile)

        def keep_file(path: Path, had: Sequence[KeptFile]) -> KeptFile:
            try:
                return enclosing.kept_again(settings.data_dir, path, had, keep)
            except FileRefused as refused:
                raise NotAllowed(refused.told) from refused
            except OSError as error:
                raise NotAllowed(f"{path} cannot be read ({error.strerror}).") from error

        said, taken = import_canned(at.session, file, may_name, at.username, at.now, keep_file)
    typer.echo(f"{said} canned replies and {taken} macros are as the file says.")


@canned.command("export")
def export(out: Annotated[Path | None, typer.Option(help="The file to write; else it is shown.")] = None) -> None:
    """All canned replies and macros as YAML; their files are written beside it, below ``files``."""
    with at_desk(NOBODY) as at:
        text, files = export_canned(at.session)
        data_dir = at.settings.data_dir
    if out is None:
        if files:
            raise SapaError(f"{len(files)} files go with the canned replies; name a file with --out.")
        typer.echo(text, nl=False)
        return
    for where, file in files.items():
        target = out.parent / where
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(data_dir / file.path, target)
    out.write_text(text, encoding="utf-8")
    typer.echo(f"{out} is written{f', with {len(files)} files beside it' if files else ''}.")


@canned.command()
def delete(
    id_: Annotated[str, typer.Argument(metavar="ID")],
    macro: Annotated[bool, typer.Option("--macro", help="A macro, not a canned reply.")] = False,
    username: As = None,
) -> None:
    """Delete a canned reply that no macro says, or a macro."""
    with at_desk(username, "curate") as at:
        (macros if macro else replies).remove(at.session, id_, at.username, at.now)
    typer.echo(f"{id_} is deleted.")


@canned.command()
def apply(
    macro: str,
    numbers: Annotated[list[str], typer.Argument(help="The tickets' numbers, 200 at most.")],
    username: As = None,
) -> None:
    """Take a macro's steps with tickets: with each all or none, and one that refuses holds up no other."""
    with at_desk(username) as at:
        wanted = macros.by_id(at.session, macro)
        applying = Applying(at.desk, at.promise.profile, at.username, at.now, assigns=at.assigns)
    db = setting_up.open_database(setting_up.settings())
    try:
        found = bulk.for_each(db, numbers, lambda session, ticket: applying.carry_out(session, ticket, wanted))
    finally:
        db.close()
    for each in found:
        typer.echo(harmless(f"{each.number}: {each.refused or 'done'}"))
    if refused := sum(each.refused is not None for each in found):
        raise SapaError(f"{refused} of {len(found)} tickets were not changed.")
