"""``sapa api …``: tokens by which other programs use the API, and accounts that they act as."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from bot.commands.desk import NOBODY, at_desk, harmless
from bot.identity import staffing, tokens
from bot.identity.tokens import SCOPES

api = typer.Typer(no_args_is_help=True, help="Tokens for other programs (docs/api.md), and accounts that they act as.")
token = typer.Typer(no_args_is_help=True, help="Tokens: made, listed, revoked.")
api.add_typer(token, name="token")


@token.command()
def create(
    name: Annotated[str, typer.Argument(help="What it is for: “Student portal”.")],
    scope: Annotated[list[str], typer.Option(help=f"What it may; may be given again: {', '.join(SCOPES)}.")],
    username: Annotated[str, typer.Option("--as", help="The account that it acts as.")],
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="How long it lasts; else until revoked.")] = None,
) -> None:
    """Make a token that acts as an account. It is shown this once."""
    with at_desk(NOBODY) as at:
        lasts = timedelta(days=days) if days else None
        made, text = tokens.make(at.session, username, name, scope, at.now, lasts)
        told = f"Token {made.id} “{harmless(made.name)}” acts as {username} and may: {', '.join(made.scopes)}."
    typer.echo(told, err=True)
    typer.echo("It is shown this once:", err=True)
    typer.echo(text)


@token.command("list")
def list_tokens() -> None:
    """List all tokens, those that are over too."""
    with at_desk(NOBODY) as at:
        found = tokens.all_tokens(at.session)
        if not found:
            typer.echo("There is no token.")
        for each, username in found:
            used = f"{each.used_at.astimezone(at.settings.timezone):%d %b %Y %H:%M}" if each.used_at else "never"
            over = each.expires_at is not None and each.expires_at <= at.now
            state = "REVOKED" if each.revoked_at else "OVER" if over else f"used {used}"
            typer.echo(
                f"{each.id:<4} {each.hint}…  {username:<14} {state:<24} {harmless(each.name)}: {', '.join(each.scopes)}"
            )


@token.command()
def revoke(number: Annotated[int, typer.Argument(help="As `sapa api token list` shows it.")]) -> None:
    """Make a token good for nothing, at once."""
    with at_desk(NOBODY) as at:
        name = tokens.revoke(at.session, number, at.now).name
    typer.echo(f"Token {number} “{harmless(name)}” is revoked.")


@api.command()
def account(
    username: str,
    name: Annotated[str, typer.Option(help="What staff read where it did something: “Student portal”.")],
    role: Annotated[str, typer.Option(help="agent, supervisor or administrator")] = "agent",
) -> None:
    """Make an account for a program: nobody can sign in with it, tokens act as it."""
    with at_desk(NOBODY) as at:
        # Its password is shown to nobody.
        staffing.create(at.session, username, name, role, tokens.TERMINAL, at.now)
    typer.echo(f"{username} is there; give it a token with `sapa api token create … --as {username}`.")
