"""What people see of what ``compose`` makes. Pure.

Formatting as WhatsApp's help describes it: ``*bold*``, ``_italic_``, ``~strikethrough~``, ```` ```monospace``` ````,
```` `code` ````, ``> `` quotes, ``- `` and ``* `` lists. A sign counts at the edge of words only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from bot.channels.whatsapp.compose import LIST_LABELS, MAX_BODY, MAX_ROWS, MAX_TEXT, Payload, with_choices
from bot.channels.whatsapp.shapes import text_of
from bot.conversation.messages import Outgoing
from bot.conversation.picture import Bubble, Line, Look, Piece, Style, linked

_STYLES: dict[str, Style] = {"*": "bold", "_": "italic", "~": "strike"}
_MARKED = re.compile(r"(?<![\w*_~])([*_~])(?=\S)([^\n]*?\S)\1(?!\w)")
_CODE = re.compile(r"```(.+?)```|`([^`\n]+)`", re.DOTALL)
_ITEM = re.compile(r"[-*] +(?=\S)")
_QUOTE = re.compile(r"> ?")


def draw(message: Outgoing) -> Sequence[Bubble]:
    """The messages that a text with choices becomes."""
    payloads = with_choices(text_of(message.text), message.buttons, LIST_LABELS[message.language])
    return [_bubble(payload) for payload in payloads]


LOOK = Look(draw, MAX_TEXT, MAX_ROWS, MAX_BODY)


def _bubble(payload: Payload) -> Bubble:
    if payload["type"] == "text":
        return Bubble(formatted(payload["text"]["body"]))
    interactive: dict[str, Any] = payload["interactive"]
    lines, action = formatted(interactive["body"]["text"]), interactive["action"]
    if interactive["type"] == "button":
        return Bubble(lines, tuple((button["reply"]["title"],) for button in action["buttons"]))
    items = tuple((row["title"], row.get("description", "")) for row in action["sections"][0]["rows"])
    return Bubble(lines, menu=action["button"], items=items)


def formatted(text: str) -> tuple[Line, ...]:
    """A text as WhatsApp draws it."""
    pieces: list[Piece] = []
    end = 0
    for match in _CODE.finditer(text):
        pieces += [Piece(text[end : match.start()]), Piece(match[1] or match[2], ("code",))]
        end = match.end()
    pieces.append(Piece(text[end:]))
    return tuple(_line(line) for line in _lines(pieces))


def _lines(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    line: list[Piece] = []
    for piece in pieces:
        first, *rest = piece.text.split("\n")
        line.append(piece._replace(text=first))
        for each in rest:
            yield line
            line = [piece._replace(text=each)]
    yield line


def _line(pieces: list[Piece]) -> Line:
    first = pieces[0]
    item, quote = (pattern.match(first.text) if not first.styles else None for pattern in (_ITEM, _QUOTE))
    if found := item or quote:
        pieces = [first._replace(text=first.text[found.end() :]), *pieces[1:]]
    drawn = (part for piece in pieces for part in ([piece] if piece.styles else _marked(piece.text, ())))
    return Line(tuple(part for part in drawn if part.text), "bullet" if item else "quote" if quote else "plain")


def _marked(text: str, styles: tuple[Style, ...]) -> Iterator[Piece]:
    end = 0
    for match in _MARKED.finditer(text):
        yield from linked(text[end : match.start()], styles)
        yield from _marked(match[2], (*styles, _STYLES[match[1]]))
        end = match.end()
    yield from linked(text[end:], styles)
