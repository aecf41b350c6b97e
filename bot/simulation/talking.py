"""What people write, through the inbox, the turn and its commit. Only the dialogue engine is left out: what it would
have understood is known here, as the simulation wrote it; what is answered is what the knowledge base decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversation import charge
from bot.conversation.inbox import store
from bot.conversation.messages import Incoming
from bot.conversation.model import InboxMessage
from bot.conversation.speaker import handling
from bot.conversation.taking import Outcome, Prepared, Reply, commit, prepare
from bot.conversation.turn import Effect
from bot.conversation.wording import time_argument, word_argument
from bot.knowledge import answers
from bot.knowledge.base import Decision, Hit
from bot.knowledge.curating import asked
from bot.procedures.rules import SOLVED
from bot.simulation.by_hand import calls, enters
from bot.simulation.people import (
    AGAIN,
    BY_HAND,
    CHATS,
    DONE,
    ENGLISH,
    MORE,
    NOT_CONTENT,
    THANKS,
    Person,
    Questions,
)
from bot.simulation.stage import Case, Stage
from bot.tickets import linking, service, survey
from bot.tickets.model import Ticket

Script = Callable[[Prepared], Outcome]


class Talks:
    """What people do. ``waits`` is called with a ticket that has something for staff to do."""

    def __init__(self, stage: Stage, waits: Callable[[Case], None]) -> None:
        self._stage, self._waits = stage, waits
        self._with_agent = self._passed_on = False
        self.people: list[Person] = []
        self.questions = Questions(stage)

    def arrives(self, number: int) -> None:
        """Somebody new has a matter."""
        chance = self._stage.chance
        language = "en" if chance.happens(ENGLISH) else "id"
        by_hand = [each for each in self._stage.profile.desk_channels if each != "whatsapp"]
        if by_hand and chance.happens(BY_HAND):
            person = Person(number, chance.choice(by_hand), language)
            self._waits(enters(self._stage, person, self.questions.draw(language)))
        else:
            person = Person(number, chance.one_of(CHATS), language)
            self._asks(person)
        self.people.append(person)

    # A question, and what comes of it.
    def _asks(self, person: Person) -> None:
        text = self.questions.draw(person.language)
        self._turn(person, text, partial(self._answered, person, text))

    def _answered(self, person: Person, text: str, prepared: Prepared) -> Outcome:
        decision = self.questions.decide(text, person.language)
        note = partial(_asked, prepared, text, person.language, decision, self._stage.now)
        if decision.kind == "hand_over":
            self._offered(person, text, prepared.inbox_id)
            return self._outcome(person, prepared, Reply("utter_no_answer"), note)
        if decision.kind == "answer":
            return self._shows(person, text, decision.hits[0], prepared, prepared.inbox_id, note)
        options = [{"label": hit.title, "intent": "choose", "data": hit.template_id} for hit in decision.hits]
        if self._stage.chance.happens(0.75):
            hit = self._stage.chance.choice(decision.hits)
            after = partial(self._chooses, person, text, hit, prepared.inbox_id)
            self._stage.later(self._stage.chance.takes(timedelta(seconds=30)), after)
        if len(options) == 1:
            return self._outcome(person, prepared, Reply("utter_choose_one", {"title": options[0]["label"]}), note)
        response = "utter_choose_two" if len(options) == 2 else "utter_choose_more"
        return self._outcome(person, prepared, Reply(response, {"options": options}), note)

    def _chooses(self, person: Person, text: str, hit: Hit, asked_in: int) -> None:
        said = hit.title
        self._turn(person, said, lambda prepared: self._shows(person, text, hit, prepared, asked_in))

    def _shows(
        self, person: Person, text: str, hit: Hit, prepared: Prepared, asked_in: int, *effects: Effect
    ) -> Outcome:
        stage, chance = self._stage, self._stage.chance
        shown = partial(_shown, person.conversation, asked_in, hit, stage.now)
        match chance.one_of(NOT_CONTENT):
            case "helped":
                stage.later(chance.takes(timedelta(minutes=1)), partial(self._content, person, hit))
            case "asks again":
                stage.later(chance.takes(timedelta(days=2)), partial(self._asks, person))
            case "not helped":
                after = partial(self._wants_human, person, text, asked_in, hit)
                stage.later(chance.takes(timedelta(minutes=1)), after)
        reply = Reply("utter_answer", {"answer": hit.answer, "template": hit.template_id, "score": hit.score})
        return self._outcome(person, prepared, reply, *effects, shown)

    def _content(self, person: Person, hit: Hit) -> None:
        now = self._stage.now

        def helped(session: Session) -> None:
            answers.record_feedback(session, person.conversation, hit.template_id, True, now)

        said = {"id": "Ya", "en": "Yes"}[person.language]
        self._turn(person, said, lambda it: self._outcome(person, it, Reply("utter_helpful_thanks"), helped))

    def _offered(self, person: Person, text: str, asked_in: int) -> None:
        if self._stage.chance.happens(0.65):
            after = partial(self._wants_human, person, text, asked_in, None)
            self._stage.later(self._stage.chance.takes(timedelta(minutes=1)), after)

    # A ticket.
    def _wants_human(self, person: Person, text: str, asked_in: int, hit: Hit | None) -> None:
        if person.case is not None and person.case.status(self._stage.second) != "closed":
            return
        said = {"id": "Belum", "en": "Not yet"} if hit else {"id": "Ya, teruskan", "en": "Yes, please"}
        self._turn(person, said[person.language], partial(self._opens, person, text, asked_in, hit))

    def _opens(self, person: Person, text: str, asked_in: int, hit: Hit | None, prepared: Prepared) -> Outcome:
        stage, chance = self._stage, self._stage.chance
        kind = "complaint" if chance.happens(0.2) else "question"
        identity = chance.one_of({"proven": 0.6, "guest": 0.25, "unproven": 0.15})
        near = self.questions.decide(text, person.language).hits
        due, now = stage.promise.due(stage.now), stage.now

        def effect(session: Session) -> Mapping[str, Any]:
            if hit is not None:
                answers.record_feedback(session, person.conversation, hit.template_id, False, now)
            self._passed_on = True
            ticket = service.open_ticket(
                session, conversation_id=person.conversation, person_id=person.person, inbox_id=prepared.inbox_id,
                channel=person.channel, subject=text, summary=text, category=near[0].category if near else None,
                kind=kind, identity=identity, language=person.language, now=now, due_at=due, zone=stage.plan.zone,
                prefix=stage.profile.ticket_prefix,
            )  # fmt: skip
            service.add_message(session, ticket, actor=service.PERSON, inbox_id=asked_in, now=now)
            asked.record_handed_over(session, asked_in, now)
            person.case = stage.opened(ticket.id, ticket.number, person, kind, reachable=True)
            person.case.account.wrote(stage.second)
            return {"ticket": ticket.number}

        response = "utter_handed_over_complaint" if kind == "complaint" else "utter_handed_over"
        outcome = self._outcome(person, prepared, Reply(response, {"expectation": self._expects(person)}), effect)
        stage.later(1, lambda: self._waits_now(person))
        if chance.happens(0.1):
            stage.later(chance.takes(timedelta(hours=3)), partial(self.adds, person, MORE[person.language]))
        if chance.happens(0.02):
            stage.later(chance.takes(timedelta(hours=5)), partial(self._withdraws, person))
        return outcome

    def _waits_now(self, person: Person) -> None:
        if person.case is not None:
            self._waits(person.case)

    def _expects(self, person: Person) -> Mapping[str, Any]:
        stage = self._stage
        due = time_argument(stage.promise.due(stage.now))
        if stage.promise.is_open(stage.now):
            return word_argument("utter_word_expectation_open", due=due)
        hours = stage.promise.hours_words(person.language, stage.now)
        return word_argument("utter_word_expectation_closed", due=due, hours=hours)

    def adds(self, person: Person, text: str) -> None:
        """The person writes more for his ticket: to the agent who is in charge, else it is added by the assistant."""
        case = person.case
        if case is None or not case.live(self._stage.second):
            return
        if not case.reachable:
            calls(self._stage, case, text)
            self._waits(case)
            return
        now, second = self._stage.now, self._stage.second

        def added(prepared: Prepared) -> Outcome:
            def effect(session: Session) -> Mapping[str, Any]:
                self._passed_on = True
                ticket = session.get_one(Ticket, case.ticket)
                service.add_message(session, ticket, actor=service.PERSON, inbox_id=prepared.inbox_id, now=now)
                return {"ticket": case.number}

            reply = Reply("utter_added_to_ticket", {"expectation": self._expects(person)})
            return self._outcome(person, prepared, reply, effect)

        self._turn(person, text, added)
        case.account.wrote(second)
        self._waits(case)

    def thanks(self, person: Person) -> None:
        """A thank-you asks for nothing: to the agent, or to the assistant when he is gone."""
        case, chats = person.case, person.case is not None and person.case.reachable
        if case is None or not chats or not case.live(self._stage.second) or case.account.assignee is None:
            return
        self._turn(person, THANKS[person.language], lambda it: self._outcome(person, it, Reply("utter_thanks")))
        if self._with_agent:
            case.account.wrote(self._stage.second, asks=False)

    def _withdraws(self, person: Person) -> None:
        case = person.case
        if case is None or not case.live(self._stage.second):
            return
        now = self._stage.now

        def closes(prepared: Prepared) -> Outcome:
            def effect(session: Session) -> None:
                charge.withdraw(session, session.get_one(Ticket, case.ticket), now)

            return self._outcome(person, prepared, Reply("utter_ticket_closed", {"ticket": case.number}), effect)

        self._turn(person, DONE[person.language], closes)
        if self._with_agent:
            case.account.wrote(self._stage.second)
            self._waits(case)
        else:
            case.account.closed(self._stage.second, "withdrawn")

    # After it was resolved.
    def surveyed(self, person: Person) -> None:
        """The person was asked how it was; some answer, one question after the other."""
        chance, case = self._stage.chance, person.case
        asks = self._stage.profile.survey
        if case is None or asks is None or not case.reachable or not chance.happens(0.35):
            return
        case.given.discard(SOLVED)
        wait = chance.takes(timedelta(minutes=40), 1.2)
        for question in asks.questions:
            if question.id in case.given:
                continue
            said: survey.Answer
            match question.kind:
                case "yes_no":
                    said = chance.happens(0.88)
                case "rating":
                    said = chance.one_of({5: 0.45, 4: 0.3, 3: 0.12, 2: 0.07, 1: 0.06})
                case "text":
                    said = "Terima kasih, cepat sekali." if chance.happens(0.3) else None
            self._stage.later(wait, partial(self._says, person, question, said))
            wait += chance.takes(timedelta(seconds=20))
            if question.id == SOLVED and said is False:
                break

    def _says(self, person: Person, question: Any, said: survey.Answer) -> None:
        case = person.case
        if case is None or case.live(self._stage.second) or question.id in case.given:
            return
        case.given.add(question.id)
        now = self._stage.now
        no = question.id == SOLVED and said is False

        def says(prepared: Prepared) -> Outcome:
            def effect(session: Session) -> None:
                ticket = session.get_one(Ticket, case.ticket)
                survey.answer(session, ticket, question, said, service.PERSON, now)

            if no:
                return self._again(person, case, prepared, effect)
            return self._outcome(person, prepared, Reply("utter_survey_thanks"), effect)

        self._turn(person, f"{question.id} {said}", says)
        if question.kind in ("yes_no", "rating"):
            self._stage.said["solved" if question.kind == "yes_no" else "rating", said] += 1

    def comes_back(self, person: Person) -> None:
        """The matter is there again after it was resolved or closed."""
        case = person.case
        if case is None or case.live(self._stage.second):
            return
        if case.reachable:
            self._turn(person, AGAIN[person.language], lambda it: self._again(person, case, it))

    def _again(self, person: Person, case: Case, prepared: Prepared, *effects: Effect) -> Outcome:
        stage = self._stage
        due, now, second = stage.promise.due(stage.now), stage.now, stage.second

        def effect(session: Session) -> Mapping[str, Any]:
            self._passed_on = True
            ticket = session.get_one(Ticket, case.ticket)
            rule, zone = stage.profile.reopening, stage.plan.zone
            found = linking.take_up_again(session, ticket, rule, service.PERSON, now, due, zone)
            service.add_message(session, found, actor=service.PERSON, inbox_id=prepared.inbox_id, now=now)
            if found.id == case.ticket:
                case.account.reopened(second)
            else:
                person.case = stage.opened(found.id, found.number, person, found.kind, reachable=True)
            person.case.account.wrote(second)  # type: ignore[union-attr]
            return {"ticket": found.number, "old": case.number}

        stage.later(1, lambda: self._waits_now(person))
        reply = Reply("utter_ticket_reopened", {"expectation": self._expects(person)})
        return self._outcome(person, prepared, reply, *effects, effect)

    # One message.
    def _turn(self, person: Person, text: str, script: Script) -> None:
        """Take a message in, and its turn at once: all in the transaction that the worker would have made three of."""
        stage = self._stage
        external, self._passed_on = f"{person.number}-{len(person.wrote)}", False
        incoming = Incoming(person.channel, external, (person.address,), text=text, sent_at=stage.now)
        capabilities = stage.desk.capabilities[person.channel]
        with stage.db.write() as session:
            store(session, [incoming], stage.now)
            if not person.conversation:
                wanted = select(InboxMessage.conversation_id).where(
                    InboxMessage.channel == person.channel, InboxMessage.external_id == external
                )
                person.conversation = session.scalars(wanted).one()
            prepared = prepare(session, person.conversation, stage.now)
            if prepared is None:
                raise RuntimeError(f"message {external} did not come in")
            person.person = prepared.person.id
            decided = handling(prepared.situation)
            self._with_agent = decided.message is None
            outcome = Outcome(decided.by) if self._with_agent else script(prepared)
            commit(
                session, prepared, outcome, stage.desk.wording, capabilities.max_text, capabilities.max_choices,
                stage.now,
            )  # fmt: skip
        person.wrote.append((stage.second, self._with_agent, self._passed_on))

    def _outcome(self, person: Person, prepared: Prepared, reply: Reply, *effects: Effect) -> Outcome:
        replies = [reply]
        if prepared.first_contact:
            wording = self._stage.desk.wording
            now, name = self._stage.now, wording.institution
            replies.insert(0, Reply("utter_introduction", {"greeting": wording.greeting(now), "institution": name}))
        return Outcome("assistant", replies, effects, language=person.language)


def _asked(prepared: Prepared, text: str, language: str, decision: Decision, now: Any, session: Session) -> None:
    asked.record(
        session, inbox_id=prepared.inbox_id, conversation_id=prepared.conversation_id, person_id=prepared.person.id,
        text=text, names=(), language=language, decision=decision, now=now,
    )  # fmt: skip


def _shown(conversation: int, inbox_id: int, hit: Hit, now: Any, session: Session) -> None:
    answers.record_shown(session, conversation, inbox_id, hit.template_id, hit.score, now)
