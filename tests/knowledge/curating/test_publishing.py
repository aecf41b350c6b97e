"""The life of templates: steps, four eyes, history, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from bot.errors import NotAllowed, RefusedFile
from bot.knowledge import store, versions
from bot.knowledge.checks import Rules
from bot.knowledge.content import Content
from bot.knowledge.curating import golden, importing, publishing
from bot.knowledge.curating.life import STEPS, after
from bot.knowledge.curating.replay import Replayed
from bot.knowledge.snapshot import Snapshot
from bot.storage.database import Database
from tests.knowledge.sample import CAMPUS, template

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
RULES = Rules(NOW.date())
PARKING = Content.of(template("parkir", id=("Parkir", "Di mana tempat parkir mahasiswa?", "parkir motor di mana")))
UKT = Content.of(next(each for each in CAMPUS.templates if each.id == "ukt-bayar"))


@pytest.fixture
def base(db: Database) -> Database:
    with db.write() as session:
        store.import_templates(session, CAMPUS, NOW)
    return db


def replayed(session: Session, *ids: str, blocks: tuple[str, ...] = ()) -> Replayed:
    opened = versions.open_versions(session)
    tried = {key: opened[key].number for key in ids}
    return Replayed(versions.version(session), tried, 0, (), None, None, (), blocks)


def handed_in(session: Session, content: Content, author: str = "rina") -> None:
    publishing.draft(session, content, author, NOW)
    publishing.submit(session, content.id, author, NOW, RULES)


def published(session: Session, content: Content, author: str = "rina", by: str = "dewi") -> None:
    handed_in(session, content, author)
    publishing.publish(session, replayed(session, content.id), by, NOW, RULES, four_eyes=True)


def live(db: Database) -> dict[str, Content]:
    with db.read() as session:
        return {each.id: Content.of(each) for each in store.load(session).templates}


def test_only_the_steps_of_the_table_are_possible() -> None:
    for step in ("publish", "return", "supersede"):
        with pytest.raises(NotAllowed, match=r"Template x is in state draft"):
            after("x", "draft", step)
    assert {state for state, _ in STEPS} | set(STEPS.values()) == {None, "draft", "review", "published", "archived"}


def test_a_template_goes_from_draft_over_review_to_everybody(base: Database) -> None:
    with base.write() as session:
        publishing.draft(session, PARKING, "rina", NOW)
    assert "parkir" not in live(base)
    with base.write() as session:
        publishing.submit(session, "parkir", "rina", NOW, RULES)
        publishing.publish(session, replayed(session, "parkir"), "dewi", NOW, RULES, four_eyes=True)
    assert live(base)["parkir"] == PARKING
    with base.read() as session:
        assert versions.version(session) == 2
        told = [(e.actor, e.step, e.from_state, e.to_state) for e in publishing.history(session, "parkir")]
        assert told == [
            ("rina", "write", None, "draft"),
            ("rina", "submit", "draft", "review"),
            ("dewi", "publish", "review", "published"),
        ]


def test_who_wrote_a_version_or_a_draft_that_led_to_it_cannot_publish_it(base: Database) -> None:
    with base.write() as session:
        publishing.draft(session, PARKING, "dewi", NOW)
        handed_in(session, replace(PARKING, owner="Satpam"))
        for author in ("rina", "dewi"):
            with pytest.raises(NotAllowed, match=f"{author} wrote parkir; somebody else has to publish it"):
                publishing.publish(session, replayed(session, "parkir"), author, NOW, RULES, four_eyes=True)
        publishing.publish(session, replayed(session, "parkir"), "rina", NOW, RULES, four_eyes=False)
        handed_in(session, replace(PARKING, owner="Parkir"), "dewi")
        publishing.publish(session, replayed(session, "parkir"), "rina", NOW, RULES, four_eyes=True)


def test_a_draft_may_be_unfinished_but_is_not_handed_in(base: Database) -> None:
    with base.write() as session:
        unfinished = replace(PARKING, words={"id": replace(PARKING.words["id"], answer="")})
        publishing.draft(session, unfinished, "rina", NOW)
        with pytest.raises(RefusedFile, match=r"template parkir \(id\): answer is empty"):
            publishing.submit(session, "parkir", "rina", NOW, RULES)
        own = replace(PARKING.words["id"], questions=("Bagaimana cara membayar UKT?",))
        publishing.draft(session, replace(PARKING, words={"id": own}), "rina", NOW)
        with pytest.raises(RefusedFile, match=r"is already an example of template ukt-bayar"):
            publishing.submit(session, "parkir", "rina", NOW, RULES)


def test_every_wording_is_kept_and_compared(base: Database) -> None:
    with base.write() as session:
        publishing.draft(session, replace(UKT, owner="A"), "rina", NOW)
        publishing.draft(session, replace(UKT, owner="B", buttons=("krs-isi",)), "rina", NOW)
        now = {each.name: each.lines for each in publishing.compare(session, "ukt-bayar")}
        assert now == {"owner": ("- Pusat Layanan", "+ B"), "buttons": ("+ krs-isi",)}
        assert publishing.compare(session, "ukt-bayar", 2, 3)[0].lines == ("- A", "+ B")
        with pytest.raises(NotAllowed, match=r"ukt-bayar has no version 9"):
            publishing.compare(session, "ukt-bayar", 1, 9)


def test_what_is_handed_in_is_its_authors_until_it_is_given_back(base: Database) -> None:
    with base.write() as session:
        handed_in(session, PARKING)
        with pytest.raises(NotAllowed, match=r"rina has handed in parkir"):
            publishing.draft(session, PARKING, "dewi", NOW)
        publishing.give_back(session, "parkir", "dewi", NOW, "lokasi salah")
        publishing.draft(session, replace(PARKING, owner="X"), "dewi", NOW)
        steps = [(event.step, event.data) for event in publishing.history(session, "parkir")]
        assert ("return", {"reason": "lokasi salah"}) in steps


def test_a_replay_that_blocks_keeps_a_template_back_unless_a_reason_is_given(base: Database) -> None:
    with base.write() as session:
        handed_in(session, PARKING)
        report = replayed(session, "parkir", blocks=("a golden question breaks",))
        with pytest.raises(NotAllowed, match=r"blocked:\na golden question breaks"):
            publishing.publish(session, report, "dewi", NOW, RULES, four_eyes=True)
        publishing.publish(session, report, "dewi", NOW, RULES, four_eyes=True, despite=" diganti ")
        event = publishing.history(session, "parkir")[-1]
        assert event.data == {"despite": "diganti", "blocks": ["a golden question breaks"], "told": []}


@pytest.mark.parametrize("blank", ["", "  ", "\n"])
def test_a_blank_reason_is_none(base: Database, blank: str) -> None:
    with base.write() as session:
        handed_in(session, PARKING)
        report = replayed(session, "parkir", blocks=("a golden question breaks",))
        with pytest.raises(NotAllowed, match=r"a golden question breaks"):
            publishing.publish(session, report, "dewi", NOW, RULES, four_eyes=True, despite=blank)
        wanted = importing.prepare(
            session, Snapshot((template("asrama", id=("Asrama", "a", "b")),)), RULES, NOW, publish=True
        )
        with pytest.raises(NotAllowed, match=r"a golden question breaks"):
            importing.carry_out(session, wanted, report, "dewi", NOW, RULES, despite=blank)


CROSSED: list[tuple[str, Callable[[Session], object], str]] = [
    ("another template is published", lambda s: published(s, replace(UKT, owner="X")), "have changed since the replay"),
    ("it is given back", lambda s: publishing.give_back(s, "parkir", "dewi", NOW, "-"), "is not handed in"),
    (
        "it is written anew",
        lambda s: handed_in(s, replace(PARKING, owner="X")),
        "Version 1 of parkir is not handed in",
    ),
]


@pytest.mark.parametrize(("crossing", "fault"), [row[1:] for row in CROSSED], ids=[row[0] for row in CROSSED])
def test_what_changed_since_the_replay_is_not_published(
    base: Database, crossing: Callable[[Session], object], fault: str
) -> None:
    with base.write() as session:
        handed_in(session, PARKING)
        report = replayed(session, "parkir")
        crossing(session)
    with pytest.raises(NotAllowed, match=fault), base.write() as session:
        publishing.publish(session, report, "dewi", NOW, RULES, four_eyes=True)
    assert "parkir" not in live(base)


def test_a_draft_of_an_older_wording_is_not_published_over_a_newer_one(base: Database) -> None:
    with base.write() as session:
        handed_in(session, replace(UKT, owner="A"))
        live_row = versions.published(session)["ukt-bayar"]
        versions.move(session, live_row, "supersede", "x", NOW)
        newer = versions.add(session, replace(UKT, owner="B"), "restore", "x", NOW, based_on=1)
        versions.make_public(session, newer, RULES.today, NOW)
        with pytest.raises(NotAllowed, match=r"ukt-bayar was changed since version 2 was begun"):
            publishing.publish(session, replayed(session, "ukt-bayar"), "dewi", NOW, RULES, four_eyes=True)


def test_rolling_back_makes_the_wording_before_public_again_at_once(base: Database) -> None:
    with base.write() as session:
        published(session, replace(UKT, owner="B"))
        publishing.roll_back(session, "ukt-bayar", "rina", NOW, RULES)
    assert live(base)["ukt-bayar"] == UKT
    with base.write() as session:
        publishing.roll_back(session, "ukt-bayar", "rina", NOW, RULES, 2)
    assert live(base)["ukt-bayar"].owner == "B"
    with base.write() as session, pytest.raises(NotAllowed, match=r"Version 7 of ukt-bayar was never public"):
        publishing.roll_back(session, "ukt-bayar", "rina", NOW, RULES, 7)


def test_an_archived_template_is_not_answered_from_and_can_come_back(base: Database) -> None:
    with base.write() as session:
        publishing.archive(session, "ukt-bayar", "dewi", NOW)
    assert "ukt-bayar" not in live(base)
    with base.write() as session:
        publishing.roll_back(session, "ukt-bayar", "dewi", NOW, RULES)
    assert live(base)["ukt-bayar"] == UKT


def test_what_a_golden_question_expects_is_not_archived(base: Database) -> None:
    with base.write() as session:
        golden.add(session, "kapan wisuda?", "id", "wisuda-jadwal", "dewi", NOW)
        with pytest.raises(NotAllowed, match=r"the golden question “kapan wisuda\?” expects"):
            publishing.archive(session, "wisuda-jadwal", "dewi", NOW)
        golden.remove(session, "Kapan wisuda", "id")
        publishing.archive(session, "wisuda-jadwal", "dewi", NOW)


def test_an_import_of_one_of_two_people_waits_for_the_other(base: Database) -> None:
    changed = Snapshot((replace(UKT, owner="B"), PARKING))
    with base.write() as session:
        changes = store.import_templates(session, changed, NOW, actor="rina", publish=False)
        assert changes.waiting == ("parkir", "ukt-bayar")
    assert live(base)["ukt-bayar"] == UKT
    with base.write() as session:
        report = replayed(session, "ukt-bayar", "parkir")
        publishing.publish(session, report, "dewi", NOW, RULES, four_eyes=True)
    assert live(base)["ukt-bayar"].owner == "B"


def test_an_import_leaves_what_others_are_writing_alone(base: Database) -> None:
    with base.write() as session:
        publishing.draft(session, replace(UKT, owner="A"), "rina", NOW)
    with base.write() as session, pytest.raises(RefusedFile, match=r"rina is writing ukt-bayar \(version 2\)"):
        store.import_templates(session, Snapshot((replace(UKT, owner="B"),)), NOW, actor="dewi")


def test_an_import_that_replaces_archives_what_it_does_not_name(base: Database) -> None:
    with base.write() as session:
        changes = store.import_templates(session, Snapshot((UKT,)), NOW, replacing=True)
        assert (changes.unchanged, len(changes.removed)) == (("ukt-bayar",), 4)
    assert live(base) == {"ukt-bayar": UKT}
