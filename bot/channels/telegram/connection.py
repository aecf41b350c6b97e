"""The library's client, made quiet and exact.

Telegram's token is part of every URL and httpx logs URLs; the library logs parameters and answers, which are people's
words. Neither may reach a log.
"""

from __future__ import annotations

import json
import logging
import re
import ssl
from functools import cache
from typing import Any

import httpx
from telegram import Bot
from telegram.error import TelegramError
from telegram.request import HTTPXRequest, RequestData

from bot.config import Telegram

_TOKEN = re.compile(r"bot\d+:[A-Za-z0-9_-]+")
CONNECT_SECONDS = 10.0
READ_SECONDS = 20.0
"""Long, because a message whose answer did not come in time is sent again."""
UPLOAD_SECONDS = 120.0


def redact(text: str) -> str:
    """``text`` without bot tokens."""
    return _TOKEN.sub("bot***", text)


class _NoToken(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if _TOKEN.search(text):
            record.msg, record.args = redact(text), ()
        return True


class _NoDetails(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING


_NO_TOKEN = _NoToken()
_NO_DETAILS = _NoDetails()


class Throttled(TelegramError):
    """HTTP 429. ``seconds``: how long to wait, or None when Telegram did not say.

    Takes the place of the library's RetryAfter, which warns of its own deprecation whenever it is made.
    """

    __slots__ = ("seconds",)

    def __init__(self, seconds: float | None) -> None:
        super().__init__("Too many requests")
        self.seconds = seconds


class Transport(HTTPXRequest):
    """HTTP of the library, with 429 told exactly and answers kept out of the log."""

    __slots__ = ()

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *args: Any, **kwargs: Any
    ) -> tuple[int, bytes]:
        code, payload = await super().do_request(url, method, request_data, *args, **kwargs)
        if code == 429:
            raise Throttled(_retry_after(payload))
        return code, payload

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        try:
            answer = json.loads(payload.decode("utf-8", "replace"))
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise TelegramError("Invalid server response") from None
        return answer


def _retry_after(payload: bytes) -> float | None:
    try:
        match json.loads(payload):
            case {"parameters": {"retry_after": int() | float() as seconds}}:
                return float(seconds)
    except ValueError:
        pass
    return None


class Connection(Bot):
    """The library's client with updates as they came, so that one that it cannot read does not hide the others."""

    __slots__ = ()

    async def raw_updates(self, offset: int | None, seconds: int, kinds: list[str]) -> list[dict[str, Any]]:
        """Long poll of up to ``seconds``. Raises TelegramError."""
        wish = {"offset": offset, "timeout": seconds, "allowed_updates": kinds}
        updates = await self._post("getUpdates", wish, read_timeout=seconds + READ_SECONDS)
        return [update for update in updates if isinstance(update, dict)]

    async def let_go(self) -> None:
        """Close the connections, whether or not the bot was ever initialized."""
        for request in self._request:
            await request.shutdown()


def connect(settings: Telegram) -> Connection:
    """A client for the bot of ``settings``; nothing is sent yet. Quiets the loggers that would tell the token."""
    logging.getLogger("httpx").addFilter(_NO_TOKEN)
    logging.getLogger("telegram.Bot").addFilter(_NO_DETAILS)
    return Connection(
        settings.token,
        base_url=f"{settings.api_url}/bot",
        base_file_url=f"{settings.api_url}/file/bot",
        request=_transport(connections=64),
        get_updates_request=_transport(connections=2),
    )


def _transport(connections: int) -> Transport:
    return Transport(
        connection_pool_size=connections,
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        write_timeout=READ_SECONDS,
        pool_timeout=READ_SECONDS,
        media_write_timeout=UPLOAD_SECONDS,
        httpx_kwargs={"verify": _tls()},
    )


def downloads() -> httpx.AsyncClient:
    """A client for the files that people sent; the library can only load them whole."""
    return httpx.AsyncClient(timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS), verify=_tls())


@cache
def _tls() -> ssl.SSLContext:
    """One for all clients: reading the certificates takes 30 ms each time."""
    return httpx.create_ssl_context()
