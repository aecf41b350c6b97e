"""The webhook: Meta's verification, and what people and statuses bring."""

from __future__ import annotations

import hmac
import logging
import traceback

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from bot.channels.bodies import BodyTooLarge, NotAnObject, json_object, read_body
from bot.channels.whatsapp.parse import CHANNEL, parse
from bot.config import WhatsApp
from bot.conversation.messages import Intake
from bot.conversation.refusals import Refusals

PATH = "/channels/whatsapp"
SIGNATURE = "x-hub-signature-256"

log = logging.getLogger(__name__)


def webhook_routes(settings: WhatsApp, max_body: int, intake: Intake, refusals: Refusals) -> list[BaseRoute]:
    """GET answers Meta's verification, POST takes updates of at most ``max_body`` bytes."""

    async def verify(request: Request) -> Response:
        asked = request.query_params
        challenge = asked.get("hub.challenge")
        token = asked.get("hub.verify_token", "")
        same = hmac.compare_digest(_bytes(token), _bytes(settings.verify_token))
        if token and not same:
            refusals.note(CHANNEL, "wrong_verify_token")
        if asked.get("hub.mode") != "subscribe" or not same or challenge is None:
            return PlainTextResponse("Forbidden", 403)
        return PlainTextResponse(challenge, headers={"X-Content-Type-Options": "nosniff"})

    return [
        Route(PATH, verify, methods=["GET"]),
        Route(PATH, _Updates(settings, max_body, intake, refusals), methods=["POST"]),
    ]


class _Updates:
    """POST, as an ASGI application: what Starlette wraps around a function costs a tenth of taking a message in."""

    def __init__(self, settings: WhatsApp, max_body: int, intake: Intake, refusals: Refusals) -> None:
        self._settings, self._max_body, self._intake, self._refusals = settings, max_body, intake, refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        try:
            body = await read_body(request, self._max_body)
        except BodyTooLarge:
            return PlainTextResponse("Payload Too Large", 413)
        signature = request.headers.get(SIGNATURE, "")
        if not is_signed(body, signature, self._settings.app_secret):
            self._refusals.note(CHANNEL, "wrong_signature" if signature else "unsigned")
            return PlainTextResponse("Unauthorized", 401)
        try:
            payload = json_object(body)
        except NotAnObject:
            return PlainTextResponse("Bad Request", 400)
        return await _take(self._intake, payload, self._settings.phone_number_id)


def is_signed(body: bytes, header: str, app_secret: str) -> bool:
    """Whether ``header`` is ``sha256=`` and the HMAC of the raw body. Takes the same time for right and wrong."""
    expected = "sha256=" + hmac.digest(app_secret.encode(), body, "sha256").hex()
    return hmac.compare_digest(_bytes(header), expected.encode())


async def _take(intake: Intake, payload: dict[str, object], phone_number_id: str) -> Response:
    events = parse(payload, phone_number_id)
    try:
        if events:
            await intake(events)
    except Exception as error:
        # Meta sends the webhook again. A database's error quotes the row, so only the place is logged, not the words.
        place = "".join(traceback.format_tb(error.__traceback__))
        log.error("whatsapp: intake failed: %s\n%s", type(error).__name__, place)
        return PlainTextResponse("Internal Server Error", 500)
    return PlainTextResponse("OK")


def _bytes(text: str) -> bytes:
    """For compare_digest, which refuses text that is not ASCII."""
    return text.encode("utf-8", "surrogatepass")
