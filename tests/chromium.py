"""The browser that tests look with: one process for a session, since it takes longer to come up than most tests."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright import sync_api as playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Start it, with its settings in ``folder``; the address that ``connected`` wants."""
    config = folder / "chromium.json"
    config.write_text(json.dumps({"executablePath": CHROMIUM, "args": ARGS, "headless": True, "host": "127.0.0.1"}))
    command = [sys.executable, "-m", "playwright", "launch-server", "--browser", "chromium", "--config", str(config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as server:
        try:
            assert server.stdout is not None
            yield server.stdout.readline().strip()
        finally:
            # All of them: who is asked passes nothing on to the server and its browser.
            os.killpg(server.pid, signal.SIGTERM)


@contextmanager
def connected(address: str) -> Iterator[playwright.Browser]:
    """The browser, with nothing of others in it. The driver runs a loop of its own in this thread until then."""
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.connect(address)
        yield browser
        browser.close()
