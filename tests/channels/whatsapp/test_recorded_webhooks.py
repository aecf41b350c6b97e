"""Webhooks as the Cloud API sends them, recorded in 2026."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from bot.channels.whatsapp.parse import parse
from bot.channels.whatsapp.receive import PATH, webhook_routes
from bot.config import WhatsApp
from bot.conversation.messages import AttachmentRef, Event, Ignored, Incoming, StatusUpdate
from bot.conversation.refusals import Refusals
from tests.channels.fake_whatsapp import APP_SECRET, signed
from tests.channels.whatsapp.graph_schema import FIXTURES

USER = "US.13491208655302741918"
PHONE = "972987654321"

pytestmark = pytest.mark.skipif(not FIXTURES.exists(), reason=f"RECORDED WEBHOOKS ARE NOT THERE: {FIXTURES}")


def recorded() -> dict[str, dict[str, Any]]:
    """All recorded webhooks as ``file/kind``."""
    return {
        f"{file.stem}/{kind}": webhook
        for file in sorted(FIXTURES.glob("*.json"))
        for kind, webhook in json.loads(file.read_text(encoding="utf-8")).items()
    }


RECORDED = recorded() if FIXTURES.exists() else {}


def ours(webhook: dict[str, Any]) -> str:
    return str(webhook["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"])


def events_of(name: str) -> list[Event]:
    return parse(RECORDED[name], ours(RECORDED[name]))


def file(kind: str, ref: str, media_type: str, filename: str | None = None) -> tuple[AttachmentRef, ...]:
    return (AttachmentRef(kind, ref, filename, media_type),)  # type: ignore[arg-type]


LONG_ID = "1234567890987654321"
OGG = "audio/ogg; codecs=opus"
EXPECTED: dict[str, dict[str, Any]] = {
    "message/text": {"text": "Body Text"},
    "message/reply": {"text": "replied text"},
    "message/forwarded": {"text": "forwarded text"},
    "message/forwarded_many_times": {"text": "text forwarded many times"},
    "message/referral": {"text": "BODY"},
    "message/image": {"attachments": file("image", "65463453", "image/jpeg")},
    "message/media_with_url": {"attachments": file("image", "65463453", "image/jpeg")},
    "message/video": {"text": "caption", "attachments": file("video", "765756756", "video/mp4")},
    "message/document": {
        "text": "caption",
        "attachments": file("document", LONG_ID, "application/pdf", "filename.pdf"),
    },
    "message/audio": {"attachments": file("audio", LONG_ID, OGG)},
    "message/voice": {"attachments": file("voice", LONG_ID, OGG)},
    "message/static_sticker": {"attachments": file("sticker", LONG_ID, "image/webp")},
    "message/animated_sticker": {"attachments": file("sticker", LONG_ID, "image/webp")},
    "message/current_location": {"kind": "shared", "text": "📍 12.25089, 43.90539"},
    "message/chosen_location": {
        "kind": "shared",
        "text": "📍 Facebook HQ, 1 Hacker Way, Menlo Park, CA 94025 (37.4611978, -122.2164385)",
    },
    "message/contacts": {
        "kind": "shared",
        "text": "👤 Chandler Bing, +1 555-555-5555\n👤 Monica, +1 666-666-6666\n👤 Rachel Green, +1 777-777-7777",
    },
    "message/order": {"kind": "unreadable"},
    "message/unsupported": {"kind": "unreadable"},
    "message/unsupported_with_type": {"kind": "unreadable"},
    "message/interactive_message_with_err": {"kind": "unreadable"},
    "callback_button/button": {"text": "title", "choice": "callback_data"},
    "callback_button/quick_reply": {"text": "title", "choice": "callback_data"},
    "callback_button/quick_reply_without_context": {"text": "title", "choice": "callback_data"},
    "callback_selection/callback": {"text": "title", "choice": "callback_data"},
    "callback_selection/description": {"text": "title", "choice": "callback_data"},
    "edited_message/image": {
        "kind": "edited",
        "text": "Updated image caption",
        "edits": "wamid.HBgLMTQxMjU1NTA4MjkVAgASGBQzQUNCNjk5RDUwNUZGMUZEM0VBRAA=",
    },
}
IGNORED = {
    "message/reaction": "reaction",
    "message/unreaction_empty": "reaction",
    "message/unreaction_no_emoji": "reaction",
    "deleted_message/revoke": "revoke",
    "system/phone_number_change": "user_changed_number",
    "system/identity_change": "customer_identity_changed",
    "message_status/group": "group",
}
STATES = {
    "message_status/sent": "sent",
    "message_status/with_tracker": "sent",
    "message_status/delivered": "delivered",
    "message_status/read": "read",
    "message_status/played": "read",
    "message_status/failed": "failed",
}


def test_every_recorded_webhook_has_an_expectation() -> None:
    assert len(RECORDED) > 30
    assert set(RECORDED) == set(EXPECTED) | set(IGNORED) | set(STATES)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_recorded_message_is_read(name: str) -> None:
    message = events_of(name)[0]
    assert isinstance(message, Incoming)
    raw = RECORDED[name]["entry"][0]["changes"][0]["value"]["messages"][0]
    expected = {"kind": "message", "text": "", "choice": None, "attachments": (), "edits": None} | EXPECTED[name]
    assert {key: getattr(message, key) for key in expected} == expected
    assert message.channel == "whatsapp"
    assert message.external_id == raw["id"]
    assert message.addresses == (USER, raw["from"])
    assert message.sent_at == datetime.fromtimestamp(int(raw["timestamp"]), UTC)
    assert message.display_name == "Test Name"


@pytest.mark.parametrize(("name", "kind"), IGNORED.items())
def test_a_recorded_update_that_nobody_needs_to_answer_is_counted(name: str, kind: str) -> None:
    assert events_of(name) == [Ignored("whatsapp", kind)]


@pytest.mark.parametrize(("name", "state"), STATES.items())
def test_a_recorded_status_is_read(name: str, state: str) -> None:
    [status] = events_of(name)
    assert isinstance(status, StatusUpdate)
    assert (status.external_id, status.state) == ("wamid.xyzxyz", state)


def test_a_failed_status_says_why_with_metas_code() -> None:
    [status] = events_of("message_status/failed")
    assert isinstance(status, StatusUpdate)
    assert status.error == (
        "130472 User's number is part of an experiment: "
        "Failed to send message because this user's phone number is part of an experiment"
    )


def test_a_fault_that_meta_reports_beside_a_message_is_counted() -> None:
    assert events_of("message/interactive_message_with_err")[1:] == [Ignored("whatsapp", "error_131000")]


def test_every_recorded_webhook_is_taken_when_it_is_signed() -> None:
    taken: list[Event] = []

    async def intake(events: Any) -> None:
        taken.extend(events)

    async def deliver() -> list[int]:
        codes = []
        for number in {ours(webhook) for webhook in RECORDED.values()}:
            settings = WhatsApp("token", number, APP_SECRET, "verify", "http://127.0.0.1:9", None)
            routes = Starlette(routes=webhook_routes(settings, 100_000, intake, Refusals()))
            bodies = [json.dumps(webhook).encode() for webhook in RECORDED.values() if ours(webhook) == number]
            async with httpx.AsyncClient(transport=httpx.ASGITransport(routes), base_url="http://sapa") as meta:
                for body in bodies:
                    answer = await meta.post(PATH, content=body, headers=signed(body, APP_SECRET))
                    codes.append(answer.status_code)
        return codes

    assert asyncio.run(deliver()) == [200] * len(RECORDED)
    assert len(taken) == len(RECORDED) + 1  # one of them carries a fault beside the message
