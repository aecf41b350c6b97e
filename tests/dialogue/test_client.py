"""Calling workers: another one on failure, timeouts, patience, the circuit breaker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from bot.dialogue import client
from bot.dialogue.client import BREAKER_FAILURES, EngineClient
from bot.errors import EngineUnavailable
from tests.dialogue.fake_worker import GOOD, SECRET, FakeWorker, closed_port

T = TypeVar("T")
TEXT = "rahasia: NIM 13526001"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "CALL_SECONDS", 0.3)
    monkeypatch.setattr(client, "RETRY_PAUSE", 0.01)
    monkeypatch.setattr(client, "BREAKER_SECONDS", 0.4)


def using(ports: Callable[[], Sequence[int]], work: Callable[[EngineClient], Awaitable[T]]) -> T:
    async def run() -> T:
        engine = EngineClient(ports, SECRET)
        try:
            return await work(engine)
        finally:
            await engine.close()

    return asyncio.run(run())


def ask(engine: EngineClient, patience: float = 2.0) -> Awaitable[tuple[dict[str, Any], list[dict[str, Any]]]]:
    return engine.turn("7-abc", {"slots": {}}, {"text": TEXT}, patience=timedelta(seconds=patience))


def test_a_turn_goes_to_a_worker_with_the_secret_and_comes_back() -> None:
    with FakeWorker() as worker:
        assert using(lambda: [worker.port], ask) == (GOOD["state"], GOOD["replies"])
        assert worker.calls == [{"turn": "7-abc", "state": {"slots": {}}, "message": {"text": TEXT}}]
        assert worker.secrets == [f"Bearer {SECRET}"]


def test_a_worker_that_is_gone_is_passed_over() -> None:
    gone = closed_port()
    with FakeWorker() as worker:
        assert using(lambda: [gone, worker.port], ask)[0] == GOOD["state"]
        assert len(worker.calls) == 1


def test_a_worker_that_hangs_is_given_up_and_another_answers() -> None:
    with FakeWorker(*["hang"] * 5) as hung, FakeWorker() as worker:
        before = time.monotonic()
        assert using(lambda: [hung.port, worker.port], ask)[0] == GOOD["state"]
        assert time.monotonic() - before < 1.5
        assert (len(hung.calls), len(worker.calls)) == (1, 1)


def test_a_worker_that_failed_of_late_is_not_asked_first_again() -> None:
    async def two(engine: EngineClient) -> None:
        await ask(engine)
        await ask(engine)

    with FakeWorker(*["hang"] * 5) as hung, FakeWorker() as worker:
        using(lambda: [hung.port, worker.port], two)
        assert (len(hung.calls), len(worker.calls)) == (1, 2)


def test_a_worker_that_failed_is_asked_again_after_a_while() -> None:
    async def two(engine: EngineClient) -> None:
        await ask(engine)
        await asyncio.sleep(0.5)
        await ask(engine)

    with FakeWorker("hang") as first, FakeWorker() as second:
        using(lambda: [first.port, second.port], two)
        assert (len(first.calls), len(second.calls)) == (2, 1)


def test_the_least_busy_worker_is_asked() -> None:
    async def three(engine: EngineClient) -> None:
        await asyncio.gather(*(ask(engine) for _ in range(4)))

    with FakeWorker() as first, FakeWorker() as second:
        using(lambda: [first.port, second.port], three)
        assert (len(first.calls), len(second.calls)) == (2, 2)


def test_one_that_comes_back_within_the_patience_still_answers() -> None:
    with FakeWorker() as worker:
        tries = iter([[], [], [closed_port()]])
        assert using(lambda: next(tries, [worker.port]), ask)[0] == GOOD["state"]


@pytest.mark.parametrize("ports", [[], "hung"])
def test_patience_is_kept_to(ports: Any) -> None:
    before = time.monotonic()
    with FakeWorker(*["hang"] * 20) as worker, pytest.raises(EngineUnavailable) as fault:
        using(lambda: [worker.port] if ports == "hung" else [], lambda engine: ask(engine, 0.7))
    assert 0.6 < time.monotonic() - before < 1.6
    assert str(fault.value) in ("not ready", "TimeoutError", "ReadTimeout")


@pytest.mark.parametrize("answer", [500, 401, b"no json", b"[]", b'{"state": {}}', b"null", b""])
def test_a_wrong_answer_is_asked_for_again_once_and_tells_nothing_of_the_message(answer: int | bytes) -> None:
    with FakeWorker(*[answer] * 9) as worker, pytest.raises(EngineUnavailable) as fault:
        using(lambda: [worker.port], ask)
    assert len(worker.calls) == 2
    for part in TEXT.split():
        assert part not in f"{fault.value}{fault.value.__cause__ or ''}"
    assert " " not in str(fault.value)


def test_after_a_wrong_answer_a_good_one_counts() -> None:
    with FakeWorker(500) as worker:
        assert using(lambda: [worker.port], ask)[0] == GOOD["state"]
        assert len(worker.calls) == 2


def test_one_message_that_no_worker_can_take_does_not_shut_others_out() -> None:
    async def poison_then_good(engine: EngineClient) -> Any:
        with pytest.raises(EngineUnavailable):
            await ask(engine)
        return await ask(engine)

    with FakeWorker(500, 500) as worker:
        assert using(lambda: [worker.port], poison_then_good)[0] == GOOD["state"]


def test_enough_failures_open_the_circuit_and_then_nobody_waits() -> None:
    async def fail_then_ask(engine: EngineClient) -> float:
        with pytest.raises(EngineUnavailable):
            await ask(engine)
        before = time.monotonic()
        with pytest.raises(EngineUnavailable, match="circuit open"):
            await ask(engine)
        return time.monotonic() - before

    port = closed_port()
    assert using(lambda: [port], fail_then_ask) < 0.1


def test_the_circuit_closes_when_a_worker_answers_again() -> None:
    async def story(engine: EngineClient) -> Any:
        with pytest.raises(EngineUnavailable):
            await ask(engine)
        assert engine.breaker.is_open(time.monotonic())
        now[0] = [worker.port]
        with pytest.raises(EngineUnavailable):
            await ask(engine)
        await asyncio.sleep(0.5)
        answer = await ask(engine)
        assert not engine.breaker.is_open(time.monotonic())
        return answer

    with FakeWorker() as worker:
        now = [[closed_port()]]
        assert using(lambda: now[0], story)[0] == GOOD["state"]
        assert BREAKER_FAILURES > 1
