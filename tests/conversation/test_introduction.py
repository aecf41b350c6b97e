"""Who we are and how data are used is said once, before anything else, whatever a person begins with."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.conversation.files import FileFetcher
from bot.conversation.messages import AttachmentRef
from bot.conversation.model import Attachment, Conversation
from bot.conversation.saying import say
from tests.conversation.conftest import Core, _until, run

INTRODUCTION = "Selamat pagi. Saya Sapa, asisten otomatis Pusat Layanan Universitas Contoh. Pesan Anda disimpan"
NOT_READ = "jenis pesan itu belum bisa saya baca"
TOO_LARGE = (AttachmentRef("document", "ref", "film.mp4", size=10_000_000),)


def test_what_cannot_be_read_is_answered_with_it(core: Core) -> None:
    said = core.say("", kind="unreadable")
    assert said[0].startswith(INTRODUCTION)
    assert NOT_READ in said[1]
    assert len(said) == 2
    again = core.say("", kind="unreadable", external_id="again")
    assert len(again) == 1
    assert NOT_READ in again[0]
    assert core.say("halo") == ["1: halo"]


def test_without_an_engine_it_is_said_as_well(core: Core) -> None:
    core.engine.down = True
    introduction, sorry = core.say("ukt saya salah")
    assert introduction.startswith(INTRODUCTION)
    assert "terganggu" in sorry
    assert len(core.say("halo?")) == 1


def refuse_the_file(core: Core) -> None:
    fetcher = FileFetcher(core.db, core.clock, {"fake": core.channel}, core.wording, core.tmp_path, 1000)

    def refused() -> bool:
        with core.db.read() as session:
            return session.scalars(select(Attachment.status)).one() == "refused"

    run(_until(fetcher.run(), refused))


@pytest.mark.parametrize("introducing", ["utter_introduction", "utter_greet_first"])
def test_a_file_that_is_refused_before_the_turn_is_written_does_not_make_it_twice(core: Core, introducing: str) -> None:
    core.receive(core.incoming("halo", attachments=TOO_LARGE))
    refuse_the_file(core)
    # The turn was begun when nothing had been said.
    core.engine.reply = (introducing, {"greeting": "Selamat pagi", "institution": "Universitas Contoh"})
    core.answer()
    core.send()
    assert core.channel.texts[0].startswith(INTRODUCTION)
    assert "film.mp4" in core.channel.texts[1]
    assert [text for text in core.channel.texts[2:] if "asisten otomatis" in text] == []


def test_the_introduction_of_a_turn_is_said_where_nothing_was(core: Core) -> None:
    core.receive(core.incoming("halo"))
    with core.db.write() as session:
        args = {"greeting": "Halo", "institution": "X"}
        conversation = session.scalars(select(Conversation)).one()
        for _ in range(2):
            say(
                session, conversation, core.wording, "utter_introduction", args,
                author="assistant", max_text=1000, max_choices=3, now=core.clock(),
            )  # fmt: skip
    assert len(core.outbox()) == 1
