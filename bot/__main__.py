"""The command line: ``sapa`` or ``python -m bot``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

from bot.errors import SapaError

COMMANDS: Mapping[str, str] = {
    **dict.fromkeys(("run", "serve", "work", "chat", "migrate", "train"), "bot.commands.running"),
    **dict.fromkeys(("tickets", "show", "take", "reply", "release", "close"), "bot.commands.desk"),
    "simulate": "bot.commands.simulate",
    "roster": "bot.commands.content",
    "knowledge": "bot.commands.curating",
    "ticket": "bot.commands.ticket",
    "canned": "bot.commands.canned",
    "profile": "bot.commands.profile",
    "duty": "bot.commands.duty",
    "staff": "bot.commands.staff",
    "api": "bot.commands.api",
    "webhook": "bot.commands.webhook",
    "report": "bot.commands.report",
    "ptpp": "bot.commands.ptpp",
    "retention": "bot.commands.retention",
}
"""Command → the module that has it under this name, a function or a Typer."""


class _Commands(TyperGroup):
    """Imports the one command that is called: all of them together take several seconds."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        found = getattr(import_module(COMMANDS[cmd_name]), cmd_name)
        if isinstance(found, typer.Typer):
            group = get_group(found)
            group.name = cmd_name
            return group
        alone = typer.Typer(add_completion=False)
        alone.command(cmd_name)(found)
        return get_command(alone)


cli = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    # The pretty ones show the values of local variables: secrets and what people wrote.
    pretty_exceptions_enable=False,
    help="Sapa, the care center assistant.",
)


@cli.callback()
def _sapa() -> None:
    """Sapa, the care center assistant."""


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
