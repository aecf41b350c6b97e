"""``sapa webhook …``: who is told of what happens to tickets, and what became of it."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.commands.desk import NOBODY, AtDesk, at_desk, harmless
from bot.errors import SapaError
from bot.identity.tokens import TERMINAL
from bot.storage.signals import DELIVERIES, notify
from bot.web.api import payloads
from bot.web.api.addresses import checked
from bot.webhooks import deliveries, subscriptions

webhook = typer.Typer(no_args_is_help=True, help="Programs that are told what happens to tickets (docs/api.md).")
Number = Annotated[int, typer.Argument(help="As `sapa webhook list` shows it.")]
SHOWN = 50


@webhook.command()
def add(
    url: Annotated[str, typer.Argument(help="Where to tell it: https://…")],
    event: Annotated[list[str], typer.Option(help="ticket.opened, ticket.closed, … or * for all; may be given again.")],
    texts: Annotated[bool, typer.Option("--texts", help="What people and staff wrote goes along.")] = False,
) -> None:
    """Tell an address of events from now on. Its secret is shown this once."""
    if unknown := payloads.unknown(event):
        known = ", ".join(sorted(payloads.kinds()))
        raise SapaError(f"There is no event {', '.join(unknown)}; there are {known}, and * for all.")
    with at_desk(NOBODY) as at:
        where = checked(url, at.settings.webhooks_private)
        hook = subscriptions.add(at.session, where, event, texts, TERMINAL, at.now)
        number, secret = hook.id, hook.secret
    typer.echo(f"Webhook {number} is told. Its secret is shown this once:", err=True)
    typer.echo(secret)


@webhook.command("list")
def list_webhooks() -> None:
    """List them."""
    with at_desk(NOBODY) as at:
        found = subscriptions.all_webhooks(at.session)
        if not found:
            typer.echo("There is no webhook.")
        for hook in found:
            state = "STOPPED by its receiver" if hook.stopped_at else "with texts" if hook.texts else "without texts"
            typer.echo(f"{hook.id:<4} {harmless(hook.url)}  {state}: {', '.join(hook.kinds)}")


@webhook.command()
def remove(number: Number) -> None:
    """Tell it nothing more; what waited for it is forgotten."""
    with at_desk(NOBODY) as at:
        subscriptions.remove(at.session, number, TERMINAL, at.now)
    typer.echo(f"Webhook {number} is removed.")


@webhook.command("deliveries")
def list_deliveries(
    number: Number,
    dead: Annotated[bool, typer.Option("--dead", help="Only those that were given up.")] = False,
) -> None:
    """Show what was sent to it last, and what became of that."""
    with at_desk(NOBODY) as at:
        subscriptions.one(at.session, number)
        found = deliveries.latest(at.session, number, "dead" if dead else None, limit=SHOWN)
        if not found:
            typer.echo("There is none.")
        for each in found:
            when = f"{each.created_at.astimezone(at.settings.timezone):%d %b %H:%M:%S}"
            told = f"{each.status:<9} {each.attempts} tries" + (f"  {each.last_error}" if each.last_error else "")
            again = (
                f", again {each.next_try_at.astimezone(at.settings.timezone):%d %b %H:%M}" if each.next_try_at else ""
            )
            typer.echo(f"{each.id:<6} {when}  event {each.event_id or '(ping)'}  {told}{again}")


@webhook.command()
def retry(
    number: Number,
    delivery: Annotated[int | None, typer.Option(help="Only this one; else all that were given up.")] = None,
) -> None:
    """Send again what was given up, under the same ids."""
    with at_desk(NOBODY) as at:
        count = _retry(at, number, delivery)
        notify(at.session, DELIVERIES)
    typer.echo(f"{count} sent again.")


def _retry(at: AtDesk, number: int, delivery: int | None) -> int:
    subscriptions.one(at.session, number)
    if delivery is None:
        return deliveries.retry_dead(at.session, number, at.now)
    if deliveries.retry(at.session, delivery, at.now).webhook_id != number:
        raise SapaError(f"Delivery {delivery} is not of webhook {number}.")
    return 1


@webhook.command()
def ping(number: Number) -> None:
    """Send it something that tells of nothing, to see whether it arrives."""
    with at_desk(NOBODY) as at:
        subscriptions.one(at.session, number)
        made = deliveries.ping(at.session, number, at.now)
        notify(at.session, DELIVERIES)
        told = made.id
    typer.echo(f"Delivery {told} goes out; `sapa webhook deliveries {number}` tells what becomes of it.")
