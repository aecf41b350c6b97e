"""Mail to the institution's own people: where its server is, and handing one over."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Literal
from urllib.parse import unquote, urlsplit

from bot.errors import TransportError

SECONDS = 20.0
_REFUSED = range(500, 600)
Security = Literal["starttls", "tls", "none"]
_KINDS: dict[str, tuple[Security, int]] = {
    "smtp": ("starttls", 587), "smtps": ("tls", 465), "smtp+plain": ("none", 25),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail server and who mails come from. ``security``: STARTTLS, TLS from the first byte, or none."""

    host: str
    port: int
    security: Security
    user: str | None
    password: str | None = field(repr=False)
    sender: str = ""


def mail_server(text: str) -> Mail:
    """``smtp://user:password@host:587`` (STARTTLS), ``smtps://`` (TLS), ``smtp+plain://`` (neither). Raises ValueError
    saying what it must be."""
    wrong = ValueError("must be like smtp://user:password@mail.example.ac.id:587 (or smtps://, smtp+plain://)")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme not in _KINDS or not parts.hostname or parts.path.strip("/") or parts.query:
        raise wrong
    security, usual = _KINDS[parts.scheme]
    user, password = (unquote(each) if each else None for each in (parts.username, parts.password))
    return Mail(parts.hostname, port or usual, security, user, password)


def mail_address(text: str) -> str:
    """Raises ValueError for what cannot be one."""
    if not re.fullmatch(r"[^\s@<>,;:\"]+@[^\s@<>,;:\"]+\.[^\s@<>,;:\"]+", text) or len(text) > 254:
        raise ValueError("must be a mail address like care@example.ac.id")
    return text


@dataclass(frozen=True, slots=True)
class File:
    """What goes with a mail. ``media_type``: like application/pdf."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


def send_mail(mail: Mail, to: str, subject: str, text: str, files: Sequence[File] = (), key: str | None = None) -> None:
    """Hand one mail to the server. Blocks, at most about ``SECONDS`` a step. ``key``: of letters, figures and points,
    the same for the same mail: one that arrives twice can be known by its Message-ID. Raises TransportError; permanent
    where the server refuses the address or us."""
    message = EmailMessage()
    if key is not None:
        message["Message-ID"] = f"<{key}@{mail.sender.rpartition('@')[2]}>"
    message["From"], message["To"], message["Subject"] = mail.sender, to, subject
    # No out-of-office note comes back (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    for file in files:
        main, _, sub = file.media_type.partition("/")
        message.add_attachment(file.content, maintype=main, subtype=sub, filename=file.name)
    try:
        with _connection(mail) as server:
            if mail.security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if mail.user is not None:
                server.login(mail.user, mail.password or "")
            server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise TransportError("the address was refused", permanent=all(code in _REFUSED for code in codes)) from error
    except smtplib.SMTPResponseException as error:
        # Wrong credentials may be mended while it is tried again.
        wrong_login = isinstance(error, smtplib.SMTPAuthenticationError)
        permanent = error.smtp_code in _REFUSED and not wrong_login
        raise TransportError(f"the mail server answered {error.smtp_code}", permanent=permanent) from error
    except (smtplib.SMTPException, OSError) as error:
        raise TransportError(f"the mail server: {type(error).__name__}", permanent=False) from error


def _connection(mail: Mail) -> smtplib.SMTP:
    if mail.security == "tls":
        return smtplib.SMTP_SSL(mail.host, mail.port, timeout=SECONDS, context=ssl.create_default_context())
    return smtplib.SMTP(mail.host, mail.port, timeout=SECONDS)
