"""One application with the real engine for all conversations; each conversation is a new person's."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.live import LiveApplication, demo_settings
from tests.talk.harness import Talk, TalkChannel, TalkClock


@pytest.fixture(scope="session")
def talks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Talk]]:
    """Begins a talk with somebody new."""
    clock = TalkClock()
    settings = demo_settings(tmp_path_factory.mktemp("talk"))
    with LiveApplication(settings, clock, {"talk": TalkChannel()}) as live:
        yield lambda: Talk(live, clock)
