"""Signed links by which somebody without an account reads a form and answers it. A link names the form and until when
it holds, and nothing of the person; who has the key can make one, nobody can change one."""

from __future__ import annotations

import hmac
import os
import re
import secrets
from base64 import urlsafe_b64encode
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from bot.errors import NotAllowed
from bot.tickets.model import Forwarding

KEY_FILE = "link.key"
KEY_BYTES = 32
LASTS = timedelta(days=14)
"""So long after its deadline, or after it was sent where it has none, a form can still be answered."""
_TOKEN = re.compile(r"(\d{1,12})\.(\d{1,12})\.([A-Za-z0-9_-]{32})")


class LinkRefused(NotAllowed):
    """A link that is none of ours, or whose time is over (``expired``)."""

    def __init__(self, message: str, *, expired: bool) -> None:
        super().__init__(message)
        self.expired = expired


def link_key(data_dir: Path) -> bytes:
    """The key in the data directory, made when it is first wanted; all processes that share the directory have the same
    one. Without the file every link that was handed out is void."""
    path = data_dir / KEY_FILE
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        new = data_dir / f".{KEY_FILE}.{secrets.token_hex(8)}"
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(handle, secrets.token_bytes(KEY_BYTES))
            os.fsync(handle)
        finally:
            os.close(handle)
        # Whoever is first wins; a file is never seen half written.
        with suppress(FileExistsError):
            os.link(new, path)
        new.unlink()
    return path.read_bytes()


def address(data_dir: Path, base: str, form: Forwarding) -> str:
    """The link by which a unit answers ``form``, the same each time. ``base``: where people reach the application."""
    expires_at = max(form.due_at or form.sent_at, form.sent_at) + LASTS
    return f"{base}/forwarding/{sign(link_key(data_dir), form.id, expires_at)}"


def sign(key: bytes, form_id: int, expires_at: datetime) -> str:
    """The token of a link to the form, good until ``expires_at``."""
    until = int(expires_at.timestamp())
    return f"{form_id}.{until}.{_mac(key, form_id, until)}"


def read(key: bytes, token: str, now: datetime) -> int:
    """The id of the form. Raises LinkRefused."""
    match = _TOKEN.fullmatch(token)
    if match is None:
        raise LinkRefused("This is no link of ours.", expired=False)
    form_id, until = int(match[1]), int(match[2])
    if not hmac.compare_digest(_mac(key, form_id, until), match[3]):
        raise LinkRefused("This is no link of ours.", expired=False)
    if now >= datetime.fromtimestamp(until, UTC):
        raise LinkRefused("The time to answer by this link is over.", expired=True)
    return form_id


def _mac(key: bytes, form_id: int, until: int) -> str:
    digest = hmac.new(key, f"forwarding {form_id} {until}".encode(), sha256).digest()
    return urlsafe_b64encode(digest[:24]).decode()
