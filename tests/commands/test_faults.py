"""What can be wrong before anything runs: one clear sentence each, exit code 1, no traceback."""

from __future__ import annotations

import re
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections import namedtuple
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.commands import setting_up
from bot.config import ROOT
from tests.commands.conftest import Sapa

ENV_FAULTS = [
    ("SAPA_PORT 8000", r"\.env:1: this is not NAME=value\."),
    ("# a comment\n\n\nSAPA_DEMO", r"\.env:4: this is not NAME=value\."),
    ("SAPA_DEMO=yes\n=5\n", r"\.env:2: this is not NAME=value\."),
    ('SAPA_INSTITUTION="Universitas\nSAPA_PORT=8001', r"\.env:1: this is not NAME=value\."),
    ("SAPA_DEMO=yes\nSAPA_PROT=8000", r"\.env:2: SAPA_PROT is not a setting; did you mean SAPA_PORT\?"),
    ("SAPA_WHATSAPP_ACCESS=x", r"\.env:1: SAPA_WHATSAPP_ACCESS is not a setting"),
    (b"SAPA_DEMO=\xff\xfe", r"\.env cannot be read as text"),
]


@pytest.mark.parametrize(("text", "sentence"), ENV_FAULTS)
@pytest.mark.parametrize("command", ["run", "tickets"])
def test_a_broken_env_file_is_told_with_its_line(
    sapa: Sapa, tmp_path: Path, text: str | bytes, sentence: str, command: str
) -> None:
    (tmp_path / ".env").write_bytes(text if isinstance(text, bytes) else text.encode())
    assert re.search(sentence, sapa(command).sentence())
    assert not (tmp_path / "data").exists()


def test_the_env_file_is_read_and_the_environment_goes_before_it(sapa: Sapa, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# a comment\nexport SAPA_PORT=abc\nOTHER='x y'\nSAPA_AGENT=rina # the first\n")
    assert "SAPA_PORT must be" in sapa("tickets").sentence()
    assert sapa("tickets", PORT=8123).code == 0


SETTING_FAULTS = {
    "PORT": ["abc", "0", "65536", "8000.5", "-1", "८"],
    "ENGINES": ["0", "17", "many"],
    "DEMO": ["perhaps"],
    "TIMEZONE": ["Mars/Olympus", "../../etc/passwd", "WIBB"],
    "PROFILE": ["unknown", "../secret"],
    "LOG_LEVEL": ["chatty"],
    "PROOF_FOR": ["all", ","],
    "PUBLIC_URL": ["care.example.ac.id", "ftp://x", "https://a b"],
    "DATABASE_URL": ["mysql://x/y", "sqlite://", "sqlite:///", "sqlite:///:memory:", "sapa.db"],
    "TELEGRAM_TOKEN": ["secret-token-1"],
    "WHATSAPP_TOKEN": ["secret-token-2"],
    "MAX_BODY": ["10"],
    "FOUR_EYES": ["two"],
    "VARIABLES": ["portal_url", "portal_url=", "=x", "Portal=x", "name=Budi", "a=1; a=2"],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in SETTING_FAULTS.items() for value in values]
)
def test_a_setting_that_cannot_be_used_is_named(sapa: Sapa, name: str, value: str) -> None:
    sentence = sapa("run", **{name: value}).sentence()
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert "secret-token" not in sentence
    assert re.search(f"SAPA_{name}|WhatsApp needs", sentence)


def test_a_secret_file_that_is_not_there_is_named(sapa: Sapa, tmp_path: Path) -> None:
    sentence = sapa("run", TELEGRAM_TOKEN_FILE=tmp_path / "none").sentence()
    assert sentence == f"SAPA_TELEGRAM_TOKEN_FILE: cannot read {tmp_path / 'none'}."


def test_a_secret_left_at_its_sample_value_is_refused_outside_the_demo(sapa: Sapa) -> None:
    given = {"TELEGRAM_TOKEN": "1:abcdef", "TELEGRAM_SECRET": "change-me", "DEMO": "no"}
    assert "SAPA_TELEGRAM_SECRET still has its sample value" in sapa("run", **given).sentence()


def test_a_port_in_use_is_told(sapa: Sapa) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert sapa("run", PORT=port).sentence() == (
            f"Port {port} on 127.0.0.1 is in use; stop what uses it or set SAPA_PORT."
        )


@pytest.mark.parametrize("host", ["192.0.2.1", "not a host", "2001:db8::1"])
def test_an_address_that_is_not_ours_is_told(sapa: Sapa, host: str) -> None:
    assert sapa("run", HOST=host, PORT=8391).sentence().startswith(f"Cannot listen on {host}:8391 (SAPA_HOST")


@pytest.mark.parametrize("command", ["run", "tickets", "migrate"])
def test_a_data_directory_that_cannot_be_written_is_told(sapa: Sapa, tmp_path: Path, command: str) -> None:
    (tmp_path / "file").write_text("")
    sentence = sapa(command, DATA_DIR=tmp_path / "file" / "data", PORT=_free_port()).sentence()
    assert sentence == f"The data directory {tmp_path / 'file' / 'data'} cannot be written: Not a directory."


