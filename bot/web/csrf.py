"""What shows that a form comes from a page of ours."""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256

LENGTH = sha256().digest_size


def masked(token: str) -> str:
    """What the forms of a page carry. It follows from the session's token and does not tell it, and is another on
    every page: pages are compressed, and how well they are would tell, try by try, a secret that stays (BREACH)."""
    mask = secrets.token_bytes(LENGTH)
    return (mask + _mixed(mask, _secret(token))).hex()


def is_ours(given: str, token: str) -> bool:
    """Whether a page of that session carried it."""
    try:
        sent = bytes.fromhex(given)
    except ValueError:
        return False
    return len(sent) == 2 * LENGTH and hmac.compare_digest(_mixed(sent[:LENGTH], sent[LENGTH:]), _secret(token))


def _secret(token: str) -> bytes:
    return hmac.new(token.encode(), b"sapa console form", sha256).digest()


def _mixed(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
