"""An OpenID provider on loopback that keeps state: signs real tokens, takes a code once, checks PKCE and client."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from bot.oidc import Oidc
from tests.channels.telegram.http_server import Call, LoopbackServer, Reply

CLIENT, SECRET = "sapa", "geheim+%/ok"


@dataclass
class FakeProvider:
    """``spoils``: changes the claims before they are signed. ``asked``: the paths of requests."""

    clock: Callable[[], datetime]
    key: RSAKey | ECKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "1", "use": "sig"}))
    spoils: Callable[[dict[str, Any]], object] = lambda _: None
    asked: list[str] = field(default_factory=list)
    down: bool = False

    def __post_init__(self) -> None:
        self._codes: dict[str, tuple[dict[str, str], dict[str, Any]]] = {}
        self._server = LoopbackServer(self._answer)
        self._server.start()
        self.published = [self.key]
        self.algorithm = "RS256"
        self.sign: Callable[[Mapping[str, Any]], str] = self._sign

    def stop(self) -> None:
        self._server.stop()

    @property
    def issuer(self) -> str:
        return self._server.url

    @property
    def oidc(self) -> Oidc:
        return Oidc(self.issuer, CLIENT, SECRET, "email")

    def signs_in(self, where: str, **claims: Any) -> dict[str, str]:
        """Somebody signs in on the page ``where`` that he was sent to; what he brings back in the address."""
        asked = dict(parse_qsl(urlsplit(where).query))
        assert where.startswith(f"{self.issuer}/authorize?kc=1&")
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
        assert (asked["code_challenge_method"], asked["scope"].split()[0]) == ("S256", "openid")
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked, claims
        return {"code": code, "state": asked["state"]}

    async def _answer(self, call: Call) -> Reply:
        self.asked.append(call.target)
        if self.down:
            return Reply(b"", 503)
        if call.target == "/.well-known/openid-configuration":
            return _json({
                "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize?kc=1",
                "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys",
            })  # fmt: skip
        if call.target == "/keys":
            return _json({"keys": [key.as_dict(private=False) for key in self.published]})
        return self._token(call)

    def _token(self, call: Call) -> Reply:
        form = {name: values[0] for name, values in parse_qs(call.body.decode()).items()}
        login = base64.b64decode(call.headers["authorization"].removeprefix("Basic ")).decode().split(":")
        asked, claims = self._codes.pop(form["code"], ({}, {}))
        challenge = base64.urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
        right = [unquote(part) for part in login] == [CLIENT, SECRET] and challenge == asked.get("code_challenge")
        if not right or form["redirect_uri"] != asked["redirect_uri"] or form["grant_type"] != "authorization_code":
            return _json({"error": "invalid_grant"}, 400)
        now = self.clock()
        told: dict[str, Any] = {
            "iss": self.issuer, "aud": CLIENT, "sub": "4711", "nonce": asked["nonce"], "iat": int(now.timestamp()),
            "exp": int((now + timedelta(minutes=5)).timestamp()), **claims,
        }  # fmt: skip
        self.spoils(told)
        return _json({"access_token": "x", "token_type": "Bearer", "id_token": self.sign(told)})

    def _sign(self, claims: Mapping[str, Any]) -> str:
        return jwt.encode({"alg": self.algorithm, "kid": str(self.key.kid)}, dict(claims), self.key)


def _json(value: object, status: int = 200) -> Reply:
    return Reply(json.dumps(value).encode(), status)
