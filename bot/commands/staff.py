"""``sapa staff …``: where staff are reached outside the console, and a second factor that somebody lost."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy import select

from bot.commands.desk import As, at_desk
from bot.errors import SapaError
from bot.identity import contacts, second_factor, sessions
from bot.identity.model import Account
from bot.mail import mail_address

staff = typer.Typer(
    no_args_is_help=True, help="Where staff are reached outside the console; second factors that were lost."
)


@staff.command()
def reach(
    username: str,
    email: Annotated[str | None, typer.Option(help="Mail address; empty: not by mail any more.")] = None,
    telegram: Annotated[
        str | None, typer.Option(help="Id of his chat with the bot (a number); empty: not there any more.")
    ] = None,
    language: Annotated[str, typer.Option(help="id or en")] = "id",
    as_: As = None,
) -> None:
    """Tell somebody of deadlines, escalations and tickets given to him by mail or Telegram too.

    On Telegram he has to have written to the bot once: bots cannot begin."""
    if email is None and telegram is None:
        raise SapaError("Say where: --email or --telegram.")
    try:
        wanted = {"email": mail_address(email) if email else email, "telegram": contacts.chat_id(telegram)}
    except ValueError as error:
        raise SapaError(f"That address {error}.") from error
    with at_desk(as_, "administer") as at:
        for way, address in wanted.items():
            if address is not None:
                contacts.reach(at.session, username, way, address, language)
        found = contacts.of(at.session, username)
    typer.echo(f"{username}: {', '.join(f'{way} {address}' for way, address in found.items()) or 'console only'}")


@staff.command()
def reset_second_factor(username: str, as_: As = None) -> None:
    """Take away the second factor of somebody who lost it: he signs in with his password and sets up a new one.

    Wherever he is signed in he is signed out. Make sure first that it is he who asks."""
    with at_desk(as_, "administer") as at:
        account = at.session.scalars(select(Account).where(Account.username == username)).one_or_none()
        if account is None:
            raise SapaError(f"There is no staff account {username}.")
        was_on = second_factor.take_away(at.session, account.id)
        if was_on:
            sessions.end_all(at.session, account.id)
    told = "signs in with the password alone now, and was signed out everywhere" if was_on else "has no second factor"
    typer.echo(f"{username} {told}.")
