"""The webhook: verification, signatures, limits, and 200 only after the intake."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from bot.channels.whatsapp import WhatsAppChannel
from bot.config import WhatsApp
from bot.conversation.messages import Event, Ignored, Incoming
from bot.conversation.refusals import Refusals
from tests.channels.fake_whatsapp import PHONE_NUMBER_ID, text_message, wrap

SECRET = "s3cret"
SETTINGS = WhatsApp("token", PHONE_NUMBER_ID, SECRET, "vérify-me", "http://127.0.0.1:1", None)
MAX_BODY = 10_000
PATH = "/channels/whatsapp"
BODY = json.dumps(wrap(text_message("wamid.1", "6281200000001", "halo kak", 1_763_874_000))).encode()


class Core:
    """Keeps what it is given; with ``fault`` it fails instead."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.events: list[Event] = []
        self.calls = 0
        self.fault = fault

    async def __call__(self, events: Sequence[Event]) -> None:
        self.calls += 1
        if self.fault:
            raise self.fault
        self.events += events


def signature(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def call(core: Core, method: str, url: str = PATH, refusals: Refusals | None = None, **request: Any) -> httpx.Response:
    async def run() -> httpx.Response:
        channel = WhatsAppChannel(SETTINGS, max_body=MAX_BODY, refusals=refusals)
        transport = httpx.ASGITransport(Starlette(routes=channel.routes(core)))
        async with httpx.AsyncClient(transport=transport, base_url="http://sapa") as meta:
            answer = await meta.request(method, url, **request)
        await channel.close()
        return answer

    return asyncio.run(run())


def deliver(core: Core, body: bytes, signed: str | bytes | None = None) -> int:
    given = signature(body) if signed is None else signed
    return call(core, "POST", content=body, headers=[(b"X-Hub-Signature-256", _raw(given))]).status_code


def _raw(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


# Verification


def verification(**changes: str | None) -> dict[str, str]:
    asked = {"hub.mode": "subscribe", "hub.verify_token": "vérify-me", "hub.challenge": "1158201444"}
    changed = asked | {f"hub.{name}": value for name, value in changes.items()}
    return {name: value for name, value in changed.items() if value is not None}


def test_metas_verification_gets_its_challenge_back_as_plain_text() -> None:
    answer = call(Core(), "GET", params=verification(challenge="<b>1</b>"))
    assert (answer.status_code, answer.text) == (200, "<b>1</b>")
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    "changes",
    [
        {"verify_token": "verify-me"},
        {"verify_token": ""},
        {"verify_token": None},
        {"verify_token": "\udcff".encode("utf-8", "surrogateescape").decode("latin-1")},
        {"mode": "unsubscribe"},
        {"mode": None},
        {"challenge": None},
    ],
)
def test_anybody_elses_verification_is_refused(changes: dict[str, str | None]) -> None:
    assert call(Core(), "GET", params=verification(**changes)).status_code == 403


# Signatures


def test_a_signed_webhook_is_taken() -> None:
    core = Core()
    assert deliver(core, BODY) == 200
    assert [event.text for event in core.events if isinstance(event, Incoming)] == ["halo kak"]


@pytest.mark.parametrize(
    "signed",
    [
        b"",
        b"sha256=",
        b"sha256=0",
        b"sha256=" + b"0" * 64,
        signature(BODY)[:-1],
        signature(BODY) + "0",
        signature(BODY).removeprefix("sha256="),
        signature(BODY).replace("sha256=", "sha1="),
        signature(BODY, "another secret"),
        signature(BODY + b" "),
        "sha256=" + "é" * 64,
        b"sha256=\xff\xfe" + b"0" * 62,
        b"sha256=" + b"0" * 5000,
    ],
)
def test_a_wrong_signature_is_401_and_nothing_is_stored(signed: str | bytes) -> None:
    core = Core()
    assert deliver(core, BODY, signed) == 401
    assert core.calls == 0


def test_a_missing_signature_is_401_and_nothing_is_stored() -> None:
    core = Core()
    assert call(core, "POST", content=BODY).status_code == 401
    assert core.calls == 0


@pytest.mark.parametrize(
    ("method", "request_", "reason"),
    [
        ("POST", {"content": BODY}, "unsigned"),
        ("POST", {"content": BODY, "headers": {"X-Hub-Signature-256": signature(BODY, "x")}}, "wrong_signature"),
        ("GET", {"params": verification(verify_token="salah")}, "wrong_verify_token"),
        ("GET", {"params": verification(verify_token=None)}, None),
        ("POST", {"content": BODY, "headers": {"X-Hub-Signature-256": signature(BODY)}}, None),
    ],
)
def test_why_a_call_was_refused_is_known_inside_and_not_outside(
    method: str, request_: dict[str, Any], reason: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    refusals = Refusals()
    answer = call(Core(), method, refusals=refusals, **request_)
    last = refusals.last("whatsapp")
    assert (last.reason if last else None) == reason
    assert answer.text in ("Unauthorized", "Forbidden", "OK")
    assert [each.levelname for each in caplog.records if "refused" in each.message] == ["WARNING"] * bool(reason)
    assert SECRET not in caplog.text
    assert "salah" not in caplog.text


def test_the_signature_is_over_the_raw_body_not_over_what_it_means() -> None:
    core = Core()
    spaced = json.dumps(json.loads(BODY), indent=2).encode()
    assert deliver(core, spaced, signature(BODY)) == 401
    assert deliver(core, spaced) == 200


# Bodies


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[]", b'"text"', b"null", b"12", b"[" * 9_000])
def test_a_signed_body_that_is_no_json_object_is_400(body: bytes) -> None:
    core = Core()
    assert deliver(core, body) == 400
    assert core.calls == 0


def test_a_body_over_the_limit_is_413_and_nothing_is_stored() -> None:
    core = Core()
    assert deliver(core, b"{}" + b" " * MAX_BODY) == 413
    assert deliver(core, BODY + b" " * (MAX_BODY - len(BODY))) == 200
    assert core.calls == 1


def test_a_body_over_the_limit_is_413_also_when_its_length_was_not_announced() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 1000

    core = Core()
    assert call(core, "POST", content=chunks()).status_code == 413
    assert core.calls == 0


@pytest.mark.parametrize(
    "payload", [{}, {"object": "page"}, {"entry": [{"changes": [{"field": "flows", "value": {}}]}]}]
)
def test_an_unknown_kind_of_update_is_200_and_counted(payload: dict[str, object]) -> None:
    core = Core()
    assert deliver(core, json.dumps(payload).encode()) == 200
    assert [type(event) for event in core.events] == [Ignored]


def test_other_methods_are_refused() -> None:
    assert call(Core(), "PUT", content=BODY).status_code == 405


# The intake


def test_the_whole_batch_is_taken_at_once_and_before_the_answer() -> None:
    core = Core()
    batch = [text_message(f"wamid.{n}", f"62812{n:07d}", f"pesan {n}", 1_763_874_000 + n) for n in range(30)]
    assert deliver(core, json.dumps(wrap(*batch)).encode()) == 200
    assert core.calls == 1
    assert [event.text for event in core.events if isinstance(event, Incoming)] == [f"pesan {n}" for n in range(30)]


def test_a_failing_intake_is_500_so_that_meta_repeats_and_no_words_are_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    fault = RuntimeError("INSERT failed [parameters: ('halo kak', '6281200000001')]")
    with caplog.at_level(logging.DEBUG):
        assert deliver(Core(fault), BODY) == 500
    assert "RuntimeError" in caplog.text
    assert "halo" not in caplog.text
    assert "62812" not in caplog.text
