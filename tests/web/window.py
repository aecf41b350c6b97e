"""A page in a real browser, as tests look at it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

AXE = Path(__file__).with_name("axe.min.js")
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1440, "height": 900}
Open = Callable[..., Any]
"""(username, path, screen, theme) -> a page of somebody who is signed in; see the fixture ``somebody``."""


def axe(page: Any) -> None:
    """Nothing serious is wrong with the page as it is shown."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run({ resultTypes: ['violations'], iframes: false })")["violations"]
    serious = [
        (each["id"], node["html"][:160]) for each in found if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]  # fmt: skip
    assert not serious, f"{page.url}: {serious}"


def fits(page: Any) -> None:
    """Nothing is wider than the screen."""
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], page.url
