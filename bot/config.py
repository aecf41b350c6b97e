"""Settings from the environment, parsed once into one frozen object.

Every ``SAPA_X`` may be given as ``SAPA_X_FILE``, the path of a file that holds the value. Each is described in
``.env.sample``; a test compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from bot.errors import SettingsError
from bot.mail import Mail, mail_address, mail_server
from bot.oidc import Oidc, issuer_address

ROOT = Path(__file__).resolve().parent.parent
SAMPLE_SECRET = "change-me"  # noqa: S105
NAMES = frozenset(
    """
    SAPA_DATA_DIR SAPA_DATABASE_URL SAPA_HOST SAPA_PORT SAPA_PUBLIC_URL SAPA_DEMO SAPA_ENGINES SAPA_PROFILE
    SAPA_TIMEZONE SAPA_INSTITUTION SAPA_PROOF_FOR SAPA_PROOF_DAYS SAPA_MAX_BODY SAPA_MAX_ATTACHMENT SAPA_WEBCHAT
    SAPA_LOG_LEVEL SAPA_AGENT SAPA_TELEGRAM_TOKEN SAPA_TELEGRAM_SECRET SAPA_TELEGRAM_API_URL SAPA_WHATSAPP_TOKEN
    SAPA_WHATSAPP_PHONE_NUMBER_ID SAPA_WHATSAPP_APP_SECRET SAPA_WHATSAPP_VERIFY_TOKEN SAPA_WHATSAPP_API_URL
    SAPA_WHATSAPP_WINDOW_TEMPLATE SAPA_FOUR_EYES SAPA_VARIABLES SAPA_EMBEDDINGS SAPA_WRONG_AT_MOST
    SAPA_SMTP_URL SAPA_MAIL_FROM SAPA_SECOND_FACTOR_FOR SAPA_API_RATE
    SAPA_WEBHOOKS_PRIVATE SAPA_OIDC_ISSUER SAPA_OIDC_CLIENT_ID SAPA_OIDC_CLIENT_SECRET SAPA_OIDC_CLAIM
    """.split()  # noqa: SIM905
)
"""Every setting, so that a misspelt one is found."""
_DEMO_VARIABLES = {"portal_url": "https://siakad.contoh.ac.id"}
STAFF_ROLES = ("agent", "supervisor", "administrator")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Telegram:
    """``secret`` guards the webhook; without a public URL the bot polls and needs none."""

    token: str = field(repr=False)
    secret: str | None = field(repr=False)
    api_url: str


@dataclass(frozen=True, slots=True)
class WhatsApp:
    """All four values come from Meta's app dashboard. ``window_template``: approved template, or None."""

    token: str = field(repr=False)
    phone_number_id: str
    app_secret: str = field(repr=False)
    verify_token: str = field(repr=False)
    api_url: str
    window_template: str | None


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set. ``engines`` = Rasa worker processes; ``proof_for``: what needs a proven identity;
    ``agent``: whom the commands of the desk speak for when they name nobody. ``four_eyes``: who wrote a template cannot
    publish it. ``variables``: what templates may name, ``{portal_url}``, with its values.
    ``embeddings``: whether questions are matched by meaning too; ``wrong_at_most``: the accepted share of wrong answers
    by category, "" standing for all others. ``second_factor_for``: roles of the staff that sign in with one.
    ``api_rate``: requests a minute that each token of the API may make. ``webhooks_private``: whether webhooks may go
    to loopback and private networks, and without TLS."""

    data_dir: Path
    database_url: str = field(repr=False)
    host: str
    port: int
    public_url: str | None
    demo: bool
    engines: int
    profile: str
    timezone: ZoneInfo
    institution: str
    proof_for: frozenset[str]
    proof_days: int
    max_body: int
    max_attachment: int
    webchat: bool
    log_level: str
    agent: str | None
    four_eyes: bool
    variables: Mapping[str, str]
    embeddings: bool
    wrong_at_most: Mapping[str, float]
    second_factor_for: frozenset[str]
    api_rate: int
    webhooks_private: bool
    oidc: Oidc | None
    telegram: Telegram | None
    whatsapp: WhatsApp | None
    mail: Mail | None

    @property
    def proof_lasts(self) -> timedelta:
        """How long a proof of identity holds for the handle that gave it."""
        return timedelta(days=self.proof_days)

    @property
    def sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def address(self) -> str:
        """Where people reach the application, without a slash at the end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


