"""A change of a few templates is live at once; the whole base is learned behind it."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.knowledge import store
from bot.knowledge.base import Knowledge
from bot.knowledge.matcher import Matcher
from bot.knowledge.patch import Patched, changes
from bot.knowledge.snapshot import Snapshot
from bot.storage.database import Database
from tests.knowledge.sample import CAMPUS, template

NOW = datetime(2026, 11, 23, tzinfo=UTC)
CANTEEN = template(
    "kantin",
    id=("Kantin", "kantin buka jam berapa", "di mana kantin kampus", "menu kantin hari ini", "kantin tutup jam berapa"),
)
WITH_CANTEEN = replace(CAMPUS, templates=tuple(sorted((*CAMPUS.templates, CANTEEN), key=lambda each: each.id)))


def put(db: Database, snapshot: Snapshot) -> None:
    with db.write() as session:
        store.import_templates(session, snapshot, NOW)


def without(snapshot: Snapshot, key: str) -> Snapshot:
    return replace(snapshot, templates=tuple(each for each in snapshot.templates if each.id != key))


def best(knowledge: Knowledge, text: str) -> tuple[str, str | None]:
    decision = knowledge.search(text, "id")
    return decision.kind, decision.hits[0].template_id if decision.hits else None


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Until it is set, nothing is learned as a whole in the background."""
    may_go_on = threading.Event()
    whole = Matcher.__init__

    def init(self: Matcher, texts: object, *rest: object) -> None:
        if threading.current_thread().name == "knowledge":
            assert may_go_on.wait(20)
        whole(self, texts, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Matcher, "__init__", init)
    return may_go_on


def test_a_new_template_answers_before_the_whole_base_is_learned(db: Database, held: threading.Event) -> None:
    knowledge = Knowledge(embeddings=False)
    put(db, CAMPUS)
    assert knowledge.reload_if_changed(db)
    put(db, WITH_CANTEEN)
    assert knowledge.reload_if_changed(db)
    for _ in range(2):
        assert best(knowledge, "min kantin buka jam brp ya") == ("answer", "kantin")
        assert best(knowledge, "gimana cara bayar ukt") == ("answer", "ukt-bayar")
        assert best(knowledge, "lupa kata sandi portal") == ("answer", "sandi-portal")
        why = knowledge.explain("menu kantin", "id")
        assert why is not None
        held.set()
        assert knowledge.settle()


def test_what_is_gone_or_changed_is_not_answered_as_before(db: Database, held: threading.Event) -> None:
    knowledge = Knowledge(embeddings=False)
    put(db, WITH_CANTEEN)
    assert knowledge.reload_if_changed(db)
    old = knowledge._learned
    changed = template("kantin", id=("Kantin", "boleh bawa bekal ke kantin", "kantin menerima kartu debit tidak"))
    new = replace(without(without(old.snapshot, "kantin"), "wisuda-jadwal"), version=8)
    new = replace(new, templates=(*new.templates, changed))
    patched = knowledge._patched(new)
    assert patched is not None
    knowledge._learned = patched
    assert isinstance(patched.matchers["id"], Patched)
    assert not isinstance(patched.matchers["en"], Patched)
    assert best(knowledge, "Kapan jadwal wisuda tahun ini?") != ("answer", "wisuda-jadwal")
    assert all(hit.template_id != "wisuda-jadwal" for hit in knowledge.search("jadwal wisuda", "id").hits)
    assert best(knowledge, "boleh bawa bekal ke kantin") == ("answer", "kantin")
    assert old.learners["id"].rank("Kapan jadwal wisuda tahun ini?").kind == "answer"


def test_a_second_change_is_not_missed_while_the_first_is_learned(db: Database, held: threading.Event) -> None:
    knowledge = Knowledge(embeddings=False)
    put(db, CAMPUS)
    assert knowledge.reload_if_changed(db)
    put(db, WITH_CANTEEN)
    assert knowledge.reload_if_changed(db)
    pool = template("kolam", id=("Kolam renang", "kolam renang buka kapan", "tiket kolam renang berapa"))
    put(db, replace(WITH_CANTEEN, templates=(*WITH_CANTEEN.templates, pool)))
    assert knowledge.reload_if_changed(db)
    held.set()
    assert knowledge.settle()
    assert best(knowledge, "kolam renang buka kapan ya") == ("answer", "kolam")
    assert best(knowledge, "kantin buka jam berapa") == ("answer", "kantin")
    assert knowledge._learned.whole.version == knowledge.version


def test_what_cannot_be_learned_leaves_what_was_known(
    db: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    knowledge = Knowledge(embeddings=False)
    put(db, CAMPUS)
    assert knowledge.reload_if_changed(db)
    monkeypatch.setattr(knowledge, "_learn", lambda *_: 1 / 0)
    put(db, WITH_CANTEEN)
    assert knowledge.reload_if_changed(db)
    assert knowledge.settle()
    assert "could not be learned" in caplog.text
    assert best(knowledge, "min kantin buka jam brp ya") == ("answer", "kantin")


def test_changes_tell_what_is_new_other_or_gone() -> None:
    other = replace(CAMPUS.templates[0], owner="Biro Lain")
    new = replace(CAMPUS, templates=(other, *CAMPUS.templates[2:], CANTEEN))
    assert changes(CAMPUS, new) == (frozenset({other.id, "kantin"}), frozenset({CAMPUS.templates[1].id}))
    assert changes(CAMPUS, CAMPUS) == (frozenset(), frozenset())
