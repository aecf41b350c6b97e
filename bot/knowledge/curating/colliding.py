"""Templates that people's questions could not tell apart. Pure but for the learning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace

from bot.errors import Told, told
from bot.knowledge.base import Knowledge
from bot.knowledge.content import Content
from bot.knowledge.normalise import domain_words, words
from bot.knowledge.snapshot import LANGUAGES, Snapshot, TemplateWords

FEWEST_HELD_OUT = 2
MOST_LOST = 0.5
"""From this share of a template's held-out examples on that another one answers, the two are one."""


def colliding(new: Snapshot, changed: Collection[str]) -> list[Told]:
    """Reasons why a template of ``changed`` and another one of ``new`` cannot both be answered from: an example means
    the same as one of the other's, or the other answers what the first one's examples ask (half of them are held out
    from learning, and asked)."""
    same = list(_same_examples(new, changed))
    return same or list(_taken_by_others(new, changed))


def _same_examples(new: Snapshot, changed: Collection[str]) -> Iterator[Told]:
    for language in LANGUAGES:
        texts = new.in_language(language)
        domain = domain_words(
            (each.title for each in texts.values()),
            (text for each in texts.values() for text in (*each.questions, each.answer)),
        )
        owners: dict[tuple[str, ...], tuple[str, str]] = {}
        for key in sorted(texts, key=lambda key: key in changed):
            for question in texts[key].questions:
                if not (meant := words(question, language, domain)):
                    continue
                owner, example = owners.setdefault(meant, (key, question))
                if owner != key and (key in changed or owner in changed):
                    yield told(
                        "“{question}” of {id} asks the same as “{example}” of {other}",
                        question=question, id=key, example=example, other=owner,
                    )  # fmt: skip


def _taken_by_others(new: Snapshot, changed: Collection[str]) -> Iterator[Told]:
    held: dict[tuple[str, str], tuple[str, ...]] = {}
    learned = []
    for template in new.templates:
        spoken: dict[str, TemplateWords] = dict(template.words)
        for language, own in template.words.items() if template.id in changed else ():
            if len(own.questions) >= 2 * FEWEST_HELD_OUT:
                held[template.id, language] = own.questions[1::2]
                spoken[language] = replace(own, questions=own.questions[::2])
        learned.append(replace(Content.of(template), words=spoken))
    if not held:
        return
    base = Knowledge.build(replace(new, templates=tuple(learned)))
    for (template_id, language), questions in held.items():
        decisions = base.search_all([(question, language) for question in questions])
        answers = Counter(each.hits[0].template_id for each in decisions if each.kind == "answer")
        del answers[template_id]
        for other, lost in answers.most_common(1):
            if lost >= FEWEST_HELD_OUT and lost >= MOST_LOST * len(questions):
                yield told(
                    "{lost} of {n} examples of {id}, held out, are answered by {other}",
                    lost=lost, n=len(questions), id=template_id, other=other,
                )  # fmt: skip
