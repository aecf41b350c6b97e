"""Why a text is no YAML, in words for who writes templates and procedures: the reader tells of tokens and blocks."""

from __future__ import annotations

from itertools import chain

import yaml

from bot.errors import Told, told

_BY_PROBLEM = (
    (
        "mapping values are not allowed",
        told("a text with a colon must stand between quotation marks, or the indentation is wrong"),
    ),
    (
        ("found character", "found undefined", "found duplicate anchor", "expected alphabetic"),
        told("a text that begins with this sign must stand between quotation marks; lines are indented with spaces"),
    ),
    ("expected <block end>", told("the indentation is wrong, or a - is missing or too many")),
    ("could not find expected ':'", told("a colon is missing after a name")),
)
"""How the reader's problem begins, and what is told of it."""
_BY_CONTEXT = (
    ("quoted scalar", told("a quotation mark is not closed, or what follows a \\ means nothing")),
    ("flow", told("a [ or {{ is not closed")),
)
"""What the reader was at, where the problem alone says less."""


def fault(error: yaml.YAMLError) -> tuple[int, Told]:
    """The line, counted from 1, and what is wrong there."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return 1, told("is not YAML")
    mark = error.problem_mark or error.context_mark
    why = _why(error.context or "", error.problem or "")
    return mark.line + 1 if mark else 1, told("is not YAML: {why}", why=why) if why else told("is not YAML")


def _why(context: str, problem: str) -> str:
    by_context = (words for part, words in _BY_CONTEXT if part in context)
    by_problem = (words for begins, words in _BY_PROBLEM if problem.startswith(begins))
    return next(chain(by_context, by_problem, [problem]))
