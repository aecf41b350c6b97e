"""The mail server in the settings."""

from __future__ import annotations

from typing import Any

import pytest

from bot.config import load
from bot.errors import SettingsError
from bot.mail import Mail

FROM = {"SAPA_MAIL_FROM": "care@contoh.ac.id"}


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.contoh.ac.id", ("mail.contoh.ac.id", 587, "starttls", None, None)),
        ("smtps://u%40x:p%2Fq@mail.contoh.ac.id", ("mail.contoh.ac.id", 465, "tls", "u@x", "p/q")),
        ("smtp+plain://127.0.0.1:2525", ("127.0.0.1", 2525, "none", None, None)),
    ],
)
def test_the_address_of_the_mail_server_says_how_it_is_spoken_to(
    url: str, server: tuple[str, int, Any, str | None, str | None]
) -> None:
    mail = load({"SAPA_SMTP_URL": url, **FROM}).mail
    assert mail == Mail(*server, "care@contoh.ac.id")
    assert "p/q" not in repr(mail)


@pytest.mark.parametrize(
    ("env", "why"),
    [
        ({"SAPA_SMTP_URL": "smtp://mail.contoh.ac.id"}, "needs SAPA_MAIL_FROM"),
        ({"SAPA_SMTP_URL": "http://mail.contoh.ac.id", **FROM}, "SAPA_SMTP_URL must be like"),
        ({"SAPA_SMTP_URL": "smtp://mail:port", **FROM}, "SAPA_SMTP_URL must be like"),
        ({"SAPA_SMTP_URL": "smtp://", **FROM}, "SAPA_SMTP_URL must be like"),
        ({"SAPA_SMTP_URL": "smtp://mail.contoh.ac.id", "SAPA_MAIL_FROM": "care"}, "SAPA_MAIL_FROM must be a mail"),
    ],
)
def test_a_mail_server_that_cannot_be_is_refused_without_its_password(env: dict[str, str], why: str) -> None:
    with pytest.raises(SettingsError, match=why):
        load(env)


def test_without_a_mail_server_nobody_is_mailed() -> None:
    assert load({}).mail is None
