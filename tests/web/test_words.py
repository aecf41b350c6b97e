"""The console's catalogue: both languages say the same, and what the pages name is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module

import pytest

from bot.channels.whatsapp.faults import REFUSED, UNREACHABLE, WINDOW
from bot.config import ROOT
from bot.conversation.outbox import TOO_OLD
from bot.tickets.alarms import FIRED
from bot.web.talk import UNTOLD
from bot.web.visit import FOLDER
from bot.web.words import LANGUAGES, catalogue, known, undelivered

TEMPLATES = sorted((FOLDER / "templates").rglob("*.html"))
SOURCES = [*TEMPLATES, *sorted(FOLDER.rglob("*.py"))]
TEXT = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
NAMED = re.compile(r"""\b(?:t|say)\((?:visit\.language, |self\.language, |language, )?['"]([a-z_]+)['"](?! ?~)""")
BEGUN = set(re.findall(r"""\bt\('([a-z_]+_)' ~""", TEXT)) | {"the_", "key_"}
KNOWN = {f"{name}_" for name in re.findall(r"""known\((?:[a-z.]+, )?['"]([a-z]+)['"]""", TEXT)} | {"about_", "did_"}


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_an_entry_says_the_same_in_both_languages(name: str) -> None:
    entry = catalogue()[name]
    assert set(entry) == set(LANGUAGES)
    ours, theirs = (sorted(re.findall(r"\{(\w*)\}", entry[language])) for language in LANGUAGES)
    assert ours == theirs
    assert all(entry[language].strip() == entry[language] != "" for language in LANGUAGES)


def test_no_name_is_given_twice() -> None:
    names = re.findall(r"^(\w+):", (FOLDER / "words.yml").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(names) == sorted(set(names))


def test_every_name_that_the_pages_use_is_in_the_catalogue() -> None:
    names = set(NAMED.findall(TEXT))
    assert len(names) > 80
    assert names - catalogue().keys() == set()
    assert [begun for begun in BEGUN | KNOWN if not any(name.startswith(begun) for name in catalogue())] == []


def test_every_entry_is_used_somewhere() -> None:
    used = set(re.findall(r"['\"]([a-z_]+)['\"]", TEXT))
    assert [n for n in catalogue() if n not in used and not n.startswith(tuple(BEGUN | KNOWN))] == []


def kinds_of_events() -> Iterator[str]:
    """What is noted about tickets, as the calls that note it name it."""
    for path in sorted((ROOT / "bot" / "tickets").glob("*.py")) + sorted((ROOT / "bot" / "conversation").glob("*.py")):
        names = vars(import_module(f"bot.{path.parent.name}.{path.stem}"))
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in ("note", "_move"):
                kind = call.args[3] if len(call.args) > 3 else None
                found = kind.value if isinstance(kind, ast.Constant) else names.get(getattr(kind, "id", ""))
                if isinstance(found, str):
                    yield found
    yield from FIRED


def test_every_kind_of_event_has_words() -> None:
    kinds = set(kinds_of_events())
    assert {"opened", "lapsed", "escalated", "unit late", "survey sent", "breached"} <= kinds
    without = kinds - {"noted", *UNTOLD}
    assert {kind for kind in without if known("en", "event", kind) == kind} == set()


def test_pages_hold_no_words_of_their_own() -> None:
    assert len(TEMPLATES) > 10
    for path in TEMPLATES:
        plain = re.sub(
            r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}|<!--.*?-->", "", path.read_text(encoding="utf-8"), flags=re.DOTALL
        )
        between = re.findall(r">([^<>]*[A-Za-z]{3,}[^<>]*)<", re.sub(r'"[^"]*"|\'[^\']*\'', '""', plain))
        assert {text.strip() for text in between if "=" not in text} <= {"Sapa", "Ctrl ↵"}, path.name


def test_a_value_without_words_is_shown_as_it_is() -> None:
    assert known("en", "status", "open") == "Open"
    assert known("id", "event", "taken back") == "Diambil kembali"
    assert known("en", "channel", "carrier pigeon") == "carrier pigeon"
    assert known("en", "channel", None) == ""


@pytest.mark.parametrize(
    ("noted", "indonesian"),
    [
        ("131026: The person cannot be reached on WhatsApp", "nomornya tidak dapat dijangkau di WhatsApp"),
        ("403: Forbidden: bot was blocked by the user", "orangnya memblokir Sapa di Telegram"),
        (f"{TOO_OLD}: timeout: Timed out", "menunggu lebih dari 24 jam"),
        ("the address was refused", "alamatnya ditolak server surat"),
        ("the mail server: ConnectionRefusedError", "server surat tidak dapat dihubungi"),
        ("WhatsApp answered 418", "WhatsApp answered 418"),
        ("99: unheard of", "99: unheard of"),
    ],
)
def test_why_a_message_was_not_delivered_is_told_in_the_language_where_it_is_known(noted: str, indonesian: str) -> None:
    assert undelivered("id", noted).startswith(indonesian)


def test_every_reason_for_which_whatsapp_gives_a_message_up_has_words() -> None:
    codes = {*WINDOW, *UNREACHABLE, *REFUSED} - {470}
    assert [code for code in codes if known("id", "failed", str(code)) == str(code)] == []
