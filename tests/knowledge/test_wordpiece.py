"""Texts as the numbers that BERT was taught with. The expected ones were given by the library ``tokenizers``."""

from __future__ import annotations

import pytest

from bot.knowledge.wordpiece import numbers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [101, 102]),
        ("How do I pay?", [101, 2129, 2079, 1045, 3477, 1029, 102]),
        ("Naïve café, “quoted” €5", [101, 15743, 7668, 1010, 1523, 9339, 1524, 1574, 2629, 102]),
        ("re-enrolment\tofkrs", [101, 2128, 1011, 4372, 13153, 3672, 1997, 21638, 2015, 102]),
        ("日本 ok", [101, 1864, 1876, 7929, 102]),
        ("zero\u200bwidth \x00nul", [101, 5717, 9148, 11927, 2232, 16371, 2140, 102]),
        ("😭", [101, 100, 102]),
        ("x" * 101, [101, 100, 102]),
        (
            "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen",
            [101, 2028, 2048, 2093, 2176, 2274, 2416, 2698, 2809, 3157, 2702, 5408, 4376, 7093, 7426, 102],
        ),
    ],
)
def test_a_text_is_read_as_bert_was_taught(text: str, expected: list[int]) -> None:
    assert numbers(text, 16) == expected
