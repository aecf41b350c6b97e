"""Figures of templates."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.knowledge import store
from bot.knowledge.base import Decision
from bot.knowledge.curating import asked, figures
from bot.storage.database import Database
from tests.knowledge.curating.rows import NOW, ask, hit
from tests.knowledge.sample import CAMPUS

KRS = Decision("answer", (hit("krs-isi"),))
EARLIER = NOW - timedelta(days=40)


def test_what_was_asked_shown_helped_and_handed_over_is_counted(db: Database) -> None:
    with db.write() as session:
        store.import_templates(session, CAMPUS, NOW)
        ask(session, 1, "cara isi krs", KRS, helped=True)
        ask(session, 2, "isi krs gmn", KRS, helped=False, ticket=True)
        late = ask(session, 3, "krs saya", KRS)
        asked.record_handed_over(session, late, NOW + timedelta(hours=25))
        ask(session, 4, "krs?", KRS)
        ask(session, 4, "krs dosen", Decision("hand_over", (hit("krs-isi", 0.2),)), ticket=True)
        ask(session, 5, "bayar", Decision("answer", (hit("ukt-bayar"),)), helped=True, now=EARLIER)
        ask(session, 5, "dulu", Decision("answer", (hit("sudah-tiada"),)))
        rows = {row.template_id: row for row in figures.of_templates(session, NOW - timedelta(days=30))}
    assert rows.keys() == {template.id for template in CAMPUS.templates}
    krs = rows["krs-isi"]
    assert (krs.asked, krs.answered, krs.helped, krs.not_helped, krs.handed_over) == (5, 4, 1, 1, 1)
    assert (krs.help_rate, krs.last_used) == (0.5, NOW)
    ukt = rows["ukt-bayar"]
    assert (ukt.asked, ukt.answered, ukt.help_rate, ukt.last_used) == (0, 0, None, EARLIER)
    assert rows["wisuda-jadwal"].last_used is None


def test_what_helped_and_came_to_staff_all_the_same_is_counted_as_reopened(db: Database) -> None:
    def of(days: float) -> datetime:
        return NOW + timedelta(days=days)

    with db.write() as session:
        store.import_templates(session, CAMPUS, NOW)
        again = Decision("hand_over", (hit("krs-isi", 0.3),))
        other = Decision("hand_over", (hit("ukt-bayar", 0.3),))
        for person, decision, later in (
            (1, again, of(3)), (2, other, of(1)), (3, again, of(8)), (4, again, NOW - timedelta(hours=1))
        ):  # fmt: skip
            ask(session, person, "cara isi krs", KRS, helped=True)
            came_back = ask(session, person, "krs masih terkunci", decision, now=max(NOW, later))
            asked.record_handed_over(session, came_back, later)
        same = ask(session, 5, "cara isi krs", KRS, helped=True)
        asked.record_handed_over(session, same, of(0.1))
        ask(session, 6, "cara isi krs", KRS, helped=False)
        asked.record_handed_over(session, ask(session, 6, "krs masih terkunci", again, now=of(1)), of(1))
        [krs] = figures.of_templates(session, NOW - timedelta(days=30), "krs-isi")
    assert (krs.helped, krs.reopened) == (5, 2)
