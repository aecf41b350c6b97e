"""django-helpdesk from the registry, in an environment of its own, with the same tickets on SQLite."""

from __future__ import annotations

import json
import os
import subprocess
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import select

from benchmarks.peer import find_uv
from benchmarks.tickets.world import World
from bot.config import ROOT
from bot.conversation.model import InboxMessage, OutboxMessage
from bot.errors import SapaError
from bot.identity.model import Account
from bot.tickets.model import Ticket

FOLDER = Path(__file__).parent / "peer"
ENVIRONMENT = ROOT / "var" / "bench" / "helpdesk"


class Helpdesk:
    """A running django-helpdesk. ``version``: which."""

    def __init__(self, process: subprocess.Popen[str], version: str) -> None:
        self._process, self.version = process, version

    def inbox(self, rows: int) -> float:
        """Seconds for the open tickets as a page with the rows that it loads. Raises SapaError where others are
        shown."""
        return self._seconds({"inbox": rows}, rows)

    def ticket_page(self, number: int, messages: int) -> float:
        """Seconds for a ticket with all its ``messages``. Raises SapaError where others are shown."""
        return self._seconds({"ticket_page": number}, messages)

    def _seconds(self, asked: dict[str, int], shown: int) -> float:
        answer = _ask(self._process, asked)
        if (answer["status"], answer["shown"]) != (200, shown):
            raise SapaError(f"django-helpdesk answered {asked} with {answer}, and {shown} were to be shown.")
        return float(answer["seconds"])


@contextmanager
def running(world: World, database: Path, whole: Mapping[int, int]) -> Iterator[Helpdesk]:
    """django-helpdesk with all tickets of ``world`` and their messages in a new file ``database``. ``whole``: by
    conversation, the ticket that has all its messages, so that its page shows as many as ours; else a message is the
    ticket's that was opened before it, for there messages belong to tickets."""
    with subprocess.Popen(
        [str(_python()), str(FOLDER / "serve.py"), str(database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            for line in _lines(world, whole):
                _tell(process, line)
            version = _ask(process, {"loaded": True})["version"]
            yield Helpdesk(process, version)
        finally:
            process.terminate()


def _tell(process: subprocess.Popen[str], line: dict[str, Any]) -> None:
    if process.stdin is None:
        raise SapaError("django-helpdesk cannot be told anything.")
    process.stdin.write(json.dumps(line) + "\n")


def _ask(process: subprocess.Popen[str], line: dict[str, Any]) -> dict[str, Any]:
    _tell(process, line)
    if process.stdin is None or process.stdout is None:
        raise SapaError("django-helpdesk cannot be asked anything.")
    process.stdin.flush()
    answer = process.stdout.readline()
    if not answer:
        raise SapaError("django-helpdesk has ended; it said why above.")
    found: dict[str, Any] = json.loads(answer)
    return found


def _lines(world: World, whole: Mapping[int, int]) -> Iterator[dict[str, Any]]:
    """The staff, the tickets, and the messages as follow-ups."""
    opened: dict[int, list[tuple[Any, int]]] = defaultdict(list)
    with world.db.read() as session:
        staff = {name: number for number, name in session.execute(select(Account.id, Account.username))}
        for name, number in staff.items():
            yield {"user": [number, name]}
        wanted = select(
            Ticket.id, Ticket.subject, Ticket.summary, Ticket.created_at, Ticket.due_at, Ticket.closed_at,
            Ticket.assignee, Ticket.conversation_id,
        ).order_by(Ticket.id)  # fmt: skip
        for number, subject, summary, created, due, closed, assignee, talk in session.execute(wanted).yield_per(10_000):
            opened[talk].append((created, number))
            yield {"ticket": [
                number, subject, summary, created.isoformat(), due.isoformat(), closed is not None,
                assignee and staff.get(assignee), f"p{talk}@kampus.example",
            ]}  # fmt: skip
        came = select(InboxMessage.conversation_id, InboxMessage.received_at, InboxMessage.text)
        went = select(OutboxMessage.conversation_id, OutboxMessage.created_at, OutboxMessage.text, OutboxMessage.author)
        for said in (came.order_by(InboxMessage.id), went.order_by(OutboxMessage.id)):
            for talk, at, text, *author in session.execute(said).yield_per(10_000):
                place = max(0, bisect_right(opened[talk], at, key=lambda each: each[0]) - 1)
                ticket = whole.get(talk, opened[talk][place][1])
                yield {"followup": [ticket, at.isoformat(), text, staff[author[0]] if author else None]}


def _python() -> Path:
    """The environment's Python; made at the first call, and when what is required changed. Raises SapaError."""
    python, done, required = ENVIRONMENT / "bin" / "python", ENVIRONMENT / ".done", FOLDER / "requirements.txt"
    if done.exists() and done.read_bytes() == required.read_bytes():
        return python
    env = {**os.environ, "VIRTUAL_ENV": str(ENVIRONMENT)}
    install = ["pip", "install", "--require-hashes", "-r", str(required)]
    for command in (["venv", "--clear", "--python", "3.11", str(ENVIRONMENT)], install):
        made = subprocess.run([find_uv(), "--quiet", *command], env=env, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise SapaError(f"The environment of django-helpdesk could not be built:\n{made.stderr[-2000:]}")
    done.write_bytes(required.read_bytes())
    return python
