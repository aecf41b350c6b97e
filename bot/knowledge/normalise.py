"""People's spelling made comparable. Pure; each rule is small, and none of them touches a number or a code.

``formal`` writes a text out in full; ``words`` goes on to what is compared when matching. The institution's own words
(``domain``) always win over a general rule: where "BS" is a degree, "bs" is not "bisa".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable

from bot.knowledge.slang import FILLER_PHRASES, FILLERS, NO_CLITIC, SAME, SLANG

NO_WORDS: frozenset[str] = frozenset()
NO_PHRASES: frozenset[tuple[str, ...]] = frozenset()
_TOKEN = re.compile(r"\d+(?:[.,/:-]\d+)+|[^\W_]+(?:['’-][^\W_]+)*|\bw/o?|&")
_ACRONYM = re.compile(r"\b(?=[A-Z0-9]*[A-Z])[A-Z0-9]{2,8}\b")
_REPEATED = re.compile(r"(.)\1{2,}")
_DOUBLED = re.compile(r"(.)\1$")
_TWICE = re.compile(r"([a-z]{3,})2(nya|an|kah|lah|ku|mu)?")
PHRASE = 5
"""Words of the longest phrase in the lists."""
_CLITIC = re.compile(r"(?<=[a-z]{3})(?:nya|kah|lah|pun)(?:kah|lah|pun)?$")


def tokens(text: str) -> list[str]:
    """Lower-case words, numbers and codes; punctuation and emoji are gone, inner hyphens and apostrophes stay."""
    return _TOKEN.findall(unicodedata.normalize("NFKC", text).lower().replace("’", "'"))


def plain(text: str) -> str:
    """For "is it the same question": letters and digits only, lower-case, single spaces."""
    return " ".join(re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).casefold()))


def domain_words(titles: Iterable[str], texts: Iterable[str]) -> frozenset[str]:
    """An institution's own words: all words of its titles, and what is written in capitals in its other texts."""
    acronyms = (token.lower() for text in texts if not text.isupper() for token in _ACRONYM.findall(text))
    return frozenset(token for title in titles for token in tokens(title)) | frozenset(acronyms)


def formal(text: str, language: str, domain: Collection[str] = NO_WORDS) -> str:
    """``text`` written out: lower-case, abbreviations and slang in full, letters not repeated, "teman2" as
    "teman-teman"."""
    return " ".join(_formal(token, language, domain) for token in tokens(text))


def words(text: str, language: str, domain: Collection[str] = NO_WORDS) -> tuple[str, ...]:
    """What counts when two questions are compared: formal words without courtesies, reduplication or clitics, and one
    word for things that have two. Empty when nothing was said but courtesies."""
    spoken = [part for word in formal(text, language, domain).split() for part in _single(word, language).split()]
    spoken = _without_fillers(spoken, language, domain)
    return tuple(_same(_stem(word, language, domain), language) for word in _join(spoken, SAME.get(language, {})))


def _formal(token: str, language: str, domain: Collection[str]) -> str:
    slang = SLANG.get(language, {})
    if token in domain:
        return token
    if token in slang:
        return slang[token]
    token = _squeeze(token, language, domain)
    if token in slang and token not in domain:
        return slang[token]
    if language == "id" and (twice := _TWICE.fullmatch(token)):
        stem = twice[1] if twice[1] in domain else slang.get(twice[1], twice[1])
        return f"{stem}-{stem}{twice[2] or ''}"
    return token


def _squeeze(token: str, language: str, domain: Collection[str]) -> str:
    """ "bangeeet" to "banget", "yaa" to "ya": three of a letter are one; two at the end are where that makes a
    known word."""
    if not token.isalpha():
        return token
    token = _REPEATED.sub(r"\1", token)
    single = _DOUBLED.sub(r"\1", token)
    known = single in domain or single in SLANG.get(language, {}) or single in FILLERS.get(language, NO_WORDS)
    return single if known and token not in domain else token


def _single(word: str, language: str) -> str:
    """ "teman-temannya" to "temannya", "e-mail" to "email", other hyphens part words; apostrophes go."""
    word = word.replace("'s", "").replace("'", "")
    if "-" not in word or word[0].isdigit():
        return word
    first, rest = word.split("-", 1)
    if rest.startswith(first) and language == "id":
        return rest
    return first + rest if len(first) <= 2 else word.replace("-", " ")


def _without_fillers(spoken: list[str], language: str, domain: Collection[str]) -> list[str]:
    phrases, fillers = FILLER_PHRASES.get(language, NO_PHRASES), FILLERS.get(language, NO_WORDS)
    kept: list[str] = []
    at = 0
    while at < len(spoken):
        fits = [length for length in range(PHRASE, 1, -1) if tuple(spoken[at : at + length]) in phrases]
        if fits:
            at += fits[0]
            continue
        if spoken[at] not in fillers or spoken[at] in domain:
            kept.append(spoken[at])
        at += 1
    return kept


def _join(spoken: list[str], same: Collection[str]) -> list[str]:
    """Two words that stand in ``same`` together become one element."""
    joined: list[str] = []
    for word in spoken:
        if joined and f"{joined[-1]} {word}" in same:
            joined[-1] = f"{joined[-1]} {word}"
        else:
            joined.append(word)
    return joined


def _stem(word: str, language: str, domain: Collection[str]) -> str:
    """Without -nya, -kah, -lah, -pun. The same on both sides, so a stem that is no word does no harm."""
    if language != "id" or word in domain or word in NO_CLITIC or not word.isalpha():
        return word
    return _CLITIC.sub("", word)


def _same(word: str, language: str) -> str:
    return SAME.get(language, {}).get(word, word)
