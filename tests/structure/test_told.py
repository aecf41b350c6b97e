"""What the rules tell can be said in Indonesian, too: every template of ``told`` is in ``bot/web/faults.yml``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from string import Formatter

from bot.errors import at, named, told
from bot.web.words import faults
from tests.structure.source import Module, modules

ROOMS = (
    "bot.errors", "bot.knowledge", "bot.procedures", "bot.tickets", "bot.conversation", "bot.webhooks.subscriptions",
    "bot.web.api.addresses", "bot.channels.telegram", "bot.yaml_faults",
)  # fmt: skip
TELLING = [each for each in modules("bot") if each.name.startswith(ROOMS)]
TAKING = {"NotAllowed", "RefusedFile", "at", ".fault", "._fault", "._refused"}
"""Functions whose last argument is what is told."""
READING = ("bot.procedures.scalars", "bot.procedures.read_")
"""Where a ValueError says what a value must be."""
BY_COMMANDS = ("firing", "form", "moving", "roles", "sorting", "units")
BY_PAGES = ("corrective", "duty", "duty_planning", "links", "survey", "undoing", "views")
IN_ENGLISH = {
    "bot.knowledge.evaluation": {".fault", "RefusedFile"},
    "bot.tickets.canned_file": {".fault"},
    "bot.conversation.erasing": {"NotAllowed"},
    **{f"bot.tickets.{each}": {"NotAllowed"} for each in (*BY_COMMANDS, *BY_PAGES)},
}
"""What is told in English alone: by commands and the API, or where pages say it in words of their own."""


def calls(module: Module) -> Iterator[tuple[str, ast.Call]]:
    """(what is called, the call); a method's name begins with a dot."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func).removeprefix("errors.")
            yield ".fault" if called.endswith("faults.append") else re.sub(r"^.*(?=\.)", "", called), node


def templates() -> Iterator[tuple[str, ast.expr]]:
    """(where, the template) of every call of ``told``."""
    for module in TELLING:
        for name, call in calls(module):
            if name == "told":
                yield f"{module.where}:{call.lineno}", call.args[0]


def bare(node: ast.AST) -> Iterator[ast.AST]:
    """Words in an expression that are not told."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) in ("told", "errors.told"):
        return
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        yield node
        return
    at = isinstance(node, ast.Call) and ast.unparse(node.func) == "at"
    for inner in [node.args[-1]] if at and isinstance(node, ast.Call) else ast.iter_child_nodes(node):
        yield from bare(inner)


def placeholders(template: str) -> list[tuple[str, str | None, str | None]]:
    return sorted((name, how, form) for _, name, form, how in Formatter().parse(template) if name is not None)


def test_every_template_is_in_the_catalogue_and_none_else() -> None:
    found = [(where, ast.literal_eval(node)) for where, node in templates()]
    assert len(found) > 250
    assert [each for each in found if each[1] not in faults()] == []
    assert faults().keys() - {template for _, template in found} == set()


def test_a_template_has_the_same_values_in_both_languages() -> None:
    for english, indonesian in faults().items():
        assert placeholders(english) == placeholders(indonesian), english
        assert indonesian.strip() == indonesian != ""


def test_no_fault_and_no_refusal_is_told_in_words_that_stay_english() -> None:
    count, found = 0, []
    for module in TELLING:
        taking = TAKING - IN_ENGLISH.get(module.name, set())
        taking |= {"ValueError"} if module.name.startswith(READING) else set()
        for name, call in calls(module):
            if name in taking and call.args:
                count += 1
                found += [f"{module.where}:{call.lineno}: {ast.unparse(each)}" for each in bare(call.args[-1])]
    assert count > 180
    assert found == []


def test_what_is_told_is_english_and_is_said_otherwise() -> None:
    indonesian = {"{what} is empty": "{what} masih kosong", "a question": "contoh pertanyaan"}
    what = told("{what} is empty", what=told("a question"))
    assert what == "a question is empty"
    assert what.said(indonesian) == "contoh pertanyaan masih kosong"
    assert told("{what} is empty", what="{what}").said(indonesian) == "{what} masih kosong"
    assert told("{what} is new", what=told("a question")).said(indonesian) == "contoh pertanyaan is new"
    moved = at("/x/a.yml:1", what).replaced("/x/", "")
    assert moved == "a.yml:1: a question is empty"
    assert moved.said(indonesian) == "a.yml:1: contoh pertanyaan masih kosong"


def test_an_id_is_said_as_it_is_whatever_signs_it_has() -> None:
    assert named("{x}").said({}) == named("{x}") == "{x}"
