"""The first start: accounts for the staff and, in demo mode, an invented university."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from bot.config import ROOT
from bot.identity.accounts import create_account, create_demo_accounts, generate_password
from bot.identity.model import Account
from bot.identity.roster import import_roster, read_roster
from bot.knowledge.files import read_templates
from bot.knowledge.store import import_templates
from bot.procedures.profile import load_profile
from bot.procedures.versions import shipped
from bot.storage.database import Database
from bot.tickets.canned import VARIABLES, Known
from bot.tickets.canned_file import import_canned

KNOWLEDGE = ROOT / "data" / "knowledge"
ROSTER = ROOT / "data" / "roster" / "demo.csv"
CANNED = ROOT / "data" / "canned" / "demo.yml"


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account that was made just now; the password is shown once and kept nowhere."""

    username: str
    role: str
    password: str


def first_start(db: Database, *, demo: bool, now: datetime) -> list[NewAccount]:
    """Load what a new database needs, all or nothing; does nothing on one that has accounts already."""
    with db.write() as session:
        if session.scalars(select(Account.id).limit(1)).one_or_none() is not None:
            return []
        if not demo:
            password = generate_password()
            create_account(session, "admin", "Administrator", "administrator", password, now)
            return [NewAccount("admin", "administrator", password)]
        import_templates(session, read_templates(KNOWLEDGE), now)
        import_roster(session, read_roster(ROSTER))
        # They name nothing of a profile, so any would do.
        import_canned(session, CANNED, Known(VARIABLES, load_profile(shipped("itb"))), "system", now)
        return [NewAccount(*made) for made in create_demo_accounts(session, now)]
