"""The institution's provider of single sign-on, as the settings name it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Oidc:
    """A provider. ``claim``: by which staff are known: ``email`` for the address that they are reached at, else one
    that holds their user name."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    claim: str


def issuer_address(text: str) -> str:
    """As it is written: the provider calls itself so, with a slash at the end or without. Raises ValueError."""
    if not re.fullmatch(r"https://[^\s?#]+|http://(127\.0\.0\.1|localhost)(:\d+)?(/[^\s?#]*)?", text):
        raise ValueError("must be a URL like https://login.example.ac.id/realms/staff")
    return text
