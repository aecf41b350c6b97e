"""Who a person is proven to be, and what never makes him so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from actions.acting import FORM_SLOTS, Acting
from actions.answers import Answer
from actions.identity import GiveIdentity, GuestAct, GuestForm, IdentityForm
from actions.proof import says_only_who
from actions.refusals import IdentityDoubt, OthersData
from actions.repair import Distress, Emergency, Stop
from actions.tickets import Complain, Decline, HandOver
from bot.identity.people import facts, standing_of
from bot.procedures.hours import ServicePromise
from bot.procedures.profile import load_profile, read_profile
from bot.procedures.versions import shipped
from bot.storage.database import Database
from bot.tickets import service as tickets
from tests.actions.stage import ALL_OF_BUDI, JAKARTA, Played, Stage

FORM: dict[str, Any] = {"loop": "identity_form", "requested_slot": "number", "goal": "ticket", "question": "lampu mati"}
WRONG = "13526001, Budi Santoso, 13 Mei 2004"
DATA_SLOTS = {slot for slots in FORM_SLOTS.values() for slot in slots}


@pytest.fixture
def stage(db: Database) -> Stage:
    return Stage(db)


def proven(stage: Stage) -> bool:
    with stage.db.read() as session:
        return facts(session, stage.person_id, stage.now).proven


def left_over(played: Played) -> set[str]:
    return DATA_SLOTS & set(played.slots)


def test_the_right_data_prove_the_person_and_the_ticket_is_opened_at_once(stage: Stage) -> None:
    played = stage.play(IdentityForm, ALL_OF_BUDI, **FORM)
    assert played.said == ["utter_identity_proven", "utter_handed_over"]
    assert played.loop is None
    assert not left_over(played)
    assert not proven(stage), "nothing is written before the commit"
    stage.commit(played)
    assert proven(stage)
    with stage.db.read() as session:
        (ticket,) = tickets.open_tickets(session, person_id=stage.person_id)
        assert (ticket.identity, ticket.summary, ticket.kind) == ("proven", "lampu mati", "question")


def test_data_come_in_any_order_and_in_pieces(stage: Stage) -> None:
    first = stage.play(IdentityForm, "12 Mei 2004", **FORM)
    assert first.said == ["utter_identity_missing"]
    second = stage.play(IdentityForm, "nim 13526001", loop=first.loop, **first.slots)
    third = stage.play(IdentityForm, "budi santosa", intent="nlu_fallback", loop=second.loop, **second.slots)
    assert third.said == ["utter_identity_proven", "utter_handed_over"]


def test_three_failures_lock_and_the_ticket_says_so(stage: Stage) -> None:
    for left in (2, 1):
        played = stage.play(IdentityForm, WRONG, **FORM)
        assert played.said == ["utter_identity_not_matched"]
        assert played.args[0]["left"] == left
        assert played.loop == "identity_form"
        assert not left_over(played)
        stage.commit(played)
    played = stage.play(IdentityForm, WRONG, **FORM)
    assert played.said == ["utter_identity_locked", "utter_handed_over_unproven"]
    assert played.loop is None
    stage.commit(played)
    with stage.db.read() as session:
        assert tickets.open_tickets(session, person_id=stage.person_id)[0].identity == "locked"
    stage.now += timedelta(hours=23)
    assert stage.play(GiveIdentity, ALL_OF_BUDI).said == ["utter_identity_still_locked"]
    stage.now += timedelta(hours=2)
    assert stage.play(GiveIdentity, ALL_OF_BUDI).said == ["utter_identity_proven_what_next"]


CORRECTED = [
    ("13526001, Budi Santoso, 13 Mei 2004", "12 mei 2004"),
    ("13526001, Budi Santoso, 13 Mei 2004", "12052004"),
    ("13526001, Budi Santoso, 13 Mei 2004", "eh salah, tanggal lahir saya 12 mei 2004"),
    ("13526009, Budi Santoso, 12 Mei 2004", "13526001"),
    ("13526009, Budi Santoso, 12 Mei 2004", "maaf, nimnya 13526001"),
    ("13526001, Joko Susilo, 12 Mei 2004", "Budi Santoso"),
    ("13526001, Joko Susilo, 12 Mei 2004", "nama saya budi santoso"),
    ("13526001, Budi Susilo, 12 Mei 2004", "budi santoso"),
    ("13526009, Budi Santoso, 13 Mei 2004", "13526001, 12 mei 2004"),
    ("13526001, Joko Susilo, 13 Mei 2004", "Budi Santoso, 12 mei 2004"),
]


@pytest.mark.parametrize(("wrong", "correction"), CORRECTED)
def test_after_a_mismatch_it_is_enough_to_send_what_was_wrong(stage: Stage, wrong: str, correction: str) -> None:
    failed = stage.play(IdentityForm, wrong, **FORM)
    assert failed.said == ["utter_identity_not_matched"]
    stage.commit(failed)
    played = stage.play(IdentityForm, correction, loop=failed.loop, intent="nlu_fallback", **failed.slots)
    assert played.said == ["utter_identity_proven", "utter_handed_over"]
    assert not left_over(played)


@pytest.mark.parametrize("part", ["13526002", "Joko Susilo", "14 mei 2004"])
@pytest.mark.parametrize("wrong", ["13526001, Budi Santoso, 13 Mei 2004", "13526009, Agus Salim, 12 Mei 2004"])
def test_what_is_said_to_a_correction_does_not_tell_what_is_wrong(stage: Stage, wrong: str, part: str) -> None:
    failed = stage.play(IdentityForm, wrong, **FORM)
    stage.commit(failed)
    again = stage.play(IdentityForm, part, loop=failed.loop, intent="nlu_fallback", **failed.slots)
    assert (again.said, again.args) == (["utter_identity_not_matched"], [{"left": 1}])


def test_who_sends_all_of_it_again_in_pieces_spends_no_try_on_what_he_did_not_change(stage: Stage) -> None:
    talk = stage.play(IdentityForm, "13526001, Budi Santoso, 13 Mei 2004", **FORM)
    stage.commit(talk)
    for piece, missing in (("13526001", "utter_word_two"), ("BUDI SANTOSO", "utter_word_birth_date")):
        talk = stage.play(IdentityForm, piece, loop=talk.loop, intent="nlu_fallback", **talk.slots)
        assert talk.said == ["utter_identity_missing"]
        assert talk.args[0]["missing"]["$response"] == missing
        assert not talk.turn.effects
    talk = stage.play(IdentityForm, "12 mei 2004", loop=talk.loop, **talk.slots)
    assert talk.said == ["utter_identity_proven", "utter_handed_over"]


@pytest.mark.parametrize(
    ("action", "text", "intent"),
    [(Stop, "batal", "stop"), (HandOver, "petugas", "want_human"), (GuestAct, "saya tamu", "guest")],
)
def test_data_that_did_not_match_are_gone_with_the_form(
    stage: Stage, action: type[Acting], text: str, intent: str
) -> None:
    failed = stage.play(IdentityForm, WRONG, **FORM)
    assert "13526001" in str(failed.slots)
    left = stage.play(action, text, intent=intent, loop=failed.loop, **failed.slots)
    assert "13526001" not in str(left.slots)


@pytest.mark.parametrize(
    ("text", "intent"), [("bagus", "nlu_fallback"), ("teknik informatika", "nlu_fallback"), ("oke", "affirm")]
)
def test_ordinary_words_are_not_taken_for_the_name_that_was_asked_for(stage: Stage, text: str, intent: str) -> None:
    asked: dict[str, Any] = {**FORM, "requested_slot": "full_name", "number": "13526001"}
    played = stage.play(IdentityForm, text, intent=intent, **asked)
    assert "full_name" not in played.slots
    guest: dict[str, Any] = {"loop": "guest_form", "requested_slot": "guest_name"}
    assert "guest_name" not in stage.play(GuestForm, text, intent=intent, **guest).slots


def test_who_writes_the_word_again_means_it(stage: Stage) -> None:
    stage.repeats = 2
    asked: dict[str, Any] = {**FORM, "requested_slot": "full_name", "number": "13526001"}
    played = stage.play(IdentityForm, "Bagus", intent="nlu_fallback", **asked)
    assert played.slots["full_name"] == "Bagus"
    guest: dict[str, Any] = {"loop": "guest_form", "requested_slot": "guest_name"}
    assert stage.play(GuestForm, "Bagus", intent="nlu_fallback", **guest).slots["guest_name"] == "Bagus"


def test_a_turn_that_is_taken_again_costs_one_try(stage: Stage) -> None:
    lost = stage.play(IdentityForm, WRONG, **FORM)
    again = stage.play(IdentityForm, WRONG, **FORM)
    assert lost.args == again.args
    stage.commit(again)
    with stage.db.read() as session:
        assert standing_of(session, stage.person_id, stage.now).failures == 1


@pytest.mark.parametrize(
    "slots",
    [
        {"number": "13526001", "full_name": "Budi Santoso", "birth_date": "2004-05-12"},
        {"goal": "answer", "topic": "dobel", "guest": False},
        {"identity": "proven", "proven": True, "kind": "student"},
    ],
)
def test_no_slot_makes_anybody_proven(stage: Stage, slots: dict[str, Any]) -> None:
    played = stage.play(Answer, "ukt saya dobel", intent="ask", **slots)
    assert played.said == ["utter_identity_for_answer"]
    assert not left_over(played)


@pytest.mark.parametrize(
    ("intent", "confidence", "text"),
    [("ask", 0.9, "di mana parkir"), ("stop", 0.9, "batal"), ("want_human", 0.9, "petugas"), ("deny", 0.9, "gak mau")],
)
def test_what_is_no_data_is_left_to_the_other_rules(stage: Stage, intent: str, confidence: float, text: str) -> None:
    asked_for_name: dict[str, Any] = {**FORM, "requested_slot": "full_name", "number": "13526001"}
    assert stage.play(IdentityForm, text, intent=intent, confidence=confidence, **asked_for_name).rejected


def test_a_pressed_button_is_never_data(stage: Stage) -> None:
    assert stage.play(IdentityForm, "Batal", intent="stop", choice=("stop", None), **FORM).rejected


def test_cancelling_leaves_nothing(stage: Stage) -> None:
    played = stage.play(Stop, "batal", intent="stop", number="13526001", full_name="Budi", guest_name="B", **FORM)
    assert played.said == ["utter_stopped"]
    assert played.loop is None
    assert set(played.slots) <= {"guest"}


def test_who_cannot_prove_himself_still_gets_a_human(stage: Stage) -> None:
    played = stage.play(HandOver, "petugas", intent="want_human", **FORM)
    assert played.said == ["utter_handed_over_unproven"]
    assert played.loop is None
    stage.commit(played)
    with stage.db.read() as session:
        assert tickets.open_tickets(session, person_id=stage.person_id)[0].identity == "unproven"


def test_a_guest_gives_name_and_address_and_stays_outside(stage: Stage) -> None:
    begun = stage.play(GuestAct, "saya tamu", intent="guest", **FORM)
    assert begun.loop == "guest_form"
    played = stage.play(GuestForm, "Rina Kartika, rina@gmail.com", loop=begun.loop, **begun.slots)
    assert played.said == ["utter_guest_thanks", "utter_handed_over"]
    assert not left_over(played)
    stage.commit(played)
    with stage.db.read() as session:
        person = facts(session, stage.person_id, stage.now)
        assert (person.kind, person.name, person.email) == ("guest", "Rina Kartika", "rina@gmail.com")
        assert tickets.open_tickets(session, person_id=stage.person_id)[0].identity == "guest"
    assert stage.play(Answer, "ukt saya dobel", intent="ask").said == ["utter_private_not_for_guests"]


def test_the_proof_runs_out(stage: Stage) -> None:
    stage.commit(stage.play(GiveIdentity, ALL_OF_BUDI))
    assert stage.play(Answer, "ukt saya dobel", intent="ask").said == ["utter_answer"]
    stage.now += timedelta(days=31)
    assert stage.play(Answer, "ukt saya dobel", intent="ask").said == ["utter_identity_for_answer"]


def test_a_student_is_not_staff(stage: Stage) -> None:
    stage.commit(stage.play(GiveIdentity, ALL_OF_BUDI))
    assert stage.play(Answer, "kapan gaji", intent="ask").said == ["utter_not_for_kind"]


PROOFS = [
    (frozenset(), "ukt dobel", ["utter_answer"]),
    (frozenset({"private"}), "ukt dobel", ["utter_identity_for_answer"]),
    (frozenset({"tickets"}), "ukt dobel", ["utter_answer"]),
    (frozenset({"private"}), "di mana parkir", ["utter_answer"]),
    (frozenset({"tickets", "private", "everything"}), "di mana parkir", ["utter_identity_for_everything"]),
]


@pytest.mark.parametrize(("proof_for", "text", "said"), PROOFS)
def test_the_settings_say_what_needs_a_proof(
    db: Database, proof_for: frozenset[str], text: str, said: list[str]
) -> None:
    assert Stage(db, proof_for=proof_for).play(Answer, text, intent="ask").said == said


def test_a_question_that_waited_for_the_proof_is_answered(db: Database) -> None:
    stage = Stage(db, proof_for=frozenset({"tickets", "private", "everything"}))
    asked = stage.play(Answer, "di mana parkir", intent="ask")
    played = stage.play(IdentityForm, ALL_OF_BUDI, loop=asked.loop, **asked.slots)
    assert played.said == ["utter_identity_proven", "utter_answer"]
    assert played.args[1]["answer"] == "Jawaban parkir."


@pytest.mark.parametrize(
    ("text", "only"),
    [
        ("13526001 budi santoso 12 mei 2004", True),
        ("NIM: 13526001, nama saya Budi Santoso, tanggal lahir 12-05-2004", True),
        ("my student number is 13526001", True),
        ("nama saya salah di ijazah dan transkrip, nim 13526001", False),
        ("tampilkan semua nilai mahasiswa dengan nim 13526001", False),
        ("budi santoso", False),
    ],
)
def test_data_are_told_from_a_matter_that_holds_a_number(text: str, only: bool) -> None:
    assert says_only_who(text) is only


def test_who_was_refused_a_proof_is_told_nothing_about_others_either(stage: Stage) -> None:
    asked = stage.play(OthersData, "berapa tanggal lahir budi", intent="others_data")
    assert asked.said == ["utter_others_data"]
    in_form = stage.play(OthersData, "berapa tanggal lahir budi", intent="others_data", **FORM)
    assert in_form.said == ["utter_others_data_aside", "utter_identity_resume"]
    doubt = stage.play(IdentityDoubt, "yang salah yang mana", intent="identity_doubt", **FORM)
    assert doubt.said == ["utter_identity_no_hint", "utter_identity_resume"]


def test_in_distress_nobody_has_to_say_who_he_is_and_only_then(stage: Stage) -> None:
    asked = stage.play(Distress, "pengen mati aja", intent="distress", **FORM)
    assert (asked.said, asked.loop) == (["utter_distress", "utter_distress_offer"], None)
    assert stage.play(HandOver, "ya", intent="affirm", **asked.slots).said == ["utter_handed_over_unproven"]
    later = stage.play(Answer, "di mana parkir", intent="ask", **asked.slots)
    after = stage.play(HandOver, "petugas", intent="want_human", **later.slots)
    assert after.said == ["utter_identity_for_ticket"]


@pytest.mark.parametrize("between", [None, Answer, Complain])
def test_what_somebody_in_distress_wants_a_human_for_is_urgent(stage: Stage, between: type[Acting] | None) -> None:
    talk = stage.play(Distress, "pengen mati aja", intent="distress")
    if between is Answer:
        talk = stage.play(Answer, "ga ada yang peduli sama saya", intent="ask", **talk.slots)
    if between is Complain:
        talk = stage.play(Complain, "semua dosen jahat kepada saya", intent="complain", **talk.slots)
    else:
        talk = stage.play(HandOver, "ya", intent="affirm", **talk.slots)
    stage.commit(talk)
    with stage.db.read() as session:
        (ticket,) = tickets.open_tickets(session, person_id=stage.person_id)
        assert ticket.priority == "urgent"
    assert "priority" not in talk.slots


def test_another_matter_after_distress_is_as_usual(db: Database) -> None:
    stage = Stage(db, proof_for=frozenset())
    talk = stage.play(Distress, "pengen mati aja", intent="distress")
    talk = stage.play(Answer, "di mana parkir", intent="ask", **talk.slots)
    talk = stage.play(Answer, "lampu di kelas saya mati", intent="ask", **talk.slots)
    stage.commit(stage.play(HandOver, "ya", intent="affirm", **talk.slots))
    with stage.db.read() as session:
        assert [ticket.priority for ticket in tickets.open_tickets(session, person_id=stage.person_id)] == ["normal"]


@pytest.mark.parametrize(("action", "text"), [(Decline, "tidak"), (Stop, "batal")])
def test_who_wants_nobody_after_all_leaves_nothing_urgent(stage: Stage, action: type[Acting], text: str) -> None:
    talk = stage.play(Distress, "pengen mati aja", intent="distress")
    assert "priority" not in stage.play(action, text, intent="deny", **talk.slots).slots


@pytest.fixture
def unchecked(db: Database) -> Stage:
    """Where the profile asks for name and e-mail address, and nobody is checked."""
    return Stage(db, promise=ServicePromise(load_profile(shipped("kominfo")), JAKARTA))


def test_where_nobody_is_checked_name_and_address_are_asked_for_and_open_the_ticket(unchecked: Stage) -> None:
    asked = unchecked.play(Complain, "domain dinas kami mati sejak tadi malam", intent="complain")
    assert (asked.said, asked.loop) == (["utter_guest_ask"], "guest_form")
    played = unchecked.play(GuestForm, "Sari Dewi, sari@dinas.go.id", loop=asked.loop, **asked.slots)
    assert played.said == ["utter_guest_thanks", "utter_handed_over_complaint"]
    unchecked.commit(played)
    with unchecked.db.read() as session:
        (ticket,) = tickets.open_tickets(session, person_id=unchecked.person_id)
        known = facts(session, unchecked.person_id, unchecked.now)
    assert (ticket.identity, known.name, known.email) == ("guest", "Sari Dewi", "sari@dinas.go.id")


ASKED = [
    ("ask: [email]", "rina@dinas.go.id", {"guest_email"}, (None, "rina@dinas.go.id")),
    ("ask: [name, phone]", "Sari Dewi", {"guest_name"}, ("Sari Dewi", None)),
]


@pytest.mark.parametrize(("rule", "reply", "wanted", "kept"), ASKED)
def test_a_guest_is_asked_for_what_the_profile_says_and_no_more(
    db: Database, rule: str, reply: str, wanted: set[str], kept: tuple[str | None, str | None]
) -> None:
    stage = asking(db, rule)
    asked = stage.play(Complain, "domain dinas kami mati sejak tadi malam", intent="complain")
    assert asked.said == ["utter_guest_ask"]
    assert {asked.slots["requested_slot"]} == wanted
    played = stage.play(GuestForm, reply, intent="nlu_fallback", loop=asked.loop, **asked.slots)
    assert played.said == ["utter_guest_thanks", "utter_handed_over_complaint"]
    stage.commit(played)
    with stage.db.read() as session:
        known = facts(session, stage.person_id, stage.now)
    assert (known.name, known.email) == kept


@pytest.mark.parametrize("rule", ["ask: [phone]", "ask: [number, birth_date]"])
def test_where_a_chat_has_nothing_to_ask_for_the_ticket_is_opened_at_once(db: Database, rule: str) -> None:
    stage = asking(db, rule)
    played = stage.play(Complain, "domain dinas kami mati sejak tadi malam", intent="complain")
    assert (played.said, played.loop) == (["utter_handed_over_complaint"], None)
    assert stage.play(GiveIdentity, ALL_OF_BUDI).said == ["utter_guest_welcome"]


def asking(db: Database, rule: str) -> Stage:
    """Where the profile has this identity rule, and nobody is checked."""
    text = shipped("kominfo").read_text(encoding="utf-8").replace("ask: [name, email]", rule)
    return Stage(db, promise=ServicePromise(read_profile(text, "kominfo"), JAKARTA))


def test_where_nobody_is_checked_the_right_data_prove_nothing(unchecked: Stage) -> None:
    assert unchecked.play(GiveIdentity, ALL_OF_BUDI).said == ["utter_guest_ask"]
    assert not proven(unchecked)
    assert unchecked.play(Answer, "dobel", intent="ask").said == ["utter_private_not_for_guests"]


def test_what_is_hardly_danger_is_a_question(stage: Stage) -> None:
    asked = stage.play(Emergency, "dompet saya hilang di lab", intent="emergency", confidence=0.5, **FORM)
    assert "utter_emergency" not in asked.said
    assert stage.play(Emergency, "ada kebakaran", intent="emergency").said == [
        "utter_emergency",
        "utter_distress_offer",
    ]
