"""What was kept as long as the profile says goes, once, and nothing else does."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bot.conversation import enclosing, erasing, keeping, nightly
from bot.conversation.entering import Arrival, enter
from bot.conversation.keeping import Due, carry_out, due
from bot.conversation.model import Attachment, Conversation, InboxMessage, OutboxMessage, RetentionRun
from bot.conversation.nightly import Nightly, begin, finish, last_night, next_night
from bot.conversation.saying import put
from bot.identity import audit
from bot.identity.model import AuditEvent, Handle, Person
from bot.procedures.rules import Retention
from bot.storage.database import Database
from bot.storage.disk import KeptFile
from bot.tickets import working
from bot.tickets.model import Ticket
from tests.conftest import CLOSING
from tests.conversation.conftest import JAKARTA, Core, run

RULE = Retention(conversations=timedelta(days=100), files=timedelta(days=30))
LEAST = timedelta(microseconds=1)


def person_of(core: Core, who: str) -> int:
    with core.db.read() as session:
        return session.scalars(select(Handle.person_id).where(Handle.address == who)).one()


def erased(core: Core) -> list[int]:
    with core.db.read() as session:
        return list(session.scalars(select(Person.id).where(Person.erased_at.is_not(None)).order_by(Person.id)))


def counted(core: Core, at: datetime | None = None) -> Due:
    with core.db.read() as session:
        return due(session, RULE, at or core.clock())


def works(core: Core, actor: str = "system") -> Due:
    """One run; what it counted."""
    with core.db.write() as session:
        run_id = begin(session, actor, core.clock())
    for _ in carry_out(core.db, core.tmp_path, RULE, run_id, actor, core.clock()):
        pass
    with core.db.write() as session:
        finish(session, run_id, core.clock())
        done = session.get_one(RetentionRun, run_id)
        return Due(done.people, done.files)


def stored(core: Core, name: str = "surat.pdf", who: str = "a") -> Path:
    """Somebody sent a file, which was kept; where."""
    core.receive(core.incoming("ini suratnya", who=who))
    with core.db.write() as session:
        message = session.scalars(select(InboxMessage).order_by(InboxMessage.id.desc()).limit(1)).one()
        message.status = "done"
        row = Attachment(
            inbox_id=message.id, kind="document", ref="r", filename=name, status="stored", size=3,
            media_type="application/pdf", next_try_at=core.clock(),
        )  # fmt: skip
        session.add(row)
        session.flush()
        row.path = f"files/{row.id % 256:02x}/{row.id}.pdf"
        path = core.tmp_path / row.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"pdf")
    return path


def test_who_was_silent_just_so_long_is_erased_and_a_moment_before_he_is_not(core: Core) -> None:
    core.say("halo")
    began = core.clock()
    core.clock.now = began + RULE.conversations - LEAST
    assert works(core) == Due(0, 0)
    core.clock.now = began + RULE.conversations
    assert counted(core) == Due(1, 0)
    assert works(core) == Due(1, 0)
    assert erased(core) == [1]
    assert counted(core) == Due(0, 0)
    assert works(core) == Due(0, 0)


def test_a_word_on_any_channel_keeps_all_of_a_person(core: Core) -> None:
    core.say("halo")
    person_id = person_of(core, "a")
    core.clock.advance(days=90)
    with core.db.write() as session:
        session.add(
            Conversation(
                person_id=person_id,
                channel="other",
                address="b",
                created_at=core.clock(),
                last_from_person=core.clock(),
            )
        )
    core.clock.advance(days=90)
    assert works(core) == Due(0, 0)
    core.clock.advance(days=10)
    assert works(core) == Due(1, 0)


def test_who_waits_for_an_answer_is_kept_and_for_as_long_again_after_it(core: Core) -> None:
    core.agent("rina")
    with core.db.write() as session:
        arrival = Arrival("phone", "tagihan dobel", phone="0812-3456-789", category="keuangan")
        number = enter(session, arrival, core.promise, "rina", core.clock()).number
    core.clock.advance(days=200)
    assert works(core) == Due(0, 0)
    with core.db.write() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.number == number)).one()
        working.close(session, ticket, CLOSING, "rina", core.clock())
    core.clock.advance(days=99)
    assert works(core) == Due(0, 0)
    core.clock.advance(days=1)
    assert works(core) == Due(1, 0)


def test_the_trail_says_who_erased_whom_as_when_an_administrator_does(core: Core) -> None:
    core.say("halo")
    core.clock.advance(days=100)
    works(core, "system")
    with core.db.read() as session:
        [event] = audit.of(session, audit.about_person(1))
        assert (event.actor, event.kind, event.at) == ("system", "person erased", core.clock())
        assert session.scalars(select(InboxMessage.text)).all() == [""]
        assert session.scalars(select(Handle)).all() == []


def test_after_the_night_no_word_of_his_is_left_in_the_file_of_the_database(core: Core) -> None:
    if not core.db.sqlite:
        return
    file = Path(core.db.url.removeprefix("sqlite:///"))
    kept = [file, file.with_name(f"{file.name}-wal")]

    def there() -> list[str]:
        content = b"".join(each.read_bytes() for each in kept if each.exists()).lower()
        return [word for word in ("zebrakuda", "tanggalwisuda") if word.encode() in content]

    core.say("kata sandi saya zebrakuda, tanggalwisuda kapan?")
    for other in range(30):
        core.say(f"halo nomor {other}", who=f"orang{other}")
    assert there() == ["zebrakuda", "tanggalwisuda"]
    core.clock.now = core.clock() + RULE.conversations
    core.say("masih di sini", who="orang1")
    works(core)
    assert there() == []
    with core.db.read() as session:
        assert session.scalars(select(InboxMessage).where(InboxMessage.text == "masih di sini")).one()


def test_an_old_file_goes_from_the_disk_and_its_message_says_so(core: Core) -> None:
    path = stored(core)
    core.clock.now += RULE.files - LEAST
    assert works(core) == Due(0, 0)
    core.clock.now += LEAST
    newer = stored(core, "baru.pdf")
    assert counted(core) == Due(0, 1)
    assert works(core) == Due(0, 1)
    assert (path.exists(), newer.exists()) == (False, True)
    with core.db.read() as session:
        rows = session.scalars(select(Attachment).order_by(Attachment.id)).all()
        assert [(row.status, row.filename) for row in rows] == [("removed", "surat.pdf"), ("stored", "baru.pdf")]
        assert rows[0].path is None
    assert works(core) == Due(0, 0)


def test_files_of_a_ticket_that_is_open_stay(core: Core) -> None:
    path = stored(core)
    with core.db.write() as session:
        session.execute(update(Conversation).values(channel="phone", address="628123456789"))
        session.execute(update(Handle).values(channel="phone", address="628123456789"))
        arrival = Arrival("phone", "tagihan dobel", phone="0812-3456-789")
        enter(session, arrival, core.promise, "rina", core.clock())
    core.clock.advance(days=60)
    assert works(core) == Due(0, 0)
    assert path.exists()


def test_old_files_of_ours_are_let_go_and_their_names_stay(core: Core) -> None:
    core.say("halo")
    file = KeptFile("files/sent/ab/abc.pdf", "panduan.pdf", "application/pdf", 3)
    with core.db.write() as session:
        talk = session.scalars(select(Conversation)).one()
        origin = {"response": "utter_x", **(enclosing.origin(file) or {})}
        sent = put(session, talk, "Ini panduannya", author="rina", now=core.clock(), origin=origin)
        session.get_one(OutboxMessage, sent).status = "sent"
        waiting = put(session, talk, "", author="rina", now=core.clock(), origin=enclosing.origin(file))
        ids = (sent, waiting)
    core.clock.advance(days=30)
    assert counted(core) == Due(0, 1)
    assert works(core) == Due(0, 1)
    with core.db.read() as session:
        rows = [session.get_one(OutboxMessage, each) for each in ids]
        assert rows[0].origin == {"response": "utter_x", "removed": ["panduan.pdf"]}
        assert enclosing.names(rows[0].origin) == ["panduan.pdf"]
        assert enclosing.of(rows[1].origin) == [file], "what is still to be sent keeps its file"


def test_of_several_at_work_each_person_is_erased_by_one(core: Core) -> None:
    core.receive(*(core.incoming("halo", who=f"p{n}") for n in range(12)))
    paths = [stored(core, who=f"p{n}") for n in range(12)]
    core.clock.advance(days=100)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: works(core), range(4)))
    assert sum(each.people for each in done) == 12
    assert not any(path.exists() for path in paths)
    with core.db.read() as session:
        assert len(session.scalars(select(AuditEvent).where(AuditEvent.kind == "person erased")).all()) == 12


def test_who_writes_while_others_are_erased_stays(core: Core) -> None:
    core.say("halo", who="a")
    core.say("halo", who="b")
    core.clock.advance(days=100)
    with core.db.write() as session:
        run_id = begin(session, "system", core.clock())
    steps = carry_out(core.db, core.tmp_path, RULE, run_id, "system", core.clock())
    next(steps)
    core.receive(core.incoming("saya kembali", who="b"))
    list(steps)
    assert erased(core) == [1]


def test_one_who_cannot_be_erased_keeps_nobody_else(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    core.say("halo", who="a")
    core.say("halo", who="b")
    core.clock.advance(days=100)
    real = erasing.erase

    def fails(session: object, person: Person, *rest: object) -> object:
        if person.id == 1:
            raise RuntimeError("broken")
        return real(session, person, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(keeping, "erase", fails)
    assert works(core) == Due(1, 0)
    assert erased(core) == [2]


@pytest.mark.parametrize(
    ("now", "last", "upcoming"),
    [
        ("2026-11-23 01:59", "2026-11-22 02:00", "2026-11-23 02:00"),
        ("2026-11-23 02:00", "2026-11-23 02:00", "2026-11-24 02:00"),
        ("2026-11-23 23:00", "2026-11-23 02:00", "2026-11-24 02:00"),
    ],
)
def test_a_night_begins_at_two_oclock_where_the_institution_is(now: str, last: str, upcoming: str) -> None:
    def local(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=JAKARTA)

    assert last_night(local(now), JAKARTA) == local(last)
    assert next_night(local(now), JAKARTA) == local(upcoming)


def nightly_of(core: Core) -> Nightly:
    core.promise.follow(replace(core.promise.profile, retention=RULE))
    return Nightly(core.db, core.clock, core.promise, core.tmp_path)


def nights(core: Core) -> list[tuple[int, int, bool]]:
    with core.db.read() as session:
        rows = session.scalars(select(RetentionRun).order_by(RetentionRun.id))
        return [(row.people, row.files, row.finished_at is not None) for row in rows]


def test_the_first_night_is_the_one_after_the_first_start(core: Core) -> None:
    core.say("halo")
    core.clock.advance(days=200)
    run(nightly_of(core).once())
    assert nights(core) == [(0, 0, True)]
    assert erased(core) == []
    core.clock.advance(days=1)
    run(nightly_of(core).once())
    assert nights(core) == [(0, 0, True), (1, 0, True)]


def test_a_night_that_was_slept_through_is_made_up_for_once(core: Core) -> None:
    run(nightly_of(core).once())
    core.say("halo")
    core.clock.advance(days=150)
    for _ in range(3):
        run(nightly_of(core).once())
    assert nights(core) == [(0, 0, True), (1, 0, True)]


def test_a_run_that_was_killed_goes_on_at_the_next_start(core: Core) -> None:
    run(nightly_of(core).once())
    core.say("halo", who="a")
    core.say("halo", who="b")
    core.clock.advance(days=150)
    with core.db.write() as session:
        run_id = begin(session, "system", core.clock(), last_night(core.clock(), JAKARTA))
    next(carry_out(core.db, core.tmp_path, RULE, run_id, "system", core.clock()))
    assert nights(core)[-1] == (1, 0, False)
    run(nightly_of(core).once())
    assert nights(core)[-1] == (2, 0, True)


def test_several_processes_share_a_night(core: Core) -> None:
    run(nightly_of(core).once())
    core.receive(*(core.incoming("halo", who=f"p{n}") for n in range(8)))
    with core.db.write() as session:
        session.execute(update(InboxMessage).values(status="done"))
    core.clock.advance(days=150)

    async def together() -> None:
        other = Database(core.db.url)
        both = (nightly_of(core), Nightly(other, core.clock, core.promise, core.tmp_path))
        await asyncio.gather(*(each.once() for each in both))
        other.close()

    run(together())
    assert nights(core)[-1] == (8, 0, True)


def test_it_sleeps_until_the_night_and_not_by_intervals(core: Core) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 2:
            raise asyncio.CancelledError
        core.clock.advance(seconds=seconds)

    core.clock.now = datetime(2026, 11, 24, 1, 30, tzinfo=JAKARTA)
    with pytest.raises(asyncio.CancelledError):
        run(nightly_of(core).run(sleep))
    assert slept == [1800.0, nightly.LONGEST_SECONDS]
    assert len(nights(core)) == 2
