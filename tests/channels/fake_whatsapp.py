"""A small Graph API with state: what Meta's WhatsApp Cloud API does for the calls that we make.

In a test: ``with FakeWhatsApp() as fake:`` then ``fake.settings``, ``fake.sent``, ``fake.fail(131056)``,
``fake.sign(body)``. For the benchmarks: ``python -m tests.channels.fake_whatsapp --port 9000``, and what was sent is at
``GET /sent?after=<n>``. A message that Meta would refuse is answered with error 100 and kept in ``fake.refused``.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import hmac
import itertools
import json
import socket
import threading
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from types import TracebackType
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.config import WhatsApp
from tests.channels.whatsapp.graph_schema import message_faults, schemas

VERSION = "v23.0"
TOKEN = "EAAtoken-of-the-fake"
PHONE_NUMBER_ID = "1122334455667"
APP_SECRET = "app-secret-of-the-fake"
VERIFY_TOKEN = "verify-token-of-the-fake"
_STATUS = {190: 401, 10: 403, 200: 403, 4: 429, 80007: 429, 130429: 429, 131056: 429, 131000: 500, 131016: 503}


@dataclass(frozen=True)
class Sent:
    """A message that was taken. ``address``: phone or business-scoped id. ``at``: seconds of the monotonic clock."""

    id: str
    address: str
    payload: dict[str, Any]
    at: float

    @property
    def text(self) -> str:
        """The words of a text, an interactive message or a caption."""
        kind = self.payload["type"]
        content = self.payload[kind]
        return str(
            content["body"]["text"] if kind == "interactive" else content.get("body", content.get("caption", ""))
        )


@dataclass(frozen=True)
class Stored:
    """A file on Meta's side. ``announced`` (size) and ``url``: what is said of it where that is not the truth."""

    content: bytes
    media_type: str
    filename: str = ""
    announced: str | None = None
    url: str | None = None


@dataclass(frozen=True)
class _Fault:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0


