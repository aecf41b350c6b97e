"""``sapa run``, ``serve``, ``work`` and ``chat``: the application as processes."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Awaitable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import typer

from bot.app import Application, loopback
from bot.channels.terminal import TerminalChannel
from bot.clock import utc_now
from bot.commands import setting_up
from bot.config import ROOT, Settings
from bot.conversation.messages import Channel
from bot.conversation.worker import PATIENCE
from bot.demo import NewAccount, first_start
from bot.dialogue.training import ensure_model
from bot.errors import SapaError
from bot.serving import run_on_loop, server

MODELS = ROOT / "var" / "models"


def run() -> None:
    """Everything in one process: take messages in, answer them, send the answers."""
    _start(serves=True, works=True)


def serve() -> None:
    """Only take messages in and show pages; needs PostgreSQL and `sapa work` beside it."""
    _start(serves=True, works=False)


def work() -> None:
    """Only answer and send; may run several times on PostgreSQL."""
    _start(serves=False, works=True)


def chat() -> None:
    """The same assistant in this terminal."""
    settings = replace(setting_up.settings(), host="127.0.0.1")
    setting_up.set_up_logging("ERROR")
    db = setting_up.open_database(settings)
    accounts = first_start(db, demo=settings.demo, now=utc_now())
    db.close()
    if accounts:
        _tell("\n".join(_accounts(accounts)))
    sock = setting_up.bind("127.0.0.1", 0)
    settings = replace(settings, port=sock.getsockname()[1])
    terminal = TerminalChannel()
    typer.echo("Starting the dialogue engine (about 20 seconds) …", err=True)
    app = Application(
        settings, model=ensure_model(MODELS, _tell), channels={"terminal": terminal}, serves=False, exclusive=False
    )
    with suppress(KeyboardInterrupt):
        asyncio.run(_converse(app, terminal, sock))


def _start(*, serves: bool, works: bool) -> None:
    settings = setting_up.settings()
    setting_up.set_up_logging(settings.log_level)
    if settings.sqlite and not (serves and works):
        raise SapaError("Several processes need PostgreSQL (SAPA_DATABASE_URL); on SQLite use `sapa run`.")
    setting_up.prepare_data_dir(settings.data_dir)
    with ExitStack() as held:
        if settings.sqlite:
            held.enter_context(setting_up.claim_data_dir(settings.data_dir))
        # A process that only works listens on loopback alone, on any free port: for the engine's calls.
        host, port = (settings.host, settings.port) if serves else ("127.0.0.1", 0)
        sock = held.enter_context(setting_up.bind(host, port))
        settings = replace(settings, host=host, port=sock.getsockname()[1])
        model = ensure_model(MODELS, _tell) if works else None
        db = setting_up.open_database(settings)
        accounts = first_start(db, demo=settings.demo, now=utc_now())
        db.close()
        app = Application(settings, model=model, serves=serves, works=works, exclusive=settings.sqlite)
        # The server raises the signal again once everything has stopped; stopping was what was wanted.
        with suppress(KeyboardInterrupt):
            run_on_loop(_serve(app, sock, accounts))
    _tell("Stopped.")


async def _serve(app: Application, sock: socket.socket, accounts: list[NewAccount]) -> None:
    http = server(app, sock)
    telling = asyncio.create_task(_tell_when_ready(app, accounts))
    try:
        await http.serve(sockets=[sock])
    finally:
        telling.cancel()


async def _tell_when_ready(app: Application, accounts: list[NewAccount]) -> None:
    if app.works:
        _tell("Starting the dialogue engine (about 20 seconds) …")
        await app.ready()
    typer.echo(block(app.settings, app.channels, accounts))


def block(settings: Settings, channels: Mapping[str, Channel], accounts: list[NewAccount]) -> str:
    """What a newcomer needs to know, once everything is up."""
    here = f"http://{loopback(settings.host)}:{settings.port}"
    address = settings.public_url or here
    way = "webhook" if settings.public_url else "polling"
    lines = ["", f"Sapa is ready for {settings.institution}.", ""]
    if "web" in channels:
        lines.append(f"  Web chat   {address}/")
    lines.append(f"  Console    {address}/console   for the care center's staff")
    lines.append(f"  Telegram   {'live, ' + way if 'telegram' in channels else 'off (SAPA_TELEGRAM_TOKEN in .env)'}")
    lines.append(f"  WhatsApp   {'live, webhook' if 'whatsapp' in channels else 'off (SAPA_WHATSAPP_… in .env)'}")
    lines.append(f"  Health     {address}/readyz   {address}/metrics")
    if settings.public_url:
        lines.append(f"  Here       {here}/   the same, on this machine")
    if accounts:
        lines += ["", *_accounts(accounts)]
    if settings.demo:
        lines += [
            "",
            '  Try: open the web chat and write "min mau nanya dong, ukt telat bayar gmn ya??"',
            '       ask for a human: "mau bicara dengan petugas"; be 13526001, Budi Santoso, 12 Mei 2004',
            "       then open the console, sign in as rina and press Enter on the ticket",
        ]
    return "\n".join([*lines, "", "  Ctrl-C stops everything.", ""])


def _accounts(accounts: list[NewAccount]) -> list[str]:
    rows = [f"    {a.username:<12} {a.role:<14} {a.password}" for a in accounts]
    return ["  Staff accounts (passwords are shown this once):", *rows]


async def _converse(app: Application, terminal: TerminalChannel, sock: socket.socket) -> None:
    http = server(app, sock)
    serving = asyncio.create_task(http.serve(sockets=[sock]))
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, lambda: setattr(http, "should_exit", True))
    talking: asyncio.Task[None] | None = None
    try:
        await _first(app.ready(), serving)
        typer.echo("Ketik pesan Anda; Ctrl-D untuk selesai. / Type your message; Ctrl-D ends.", err=True)
        talking = asyncio.create_task(terminal.run(app.inbox))
        await _first(talking, serving)
        if not serving.done():
            await _last_answers(app)
    finally:
        if talking:
            talking.cancel()
        http.should_exit = True
        await serving


async def _last_answers(app: Application) -> None:
    """What was asked last is still answered, within the time that is promised."""
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE.total_seconds() + 2):
            facts = await asyncio.to_thread(app.facts)
            while facts.get("inbox_waiting") or facts.get("outbox_waiting"):
                await asyncio.sleep(0.1)
                facts = await asyncio.to_thread(app.facts)


async def _first(*what: Awaitable[None]) -> None:
    tasks = [asyncio.ensure_future(each) for each in what]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


def _tell(text: str) -> None:
    typer.echo(text, err=True)


def train() -> None:
    """Train the dialogue model if what it is made of changed."""
    model: Path = ensure_model(MODELS, _tell)
    typer.echo(f"Model {model.name} is up to date.")


def migrate() -> None:
    """Bring the database to the newest schema."""
    setting_up.open_database(setting_up.settings()).close()
    typer.echo("The database has the newest schema.")
