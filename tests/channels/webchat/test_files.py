from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.channels.webchat import WebChatChannel
from bot.conversation.messages import Outgoing, StoredFile
from bot.conversation.model import Attachment
from bot.errors import TransportError
from tests.channels.webchat.browser import Browser, on_one_database
from tests.channels.webchat.stand_in import StandIn

TEXT = b"catatan saya: <script>alert(1)</script>"


def upload(client: Browser, content: bytes = b"data", name: str = "bukti.png") -> None:
    headers = {"X-Message-Id": "f1", "X-Filename": name, "Content-Type": "image/png"}
    assert client.post("/chat/files", content=content, headers=headers).status_code == 202


def test_a_file_waits_as_a_card_until_it_is_stored(client: Browser, core: StandIn) -> None:
    upload(client)
    assert client.messages()[0]["files"] == [
        {"url": None, "name": "bukti.png", "type": "image/png", "size": 4, "state": "pending"}
    ]
    [row] = core.store_files("image/png")
    assert client.messages()[0]["files"] == [
        {"url": f"chat/files/{row}", "name": "bukti.png", "type": "image/png", "size": 4, "state": "stored"}
    ]


@on_one_database
def test_a_picture_is_shown_and_anything_else_is_only_saved(client: Browser, core: StandIn) -> None:
    upload(client, TEXT)
    [row] = core.store_files("image/png")
    answer = client.get(f"/chat/files/{row}")
    assert (answer.status_code, answer.content) == (200, TEXT)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"].startswith("inline")
    for media_type in ("text/html", "image/svg+xml", "application/pdf"):
        with core.db.write() as session:
            session.execute(update(Attachment).values(media_type=media_type))
        answer = client.get(f"/chat/files/{row}")
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_nobody_gets_a_strangers_file(client: Browser, stranger: Browser, core: StandIn) -> None:
    upload(client)
    [row] = core.store_files("image/png")
    stranger.say("halo")
    assert stranger.get(f"/chat/files/{row}").status_code == 404


@on_one_database
@pytest.mark.parametrize("name", ["0", "99", "x", "o1", "o1-0", "1-0", "..%2f..%2fetc%2fpasswd", "9" * 30])
def test_what_is_not_there_is_not_found(client: Browser, name: str) -> None:
    client.say("halo")
    assert client.get(f"/chat/files/{name}").status_code == 404


@on_one_database
@pytest.mark.parametrize(
    ("path", "status"),
    [("../outside.txt", "stored"), ("files/gone", "stored"), (None, "stored"), ("files/1", "refused")],
)
def test_a_file_outside_the_data_directory_or_not_stored_is_never_given(
    client: Browser, core: StandIn, tmp_path: Path, path: str | None, status: str
) -> None:
    (tmp_path / "outside.txt").write_text("secret")
    upload(client)
    [row] = core.store_files("image/png")
    with core.db.write() as session:
        session.execute(update(Attachment).values(path=path, status=status))
    assert client.get(f"/chat/files/{row}").status_code == 404


def test_files_of_ours_reach_the_visitor_and_nobody_else(
    client: Browser, stranger: Browser, channel: WebChatChannel, core: StandIn
) -> None:
    letter = core.data_dir / "files" / "surat.pdf"
    letter.parent.mkdir(parents=True)
    letter.write_bytes(b"%PDF")
    client.say("halo")
    stranger.say("halo", "s1")
    file = StoredFile(letter, "surat keterangan.pdf", "application/pdf")
    row = asyncio.run(core.reply(channel, core.taken[0].addresses[0], "Ini suratnya.", files=(file,)))
    [shown] = client.messages()[-1]["files"]
    assert shown == {
        "url": f"chat/files/o{row}-0",
        "name": "surat keterangan.pdf",
        "type": "application/pdf",
        "size": 4,
        "state": "stored",
    }
    assert client.get(shown["url"]).content == b"%PDF"
    assert client.get(f"/chat/files/o{row}-1").status_code == 404
    assert stranger.get(shown["url"]).status_code == 404
    letter.unlink()
    assert client.get(shown["url"]).status_code == 404
    assert client.messages()[-1]["files"][0]["url"] is None


def test_a_message_whose_file_is_gone_is_not_sent(channel: WebChatChannel, tmp_path: Path) -> None:
    message = Outgoing("Ini.", files=(StoredFile(tmp_path / "gone.pdf", "gone.pdf", "application/pdf"),))
    with pytest.raises(TransportError) as fault:
        asyncio.run(channel.send("web:x", message))
    assert fault.value.permanent
