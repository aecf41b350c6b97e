from __future__ import annotations

import re

import pytest
from starlette.applications import Starlette

from bot.channels.webchat.static import FOLDER, MEDIA_TYPES
from tests.channels.webchat.browser import Browser, on_one_database

ASSETS = sorted(path.name for path in FOLDER.iterdir() if path.suffix in MEDIA_TYPES)


@on_one_database
def test_the_page_names_the_institution_as_text(client: Browser) -> None:
    page = client.get("/").text
    assert page.count("Universitas &lt;Contoh&gt; &amp; Anak") >= 2
    assert "{{" not in page


@on_one_database
def test_the_page_and_its_files_come_under_a_strict_policy(client: Browser) -> None:
    assert len(ASSETS) >= 6
    for path in ("/", *(f"/chat/page/{name}" for name in ASSETS)):
        answer = client.get(path)
        assert answer.status_code == 200, path
        policy = answer.headers["Content-Security-Policy"]
        for rule in ("default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"):
            assert rule in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("name", ["index.html", "__init__.py", "..%2fstatic.py", "nothing.js", ".css"])
@on_one_database
def test_nothing_but_the_pages_own_files_is_given(client: Browser, name: str) -> None:
    assert client.get(f"/chat/page/{name}").status_code == 404


def test_the_page_has_no_inline_script_or_style_and_needs_no_other_host() -> None:
    page = (FOLDER / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page)
    for path in FOLDER.iterdir():
        addresses = re.findall(r"(?:src|href|url|from|import)\W{1,3}https?://", path.read_text(encoding="utf-8"))
        assert not addresses, path.name


def test_the_scripts_never_make_markup_of_text() -> None:
    scripts = [path for path in FOLDER.iterdir() if path.suffix == ".js"]
    assert len(scripts) >= 5
    for path in scripts:
        source = path.read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", source)
        assert source.count("\n") < 400


def test_every_word_of_the_page_is_in_both_languages() -> None:
    source = (FOLDER / "words.js").read_text(encoding="utf-8")
    indonesian, english = (
        set(re.findall(r"^    (\w+):", part, re.MULTILINE))
        for part in source.split("const preferred")[0].split("\n  en: {")
    )
    assert indonesian == english
    page = (FOLDER / "index.html").read_text(encoding="utf-8")
    used = set(re.findall(r'data-(?:word|label|placeholder)="(\w+)"', page))
    for path in FOLDER.glob("*.js"):
        used |= set(re.findall(r'word\((?:[\w.]+ \? )?"(\w+)"', path.read_text(encoding="utf-8")))
    assert len(used) > 25
    assert used <= indonesian


@on_one_database
def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(app: Starlette) -> None:
    plain = Browser(app).get("/").headers["Set-Cookie"]
    assert plain.startswith("sapa=")
    assert "HttpOnly" in plain
    assert "SameSite=lax" in plain
    assert "Secure" not in plain
    secure = Browser(app, "https://care.example").get("/").headers["Set-Cookie"]
    assert secure.startswith("__Host-sapa=")
    assert "Secure" in secure
    assert "Path=/" in secure


@on_one_database
def test_opening_the_page_again_keeps_the_visitor(client: Browser) -> None:
    before = client.cookies["sapa"]
    client.get("/")
    assert client.cookies["sapa"] == before


@pytest.mark.parametrize("token", ["", "short", "a" * 44, "a" * 42 + "!"])
@on_one_database
def test_a_token_that_is_not_ours_is_replaced(app: Starlette, token: str) -> None:
    browser = Browser(app)
    browser.cookies.set("sapa", token)
    browser.get("/")
    assert any(cookie.value and len(cookie.value) == 43 for cookie in browser.cookies.jar)
