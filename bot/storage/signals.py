"""Telling other processes that there is work: through PostgreSQL, and on SQLite, where one process works and commands
write beside it, through a socket next to the database's file.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session

log = logging.getLogger(__name__)

INBOX = "sapa_inbox"
OUTBOX = "sapa_outbox"
ALARMS = "sapa_alarms"
DELIVERIES = "sapa_deliveries"
"""Staff, a unit or a webhook is to be told of something."""
RETRY_SECONDS = 2.0
WRITTEN = "written"
"""The session's mark: what it signalled, for those of this process who listen to its commits."""
_SIGNALS = "signals"
"""The session's mark: what is to be sent."""
_NOTIFY = text("SELECT pg_notify(:signal, '')")
_OURS: set[Path] = set()
"""Where this process listens itself: what it writes, it knows."""
Wake = Mapping[str, Callable[[], None]]


def notify(session: Session, signal: str) -> None:
    """Have ``signal`` sent when the transaction commits; several of one transaction arrive as one."""
    for mark in (_SIGNALS, WRITTEN):
        session.info.setdefault(mark, set()).add(signal)


@event.listens_for(Session, "before_commit")
def _send(session: Session) -> None:
    if session.in_nested_transaction() or session.get_bind().dialect.name != "postgresql":
        return
    for signal in session.info.pop(_SIGNALS, ()):
        session.execute(_NOTIFY, {"signal": signal})


@event.listens_for(Session, "after_commit")
def _send_beside(session: Session) -> None:
    if session.in_nested_transaction() or session.get_bind().dialect.name != "sqlite":
        return
    signals = session.info.pop(_SIGNALS, ())
    path = _beside(session.get_bind().engine.url)
    if not signals or path is None or path in _OURS:
        return
    # Where nobody listens there is nobody to be woken; whoever begins to work looks at everything first.
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender, suppress(OSError):
        sender.setblocking(False)
        for signal in signals:
            sender.sendto(signal.encode(), str(path))


def _beside(url: URL) -> Path | None:
    return Path(f"{url.database}.wake").resolve() if url.database and url.database != ":memory:" else None


async def listen(url: str, wake: Wake) -> None:
    """Call ``wake[signal]`` for each signal, until cancelled. Returns at once where nothing can be heard (SQLite in
    memory, or at a path too long for a socket): what others write is found by the sweep then.

    A lost connection is made anew; what was missed meanwhile is made up for by waking everybody.
    """
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        if (path := _beside(address)) is not None:
            await _listen_beside(path, wake)
        return
    plain = address.set(drivername="postgresql").render_as_string(hide_password=False)
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(plain, autocommit=True) as connection:
                for signal in wake:
                    await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(signal)))
                for call in wake.values():
                    call()
                async for notice in connection.notifies():
                    wake[notice.channel]()
        except psycopg.Error as error:
            log.warning("listening to the database was interrupted: %s", type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)


async def _listen_beside(path: Path, wake: Wake) -> None:
    with _bound(path) as receiver:
        if receiver is None:
            return

        def read() -> None:
            with suppress(BlockingIOError):
                while True:
                    wake.get(receiver.recv(64).decode("ascii", "replace"), lambda: None)()

        loop = asyncio.get_running_loop()
        loop.add_reader(receiver, read)
        try:
            await asyncio.Event().wait()
        finally:
            loop.remove_reader(receiver)


@contextmanager
def _bound(path: Path) -> Iterator[socket.socket | None]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.setblocking(False)
        try:
            # Who was killed left it behind.
            path.unlink(missing_ok=True)
            receiver.bind(str(path))
        except OSError as error:
            log.warning("what commands write is seen by the sweep alone: %s", error.strerror or error)
            yield None
            return
        _OURS.add(path)
        try:
            yield receiver
        finally:
            _OURS.discard(path)
            path.unlink(missing_ok=True)
