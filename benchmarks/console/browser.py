"""What reaches an agent's browser, and when: Chromium's own figures by the DevTools protocol."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import httpx
from playwright import sync_api as playwright

from benchmarks.console.staff import AGENT, Signed, Team
from benchmarks.figures import Row, percentile, spread
from benchmarks.processes import WEBHOOK
from benchmarks.webhooks import webhook
from bot.errors import SapaError
from tests.chromium import ARGS, CHROMIUM

ASKED_KB = 150
ASKED_MS = 300
LINE = {"offline": False, "latency": 40, "downloadThroughput": 1_250_000, "uploadThroughput": 1_250_000}
"""10 Mbit/s and 40 ms there and back, as Lighthouse has it for desks."""
PAUSE = 1.2
"""Seconds between messages."""
PATIENCE_MS = 10_000
# When a text is painted, or a row of the list is marked as unanswered, by the wall clock in milliseconds.
WATCH = """() => {
  window.painted = {};
  const note = (what) => requestAnimationFrame(() => setTimeout(() => { window.painted[what] ??= Date.now(); }));
  new MutationObserver(() => {
    for (const text of document.querySelectorAll("#talk .said.person .text")) note(text.textContent);
    for (const row of document.querySelectorAll("#list li.unanswered")) note(row.id);
  }).observe(document.querySelector("#main"), { subtree: true, childList: true });
}"""


class _Watch:
    """The DevTools protocol's tale of one page: what it loads, when it paints, how its layout shifts."""

    def __init__(self, page: playwright.Page, line: dict[str, Any] | None = None) -> None:
        self.bytes: dict[str, int] = {}
        """By address, as on the wire with the heads of the answers."""
        self.compressed: set[str] = set()
        self.shift = 0.0
        self._asked: dict[str, tuple[str, str, float]] = {}
        self._document = ("", 0.0)
        self._paints: dict[str, float] = {}
        self._cdp = cdp = page.context.new_cdp_session(page)
        for name in ("Network", "Page", "PerformanceTimeline"):
            given = {"eventTypes": ["layout-shift"]} if name == "PerformanceTimeline" else {}
            cdp.send(f"{name}.enable", given)
        cdp.send("Page.setLifecycleEventsEnabled", {"enabled": True})
        if line:
            cdp.send("Network.emulateNetworkConditions", line)
        cdp.on("Network.requestWillBeSent", self._requested)
        cdp.on("Network.responseReceived", self._answered)
        cdp.on("Network.dataReceived", self._streamed)
        cdp.on("Network.loadingFinished", self._finished)
        cdp.on("Page.lifecycleEvent", self._lived)
        cdp.on("PerformanceTimeline.timelineEventAdded", self._shifted)

    @property
    def paint_ms(self) -> float:
        """From the request of the document that was loaded last to its first paint of content."""
        loader, at = self._document
        return (self._paints[loader] - at) * 1e3

    def _requested(self, told: dict[str, Any]) -> None:
        if "redirectResponse" in told:
            self._add(told["redirectResponse"]["url"], told["redirectResponse"]["encodedDataLength"])
        self._asked[told["requestId"]] = (told["request"]["url"], told["type"], told["timestamp"])
        if told["type"] == "Document" and "redirectResponse" not in told:
            self._document = (told["loaderId"], told["timestamp"])
        elif told["type"] == "Document":
            self._document = (told["loaderId"], self._document[1])

    def _answered(self, told: dict[str, Any]) -> None:
        if "content-encoding" in {name.lower() for name in told["response"]["headers"]}:
            self.compressed.add(told["response"]["url"])

    def _streamed(self, told: dict[str, Any]) -> None:
        url, kind, _ = self._asked.get(told["requestId"], ("", "", 0.0))
        if kind == "EventSource":
            self._add(url, told["encodedDataLength"] or told["dataLength"])

    def _finished(self, told: dict[str, Any]) -> None:
        url, _, _ = self._asked.get(told["requestId"], ("", "", 0.0))
        self._add(url, told["encodedDataLength"])

    def _add(self, url: str, size: float) -> None:
        self.bytes[url] = self.bytes.get(url, 0) + int(size)

    def _lived(self, told: dict[str, Any]) -> None:
        if told["name"] == "firstContentfulPaint":
            self._paints[told["loaderId"]] = told["timestamp"]

    def _shifted(self, told: dict[str, Any]) -> None:
        details = told["event"].get("layoutShiftDetails", {})
        if not details.get("hadRecentInput"):
            self.shift += details.get("value", 0.0)


