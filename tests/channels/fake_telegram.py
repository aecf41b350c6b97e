"""A Telegram of our own on loopback: the part of the Bot API that Sapa uses, with state and scripted trouble.

In a test::

    with FakeTelegram() as fake:
        channel = TelegramChannel(fake.settings(), public_url=None, max_body=1_000_000)
        fake.say(777, "halo")
        ...
        fake.wait_for(1)
        assert fake.sent[0].text == "Selamat pagi."

Every call is checked against the published Bot API; leaving the block fails if one was wrong (``problems``). By itself,
for benchmarks: ``python -m tests.channels.fake_telegram --port 8081``. Another process then uses ``POST /control/push``
(an update), ``POST /control/trouble`` (arguments of ``trouble``) and ``GET /control/sent?after=N``.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bot.config import Telegram
from tests.channels.telegram import updates
from tests.channels.telegram.http_server import Call, Form, LoopbackServer, Reply, form_of
from tests.channels.telegram.spec import faults

TOKEN = f"{updates.BOT_ID}:AAfake-Token_of_the_test_bot"
BOT = {"id": updates.BOT_ID, "is_bot": True, "first_name": "Sapa", "username": updates.BOT_USERNAME}


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that the bot sent. ``buttons``: rows of (label, callback data). ``at``: seconds since the epoch."""

    method: str
    chat_id: int
    message_id: int
    text: str
    buttons: list[list[tuple[str, str]]]
    filename: str | None
    content: bytes
    at: float
    form: dict[str, str]

    @property
    def id(self) -> str:
        return f"{self.chat_id}:{self.message_id}"

    @property
    def entities(self) -> list[dict[str, Any]]:
        """What of the text is formatted, as the bot gave it."""
        found: list[dict[str, Any]] = json.loads(self.form.get("entities") or self.form.get("caption_entities") or "[]")
        return found

    @property
    def marked(self) -> str:
        """The text with what is bold between asterisks."""
        units, parts, end = self.text.encode("utf-16-le", "surrogatepass"), [], 0
        for each in self.entities:
            start, stop = 2 * each["offset"], 2 * (each["offset"] + each["length"])
            parts += [units[end:start], "*".encode("utf-16-le"), units[start:stop], "*".encode("utf-16-le")]
            end = stop
        return b"".join((*parts, units[end:])).decode("utf-16-le", "surrogatepass")


@dataclass(slots=True)
class _Trouble:
    method: str
    status: int
    description: str
    parameters: dict[str, Any] | None
    delay: float
    times: int


class Refused(Exception):
    """The call is answered with an error."""

    def __init__(self, status: int, description: str, parameters: dict[str, Any] | None = None) -> None:
        super().__init__(description)
        self.status, self.description, self.parameters = status, description, parameters


