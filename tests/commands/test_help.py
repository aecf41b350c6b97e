"""What the command line says of itself."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bot.__main__ import COMMANDS
from tests.commands.conftest import Sapa

LISTS_MODULES = """
import sys
from bot import __main__
sys.argv = ["sapa", "tickets", "--help"]
try:
    __main__.main()
finally:
    print(*sys.modules, file=sys.stderr)
"""


def test_every_command_is_listed_by_its_name(sapa: Sapa) -> None:
    listed = sapa("--help").out
    assert all(f"│ {name} " in listed for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_tells_how_it_is_called(sapa: Sapa, name: str) -> None:
    assert f"sapa {name}" in sapa(name, "--help").out


def test_what_is_no_command_is_said_so(sapa: Sapa) -> None:
    refused = sapa("tickts")
    assert refused.code == 2
    assert "No such command 'tickts'" in refused.err


def test_a_short_command_does_not_wait_for_what_it_does_not_need() -> None:
    done = subprocess.run([sys.executable, "-c", LISTS_MODULES], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert "bot.commands.desk" in loaded
    assert not loaded & {"scipy", "sklearn", "bot.simulation", "bot.app"}