@pytest.mark.parametrize("command", ["run", "tickets"])
def test_a_disk_that_is_nearly_full_is_told(
    sapa: Sapa, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 9 * 10**8, 150_000_000))
    sentence = sapa(command, PORT=_free_port()).sentence()
    assert sentence == f"Only 150 MB are free on the disk of {tmp_path / 'data'}; Sapa needs 200 MB."


def test_a_full_disk_is_told(sapa: Sapa, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert sapa("tickets").sentence() == f"No space is left on the disk of {tmp_path / 'data'}."


def test_a_second_run_on_one_data_directory_is_refused(sapa: Sapa, tmp_path: Path) -> None:
    setting_up.prepare_data_dir(tmp_path / "data")
    with setting_up.claim_data_dir(tmp_path / "data"):
        sentence = sapa("run", PORT=_free_port()).sentence()
    assert sentence == f"Sapa is running already with the data directory {tmp_path / 'data'}."


@pytest.mark.parametrize("command", ["serve", "work"])
def test_several_processes_on_sqlite_are_refused(sapa: Sapa, command: str) -> None:
    assert sapa(command).sentence() == (
        "Several processes need PostgreSQL (SAPA_DATABASE_URL); on SQLite use `sapa run`."
    )


def test_a_database_that_does_not_answer_is_told_without_its_password(sapa: Sapa) -> None:
    sentence = sapa("tickets", DATABASE_URL="postgresql://sapa:geheim@127.0.0.1:1/sapa").sentence()
    assert sentence.startswith("The database cannot be used (OperationalError): ")
    assert "geheim" not in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize("url", ["sqlite:////proc/none/sapa.db", "postgresql://sapa@127.0.0.1:nonumber/sapa"])
def test_a_database_that_cannot_be_opened_is_told(sapa: Sapa, url: str) -> None:
    assert re.match(r"(SAPA_DATABASE_URL|The database) cannot be used", sapa("tickets", DATABASE_URL=url).sentence())


def test_a_file_that_is_no_database_is_told(sapa: Sapa, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sapa.db").write_bytes(b"not a database at all" * 100)
    assert sapa("tickets").sentence() == "The database cannot be used (DatabaseError): file is not a database"


def test_a_database_of_a_newer_version_is_left_alone(sapa: Sapa, tmp_path: Path, ticket: str) -> None:
    with sqlite3.connect(tmp_path / "data" / "sapa.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert "9999" in sapa("tickets").sentence()


def test_a_real_process_ends_with_the_sentence_and_the_code(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bot", "run"]
    environment = {"PATH": "/usr/bin:/bin", "SAPA_PORT": "many", "SAPA_DATA_DIR": str(tmp_path)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "sapa: SAPA_PORT must be a whole number from 1 to 65535.\n"


def test_an_unknown_command_says_what_there_is(sapa: Sapa) -> None:
    said = sapa("rnu")
    assert said.code == 2
    assert "No such command" in said.err
    assert "Traceback" not in said.err


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


# Building the environments.

TOOLS = ("awk", "cat", "cksum", "df", "dirname", "env", "mkdir", "rm", "sh", "chmod", "touch")
UV = """#!/bin/sh
case "$1 $2" in
    "sync --locked") mkdir -p .venv/bin && touch .venv/bin/python && chmod +x .venv/bin/python ;;
    "python find") exit 1 ;;
    "python install") exit 1 ;;
esac
"""


def set_up(tmp_path: Path, tools: Sequence[str] = TOOLS, **programs: str) -> subprocess.CompletedProcess[str]:
    """``tools/setup`` in a copy, with nothing on the path but the system's tools and ``programs``."""
    for name in ("tools/setup", "pyproject.toml", "uv.lock", "engine/pyproject.toml", "engine/uv.lock"):
        target = tmp_path / "copy" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    folder = tmp_path / "path"
    folder.mkdir()
    for tool in tools:
        found = shutil.which(tool)
        assert found is not None
        (folder / tool).symlink_to(found)
    for name, script in programs.items():
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)
    command = ["/bin/sh", str(tmp_path / "copy" / "tools" / "setup")]
    return subprocess.run(command, env={"PATH": str(folder)}, capture_output=True, text=True, timeout=60)


def test_without_python_and_uv_it_says_what_is_needed(tmp_path: Path) -> None:
    done = set_up(tmp_path)
    assert done.returncode == 1
    assert done.stderr == "sapa: Python 3.11 or newer is needed and was not found.\n"


def test_without_python_3_10_it_says_what_is_needed(tmp_path: Path) -> None:
    done = set_up(tmp_path, uv=UV)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("sapa: Rasa needs Python 3.10: none was found and none could be")


def test_without_room_on_the_disk_it_says_how_much_is_needed(tmp_path: Path) -> None:
    df = "#!/bin/sh\necho 'Filesystem Blocks Used Available Capacity Mounted'\necho '/dev/x 9000 8880 120 99% /'\n"
    done = set_up(tmp_path, [tool for tool in TOOLS if tool != "df"], uv=UV, df=df)
    assert done.returncode == 1
    assert done.stderr.startswith("sapa: Only 120 MB are free on this disk;")
