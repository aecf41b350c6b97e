"""Our Python files, read once: what the structural rules look at."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot.config import ROOT


@dataclass(frozen=True, slots=True)
class Module:
    """One file. ``name``: as it is imported."""

    name: str
    path: Path
    text: str
    tree: ast.Module

    @property
    def where(self) -> str:
        return str(self.path.relative_to(ROOT))

    def imports(self) -> Iterator[str]:
        """Names of all modules that it imports, wherever in the file: of ``from a import b`` both a and a.b."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.where}: relative imports are not used here"
                yield node.module or ""
                yield from (f"{node.module}.{alias.name}" for alias in node.names)

    def strings(self) -> Iterator[ast.Constant]:
        """String constants that are not docstrings or bare explanations under a name."""
        bare = {id(node.value) for node in ast.walk(self.tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in bare:
                yield node


@cache
def modules(*packages: str) -> tuple[Module, ...]:
    """The modules of ``packages``; never none, or a rule would hold because nothing was looked at."""
    found = []
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            text = path.read_text(encoding="utf-8")
            found.append(Module(name, path, text, ast.parse(text)))
    assert found, f"no module in {packages}"
    return tuple(found)
