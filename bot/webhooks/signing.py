"""Signatures as Standard Webhooks has them: HMAC-SHA256 over id, time and body. Pure."""

from __future__ import annotations

import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

PREFIX = "whsec_"


def make_secret() -> str:
    """A new secret: 256 bits of chance in base64, behind the prefix by which libraries know it."""
    return PREFIX + b64encode(secrets.token_bytes(32)).decode()


def headers(secret: str, message_id: str, now: datetime, body: bytes) -> Mapping[str, str]:
    """What goes along with ``body``. The time is that of this try, so that a receiver can refuse what is old; the id is
    the same at every try."""
    sent = str(int(now.timestamp()))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": sent,
        "webhook-signature": f"v1,{signature(secret, message_id, sent, body)}",
    }


def signature(secret: str, message_id: str, sent: str, body: bytes) -> str:
    """In base64. ``sent``: seconds since 1970, as in the header."""
    signed = b".".join((message_id.encode(), sent.encode(), body))
    return b64encode(hmac.new(b64decode(secret.removeprefix(PREFIX)), signed, sha256).digest()).decode()
