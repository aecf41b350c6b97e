"""Errors have a kind; they become HTTP answers or words only at an edge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce


class Told(str):
    """English words with the template and the values that they were made of, so that they can be said in another
    language. Values may be told, too."""

    __slots__ = ("template", "values")
    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, values: Mapping[str, object]) -> Told:
        made = super().__new__(cls, template.format(**values))
        made.template, made.values = template, values
        return made

    def said(self, templates: Mapping[str, str]) -> str:
        """The same by another language's templates, which are found by the English ones; by its own where there is
        none."""
        values = {name: each.said(templates) if isinstance(each, Told) else each for name, each in self.values.items()}
        return templates.get(self.template, self.template).format(**values)

    def replaced(self, old: str, new: str) -> Told:
        """The same with ``new`` for ``old`` in its values."""
        values = {
            name: _replaced(each, old, new) if isinstance(each, str) else each for name, each in self.values.items()
        }
        return Told(self.template, values)


def _replaced(text: str, old: str, new: str) -> str:
    return text.replaced(old, new) if isinstance(text, Told) else text.replace(old, new)


def told(template: str, /, **values: object) -> Told:
    """``template`` with its values put in; what they say is never looked at."""
    return Told(template, values)


def named(id_: str) -> Told:
    """The id of something, in whose stead its name can be said."""
    return Told(id_.replace("{", "{{").replace("}", "}}"), {})


def together(parts: Sequence[str]) -> str:
    """``a and b and c``."""
    return reduce(lambda one, other: told("{one} and {other}", one=one, other=other), parts)


def at(place: str, what: Told) -> Told:
    """A fault with its place."""
    return told("{place}: {what}", place=place, what=what)


def lines(parts: Sequence[str]) -> Told:
    """Each on a line of its own."""
    return listed(parts, "\n")


def listed(parts: Sequence[str], between: str = ", ") -> Told:
    """One after the other."""
    values = {f"part{number}": part for number, part in enumerate(parts)}
    return Told(between.join(f"{{{name}}}" for name in values), values)


class SapaError(Exception):
    """A fault that is told to the person at the terminal in one clear sentence, without a traceback."""


class SettingsError(SapaError):
    """A setting that cannot be used; the message names it."""


class RefusedFile(SapaError):
    """A roster or knowledge file with faults; nothing of it was imported.

    Each fault is one line: ``file:line: what is wrong``.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(lines(faults))
        self.faults = faults

    def replaced(self, old: str, new: str) -> RefusedFile:
        """The same with ``new`` for ``old``, where a file was read under another name."""
        return RefusedFile([_replaced(fault, old, new) for fault in self.faults])


class NotAllowed(SapaError):
    """A step that the state of a ticket or conversation does not allow; nothing was changed."""


class Conflict(NotAllowed):
    """Somebody saved the same thing meanwhile; nothing was changed. ``changes``: what he did, in order, as the feature
    that raises it tells it."""

    def __init__(self, message: str, changes: Sequence[object]) -> None:
        super().__init__(message)
        self.changes = changes


class TransportError(Exception):
    """A message could not be handed to a channel, or a file not fetched from it.

    ``permanent``: trying again cannot help. ``retry_after``: seconds the channel asks us to wait.
    ``unreachable``: the person cannot be written to any more (blocked the bot, left the channel).
    ``code``: the channel's own code, for the agent who reads the reason.
    """

    def __init__(
        self,
        reason: str,
        *,
        permanent: bool,
        retry_after: float | None = None,
        unreachable: bool = False,
        code: str | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.retry_after = retry_after
        self.unreachable = unreachable
        self.code = code


class EngineUnavailable(Exception):
    """No dialogue engine could take the turn: down, too slow, or it answered with a fault."""
