"""Who is writing: from the addresses that came with messages to people, many at once.

On WhatsApp a message may carry a business-scoped id, a phone number, or both, so a person can have several addresses,
and two of them may turn out to be one person's only later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.identity import blocking
from bot.identity.model import Handle, IdentityAttempt, Person

Address = tuple[str, str]
"""(channel, address)."""

_ROUNDS = 5
_GIVEN, _HANDLE = cast(Table, Handle.__table__).alias("given"), cast(Table, Handle.__table__).alias("handle")
# Put together once: that costs more than running it.
_KNOWN = (
    select(_HANDLE.c.channel, _HANDLE.c.address, _HANDLE.c.person_id, _HANDLE.c.display_name)
    .join(_GIVEN, _GIVEN.c.person_id == _HANDLE.c.person_id)
    .where(
        _GIVEN.c.channel == bindparam("channel"),
        _GIVEN.c.address.in_(bindparam("addresses", expanding=True)),
    )
)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a message, as the channel says. ``addresses``: the one to key him by first; never empty."""

    channel: str
    addresses: tuple[str, ...]
    display_name: str | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """``merged_from``: people of whom it turned out that they are this one and who have no address left; whatever is
    theirs (conversations, open tickets) is to be moved to ``person_id``. A proof of theirs is not carried over."""

    person_id: int
    merged_from: tuple[int, ...] = ()


def resolve(session: Session, wanted: Sequence[Sender], now: datetime) -> list[Resolved]:
    """The person of each sender, in the order of ``wanted``; people and addresses that are new are written.

    One SELECT a channel when everybody is known, whatever the number of senders. The first address decides; where it is
    new, a later one does, unless its person already has another address on that channel: then the later one (a phone
    number) has changed hands, and goes to the newcomer. Safe against other processes that write the same meanwhile.
    """
    if any(not sender.addresses for sender in wanted):
        raise ValueError("a sender without an address")
    if not wanted:
        return []
    merged: dict[int, list[int]] = {}
    for _ in range(_ROUNDS):
        plan = _Plan(_read(session, wanted))
        chosen = [plan.place(sender) for sender in wanted]
        if plan.settled:
            return _results([plan.final(person) for person in chosen], merged)
        _write(session, plan, now, merged)
    raise RuntimeError("addresses kept changing hands while they were resolved")


@dataclass(slots=True)
class _Known:
    person_id: int
    display_name: str | None


@dataclass(slots=True)
class _Plan:
    """What has to be written so that every sender has one person. New people have negative ids until then."""

    known: dict[Address, _Known]
    owner: dict[Address, int] = field(init=False)
    owned: dict[int, set[Address]] = field(init=False)
    names: dict[Address, str] = field(default_factory=dict)
    became: dict[int, int] = field(default_factory=dict)
    newcomers: int = 0

    def __post_init__(self) -> None:
        self.owner = {address: known.person_id for address, known in self.known.items()}
        self.owned = {}
        for address, person in self.owner.items():
            self.owned.setdefault(person, set()).add(address)

    @property
    def settled(self) -> bool:
        return not (self.new() or self.moved() or self.renamed())

    def place(self, sender: Sender) -> int:
        """The person of ``sender``; takes down what has to change for that."""
        addresses = [(sender.channel, address) for address in dict.fromkeys(sender.addresses)]
        person = self._person_for(addresses)
        for address in addresses:
            self._give(address, person)
        if sender.display_name:
            self.names[addresses[0]] = sender.display_name.replace("\0", "")[:200]
        return person

    def _person_for(self, addresses: list[Address]) -> int:
        if addresses[0] in self.owner:
            return self.owner[addresses[0]]
        for address in addresses[1:]:
            person = self.owner.get(address)
            if person is not None and not self._has_others(person, addresses):
                return person
        self.newcomers += 1
        return -self.newcomers

    def _has_others(self, person: int, addresses: list[Address]) -> bool:
        channel = addresses[0][0]
        return any(other[0] == channel and other not in addresses for other in self.owned[person])

    def _give(self, address: Address, person: int) -> None:
        before = self.owner.get(address)
        if before == person:
            return
        self.owner[address] = person
        self.owned.setdefault(person, set()).add(address)
        if before is not None:
            self.owned[before].discard(address)
            if not self.owned[before]:
                self.became[before] = person

    def final(self, person: int) -> int:
        """``person``, or who he became."""
        while person in self.became and not self.owned[person]:
            person = self.became[person]
        return person

    def new(self) -> list[Address]:
        """Addresses to insert, always in the same order, so that two processes cannot wait for each other."""
        return sorted(address for address in self.owner if address not in self.known)

    def moved(self) -> list[Address]:
        return sorted(a for a, known in self.known.items() if self.owner[a] != known.person_id)

    def renamed(self) -> list[Address]:
        return sorted(a for a, name in self.names.items() if a in self.known and self.known[a].display_name != name)

    def merged(self) -> list[tuple[int, int]]:
        """(who has no address left, who he is)."""
        return [(person, self.final(person)) for person in self.became if person > 0 and not self.owned[person]]


