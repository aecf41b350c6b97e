"""Telling other processes that there is work, through PostgreSQL.

On SQLite there is one working process, and what another one writes (a command) is found by its sweep.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

import psycopg
from psycopg import sql
from sqlalchemy import event, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

log = logging.getLogger(__name__)

INBOX = "sapa_inbox"
OUTBOX = "sapa_outbox"
ALARMS = "sapa_alarms"
RETRY_SECONDS = 2.0
_SIGNALS = "signals"
"""The session's mark: what is to be sent."""
_NOTIFY = text("SELECT pg_notify(:signal, '')")


def notify(session: Session, signal: str) -> None:
    """Have ``signal`` sent when the transaction commits; several of one transaction arrive as one."""
    session.info.setdefault(_SIGNALS, set()).add(signal)


@event.listens_for(Session, "before_commit")
def _send(session: Session) -> None:
    if session.in_nested_transaction() or session.get_bind().dialect.name != "postgresql":
        return
    for signal in session.info.pop(_SIGNALS, ()):
        session.execute(_NOTIFY, {"signal": signal})


async def listen(url: str, wake: Mapping[str, Callable[[], None]]) -> None:
    """Call ``wake[signal]`` for each signal, until cancelled. Returns at once on SQLite.

    A lost connection is made anew; what was missed meanwhile is made up for by waking everybody.
    """
    if not url.startswith("postgresql"):
        return
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
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
