"""Every clause that a profile carries out is held by a test that fails when the profile says otherwise."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from bot.procedures.coverage import beginning
from bot.procedures.profile import load_profile
from bot.procedures.versions import shipped
from tests.sops import test_itb, test_itb_indicators, test_kominfo, test_ppti, test_unair, test_unej

PREPARED = test_itb.test_itb_1_the_supervisor_prepares_categories_and_answer_templates
"""Its edits have a test of their own, beside it: they need the console."""
CHANGED: dict[str, Iterable[str]] = {
    "itb": [PREPARED.__name__]
    + [each[0].__name__ for each in test_itb.CHANGES]
    + [each.__name__ for each in test_itb_indicators.CHANGES],
    "kominfo": [each.__name__ for each in test_kominfo.CHANGES],
    "ppti": [each.__name__ for each in test_ppti.CHANGES],
    "unair": [each[0].__name__ for each in test_unair.CHANGES],
    "unej": [each.__name__ for each in test_unej.CHANGES],
}


@pytest.mark.parametrize("name", CHANGED)
def test_each_clause_has_an_edit_of_the_profile_that_its_test_notices(name: str) -> None:
    carried_out = [clause.id for clause in load_profile(shipped(name)).clauses.values() if clause.lines]
    assert carried_out
    lacking = [each for each in carried_out if not any(test.startswith(beginning(each)) for test in CHANGED[name])]
    assert lacking == []
