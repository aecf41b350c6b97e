"""Follow-up plans. Where the procedure has a form for them, the desk and its leadership agree on one: somebody proposes
it, and somebody of another role agrees."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.errors import NotAllowed, named, together, told
from bot.procedures.profile import Profile
from bot.procedures.rules import Form
from bot.tickets import working
from bot.tickets.alarms import events_of, procedure_of
from bot.tickets.changes import note, storable
from bot.tickets.lifecycle import STEPS, after
from bot.tickets.model import Ticket, TicketEvent
from bot.tickets.notices import tell
from bot.tickets.roles import holders

PROPOSED = "plan proposed"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan that nobody has agreed on yet. ``by``: whose it is. ``said``: label and text, in the form's order.
    ``agreeing``: the user names of those who can agree."""

    by: str
    at: datetime
    said: Sequence[tuple[str, str]]
    agreeing: Sequence[str]


def form_of(session: Session, ticket: Ticket) -> Form | None:
    """The form that the ticket's procedure has for plans; None where a plan is only written down."""
    ruled = _rule(session, ticket)
    return ruled[1] if ruled else None


def proposal(session: Session, ticket: Ticket, language: str) -> Proposal | None:
    """What is proposed for the ticket now, labels in ``language``."""
    ruled = _rule(session, ticket)
    proposed = _proposed(events_of(session, ticket)) if ruled and (ticket.status, "plan") in STEPS else None
    if ruled is None or proposed is None:
        return None
    profile, form = ruled
    written = (proposed.data or {})["fields"]
    said = [(field.label.said(language), written[field.id]) for field in form.fields if written.get(field.id)]
    return Proposal(proposed.actor, proposed.at, said, _agreeing(session, profile, proposed.actor))


def plan(session: Session, ticket: Ticket, text: str, actor: str, now: datetime) -> None:
    """Write down a follow-up that was agreed on. Raises NotAllowed where the procedure has a form for it, or ``actor``
    may not plan by it."""
    procedure = procedure_of(session, ticket)
    if procedure is not None:
        _refuse_who_may_not(session, procedure.profile, ticket, actor)
    if _rule(session, ticket) is not None:
        raise NotAllowed(
            told(
                "Ticket {number}'s follow-up plan has a form: propose it, and another role agrees.",
                number=ticket.number,
            )
        )
    working.plan(session, ticket, text, actor, now)


def propose(session: Session, ticket: Ticket, fields: Mapping[str, str], actor: str, now: datetime) -> Sequence[str]:
    """Propose a plan on the procedure's form (``fields`` by their ids), in place of one that was proposed before.
    Returns who was told, and can agree. Raises NotAllowed, naming what is missing."""
    profile, form = _ruled(session, ticket)
    session.refresh(ticket, with_for_update=True)
    after(ticket.number, ticket.status, "plan")
    written = {field.id: storable(fields.get(field.id, "")).strip() for field in form.fields}
    if unknown := fields.keys() - written.keys():
        raise NotAllowed(
            told(
                "The plan's form has no {unknown}; it has {known}.",
                unknown=", ".join(sorted(unknown)),
                known=", ".join(written),
            )
        )
    missing = [named(field.id) for field in form.fields if field.required and not written[field.id]]
    if missing:
        raise NotAllowed(
            told(
                "The plan for ticket {number} lacks {missing}; nothing was proposed.",
                number=ticket.number, missing=together(missing),
            )
        )  # fmt: skip
    who = _who_can_agree(session, profile, ticket, actor)
    note(session, ticket, actor, PROPOSED, now, {"fields": written, "told": list(who)})
    tell(session, ticket, who, "proposed", "plan", ticket.due_at, now)
    session.flush()
    return who


def agree(session: Session, ticket: Ticket, actor: str, now: datetime) -> None:
    """Agree on the plan that was proposed last; it is being carried out from now on. Raises NotAllowed: none was
    proposed, or ``actor`` is nobody to agree on it."""
    profile, form = _ruled(session, ticket)
    session.refresh(ticket, with_for_update=True)
    proposed = _proposed(events_of(session, ticket))
    if proposed is None:
        raise NotAllowed(told("No plan is proposed for ticket {number}.", number=ticket.number))
    if actor not in _who_can_agree(session, profile, ticket, proposed.actor):
        raise NotAllowed(
            told(
                "The plan for ticket {number} needs somebody of another role than {username}'s.",
                number=ticket.number, username=proposed.actor,
            )
        )  # fmt: skip
    written = (proposed.data or {})["fields"]
    # In the form's order: the database keeps none.
    filled = ((field.label.said(ticket.language), written.get(field.id)) for field in form.fields)
    text = "\n".join(f"{label}: {said}" for label, said in filled if said)
    working.plan(session, ticket, text, actor, now, {"proposed_by": proposed.actor, "fields": written})


def _rule(session: Session, ticket: Ticket) -> tuple[Profile, Form] | None:
    procedure = procedure_of(session, ticket)
    form = procedure.profile.form_of("plan") if procedure else None
    return (procedure.profile, form) if procedure and form else None


def _ruled(session: Session, ticket: Ticket) -> tuple[Profile, Form]:
    found = _rule(session, ticket)
    if found is None:
        raise NotAllowed(
            told("The procedure of ticket {number} has no form for follow-up plans.", number=ticket.number)
        )
    return found


def _who_can_agree(session: Session, profile: Profile, ticket: Ticket, proposer: str) -> Sequence[str]:
    """Who may plan by a role that ``proposer`` has not. Raises NotAllowed where he may not plan, or nobody can."""
    _refuse_who_may_not(session, profile, ticket, proposer)
    others = _agreeing(session, profile, proposer)
    if not others:
        raise NotAllowed(
            told("Nobody of another role than {username}'s may plan; a plan needs two.", username=proposer)
        )
    return others


def _refuse_who_may_not(session: Session, profile: Profile, ticket: Ticket, actor: str) -> None:
    if not any(actor in names for names in _planners(session, profile)):
        raise NotAllowed(told("{username} may not plan for ticket {number}.", username=actor, number=ticket.number))


def _agreeing(session: Session, profile: Profile, proposer: str) -> Sequence[str]:
    return sorted({name for names in _planners(session, profile) if proposer not in names for name in names})


def _planners(session: Session, profile: Profile) -> Sequence[Collection[str]]:
    """Of each role that may plan, who holds it."""
    return [holders(session, role) for role in profile.roles.values() if "plan" in role.may]


def _proposed(events: Sequence[TicketEvent]) -> TicketEvent | None:
    """The proposal that nobody has agreed on yet; none where its words went with an erased person's."""
    last = next((event for event in reversed(events) if event.kind in (PROPOSED, "planned")), None)
    return last if last is not None and last.kind == PROPOSED and "fields" in (last.data or {}) else None
