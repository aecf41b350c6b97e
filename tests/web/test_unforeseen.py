"""Addresses that nobody's link leads to, and faults of our own: answered in words, with the strict headers."""

from __future__ import annotations

from typing import Any

import pytest

from bot.web import trail
from tests.channels.webchat.browser import on_one_database
from tests.web.desk import Center

HUGE = 2**63
SHOWN = (
    "/console/trail?to=9999-12-31",
    "/console/trail?from=0001-01-01",
    "/console/trail?before=0001-01-01T00:00%2B14:00",
    "/console/trail?q=%00",
    "/console/trail?q=%%0000",
    "/console/trail?who=%00",
    "/console?find=%00",
    "/console/people?q=%00",
    "/console/reports?of=2000-01",
    "/console/reports?of=2000-W01",
    "/console/reports?of=9999-W52",
    "/console/procedure/deadlines?start=9999-12-31T23:59",
    "/console/procedure/deadlines?start=0001-01-01T00:00",
)
NOT_THERE = (
    f"/console/people/{HUGE}",
    f"/console/people/{2**31}",
    f"/console/people/{'9' * 5000}",
    f"/console/files/{HUGE}",
    f"/console/files/sent/{HUGE}/0",
    f"/console/forwarding/{HUGE}/files/0",
    f"/console/ptpp/{HUGE}",
    f"/console/ptpp/{HUGE}/form",
    f"/console/procedure/versions/{HUGE}",
    "/console/static/%00",
    "/console/knowledge/%00",
    "/console/canned/%00",
    "/console/macros/%00",
    "/console/tickets/%00",
    "/console/reports/2026-11%00/pdf",
    "/console/reports/0001-W01/pdf",
    "/console/reports/9999-W52/pdf",
)
NOTHING_TO_CHANGE = (
    f"/console/sessions/{HUGE}/end",
    f"/console/views/{HUGE}/forget",
    f"/console/tokens/{HUGE}/revoke",
    f"/console/system/sessions/{HUGE}/end",
    f"/console/people/{HUGE}/erase",
    "/console/staff/%00/x",
)


def test_no_address_is_too_strange_for_an_answer(center: Center) -> None:
    admin = center.browser("admin")
    answers = {address[:60]: admin.get(address).status_code for address in (*SHOWN, *NOT_THERE)}
    assert answers == dict.fromkeys((each[:60] for each in SHOWN), 200) | dict.fromkeys(
        (each[:60] for each in NOT_THERE), 404
    )
    changed = {address: admin.post(address).status_code for address in NOTHING_TO_CHANGE}
    assert changed == dict.fromkeys(NOTHING_TO_CHANGE, 404)


@on_one_database
def test_the_first_and_the_last_day_are_told_of_as_far_as_there_is_something(center: Center) -> None:
    sri = center.browser("sri")
    number = center.ticket()
    sri.step(number, "note", text="cek")
    assert number in sri.get("/console/trail?from=0001-01-01&to=9999-12-31").text
    assert number not in sri.get("/console/trail?to=0001-01-01").text
    assert number not in sri.get("/console/trail?from=9999-12-31").text


@on_one_database
def test_a_fault_of_ours_is_noted_and_told_on_a_page(
    center: Center, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(*_: Any) -> None:
        raise RuntimeError("a wire came loose")

    sri = center.browser("sri")
    monkeypatch.setattr(trail, "entries", breaks)
    answer = sri.get("/console/trail?q=0812")
    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    assert "wire" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "a wire came loose" in caplog.text
    assert "0812" not in caplog.text