@contextmanager
def chromium() -> Iterator[playwright.Browser]:
    """A browser. Raises SapaError where there is none."""
    if CHROMIUM is None:
        raise SapaError("Chromium is not installed.")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def _page(browser: playwright.Browser, origin: str, who: Signed | None) -> Iterator[playwright.Page]:
    """A page of a browser that has nothing in its cache."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="id-ID")
    if who is not None:
        context.add_cookies([{"name": "sapa-staff", "value": who.token, "url": origin}])
    try:
        yield context.new_page()
    finally:
        context.close()


def _settled(page: playwright.Page) -> None:
    page.wait_for_selector("body[data-ready]")
    page.wait_for_load_state("load")
    # Late layout shifts, and the stream's first event.
    page.wait_for_timeout(600)


def first_visit(browser: playwright.Browser, origin: str, password: str) -> tuple[list[Row], dict[str, Any]]:
    """Somebody comes for the first time and signs in: all that is transferred until the inbox is there."""
    with _page(browser, origin, None) as page:
        watch = _Watch(page)
        page.goto(f"{origin}/console?queue=all")
        page.fill("[name=username]", AGENT)
        page.fill("[name=password]", password)
        page.keyboard.press("Enter")
        _settled(page)
    size = sum(watch.bytes.values()) / 1000
    places = {url.removeprefix(origin): (kept, url in watch.compressed) for url, kept in watch.bytes.items()}
    said = f"{size:.0f} KB in {len(places)} answers, {len(watch.compressed)} of them compressed"
    row = Row("first visit: sign-in page, inbox, all assets", f"≤ {ASKED_KB} KB", said, size <= ASKED_KB)
    return [row], {"first_visit": {"kb": round(size, 1), "bytes_and_compressed": places}}


def paints(
    browser: playwright.Browser, origin: str, who: Signed, number: str, rounds: int
) -> tuple[list[Row], dict[str, Any]]:
    """First paint of content and the sum of layout shifts, of the inbox and of a ticket by its address."""
    found: dict[str, dict[str, list[float]]] = {}
    for _ in range(rounds):
        for what, line in (("nothing in the cache", None), ("nothing in the cache, 10 Mbit/s and 40 ms", LINE)):
            with _page(browser, origin, who) as page:
                _load(page, f"{origin}/console?queue=all", f"inbox, {what}", found, line)
                if line is None:
                    _load(page, f"{origin}/console?queue=all", "inbox, again", found)
                    _load(page, f"{origin}/console/tickets/{number}", "ticket", found)
    rows = []
    for what, each in found.items():
        most, shift = max(each["paint_ms"]), max(each["shift"])
        said = f"{median(each['paint_ms']):.0f} ms, most {most:.0f} ms; layout shift {shift:.3f}"
        rows.append(Row(f"first paint of content: {what}", "", said))
    return rows, {"paints": found}


def _load(
    page: playwright.Page, address: str, what: str, found: dict[str, Any], line: dict[str, Any] | None = None
) -> None:
    watch = _Watch(page, line)
    page.goto(address)
    _settled(page)
    each = found.setdefault(what, {"paint_ms": [], "shift": []})
    each["paint_ms"].append(round(watch.paint_ms, 1))
    each["shift"].append(round(watch.shift, 4))


def visible(
    browser: playwright.Browser, origin: str, port: int, who: Signed, team: Team, messages: int
) -> tuple[list[Row], dict[str, Any]]:
    """From the sending of a webhook to the paint of its message in the open conversation, and of its ticket's mark in
    the list."""
    (first, number), *others = team.by_whatsapp.items()
    with _page(browser, origin, who) as page:
        page.goto(f"{origin}/console/tickets/{number}?queue=mine&channel=whatsapp")
        _settled(page)
        watch = _Watch(page)
        page.evaluate(WATCH)
        in_talk, in_list = [], []
        for each in range(messages):
            text = f"Halo, apakah pesan {each} sudah terbaca?"
            in_talk.append(_seconds(page, port, f"talk-{each}", first, text, text))
        for writer, listed in others[:messages]:
            in_list.append(_seconds(page, port, f"list-{writer}", writer, "Halo, kak?", f"row-{listed}"))
    rows = []
    for what, times in (("in the open conversation", in_talk), ("in the list", in_list)):
        p50, p95 = (percentile(times, share) * 1e3 for share in (0.5, 0.95))
        said = f"50 % {p50:.0f} ms, 95 % {p95:.0f} ms"
        rows.append(Row(f"message painted {what}, after its webhook", f"95 % ≤ {ASKED_MS} ms", said, p95 <= ASKED_MS))
    said = f"{watch.shift:.3f} in {messages + len(in_list)} messages"
    rows.append(Row("layout shift while messages come in", "", said))
    raw = {"in_talk": spread(in_talk), "in_list": spread(in_list), "shift": watch.shift}
    return rows, {"visible": raw}


def _seconds(page: playwright.Page, port: int, name: str, writer: int, text: str, awaited: str) -> float:
    hook = webhook([(f"wamid.{name}", writer, text)])
    began = time.time()
    answer = httpx.post(f"http://127.0.0.1:{port}{WEBHOOK}", content=hook.body, headers=hook.headers)
    if answer.status_code != 200:
        raise SapaError("a webhook was refused")
    page.wait_for_function(f"() => window.painted[{json.dumps(awaited)}]", timeout=PATIENCE_MS)
    painted: float = page.evaluate(f"window.painted[{json.dumps(awaited)}]")
    page.wait_for_timeout(PAUSE * 1e3)
    return painted / 1e3 - began
