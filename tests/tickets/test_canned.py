"""Canned replies and macros: what is kept, what is refused, and which are offered where."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.errors import Conflict, NotAllowed
from bot.procedures.profile import load_profile
from bot.procedures.versions import shipped
from bot.storage.database import Database
from bot.tickets import canned, macros
from bot.tickets.canned import VARIABLES, Canned, Faulty, Known, Words
from bot.tickets.macros import Macro, Steps
from bot.tickets.model import CannedReply, TicketMacro
from tests.conftest import FakeClock
from tests.tickets.conftest import Opener

PROFILE = load_profile(shipped("itb"))
KNOWN = Known(VARIABLES | {"portal_url"}, PROFILE, {"salam"}, {"rina"})
SALAM = Canned("salam", {"id": Words("Salam", "Halo {name},\ntiket {ticket}."), "en": Words("Hello", "Hello {name}.")})


def faults(thing: Canned | Macro, language: str = "en") -> list[str]:
    found = canned.faults_of(thing, KNOWN) if isinstance(thing, Canned) else macros.faults_of(thing, KNOWN)
    return [fault.said(language) for fault in found]


def a_text(text: str) -> Canned:
    return Canned("x", {"id": Words("X", text)})


@pytest.mark.parametrize(
    ("thing", "told"),
    [
        (a_text("Halo {name}, {portal_url}: {agent} {due}"), []),
        (a_text("satu\ndua {nmae} {nama lengkap}"), ["{nmae}", "{nama lengkap}"]),
        (a_text(" \n"), ["Text (Indonesian): is empty"]),
        (a_text("x" * 4001), ["longer than 4000"]),
        (a_text("a\x00b"), ["control character"]),
        (Canned("x", {}), ["needs a title and a text"]),
        (Canned("Tidak Boleh", SALAM.words), ["Id: has small letters"]),
        (Canned("x", {"en": Words("{name}", "hi")}), ["Title (English), line 1: there is no variable {name}"]),
        (Canned("x", SALAM.words, category="tak-ada"), ["Category: there is no tak-ada"]),
        (Canned("x", SALAM.words, unit="tak-ada"), ["Unit: there is no tak-ada"]),
        (Canned("x", SALAM.words, category="krs", unit="keuangan"), []),
        (Macro("m", {"id": "M"}), ["does nothing"]),
        (Macro("m", {}, "salam"), ["Title: is empty"]),
        (Macro("m", {"id": "M"}, "hilang"), ["Canned reply: there is no hilang"]),
        (Macro("m", {"id": "M"}, steps=Steps(priority="asap")), ["asap is none of normal, high, urgent"]),
        (Macro("m", {"id": "M"}, steps=Steps(category="tak-ada")), ["Category: there is no tak-ada"]),
        (Macro("m", {"id": "M"}, steps=Steps(assign="user:hantu")), ["Assign: there is no hantu"]),
        (Macro("m", {"id": "M"}, steps=Steps(assign="unit:")), ["Assign: there is no unit"]),
        (Macro("m", {"id": "M"}, steps=Steps(assign="rina")), ["rina is none of me, nobody"]),
        (Macro("m", {"id": "M"}, steps=Steps(assign="unit:keuangan")), []),
        (Macro("m", {"id": "M"}, steps=Steps(assign="user:rina", then="spam")), ["cannot go with a step that"]),
        (Macro("m", {"id": "M"}, steps=Steps(assign="me", then="spam")), []),
        (Macro("m", {"id": "M"}, steps=Steps(then="explode")), ["explode is none of wait, resolve"]),
        (Macro("m", {"id": "M"}, steps=Steps(then="close")), ["Solution: is empty", "Record: is empty"]),
        (Macro("m", {"id": "M"}, steps=Steps(note="{nmae}")), ["Note, line 1: there is no variable {nmae}"]),
    ],
)
def test_what_is_faulty_is_told_with_its_place(thing: Canned | Macro, told: list[str]) -> None:
    found = faults(thing)
    assert len(found) == len(told)
    assert all(part in fault for part, fault in zip(told, found, strict=True))


def test_a_fault_names_the_line_and_what_there_is_in_both_languages() -> None:
    assert faults(a_text("satu\ndua {nmae}"), "id") == [
        "Teks (Indonesia), baris 2: tidak ada variabel {nmae}; yang ada: agent, due, institution, name, portal_url, "
        "subject, ticket"
    ]


def test_who_kept_it_and_who_changed_it_last_is_known(db: Database, clock: FakeClock) -> None:
    with db.write() as session:
        canned.keep(session, SALAM, KNOWN, "sri", clock())
    with db.write() as session:
        canned.keep(session, SALAM, KNOWN, "admin", clock.advance(hours=1))
        row = session.get_one(CannedReply, "salam")
        assert (row.version, row.changed_by) == (1, "sri")
    with db.write() as session:
        canned.keep(session, Canned("salam", {"id": Words("Salam", "Hai.")}, "keuangan"), KNOWN, "admin", clock())
    with db.read() as session:
        row = session.get_one(CannedReply, "salam")
        assert (row.created_by, row.changed_by, row.version) == ("sri", "admin", 2)
        assert (row.changed_at - row.created_at, row.category) == (timedelta(hours=1), "keuangan")
        assert Canned.of(row).words == {"id": Words("Salam", "Hai.")}


def test_what_is_faulty_is_not_kept(db: Database, clock: FakeClock) -> None:
    with db.write() as session:
        with pytest.raises(Faulty, match=r"line 1: there is no variable {nmae}"):
            canned.keep(session, a_text("{nmae}"), KNOWN, "sri", clock())
        with pytest.raises(Faulty, match="does nothing"):
            macros.keep(session, Macro("m", {"id": "M"}), KNOWN, "sri", clock())
        assert (canned.all_replies(session), macros.all_macros(session)) == ([], [])


def test_the_second_who_saves_overwrites_nothing(db: Database, clock: FakeClock) -> None:
    macro = Macro("m", {"en": "M"}, "salam", Steps(tags=("#UKT", "ukt"), then="wait"))
    with db.write() as session:
        canned.keep(session, SALAM, KNOWN, "sri", clock(), 0)
        macros.keep(session, macro, KNOWN, "sri", clock(), 0)
        assert macros.by_id(session, "m").steps == Steps(tags=["ukt"], then="wait")
        for seen in (0, 2):
            with pytest.raises(Conflict, match="sri changed salam meanwhile"):
                canned.keep(session, SALAM, KNOWN, "admin", clock(), seen)
            with pytest.raises(Conflict, match="sri changed m meanwhile"):
                macros.keep(session, macro, KNOWN, "admin", clock(), seen)
        with pytest.raises(Conflict, match="deleted meanwhile"):
            canned.keep(session, Canned("lain", SALAM.words), KNOWN, "admin", clock(), 1)


def test_a_reply_that_a_macro_says_stays_until_the_macro_goes(db: Database, clock: FakeClock) -> None:
    with db.write() as session:
        canned.keep(session, SALAM, KNOWN, "sri", clock())
        macros.keep(session, Macro("m", {"en": "M"}, "salam"), KNOWN, "sri", clock())
        with pytest.raises(NotAllowed, match="macro m"):
            canned.remove(session, "salam", "sri", clock())
        macros.remove(session, "m", "sri", clock())
        canned.remove(session, "salam", "sri", clock())
        assert session.get(TicketMacro, "m") is None
        with pytest.raises(NotAllowed, match="There is no"):
            canned.remove(session, "salam", "sri", clock())
        with pytest.raises(NotAllowed, match="There is no"):
            macros.remove(session, "salam", "sri", clock())


def test_only_what_concerns_a_ticket_is_offered(db: Database, opener: Opener, clock: FakeClock) -> None:
    with db.write() as session:
        for reply in (
            SALAM,
            Canned("krs-buka", {"id": Words("Buka KRS", "KRS dibuka {due}.")}, category="akademik"),
            Canned("tagihan", {"en": Words("Bill", "Your bill.")}, category="keuangan"),
            Canned("dir-keu", {"id": Words("Direktorat", "Kami dari keuangan.")}, unit="keuangan"),
        ):
            canned.keep(session, reply, KNOWN, "sri", clock())

        def ids(category: str | None, typed: str = "", language: str = "id", unit: str | None = None) -> list[str]:
            ticket = opener(session, category=category)
            ticket.unit = unit
            return [reply.id for reply, _ in canned.offered(session, ticket, PROFILE, language, typed)]

        assert ids(None) == ["krs-buka", "dir-keu", "salam", "tagihan"]
        assert ids("krs") == ["krs-buka", "salam"]
        assert ids("keuangan") == ["dir-keu", "salam", "tagihan"]
        assert ids("keuangan", language="en") == ["tagihan", "salam", "dir-keu"]
        assert ids("krs", unit="Directorate of Finance") == ["krs-buka", "dir-keu", "salam"]
        assert ids(None, "kRs DIBUKA") == ["krs-buka"]
        assert ids(None, "{x}%_") == []
