"""What is wrong with a template, whoever wrote it: every fault with its place. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from bot.errors import Told, at, told
from bot.knowledge.content import MAX_ATTACHMENT_TITLE, MAX_URL, MOST_ATTACHMENTS, MOST_BUTTONS, Content
from bot.knowledge.normalise import plain
from bot.knowledge.snapshot import AUDIENCES, LANGUAGES, MAX_ANSWER, MAX_TITLE, TemplateWords
from bot.knowledge.variables import OF_THE_TURN, stray_brace, variables_in

NAME = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*")
UNSTORABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
LONGEST = {"category": 64, "id": 64, "title": MAX_TITLE, "owner": 120, "source": 300, "question": 300}
URL = re.compile(r"https?://[^\s<>\"]+")
_CALLED = {
    "id": told("id"),
    "category": told("category"),
    "owner": told("owner"),
    "source": told("source"),
}


@dataclass(frozen=True, slots=True)
class Rules:
    """What a template is measured by: the variables that have values, and the date in the institution's zone."""

    today: date
    variables: frozenset[str] = OF_THE_TURN


def faults_of(content: Content, rules: Rules, ids: Collection[str]) -> list[Told]:
    """Everything that keeps ``content`` from being published. ``ids``: of the templates that buttons may lead to."""
    faults = list(_shared(content, rules, ids))
    if not content.words:
        faults.append(at(content.place(), told("has no words in any language")))
    for language, words in content.words.items():
        faults += _words(content, language, words, rules)
    return faults


def collisions(changed: Mapping[str, Content], others: Iterable[Content]) -> list[Told]:
    """Example questions of ``changed`` that stand in another template, or twice in their own."""
    owners: dict[tuple[str, str], str] = {
        (language, plain(question)): template.id
        for template in others
        for language, words in template.words.items()
        for question in words.questions
    }
    faults: list[Told] = []
    for template in changed.values():
        own: set[tuple[str, str]] = set()
        for language, words in template.words.items():
            for question in words.questions:
                key = (language, plain(question))
                place = template.place((language, f"question {question}"), (language, "id"))
                owner = owners.setdefault(key, template.id)
                if owner != template.id:
                    what = told(
                        "the question “{question}” is already an example of template {id}", question=question, id=owner
                    )
                    faults.append(at(place, what))
                elif key in own:
                    faults.append(at(place, told("the question “{question}” stands there twice", question=question)))
                own.add(key)
    return faults


def _shared(content: Content, rules: Rules, ids: Collection[str]) -> Iterator[Told]:
    for name in ("id", "category"):
        if not NAME.fullmatch(getattr(content, name)):
            yield at(content.place(name), told("{what} must be of a-z, 0-9 and single - _ .", what=_CALLED[name]))
    for name in ("id", "category", "owner", "source"):
        yield from _text(content.place(name), _CALLED[name], getattr(content, name), LONGEST[name])
    if content.audience not in AUDIENCES:
        yield at(content.place("audience"), told("audience must be one of {known}", known=", ".join(AUDIENCES)))
    first, last = content.valid_from, content.valid_until
    if first and last and first > last:
        what = told("valid_until {last} is before valid_from {first}", last=last, first=first)
        yield at(content.place("valid_until"), what)
    elif last and last < rules.today:
        yield at(content.place("valid_until"), told("valid_until {last} is over", last=last))
    yield from _buttons(content, ids)


def _buttons(content: Content, ids: Collection[str]) -> Iterator[Told]:
    place = content.place("buttons")
    if len(content.buttons) > MOST_BUTTONS:
        what = told("has {n} buttons, more than {most}", n=len(content.buttons), most=MOST_BUTTONS)
        yield at(place, what)
    for number, button in enumerate(content.buttons):
        if button == content.id or button in content.buttons[:number]:
            yield at(place, told("the button {button} leads to itself or stands there twice", button=button))
        elif button not in ids:
            yield at(place, told("the button {button} leads to no template", button=button))


def _words(content: Content, language: str, words: TemplateWords, rules: Rules) -> Iterator[Told]:
    def place(field: str) -> str:
        where = content.place((language, field), (language, "id"))
        return where if content.places else f"{where} ({language})"

    if language not in LANGUAGES:
        yield at(place("id"), told("language must be one of {known}", known=", ".join(LANGUAGES)))
    yield from _text(place("title"), told("title"), words.title, MAX_TITLE)
    yield from _text(place("answer"), told("answer"), words.answer, MAX_ANSWER)
    if not words.questions:
        yield at(place("questions"), told("has no example question"))
    for question in words.questions:
        where = place(f"question {question}")
        yield from _text(where, told("a question"), question, LONGEST["question"])
        if question and not plain(question):
            yield at(where, told("a question needs a letter or a digit"))
    for name in variables_in(words.answer):
        if name not in rules.variables:
            known = ", ".join(sorted(rules.variables))
            yield at(
                place("answer"), told("there is no variable {{{name}}}; known are {known}", name=name, known=known)
            )
    if stray_brace(words.answer):
        yield at(place("answer"), told("has a brace that belongs to no variable; one is written {{name}}"))
    yield from _as_written(place("title"), told("title"), words.title)
    yield from _attachments(content, language, words, place("attachments"))


def _attachments(content: Content, language: str, words: TemplateWords, place: str) -> Iterator[Told]:
    found = content.attachments.get(language, ())
    if len(found) > MOST_ATTACHMENTS:
        yield at(place, told("has {n} attachments, more than {most}", n=len(found), most=MOST_ATTACHMENTS))
    for each in found:
        yield from _text(place, told("an attachment's title"), each.title, MAX_ATTACHMENT_TITLE)
        yield from _as_written(place, told("an attachment's title"), each.title)
        yield from _as_written(place, told("an attachment's url"), each.url)
        if not URL.fullmatch(each.url) or len(each.url) > MAX_URL:
            what = told(
                "an attachment's url must begin with http:// or https://, of {most} characters at most", most=MAX_URL
            )
            yield at(place, what)
    length = len(words.answer) + sum(len(each.title) + len(each.url) + 3 for each in found)
    if found and len(words.answer) <= MAX_ANSWER < length:
        what = told("the answer with its attachments has {n} characters, more than {most}", n=length, most=MAX_ANSWER)
        yield at(place, what)


def _as_written(place: str, what: Told, text: str) -> Iterator[Told]:
    if "{" in text or "}" in text:
        yield at(place, told("{what} has a brace; variables are filled in answers alone", what=what))


def _text(place: str, what: Told, text: str, longest: int) -> Iterator[Told]:
    if not text.strip():
        yield at(place, told("{what} is empty", what=what))
    elif len(text) > longest:
        yield at(place, told("{what} has {n} characters, more than {most}", what=what, n=len(text), most=longest))
    elif UNSTORABLE.search(text):
        yield at(place, told("{what} holds a control character", what=what))
