from __future__ import annotations

import pytest

from bot.dialogue.client import BREAKER_FAILURES, BREAKER_SECONDS, Breaker

LIMIT, PAUSE = BREAKER_FAILURES, BREAKER_SECONDS


def after(script: str) -> Breaker:
    """A breaker at the time 0 after ``x`` (failed) and ``.`` (succeeded)."""
    breaker = Breaker()
    for mark in script:
        if mark == "x":
            breaker.failed(0.0)
        else:
            breaker.succeeded()
    return breaker


@pytest.mark.parametrize(
    ("script", "opened"),
    [
        ("", False),
        ("x" * (LIMIT - 1), False),
        ("x" * LIMIT, True),
        ("x" * (LIMIT + 3), True),
        ("x" * (LIMIT - 1) + "." + "x" * (LIMIT - 1), False),
        ("x" * LIMIT + ".", False),
        ("." * 20 + "x" * LIMIT, True),
    ],
)
def test_only_failures_one_after_the_other_open_it(script: str, opened: bool) -> None:
    breaker = after(script)
    assert breaker.is_open(0.1) is opened
    assert breaker.allows(0.1) is not opened


@pytest.mark.parametrize(("now", "allowed"), [(0.0, False), (PAUSE - 0.01, False), (PAUSE, True), (PAUSE + 60, True)])
def test_it_stays_open_for_the_pause(now: float, allowed: bool) -> None:
    assert after("x" * LIMIT).allows(now) is allowed


def test_after_the_pause_one_tries_for_all() -> None:
    breaker = after("x" * LIMIT)
    assert [breaker.allows(PAUSE + n / 10) for n in range(4)] == [True, False, False, False]


def test_a_try_that_fails_opens_it_again_and_one_that_succeeds_closes_it() -> None:
    breaker = after("x" * LIMIT)
    assert breaker.allows(PAUSE)
    breaker.failed(PAUSE + 1)
    assert not breaker.allows(2 * PAUSE)
    assert breaker.allows(2 * PAUSE + 1)
    breaker.succeeded()
    assert all(breaker.allows(2 * PAUSE + 1.1) for _ in range(3))


def test_a_try_that_never_comes_back_does_not_keep_it_open_for_ever() -> None:
    breaker = after("x" * LIMIT)
    assert breaker.allows(PAUSE)
    assert breaker.allows(2 * PAUSE)
