"""The inbox: the queues, and a ticket with its conversation beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.conversation import enclosing
from bot.conversation.messages import FileRules
from bot.conversation.model import ASSISTANT, Conversation
from bot.identity.model import Handle, Person
from bot.identity.people import facts
from bot.knowledge.curating import figures
from bot.knowledge.curating.asked import MONTH
from bot.procedures.rules import DESK_CHANNELS
from bot.storage.disk import MOST_FILES
from bot.tickets import corrective, forwarding, links, planning, service, sorting, undoing, unit_mail, units, views
from bot.tickets.form import forwarding_pdf
from bot.tickets.lifecycle import CLOCK_RUNS, ENDED, STEPS, Step
from bot.tickets.model import Ticket
from bot.tickets.working import recorded
from bot.web import filters, persons, queues
from bot.web import talk as talks
from bot.web.api.fields import whole
from bot.web.categories import choices, titles
from bot.web.filters import Filter
from bot.web.gate import not_found
from bot.web.pages.relating import related
from bot.web.queues import Looker
from bot.web.talk import Said
from bot.web.visit import Visit

SUGGESTED, SUGGESTED_FROM = 3, 0.1
"""Templates offered to who replies, and how likely one must be right: less is not worth reading."""
MOST_TICKETS = 12


def inbox(visit: Visit) -> Response:
    """The queues, with no ticket open."""
    with visit.parts.db.read() as session:
        listed = _listed(visit, session)
        if listed is None:
            return not_found(visit)
        return visit.show("inbox.html", active="inbox", open=None, **listed)


def rows(visit: Visit) -> Response:
    """The list alone, as it is now."""
    with visit.parts.db.read() as session:
        listed = _listed(visit, session)
        if listed is None:
            return not_found(visit)
        open_ = visit.request.query_params.get("open", "")
        return visit.show("parts/list.html", open=open_, **listed)


def ticket(visit: Visit) -> Response:
    """A ticket with its conversation; the list beside it where a whole page is asked for."""
    with visit.parts.db.read() as session:
        found = ticket_of(visit, session)
        if found is None:
            return not_found(visit)
        shown = pane(visit, session, found)
        if visit.fragment:
            return visit.show("parts/ticket.html", **shown)
        listed = _listed(visit, session) or {}
        return visit.show("inbox.html", active="inbox", **{**listed, **shown})


def talk(visit: Visit) -> Response:
    """The conversation and what stands around it, as they are now; not what the agent is writing."""
    with visit.parts.db.read() as session:
        found = ticket_of(visit, session)
        if found is None:
            return not_found(visit)
        return visit.show("parts/talk.html", **pane(visit, session, found) | {"around": True})


def faces(visit: Visit) -> Response:
    """Who else looks at the ticket."""
    with visit.parts.db.read() as session:
        found = ticket_of(visit, session)
        if found is None:
            return not_found(visit)
        names = talks.names_of(session, visit.parts.live.present(found.conversation_id))
        return visit.show("parts/faces.html", **_present(visit, found, names))


def _present(visit: Visit, found: Ticket, names: Mapping[str, str]) -> dict[str, Any]:
    """``faces``: (name, whether he writes) of those who have the conversation open too; and whether the person is
    writing."""
    present = visit.parts.live.present(found.conversation_id)
    faces = [(names.get(each, each), writes) for each, writes in present.items() if each != visit.who.username]
    return {"faces": faces, "person_writes": visit.parts.live.is_person_writing(found.conversation_id)}


def ticket_of(visit: Visit, session: Session) -> Ticket | None:
    """The ticket of the address, if there is one."""
    try:
        return service.by_number(session, visit.path["number"])
    except KeyError:
        return None


def pane(visit: Visit, session: Session, ticket: Ticket) -> dict[str, Any]:
    """Everything that is shown of one ticket."""
    parts, now = visit.parts, visit.now
    limit = min(talks.MOST_SHOWN, max(talks.SHOWN, whole(visit.request.query_params.get("show")) or 0))
    staff = talks.everybody(session)
    names = {username: name for username, name, _ in staff}
    said, more = talks.talk(session, ticket, names, limit=limit)
    conversation = session.get_one(Conversation, ticket.conversation_id)
    person = session.get_one(Person, ticket.person_id)
    known_of = facts(session, person.id, now)
    answered_in = parts.desk.answered_in(session, ticket, now)
    handles = session.scalars(select(Handle).where(Handle.person_id == person.id).order_by(Handle.id)).all()
    others = select(Ticket).where(Ticket.person_id == person.id, Ticket.id != ticket.id)
    return {
        "ticket": ticket,
        "open": ticket.number,
        "talk": said,
        "more": limit * 2 if more and limit < talks.MOST_SHOWN else None,
        "conversation": conversation,
        "person": person,
        "display_name": next((handle.display_name for handle in handles if handle.display_name), None),
        "handles": handles,
        "facts": known_of,
        "member": persons.member(session, person, known_of),
        "others": session.scalars(others.order_by(Ticket.id.desc()).limit(MOST_TICKETS)).all(),
        "names": names,
        "colleagues": {username: name for username, name, here in staff if here},
        **_forwarded(visit, session, ticket),
        "actions": corrective.of_ticket(session, ticket) if visit.may("plan") else (),
        "plan_form": planning.form_of(session, ticket),
        "proposal": planning.proposal(session, ticket, visit.language),
        "window": parts.desk.window_left(answered_in, now) if answered_in and person.erased_at is None else None,
        "has_template": parts.desk.cannot_reach(answered_in or conversation, now) != "window",
        "reachable": answered_in is not None,
        "chat": conversation.channel in parts.desk.capabilities,
        "at_desk": conversation.channel in DESK_CHANNELS and conversation.channel != "whatsapp",
        "answered_in": answered_in,
        "carries": _carries(visit, answered_in.channel) if answered_in else None,
        "closing": undoing.planned(session, ticket),
        "seen": sorting.version(session, ticket),
        "recorded": recorded(session, ticket),
        "categories": choices(visit, session, ticket),
        "titles": (named := titles(visit)),
        "category_title": named.get(ticket.category or "", ticket.category),
        "why": {template: hit.title for template, hit in _answers(visit, said).items()},
        "told_of": figures.answers_of(session, _shown(said), now - MONTH),
        "suggest": lambda: _suggestions(visit, ticket, conversation, said),
        "ended": ticket.status in ENDED,
        **related(visit, session, ticket, names),
        "clock_runs": ticket.status in CLOCK_RUNS,
        "mine": ticket.assignee == visit.who.username,
        "free": ticket.assignee is None,
        "can": lambda step: can(ticket, step),
        "assistant_answers": conversation.in_charge == ASSISTANT,
        **_present(visit, ticket, names),
        "flash": None,
        "values": {},
        "around": False,
    }


def _carries(visit: Visit, channel: str) -> dict[str, Any] | None:
    """What the reply box must know of files; None where the channel carries none."""
    capabilities = visit.parts.desk.capabilities.get(channel)
    return carried(visit, capabilities.files) if capabilities and capabilities.files else None


def carried(visit: Visit, rules: FileRules = enclosing.ANY) -> dict[str, Any]:
    """What a page must know of the files that its form may bring."""
    most = min(visit.parts.settings.max_attachment, rules.max_bytes)
    return {
        "most": most,
        "megabytes": enclosing.megabytes(most),
        "files": MOST_FILES,
        "endings": ",".join(enclosing.endings(rules)),
    }


def _forwarded(visit: Visit, session: Session, ticket: Ticket) -> dict[str, Any]:
    """The form that a unit has to answer, and the link by which it can; and which units there are."""
    settings, form = visit.parts.settings, forwarding.current(session, ticket)
    profile = visit.parts.promise.profile
    concerned = profile.unit_of(ticket.category)
    return {
        "form": form,
        "concerned": concerned.name.said(visit.language) if concerned else "",
        "form_mails": unit_mail.of_form(session, form) if form else (),
        "form_mailed": form is not None and forwarding.is_mailed(session, form),
        "form_link": form and links.address(settings.data_dir, settings.address, form),
        "units": [unit.name.said(visit.language) for unit in profile.units.values()],
    }


def form(visit: Visit) -> Response:
    """The forwarding form that a unit has to answer, for printing."""
    with visit.parts.db.read() as session:
        found = ticket_of(visit, session)
        sent = forwarding.current(session, found) if found else None
        if found is None or sent is None:
            return not_found(visit)
        settings = visit.parts.settings
        rule = forwarding.rule_of(session, found)
        content = forwarding_pdf(found, sent, settings.institution, settings.timezone, rule)
    disposition = {"Content-Disposition": f'attachment; filename="{found.number}.pdf"'}
    return Response(content, media_type="application/pdf", headers=disposition)


def can(ticket: Ticket, step: Step) -> bool:
    """Whether the life cycle has that step for the ticket."""
    return (ticket.status, step) in STEPS


def _listed(visit: Visit, session: Session) -> dict[str, Any] | None:
    params, profile, who = visit.request.query_params, visit.parts.promise.profile, visit.who
    me = Looker(who.username, units.business(session, profile, who.username, who.role))
    counts = queues.counts(session, me, visit.now)
    queue = params.get("queue") or ("mine" if counts["mine"] else "unassigned")
    if queue not in queues.QUEUES and not (queue in queues.WATCHED and visit.may("supervise")):
        return None
    search, chosen = params.get("q", "").strip()[:100], Filter.of(params)
    limit = min(queues.MOST_SHOWN, max(queues.SHOWN, whole(params.get("more")) or 0))
    if search:
        found = queues.found_rows(session, search, limit=limit, only=chosen.conditions(profile))
    else:
        found = queues.rows(session, queue, me, visit.now, limit=limit, only=chosen.conditions(profile))
    return {
        "filter": chosen,
        "kept": f"&{chosen.query}" if chosen.query else "",
        "views": views.of(session, me.username),
        "here": filters.address(queue, chosen),
        "tree": [(each.id, each.name.said(visit.language)) for each in profile.every_category()],
        "arrived": sorted({*visit.parts.desk.capabilities, *(profile.desk_channels or DESK_CHANNELS)}),
        "queue": queue,
        "queues": queues.offered(me),
        "watched": queue in queues.WATCHED,
        "counts": counts,
        "search": search,
        "rows": found,
        # Where nothing is left there is time to look back.
        "done": queues.closed_since(session, visit.midnight) if not found and not search else (0, 0),
        "limit": limit,
        "full": len(found) == limit and limit < queues.MOST_SHOWN,
        "staff": talks.names_of(session, {row.ticket.assignee for row in found if row.ticket.assignee}),
        "titles": titles(visit),
    }


def _shown(said: list[Any]) -> set[str]:
    return {each.template for each in said if isinstance(each, Said) and each.template}


def _answers(visit: Visit, said: list[Any]) -> Mapping[str, Any]:
    found = {key: visit.parts.knowledge.get(key, visit.language) for key in _shown(said)}
    return {key: hit for key, hit in found.items() if hit is not None}


def _suggestions(visit: Visit, ticket: Ticket, conversation: Conversation, said: list[Any]) -> Sequence[Any]:
    """Templates that may answer what the person wrote last for the ticket, else what it is about: right before it was
    opened he may have said who he is. Nothing is learned from asking for them."""
    if ticket.status in ENDED:
        return ()
    since = [each for each in said if isinstance(each, Said) and each.side == "person" and each.at > ticket.created_at]
    words = [each.text for each in since if not each.chosen]
    asked = [text for text in [*words[-1:], ticket.summary, ticket.subject] if text and len(text.split()) > 1][:1]
    if not asked:
        return ()
    found = visit.parts.knowledge.suggest(asked[0], conversation.language, limit=SUGGESTED)
    return [each for each in found if each.score >= SUGGESTED_FROM]
