from __future__ import annotations

import httpx
import pytest

from tests.channels.fake_telegram import FakeTelegram
from tests.channels.telegram.spec import SPEC, faults, spec

BUTTON = '{"inline_keyboard": [[{"text": "Ya", "callback_data": "%s"}]]}'


@pytest.fixture
def described() -> None:
    if spec() is None:
        pytest.skip(f"THE BOT API'S DESCRIPTION IS NOT BESIDE THE CHECKOUT: {SPEC}")


@pytest.mark.usefixtures("described")
@pytest.mark.parametrize(
    ("method", "form", "fault"),
    [
        ("sendMessage", {"chat_id": "1", "text": "a"}, None),
        ("sendMessage", {"chat_id": "1", "text": "a", "reply_markup": BUTTON % "k"}, None),
        ("sendMessage", {"chat_id": "1", "text": "a", "link_preview_options": '{"is_disabled": true}'}, None),
        (
            "setMyCommands",
            {"commands": '[{"command": "help", "description": "d"}]', "scope": '{"type":"default"}'},
            None,
        ),
        ("getUpdates", {"timeout": "30", "allowed_updates": '["message"]'}, None),
        ("sendMesage", {}, "no such method"),
        ("sendMessage", {"chat_id": "1"}, "text is missing"),
        ("sendMessage", {"chat_id": "1", "text": "a", "disable_web_page_preview": "true"}, "no parameter disable_web"),
        ("sendMessage", {"chat_id": "1", "text": " "}, "empty"),
        ("sendMessage", {"chat_id": "1", "text": "x" * 4097}, "4097 characters"),
        ("sendMessage", {"chat_id": "1", "text": "a", "reply_markup": BUTTON % ("k" * 65)}, "65 bytes"),
        ("sendMessage", {"chat_id": "1", "text": "a", "reply_markup": '{"inline_keyboard": {}}'}, "is wanted"),
        ("sendMessage", {"chat_id": "1", "text": "a", "reply_markup": "yes"}, "JSON"),
        ("getUpdates", {"timeout": "soon"}, "JSON"),
        ("getUpdates", {"timeout": "true"}, "Integer is wanted"),
        ("setMyCommands", {"commands": '[{"command": "help"}]'}, "description is missing"),
    ],
)
def test_calls_are_checked_against_the_published_bot_api(method: str, form: dict[str, str], fault: str | None) -> None:
    found = faults(method, form, {})
    assert (fault in " ".join(found)) if fault else not found, found


def test_a_wrong_call_fails_the_test_that_made_it() -> None:
    with pytest.raises(AssertionError, match="4097 characters"), FakeTelegram() as fake:
        _post(fake, "sendMessage", chat_id="1", text="x" * 4097)


def test_another_token_is_refused() -> None:
    with FakeTelegram() as fake:
        assert httpx.post(f"{fake.url}/bot1:other/getMe").status_code == 401


def test_updates_are_given_until_they_are_confirmed() -> None:
    with FakeTelegram() as fake:
        fake.say(1, "satu")
        fake.say(1, "dua")
        first = _post(fake, "getUpdates").json()["result"]
        assert [update["message"]["text"] for update in first] == ["satu", "dua"]
        assert _post(fake, "getUpdates", offset=str(first[0]["update_id"] + 1)).json()["result"] == first[1:]
        assert fake.pending() == 1


def test_there_is_no_polling_while_a_webhook_is_registered() -> None:
    with FakeTelegram() as fake:
        _post(fake, "setWebhook", url="https://care.example.ac.id/channels/telegram")
        assert _post(fake, "getUpdates").status_code == 409


def test_another_process_can_push_and_read() -> None:
    with FakeTelegram() as fake, httpx.Client(base_url=fake.url) as client:
        client.post("/control/push", json={"update_id": 1, "poll": {}}).raise_for_status()
        client.post("/control/trouble", json={"method": "sendMessage", "status": 500}).raise_for_status()
        assert _post(fake, "sendMessage", chat_id="5", text="satu").status_code == 500
        assert _post(fake, "sendMessage", chat_id="5", text="dua").status_code == 200
        assert [sent["text"] for sent in client.get("/control/sent?after=0").json()] == ["dua"]
        assert fake.pending() == 1


def test_a_connection_that_is_still_open_does_not_keep_it_running() -> None:
    with httpx.Client() as client:
        with FakeTelegram() as fake:
            client.post(f"{fake.url}/bot{fake.token}/getMe").raise_for_status()
        with pytest.raises(httpx.TransportError):
            client.post(f"{fake.url}/bot{fake.token}/getMe")


def _post(fake: FakeTelegram, method: str, **form: str) -> httpx.Response:
    return httpx.post(f"{fake.url}/bot{fake.token}/{method}", data=form)
