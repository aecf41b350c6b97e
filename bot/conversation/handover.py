"""Between the assistant and humans: taking over, replying, giving back, closing. Each change of who is in charge raises
the conversation's epoch, so that nothing the assistant wrote before is sent after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from bot.conversation import enclosing
from bot.conversation.charge import let_go, put_assistant_in_charge, put_in_charge
from bot.conversation.charge import locked as _conversation
from bot.conversation.enclosing import FileRefused
from bot.conversation.messages import Capabilities
from bot.conversation.model import ASSISTANT, Conversation
from bot.conversation.saying import put, say
from bot.conversation.text import storable
from bot.conversation.wording import Wording
from bot.errors import NotAllowed, named, told
from bot.identity.model import Account
from bot.procedures.rules import Question, Survey
from bot.storage.disk import KeptFile
from bot.tickets import assignment, duty, linking, survey, undoing, working
from bot.tickets import service as tickets
from bot.tickets.alarms import NOT_TOLD, SURVEY_DROPPED, procedure_of
from bot.tickets.changes import note
from bot.tickets.lifecycle import LIVE
from bot.tickets.model import Ticket
from bot.tickets.promises import SYSTEM
from bot.tickets.working import Closing


@dataclass(frozen=True, slots=True)
class Desk:
    """What agents' work needs besides a session. ``capabilities``: of each channel by name. ``variables``: what the
    institution lets texts name, with its values."""

    wording: Wording
    capabilities: Mapping[str, Capabilities]
    variables: Mapping[str, str] = field(default_factory=dict)

    def take(self, session: Session, ticket: Ticket, username: str, now: datetime) -> None:
        """The agent takes the ticket and with it the conversation; the assistant falls silent. Raises NotAllowed when
        another agent has either."""
        conversation = _conversation(session, ticket)
        if conversation.in_charge not in (ASSISTANT, username):
            raise NotAllowed(told("{agent} is in charge of this conversation.", agent=conversation.in_charge))
        tickets.assign(session, ticket, username, username, now)
        if conversation.in_charge != username:
            self._hands_over(session, conversation, username, now)

    def reply(
        self,
        session: Session,
        ticket: Ticket,
        username: str,
        text: str,
        now: datetime,
        files: Sequence[KeptFile] = (),
    ) -> Sequence[int]:
        """Queue the agent's answer, a text, files or both; returns the outbox rows' ids. Whoever replies has the
        ticket: it is taken first if nobody has it. What came in by phone or letter is answered where the person chats
        with us; the ticket moves there. Raises NotAllowed: another has it, there is nothing to send, the channel's
        window is over, it does not carry such a file (FileRefused), or he cannot be written to at all."""
        text = storable(text)
        if not text.strip() and not files:
            raise NotAllowed(told("The reply is empty; nothing was sent."))
        conversation = self._where_to_answer(session, ticket, now)
        if self.cannot_reach(conversation, now) == "window":
            raise NotAllowed(
                told(
                    "The person's last message is too old: this channel allows no free text now, and no approved "
                    "template is configured. Nothing was sent."
                )
            )
        capabilities = self.capabilities[conversation.channel]
        enclosing.check(files, capabilities.files)
        if files and self.window_left(conversation, now) == timedelta(0):
            raise FileRefused("window")
        if ticket.assignee != username or conversation.in_charge != username:
            self.take(session, ticket, username, now)
        rows = []
        for part, file in enclosing.messages(text, files, capabilities):
            rows.append(put(session, conversation, part, author=username, now=now, origin=enclosing.origin(file)))
            tickets.add_message(session, ticket, actor=username, outbox_id=rows[-1], now=now)
        return rows

    def release(self, session: Session, ticket: Ticket, username: str, now: datetime) -> None:
        """Give ticket and conversation back: the assistant answers again, beginning anew, and the ticket waits for
        whoever takes it."""
        conversation = _conversation(session, ticket)
        refuse_others(ticket, username)
        tickets.release(session, ticket, username, now)
        if conversation.in_charge == username:
            self._give_back(session, conversation, "utter_given_back", {}, now)

    def hand_on(self, session: Session, ticket: Ticket, to: str, actor: str, now: datetime) -> None:
        """Give the ticket to the colleague ``to``, with the conversation if who had it was in charge of that. Raises
        NotAllowed when it has ended or there is no such colleague."""
        conversation = _conversation(session, ticket)
        had_it = assignment.hand_on(session, ticket, to, actor, now)
        if had_it not in (None, to) and conversation.in_charge == had_it:
            self._hands_over(session, conversation, to, now)

    def hand_to_unit(self, session: Session, ticket: Ticket, unit: str, actor: str, now: datetime) -> None:
        """Give the ticket to a unit, for any of its people to take; until then the assistant answers again."""
        conversation = _conversation(session, ticket)
        had_it = assignment.hand_to_unit(session, ticket, unit, actor, now)
        if had_it is not None and conversation.in_charge == had_it:
            self._give_back(session, conversation, "utter_given_back", {}, now)

    def goes_away(self, session: Session, username: str, actor: str, now: datetime) -> Sequence[str]:
        """Note that ``username`` is away and take back all that he has, for others to take; returns the tickets'
        numbers."""
        duty.set_duty(session, username, False, actor, now)
        left = sorted(assignment.left_behind(session, username), key=lambda ticket: ticket.conversation_id)
        for ticket in left:
            conversation = _conversation(session, ticket)
            # What he had closed is nobody else's to take over.
            self.close_as_planned(session, ticket, now)
            if ticket.status not in LIVE:
                continue
            tickets.release(session, ticket, actor, now)
            if conversation.in_charge == username:
                self._give_back(session, conversation, "utter_given_back", {}, now)
        return [ticket.number for ticket in left if ticket.status in LIVE]

    def resolve(self, session: Session, ticket: Ticket, username: str, solution: str, now: datetime) -> str | None:
        """Resolve the ticket and tell the person how, asking whether it really is; the assistant answers again unless
        the agent has another ticket of this conversation. Returns why he could not be told, if so."""
        conversation = _conversation(session, ticket)
        refuse_others(ticket, username)
        working.resolve(session, ticket, solution, username, now)
        return self._tell_resolved(session, conversation, ticket, username, now)

    def close(
        self, session: Session, ticket: Ticket, username: str, closing: Closing, now: datetime,
        done_at: datetime | None = None,
    ) -> str | None:  # fmt: skip
        """Close the ticket, as of ``done_at`` if not now. What was not resolved before is resolved by it, and told as
        ``resolve`` does; returns why the person could not be told, if so."""
        conversation = _conversation(session, ticket)
        refuse_others(ticket, username)
        session.refresh(ticket)
        to_be_told = ticket.status in LIVE
        working.close(session, ticket, closing, username, done_at or now)
        return self._tell_resolved(session, conversation, ticket, username, now) if to_be_told else None

    def close_as_planned(self, session: Session, ticket: Ticket, now: datetime) -> None:
        """What ``undoing.plan`` planned, as of when it was planned: waiting for an undo makes nobody late. Where it
        cannot be closed any more, who planned it is told."""
        planned = undoing.planned(session, ticket)
        if planned is None:
            return
        try:
            with session.begin_nested():
                undoing.refuse_overtaken(session, ticket, planned)
                self.close(session, ticket, planned.actor, Closing(**(planned.data or {})), now, planned.at)
        except NotAllowed as refused:
            undoing.fail(session, ticket, planned, str(refused), now)

    def withdraw(self, session: Session, ticket: Ticket, username: str, why: str, now: datetime) -> None:
        """Close the ticket without a solution, as there is nothing to solve (``why``: spam, withdrawn). The person is
        not told."""
        conversation = _conversation(session, ticket)
        refuse_others(ticket, username)
        working.withdraw(session, ticket, username, now, why)
        let_go(session, conversation)

    def merge(self, session: Session, ticket: Ticket, into: Ticket, actor: str, now: datetime) -> None:
        """Merge the ticket into another one. What the person writes next in the conversation of both belongs to that:
        it goes to the agent in charge if nobody has it yet, else who has it is in charge now."""
        conversation = _conversation(session, ticket)
        linking.merge(session, ticket, into, actor, now)
        in_charge, same = conversation.in_charge, into.conversation_id == conversation.id and into.status in LIVE
        if same and in_charge == ticket.assignee and into.assignee is None:
            tickets.assign(session, into, in_charge, actor, now)
        elif same and in_charge == ticket.assignee and into.assignee not in (None, in_charge):
            self._hands_over(session, conversation, into.assignee, now)
        let_go(session, conversation)

    def _tell_resolved(
        self, session: Session, conversation: Conversation, ticket: Ticket, username: str, now: datetime
    ) -> str | None:
        let_go(session, conversation)
        reason = self.cannot_reach(conversation, now)
        if reason is not None:
            note(session, ticket, SYSTEM, NOT_TOLD, now, {"why": reason})
            return reason
        self._ask(session, conversation, ticket, now)
        return None

    def _ask(self, session: Session, conversation: Conversation, ticket: Ticket, now: datetime) -> None:
        """How it was resolved, and what its procedure asks at once."""
        told = {"ticket": ticket.number, "solution": ticket.solution or ""}
        asks = _asks(session, ticket)
        question = None if asks is None or asks.after else survey.read(session, ticket).next(asks.questions)
        response = "utter_ticket_resolved"
        if question is None or question.kind != "yes_no":
            response = "utter_ticket_resolved_reopen"
        self._say(session, conversation, response, told, now)
        if question is not None:
            self._put(session, conversation, ticket, question, now)

    def ask_later(self, session: Session, conversation: Conversation, ticket: Ticket, now: datetime) -> None:
        """What its procedure asks some time after the ticket was resolved. Where the person cannot be asked then, he
        is not asked at all. The conversation's row has to be locked."""
        asks = _asks(session, ticket)
        question = survey.read(session, ticket).next(asks.questions if asks else ())
        why = "answered" if question is None else self.cannot_reach(conversation, now)
        if question is None or why is not None:
            note(session, ticket, SYSTEM, SURVEY_DROPPED, now, {"why": why})
        else:
            self._put(session, conversation, ticket, question, now)

    def _put(
        self, session: Session, conversation: Conversation, ticket: Ticket, question: Question, now: datetime
    ) -> None:
        """Ask the person the first question that he has not answered; the talk asks the others as he answers."""
        asked = {
            "ticket": ticket.number,
            "question": question.text.said(conversation.language),
            "question_id": question.id,
        }
        [*_, last] = self._say(session, conversation, f"utter_survey_{question.kind}", asked, now)
        survey.note_sent(session, ticket, last, SYSTEM, now)

    def answered_in(self, session: Session, ticket: Ticket, now: datetime) -> Conversation | None:
        """Where a reply goes: the ticket's conversation, else the person's latest one on a channel that reaches him;
        None where there is neither."""
        conversation = session.get_one(Conversation, ticket.conversation_id)
        if conversation.channel in self.capabilities:
            return conversation
        return next(
            (other for other in session.scalars(self._his_chats(ticket)) if not self.cannot_reach(other, now)), None
        )

    def _where_to_answer(self, session: Session, ticket: Ticket, now: datetime) -> Conversation:
        """``answered_in``, locked; the ticket moves there. Raises NotAllowed."""
        conversation = _conversation(session, ticket)
        if conversation.channel in self.capabilities:
            return conversation
        for other in session.scalars(self._his_chats(ticket).with_for_update()):
            if self.cannot_reach(other, now) is None:
                ticket.conversation_id = other.id
                note(session, ticket, SYSTEM, "moved to chat", now, {"from": conversation.channel, "to": other.channel})
                return other
        raise NotAllowed(
            told(
                "Nobody can be written to by {channel} from here; nothing was sent. Tell the person, and write it down "
                "as told.",
                channel=named(conversation.channel),
            )
        )

    def _his_chats(self, ticket: Ticket) -> Select[Conversation]:
        theirs = select(Conversation).where(
            Conversation.person_id == ticket.person_id, Conversation.channel.in_(self.capabilities)
        )
        return theirs.order_by(Conversation.last_from_person.desc().nulls_last(), Conversation.id)

    def cannot_reach(self, conversation: Conversation, now: datetime) -> str | None:
        """Why nothing can be told in the conversation now: ``switched off``, ``unreachable`` (blocked us, left) or
        ``window`` (the channel allows no free text any more, and no template is configured); None when it can."""
        if conversation.channel not in self.capabilities:
            return "switched off"
        if conversation.unreachable_since is not None:
            return "unreachable"
        left = self.window_left(conversation, now)
        without_template = self.capabilities[conversation.channel].window_template is None
        return "window" if left is not None and not left and without_template else None

    def tell(
        self, session: Session, conversation: Conversation, response: str, args: Mapping[str, Any], now: datetime
    ) -> None:
        """Say a response to the person that nobody of the staff wrote. The conversation's row has to be locked."""
        self._say(session, conversation, response, args, now)

    def window_left(self, conversation: Conversation, now: datetime) -> timedelta | None:
        """How long free text may still be sent; None where the channel knows no window."""
        return self.window_of(conversation.channel, conversation.last_from_person, now)

    def window_of(self, channel: str, last_from_person: datetime | None, now: datetime) -> timedelta | None:
        """``window_left`` on a channel since the person wrote last; None, too, where it is switched off."""
        capabilities = self.capabilities.get(channel)
        if capabilities is None or capabilities.window is None:
            return None
        return max(timedelta(0), last_from_person + capabilities.window - now) if last_from_person else timedelta(0)

    def _give_back(
        self, session: Session, conversation: Conversation, response: str, args: Mapping[str, Any], now: datetime
    ) -> None:
        put_assistant_in_charge(conversation)
        self._say(session, conversation, response, args, now)

    def _hands_over(self, session: Session, conversation: Conversation, to: str, now: datetime) -> None:
        agent = _agent(session, to)
        put_in_charge(conversation, to)
        self._say(session, conversation, "utter_taken_over", {"agent": agent.name}, now)

    def _say(
        self, session: Session, conversation: Conversation, response: str, args: Mapping[str, Any], now: datetime
    ) -> Sequence[int]:
        capabilities = self.capabilities.get(conversation.channel)
        if capabilities is None:
            # Switched off: the work can go on, but there is no way to tell the person.
            return []
        return say(
            session, conversation, self.wording, response, args,
            author=SYSTEM, max_text=capabilities.max_text, max_choices=capabilities.max_choices, now=now,
        )  # fmt: skip


def _agent(session: Session, username: str) -> Account:
    agent = session.scalars(select(Account).where(Account.username == username)).one_or_none()
    if agent is None:
        raise NotAllowed(told("There is no staff account {username}.", username=username))
    return agent


def _asks(session: Session, ticket: Ticket) -> Survey | None:
    procedure = procedure_of(session, ticket)
    return procedure.profile.survey if procedure else None


def refuse_others(ticket: Ticket, username: str, *, assigns: bool = False) -> None:
    """Raises NotAllowed when somebody else has the ticket; not for who ``assigns``: he may give away and sort what
    others have."""
    if not assigns and ticket.assignee not in (None, username):
        raise NotAllowed(told("{agent} has ticket {number}.", agent=ticket.assignee, number=ticket.number))
