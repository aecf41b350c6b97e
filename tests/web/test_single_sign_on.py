"""Signing in at the institution's provider."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pyotp
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from bot.config import load
from bot.errors import SettingsError
from bot.identity import audit, contacts, second_factor, staffing
from bot.identity.model import SecondFactor
from bot.web.single_sign_on import Attempt
from bot.web.single_sign_on import provider as known
from tests.channels.webchat.browser import on_one_database
from tests.conftest import FakeClock
from tests.web.desk import Browser, Center
from tests.web.fake_provider import SECRET, FakeProvider

SSO, BACK = "/console/sign-in/sso", "/console/sign-in/sso/back"
RINA = {"email": "Rina@contoh.ac.id", "email_verified": True, "preferred_username": "rina"}


@pytest.fixture
def provider(clock: FakeClock) -> Iterator[FakeProvider]:
    known.cache_clear()
    made = FakeProvider(clock)
    yield made
    made.stop()


@pytest.fixture
def center(db: Any, clock: FakeClock, tmp_path: Any, provider: FakeProvider) -> Center:
    center = Center.of(db, clock, tmp_path)
    uses(center, provider)
    with center.db.write() as session:
        contacts.reach(session, "rina", "email", "rina@contoh.ac.id", "id")
    return center


def uses(center: Center, provider: FakeProvider, claim: str = "email") -> None:
    """The console with that provider."""
    center.works_with(oidc=replace(provider.oidc, claim=claim))


def comes_back(browser: Browser, provider: FakeProvider, **claims: Any) -> httpx.Response:
    where = browser.get(SSO).headers["location"]
    return browser.get(BACK, params=provider.signs_in(where, **claims))


def is_in(browser: Browser) -> bool:
    return browser.get("/console").status_code == 200


def test_who_signed_in_at_the_provider_is_signed_in_here(center: Center, provider: FakeProvider) -> None:
    browser = center.browser()
    assert f'href="{SSO}?next=' in browser.get("/console/sign-in").text
    answer = comes_back(browser, provider, **RINA)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console")
    assert "Rina Mulyani" in browser.get("/console").text
    assert "sapa-sso" not in browser.cookies
    again = center.browser()
    assert comes_back(again, provider, **RINA).status_code == 303
    assert provider.asked.count("/.well-known/openid-configuration") == 1
    assert provider.asked.count("/keys") == 1


def test_who_was_going_somewhere_goes_on_there(center: Center, provider: FakeProvider) -> None:
    for wanted, goes in (("/console/tickets/x", "/console/tickets/x"), ("https://evil.example/", "/console")):
        browser = center.browser()
        where = browser.get(SSO, params={"next": wanted}).headers["location"]
        assert browser.get(BACK, params=provider.signs_in(where, **RINA)).headers["location"] == goes


@pytest.mark.parametrize(
    ("claim", "claims"),
    [
        ("email", {**RINA, "email_verified": False}),
        ("email", {**RINA, "email_verified": "true"}),
        ("email", {"email": "rina@contoh.ac.id"}),
        ("email", {**RINA, "email": "nobody@contoh.ac.id"}),
        ("email", {**RINA, "email": ["rina@contoh.ac.id"]}),
        ("email", {"email_verified": True}),
        ("preferred_username", {**RINA, "preferred_username": "nobody"}),
        ("preferred_username", {"preferred_username": None}),
        ("preferred_username", {"preferred_username": "rina@contoh.ac.id"}),
    ],
)
@on_one_database
def test_who_has_no_account_here_gets_none(
    center: Center, provider: FakeProvider, claim: str, claims: dict[str, Any]
) -> None:
    uses(center, provider, claim)
    browser = center.browser()
    answer = comes_back(browser, provider, **claims)
    assert answer.status_code == 403
    assert "not linked with a staff account" in answer.text
    assert not is_in(browser)


def test_staff_can_be_known_by_their_user_name(center: Center, provider: FakeProvider) -> None:
    uses(center, provider, "preferred_username")
    browser = center.browser()
    assert comes_back(browser, provider, preferred_username="Rina").status_code == 303
    assert is_in(browser)


def test_a_mail_address_that_two_have_and_a_closed_account_let_nobody_in(
    center: Center, provider: FakeProvider
) -> None:
    with center.db.write() as session:
        contacts.reach(session, "dewi", "email", "RINA@contoh.ac.id", "id")
    assert comes_back(center.browser(), provider, **RINA).status_code == 403
    with center.db.write() as session:
        contacts.reach(session, "dewi", "email", "", "id")
        rina = staffing.by_username(session, "rina")
        assert rina is not None
        staffing.deactivate(session, rina, "admin", center.clock())
    assert comes_back(center.browser(), provider, **RINA).status_code == 403


def spoiled(name: str, value: Any) -> Callable[[dict[str, Any]], object]:
    return lambda claims: claims.update({name: value})


@pytest.mark.parametrize(
    "spoils",
    [
        spoiled("iss", "https://evil.example"),
        spoiled("aud", "another"),
        spoiled("aud", ["another"]),
        spoiled("aud", ["sapa", "another"]),
        spoiled("azp", "another"),
        spoiled("exp", 1795402800 - 61),
        spoiled("exp", None),
        spoiled("iat", 1795402800 + 3600),
        spoiled("nonce", "another"),
        lambda claims: claims.pop("nonce"),
        lambda claims: claims.pop("iat"),
    ],
)
@on_one_database
def test_a_token_that_is_not_for_us_now_proves_nothing(
    center: Center, provider: FakeProvider, spoils: Callable[[dict[str, Any]], object]
) -> None:
    provider.spoils = spoils
    browser = center.browser()
    answer = comes_back(browser, provider, **RINA)
    assert answer.status_code == 403
    assert "did not work" in answer.text
    assert not is_in(browser)


def unsigned(claims: Mapping[str, Any]) -> str:
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


@on_one_database
def test_only_the_providers_own_keys_sign(center: Center, provider: FakeProvider) -> None:
    own, strange = provider.sign, RSAKey.generate_key(2048, {"kid": "1"})
    public = base64.b64encode(provider.key.as_pem(private=False))
    for sign in (
        unsigned,
        lambda claims: jwt.encode({"alg": "HS256"}, dict(claims), OctKey.import_key(SECRET.ljust(32, "x"))),
        lambda claims: jwt.encode({"alg": "HS256", "kid": "1"}, dict(claims), OctKey.import_key(public)),
        lambda claims: jwt.encode({"alg": "RS256", "kid": "1"}, dict(claims), strange),
        lambda claims: own(claims)[:-4] + "AAAA",
        lambda _: "x.y.z",
        lambda _: "",
    ):  # fmt: skip
        provider.sign = sign
        browser = center.browser()
        assert comes_back(browser, provider, **RINA).status_code == 403
        assert not is_in(browser)


def test_a_new_key_of_the_provider_is_taken_up(center: Center, provider: FakeProvider) -> None:
    assert comes_back(center.browser(), provider, **RINA).status_code == 303
    provider.key, provider.algorithm = ECKey.generate_key("P-256", {"kid": "2", "use": "sig"}), "ES256"
    provider.published = [*provider.published, provider.key]
    assert comes_back(center.browser(), provider, **RINA).status_code == 303
    assert provider.asked.count("/keys") == 2


@on_one_database
def test_an_answer_counts_only_in_the_browser_that_asked_and_once(center: Center, provider: FakeProvider) -> None:
    victim, attacker = center.browser(), center.browser()
    where = attacker.get(SSO).headers["location"]
    brought = provider.signs_in(where, **RINA)
    assert victim.get(BACK, params=brought).status_code == 403
    victim.get(SSO)
    assert victim.get(BACK, params=brought).status_code == 403
    assert attacker.get(BACK, params={**brought, "state": ""}).status_code == 403
    attacker.cookies.set("sapa-sso", "nonsense")
    assert attacker.get(BACK, params=brought).status_code == 403
    browser = center.browser()
    brought = provider.signs_in(browser.get(SSO).headers["location"], **RINA)
    cookie = browser.cookies["sapa-sso"]
    assert browser.get(BACK, params=brought).status_code == 303
    browser.cookies.set("sapa-sso", cookie)
    assert browser.get(BACK, params=brought).status_code == 403


@on_one_database
def test_who_gave_up_at_the_provider_may_try_again(center: Center, provider: FakeProvider) -> None:
    browser = center.browser()
    brought = provider.signs_in(browser.get(SSO).headers["location"], **RINA)
    refused = browser.get(BACK, params={"error": "access_denied", "state": brought["state"]})
    assert refused.status_code == 403
    assert comes_back(browser, provider, **RINA).status_code == 303


def test_a_provider_that_does_not_answer_is_told_and_asked_again(center: Center, provider: FakeProvider) -> None:
    provider.down = True
    answer = center.browser().get(SSO)
    assert answer.status_code == 503
    assert "does not answer" in answer.text
    provider.down = False
    browser = center.browser()
    assert comes_back(browser, provider, **RINA).status_code == 303


def test_a_second_factor_is_asked_for_all_the_same(center: Center, provider: FakeProvider) -> None:
    with center.db.write() as session:
        rina = staffing.by_username(session, "rina")
        assert rina is not None
        second_factor.begin(session, rina.id)
        code = pyotp.TOTP(session.get_one(SecondFactor, rina.id).secret)
        assert second_factor.confirm(session, rina.id, code.at(center.clock()), center.clock())
    browser = center.browser()
    assert comes_back(browser, provider, **RINA).headers["location"].startswith("/console/sign-in/code")
    assert not is_in(browser)
    center.clock.now += timedelta(minutes=1)
    given = {"code": code.at(center.clock())}
    assert browser.request("POST", "/console/sign-in/code", data=given).status_code == 303
    assert is_in(browser)


def test_a_given_password_is_good_for_nothing_once_one_signs_in_elsewhere(
    center: Center, provider: FakeProvider
) -> None:
    with center.db.write() as session:
        rina = staffing.by_username(session, "rina")
        assert rina is not None
        password = staffing.give_password(session, rina, "admin", center.clock())
    browser = center.browser()
    assert comes_back(browser, provider, **RINA).headers["location"] == "/console"
    assert is_in(browser)
    assert center.browser().sign_in("rina", password).status_code == 422
    with center.db.read() as session:
        assert "password given up" in [each.kind for each in audit.of(session, "account rina")]


@on_one_database
def test_the_cookie_of_a_try_is_out_of_reach_of_scripts(center: Center, provider: FakeProvider) -> None:
    cookie = center.browser().get(SSO).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    secure = center.browser()
    secure.origin = "https://care.example"
    assert secure.get(SSO).headers["set-cookie"].startswith("__Host-sapa-sso=")


@pytest.mark.parametrize("text", ["", "x", "bnVsbA==", "e30=", base64.urlsafe_b64encode(b'{"state": 1}').decode(), "ä"])
def test_what_is_no_try_is_none(text: str) -> None:
    assert Attempt.unpacked(text) is None
    attempt = Attempt("a", "b", "c", "/console")
    assert Attempt.unpacked(attempt.packed()) == attempt


@pytest.mark.parametrize(
    ("env", "why"),
    [
        ({"SAPA_OIDC_ISSUER": "https://login.contoh.ac.id"}, "needs SAPA_OIDC_CLIENT_ID"),
        ({"SAPA_OIDC_ISSUER": "http://login.contoh.ac.id"}, "SAPA_OIDC_ISSUER must be a URL like https://"),
    ],
)
def test_settings_that_cannot_work_are_refused(env: dict[str, str], why: str) -> None:
    with pytest.raises(SettingsError, match=why):
        load(env)
    whole = {"SAPA_OIDC_ISSUER": "https://login.contoh.ac.id/", "SAPA_OIDC_CLIENT_ID": "sapa"}
    oidc = load({**whole, "SAPA_OIDC_CLIENT_SECRET": "x-secret-x"}).oidc
    assert oidc is not None
    assert (oidc.issuer, oidc.claim) == ("https://login.contoh.ac.id/", "email")
    assert "x-secret-x" not in repr(oidc)
