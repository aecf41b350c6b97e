"""A message as a channel shows it, for those who write answers. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from bot.conversation.messages import Outgoing

Style = Literal["bold", "italic", "strike", "code", "link"]
_BOLD = re.compile(r"""(?<![^\s("“])\*([^\s*]|[^\s*][^*\n]*[^\s*])\*(?![^\s.,;:!?)"”])""")
_LINK = re.compile(r"https?://[^\s<>]+[^\s<>.,;:!?)\]}'\"]")


class Piece(NamedTuple):
    """Words in one style."""

    text: str
    styles: tuple[Style, ...] = ()


class Line(NamedTuple):
    """A line of a message, perhaps of a list or quoted."""

    pieces: tuple[Piece, ...]
    kind: Literal["plain", "bullet", "quote"] = "plain"


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message. ``rows``: its buttons. ``menu``: what opens a list of choices, ``items``: each with what is said
    below it."""

    lines: tuple[Line, ...]
    rows: tuple[tuple[str, ...], ...] = ()
    menu: str = ""
    items: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """How a channel shows messages. ``max_text`` and ``max_choices``: of one. ``max_pressable``: up to how many
    characters of text its choices can be pressed; None: always."""

    draw: Callable[[Outgoing], Sequence[Bubble]]
    max_text: int
    max_choices: int
    max_pressable: int | None = None


def emphasised(text: str) -> Iterator[Piece]:
    """``text`` in pieces: bold what stands between asterisks at the edges of words (``*petugas*``, not ``2*3*4``), as
    WhatsApp shows it by itself. No other sign means anything."""
    end = 0
    for match in _BOLD.finditer(text):
        if match.start() > end:
            yield Piece(text[end : match.start()])
        yield Piece(match[1], ("bold",))
        end = match.end()
    if end < len(text):
        yield Piece(text[end:])


def plain(text: str) -> tuple[Line, ...]:
    """Text in which bold is all there is of markup; addresses can be followed."""
    return tuple(Line(tuple(_drawn(line))) for line in text.split("\n"))


def _drawn(line: str) -> Iterator[Piece]:
    for piece in emphasised(line):
        yield from linked(piece.text, piece.styles)


def linked(text: str, styles: tuple[Style, ...] = ()) -> Iterator[Piece]:
    """``text`` in pieces, its addresses as links."""
    end = 0
    for match in _LINK.finditer(text):
        if match.start() > end:
            yield Piece(text[end : match.start()], styles)
        yield Piece(match[0], (*styles, "link"))
        end = match.end()
    if end < len(text):
        yield Piece(text[end:], styles)
