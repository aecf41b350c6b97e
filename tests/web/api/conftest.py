"""Programs that use the API over a care center on real tables."""

from __future__ import annotations

import pytest

from tests.web.api.program import Program
from tests.web.desk import Center


@pytest.fixture
def portal(center: Center) -> Program:
    """A program that may all that a supervisor may, as ``sri``."""
    return Program(center, "sri")
