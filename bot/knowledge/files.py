"""Template files: ``<folder>/<language>/<category>.yml``, read all or nothing, written in the same form.

    category: keuangan
    title: Keuangan
    templates:
      - id: ukt-cara-bayar
        title: Cara bayar UKT        # at most 20 characters: it is a button
        audience: public             # public, student or staff
        owner: Bagian Keuangan
        source: SK Rektor 12/2026
        questions:
          - Bagaimana cara membayar UKT?
        answer: |
          UKT dibayar melalui {portal_url} …
        valid_from: 2026-07-01       # these four may be left out
        valid_until: 2026-08-31
        buttons: [ukt-besaran]       # templates that are offered next
        attachments:
          - title: Formulir keringanan
            url: https://…

The same id in several languages is one template.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from bot.errors import RefusedFile, Told, at, told
from bot.knowledge.content import Content
from bot.knowledge.normalise import plain
from bot.knowledge.snapshot import LANGUAGES, AnswerTemplate, Snapshot
from bot.knowledge.template_file import TEMPLATE_KEYS, FoundTemplate, TemplateFile


def read_templates(folder: Path) -> Snapshot:
    """All templates under ``folder``. Raises RefusedFile with every fault as ``file:line: what is wrong``."""
    faults: list[Told] = []
    found: list[FoundTemplate] = []
    titles: dict[str, dict[str, str]] = {}
    for path, language in _files(folder, faults):
        reader = TemplateFile(path, language, faults)
        category, title = reader.read()
        titles.setdefault(category, {})[language] = title
        found += reader.found
    faults += _disagreements(found)
    faults += _repeated_questions(found)
    if not found and not faults:
        faults.append(at(f"{folder}:1", told("there are no templates here")))
    if faults:
        raise RefusedFile(faults)
    return Snapshot(_templates(found), titles)


def write_templates(folder: Path, snapshot: Snapshot) -> list[Path]:
    """Write ``snapshot`` in the form that ``read_templates`` reads and return the files. Files of the same names are
    replaced; raises RefusedFile, and writes nothing, when ``folder`` has other template files."""
    texts: dict[Path, str] = {}
    for language in LANGUAGES:
        spoken = [template for template in snapshot.templates if language in template.words]
        for category in sorted({template.category for template in spoken}):
            title = snapshot.categories.get(category, {}).get(language, category)
            entries = [_entry(template, language) for template in spoken if template.category == category]
            content = {"category": category, "title": title, "templates": entries}
            texts[folder / language / f"{category}.yml"] = as_yaml(content)
    others = sorted(set(folder.glob("*/*.yml")) - set(texts))
    if others:
        what = told("is no part of what is written; move it away first")
        raise RefusedFile([at(f"{path}:1", what) for path in others])
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(texts)


def _files(folder: Path, faults: list[Told]) -> Iterator[tuple[Path, str]]:
    if not folder.is_dir():
        faults.append(at(f"{folder}:1", told("there is no such folder")))
        return
    for path in sorted(folder.rglob("*")):
        if path.suffix not in (".yml", ".yaml") or not path.is_file():
            continue
        language = path.parent.name
        if path.parent.parent != folder or language not in LANGUAGES:
            what = told("is not in a language folder ({known})", known=", ".join(LANGUAGES))
            faults.append(at(f"{path}:1", what))
        elif path.suffix == ".yaml":
            faults.append(at(f"{path}:1", told("the name must end with .yml")))
        else:
            yield path, language


def _disagreements(found: Sequence[FoundTemplate]) -> list[Told]:
    """Templates that are there twice in a language, or not the same in all languages."""
    faults: list[Told] = []
    first: dict[str, FoundTemplate] = {}
    spoken: dict[tuple[str, str], FoundTemplate] = {}
    for template in found:
        if (twin := spoken.setdefault((template.id, template.language), template)) is not template:
            what = told("id {id} is already used in {place}", id=template.id, place=twin.place)
            faults.append(at(template.place, what))
        other = first.setdefault(template.id, template)
        for key, (value, place) in template.shared.items():
            if value != other.shared[key][0]:
                says, where = other.shared[key]
                says = (", ".join(says) if isinstance(says, tuple) else says) or told("left out")
                what = told("{key} of {id} is “{says}” in {place}", key=key, id=template.id, says=says, place=where)
                faults.append(at(place, what))
    return faults


def _repeated_questions(found: Sequence[FoundTemplate]) -> list[Told]:
    faults: list[Told] = []
    first: dict[tuple[str, str], str] = {}
    for template in found:
        for question, place in template.questions:
            key = (template.language, plain(question))
            if key in first:
                what = told(
                    "the question “{question}” is already an example in {place}", question=question, place=first[key]
                )
                faults.append(at(place, what))
            first.setdefault(key, place)
    return faults


def _templates(found: Sequence[FoundTemplate]) -> tuple[Content, ...]:
    together: dict[str, list[FoundTemplate]] = {}
    for template in found:
        together.setdefault(template.id, []).append(template)
    return tuple(
        Content(
            id=key,
            words={part.language: part.words for part in parts},
            attachments={part.language: part.attachments for part in parts if part.attachments},
            places=_places(parts),
            **{name: value for name, (value, _) in parts[0].shared.items()},
        )
        for key, parts in sorted(together.items())
    )


def _places(parts: Sequence[FoundTemplate]) -> dict[str | tuple[str, str], str]:
    places: dict[str | tuple[str, str], str] = {"id": parts[0].place}
    for part in parts:
        places |= part.places
    return places


def _entry(template: AnswerTemplate, language: str) -> dict[str, object]:
    full, words = Content.of(template), template.words[language]
    entry: dict[str, object] = {
        "id": template.id,
        "title": words.title,
        "audience": template.audience,
        "owner": template.owner,
        "source": template.source,
        "questions": list(words.questions),
        "answer": words.answer,
        "valid_from": full.valid_from,
        "valid_until": full.valid_until,
        "buttons": list(full.buttons),
        "attachments": [{"title": each.title, "url": each.url} for each in full.attachments.get(language, ())],
    }
    return {name: value for name, value in entry.items() if name in TEMPLATE_KEYS or value}


class _Dumper(yaml.SafeDumper):
    """Lists indented, texts of several lines as blocks: what a person would write."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def text(self, value: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _Dumper.text)


def as_yaml(content: Mapping[str, object]) -> str:
    """``content`` as a person would write it, keys in their order."""
    return str(yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100_000))
