"""An answer template as people will see it: what would be said, drawn as each channel draws it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.conversation.handover import Desk
from bot.conversation.messages import Button, Outgoing
from bot.conversation.picture import Bubble, Look
from bot.conversation.saying import in_messages
from bot.conversation.wording import Said
from bot.knowledge.content import Content
from bot.knowledge.variables import worded

RESPONSE = "utter_answer"


@dataclass(frozen=True, slots=True)
class Picture:
    """``length``: characters of all that is said, of ``most`` that fit into one message; ``numbered``: from how many on
    its choices can only be typed, where that is reached."""

    channel: str
    bubbles: Sequence[Bubble]
    length: int
    most: int
    numbered: int | None


def pictures(
    desk: Desk,
    looks: Mapping[str, Look],
    content: Content,
    language: str,
    titles: Mapping[str, str],
    values: Mapping[str, str | None],
) -> Sequence[Picture]:
    """One for each channel; none where the template says nothing in that language. ``titles``: of the templates that
    buttons may lead to. ``values``: of the variables."""
    words = content.words.get(language)
    if words is None or not words.answer:
        return []
    text = worded(words.answer, content.attachments.get(language, ()), values)
    leads = [{"label": titles[each], "intent": "choose", "data": each} for each in content.buttons if each in titles]
    given = {"answer": text, "template": content.id, "more_options": leads}
    said = desk.wording.say(RESPONSE, language, given)
    return [_picture(desk, name, look, said, language) for name, look in looks.items()]


def _picture(desk: Desk, name: str, look: Look, said: Said, language: str) -> Picture:
    bubbles: list[Bubble] = []
    for text, options in in_messages(said, desk.wording, language, look.max_text, look.max_choices):
        buttons = tuple(Button(str(number), each.label, each.description) for number, each in enumerate(options))
        bubbles += look.draw(Outgoing(text, buttons, language=language))
    long = look.max_pressable is not None and len(said.text) > look.max_pressable
    return Picture(name, bubbles, len(said.text), look.max_text, look.max_pressable if long else None)
