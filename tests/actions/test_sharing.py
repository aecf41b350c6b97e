from __future__ import annotations

from actions.sharing import Share
from bot.storage.database import Database
from tests.actions.stage import Stage


def test_what_was_typed_is_never_taken_for_something_sent_without_words(db: Database) -> None:
    played = Stage(db).play(Share, "lampirannya gimana kak", intent="share", confidence=0.999)
    assert played.said == ["utter_no_answer"]


def test_what_is_sent_while_the_survey_asks_leaves_its_question_open(db: Database) -> None:
    played = Stage(db).play(Share, intent="share", pending="survey_text")
    assert (played.said, played.slots["pending"]) == (["utter_share_kept"], "survey_text")
