"""What staff do with a ticket. Every step says what its page had seen: what somebody else changed meanwhile is shown,
and nothing is overwritten."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.conversation import enclosing
from bot.conversation.handover import refuse_others
from bot.conversation.model import Conversation
from bot.conversation.resending import resend
from bot.errors import Conflict, NotAllowed
from bot.tickets import forwarding, linking, macros, notes, planning, sorting, undoing, working
from bot.tickets.alarms import profile_of
from bot.tickets.macros import Macro, Steps
from bot.tickets.model import Ticket, TicketEvent, TicketMacro
from bot.tickets.working import Closing
from bot.web import talk as talks
from bot.web.api.fields import whole
from bot.web.gate import not_found
from bot.web.pages import relating
from bot.web.pages.canned import applying
from bot.web.pages.inbox import pane, ticket_of
from bot.web.refusals import why_no_macro, why_not
from bot.web.visit import Visit
from bot.web.words import known

Act = Callable[[Visit, Session, Ticket], str | None]
"""Returns the number of the ticket with which the work goes on, where that is another one."""
LONGEST = 20_000
"""Characters of what one step may carry."""


class _Meanwhile(Exception):
    """Somebody else changed the ticket since the page was made; ``told``: who and how, for the reader."""

    def __init__(self, told: str) -> None:
        super().__init__(told)
        self.told = told


def act(visit: Visit) -> Response:
    """Carry out the step of the address; the ticket as it is then, and why not where it was refused."""
    do = ACTS.get(visit.path["step"])
    flash = other = None
    with visit.parts.db.read() as session:
        found = ticket_of(visit, session)
    if do is None or found is None:
        return not_found(visit)
    settings, uploads = visit.parts.settings, visit.uploads if visit.path["step"] == "reply" else ()
    try:
        with (
            enclosing.kept(settings.data_dir, uploads, settings.max_attachment) as visit.enclosed,
            visit.parts.db.write() as session,
        ):
            # First the conversation, as everywhere, or two who lock both could wait for each other.
            session.get_one(Conversation, found.conversation_id, with_for_update=True)
            ticket = session.get_one(Ticket, found.id)
            if visit.path["step"] in GUARDED and (seen := whole(visit.form.get("seen"))) is not None:
                _refuse_stale(visit, session, ticket, seen)
            other = do(visit, session, ticket)
    except _Meanwhile as meanwhile:
        flash = meanwhile.told
    except NotAllowed as refused:
        with visit.parts.db.read() as session:
            flash = _why_not(visit, session, session.get_one(Ticket, found.id), refused)
    try:
        if other is not None and other != found.number:
            return visit.go(f"/console/tickets/{other}")
        return _answer(visit, found.id, flash)
    finally:
        # Only now: what is sent at once would make who sent it wait for his page.
        visit.parts.happened()


def _answer(visit: Visit, ticket_id: int, flash: str | None) -> Response:
    if not visit.fragment and flash is None:
        return visit.go(f"/console/tickets/{visit.path['number']}")
    with visit.parts.db.read() as session:
        shown = pane(visit, session, session.get_one(Ticket, ticket_id))
        kept = {"flash": flash, "values": dict(visit.form) if flash else {}}
        answer = visit.show("parts/ticket.html", 409 if flash else 200, **{**shown, **kept})
    answer.headers["HX-Trigger"] = "refused" if flash else f"done, done-{visit.path['step']}"
    return answer


def _refuse_stale(visit: Visit, session: Session, ticket: Ticket, seen: int) -> None:
    """Raises _Meanwhile with who changed the ticket since the page was made, and how."""
    try:
        sorting.refuse_stale(session, ticket, seen)
    except Conflict as conflict:
        last = [event for event in conflict.changes if isinstance(event, TicketEvent)][-1:]
        names = talks.names_of(session, {event.actor for event in last})
        who = [(names.get(event.actor, event.actor), known(visit.language, "event", event.kind)) for event in last]
        told = "".join(f"{name}: {kind}." for name, kind in who)
        raise _Meanwhile(visit.say("stale_text", what=told)) from conflict


def _why_not(visit: Visit, session: Session, ticket: Ticket, refused: NotAllowed) -> str:
    if visit.path["step"] == "macro":
        row = session.get(TicketMacro, _text(visit, "macro"))
        return why_no_macro(visit, session, ticket, refused, Macro.of(row).steps if row else Steps())
    return why_not(visit, session, ticket, refused, visit.path["step"], visit.form)


def _text(visit: Visit, name: str) -> str:
    return visit.form.get(name, "").strip()[:LONGEST]


def _take(visit: Visit, session: Session, ticket: Ticket) -> None:
    visit.parts.desk.take(session, ticket, visit.who.username, visit.now)


def _reply(visit: Visit, session: Session, ticket: Ticket) -> None:
    visit.parts.desk.reply(session, ticket, visit.who.username, _text(visit, "text"), visit.now, visit.enclosed)
    if visit.form.get("then") == "wait" and ticket.status == "open":
        working.wait(session, ticket, visit.who.username, visit.now)


def _resend(visit: Visit, session: Session, ticket: Ticket) -> None:
    message = whole(_text(visit, "message")) or 0
    resend(session, visit.parts.desk, ticket, message, visit.who.username, visit.now)


def _release(visit: Visit, session: Session, ticket: Ticket) -> None:
    visit.parts.desk.release(session, ticket, visit.who.username, visit.now)


def _categorise(visit: Visit, session: Session, ticket: Ticket) -> None:
    refuse_others(ticket, visit.who.username)
    working.categorise(session, ticket, _text(visit, "category"), visit.who.username, visit.now)


def _close(visit: Visit, session: Session, ticket: Ticket) -> None:
    given = {key: _text(visit, key) or None for key in ("category", "solution", "record")}
    if given["category"] == ticket.category:
        given["category"] = None
    if visit.parts.undoes and ticket.profile_id is not None:
        refuse_others(ticket, visit.who.username)
        undoing.plan(session, ticket, Closing(**given), visit.who.username, visit.now)
    else:
        visit.parts.desk.close(session, ticket, visit.who.username, Closing(**given), visit.now)


def _undo(visit: Visit, session: Session, ticket: Ticket) -> None:
    refuse_others(ticket, visit.who.username)
    undoing.undo(session, ticket, visit.who.username, visit.now)


def _wait(visit: Visit, session: Session, ticket: Ticket) -> None:
    refuse_others(ticket, visit.who.username)
    working.wait(session, ticket, visit.who.username, visit.now)


def _forward(visit: Visit, session: Session, ticket: Ticket) -> None:
    refuse_others(ticket, visit.who.username)
    promise, language = visit.parts.promise, ticket.language
    unit, usual = forwarding.addressee(promise, _text(visit, "unit"), language, visit.now)
    due_at = visit.moment("due") or usual
    details = _text(visit, "details").strip() or None
    forwarding.send(session, ticket, unit, _text(visit, "asked"), due_at, visit.who.username, visit.now, details)


def _back(visit: Visit, session: Session, ticket: Ticket) -> None:
    refuse_others(ticket, visit.who.username)
    working.take_back(session, ticket, _text(visit, "findings"), visit.who.username, visit.now)


def _remind(visit: Visit, session: Session, ticket: Ticket) -> None:
    refuse_others(ticket, visit.who.username, assigns=visit.may("supervise"))
    forwarding.remind(session, ticket, visit.who.username, visit.now)


def _plan(visit: Visit, session: Session, ticket: Ticket) -> None:
    """Written down; where the procedure has a form for it, proposed on that."""
    refuse_others(ticket, visit.who.username)
    form = planning.form_of(session, ticket)
    if form is None:
        planning.plan(session, ticket, _text(visit, "plan"), visit.who.username, visit.now)
    else:
        fields = {field.id: _text(visit, f"plan-{field.id}") for field in form.fields}
        planning.propose(session, ticket, fields, visit.who.username, visit.now)


def _agree(visit: Visit, session: Session, ticket: Ticket) -> None:
    planning.agree(session, ticket, visit.who.username, visit.now)


def _confirm(visit: Visit, session: Session, ticket: Ticket) -> None:
    refuse_others(ticket, visit.who.username)
    working.confirm_identity(session, ticket, _text(visit, "how"), visit.who.username, visit.now)


def _record(visit: Visit, session: Session, ticket: Ticket) -> None:
    working.record(session, ticket, _text(visit, "record"), visit.who.username, visit.now)


def _reopen(visit: Visit, session: Session, ticket: Ticket) -> str:
    """The same ticket, or where the profile does not open it again a new one that is linked with it."""
    refuse_others(ticket, visit.who.username, assigns=visit.may("supervise"))
    promise = visit.parts.promise
    rule = profile_of(session, ticket, promise.profile).reopening
    due_at = promise.due(visit.now)
    return linking.take_up_again(session, ticket, rule, visit.who.username, visit.now, due_at, promise.zone).number


def _note(visit: Visit, session: Session, ticket: Ticket) -> None:
    notes.add_note(session, ticket, _text(visit, "text"), visit.who.username, visit.now)


def _assign(visit: Visit, session: Session, ticket: Ticket) -> None:
    refuse_others(ticket, visit.who.username, assigns=visit.may("supervise"))
    visit.parts.desk.hand_on(session, ticket, _text(visit, "to"), visit.who.username, visit.now)


def _macro(visit: Visit, session: Session, ticket: Ticket) -> None:
    applying(visit).carry_out(session, ticket, macros.by_id(session, _text(visit, "macro")))


ACTS: Mapping[str, Act] = {
    "take": _take,
    "reply": _reply,
    "resend": _resend,
    "note": _note,
    "assign": _assign,
    "macro": _macro,
    "release": _release,
    "categorise": _categorise,
    "close": _close,
    "undo": _undo,
    "wait": _wait,
    "forward": _forward,
    "back": _back,
    "remind": _remind,
    "plan": _plan,
    "agree": _agree,
    "confirm": _confirm,
    "record": _record,
    "reopen": _reopen,
    **relating.ACTS,
}
GUARDED = frozenset(ACTS) - {
    "take", "undo", "reply", "resend", "note", "release", "remind", "confirm", "record", "follow", "unfollow", "link",
    "split",
}  # fmt: skip
"""Steps that rest on what the ticket was when the page was made."""
