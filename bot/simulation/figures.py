"""Whether the monthly recap counts what happened: its plain numbers beside those that the simulation counted itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from bot.conversation.speaker import STATE_LASTS
from bot.procedures.hours import hours_of
from bot.procedures.versions import Procedure
from bot.reports import reading
from bot.reports.outcomes import ended, talks
from bot.reports.promised import by_promise, promised
from bot.reports.tickets import figures
from bot.simulation.people import Person
from bot.simulation.stage import Stage

_SILENCE = int(STATE_LASTS / timedelta(seconds=1))


def differences(stage: Stage, people: Sequence[Person]) -> Iterator[str]:
    """In words, what the recap counts otherwise."""
    counted, expected = _of_recap(stage), _of_ledger(stage, people)
    for name in sorted(counted.keys() | expected.keys()):
        if counted.get(name) != expected.get(name):
            yield f"the recap counts {counted.get(name)} {name}, and the ledger {expected.get(name)}"


def _of_recap(stage: Stage) -> Mapping[str, int]:
    start, end = (stage.seconds.at(second) for second in (0, stage.length))
    hours, zone = hours_of(stage.profile, stage.plan.zone), stage.plan.zone
    with stage.db.read() as session:
        found = reading.histories(session, start, end)
        of = figures(found, start, end, zone, stage.profile.first_response, stage.profile.resolution, hours)
        ways = ended(list(talks(reading.steps(session, start, end), STATE_LASTS)), start, end)
    counts = {"opened": of.opened, "closed": of.closed, "reopened": of.reopened, "forwarded": of.forwarded}
    counts |= {"live": of.backlog, "said to be solved": of.said_solved, "said not to be": of.said_unsolved}
    counts |= {f"rated {number}": count for number, count in of.ratings.items()}
    counts |= {"answered in time": of.answered_in_time.kept, "answered late": of.answered_in_time.broken}
    procedures = {each.version: Procedure(0, stage.profile, hours) for each in found}
    for (kind, name), kept in by_promise(found, start, end, stage.profile, procedures).items():
        counts |= {f"{kind} {name} kept": kept.kept, f"{kind} {name} breached": kept.broken}
        counts[f"{kind} {name} running"] = kept.open
    return counts | {"talks": sum(ways.values()), "talks handed over": ways["handed_over"]}


def _of_ledger(stage: Stage, people: Sequence[Person]) -> Mapping[str, int]:
    accounts = [case.account for case in stage.cases.values()]
    found = {"opened": len(accounts)}
    for mark in ("closed", "reopened", "forwarded"):
        found[mark] = sum(mark in each.marks for each in accounts)
    found["live"] = sum(each.status not in ("resolved", "closed") for each in accounts)
    said = stage.said
    found |= {"said to be solved": said["solved", True], "said not to be": said["solved", False]}
    found |= {f"rated {number}": said["rating", number] for number in range(1, 6)}
    verdicts = [each.verdicts(stage.length) for each in accounts]
    first = [each["first_response", "", 0].found for each in verdicts]
    found |= {"answered in time": first.count("kept"), "answered late": first.count("breached")}
    of = Counter((kind, name, is_.found) for each in verdicts for (kind, name, _), is_ in each.items())
    for kind, name in promised(stage.profile):
        found |= {f"{kind} {name} {verdict}": of[kind, name, verdict] for verdict in ("kept", "breached", "running")}
    held = [talk for each in people for talk in _talks(each)]
    # What every word of went to a human was no talk with the assistant.
    ours = [talk for talk in held if not all(human for _, human, _ in talk)]
    over = sum(any(human or passed_on for _, human, passed_on in talk) for talk in ours)
    return found | {"talks": len(ours), "talks handed over": over}


def _talks(person: Person) -> Iterator[list[tuple[int, bool, bool]]]:
    """What he wrote, cut where he was silent for long."""
    held: list[tuple[int, bool, bool]] = []
    for each in person.wrote:
        if held and each[0] - held[-1][0] >= _SILENCE:
            yield held
            held = []
        held.append(each)
    if held:
        yield held
