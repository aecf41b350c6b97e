"""Whole months in small, of every procedure: each promise, warning, escalation and notice is as the ledger has it. And
a service that is wrong anywhere is found out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from bot.errors import NotAllowed
from bot.procedures import clock
from bot.procedures.business import Hours, add_business
from bot.reports import outcomes, periods
from bot.simulation.running import Played, played, write
from bot.simulation.stage import Plan, scratch
from bot.simulation.telling import steps_csv
from bot.tickets import firing, promises
from bot.tickets.model import Ticket
from bot.tickets.promises import Promise
from tests.conftest import empty_postgres

JAKARTA = ZoneInfo("Asia/Jakarta")
PROFILES = ("itb", "kominfo", "ppti", "unair", "unej")


def plan(profile: str, people: int = 80, seed: int = 1) -> Plan:
    return Plan(profile, periods.month("2026-11"), people, seed, JAKARTA)


def differences(url: str, of: Plan) -> tuple[str, ...]:
    with played(of, url, "en") as month:
        return month.differences


@pytest.mark.parametrize("profile", PROFILES)
def test_a_month_of_every_procedure_is_kept_and_told_as_the_ledger_has_it(profile: str, tmp_path: Path) -> None:
    with played(plan(profile), scratch(tmp_path), "id") as month:
        assert month.differences == ()
        assert len(month.stage.cases) >= 10
        verdicts = Counter(each.found for each in month.checked.judged)
        assert verdicts["kept"] > verdicts["breached"]
        assert {each.key[0] for each in month.checked.judged} >= {"first_response", "resolution"}
        [summary, *_] = month.recap.sections
        assert ["Tiket dibuka", len(month.stage.cases)] in [list(row) for row in summary.rows]


def test_the_month_is_the_same_on_postgresql() -> None:
    with empty_postgres() as url:
        assert differences(url, plan("unej", people=30)) == ()


def test_what_an_outage_kept_from_being_done_is_done_once_when_it_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a Monday, from a minute after opening: what came in over the weekend has to be answered within five minutes.
    opens = 8 * 86_400 + 7 * 3600 + 1800
    monkeypatch.setattr("bot.simulation.stage._outage", lambda seconds, chance: (opens + 60, opens + 6 * 3600))
    with played(plan("unej", people=120), scratch(tmp_path), "en") as month:
        assert month.differences == ()
        begins, ends = (month.stage.seconds.at(second) for second in month.stage.outage)
        steps = month.checked.steps
        assert not [each for each in steps if begins <= each.at < ends]
        late = [each for each in steps if each.due is not None and each.what != "warned" and each.at > each.due]
        assert {each.at for each in late} == {ends}
        ladder = {each.key[1] for each in late if each.what == "escalated"}
        # All steps whose time was over meanwhile are missed at once, each due when the one before was.
        assert ladder >= {"staf_humas", "wakor", "koordinator"}


def test_the_same_seed_gives_the_same_bytes_and_another_one_does_not(tmp_path: Path) -> None:
    files = []
    for number, seed in enumerate((1, 1, 2)):
        folder = tmp_path / str(number)
        folder.mkdir()
        with played(plan("itb", 40, seed), scratch(folder), "id") as month:
            files.append({path.name: path.read_bytes() for path in write(month, folder / "out")})
    assert set(files[0]) == {"recap.pdf", "recap.xlsx", "promises.pdf", "promises.xlsx", "steps.csv"}
    assert files[0] == files[1]
    assert all(files[0][name] != files[2][name] for name in ("recap.pdf", "promises.xlsx"))


def test_a_database_that_holds_anything_is_left_alone(tmp_path: Path) -> None:
    def again() -> None:
        with played(plan("itb", 1), scratch(tmp_path), "id"):
            pass

    again()
    with pytest.raises(NotAllowed, match="an empty one of its own"):
        again()


def test_every_step_of_a_clock_is_listed_with_when_it_was_due_and_done(tmp_path: Path) -> None:
    with played(plan("itb", 40), scratch(tmp_path), "id") as month:
        lines = steps_csv(month.checked.steps).decode().splitlines()
        assert lines[0] == "ticket,done,promise,name,run,due,at,late_seconds,told"
        assert len(lines) == 1 + len(month.checked.steps) > 3


Sabotage = Callable[[pytest.MonkeyPatch], None]


def _clock_runs_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(start: datetime, amount: timedelta, hours: Hours) -> datetime:
        return add_business(start, amount + timedelta(minutes=1), hours)

    monkeypatch.setattr(clock, "add_business", slow)


def _nobody_above_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    real = firing._happening
    monkeypatch.setattr(firing, "_happening", lambda *given: (*real(*given)[:2], []))


def _alarms_come_a_minute_late(monkeypatch: pytest.MonkeyPatch) -> None:
    real = firing.fire

    def late(
        session: Session, due: Mapping[int, int], cannot_reach: firing.Reach, now: datetime
    ) -> Sequence[tuple[firing.Fired, Ticket]]:
        return real(session, due, cannot_reach, now + timedelta(minutes=1))

    monkeypatch.setattr("bot.conversation.timers.fire", late)


def _late_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Promise.verdict

    def lenient(self: Promise, hours: Hours, now: datetime) -> promises.Verdict:
        found = real(self, hours, now)
        return "kept" if found == "breached" and self.met_at is not None else found

    monkeypatch.setattr(Promise, "verdict", lenient)


def _a_phone_call_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    real = promises.is_reply

    def deaf(event: promises.Event) -> bool:
        return real(event) and not (event.data or {}).get("how")

    monkeypatch.setattr(promises, "is_reply", deaf)


def _the_clock_runs_while_the_person_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promises, "_after", lambda start, pauses: ())


def _walking_in_is_talking_to_the_assistant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcomes.Talk, "with_assistant", True)


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        (_clock_runs_slow, "expected, not done"),
        (_nobody_above_is_told, "telling nobody"),
        (_alarms_come_a_minute_late, "done, not expected"),
        (_late_is_kept, "is kept by"),
        (_a_phone_call_is_no_answer, "and kept by the ledger"),
        (_the_clock_runs_while_the_person_is_waited_for, "by the ledger"),
        (_walking_in_is_talking_to_the_assistant, "talks, and the ledger"),
    ],
)
def test_a_service_that_is_wrong_is_found_out(
    wrong: Sabotage, found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong(monkeypatch)
    said = differences(scratch(tmp_path), plan("unej", people=160))
    assert [line for line in said if found in line], said[:5]


def test_what_differs_is_in_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _nobody_above_is_told(monkeypatch)

    def rows(month: Played) -> list[str]:
        return [str(row[0]) for row in month.promises.sections[-1].rows]

    with played(plan("itb", 160), scratch(tmp_path), "en") as month:
        assert sorted(rows(month)) == sorted(month.differences) != []
