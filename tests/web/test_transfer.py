"""What goes over the wire: compressed, kept by browsers, and no secret that compression would tell."""

from __future__ import annotations

import re

import pytest

from bot.web import csrf
from bot.web.visit import MODULES, STATIC, static_address
from tests.channels.webchat.browser import on_one_database
from tests.web.desk import Center

GZIP = {"Accept-Encoding": "gzip, deflate, br"}


def size(center: Center, path: str, accepted: str) -> tuple[str | None, int, str]:
    answer = center.browser("rina").get(path, headers={"Accept-Encoding": accepted})
    assert answer.status_code == 200
    assert "Accept-Encoding" in answer.headers["vary"]
    return answer.headers.get("content-encoding"), int(answer.headers["content-length"]), answer.text


@on_one_database
@pytest.mark.parametrize("path", ["/console?queue=all", "/console/list?queue=all", "/console/static/pages.css"])
def test_pages_and_files_are_compressed_for_who_takes_them_so(center: Center, path: str) -> None:
    for _ in range(20):
        center.ticket()
    how, small, text = size(center, path, "gzip, deflate, br")
    plainly, large, same = size(center, path, "identity")
    assert (how, plainly) == ("gzip", None)
    assert small * 3 < large
    assert re.sub("[0-9a-f]{128}", "", text) == re.sub("[0-9a-f]{128}", "", same)
    assert size(center, path, "gzip;q=0")[0] is None


@on_one_database
def test_what_is_small_or_no_text_goes_as_it_is(center: Center) -> None:
    sri = center.browser("sri")
    assert "content-encoding" not in sri.get("/console/static/mark.svg", headers={"Accept-Encoding": "br"}).headers
    sheet = sri.get("/console/reports/2026-W47/xlsx", headers=GZIP)
    assert (sheet.status_code, "content-encoding" in sheet.headers) == (200, False)


@on_one_database
def test_the_token_of_forms_is_another_on_every_page_and_good_on_all(center: Center) -> None:
    rina, number = center.browser("rina"), center.ticket()
    first, second = rina.csrf(), rina.csrf()
    assert first != second
    assert rina.request("POST", f"/console/tickets/{number}/take", data={"csrf": first}).status_code == 303
    assert rina.request("POST", f"/console/tickets/{number}/release", data={"csrf": second}).status_code == 303


@pytest.mark.parametrize("given", ["", "x" * 128, "00" * 64, "é", csrf.masked("other"), csrf.masked("mine")[:-2]])
def test_another_token_is_not_ours(given: str) -> None:
    assert csrf.is_ours(csrf.masked("mine"), "mine")
    assert not csrf.is_ours(given, "mine")


@on_one_database
def test_scripts_find_what_they_import_under_a_version_that_browsers_keep(center: Center) -> None:
    page = center.browser("rina").get("/console").text
    scripts = [STATIC / "console.js", *(STATIC / f"{name}.js" for name in MODULES)]
    imported = {name for script in scripts for name in re.findall(r'from "\./(\w+)\.js"', script.read_text())}
    assert imported == set(MODULES)
    for name in imported:
        assert static_address(f"{name}.js") in page
    answer = center.browser().get(static_address("inbox.js"))
    assert (answer.status_code, "immutable" in answer.headers["cache-control"]) == (200, True)
    assert center.browser().get("/console/static/inbox.js").headers["cache-control"] == "no-cache"


def test_a_page_names_only_files_that_there_are() -> None:
    with pytest.raises(FileNotFoundError):
        static_address("nothing.js")
