"""Whether two written names are one person's. Forgives what people do to their own names, not other people's names.

Token by token rather than one ratio over the whole: in a long name a ratio forgives a wrong last name. The limits were
chosen by measuring (``tests/identity/test_names.py``): all pairs of lists of names, and each name with one slip.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from rapidfuzz.distance import OSA

LONGEST = 200
MOST_TOKENS = 10


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TITLES = _words("""
    prof dr dra drs ir h hj apt ns kh tn ny sdr sdri bpk bapak ibu pak bu mas mbak mba kak bang mr mrs ms
""")
_DEGREES = _words("""
    se sh st si sp ssi ssos sip sik skom spd spdi sag spsi sked skm skep sfarm stp shut spt sds sn ssn shum sei
    sakt sap stk sth str mt mm msi mkom mpd mpdi mh mhum msc mba ma mag makt mkes mpsi msn mars map mti meng mip
    bsc ba beng phd amd akt ca cpa ak apt ners ipm ipu dipl
""")
_MUHAMMAD = _words("""
    muhammad muhamad muhammed mohammad mohamad mohammed mochammad mochamad
""")
_MUHAMMAD_SHORT = _words("""
    m md mhd moch moh mohd muh
""")
_PARTICLES = _words("""
    bin binti
""")
_OFTEN_LEFT_OUT = _words("""
    muhammad i ni siti raden rr teuku cut andi daeng gusti ida
""")
"""First words that their owners often leave out."""

_GIVEN = _words("""
    ade adi agung agus aji ana anas andi andre andri ani anis ardi ari arif aris arya asep asih ayu ayudia bagas
    bagus bayu beni bima bimo budi cici cindi dani danu dara darma dede dedi deni desi desti devi dewa dewi dian
    diana diah dika dina dini dita doni dwi edi eka eko elis elsa endah endang eni erna erni eva evi fajar fajri
    farid farida fina fitra fitri gita hadi hana hani hari hasan hasna heni hera heri hesti ika ima ina indah
    indra intan ira irma iwan jaka joko juli kiki laila lala leli lena lia lilis lina lisa luki maya mega mila
    mira mita nana nani neni nia nina nita novi nova nur nuri pandu panji pipit puji putra putri rama rani ranti
    ratih ratna reni ria riana rian rika rima rina rini rio rita riza robi roni rosa rosi rudi sandi sandra
    santi santo sari sena sinta siska siti sri sugi sulis surya susi tari tati tia tika tina tini tita titi toni
    tono tri tuti umar umi vera vina vivi wati wawan widi widya wisnu wulan yana yani yanti yanto yeni yogi yoga
    yudi yudha yuli yuni zahra
""")
"""Short names that are one letter from another name: between two of these, a difference is never a slip."""


@dataclass(frozen=True, slots=True)
class _Match:
    """How far a claimed name covers one on record. ``full``: tokens that match in full, not as an initial."""

    full: int
    matched: frozenset[int]
    slips: int


def same_name(claimed: str, recorded: str) -> bool:
    """Whether somebody called ``recorded`` may have written ``claimed``.

    Forgives case, accents, titles and degrees, the order of the words, slips of the hand, initials, the middle names of
    a long name, and first words such as Muhammad that their owners often leave out.
    """
    wanted, given = tokens(recorded), tokens(claimed)
    if not wanted or not given:
        return False
    if "".join(wanted) == "".join(given):
        return True
    match = _align(given, wanted)
    return match is not None and _enough(match, given, wanted)


def tokens(name: str) -> list[str]:
    """The words of a name that count, folded: no case, accents, titles, degrees, apostrophes or dots."""
    folded = unicodedata.normalize("NFKD", name[:LONGEST]).casefold()
    letters = "".join(char for char in folded if not unicodedata.combining(char))
    words: list[str] = []
    for number, part in enumerate(re.sub(r"['’‘`´ʼ]", "", letters).split(",")):
        if number and all(word.replace(".", "") in _DEGREES for word in part.split()):
            continue
        words.extend("muhammad" if word in _MUHAMMAD else word for word in re.findall(r"[^\W\d_]+", part))
    while len(words) > 1 and words[0] in _TITLES:
        words.pop(0)
    words = [word for word in words if word not in _PARTICLES]
    if len(words) > 1 and words[0] in _MUHAMMAD_SHORT:
        words[0] = "muhammad"
    return words[:MOST_TOKENS]


def _plain(word: str) -> str:
    """Soekarno as Sukarno, Djoko as Joko, Tjahjono as Cahjono; Annisa as Anisa."""
    return re.sub(r"(.)\1+", r"\1", word.replace("oe", "u").replace("dj", "j").replace("tj", "c"))


def _align(given: list[str], wanted: list[str]) -> _Match | None:
    """Finds for each given word one of its own among the wanted, the surest first; None when one has no place."""
    pairs = sorted(
        (cost, i, j)
        for i, left in enumerate(given)
        for j, right in enumerate(wanted)
        if (cost := _cost(left, right)) is not None
    )
    placed: dict[int, int] = {}
    full = slips = 0
    for cost, i, j in pairs:
        if i in placed or j in placed.values():
            continue
        placed[i] = j
        full += cost < _INITIAL
        slips += cost if cost < _INITIAL else 0
    if len(placed) < len(given):
        return None
    return _Match(full, frozenset(placed.values()), slips)


_INITIAL = 10


def _cost(left: str, right: str) -> int | None:
    """Slips of the hand between two words, _INITIAL where one is the other's first letter, None for other words."""
    if len(left) == 1 or len(right) == 1:
        return 0 if left == right else _INITIAL if left[0] == right[0] else None
    plain_left, plain_right = _plain(left), _plain(right)
    if plain_left == plain_right:
        return 0
    if _two_names(plain_left, plain_right):
        return None
    slips = int(min(OSA.distance(left, right), OSA.distance(plain_left, plain_right)))
    swapped = slips == 1 and sorted(left) == sorted(right)
    return slips if swapped or slips <= allowed_slips(max(len(left), len(right))) else None


def allowed_slips(length: int) -> int:
    """Letters that may be wrong, missing or too many in a word of that length; two swapped are one slip in any."""
    if length <= 3:
        return 0
    return 1 if length <= 9 else 2


def _two_names(left: str, right: str) -> bool:
    """Dewi and Dwi, Putra and Putri, Kurniawan and Kurniawati, Ramadhan and Ramadhani: near, and two people."""
    if left in _GIVEN and right in _GIVEN:
        return True
    if left[:-1] == right[:-1] and {left[-1], right[-1]} in ({"a", "i"}, {"i", "o"}):
        return True
    shorter, longer = sorted((left, right), key=len)
    if longer.startswith(shorter) and longer[len(shorter) :] in ("a", "i", "ah", "ti", "ni"):
        return True
    return {left[-3:], right[-3:]} == {"wan", "ati"}


def _enough(match: _Match, given: list[str], wanted: list[str]) -> bool:
    letters = sum(len(word) for word in given)
    if match.slips > max(1, letters // 5):
        return False
    if match.full < min(2, len(wanted) - 1, len(given)) or match.full == 0:
        return False
    missing = [place for place in range(len(wanted)) if place not in match.matched and len(wanted[place]) > 1]
    if not missing:
        return True
    first = 0
    while first in missing and wanted[first] in _OFTEN_LEFT_OUT:
        missing.remove(first)
        first += 1
    middle = range(first + 1, len(wanted) - 1)
    return match.full >= 2 and all(place in middle for place in missing)