class FakeWhatsApp:
    """``sent``: messages that were taken. ``reads``: bodies of read marks. ``uploads``: files from us, ``media``: files
    from people, both by id. ``refused``: what was wrong with messages. ``closed_windows``: addresses of people who
    wrote too long ago."""

    def __init__(self, *, port: int = 0, app_secret: str = APP_SECRET, window_template: str | None = None) -> None:
        self.sent: list[Sent] = []
        self.reads: list[dict[str, Any]] = []
        self.uploads: dict[str, Stored] = {}
        self.media: dict[str, Stored] = {}
        self.refused: list[str] = []
        self.closed_windows: set[str] = set()
        self._ids = itertools.count(1)
        self._faults: deque[_Fault] = deque()
        self._socket = socket.create_server(("127.0.0.1", port), backlog=512)
        self.origin = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.url = f"{self.origin}/{VERSION}"
        self.settings = WhatsApp(TOKEN, PHONE_NUMBER_ID, app_secret, VERIFY_TOKEN, self.url, window_template)
        config = uvicorn.Config(self._app(), ws="none", lifespan="off", log_config=None, access_log=False)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)

    def __enter__(self) -> FakeWhatsApp:
        schemas()
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise RuntimeError("the fake Graph API did not start")
            time.sleep(0.005)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._socket.close()

    # What a test or a benchmark scripts.

    def reset(self) -> None:
        """Forget all that was sent, stored and scripted."""
        for kept in (self.sent, self.reads, self.uploads, self.media, self.refused, self.closed_windows, self._faults):
            kept.clear()

    def fail(self, code: int | None, *, status: int | None = None, times: int = 1, **headers: str) -> None:
        """Refuse the next message, read mark or upload. ``code``: Meta's; None for an answer that is not JSON."""
        answer = b"<html>Bad Gateway</html>" if code is None else _error(code, f"(#{code}) refused by the fake")
        status = status or (502 if code is None else _STATUS.get(code, 400))
        wanted = {name.replace("_", "-"): value for name, value in headers.items()}
        self._faults.extend([_Fault(status, answer, wanted)] * times)

    def slow(self, seconds: float, *, times: int = 1) -> None:
        """Take the next message, but answer late."""
        self._faults.extend([_Fault(seconds=seconds)] * times)

    def sign(self, body: bytes) -> dict[str, str]:
        """The headers with which Meta would deliver ``body``."""
        return signed(body, self.settings.app_secret)

    # The API.

    def _app(self) -> Starlette:
        return Starlette(
            routes=[
                Route(f"/{VERSION}/{{number}}/messages", self._messages, methods=["POST"]),
                Route(f"/{VERSION}/{{number}}/media", self._upload, methods=["POST"]),
                Route(f"/{VERSION}/{{media_id}}", self._media_url),
                Route("/files/{media_id}", self._file),
                Route("/sent", self._sent),
            ]
        )

    async def _messages(self, request: Request) -> Response:
        body = await request.json()
        if refusal := await self._refusal(request):
            return refusal
        if body.get("status") == "read":
            self.reads.append(body)
            return JSONResponse({"success": True})
        if faults := message_faults(body):
            self.refused += faults
            return Response(_error(100, "; ".join(faults)), 400)
        key = "to" if "to" in body else "recipient"
        address = str(body[key])
        if address in self.closed_windows and body["type"] != "template":
            return Response(_error(131047, "Re-engagement message"), 400)
        sent = Sent(f"wamid.FAKE{next(self._ids)}", address, body, time.monotonic())
        self.sent.append(sent)
        contact = {"input": address, "wa_id" if key == "to" else "user_id": address}
        return JSONResponse({"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": sent.id}]})

    async def _upload(self, request: Request) -> Response:
        async with request.form() as form:
            file = form["file"]
            if isinstance(file, str) or form.get("messaging_product") != "whatsapp":
                return Response(_error(100, "file and messaging_product are needed"), 400)
            stored = Stored(await file.read(), file.content_type or "", file.filename or "")
        if refusal := await self._refusal(request):
            return refusal
        media_id = str(10_000 + next(self._ids))
        self.uploads[media_id] = stored
        return JSONResponse({"id": media_id})

    async def _media_url(self, request: Request) -> Response:
        if refusal := self._unauthorized(request):
            return refusal
        media_id = request.path_params["media_id"]
        stored = self.media.get(media_id)
        if stored is None or request.query_params.get("phone_number_id", PHONE_NUMBER_ID) != PHONE_NUMBER_ID:
            return Response(_error(100, "Unsupported get request. Object does not exist"), 400)
        answer = {
            "messaging_product": "whatsapp",
            "url": f"{self.origin}/files/{media_id}" if stored.url is None else stored.url,
            "mime_type": stored.media_type,
            "sha256": hashlib.sha256(stored.content).hexdigest(),
            "file_size": str(len(stored.content)) if stored.announced is None else stored.announced,
            "id": media_id,
        }
        return JSONResponse(answer)

    async def _file(self, request: Request) -> Response:
        if refusal := await self._refusal(request):
            return refusal
        stored = self.media[request.path_params["media_id"]]
        return StreamingResponse(
            (stored.content[start : start + 8192] for start in range(0, len(stored.content), 8192)),
            media_type=stored.media_type,
        )

    async def _sent(self, request: Request) -> Response:
        after = int(request.query_params.get("after", 0))
        return JSONResponse([asdict(sent) for sent in self.sent[after:]])

    async def _refusal(self, request: Request) -> Response | None:
        if unauthorized := self._unauthorized(request):
            return unauthorized
        if not self._faults:
            return None
        fault = self._faults.popleft()
        if fault.seconds:
            await asyncio.sleep(fault.seconds)
            return None
        return Response(fault.body, fault.status, fault.headers)

    def _unauthorized(self, request: Request) -> Response | None:
        if request.headers.get("authorization") == f"Bearer {self.settings.token}":
            return None
        return Response(_error(190, "Invalid OAuth access token"), 401)


def wrap(
    *messages: Any,
    contacts: Any = (),
    statuses: Any = (),
    phone_number_id: str = PHONE_NUMBER_ID,
) -> dict[str, Any]:
    """A webhook of one change, as Meta sends it."""
    value: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "972123456789", "phone_number_id": phone_number_id},
    }
    if messages:
        value |= {"contacts": list(contacts), "messages": list(messages)}
    if statuses:
        value["statuses"] = list(statuses)
    change = {"value": value, "field": "messages"}
    return {"object": "whatsapp_business_account", "entry": [{"id": "5467539754836534", "changes": [change]}]}


def text_message(external_id: str, phone: str, text: str, timestamp: int) -> dict[str, Any]:
    """A text as it stands in a webhook."""
    return {
        "from": phone,
        "id": external_id,
        "timestamp": str(timestamp),
        "type": "text",
        "text": {"body": text},
    }


def signed(body: bytes, app_secret: str) -> dict[str, str]:
    """The headers with which Meta would deliver ``body``."""
    digest = hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}", "Content-Type": "application/json"}


def _error(code: int, message: str) -> bytes:
    fault = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "Az8or2yhqkZfEZ-_4Qn_Bam"}
    return json.dumps({"error": fault}).encode()


def main() -> None:
    """Serve until interrupted."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, default=9000)
    options.add_argument("--app-secret", default=APP_SECRET)
    chosen = options.parse_args()
    with FakeWhatsApp(port=chosen.port, app_secret=chosen.app_secret) as fake:
        print(f"{fake.url} token={TOKEN} phone_number_id={PHONE_NUMBER_ID}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
