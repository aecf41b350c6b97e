"""The command line: ``sapa`` or ``python -m bot``."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from bot.commands import content, curating, desk, profile, running
from bot.commands.duty import duty
from bot.commands.ptpp import ptpp
from bot.commands.report import report
from bot.commands.ticket import ticket
from bot.errors import SapaError

cli = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    # The pretty ones show the values of local variables: secrets and what people wrote.
    pretty_exceptions_enable=False,
    help="Sapa, the care center assistant.",
)
_COMMANDS: tuple[Callable[..., None], ...] = (
    running.run,
    running.serve,
    running.work,
    running.chat,
    running.migrate,
    running.train,
    desk.tickets,
    desk.show,
    desk.take,
    desk.reply,
    desk.release,
    desk.close,
)
for command in _COMMANDS:
    cli.command()(command)
cli.add_typer(content.roster, name="roster")
cli.add_typer(content.knowledge, name="knowledge")
cli.add_typer(ticket, name="ticket")
cli.add_typer(profile.profile, name="profile")
ticket.command()(profile.deadline)
cli.add_typer(duty, name="duty")
cli.add_typer(report, name="report")
cli.add_typer(ptpp, name="ptpp")
curating.add_to(content.knowledge)


def main() -> None:
    """Run a command; a fault that the user can mend is told in one clear sentence."""
    try:
        cli(standalone_mode=True)
    except SapaError as error:
        print(f"sapa: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
