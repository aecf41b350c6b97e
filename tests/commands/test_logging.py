"""What is logged helps to find a fault, and tells nothing of people."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import SQLAlchemyError

from bot.commands.setting_up import Discreet
from bot.identity.model import Handle, Person
from bot.storage.database import Database
from tests.conftest import FakeClock


def logged(error: BaseException) -> str:
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, "it broke", None, (type(error), error, None))
    record.exc_info = (type(error), error, error.__traceback__)
    return Discreet().format(record)


def test_a_row_that_the_database_refuses_is_not_logged(db: Database, clock: FakeClock) -> None:
    handle = {"person_id": 1, "channel": "whatsapp", "address": "6281234567890", "created_at": clock()}
    with db.write() as session:
        session.add(Person(created_at=clock()))
        session.flush()
        session.execute(insert(Handle), [handle])
    with db.read() as session, pytest.raises(SQLAlchemyError) as refused:
        session.execute(insert(Handle), [handle])
    text = logged(refused.value)
    assert "6281234567890" not in text
    assert "IntegrityError" in text
    assert "test_logging.py" in text


def test_neither_is_the_text_of_any_error_behind_it() -> None:
    # Turned round: the lines of the source are told.
    name, secret = "iduB"[::-1], "aisahar"[::-1]
    try:
        try:
            int(name)
        except ValueError as error:
            raise KeyError(secret) from error
    except KeyError as error:
        text = logged(error)
    assert "Budi" not in text
    assert "rahasia" not in text
    assert "builtins.ValueError" in text
    assert text.index("ValueError") < text.index("builtins.KeyError")


def test_what_the_system_says_is_logged() -> None:
    assert "No space left on device" in logged(OSError(28, "x", "/home/budi"))
