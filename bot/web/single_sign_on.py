"""Signing in at the institution's own provider: OpenID Connect, the authorization code with PKCE.

What a try began with (state, nonce, verifier) stays in the browser that began it. The provider's answer counts only in
that browser, and its identity token only with a signature by one of the provider's keys, for us, now, with our nonce.
"""

from __future__ import annotations

import json
import secrets
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any, Literal
from urllib.parse import quote, urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from bot.oidc import Oidc

DISCOVERY = "/.well-known/openid-configuration"
SCOPES = "openid email profile"
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Only those with a key that the provider alone has."""
LEEWAY = 60
"""Seconds by which two clocks may differ."""
SECONDS = 10.0
Why = Literal["unreachable", "refused"]


class SignOnFailed(Exception):
    """Nobody is signed in. ``why``: the provider does not answer as it should, or its answer proves nothing."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a try began with. ``going_to``: the page that was wanted."""

    state: str
    nonce: str
    verifier: str
    going_to: str

    def packed(self) -> str:
        """For a cookie."""
        return urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode()

    @classmethod
    def unpacked(cls, text: str) -> Attempt | None:
        """None for what is none."""
        try:
            values = json.loads(urlsafe_b64decode(text.encode("ascii")))
            made = cls(**values)
        except (ValueError, TypeError, RecursionError):
            return None
        return made if all(isinstance(value, str) for value in values.values()) else None


class Provider:
    """One provider. What it says of itself is asked for once, its keys again when an unknown one has signed."""

    def __init__(self, oidc: Oidc) -> None:
        self._oidc = oidc
        self._lock = threading.Lock()
        self._known: Mapping[str, Any] | None = None
        self._keys: KeySet | None = None

    def begin(self, back: str, going_to: str) -> tuple[str, Attempt]:
        """Where to send the browser, and what it has to keep. ``back``: our address for the answer. Raises
        SignOnFailed."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        attempt = Attempt(state, nonce, verifier, going_to)
        challenge = urlsafe_b64encode(sha256(attempt.verifier.encode()).digest()).decode().rstrip("=")
        asked = {
            "response_type": "code", "client_id": self._oidc.client_id, "redirect_uri": back, "scope": SCOPES,
            "state": attempt.state, "nonce": attempt.nonce, "code_challenge": challenge,
            "code_challenge_method": "S256",
        }  # fmt: skip
        where = str(self._about()["authorization_endpoint"])
        return f"{where}{'&' if '?' in where else '?'}{urlencode(asked)}", attempt

    def claims(self, code: str, attempt: Attempt, back: str, now: datetime) -> Mapping[str, Any]:
        """What the provider says of who signed in there. Raises SignOnFailed."""
        about = self._about()
        given = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": attempt.verifier,
        }  # fmt: skip
        login, key = quote(self._oidc.client_id, safe=""), quote(self._oidc.client_secret, safe="")
        answer = _asked("POST", str(about["token_endpoint"]), data=given, auth=(login, key))
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise SignOnFailed("refused")
        return self._verified(token, attempt.nonce, now)

    def _verified(self, token: str, nonce: str, now: datetime) -> Mapping[str, Any]:
        claims = self._decoded(token)
        here, present = self._oidc.client_id, int(now.timestamp())
        audience = claims.get("aud")
        audiences = [audience] if isinstance(audience, str) else audience if isinstance(audience, list) else []
        expires, issued = claims.get("exp"), claims.get("iat")
        holds = (
            claims.get("iss") == self._oidc.issuer
            and here in audiences
            and (claims.get("azp") == here if len(audiences) > 1 or "azp" in claims else True)
            and isinstance(expires, int | float)
            and present < expires + LEEWAY
            and isinstance(issued, int | float)
            and issued <= present + LEEWAY
            and secrets.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode())
        )
        if not holds:
            raise SignOnFailed("refused")
        return claims

    def _decoded(self, token: str) -> Mapping[str, Any]:
        for anew in (False, True):
            try:
                return jwt.decode(token, self._key_set(anew), algorithms=ALGORITHMS).claims
            except (JoseError, ValueError, TypeError):
                # Perhaps by a key that the provider has only taken into use since.
                continue
        raise SignOnFailed("refused")

    def _about(self) -> Mapping[str, Any]:
        with self._lock:
            if self._known is None:
                known = _asked("GET", self._oidc.issuer.rstrip("/") + DISCOVERY)
                needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
                if known.get("issuer") != self._oidc.issuer or not all(isinstance(known.get(n), str) for n in needed):
                    raise SignOnFailed("unreachable")
                self._known = known
            return self._known

    def _key_set(self, anew: bool) -> KeySet:
        where = str(self._about()["jwks_uri"])
        with self._lock:
            if self._keys is None or anew:
                try:
                    self._keys = KeySet.import_key_set(_asked("GET", where))  # type: ignore[arg-type]
                except (JoseError, ValueError, TypeError, KeyError):
                    raise SignOnFailed("unreachable") from None
            return self._keys


@cache
def provider(oidc: Oidc) -> Provider:
    """The provider of the settings."""
    return Provider(oidc)


def _asked(method: str, url: str, **options: Any) -> dict[str, Any]:
    try:
        answer = httpx.request(method, url, timeout=SECONDS, headers={"Accept": "application/json"}, **options)
        if 400 <= answer.status_code < 500 and method == "POST":
            raise SignOnFailed("refused")
        found = answer.raise_for_status().json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError):
        raise SignOnFailed("unreachable") from None
    if not isinstance(found, dict):
        raise SignOnFailed("unreachable")
    return found
