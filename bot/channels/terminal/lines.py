"""How a message looks in a terminal; pure functions."""

from __future__ import annotations

import re

from bot.conversation.messages import Outgoing

# A terminal obeys control sequences: none may come from a text, whoever wrote it.
_SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def readable(line: str) -> str:
    """``line`` as text: without control sequences, without what a broken encoding left."""
    text = _CONTROL.sub("", _SEQUENCE.sub("", line))
    return text.encode("utf-8", "replace").decode("utf-8").strip()


def rendered(message: Outgoing) -> str:
    """The text, its choices numbered from 1 (the core understands a typed number), and the names of its files."""
    lines = [_CONTROL.sub("", _SEQUENCE.sub("", message.text))]
    for number, button in enumerate(message.buttons, 1):
        more = f" – {button.description}" if button.description else ""
        lines.append(f"  {number}. {readable(button.label + more)}")
    lines += [f"  [{readable(file.filename)}]" for file in message.files]
    return "\n".join(lines)
