"""``/healthz``, ``/readyz`` and ``/metrics``: what an operator is told, and what nobody is."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from bot.app import Application
from bot.storage.database import Database
from bot.storage.migrate import migrate
from bot.web.health import health_routes
from tests.conftest import FakeClock
from tests.conversation.conftest import Core, EchoEngine, FakeChannel
from tests.live import demo_settings


def get(app: Starlette, path: str) -> httpx.Response:
    async def go() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://care.test") as client:
            return await client.get(path)

    return asyncio.run(go())


@pytest.fixture
def application(database_url: str, tmp_path: Path, clock: FakeClock) -> Iterator[Application]:
    """An application that is not running, on each kind of database, with an engine that is always there."""
    settings = replace(demo_settings(tmp_path), database_url=database_url)
    db = Database(database_url)
    migrate(db)
    db.close()
    made = Application(settings, channels={"fake": FakeChannel()}, engine=EchoEngine(), clock=clock)
    yield made
    made.db.close()


def test_with_all_parts_there_it_is_ready_and_tells_the_backlog(application: Application) -> None:
    answer = get(application.asgi(), "/readyz")
    assert answer.status_code == 200
    facts = answer.json()
    assert facts["ready"] is True
    assert facts["database"] == "ok"
    assert facts["channels"] == ["fake"]
    assert {name: facts[name] for name in ("inbox_waiting", "outbox_waiting", "files_waiting")} == {
        "inbox_waiting": 0,
        "outbox_waiting": 0,
        "files_waiting": 0,
    }


def test_a_database_that_is_gone_is_told_without_its_address(application: Application) -> None:
    with application.db.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE inbox_message RENAME TO elsewhere")
    answer = get(application.asgi(), "/readyz")
    assert answer.status_code == 503
    assert answer.json()["ready"] is False
    assert re.fullmatch(r"[A-Za-z]+Error", answer.json()["database"])
    assert application.settings.database_url not in answer.text
    assert "elsewhere" not in answer.text
    assert get(application.asgi(), "/healthz").status_code == 200


def test_before_the_engine_is_there_it_is_not_ready_but_alive(tmp_path: Path, clock: FakeClock) -> None:
    settings = demo_settings(tmp_path)
    db = Database(settings.database_url)
    migrate(db)
    db.close()
    application = Application(settings, channels={}, model=tmp_path / "none", clock=clock)
    app = application.asgi()
    answer = get(app, "/readyz")
    assert answer.status_code == 503
    assert answer.json()["engine"] == {"ready": False, "workers": 0, "restarts": 0}
    application.process.ports = [40001]
    assert get(app, "/readyz").status_code == 200
    application.process.ports = []
    assert get(app, "/readyz").status_code == 503
    assert get(app, "/healthz").json() == {"status": "ok"}
    application.db.close()


def test_a_process_that_only_takes_in_needs_no_engine(application: Application, tmp_path: Path) -> None:
    serving = Application(application.settings, channels={}, works=False)
    assert get(serving.asgi(), "/readyz").status_code == 200
    assert "engine" not in get(serving.asgi(), "/readyz").json()
    assert get(serving.asgi(), "/engine/actions").status_code == 404
    serving.db.close()


def test_who_works_also_erases_at_night(application: Application) -> None:
    serving = Application(application.settings, channels={}, works=False)
    assert ["nightly" in each._parts() for each in (application, serving)] == [True, False]
    serving.db.close()
    application.db.close()


def test_the_metrics_count_the_work_and_hold_nothing_of_a_person(
    db: Database, clock: FakeClock, tmp_path: Path
) -> None:
    core = Core(db, clock, tmp_path)
    core.say("rahasia 13526001 {x}", who="alamat-62812", display_name="Budi Santoso")
    answer = get(Starlette(routes=health_routes(lambda: {"ready": True})), "/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    for line in (
        r'sapa_events_in_total\{channel="fake",kind="message"\} [1-9]',
        r'sapa_turns_total\{handled_by="assistant"\} [1-9]',
        r'sapa_sent_total\{channel="fake",outcome="sent"\} [1-9]',
        r"sapa_turn_seconds_count [1-9]",
        r"# TYPE sapa_engine_failures_total counter|# HELP sapa_engine_failures",
        r"# HELP sapa_files",
    ):
        assert re.search(line, answer.text), line
    for personal in ("rahasia", "13526001", "alamat-62812", "Budi"):
        assert personal not in answer.text


def test_labels_are_taken_from_a_short_list() -> None:
    """A label with endless values fills the memory; none is made of what people send."""
    text = get(Starlette(routes=health_routes(lambda: {"ready": True})), "/metrics").text
    names = set(re.findall(r"[{,](\w+)=", "\n".join(line for line in text.splitlines() if line.startswith("sapa_"))))
    assert names <= {"channel", "kind", "handled_by", "le", "reason", "outcome"}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_they_can_only_be_read(method: str, path: str) -> None:
    async def go() -> int:
        app = Starlette(routes=health_routes(lambda: {"ready": True}))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://care.test") as client:
            return (await client.request(method, path)).status_code

    assert asyncio.run(go()) == 405
