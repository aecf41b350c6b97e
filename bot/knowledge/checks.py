"""What is wrong with a template, whoever wrote it: every fault with its place. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from bot.knowledge.content import MAX_ATTACHMENT_TITLE, MAX_URL, MOST_ATTACHMENTS, MOST_BUTTONS, Content
from bot.knowledge.normalise import plain
from bot.knowledge.snapshot import AUDIENCES, LANGUAGES, MAX_ANSWER, MAX_TITLE, TemplateWords
from bot.knowledge.variables import OF_THE_TURN, variables_in

NAME = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*")
UNSTORABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
LONGEST = {"category": 64, "id": 64, "title": MAX_TITLE, "owner": 120, "source": 300, "question": 300}
URL = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True, slots=True)
class Rules:
    """What a template is measured by: the variables that have values, and the date in the institution's zone."""

    today: date
    variables: frozenset[str] = OF_THE_TURN


def faults_of(content: Content, rules: Rules, ids: Collection[str]) -> list[str]:
    """Everything that keeps ``content`` from being published. ``ids``: of the templates that buttons may lead to."""
    faults = list(_shared(content, rules, ids))
    if not content.words:
        faults.append(f"{content.place()}: has no words in any language")
    for language, words in content.words.items():
        faults += _words(content, language, words, rules)
    return faults


def collisions(changed: Mapping[str, Content], others: Iterable[Content]) -> list[str]:
    """Example questions of ``changed`` that stand in another template, or twice in their own."""
    owners: dict[tuple[str, str], str] = {
        (language, plain(question)): template.id
        for template in others
        for language, words in template.words.items()
        for question in words.questions
    }
    faults = []
    for template in changed.values():
        own: set[tuple[str, str]] = set()
        for language, words in template.words.items():
            for question in words.questions:
                key = (language, plain(question))
                place = template.place((language, f"question {question}"), (language, "id"))
                owner = owners.setdefault(key, template.id)
                if owner != template.id:
                    faults.append(f"{place}: the question “{question}” is already an example of template {owner}")
                elif key in own:
                    faults.append(f"{place}: the question “{question}” stands there twice")
                own.add(key)
    return faults


def _shared(content: Content, rules: Rules, ids: Collection[str]) -> Iterator[str]:
    for name in ("id", "category"):
        if not NAME.fullmatch(getattr(content, name)):
            yield f"{content.place(name)}: {name} must be of a-z, 0-9 and single - _ ."
    for name in ("id", "category", "owner", "source"):
        yield from _text(content.place(name), name, getattr(content, name), LONGEST[name])
    if content.audience not in AUDIENCES:
        yield f"{content.place('audience')}: audience must be one of {', '.join(AUDIENCES)}"
    first, last = content.valid_from, content.valid_until
    if first and last and first > last:
        yield f"{content.place('valid_until')}: valid_until {last} is before valid_from {first}"
    elif last and last < rules.today:
        yield f"{content.place('valid_until')}: valid_until {last} is over"
    if len(content.buttons) > MOST_BUTTONS:
        yield f"{content.place('buttons')}: has {len(content.buttons)} buttons, more than {MOST_BUTTONS}"
    for at, button in enumerate(content.buttons):
        if button == content.id or button in content.buttons[:at]:
            yield f"{content.place('buttons')}: the button {button} leads to itself or stands there twice"
        elif button not in ids:
            yield f"{content.place('buttons')}: the button {button} leads to no template"


def _words(content: Content, language: str, words: TemplateWords, rules: Rules) -> Iterator[str]:
    def place(field: str) -> str:
        where = content.place((language, field), (language, "id"))
        return where if content.places else f"{where} ({language})"

    if language not in LANGUAGES:
        yield f"{place('id')}: language must be one of {', '.join(LANGUAGES)}"
    yield from _text(place("title"), "title", words.title, MAX_TITLE)
    yield from _text(place("answer"), "answer", words.answer, MAX_ANSWER)
    if not words.questions:
        yield f"{place('questions')}: has no example question"
    for question in words.questions:
        yield from _text(place(f"question {question}"), "a question", question, LONGEST["question"])
        if question and not plain(question):
            yield f"{place(f'question {question}')}: a question needs a letter or a digit"
    for name in variables_in(words.answer):
        if name not in rules.variables:
            known = ", ".join(sorted(rules.variables))
            yield f"{place('answer')}: there is no variable {{{name}}}; known are {known}"
    yield from _attachments(content, language, words, place("attachments"))


def _attachments(content: Content, language: str, words: TemplateWords, place: str) -> Iterator[str]:
    found = content.attachments.get(language, ())
    if len(found) > MOST_ATTACHMENTS:
        yield f"{place}: has {len(found)} attachments, more than {MOST_ATTACHMENTS}"
    for each in found:
        yield from _text(place, "an attachment's title", each.title, MAX_ATTACHMENT_TITLE)
        if not URL.fullmatch(each.url) or len(each.url) > MAX_URL:
            yield f"{place}: an attachment's url must begin with http:// or https://, of {MAX_URL} characters at most"
    length = len(words.answer) + sum(len(each.title) + len(each.url) + 3 for each in found)
    if found and len(words.answer) <= MAX_ANSWER < length:
        yield f"{place}: the answer with its attachments has {length} characters, more than {MAX_ANSWER}"


def _text(place: str, what: str, text: str, longest: int) -> Iterator[str]:
    if not text.strip():
        yield f"{place}: {what} is empty"
    elif len(text) > longest:
        yield f"{place}: {what} has {len(text)} characters, more than {longest}"
    elif UNSTORABLE.search(text):
        yield f"{place}: {what} holds a control character"
