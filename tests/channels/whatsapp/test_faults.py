"""Meta's refusals: which are permanent, which pass, and how long to wait."""

from __future__ import annotations

import pytest

from bot.channels.whatsapp.faults import refusal

PERMANENT, TRANSIENT = True, False


@pytest.mark.parametrize(
    ("code", "status", "permanent", "retry_after", "unreachable"),
    [
        (131047, 400, PERMANENT, None, False),
        (470, 400, PERMANENT, None, False),
        (131056, 400, TRANSIENT, 6, False),
        (131056, 429, TRANSIENT, 6, False),
        (130429, 429, TRANSIENT, 2, False),
        (130429, 400, TRANSIENT, 2, False),
        (80007, 400, TRANSIENT, 60, False),
        (4, 400, TRANSIENT, 60, False),
        (131048, 400, TRANSIENT, 300, False),
        (131026, 400, PERMANENT, None, True),
        (130497, 403, PERMANENT, None, True),
        (131030, 400, PERMANENT, None, False),
        (131050, 400, PERMANENT, None, False),
        (132001, 404, PERMANENT, None, False),
        (190, 401, TRANSIENT, 300, False),
        (0, 401, TRANSIENT, 300, False),
        (10, 403, TRANSIENT, 300, False),
        (200, 403, TRANSIENT, 300, False),
        (131005, 403, TRANSIENT, 300, False),
        (131042, 400, TRANSIENT, 300, False),
        (None, 401, TRANSIENT, 300, False),
        (1, 400, TRANSIENT, None, False),
        (2, 503, TRANSIENT, None, False),
        (131000, 400, TRANSIENT, None, False),
        (131016, 503, TRANSIENT, None, False),
        (999, 429, TRANSIENT, 6, False),
        (None, 429, TRANSIENT, 6, False),
        (None, 500, TRANSIENT, None, False),
        (None, 302, TRANSIENT, None, False),
        (None, 400, PERMANENT, None, False),
        (100, 400, PERMANENT, None, False),
        (131009, 400, PERMANENT, None, False),
        (999_999, 418, PERMANENT, None, False),
    ],
)
def test_every_refusal_has_its_kind(
    code: int | None, status: int, permanent: bool, retry_after: float | None, unreachable: bool
) -> None:
    body = None if code is None else {"error": {"code": code, "message": "words"}}
    error = refusal(status, body)
    assert (error.permanent, error.retry_after, error.unreachable) == (permanent, retry_after, unreachable)
    assert error.code == (None if code is None else str(code))
    assert error.reason


@pytest.mark.parametrize("body", [None, [], "x", {}, {"error": None}, {"error": {"code": "x", "error_data": 5}}])
def test_a_refusal_of_any_shape_is_one(body: object) -> None:
    assert refusal(400, body).permanent
    assert not refusal(502, body).permanent


def test_the_longer_wait_is_kept() -> None:
    body = {"error": {"code": 130429}}
    assert refusal(429, body, "30").retry_after == 30
    assert refusal(429, body, "1").retry_after == 2
    assert refusal(503, None, "7").retry_after == 7
    assert refusal(429, body, "Wed, 21 Oct 2026 07:28:00 GMT").retry_after == 2


def test_a_fault_that_meta_calls_transient_is() -> None:
    assert not refusal(400, {"error": {"code": 5, "is_transient": True}}).permanent


def test_metas_words_are_kept_for_the_agent_without_a_phone_number() -> None:
    fault = {"code": 131009, "message": "(#131009) Bad value", "error_data": {"details": "6281200000001 is not it"}}
    assert refusal(400, {"error": fault}).reason == "(#131009) Bad value: … is not it"
