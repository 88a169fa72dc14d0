"""Names of people in what a caller says: those on a list, and those a phrase introduces.

A recogniser writes no capitals, so a word after "my name is" or after a first name is taken for a
name if it may be one: in doubt it goes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container

from gateway.privacy.lists import (
    COMMON,
    CUES,
    DOUBTFUL,
    FAMILY,
    FIRST,
    HARMLESS,
    MAYBE_FAMILY,
    MAYBE_FIRST,
    NO_FAMILY,
    ORDINALS,
    OURS,
    PARTICLES,
    PLACES,
    RELATIVES,
    STATES,
    STOP,
    WIDTHS,
)
from gateway.privacy.said import SpokenWords, base, plain

Pairs = Container[tuple[str, str]]
LONGEST = 5
"""Words of a name at most."""

_BRANDS = frozenset(one.replace("_", " ") for one in CUES["brands"])
"""Shops, places and things called after somebody."""
_NO_SAINT = frozenset(("san", "santa", "santo", "saint", "st", "fort", "sao", "los", "las"))
_NO_NAME = CUES["no name"]
_MODALS = frozenset(("will", "may", "can", "art", "bill", "so", "in", "an", "mark", "sue", "ma"))

# "my name is": what follows is one, whatever it is.
_SURE: dict[str, tuple[tuple[str, ...], ...]] = {
    "name": (("is",), ("was",), ("on", "it", "is"), ("to", "use", "is"), ("i", "use", "is")),
    "surname": (("is",), ("was",)),
    "named": ((),),
    "called": (),
    "mr": ((),),
    "mrs": ((),),
    "ms": ((),),
    "miss": (),
    "mister": ((),),
    "missus": ((),),
    "madam": (),
    "holder": (("is",), ("name", "is")),
    "under": (("the", "name", "of"), ("the", "name"), ("name",)),
    "behalf": (("of",),),
    "beneficiary": (("is",),),
    "kin": (("is",),),
    "passenger": (("is",), ("called",)),
    "guest": (("is",), ("called",)),
    "goes": (("by",),),
    "go": (("by",),),
    "known": (("as",),),
}
_SURE["in"] = (("the", "name", "of"),)
_SURE["am"] = (("called",), ("named",), ("known", "as"))
_SURE["me"] = ()
_SURE["call"] = ()

# "this is": what follows is one if it may be.
_UNSURE: dict[str, tuple[tuple[str, ...], ...]] = {
    "this": (("is",), ("would", "be")),
    "here": (("is",),),
    "i": (("am",),),
    "i'm": ((),),
    "it": (("is",), ("is", "for")),
    "it's": ((), ("for",)),
    "me": ((),),
    "name": ((),),
    "surname": ((),),
    "doctor": ((),),
    "dr": ((),),
    "miss": ((),),
    "call": (("me",),),
    "called": ((),),
    "dear": ((),),
    "regards": ((),),
    "sincerely": ((),),
    "signed": ((),),
    "attention": ((),),
    "attn": ((),),
    "to": ((),),
    "with": ((),),
    "for": ((),),
    "from": ((),),
    "by": ((),),
    "under": ((),),
    "contact": ((), ("is",)),
    "ask": (("for",),),
    "of": ((),),
    "is": ((),),
    "meet": ((),),
    "tell": ((),),
    "let": ((),),
    "add": ((),),
    "remove": ((),),
    "hi": ((),),
    "hello": ((),),
    "hey": ((),),
    "thanks": ((),),
    "cheers": ((),),
    "and": ((),),
    "user": ((),),
    "client": ((),),
    "patient": ((), ("is",)),
    "professor": ((),),
    "sir": ((),),
    "lady": ((),),
    **dict.fromkeys(RELATIVES, ((),)),
}


def mark_names(said: SpokenWords, pairs: Pairs = ()) -> None:
    """Mark every name of a person; ``pairs`` are adjoining words of public texts, which are not
    callers' names.
    """
    _brands(said)
    for place, word in enumerate(said.words):
        first = said.bases[place] if word.endswith("'s") else word
        if first in _SURE or first in _UNSURE:
            _introduced(said, place, first, pairs)
    _back(said)
    _listed(said, pairs)
    _capitals(said, pairs)


def _brands(said: SpokenWords) -> None:
    """Keep what is called after somebody."""
    for place, word in enumerate(said.bases[:-1]):
        following = said.bases[place + 1]
        if f"{word} {following}" in _BRANDS or (word in _NO_SAINT and said.joined(place + 1)):
            said.mark(place, place + 2, said.KEEP)


def _follows(said: SpokenWords, place: int, phrase: tuple[str, ...]) -> bool:
    return all(said.word(place + 1 + number) == one for number, one in enumerate(phrase))


def _introduced(said: SpokenWords, place: int, word: str, pairs: Pairs) -> None:
    shortened = said.words[place] != word  # "my name's"
    for phrase in _SURE.get(word, ()):
        if _follows(said, place, phrase) and _whose(said, place):
            _sure(said, place + 1 + len(phrase))
    if (
        shortened
        and word in ("name", "surname", "beneficiary", "passenger")
        and _whose(said, place)
    ):
        _sure(said, place + 1)
    if word in ("name", "surname") and said.word(place + 1) in ("on", "for"):
        last = place + 2
        while last - place < 6 and said.word(last) not in ("is", ""):
            last += 1
        if said.word(last) == "is":
            _sure(said, last + 1)
    for phrase in _UNSURE.get(word, ()):
        if _follows(said, place, phrase):
            _unsure(said, place + 1 + len(phrase), pairs, loose=word in _LOOSE)


def _whose(said: SpokenWords, place: int) -> bool:
    """Return whether the name is neither a user name nor a brand."""
    return said.word(place - 1) not in ("user", "file", "domain", "product", "company", "brand")


def _sure(said: SpokenWords, first: int) -> None:
    """Mark up to four words as a name: the first if it can be one, further ones if they may be."""
    while said.word(first) in ("uh", "um", "er", "like", "just", "it's", "actually"):
        first += 1
    word = said.word(first)
    if not word or word in _NO_NAME or (word in STOP | STATES and not _two(said, first)):
        return
    said.mark(first, _rest(said, first + 1, eager=True), "name")


def _rest(said: SpokenWords, place: int, *, eager: bool) -> int:
    """Return the place after a name whose first word stands before ``place``."""
    last = place
    while last < place + LONGEST - 1 and said.joined(last):
        word, stem = said.words[last], said.bases[last]
        if word in PARTICLES and said.joined(last + 1) and said.word(last + 1) not in STOP:
            last += 2
            continue
        if stem in STOP or word in STOP or not _may_follow(stem, eager=eager):
            break
        last += 1
    return min(last, len(said))


def _may_follow(word: str, *, eager: bool) -> bool:
    if (
        word in NO_FAMILY
        or word[0].isnumeric()
        or word in WIDTHS
        or word in ORDINALS
        or len(word) < 2
    ):
        return False
    if word in FAMILY or word in FIRST or word not in HARMLESS:
        return True
    return eager and (word in MAYBE_FAMILY or word not in COMMON | PLACES)


def _two(said: SpokenWords, first: int) -> bool:
    """Return whether a family name follows a first name that is also an ordinary word."""
    word, following = said.word(first), said.bases[first + 1] if first + 1 < len(said) else ""
    if word not in MAYBE_FIRST or not said.joined(first + 1) or following in STOP:
        return False
    return f"{word} {following}" not in _BRANDS and _may_follow(following, eager=True)


_LOOSE = CUES["loose"]
"""Cues that a thing may follow as well as a person."""


def _unsure(said: SpokenWords, first: int, pairs: Pairs, *, loose: bool) -> None:
    """Mark a name after "this is": one from the list, an unknown word, or two words that make
    one.
    """
    word = said.bases[first] if first < len(said) else ""
    following = said.word(first + 1)
    if not word or (word, following) in pairs or (said.word(first - 1), word) in pairs:
        return
    if word in FIRST or _two(said, first):
        said.mark(first, _rest(said, first + 1, eager=True), "name")
    elif word not in HARMLESS and not loose and said.free(first) and word.isalpha():
        said.mark(first, _rest(said, first + 1, eager=False), "name")


# --- what stands before "calling" and "here" -----------------------------------------------------

_SPEAKS = frozenset(("calling", "speaking", "here", "phoning", "ringing", "again", "talking"))
_I_AM = frozenset(
    ("am", "i'm", "is", "it's", "be", "hello", "hi", "hey", "yes", "morning", "afternoon")
)
_NO_CALLER = CUES["no caller"]


def _back(said: SpokenWords) -> None:
    for place, word in enumerate(said.words):
        if word not in _SPEAKS or place == 0:
            continue
        first = said.since(place, _NO_CALLER | _I_AM | {"calling", "speaking"}, 4)
        before = said.word(first - 1)
        opens = first == 0 or (before in _I_AM and word != "again") or said.breaks(first)
        if opens and first < place and (before in _I_AM or _person(said, first, place)):
            said.mark(first, place, "name")


def _person(said: SpokenWords, first: int, last: int) -> bool:
    """Return whether the words may be a person's name: one word that may be a first name, or two to
    three of which none is a function word."""
    words = said.bases[first:last]
    if any(one in STOP for one in words[1:]) or (words[0] in STOP and words[0] not in DOUBTFUL):
        return False
    return words[0] in MAYBE_FIRST | FIRST or words[0] not in HARMLESS or 1 < len(words) < 4


# --- listed names --------------------------------------------------------------------------------


def _listed(said: SpokenWords, pairs: Pairs) -> None:
    """Mark first names, with the family name that follows, wherever they stand."""
    for place, word in enumerate(said.bases):
        if not said.free(place):
            continue
        following = said.bases[place + 1] if said.joined(place + 1) else ""
        public = (word, following) in pairs or (said.word(place - 1), word) in pairs
        if public:
            continue
        if word in FIRST:
            said.mark(place, _rest(said, place + 1, eager=True), "name")
        elif word in DOUBTFUL and following and following not in STOP:
            if following in FAMILY - COMMON or (
                following not in HARMLESS and word not in _MODALS and word not in PLACES
            ):
                said.mark(place, _rest(said, place + 1, eager=True), "name")
        elif word not in HARMLESS and following in FAMILY:
            said.mark(place, place + 2, "name")


def _capitals(said: SpokenWords, pairs: Pairs) -> None:
    """Mark each capitalised word in mid-sentence as a name, in a text that uses capitals, unless it
    is a common word standing alone."""
    capital = [word[:1].isupper() for word in said.raw]
    if not any(capital) or sum(capital) * 2 > len(capital) + 1:
        return
    for place, high in enumerate(capital):
        word = said.bases[place]
        if not high or not said.free(place) or word == "i" or said.breaks(place):
            continue
        beside = place + 1 < len(capital) and capital[place + 1] and said.joined(place + 1)
        public = (word, said.word(place + 1)) in pairs or (said.word(place - 1), word) in pairs
        if beside and word in MAYBE_FIRST and said.bases[place + 1] in MAYBE_FAMILY and not public:
            said.mark(place, place + 2, "name")


# --- written text --------------------------------------------------------------------------------

_WORD = r"[^\W\d_][\w'’\-]{0,40}"
_OPENING = re.compile(r"(?:^|[.:!?…]['\"”’)]*)\s*['\"“‘(]*$")
_ALONE = {"a", "i"}
_USUAL: tuple[str, ...] = (
    *("n't", "'re", "'ll", "'ve", "'m", "'d", "ing", "ble", "ous", "ful", "less", "ly"),
    *("ated", "ised", "ized", "ical", "ness", "tion"),
)


def ordinary(text: str, known: Callable[[str], bool] = COMMON.__contains__) -> bool:
    """Return whether all words of a written text are common ones that name nobody. Capitals may
    stand only at the beginning of sentences, and no letter may stand alone."""
    for found in re.finditer(_WORD, text):
        word = plain(found[0])
        short = base(word)
        usual = short not in FIRST and (known(short) or len(short) < 2 or word.endswith(_USUAL))
        first = short.partition("'")[0]
        if not (usual or first in OURS) or (len(first) < 2 and first not in _ALONE):
            return False
        inside = not _OPENING.search(text, 0, found.start())
        if inside and first != "i" and any(map(str.isupper, found[0])):
            return False
    return True
