"""A mail server of our own, for tests that send."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Inbox:
    """What the mail server took. ``refuses``: the answer to every recipient, where it is not empty. ``holds``: it lets
    who sends wait, and ``held`` says that somebody does."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], str]] = []
        self.refuses = ""
        self.holds = self.held = False

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        while self.holds:
            self.held = True
            await asyncio.sleep(0.02)
        if self.refuses:
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append((list(envelope.rcpt_tos), content.decode()))
        return "250 OK"

    @property
    def read(self) -> Sequence[EmailMessage]:
        """All mails, as a reader shows them."""
        found = []
        for _, text in self.mails:
            message = message_from_bytes(text.encode(), policy=policy.default)
            assert isinstance(message, EmailMessage)
            found.append(message)
        return found


def words(message: EmailMessage) -> str:
    """The text of a mail."""
    body = message.get_body()
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


@contextmanager
def serving(inbox: Inbox, **options: Any) -> Iterator[int]:
    """A mail server on a free port of this machine; the port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port, ready_timeout=30.0, **options)
    controller.start()
    yield port
    inbox.holds = False
    controller.stop()
