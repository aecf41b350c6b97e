"""A small HTTP/1.1 server on loopback, in a thread of its own, for fakes that keep state."""

from __future__ import annotations

import asyncio
import io
import socket
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl

import httptools
from python_multipart import parse_form
from python_multipart.multipart import Field, File


@dataclass(slots=True)
class Call:
    """One request. Header names are lower case."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Reply:
    body: bytes
    status: int = 200
    media_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Form:
    """``files``: (name, content) by the name of the field."""

    values: dict[str, str] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)


Handler = Callable[[Call], Awaitable[Reply]]


def form_of(call: Call) -> Form:
    """The form in a body, urlencoded or multipart."""
    media_type = call.headers.get("content-type", "")
    if not media_type.startswith("multipart/form-data"):
        return Form(dict(parse_qsl(call.body.decode(), keep_blank_values=True)))
    form = Form()

    def on_field(found: Field) -> None:
        form.values[(found.field_name or b"").decode()] = (found.value or b"").decode()

    def on_file(found: File) -> None:
        found.file_object.seek(0)
        form.files[(found.field_name or b"").decode()] = (found.file_name or b"").decode(), found.file_object.read()
        found.close()

    headers = {"Content-Type": media_type.encode(), "Content-Length": str(len(call.body)).encode()}
    parse_form(headers, io.BytesIO(call.body), on_field, on_file)
    return form


class _Connection(asyncio.Protocol):
    """Parses the requests of one connection, one at a time, and answers each from the handler."""

    def __init__(self, handler: Handler, open_ones: set[asyncio.Transport]) -> None:
        self._handler = handler
        self._open = open_ones
        self._parser = httptools.HttpRequestParser(self)
        self._url, self._body = b"", bytearray()
        self._headers: dict[str, str] = {}
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._open.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._open.discard(self._transport)
        if self._task:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.close()

    def on_message_begin(self) -> None:
        self._url, self._headers, self._body = b"", {}, bytearray()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        method = self._parser.get_method().decode()
        call = Call(method, self._url.decode("latin-1"), self._headers, bytes(self._body))
        self._task = asyncio.get_running_loop().create_task(self._answer(call))

    async def _answer(self, call: Call) -> None:
        reply = await self._handler(call)
        own = "".join(f"{name}: {value}\r\n" for name, value in reply.headers.items())
        head = (
            f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}\r\n{own}"
            f"content-type: {reply.media_type}\r\ncontent-length: {len(reply.body)}\r\n\r\n"
        )
        self._transport.write(head.encode("latin-1") + reply.body)


class LoopbackServer:
    """Listens from ``start`` until ``stop``. ``port`` 0 takes a free one, which it tells after ``start``."""

    def __init__(self, handler: Handler, port: int = 0) -> None:
        self.port = port
        self._handler = handler
        self._thread = threading.Thread(target=self._run, name="loopback-server", daemon=True)
        self._listening = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Raises OSError when the port is taken."""
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        self._listener = listener
        self.loop = asyncio.new_event_loop()
        self._thread.start()
        self._listening.wait()

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        connections: set[asyncio.Transport] = set()
        server = self.loop.run_until_complete(
            self.loop.create_server(lambda: _Connection(self._handler, connections), sock=self._listener)
        )
        self._listening.set()
        self.loop.run_forever()
        server.close()
        for transport in list(connections):
            transport.abort()
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*tasks, asyncio.sleep(0), return_exceptions=True))
        self.loop.close()
