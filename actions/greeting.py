"""Greetings, thanks, and questions about the assistant itself."""

from __future__ import annotations

import re

from actions.acting import Talk, greeting, topics
from actions.answers import Perhaps, ask_again, thanked


class Greet(Perhaps):
    """The first greeting says who is speaking and how data are used; later ones are short."""

    action = "action_greet"
    introduces = False

    def act(self, talk: Talk, pending: str | None) -> None:
        if talk.turn.first_contact:
            talk.say("utter_greet_first", greeting=greeting(talk), institution=talk.turn.institution)
        elif talk.loop is not None or pending in ("choice", "handover", "describe"):
            talk.say("utter_greet_back", greeting=greeting(talk))
            ask_again(talk)
        else:
            talk.say("utter_greet", greeting=greeting(talk))


class Start(Perhaps):
    action = "action_start"
    sure_from = 0.9
    repeats = True
    introduces = False

    def act(self, talk: Talk, pending: str | None) -> None:
        response = "utter_greet_first" if talk.turn.first_contact else "utter_start"
        talk.say(response, greeting=greeting(talk), institution=talk.turn.institution)


class Help(Perhaps):
    action = "action_help"
    sure_from = 0.9
    guess_below = 0.6
    keeps_pending = True

    def act(self, talk: Talk, pending: str | None) -> None:
        talk.say("utter_help", topics=topics(talk))


class Thank(Perhaps):
    action = "action_thank"

    def act(self, talk: Talk, pending: str | None) -> None:
        thanked(talk)


class Goodbye(Perhaps):
    action = "action_goodbye"
    guess_below = 0.6

    def act(self, talk: Talk, pending: str | None) -> None:
        talk.resumes = False
        talk.say("utter_goodbye" if talk.loop is None else "utter_identity_later")


class Privacy(Perhaps):
    """Within a form it is most likely the question why the data are wanted."""

    action = "action_privacy"
    sure_from = 0.9
    guess_below = 0.6
    keeps_pending = True
    DELETED = re.compile(r"hapus|delete|remove|disimpan|simpan|store|keep", re.IGNORECASE)

    def act(self, talk: Talk, pending: str | None) -> None:
        if talk.loop is not None and not self.DELETED.search(talk.turn.text):
            talk.resumes = False
            talk.say("utter_guest_why" if talk.loop == "guest_form" else "utter_identity_why")
            return
        kept = talk.turn.promise.profile.retention
        talk.say("utter_privacy", conversation_days=kept.conversations.days, file_days=kept.files.days)


class BotChallenge(Perhaps):
    action = "action_bot_challenge"
    keeps_pending = True

    def act(self, talk: Talk, pending: str | None) -> None:
        talk.say("utter_bot_challenge")


class ChangeLanguage(Perhaps):
    """To the language that is named in either language, else to the other one."""

    action = "action_change_language"
    guess_below = 0.75
    keeps_pending = True
    repeats = True

    def act(self, talk: Talk, pending: str | None) -> None:
        typed = "" if talk.turn.choice or talk.turn.command else talk.turn.text.lower()
        other = {"id": "en", "en": "id"}[talk.turn.language]
        named = {"en": ("inggris", "english"), "id": ("indo",)}
        wanted = [language for language, names in named.items() if any(name in typed for name in names)]
        refused = any(word in typed for word in ("jangan", "kok", "don't", "dont", "cant", "can't", "not "))
        target = wanted[0] if len(wanted) == 1 else other
        if refused and wanted:
            target = {"id": "en", "en": "id"}[target]
        talk.turn.language = target
        talk.say("utter_language_changed")
        ask_again(talk)
