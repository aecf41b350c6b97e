"""Greetings, thanks, and questions about the assistant itself."""

from __future__ import annotations

from actions.acting import Talk, greeting, topics
from actions.answers import Perhaps


class Greet(Perhaps):
    """The first greeting says who is speaking and how data are used; later ones are short."""

    action = "action_greet"
    keeps_pending = True
    introduces = False

    def act(self, talk: Talk, pending: str | None) -> None:
        response = "utter_greet_first" if talk.turn.first_contact else "utter_greet"
        talk.say(response, greeting=greeting(talk), institution=talk.turn.institution)


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
    keeps_pending = True

    def act(self, talk: Talk, pending: str | None) -> None:
        talk.say("utter_help", topics=topics(talk))


class Thank(Perhaps):
    action = "action_thank"
    keeps_pending = True

    def act(self, talk: Talk, pending: str | None) -> None:
        talk.say("utter_thanks")


class Goodbye(Perhaps):
    action = "action_goodbye"

    def act(self, talk: Talk, pending: str | None) -> None:
        talk.say("utter_goodbye")


class Privacy(Perhaps):
    action = "action_privacy"
    sure_from = 0.9
    keeps_pending = True

    def act(self, talk: Talk, pending: str | None) -> None:
        if talk.loop is not None:
            talk.resumes = False
            talk.say("utter_identity_why")
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
