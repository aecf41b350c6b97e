"""Variables of answers."""

from __future__ import annotations

import pytest

from bot.config import load
from bot.knowledge.variables import fill, variables_in

VALUES = {"name": "Budi", "portal_url": "https://siakad.contoh.ac.id", "nothing": None}
FILLED = [
    ("Halo {name}, buka {portal_url}.", "Halo Budi, buka https://siakad.contoh.ac.id."),
    ("{name}, UKT Anda lunas.", "Budi, UKT Anda lunas."),
    ("Halo {nothing}, selamat.", "Halo, selamat."),
    ("{nothing}, selamat pagi.", "Selamat pagi."),
    ("Buka {unknown} dulu", "Buka dulu"),
    ("Tanpa variabel { } {}", "Tanpa variabel { } {}"),
]


@pytest.mark.parametrize(("text", "filled"), FILLED, ids=[text for text, _ in FILLED])
def test_an_answer_is_filled(text: str, filled: str) -> None:
    assert fill(text, VALUES) == filled


def test_what_is_filled_in_is_never_looked_at_again() -> None:
    assert fill("Halo {name}", {"name": "{portal_url}", "portal_url": "x"}) == "Halo {portal_url}"


def test_each_variable_is_named_once() -> None:
    assert variables_in("{a} {b} {a} {{c}} {d e}") == ["a", "b", "c"]


def test_an_institutions_variables_come_from_its_settings() -> None:
    told = "portal_url=https://x.ac.id/?a=b; help_mail=help@x.ac.id;\n jam = 08.00-16.00 "
    assert load({"SAPA_VARIABLES": told}).variables == {
        "portal_url": "https://x.ac.id/?a=b",
        "help_mail": "help@x.ac.id",
        "jam": "08.00-16.00",
    }
    assert "portal_url" in load({}).variables
    assert load({"SAPA_DEMO": "no"}).variables == {}


def test_two_people_are_needed_outside_the_demo_unless_it_is_switched_off() -> None:
    assert not load({}).four_eyes
    assert load({"SAPA_DEMO": "no"}).four_eyes
    assert not load({"SAPA_DEMO": "no", "SAPA_FOUR_EYES": "no"}).four_eyes