class FakeTelegram:
    """``sent``: what the bot sent, in order. ``calls``: every call as (method, form). ``problems``: calls that Telegram
    would not have understood. ``files``: what ``getFile`` can give, by file id. ``blocked``: chats that answer 403."""

    def __init__(self, port: int = 0, token: str = TOKEN) -> None:
        self.token = token
        self.sent: list[Sent] = []
        self.calls: list[tuple[str, dict[str, str]]] = []
        self.problems: list[str] = []
        self.files: dict[str, bytes] = {}
        self.blocked: set[int] = set()
        self.webhook: dict[str, str] = {}
        self.webhook_error: dict[str, Any] = {}
        self.menus: dict[str, list[dict[str, str]]] = {}
        self._updates: list[dict[str, Any]] = []
        self._trouble: list[_Trouble] = []
        self._update_ids, self._message_ids = itertools.count(501), itertools.count(1001)
        self._changed = threading.Condition()
        self._poll: asyncio.Future[bool] | None = None
        self._server = LoopbackServer(self._handle, port)

    def __enter__(self) -> FakeTelegram:
        self._server.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._server.stop()
        if kind is None:
            assert not self.problems, "\n".join(self.problems)

    @property
    def url(self) -> str:
        return self._server.url

    def settings(self, secret: str | None = None) -> Telegram:
        """Settings of a bot that talks to this server."""
        return Telegram(self.token, secret, self.url)

    def push(self, update: dict[str, Any], update_id: int | None = None) -> int:
        """Queue an update for ``getUpdates`` and return its id, the next one unless it is given."""
        number = next(self._update_ids) if update_id is None else update_id
        with self._changed:
            self._updates.append({**update, "update_id": number})
        self._server.loop.call_soon_threadsafe(self._wake, True)
        return number

    def say(self, chat: int, words: str) -> str:
        """A person writes; returns the message's external id."""
        number = next(self._message_ids)
        self.push(updates.text(words, number, chat=chat))
        return f"{chat}:{number}"

    def press(self, chat: int, key: str) -> str:
        """A person presses a button; returns the query's id."""
        query = f"q{next(self._message_ids)}"
        self.push(updates.press(key, query, chat=chat))
        return query

    def trouble(
        self,
        method: str = "*",
        *,
        status: int = 200,
        description: str = "",
        retry_after: int | None = None,
        parameters: dict[str, Any] | None = None,
        delay: float = 0,
        times: int = 1,
    ) -> None:
        """The next ``times`` calls of ``method`` (``download``: of a file; ``*``: any) wait ``delay`` seconds, then
        fail with ``status``, or are answered as usual where it is 200."""
        if retry_after is not None:
            parameters = {"retry_after": retry_after}
        with self._changed:
            self._trouble.append(_Trouble(method, status, description, parameters, delay, times))

    def wait_for(self, messages: int, seconds: float = 5) -> list[Sent]:
        """The messages sent so far, as soon as there are that many. Raises AssertionError when they do not come."""
        self.wait_until(lambda: len(self.sent) >= messages, seconds)
        return list(self.sent)

    def wait_until(self, reached: Callable[[], bool], seconds: float = 5) -> None:
        """Wait until ``reached``, which is asked anew after every call of the bot. Raises AssertionError."""
        with self._changed:
            assert self._changed.wait_for(reached, seconds), f"not reached; {len(self.sent)} messages were sent"

    def pending(self) -> int:
        """Updates that the bot has not confirmed yet."""
        with self._changed:
            return len(self._updates)

    async def _handle(self, call: Call) -> Reply:
        target = urlsplit(call.target)
        if target.path.startswith("/control/"):
            return self._control(target.path.removeprefix("/control/"), parse_qs(target.query), call.body)
        if target.path.startswith(f"/file/bot{self.token}/"):
            return await self._download(target.path.rpartition("/")[2])
        start, _, method = target.path.rpartition("/")
        if start != f"/bot{self.token}":
            return _answer(401, "Unauthorized")
        form = form_of(call)
        try:
            await self._in_trouble(method)
            result = await self._call(method, form)
        except Refused as refused:
            return _answer(refused.status, refused.description, refused.parameters)
        finally:
            with self._changed:
                self.calls.append((method, form.values))
                self._changed.notify_all()
        return Reply(json.dumps({"ok": True, "result": result}).encode())

    async def _download(self, file_id: str) -> Reply:
        try:
            await self._in_trouble("download")
        except Refused as refused:
            return Reply(b"", refused.status)
        content = self.files.get(file_id)
        return Reply(b"", 404) if content is None else Reply(content, media_type="application/octet-stream")

    async def _in_trouble(self, method: str) -> None:
        with self._changed:
            found = next((one for one in self._trouble if one.method in ("*", method)), None)
            if found is None:
                return
            found.times -= 1
            if found.times <= 0:
                self._trouble.remove(found)
        await asyncio.sleep(found.delay)
        if found.status != 200:
            raise Refused(found.status, found.description or f"Error {found.status}", found.parameters)

    async def _call(self, method: str, form: Form) -> Any:
        wrong = faults(method, form.values, form.files)
        if wrong:
            self.problems += wrong
            raise Refused(400, f"Bad Request: {wrong[0]}")
        values = form.values
        match method:
            case "getMe":
                return BOT
            case "getUpdates":
                return await self._get_updates(values)
            case "sendMessage" | "sendPhoto" | "sendDocument":
                return self._send(method, form)
            case "sendChatAction":
                self._reach(values)
            case "setWebhook":
                self.webhook = values
            case "deleteWebhook":
                self.webhook = {}
            case "getWebhookInfo":
                info = {"url": self.webhook.get("url", ""), "has_custom_certificate": False}
                return {**info, "pending_update_count": len(self._updates), **self.webhook_error}
            case "setMyCommands":
                self.menus[values.get("language_code", "")] = json.loads(values["commands"])
            case "getFile":
                return self._file(values["file_id"])
            case "answerCallbackQuery":
                pass
            case _:
                self.problems.append(f"{method}: this fake does not know it")
                raise Refused(404, "Not Found")
        return True

    def _reach(self, values: dict[str, str]) -> int:
        chat = int(values["chat_id"])
        if chat in self.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        return chat

    def _send(self, method: str, form: Form) -> dict[str, Any]:
        values, chat = form.values, self._reach(form.values)
        rows = json.loads(values.get("reply_markup", "{}")).get("inline_keyboard", [])
        filename, content = next(iter(form.files.values()), (None, b""))
        words = values.get("text") or values.get("caption", "")
        number, now = next(self._message_ids), time.time()
        buttons = [[(button["text"], button.get("callback_data", "")) for button in row] for row in rows]
        with self._changed:
            self.sent.append(Sent(method, chat, number, words, buttons, filename, content, now, values))
        content_name = "text" if method == "sendMessage" else "caption"
        kind = {"id": chat, "type": "private" if chat > 0 else "supergroup", "first_name": "Sri", "title": "Grup"}
        return {"message_id": number, "date": int(now), "chat": kind, "from": BOT, content_name: words}

    def _file(self, file_id: str) -> dict[str, Any]:
        content = self.files.get(file_id)
        if content is None:
            raise Refused(400, "Bad Request: invalid file_id")
        if len(content) > 20_000_000:
            raise Refused(400, "Bad Request: file is too big")
        found = {"file_id": file_id, "file_unique_id": f"u{file_id}", "file_size": len(content)}
        return {**found, "file_path": f"documents/{file_id}"}

    async def _get_updates(self, values: dict[str, str]) -> list[dict[str, Any]]:
        if self.webhook:
            raise Refused(409, "Conflict: can't use getUpdates method while webhook is active")
        self._wake(False)
        with self._changed:
            if offset := int(values.get("offset", 0)):
                self._updates = [update for update in self._updates if update["update_id"] >= offset]
        if not self._updates and (timeout := float(values.get("timeout", 0))):
            self._poll = asyncio.get_running_loop().create_future()
            try:
                if not await asyncio.wait_for(self._poll, timeout):
                    raise Refused(409, "Conflict: terminated by other getUpdates request")
            except TimeoutError:
                pass
        return self._updates[: int(values.get("limit", 100))]

    def _wake(self, news: bool) -> None:
        """End the long poll that is waiting, with news or because another one begins."""
        if self._poll and not self._poll.done():
            self._poll.set_result(news)

    def _control(self, name: str, query: dict[str, list[str]], body: bytes) -> Reply:
        match name:
            case "push":
                return Reply(json.dumps({"update_id": self.push(json.loads(body))}).encode())
            case "trouble":
                self.trouble(**json.loads(body))
                return Reply(b"{}")
            case "sent":
                after = int(query.get("after", ["0"])[0])
                rows = [{**asdict(sent), "content": len(sent.content)} for sent in self.sent[after:]]
                return Reply(json.dumps(rows).encode())
        return Reply(b"{}", 404)


def _answer(status: int, description: str, parameters: dict[str, Any] | None = None) -> Reply:
    answer: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    if parameters:
        answer["parameters"] = parameters
    return Reply(json.dumps(answer).encode(), status)


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="A fake Telegram Bot API on loopback")
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--token", default=TOKEN)
    options = parser.parse_args()
    with FakeTelegram(options.port, options.token) as fake:
        print(f"Telegram: {fake.url} token {fake.token}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("\n".join(fake.problems) or "no wrong calls", flush=True)
            fake.problems.clear()


if __name__ == "__main__":
    main()
