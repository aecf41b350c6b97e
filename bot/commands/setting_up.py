"""What every command does first: read the settings, refuse what cannot work, open the database."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import re
import shutil
import socket
import sys
import traceback
from collections.abc import Mapping
from difflib import get_close_matches
from io import StringIO
from pathlib import Path
from typing import IO, Any

from dotenv.parser import parse_stream
from sqlalchemy.exc import SQLAlchemyError

from bot.config import NAMES, ROOT, Settings, load
from bot.errors import SapaError, SettingsError
from bot.procedures.hours import ServicePromise
from bot.procedures.versions import InUse
from bot.storage.database import Database
from bot.storage.migrate import migrate

LEAST_FREE = 200_000_000
"""Bytes of disk below which we do not start: a full disk would lose messages."""
_QUIET = ("httpx", "httpcore", "telegram", "rasa_sdk", "alembic", "uvicorn.error", "asyncio")


def read_env_file(path: Path) -> dict[str, str]:
    """The settings in a ``.env`` file; empty when there is none. Raises SettingsError with file and line, also for a
    misspelt name: it would otherwise do nothing, silently."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read as text: {type(error).__name__}.") from error
    found: dict[str, str] = {}
    for binding in parse_stream(StringIO(text)):
        written = binding.original.string
        line = binding.original.line + written[: len(written) - len(written.lstrip())].count("\n")
        if binding.error or (binding.key is not None and binding.value is None):
            raise SettingsError(f"{path}:{line}: this is not NAME=value.")
        if binding.key is not None and binding.value is not None:
            _refuse_unknown(f"{path}:{line}", binding.key)
            found[binding.key] = binding.value
    return found


def _refuse_unknown(place: str, name: str) -> None:
    if not name.startswith("SAPA_") or name in NAMES or name.removesuffix("_FILE") in NAMES:
        return
    like = get_close_matches(name, NAMES, n=1)
    raise SettingsError(f"{place}: {name} is not a setting{f'; did you mean {like[0]}?' if like else '.'}")


def settings(env: Mapping[str, str] = os.environ, env_file: Path = ROOT / ".env") -> Settings:
    """The settings: the environment's, then ``.env``'s. Raises SettingsError."""
    return load({**read_env_file(env_file), **env})


class Discreet(logging.Formatter):
    """Tells where an error came from and of what kind it is, but not its text: that may be what a person wrote, or his
    number (PostgreSQL repeats the row that it refuses)."""

    def formatException(self, ei: Any) -> str:
        told: list[str] = []
        error, seen = ei[1], set[int]()
        while error is not None and id(error) not in seen:
            seen.add(id(error))
            told.insert(0, "".join(traceback.format_tb(error.__traceback__)) + _kind(error))
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n... which led to:\n".join(told)


def _kind(error: BaseException) -> str:
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    code = getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", None)
    if isinstance(error, OSError) and error.errno is not None:
        code = os.strerror(error.errno)
    return f"{kind} ({code})" if code else kind


def set_up_logging(level: str) -> None:
    """To standard error, a line each; libraries that would tell of addresses or texts only speak up at warnings."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Discreet("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler])
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def prepare_data_dir(folder: Path) -> None:
    """Make the data directory. Raises SapaError when it cannot be written or the disk is nearly full."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.write_bytes(b"\0" * 4096)
        probe.unlink()
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise SapaError(f"No space is left on the disk of {folder}.") from error
        raise SapaError(f"The data directory {folder} cannot be written: {error.strerror}.") from error
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE:
        raise SapaError(f"Only {free // 1_000_000} MB are free on the disk of {folder}; Sapa needs 200 MB.")


def open_database(settings: Settings) -> Database:
    """The database, with the newest schema. Raises SapaError when it does not answer."""
    prepare_data_dir(settings.data_dir)
    try:
        db = Database(settings.database_url)
    except (OSError, SQLAlchemyError, ValueError) as error:
        raise SapaError(f"SAPA_DATABASE_URL cannot be used ({type(error).__name__}): {_first_line(error)}") from error
    try:
        migrate(db)
    except Exception as error:
        db.close()
        raise SapaError(f"The database cannot be used ({type(error).__name__}): {_first_line(error)}") from error
    return db


def promise_in_use(settings: Settings, db: Database) -> ServicePromise:
    """What the profile in use promises, whichever process put it into use."""
    used = InUse(settings)
    used.follow(db)
    return used.promise


def bind(host: str, port: int) -> socket.socket:
    """A listening socket. Raises SapaError when the port is taken or the address is not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRINUSE:
            raise SapaError(f"Port {port} on {host} is in use; stop what uses it or set SAPA_PORT.") from error
        raise SapaError(f"Cannot listen on {host}:{port} (SAPA_HOST, SAPA_PORT): {error.strerror or error}.") from error
    sock.listen(2048)
    sock.set_inheritable(False)
    return sock


def claim_data_dir(folder: Path) -> IO[str]:
    """Hold the data directory for this process until it ends. Raises SapaError when another has it."""
    lock = (folder / "sapa.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise SapaError(f"Sapa is running already with the data directory {folder}.") from error
    return lock


def _first_line(error: Exception) -> str:
    """Without the driver's class, which SQLAlchemy puts before it."""
    line = (str(error).strip().splitlines() or [""])[0]
    return re.sub(r"^\([\w.]+\) ", "", line)[:200]
