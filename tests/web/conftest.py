"""The console on real tables, with staff."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.storage.database import Database
from tests.conftest import FakeClock
from tests.web.desk import Center


@pytest.fixture
def center(db: Database, clock: FakeClock, tmp_path: Path) -> Center:
    return Center.of(db, clock, tmp_path)
