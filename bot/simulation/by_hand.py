"""People who come, call or write a letter: staff enter what they say, and write it down when they do so again."""

from __future__ import annotations

from bot.conversation import entering
from bot.conversation.entering import Arrival
from bot.conversation.model import InboxMessage
from bot.simulation.people import KINDS, Person
from bot.simulation.stage import Case, Stage
from bot.tickets import service
from bot.tickets.model import Ticket


def enters(stage: Stage, person: Person, text: str) -> Case:
    """Somebody has come; a clerk opens a ticket."""
    kind, clerk = stage.chance.one_of(KINDS), stage.chance.choice(stage.agents)
    arrival = Arrival(
        person.channel, text, name=f"Orang {person.number}", email=f"orang{person.number}@contoh.ac.id",
        phone=f"0800{person.number:07d}", kind=kind, language=person.language,
    )  # fmt: skip
    with stage.db.write() as session:
        ticket = entering.enter(session, arrival, stage.promise, clerk, stage.now)
        person.conversation, person.person = ticket.conversation_id, ticket.person_id
        person.case = stage.opened(ticket.id, ticket.number, person, kind, reachable=False)
    person.wrote.append((stage.second, True, True))
    return person.case


def calls(stage: Stage, case: Case, text: str) -> None:
    """He calls or comes again, about the same ticket."""
    with stage.db.write() as session:
        row = InboxMessage(
            conversation_id=case.person.conversation, channel=case.person.channel, kind="message", text=text,
            external_id=f"again-{case.ticket}-{stage.second}", received_at=stage.now, status="done",
            handled_by="agent", done_at=stage.now,
        )  # fmt: skip
        session.add(row)
        session.flush()
        ticket = session.get_one(Ticket, case.ticket)
        service.add_message(session, ticket, actor=service.PERSON, inbox_id=row.id, now=stage.now)
    case.person.wrote.append((stage.second, True, False))
    case.account.wrote(stage.second)
