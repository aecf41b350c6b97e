"""What the profile does not let somebody do, the command line does not let him do either."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.identity.model import StaffContact
from bot.knowledge.model import TemplateEvent
from bot.procedures.model import ProfileVersion, RoleHolder, UnitMember
from bot.storage.database import Database
from tests.commands.conftest import Sapa


@pytest.mark.parametrize(
    ("command", "needs"),
    [
        (("profile", "use", "unej"), "administer"),
        (("profile", "move"), "administer"),
        (("profile", "hold", "supervisor", "rina"), "administer"),
        (("profile", "staffed", "keuangan", "rina"), "administer"),
        (("staff", "reach", "sri", "--email", "rina@contoh.ac.id"), "administer"),
        (("staff", "reset-second-factor", "sri"), "administer"),
        (("knowledge", "archive", "ukt-telat"), "curate"),
        (("knowledge", "publish"), "curate"),
    ],
)
def test_who_has_no_role_for_it_changes_nothing(
    sapa: Sapa, ticket: str, opened: Database, command: tuple[str, ...], needs: str
) -> None:
    def state() -> list[int]:
        with opened.read() as session:
            tables = (ProfileVersion, RoleHolder, UnitMember, StaffContact, TemplateEvent)
            return [session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]

    before = state()
    assert f"rina has no role that may {needs}" in sapa(*command, "--as", "rina").sentence()
    assert "There is no staff account nobody" in sapa(*command, "--as", "nobody").sentence()
    assert state() == before


def test_templates_are_imported_by_who_may_curate(sapa: Sapa, ticket: str, tmp_path: Path) -> None:
    sapa("knowledge", "export", str(tmp_path / "base"))
    refused = sapa("knowledge", "import", str(tmp_path / "base"), "--as", "rina").sentence()
    assert "rina has no role that may curate" in refused
    assert sapa("knowledge", "import", str(tmp_path / "base"), "--as", "sri").code == 0


def test_what_was_done_to_the_profile_is_written_down_under_who_did_it(
    sapa: Sapa, ticket: str, opened: Database
) -> None:
    assert sapa("profile", "use", "unej", "--as", "admin").code == 0
    with opened.read() as session:
        assert session.scalar(select(ProfileVersion.actor).where(ProfileVersion.name == "unej")) == "admin"