def _read(session: Session, wanted: Iterable[Sender]) -> dict[Address, _Known]:
    """All addresses of everybody who has one of the wanted addresses."""
    by_channel: dict[str, set[str]] = {}
    for sender in wanted:
        by_channel.setdefault(sender.channel, set()).update(sender.addresses)
    return {
        (row.channel, row.address): _Known(row.person_id, row.display_name)
        for channel, addresses in by_channel.items()
        for row in session.execute(_KNOWN, {"channel": channel, "addresses": list(addresses)})
    }


def _write(session: Session, plan: _Plan, now: datetime, merged: dict[int, list[int]]) -> None:
    ids = _create_people(session, {plan.owner[address] for address in plan.owner if plan.owner[address] < 0}, now)

    def real(person: int) -> int:
        return ids.get(person, person)

    if new := plan.new():
        values = [
            {
                "person_id": real(plan.owner[address]),
                "channel": address[0],
                "address": address[1],
                "display_name": plan.names.get(address),
                "created_at": now,
            }
            for address in new
        ]
        _insert_unless_there(session, values)
        _forget_unused(session, set(ids.values()))
    if moved := plan.moved():
        _update_handles(session, [_key(a) | {"person_id": real(plan.owner[a])} for a in moved])
    if renamed := plan.renamed():
        _update_handles(session, [_key(a) | {"display_name": plan.names[a]} for a in renamed])
    for loser, winner in plan.merged():
        # A lock must not be escaped by a merge; a proof must not be gained by one.
        session.execute(
            update(IdentityAttempt).where(IdentityAttempt.person_id == loser).values(person_id=real(winner))
        )
        blocking.follow(session, loser, real(winner))
        merged.setdefault(real(winner), []).extend([*merged.pop(loser, ()), loser])


def _create_people(session: Session, placeholders: set[int], now: datetime) -> dict[int, int]:
    if not placeholders:
        return {}
    rows = [{"kind": "unknown", "created_at": now}] * len(placeholders)
    return dict(zip(placeholders, session.scalars(insert(Person).returning(Person.id), rows), strict=True))


def _insert_unless_there(session: Session, rows: list[dict[str, Any]]) -> None:
    there = ["channel", "address"]
    if session.get_bind().dialect.name == "sqlite":
        session.execute(sqlite.insert(Handle).on_conflict_do_nothing(index_elements=there), rows)
    else:
        session.execute(postgresql.insert(Handle).on_conflict_do_nothing(index_elements=there), rows)


def _forget_unused(session: Session, people: set[int]) -> None:
    """Drop those of the new people whose addresses another process was quicker to write."""
    used = set(session.scalars(select(Handle.person_id).where(Handle.person_id.in_(people))))
    if unused := people - used:
        session.execute(delete(Person).where(Person.id.in_(unused)))


def _key(address: Address) -> dict[str, Any]:
    return {"b_channel": address[0], "b_address": address[1]}


def _update_handles(session: Session, rows: list[dict[str, Any]]) -> None:
    table = Handle.__table__
    changed: dict[str, Any] = {name: bindparam(name) for name in rows[0] if not name.startswith("b_")}
    session.connection().execute(
        update(Handle)
        .where(table.c.channel == bindparam("b_channel"), table.c.address == bindparam("b_address"))
        .values(changed),
        rows,
    )


def _results(people: list[int], merged: dict[int, list[int]]) -> list[Resolved]:
    """Each merge is told once: with the first sender whom it concerns."""
    return [Resolved(person, tuple(merged.pop(person, ()))) for person in people]
