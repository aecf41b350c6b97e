"""The same for many tickets: each in a transaction of its own, and what became of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from bot.conversation.model import Conversation
from bot.errors import NotAllowed, told
from bot.storage.database import Database
from bot.tickets import service
from bot.tickets.model import Ticket

MOST = 200
"""So many tickets at once."""
Do = Callable[[Session, Ticket], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one ticket; ``refused``: why nothing was changed, None where it was done."""

    number: str
    refused: NotAllowed | None = None


def for_each(db: Database, numbers: Sequence[str], do: Do) -> Sequence[Outcome]:
    """Do it with each of the tickets, once, in order; one that refuses holds up no other. Raises NotAllowed where there
    are none, or too many."""
    wanted = list(dict.fromkeys(numbers))
    if not wanted:
        raise NotAllowed(told("No ticket was chosen."))
    if len(wanted) > MOST:
        raise NotAllowed(told("{n} tickets are more than {most}; nothing was changed.", n=len(wanted), most=MOST))
    return [Outcome(number, _one(db, number, do)) for number in wanted]


def _one(db: Database, number: str, do: Do) -> NotAllowed | None:
    try:
        with db.write() as session:
            ticket = service.by_number(session, number)
            # First the conversation, as everywhere, or two who lock both could wait for each other.
            session.get_one(Conversation, ticket.conversation_id, with_for_update=True)
            do(session, ticket)
    except KeyError:
        return NotAllowed(told("There is no ticket {number}.", number=number))
    except NotAllowed as refused:
        return refused
    return None
