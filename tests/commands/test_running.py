"""What a newcomer is told once everything is up."""

from __future__ import annotations

import pytest

from bot.commands.running import block
from bot.config import load


@pytest.mark.parametrize(
    ("env", "addresses"),
    [
        ({}, ["http://127.0.0.1:8000/console"]),
        ({"SAPA_HOST": "0.0.0.0", "SAPA_PORT": "9000"}, ["http://127.0.0.1:9000/console"]),
        (
            {"SAPA_PUBLIC_URL": "https://sapa.contoh.ac.id"},
            ["https://sapa.contoh.ac.id/console", "http://127.0.0.1:8000/"],
        ),
    ],
)
def test_every_address_that_answers_is_named(env: dict[str, str], addresses: list[str]) -> None:
    told = block(load(env), {}, [])
    assert all(address in told for address in addresses)
