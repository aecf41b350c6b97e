"""Which addresses webhooks may call: public ones over TLS. What a name leads to is looked up once, and that address is
called, so that a name cannot lead elsewhere between the look and the call."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx

from bot.errors import NotAllowed, TransportError, told

LONGEST = 500
Address = IPv4Address | IPv6Address
_EMBEDS = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
"""NAT64: the last 32 bits lead to an IPv4 address, whichever that is."""


def checked(url: str, private: bool) -> str:
    """The address as it is kept. ``private``: whether loopback and private networks, and http, are allowed. Raises
    NotAllowed."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise NotAllowed(told("That is no web address; nothing was added.")) from None
    if parsed.scheme != "https" and not (private and parsed.scheme == "http"):
        raise NotAllowed(told("A webhook's address begins with https://."))
    ours = parsed.port is None or 1 <= parsed.port <= 65_535
    if not parsed.host or not ours or parsed.userinfo or parsed.fragment or len(str(parsed)) > LONGEST:
        raise NotAllowed(
            told("A webhook's address has a host, no password, no #, and at most {most} characters.", most=LONGEST)
        )
    try:
        literal = ip_address(parsed.host)
    except ValueError:
        return str(parsed)
    if not private and not public(literal):
        raise NotAllowed(told("A webhook's address is not one of loopback or of a private network."))
    return str(parsed)


def public(address: Address) -> bool:
    """Whether anybody on the internet has that address."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if inner or any(address in network for network in _EMBEDS):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


async def look_up(host: str, port: int, private: bool) -> Sequence[str]:
    """What the name leads to. Raises TransportError: to nothing, or to somewhere that may not be called."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise TransportError("the name of the host leads nowhere", permanent=False) from None
    addresses = list(dict.fromkeys(str(each[4][0]).partition("%")[0] for each in found))
    if not addresses or not (private or all(public(ip_address(address)) for address in addresses)):
        raise TransportError("the host is not a public one", permanent=False)
    return addresses
