"""Conversations as text files, one line a turn.

``> text``: the person writes. ``[Label]``: presses the button that was offered under it. ``/command``: picks a command
of the channel's menu. ``+ text``: sends a file with that text. ``* line``: shares a place or a contact card.
``@ 14h``: so many hours go by. ``= words``: staff resolve the newest ticket by that. ``< utter_x``: the assistant says
that response; ``< utter_x ~ regex``: and its words match. Every reply has its line, in order; a turn without one is
answered with nothing. ``# …``: a comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from bot.conversation.messages import Command
from tests.talk.harness import Reply, Talk


@dataclass(slots=True)
class Step:
    """What the person does, and what he is told: (response, regex or None)."""

    line: int
    act: str
    replies: list[tuple[str, str | None]] = field(default_factory=list)


def steps(path: Path) -> list[Step]:
    """The steps of a file. Raises ValueError for a line that is none of the kinds above."""
    found: list[Step] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("< ") and found:
            response, _, words = line[2:].partition(" ~ ")
            found[-1].replies.append((response.strip(), words.strip() or None))
        elif line.startswith(("> ", "[", "/", "+", "* ", "@ ", "= ")):
            found.append(Step(number, line))
        else:
            raise ValueError(f"{path.name}:{number}: {line}")
    return found


def act(talk: Talk, line: str) -> list[Reply]:
    """Do what ``line`` says; what was answered."""
    if line.startswith("> "):
        return talk.say(line[2:])
    if line.startswith("["):
        return talk.press(line.strip()[1:-1])
    if line.startswith("/"):
        return talk.command(cast(Command, line.strip()[1:]))
    if line.startswith("+"):
        return talk.file(line[1:].strip())
    if line.startswith("* "):
        return talk.share(line[2:])
    if line.startswith("= "):
        return talk.resolve(line[2:])
    talk.advance(hours=float(line[2:].strip().removesuffix("h")))
    return []


def play(talk: Talk, path: Path) -> Iterator[str]:
    """Go through the file; gives every difference as a line of text."""
    for step in steps(path):
        where = f"{path.parent.name}/{path.name}:{step.line}: {step.act[:60]}"
        try:
            replies = act(talk, step.act)
        except KeyError:
            yield f"{where}: no such button was offered"
            return
        said = [reply.response for reply in replies]
        wanted = [response for response, _ in step.replies]
        if said != wanted:
            yield f"{where}: said {said}, wanted {wanted}"
            continue
        for reply, (_, words) in zip(replies, step.replies, strict=True):
            if words is not None and not re.search(words, reply.text):
                yield f"{where}: {reply.text!r} does not match {words!r}"
