"""What is wrong with a text that is no YAML is told so that who wrote it finds it."""

from __future__ import annotations

import pytest
import yaml

from bot.web.words import faults
from bot.yaml_faults import fault

TEXTS = [
    ("a: b: c", 1, "a text with a colon"),
    ("judul: Jam buka\njawaban: Buka: 08.00", 2, "a text with a colon"),
    ("a:\n  - b\n c: d", 3, "the indentation is wrong"),
    ("- a\nb: c", 2, "the indentation is wrong"),
    ("a: 'buka\nb: c", 2, "a quotation mark is not closed"),
    ('a: "x\\q"', 1, "a quotation mark is not closed, or what follows a \\"),
    ("\ta: b", 1, "lines are indented with spaces"),
    ("a: @x", 1, "a text that begins with this sign"),
    ("a: *x", 1, "a text that begins with this sign"),
    ("a: [1, 2", 1, "a [ or { is not closed"),
    ("a: {b: c", 1, "a [ or { is not closed"),
]


@pytest.mark.parametrize(("text", "line", "told"), TEXTS)
def test_it_is_told_where_and_how_to_mend_it_in_both_languages(text: str, line: int, told: str) -> None:
    with pytest.raises(yaml.YAMLError) as raised:
        yaml.compose(text, yaml.SafeLoader)
    at, what = fault(raised.value)
    assert at == line
    assert what.startswith("is not YAML: ")
    assert told in what
    assert what.said(faults()).startswith("bukan YAML yang benar: ")
    assert told not in what.said(faults())
