"""Canned replies with their variables filled, and macros: steps with a ticket that are taken all or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.conversation.handover import Desk, refuse_others
from bot.conversation.model import Conversation
from bot.errors import NotAllowed, told
from bot.identity.model import Account, Handle
from bot.identity.people import facts
from bot.knowledge.variables import fill
from bot.procedures.profile import Profile
from bot.tickets import notes, sorting, working
from bot.tickets.canned import VARIABLES, Canned, Known, all_replies
from bot.tickets.changes import note
from bot.tickets.macros import Macro, Steps
from bot.tickets.model import CannedReply, Ticket
from bot.tickets.sorting import Sorting
from bot.tickets.working import Closing

_LANGUAGES = {"id": told("(id)"), "en": told("(en)")}


class StepRefused(NotAllowed):
    """A step of a macro was refused, and with it all of them. ``step``: as ``Steps`` names it, or ``reply``."""

    def __init__(self, step: str, refused: NotAllowed) -> None:
        super().__init__(*refused.args)
        self.step, self.refused = step, refused


@dataclass(frozen=True, slots=True)
class Applying:
    """Who takes the steps, and when. ``assigns``: whether he may give away and sort what others have."""

    desk: Desk
    profile: Profile
    username: str
    now: datetime
    assigns: bool = False

    def carry_out(self, session: Session, ticket: Ticket, macro: Macro) -> None:
        """Take a macro's steps, and write down that it was this one. As ``apply``."""
        about = {"macro": macro.id, "title": macro.title(ticket.language)}
        note(session, ticket, self.username, "macro", self.now, about)
        self.apply(session, ticket, macro.steps, macro.reply)

    def apply(self, session: Session, ticket: Ticket, steps: Steps, reply: str | None = None) -> None:
        """Take the steps, saying the canned reply ``reply``. Raises StepRefused; the caller must not commit then. The
        conversation's row has to be locked."""
        session.refresh(ticket)
        # Most of what is done with many tickets says nothing.
        says = reply is not None or steps.note or steps.solution or steps.record
        values = values_of(session, self.desk, ticket, self.username, self.now) if says else {}
        steps = replace(
            steps,
            note=_filled(steps.note, values),
            solution=_filled(steps.solution, values),
            record=_filled(steps.record, values),
        )
        # What he takes is his before he works on it; what he gives away was his until the end.
        first = steps.assign == "me"
        if first:
            self._assign(session, ticket, "me")
        self._sort(session, ticket, steps)
        if steps.note:
            with _step("note"):
                notes.add_note(session, ticket, steps.note, self.username, self.now)
        if reply is not None:
            self._reply(session, ticket, reply, values)
        if steps.then:
            self._then(session, ticket, steps)
        if steps.assign and not first:
            self._assign(session, ticket, steps.assign)

    def say(self, session: Session, ticket: Ticket, reply: str) -> None:
        """Say a canned reply, with its files. Raises StepRefused: there is none in the person's language, or what
        ``Desk.reply`` refuses."""
        self._reply(session, ticket, reply, values_of(session, self.desk, ticket, self.username, self.now))

    def _sort(self, session: Session, ticket: Ticket, steps: Steps) -> None:
        tags = [*sorting.tags_of(session, ticket), *steps.tags] if steps.tags else None
        for name, wanted in (
            ("category", Sorting(category=steps.category)),
            ("tags", Sorting(tags=tags)),
            ("priority", Sorting(priority=steps.priority)),
        ):
            if wanted == Sorting():
                continue
            with _step(name):
                refuse_others(ticket, self.username, assigns=self.assigns)
                sorting.save(session, ticket, wanted, self.username, self.now)

    def _reply(self, session: Session, ticket: Ticket, reply: str, values: Mapping[str, str | None]) -> None:
        with _step("reply"):
            row = session.get(CannedReply, reply)
            language = session.get_one(Conversation, ticket.conversation_id).language
            if row is None or language not in (canned := Canned.of(row)).words:
                raise NotAllowed(
                    told(
                        "There is no canned reply {reply} in the person's language {language}.",
                        reply=reply, language=_LANGUAGES[language],
                    )
                )  # fmt: skip
            said = fill(canned.words[language].text, values)
            self.desk.reply(session, ticket, self.username, said, self.now, canned.files)

    def _then(self, session: Session, ticket: Ticket, steps: Steps) -> None:
        desk, me, now = self.desk, self.username, self.now
        with _step("then"):
            match steps.then:
                case "wait" if ticket.status != "waiting":
                    refuse_others(ticket, me)
                    working.wait(session, ticket, me, now)
                case "resolve":
                    desk.resolve(session, ticket, me, steps.solution or "", now)
                case "close":
                    desk.close(session, ticket, me, Closing(None, steps.solution, steps.record), now)
                case "spam" | "withdrawn" as why:
                    desk.withdraw(session, ticket, me, why, now)

    def _assign(self, session: Session, ticket: Ticket, to: str) -> None:
        kind, _, name = to.partition(":")
        with _step("assign"):
            refuse_others(ticket, self.username, assigns=self.assigns)
            match kind:
                case "nobody":
                    if ticket.assignee is not None:
                        self.desk.release(session, ticket, self.username, self.now)
                case "unit":
                    unit = self.profile.units.get(name)
                    said = unit.name.said(ticket.language) if unit else name
                    if ticket.assignee is not None or ticket.unit != said:
                        self.desk.hand_to_unit(session, ticket, said, self.username, self.now)
                case _:
                    who = self.username if kind == "me" else name
                    self.desk.hand_on(session, ticket, who, self.username, self.now)


@contextmanager
def _step(name: str) -> Iterator[None]:
    try:
        yield
    except NotAllowed as refused:
        raise StepRefused(name, refused) from refused


def known(session: Session, desk: Desk, profile: Profile) -> Known:
    """What canned replies and macros may name now."""
    staff = session.scalars(select(Account.username)).all()
    replies = [row.id for row in all_replies(session)]
    return Known(VARIABLES | desk.variables.keys(), profile, replies, staff)


def values_of(session: Session, desk: Desk, ticket: Ticket, username: str, now: datetime) -> Mapping[str, str | None]:
    """The variables of texts about the ticket, as ``username`` would say them in its conversation's language."""
    language = session.get_one(Conversation, ticket.conversation_id).language
    display = select(func.max(Handle.display_name)).where(Handle.person_id == ticket.person_id)
    return {
        **desk.variables,
        "name": facts(session, ticket.person_id, now).name or session.scalar(display),
        "ticket": ticket.number,
        "subject": ticket.subject,
        "due": desk.wording.moment(ticket.due_at, language),
        "agent": session.scalar(select(Account.name).where(Account.username == username)),
        "institution": desk.wording.institution,
    }


def _filled(text: str | None, values: Mapping[str, str | None]) -> str | None:
    return fill(text, values) if text else text
