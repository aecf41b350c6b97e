"""``sapa canned …``: canned replies and macros, and taking a macro with tickets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select

from bot.commands import setting_up
from bot.commands.desk import As, AtDesk, at_desk, harmless
from bot.conversation import bulk
from bot.conversation.applying import Applying, known
from bot.errors import SapaError
from bot.identity.model import Account
from bot.tickets import canned as replies
from bot.tickets import macros, roles
from bot.tickets.canned import Canned
from bot.tickets.canned_file import export_canned, import_canned
from bot.tickets.macros import Macro
from bot.tickets.model import CannedReply, TicketMacro

canned = typer.Typer(no_args_is_help=True, help="Canned replies and macros.")


@canned.command("list")
def list_(language: Annotated[str, typer.Option("--language", help="id or en")] = "en") -> None:
    """Canned replies and macros, with who changed them last."""
    with at_desk("-") as at:
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
    with at_desk(username) as at:
        may_name = known(at.session, at.desk, at.promise.profile)
        said, taken = import_canned(at.session, file, may_name, at.username, at.now)
    typer.echo(f"{said} canned replies and {taken} macros are as the file says.")


@canned.command("export")
def export(out: Annotated[Path | None, typer.Option(help="The file to write; else it is shown.")] = None) -> None:
    """All canned replies and macros as YAML."""
    with at_desk("-") as at:
        text = export_canned(at.session)
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
        typer.echo(f"{out} is written.")


@canned.command()
def delete(
    id_: Annotated[str, typer.Argument(metavar="ID")],
    macro: Annotated[bool, typer.Option("--macro", help="A macro, not a canned reply.")] = False,
) -> None:
    """Delete a canned reply that no macro says, or a macro."""
    with at_desk("-") as at:
        (macros if macro else replies).remove(at.session, id_)
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
        applying = Applying(at.desk, at.promise.profile, at.username, at.now, assigns=_assigns(at))
    db = setting_up.open_database(setting_up.settings())
    try:
        found = bulk.for_each(
            db, numbers, lambda session, ticket: applying.apply(session, ticket, wanted.steps, wanted.reply)
        )
    finally:
        db.close()
    for each in found:
        typer.echo(harmless(f"{each.number}: {each.refused or 'done'}"))
    if refused := sum(each.refused is not None for each in found):
        raise SapaError(f"{refused} of {len(found)} tickets were not changed.")


def _assigns(at: AtDesk) -> bool:
    account = at.session.scalars(select(Account).where(Account.username == at.username)).one_or_none()
    if account is None:
        raise SapaError(f"There is no staff account {at.username}.")
    return "assign" in roles.permissions(at.session, at.promise.profile, account.username, account.role)
