"""Which addresses webhooks may call."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address

import pytest

from bot.errors import NotAllowed, TransportError
from bot.web.api.addresses import checked, look_up, public


@pytest.mark.parametrize("address", ["8.8.8.8", "103.28.12.1", "2001:4860:4860::8888"])
def test_public_addresses_may_be_called(address: str) -> None:
    assert public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1",
        "ff02::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::808:808", "2002:7f00:1::1",
        "2001:0:7f00:1::", "2001:db8::1",
    ],
)  # fmt: skip
def test_addresses_of_ours_and_of_nobody_may_not(address: str) -> None:
    assert not public(ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://portal.example.ac.id/x", "ftp://portal.example.ac.id/", "portal.example.ac.id", "https://", "https:///x",
        "https://user:secret@portal.example.ac.id/", "https://portal.example.ac.id/#x", "https://127.0.0.1/",
        "https://[::1]:8443/", "https://10.0.0.1/x", "https://[::ffff:10.0.0.1]/", "https://x.id/" + "x" * 500,
        "https://x.id:99999/", "https://x\0.id/", "https://\ud800.id/", "",
    ],
)  # fmt: skip
def test_what_may_not_be_called_is_refused_at_once(url: str) -> None:
    with pytest.raises(NotAllowed):
        checked(url, private=False)


def test_an_address_is_kept_as_it_was_given() -> None:
    for url in (
        "https://portal.example.ac.id/sapa?key=1",
        "https://portal.example.ac.id:8443/sapa",
        "https://8.8.8.8/",
    ):
        assert checked(url, private=False) == url
    assert checked("http://127.0.0.1:9000/x", private=True) == "http://127.0.0.1:9000/x"


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f.1", "::1"])
def test_names_that_lead_to_this_machine_may_not_be_called(host: str) -> None:
    with pytest.raises(TransportError, match="not a public one"):
        asyncio.run(look_up(host, 443, private=False))
    assert asyncio.run(look_up(host, 443, private=True))
