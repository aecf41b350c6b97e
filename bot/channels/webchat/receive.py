"""What the page sends: messages and files. Answered 202 only after the core has committed them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.bodies import BodyTooLarge, NotAnObject, json_object, read_body
from bot.channels.webchat import answers
from bot.channels.webchat.files import Files, TooLarge, WrongType
from bot.channels.webchat.live import Event, Live
from bot.channels.webchat.parse import Unacceptable, client_id, parse_file, parse_message
from bot.channels.webchat.visitor import CHANNEL, Visitor, remember, same_origin, visitor_of
from bot.clock import Clock
from bot.conversation.buckets import Buckets
from bot.conversation.messages import Incoming, Intake, Rate, Typing

PER_VISITOR = Rate(per_second=20, burst=20)
NEW_VISITORS = Rate(per_second=20, burst=60)
"""From one network address: a whole campus may share one, a flood of visitors without cookies does too."""
LARGEST_MESSAGE = 256 * 1024
"""Bytes: 10,000 characters, each escaped as JSON, with room to spare."""

Read = Callable[[Request, Visitor], Awaitable[Incoming]]


class Receiver:
    """The routes that take something in."""

    def __init__(self, intake: Intake, live: Live, files: Files, clock: Clock, max_body: int) -> None:
        self._intake = intake
        self._live = live
        self._files = files
        self._clock = clock
        self._max_body = min(max_body, LARGEST_MESSAGE)
        self._visitors = Buckets(PER_VISITOR)
        self._newcomers = Buckets(NEW_VISITORS)

    def routes(self) -> list[Route]:
        return [
            Route("/chat/messages", self.message, methods=["POST"]),
            Route("/chat/files", self.file, methods=["POST"]),
            Route("/chat/typing", self.typing, methods=["POST"]),
        ]

    async def message(self, request: Request) -> Response:
        """JSON ``{id, text, choice}``."""
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return answers.fault("not_json", 415)
        return await self._take(request, self._read_message)

    async def file(self, request: Request) -> Response:
        """The file's bytes, described by headers. The header of its own is one that no foreign page can send
        unasked, as a form could."""
        if "x-message-id" not in request.headers:
            return answers.fault("id", 422)
        return await self._take(request, self._read_file)

    async def typing(self, request: Request) -> Response:
        """The visitor is writing. Nothing is kept of it, and who never wrote is not made a visitor by it."""
        if not same_origin(request.headers):
            return answers.fault("foreign", 403)
        visitor = visitor_of(request)
        if visitor.new or self._wait(visitor, request) > 0:
            return Response(status_code=204, headers=answers.DATA_HEADERS)
        await self._intake([Typing(CHANNEL, visitor.address)])
        return Response(status_code=204, headers=answers.DATA_HEADERS)

    async def _take(self, request: Request, read: Read) -> Response:
        if not same_origin(request.headers):
            return answers.fault("foreign", 403)
        visitor = visitor_of(request)
        if (seconds := self._wait(visitor, request)) > 0:
            return answers.slow_down(seconds)
        try:
            incoming = await read(request, visitor)
        except Unacceptable as refused:
            return answers.fault(refused.code, refused.status)
        except NotAnObject:
            return answers.fault("not_json", 400)
        except (BodyTooLarge, TooLarge):
            return answers.fault("too_large", 413)
        except WrongType:
            return answers.fault("wrong_type", 415)
        except ClientDisconnect:
            return answers.fault("interrupted", 400)
        await self._intake([incoming])
        self._tell_other_pages(incoming, visitor)
        response = answers.data({"id": client_id(visitor.address, incoming.external_id), "at": _at(incoming)}, 202)
        if visitor.new:
            remember(response, visitor, request)
        return response

    def _wait(self, visitor: Visitor, request: Request) -> float:
        now = self._clock().timestamp()
        buckets, key = self._visitors, visitor.address
        if visitor.new:
            buckets, key = self._newcomers, request.client.host if request.client else ""
        seconds = buckets.wait(key, now)
        if not seconds:
            buckets.take(key, now)
        return seconds

    async def _read_message(self, request: Request, visitor: Visitor) -> Incoming:
        body = json_object(await read_body(request, self._max_body))
        return parse_message(body, visitor.address, self._clock())

    async def _read_file(self, request: Request, visitor: Visitor) -> Incoming:
        incoming = parse_file(request.headers, visitor.address, self._clock())
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > self._files.limit:
            raise TooLarge
        file = incoming.attachments[0]
        size = await self._files.receive(file.ref, request.stream(), file.filename)
        if not size:
            raise Unacceptable("empty")
        return replace(incoming, attachments=(replace(file, size=size),))

    def _tell_other_pages(self, incoming: Incoming, visitor: Visitor) -> None:
        key = client_id(visitor.address, incoming.external_id)
        # A pressed button and a file look as they are stored: the other pages read them from the history.
        if incoming.choice or incoming.attachments:
            self._live.publish(visitor.address, Event("stale", {"key": key}))
            return
        mine = {"key": key, "from": "you", "text": incoming.text, "at": _at(incoming)}
        self._live.publish(visitor.address, Event("mine", {**mine, "files": [], "choices": []}))


def _at(incoming: Incoming) -> str | None:
    return incoming.sent_at.isoformat(timespec="milliseconds") if incoming.sent_at else None
