"""Profiles and deadlines from the command line."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select

from bot.config import ROOT
from bot.storage.database import Database
from bot.tickets.model import Ticket
from bot.tickets.service import open_ticket
from tests.commands.conftest import Sapa

ZONE = ZoneInfo("Asia/Jakarta")
REKTOR = "roles:\n  rektor:\n    name: {id: Rektor, en: Rector}\n    may: [plan, answer]\n"


def line_of(text: str, key: str) -> int:
    return text.splitlines().index(key) + 1


def test_a_profile_is_put_into_use_and_listed(sapa: Sapa, ticket: str) -> None:
    assert sapa("profile", "use", "unej").out.strip() == "unej version 1 is in use; 0 running tickets are worked by it."
    assert sapa("profile", "use", "itb").code == 0
    assert sapa("profile", "use", "unej").out.strip() == "unej version 1 is in use; 0 running tickets are worked by it."
    listed = sapa("profile", "list").out
    assert "UC3 Universitas Jember" in listed
    assert next(line for line in listed.splitlines() if line.endswith("in use")).startswith("  unej version 1")
    shown = sapa("profile", "show").out
    assert "step wakor          within 1 h (business), else koordinator" in shown
    assert "Deputy coordinator / Wakor PKIH: sri" in shown


def test_running_tickets_stay_on_their_procedure_until_they_are_moved(sapa: Sapa, ticket: str) -> None:
    sapa("profile", "use", "unej")
    assert "moved" not in sapa("ticket", "history", ticket).out
    assert sapa("profile", "move", ticket).out.strip() == "1 running tickets are worked by unej version 1."
    assert "first_response" in sapa("ticket", "deadline", ticket).out
    assert sapa("profile", "use", "unej").out.strip().endswith("1 running tickets are worked by it.")


def test_a_faulty_profile_is_refused_with_line_and_reason_and_the_old_one_stays(
    sapa: Sapa, ticket: str, tmp_path: Path
) -> None:
    sapa("profile", "use", "itb")
    text = (ROOT / "data" / "sops" / "unej.yml").read_text(encoding="utf-8")
    for old, new, reason in (
        ("within: 1h", "within: soon", "must be a length of time"),
        ("    held_by: [agent]\n", "", "role staf_humas has to act or be told, and nobody holds it"),
        (
            "roles:\n",
            REKTOR,
            f"unej.yml:{line_of(text, 'roles:') + 1}: role rektor may answer, plan, and nobody holds it",
        ),
    ):
        path = tmp_path / "unej.yml"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        refused = sapa("profile", "use", str(path))
        assert refused.code == 1
        assert "unej.yml:" in refused.err
        assert reason in refused.err
    assert next(line for line in sapa("profile", "list").out.splitlines() if line.endswith("in use")).startswith(
        "  itb"
    )


def test_a_role_that_may_do_something_needs_a_holder_by_name_or_kind(sapa: Sapa, ticket: str, tmp_path: Path) -> None:
    text = (ROOT / "data" / "sops" / "unej.yml").read_text(encoding="utf-8").replace("roles:\n", REKTOR, 1)
    path = tmp_path / "unej.yml"
    path.write_text(text, encoding="utf-8")
    assert sapa("profile", "use", str(path)).code == 1
    assert sapa("profile", "hold", "rektor", "sri").code == 0
    assert sapa("profile", "use", str(path)).code == 0
    path.write_text(
        text.replace("[plan, answer]\n", "[plan, answer]\n    held_by: [supervisor]\n", 1), encoding="utf-8"
    )
    assert sapa("profile", "hold", "rektor").code == 0
    assert sapa("profile", "use", str(path)).code == 0


def test_why_a_ticket_is_due_is_told_step_by_step(sapa: Sapa, ticket: str, opened: Database) -> None:
    sapa("profile", "use", "unej")
    with opened.write() as session:
        first = session.scalars(select(Ticket)).one()
        number = open_ticket(
            session, conversation_id=first.conversation_id, person_id=first.person_id, inbox_id=None,
            channel="web", subject="x", summary="", category=None, kind="question", identity="proven", language="id",
            now=first.created_at, due_at=first.due_at, zone=ZONE,
        ).number  # fmt: skip
    told = sapa("ticket", "deadline", number).out
    assert "ladder staf_humas:" in told
    assert "has 5 min of office time." in told
    assert "So it is due on" in told
    assert "Jadi tenggatnya" in sapa("ticket", "deadline", number, "--language", "id").out


def test_of_a_ticket_from_before_procedures_were_kept_no_deadline_is_told(
    sapa: Sapa, ticket: str, opened: Database
) -> None:
    with opened.write() as session:
        session.scalars(select(Ticket)).one().profile_id = None
    assert sapa("ticket", "deadline", ticket).code == 1
