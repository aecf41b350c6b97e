from __future__ import annotations

import base64
import hashlib
import hmac
import time
from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from textwrap import dedent
from typing import Any

from bot.config import ROOT
from bot.webhooks import signing


def test_signatures_are_those_of_standard_webhooks() -> None:
    """The example of the specification's own libraries."""
    secret, message, sent = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330"
    expected = "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signing.signature(secret, message, sent, b'{"test": 2432232314}') == expected


def test_what_goes_along_names_the_time_of_this_try() -> None:
    now = datetime(2026, 11, 23, 3, 0, 0, 900_000, tzinfo=UTC)
    secret = signing.make_secret()
    told = signing.headers(secret, "msg_7", now, b"{}")
    assert (told["webhook-id"], told["webhook-timestamp"]) == ("msg_7", "1795402800")
    assert told["webhook-signature"] == f"v1,{signing.signature(secret, 'msg_7', '1795402800', b'{}')}"


def test_a_secret_is_as_long_as_the_specification_wants_and_never_the_same() -> None:
    made = {signing.make_secret() for _ in range(20)}
    assert len(made) == 20
    assert all(len(b64decode(secret.removeprefix("whsec_"))) == 32 for secret in made)


def test_the_lines_of_the_documentation_know_ours_from_others() -> None:
    written = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    lines = dedent(written.split("```python\n")[1].split("```")[0])
    known: dict[str, Any] = {"base64": base64, "hashlib": hashlib, "hmac": hmac, "time": time, "Mapping": Mapping}
    exec(lines, known)
    secret, body, now = signing.make_secret(), b'{"type": "ping"}', datetime.now(UTC)
    told = signing.headers(secret, "msg_1", now, body)
    assert known["is_ours"](secret, told, body)
    assert not known["is_ours"](secret, told, body + b" ")
    assert not known["is_ours"](signing.make_secret(), told, body)
    assert not known["is_ours"](secret, {**told, "webhook-id": "msg_2"}, body)
    old = signing.headers(secret, "msg_1", now - timedelta(minutes=6), body)
    assert not known["is_ours"](secret, old, body)
