"""The description of the API is complete and true: whatever is sent, the answer is one that it tells of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import DataObject, booleans, data
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from starlette.applications import Starlette

from bot.knowledge.base import Knowledge
from bot.knowledge.store import import_templates
from bot.web.api.app import PATH, api_routes
from tests.channels.webchat.browser import on_one_database
from tests.knowledge.sample import CAMPUS
from tests.web.api.program import Program
from tests.web.api.test_door import TABLE
from tests.web.desk import Center

EXAMPLES = 8
KNOWLEDGE = Knowledge.build(CAMPUS)
NOT_CHECKED = [
    # What is well formed may still be refused: a cursor of another list, a template that lacks an answer.
    "positive_data_acceptance",
    # It takes the token that it is given here for one that it made up; test_door asks without one.
    "ignored_auth",
]


@pytest.fixture
def full(center: Center) -> Center:
    """A center with people, tickets and templates, whose tokens may ask as often as they like."""
    center.parts = replace(
        center.parts,
        settings=replace(center.parts.settings, api_rate=1_000_000),
        knowledge=KNOWLEDGE,
    )
    with center.db.write() as session:
        import_templates(session, CAMPUS, center.clock())
    numbers = [center.ticket() for _ in range(3)]
    center.answers(numbers[0], "Baik.")
    center.browser("rina").step(numbers[1], "take")
    return center


def real(path: str) -> dict[str, Any]:
    """Path parameters of what is there."""
    given = {
        "number": "CC-2026-000001",
        "id": CAMPUS.templates[0].id if "knowledge" in path else 1,
        "username": "rina",
        "exception": 1,
    }
    return {name: value for name, value in given.items() if f"{{{name}}}" in path}


_DESCRIBED: list[Any] = []


def description(app: Starlette) -> Any:
    """What an application tells of itself. It is the same for all, and reading it takes as long as a test's calls."""
    if not _DESCRIBED:
        load_all_checks()
        _DESCRIBED.append(schemathesis.openapi.from_asgi(f"{PATH}/openapi.json", app))
    return _DESCRIBED[0]


NO_WAY_TO_BE_WRONG = {"GET /me", "GET /tickets/{number}"}
ASKED = [
    (name, mode)
    for name in TABLE
    for mode in GenerationMode
    if mode != GenerationMode.NEGATIVE or name not in NO_WAY_TO_BE_WRONG
]


@on_one_database
@pytest.mark.parametrize(("name", "mode"), ASKED, ids=lambda each: getattr(each, "value", each))
def test_every_answer_is_one_that_the_description_tells_of(full: Center, name: str, mode: GenerationMode) -> None:
    program = Program(full, "admin")
    app = Starlette(routes=api_routes(full.parts))
    described = description(app)
    described.app = app
    method, path = name.split(" ")
    operation = described[path][method]
    answers: set[int] = set()
    left_out: list[Any] = CHECKS.get_by_names(NOT_CHECKED)

    @settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(data=data())
    def ask(data: DataObject) -> None:
        there = bool(real(path)) and data.draw(booleans())
        headers = {"Authorization": f"Bearer {program.token}"}
        case = data.draw(operation.as_strategy(mode, headers=headers, path_parameters=real(path) if there else None))
        answer = case.call()
        answers.add(answer.status_code)
        case.validate_response(answer, excluded_checks=left_out)

    ask()
    assert answers