def _number(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        value = int(text) if re.fullmatch(r"[0-9]+", text) else -1
        if not low <= value <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return value

    return parse


def _flag(text: str) -> bool:
    match text.lower():
        case "1" | "yes" | "true" | "on":
            return True
        case "0" | "no" | "false" | "off":
            return False
    raise ValueError("must be yes or no")


def _url(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", text):
        raise ValueError("must be a URL like https://care.example.ac.id")
    return text.rstrip("/")


def _url_or_none(text: str) -> str | None:
    return _url(text)


def database_address(text: str) -> str:
    """Raises ValueError saying what it must be."""
    if text.startswith(("postgres://", "postgresql://")):
        return "postgresql+psycopg://" + text.split("://", 1)[1]
    # Without a path SQLite would keep everything in memory, for one connection.
    if re.match(r"sqlite:///(?!:memory:|\?|$)", text) or text.startswith("postgresql+psycopg://"):
        return text
    raise ValueError("must be sqlite:///path or postgresql://user@host/name")


def _log_level(text: str) -> str:
    if text.upper() not in LOG_LEVELS:
        raise ValueError(f"must be one of {', '.join(LOG_LEVELS)}")
    return text.upper()


def profile_name(text: str) -> str:
    """Raises ValueError naming those that there are."""
    there = sorted(path.stem for path in (ROOT / "data" / "sops").glob("*.yml"))
    if text not in there:
        raise ValueError(f"must be a profile of data/sops: {', '.join(there)}")
    return text


def _proofs(text: str) -> frozenset[str]:
    known = {"tickets", "private", "everything", "nothing"}
    wanted = frozenset(part.strip() for part in text.split(",") if part.strip())
    if not wanted or wanted - known:
        raise ValueError(f"must be some of {', '.join(sorted(known))}")
    if "everything" in wanted:
        return frozenset({"tickets", "private", "everything"})
    return wanted - {"nothing"}


def _roles(text: str) -> frozenset[str]:
    wanted = frozenset(part.strip() for part in text.split(",") if part.strip())
    if not wanted <= {*STAFF_ROLES}:
        raise ValueError(f"must be some of {', '.join(STAFF_ROLES)}")
    return wanted


def _variables(text: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for part in re.split(r"[;\n]", text):
        name, _, value = (each.strip() for each in part.partition("="))
        if not name and not value:
            continue
        if not re.fullmatch(r"[a-z]\w*", name) or not value or name in found or name in ("name", "institution"):
            raise ValueError("must be like portal_url=https://…; help_mail=… (name and institution are known already)")
        found[name] = value
    return found


def _secret(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", text):
        raise ValueError("must be 1 to 256 of A-Z a-z 0-9 _ -")
    return text


def _secret_or_none(text: str) -> str | None:
    return _secret(text)


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except Exception as error:
        raise ValueError("must be a time zone like Asia/Jakarta") from error


def _limits(text: str) -> Mapping[str, float]:
    found: dict[str, float] = {}
    for part in text.split(","):
        matched = re.fullmatch(r"\s*(?:([a-z0-9_.-]+)\s*=\s*)?([0-9]+(?:\.[0-9]+)?)\s*", part)
        if not matched or not 0.5 <= float(matched[2]) <= 20 or (matched[1] or "") in found:
            raise ValueError("must be percentages from 0.5 to 20, one for all and others by category: 5,keuangan=2")
        found[matched[1] or ""] = float(matched[2]) / 100
    return {"": 0.05} | found


class _Reader:
    """Reads one setting after the other and says which one is wrong."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env

    def raw(self, name: str) -> str | None:
        value, file = self.env.get(name), self.env.get(f"{name}_FILE")
        if value and file:
            raise SettingsError(f"{name} and {name}_FILE are both set; keep one of them.")
        if file:
            try:
                value = Path(file).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise SettingsError(f"{name}_FILE: cannot read {file}.") from error
        return value or None

    def get(self, name: str, parse: Callable[[str], T], default: T) -> T:
        text = self.raw(name)
        if text is None:
            return default
        try:
            return parse(text)
        except ValueError as error:
            raise SettingsError(f"{name} {error}.") from error


def _telegram(read: _Reader, public_url: str | None, demo: bool) -> Telegram | None:
    token = read.raw("SAPA_TELEGRAM_TOKEN")
    if token is None:
        return None
    if not re.fullmatch(r"\d+:[A-Za-z0-9_-]{3,}", token):
        raise SettingsError("SAPA_TELEGRAM_TOKEN is not a bot token (digits, a colon, letters; BotFather gives it).")
    secret = read.get("SAPA_TELEGRAM_SECRET", _secret_or_none, None)
    if public_url and secret is None:
        raise SettingsError("SAPA_TELEGRAM_SECRET is needed for Telegram's webhook because SAPA_PUBLIC_URL is set.")
    _refuse_sample("SAPA_TELEGRAM_SECRET", secret, demo)
    return Telegram(token, secret, read.get("SAPA_TELEGRAM_API_URL", _url, "https://api.telegram.org"))


def _whatsapp(read: _Reader, demo: bool) -> WhatsApp | None:
    names = ("TOKEN", "PHONE_NUMBER_ID", "APP_SECRET", "VERIFY_TOKEN")
    values = {name: read.raw(f"SAPA_WHATSAPP_{name}") for name in names}
    missing = [f"SAPA_WHATSAPP_{name}" for name, value in values.items() if value is None]
    if len(missing) == len(names):
        return None
    if missing:
        raise SettingsError(f"WhatsApp needs {', '.join(missing)} as well.")
    for name, value in values.items():
        _refuse_sample(f"SAPA_WHATSAPP_{name}", value, demo)
    token, phone_number_id, app_secret, verify_token = (values[name] or "" for name in names)
    api_url = read.get("SAPA_WHATSAPP_API_URL", _url, "https://graph.facebook.com/v23.0")
    return WhatsApp(
        token, phone_number_id, app_secret, verify_token, api_url, read.raw("SAPA_WHATSAPP_WINDOW_TEMPLATE")
    )


def _mail(read: _Reader) -> Mail | None:
    server: Mail | None = read.get("SAPA_SMTP_URL", mail_server, None)
    sender: str | None = read.get("SAPA_MAIL_FROM", mail_address, None)
    if server is None:
        return None
    if sender is None:
        raise SettingsError("SAPA_SMTP_URL needs SAPA_MAIL_FROM as well: the address that mails come from.")
    return replace(server, sender=sender)


def _oidc(read: _Reader, demo: bool) -> Oidc | None:
    issuer = read.get("SAPA_OIDC_ISSUER", issuer_address, "")
    if not issuer:
        return None
    client_id, secret = read.raw("SAPA_OIDC_CLIENT_ID"), read.raw("SAPA_OIDC_CLIENT_SECRET")
    if client_id is None or secret is None:
        raise SettingsError("SAPA_OIDC_ISSUER needs SAPA_OIDC_CLIENT_ID and SAPA_OIDC_CLIENT_SECRET as well.")
    _refuse_sample("SAPA_OIDC_CLIENT_SECRET", secret, demo)
    return Oidc(issuer, client_id, secret, read.raw("SAPA_OIDC_CLAIM") or "email")


def _refuse_sample(name: str, value: str | None, demo: bool) -> None:
    if value == SAMPLE_SECRET and not demo:
        raise SettingsError(f"{name} still has its sample value; choose a secret of your own.")


def load(env: Mapping[str, str]) -> Settings:
    """Parse ``env``. Raises SettingsError that names the setting and what it must be."""
    read = _Reader(env)
    data_dir = read.get("SAPA_DATA_DIR", Path, ROOT / "var").expanduser().absolute()
    demo = read.get("SAPA_DEMO", _flag, True)
    public_url = read.get("SAPA_PUBLIC_URL", _url_or_none, None)
    return Settings(
        data_dir=data_dir,
        database_url=read.get("SAPA_DATABASE_URL", database_address, f"sqlite:///{data_dir / 'sapa.db'}"),
        host=read.get("SAPA_HOST", str, "127.0.0.1"),
        port=read.get("SAPA_PORT", _number(1, 65535), 8000),
        public_url=public_url,
        demo=demo,
        engines=read.get("SAPA_ENGINES", _number(1, 16), 1),
        profile=read.get("SAPA_PROFILE", profile_name, "itb"),
        timezone=read.get("SAPA_TIMEZONE", _zone, ZoneInfo("Asia/Jakarta")),
        institution=read.get("SAPA_INSTITUTION", str, "Universitas Contoh"),
        proof_for=read.get("SAPA_PROOF_FOR", _proofs, frozenset({"tickets", "private"})),
        proof_days=read.get("SAPA_PROOF_DAYS", _number(1, 3650), 30),
        max_body=read.get("SAPA_MAX_BODY", _number(1024, 100_000_000), 4_000_000),
        max_attachment=read.get("SAPA_MAX_ATTACHMENT", _number(1024, 200_000_000), 20_000_000),
        webchat=read.get("SAPA_WEBCHAT", _flag, True),
        log_level=read.get("SAPA_LOG_LEVEL", _log_level, "INFO"),
        agent=read.raw("SAPA_AGENT"),
        four_eyes=read.get("SAPA_FOUR_EYES", _flag, not demo),
        variables=read.get("SAPA_VARIABLES", _variables, _DEMO_VARIABLES if demo else {}),
        embeddings=read.get("SAPA_EMBEDDINGS", _flag, False),
        wrong_at_most=read.get("SAPA_WRONG_AT_MOST", _limits, {"": 0.05}),
        second_factor_for=read.get("SAPA_SECOND_FACTOR_FOR", _roles, frozenset()),
        api_rate=read.get("SAPA_API_RATE", _number(1, 1_000_000), 600),
        webhooks_private=read.get("SAPA_WEBHOOKS_PRIVATE", _flag, False),
        oidc=_oidc(read, demo),
        telegram=_telegram(read, public_url, demo),
        whatsapp=_whatsapp(read, demo),
        mail=_mail(read),
    )
