"""Size, docstrings and names of our code."""

from __future__ import annotations

import ast

import pytest

from tests.structure.source import Module, modules

MOST_LINES = 350
MOST_OF_A_FUNCTION = 60
LONGER = {
    "bot.storage.migrations.versions.0001_first_schema.upgrade": "a list of tables; nothing to follow",
    "bot.storage.migrations.versions.0001_first_schema": "a list of tables; nothing to follow",
}
"""What is longer, and why."""
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "misc", "base_classes"}

OURS = modules("bot", "actions")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(module: Module) -> list[Function]:
    return [node for node in ast.walk(module.tree) if isinstance(node, Function)]


def test_no_file_and_no_function_is_long_without_a_reason() -> None:
    long = {module.name for module in OURS if module.text.count("\n") > MOST_LINES}
    count = 0
    for module in OURS:
        for function in functions(module):
            count += 1
            if (function.end_lineno or 0) - function.lineno + 1 > MOST_OF_A_FUNCTION:
                long.add(f"{module.name}.{function.name}")
    assert count > 500
    assert long - LONGER.keys() == set()


def test_no_name_of_a_module_is_vague() -> None:
    parts = {part for module in OURS for part in module.name.split(".")}
    assert "conversation" in parts
    assert parts & VAGUE == set()


@pytest.mark.parametrize("module", OURS, ids=lambda module: module.name)
def test_what_is_public_says_what_it_is(module: Module) -> None:
    public = [node for node in module.tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
    silent = [node.name for node in public if ast.get_docstring(node) is None and _says_little(node)]
    if ast.get_docstring(module.tree) is None:
        silent.insert(0, "the module")
    assert silent == []


def _says_little(node: ast.ClassDef) -> bool:
    """An action's class is told by the action that it carries out; a class of data by nothing but words."""
    return not any(
        isinstance(each, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "action" for t in each.targets)
        for each in node.body
    )


def test_nothing_is_left_for_later() -> None:
    found = [f"{m.where}: {word}" for m in OURS for word in ("TODO", "FIXME", "XXX") if word in m.text]
    assert found == []
    stubs = [f"{module.where}:{f.lineno}" for module in OURS for f in functions(module) if _empty(f)]
    assert stubs == []


def _empty(function: Function) -> bool:
    [first, *rest] = function.body
    return not rest and isinstance(first, ast.Pass)


def test_no_error_is_swallowed() -> None:
    silent, count = [], 0
    for module in OURS:
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.ExceptHandler):
                continue
            count += 1
            broad = node.type is None or (
                isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")
            )
            if broad and all(isinstance(each, ast.Pass | ast.Continue) for each in node.body):
                silent.append(f"{module.where}:{node.lineno}")
    assert count > 30
    assert silent == []


def test_no_cancellation_can_be_lost() -> None:
    """Python 3.11's ``asyncio.wait_for`` swallows a cancellation that comes together with the result."""
    waits = [module.where for module in OURS if "asyncio.wait_for(" in module.text]
    assert waits == []
    assert [module.where for module in OURS if "asyncio.timeout(" in module.text]


def test_our_code_prints_nothing_by_itself() -> None:
    """Only the command line speaks to the terminal; everything else logs."""
    prints = [
        f"{module.where}:{node.lineno}"
        for module in OURS
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert {place.split(":")[0] for place in prints} <= {"bot/__main__.py"}
