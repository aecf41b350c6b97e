"""Every setting is documented, every documented setting is read, and the names that others use are there."""

from __future__ import annotations

import ast
import re

from bot.config import NAMES, ROOT, load
from tests.structure.source import modules

FIXED = """
SAPA_DATA_DIR SAPA_DATABASE_URL SAPA_HOST SAPA_PORT SAPA_PUBLIC_URL SAPA_DEMO SAPA_TELEGRAM_TOKEN SAPA_TELEGRAM_SECRET
SAPA_TELEGRAM_API_URL SAPA_WHATSAPP_TOKEN SAPA_WHATSAPP_PHONE_NUMBER_ID SAPA_WHATSAPP_APP_SECRET
SAPA_WHATSAPP_VERIFY_TOKEN SAPA_WHATSAPP_API_URL SAPA_ENGINES
""".split()  # noqa: SIM905
"""Names that others rely on; they never change."""
SAMPLE = (ROOT / ".env.sample").read_text(encoding="utf-8")
DOCUMENTED = dict(re.findall(r"^#?(SAPA_[A-Z_]+)=(.*)$", SAMPLE, re.MULTILINE))


def read_in_the_code() -> set[str]:
    """Settings that the configuration reads: its constants, and ``SAPA_WHATSAPP_{name}`` for the names in its lists."""
    [config] = [module for module in modules("bot") if module.name == "bot.config"]
    found = {str(node.value) for node in config.strings() if re.fullmatch(r"SAPA_[A-Z_]+[A-Z]", str(node.value))}
    for node in ast.walk(config.tree):
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Tuple)
            and ast.unparse(node.targets[0]) == "names"
        ):
            found |= {f"SAPA_WHATSAPP_{ast.literal_eval(each)}" for each in node.value.elts}
    return found


def test_the_sample_and_the_code_name_the_same_settings() -> None:
    assert len(DOCUMENTED) > 20
    assert set(DOCUMENTED) == read_in_the_code()
    assert set(DOCUMENTED) == NAMES


def test_the_names_that_others_use_are_there() -> None:
    assert set(FIXED) <= set(DOCUMENTED)


def test_settings_are_read_in_one_place() -> None:
    readers = {
        module.name
        for module in modules("bot", "actions")
        for node in module.strings()
        if re.match(r"SAPA_[A-Z_]+$", str(node.value))
    }
    assert readers == {"bot.config"}


def test_every_setting_of_the_sample_has_a_comment_above_it() -> None:
    lines = SAMPLE.splitlines()
    for number, line in enumerate(lines):
        if re.match(r"#SAPA_", line):
            above = next(each for each in reversed(lines[:number]) if not each.startswith("#SAPA_"))
            assert above.startswith("# "), line


def test_the_sample_as_it_stands_is_a_valid_environment() -> None:
    """Each default that it shows is the default, so taking the # away changes nothing."""
    shown = {
        name: value for name, value in DOCUMENTED.items() if value and "PUBLIC" not in name and "WHATS" not in name
    }
    assert shown["SAPA_PORT"] == "8000"
    ours, given = load({}), load(shown)
    for name in ("host", "port", "demo", "engines", "profile", "timezone", "institution", "proof_for", "proof_days"):
        assert getattr(given, name) == getattr(ours, name), name
    for name in ("max_body", "max_attachment", "webchat", "log_level"):
        assert getattr(given, name) == getattr(ours, name), name
