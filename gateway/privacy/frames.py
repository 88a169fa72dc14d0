"""Values that a phrase announces: "my password is", "... is my plate", "diagnosed with", "i live
at".

Of what follows, or stands before, even the commonest words go.
"""

from __future__ import annotations

from collections.abc import Container

from gateway.privacy.addresses import house_number
from gateway.privacy.lists import (
    COMMON,
    CONDITIONS,
    CUES,
    HARMLESS,
    MODIFIERS,
    STATES,
    STOP,
    UNITS,
    WIDTHS,
)
from gateway.privacy.numbers import element, numeric, run
from gateway.privacy.said import SpokenWords

_SECRETS = CUES["secrets"]
_SECRET_PAIRS = frozenset(
    (first, second)
    for first in ("pass", "memorable", "secret", "security", "safe", "magic", "user", "code")
    for second in ("word", "phrase", "answer", "name", "place", "id", "date", "question's")
)
_PLATES = frozenset(["plate", "plates", "registration", "reg", "rego", "vin", "regs"])
_NUMBERED = CUES["numbered"]
_DIRECT = frozenset(("number", "code", "pin", "cvv", "cvc", "digits", "ssn", "iban", "passport"))
_HEALTH = frozenset(["diagnosis", "diagnoses", "illness"])
_IS = CUES["announcing"]
_ENDING = frozenset(("ending", "ends", "starting", "starts", "begins", "beginning", "finishing"))
_TAIL = CUES["before announcing"]
_ADVERBS = CUES["adverbs"]
_ENDS = CUES["ends of values"]
_GOES_ON = CUES["after and"]
"""Words with which a clause begins after "and"."""
_NO_VALUE = CUES["no value"]
_FAILS = CUES["failing"]
_OWN = CUES["owning"]
_GIVEN = (STOP | CUES["giving"]) - set(WIDTHS)


def mark_frames(said: SpokenWords, known: Container[str] = ()) -> None:
    """Mark every announced value; ``known`` holds the words of the catalogue."""
    for place, word in enumerate(said.bases):
        if word in _SECRETS or (word, said.word(place + 1)) in _SECRET_PAIRS or word in _PLATES:
            _secret(said, place, "code")
        elif word in _HEALTH:
            _secret(said, place, "health")
        elif word == "address" and said.word(place - 1) not in _NO_ADDRESS:
            _secret(said, place, "address")
        elif word in _ENDING and said.word(place + 1) in ("in", "with", "on", "of"):
            _digits(said, place + 2, least=2)
        elif word == "in" and said.word(place - 1) in (
            "log",
            "logged",
            "sign",
            "signed",
            "logging",
        ):
            _logged(said, place + 1)
        if word in _NUMBERED:
            _numbered(said, place)
        if word in _ILL:
            _ill(said, place, known)
        elif word in ("at", "on", "to"):
            _lives(said, place)
    _conditions(said, known)


_NO_ADDRESS = {"email", "e-mail", "mail", "web", "ip", "url", "site", "wallet", "mac", "e"}


# --- values ------------------------------------------------------------------------------------


def _end(said: SpokenWords, first: int, most: int) -> int:
    """Return the place after a value that begins at ``first``, at most ``most`` words further
    on.
    """
    last = first
    while last < len(said) and last - first < most and not (last > first and said.breaks(last)):
        word = said.words[last]
        if word == "and":
            if said.word(last + 1) in _GOES_ON or last + 1 >= len(said):
                break
        elif word in _ENDS and not (last > first and _goes_on(said, last)):
            break
        last += 1
    return last


def _goes_on(said: SpokenWords, place: int) -> bool:
    """ "sunny day in paris", "winter is coming": a word that ends most things, but not this."""
    following = said.word(place + 1)
    ends = not following or following in STOP or following in _ENDS or following in STATES
    return said.words[place] in _WITHIN and not ends and not said.breaks(place + 1)


_WITHIN = frozenset(["in", "on", "at", "of", "to", "with", "is", "from"])


def _announced(said: SpokenWords, place: int) -> int:
    """Return the place where the value announced by "my password (for the app) is" begins; -1 if
    nothing is announced.
    """
    if said.words[place].endswith("'s") and said.word(place + 1) not in _TAIL:
        return _past(said, place + 1)
    if said.gaps[place + 1].strip()[:1] in (":", "=") and place + 1 < len(said):
        return place + 1
    for at in range(place + 1, min(place + 7, len(said))):
        word = said.words[at]
        if word in _IS:
            return _past(said, at + 1)
        if word not in _TAIL:
            break
        if said.breaks(at + 1) and said.gaps[at + 1].strip()[:1] == ":":
            return at + 1
    return -1


def _past(said: SpokenWords, place: int) -> int:
    while said.word(place) in _ADVERBS:
        place += 1
    return place


def _secret(said: SpokenWords, place: int, kind: str) -> None:
    most = 12 if kind == "address" else 8
    first = _announced(said, place)
    if first < 0 and said.word(place + 1) == "to" and said.word(place - 2) in _CHANGES:
        first = place + 2
    if first < 0 and said.word(place - 2) in _IS and said.word(place + 1) in _ADVERBS:
        first = _past(said, place + 1)
    if first > 0 and said.word(first) in _DETERMINERS and said.word(first + 1) not in STOP | STATES:
        first += 1
    if first > 0 and not _state(said, first):
        said.mark(first, _end(said, first, most), kind)
    elif first < 0 and kind == "code":
        _beside(said, place, kind)
    _before(said, place, kind)


_DETERMINERS = {"a", "an", "the", "my", "our", "your"}
_CHANGES = frozenset(["change", "changed", "set", "reset", "update", "updated", "changing"])


def _state(said: SpokenWords, first: int) -> bool:
    """Return whether "my password is" goes on to describe a state rather than to give the value."""
    word = said.word(first)
    following = said.word(first + 1)
    if word in STATES and not element(word):
        alone = not following or said.breaks(first + 1) or following in STOP | STATES | _ENDS
        return alone or word in STOP
    verb = word in COMMON and word.endswith(("ing", "ed")) and (not following or following in STOP)
    return verb or (word in ("a", "i") and len(following) != 1)


def _beside(said: SpokenWords, place: int, kind: str) -> None:
    """ "the password correct horse does not work", "with the password correct horse"."""
    first = place + 1
    if said.word(first) in ("word", "phrase", "code", "number"):
        first += 1
    last = _end(said, first, 6)
    if last == first or said.word(first) in _NO_VALUE or said.word(first) in STOP:
        return
    given = any(said.word(one) in _BY for one in range(place - 4, place - 1))
    owned = said.word(place - 1) in ("my", "the", "our", "this", "new", "old", "that")
    if owned and (given or said.word(last) in _FAILS):
        said.mark(first, last, kind)


_BY = CUES["given by"]


def _before(said: SpokenWords, place: int, kind: str) -> None:
    """ "... is my password", "... as the pin"."""
    at = place - 1
    while at > 0 and place - at < 6 and said.words[at] in _OWN and said.words[at] != "as":
        at -= 1
    if at < 1 or (at == place - 1 and said.words[at] != "as"):
        return
    if said.words[at] in _IS or said.words[at] == "as":
        first = said.since(at, _GIVEN, 8)
        while said.word(first - 1) in _WITHIN | {"and"} and at - first < 8:
            if first < 2 or said.word(first - 2) in _GIVEN or said.breaks(first - 1):
                break
            first = said.since(first - 1, _GIVEN, 4)
        while first < at and said.words[first] in ("please", "then"):
            first += 1
        said.mark(first, at, kind)


def _logged(said: SpokenWords, place: int) -> None:
    if said.word(place) in ("with", "using", "as"):
        said.mark(place + 1, _end(said, place + 1, 6), "code")


# --- numbers -------------------------------------------------------------------------------------


def _numbered(said: SpokenWords, place: int) -> None:
    """ "my order (number) is 77", "order number 77", "77 is my order number"."""
    direct = place + 1
    while said.word(direct) in ("number", "code", "no", "id"):
        direct += 1
    first = _announced(said, place)
    sure = said.words[place] in _DIRECT or direct > place + 1
    if first > 0:
        _digits(said, first, least=1 if sure else 2)
    else:
        _digits(said, direct, least=2)
    at = place - 1
    while at > 0 and place - at < 5 and said.words[at] in _OWN:
        at -= 1
    if at > 0 and at < place - 1 and said.words[at] in _IS:
        first = at
        while first > 0 and element(said.words[first - 1]) and at - first < 12:
            first -= 1
        _digits(said, first, least=2, end=at)


def _digits(said: SpokenWords, first: int, least: int, end: int = 0) -> None:
    """Mark the digits and letters there, if there are so many, and they count nothing."""
    last = min(run(said, first).last, end or len(said))
    while last > first and said.words[last - 1] in ("a", "i") and not end:
        last -= 1
    if last == first or said.word(last) in UNITS or said.word(last) in ("am", "pm", "of"):
        return
    width = sum(WIDTHS.get(one, len(one)) for one in said.words[first:last])
    if width >= least and any(numeric(one) or last - first > 2 for one in said.words[first:last]):
        parts = (one for one in said.words[first:last] if one not in WIDTHS)
        letters = any(
            len(one) == 1 or any(map(str.isnumeric, one)) for one in parts if _lettered(one)
        )
        said.mark(first, last, "code" if letters else "number")


def _lettered(word: str) -> bool:
    return any(map(str.isalpha, word))


# --- health --------------------------------------------------------------------------------------

_ILL: dict[str, tuple[frozenset[str], bool]] = {
    "diagnosed": (frozenset(("with", "as", "of", "for")), True),
    "suffer": (frozenset(("from", "with")), True),
    "suffers": (frozenset(("from", "with")), True),
    "suffering": (frozenset(("from", "with")), True),
    "suffered": (frozenset(("from", "a", "an")), True),
    "positive": (frozenset(("for",)), True),
    "treated": (frozenset(("for",)), False),
    "treatment": (frozenset(("for",)), False),
    "therapy": (frozenset(("for",)), False),
    "medication": (frozenset(("for",)), False),
    "medicine": (frozenset(("for",)), False),
    "surgery": (frozenset(("for",)), False),
    "hospital": (frozenset(("for", "with")), False),
    "recovering": (frozenset(("from",)), False),
    "living": (frozenset(("with",)), False),
    "struggling": (frozenset(("with",)), False),
    "prescribed": (frozenset(("me", "for")), False),
}
"""Words that an illness follows: with which words between, and whether it is surely the
caller's."""
_ARTICLES = {"a", "an", "the", "my", "having", "this", "some", "severe"}
_HEADS = CUES["heads of conditions"]


def _ill(said: SpokenWords, place: int, known: Container[str]) -> None:
    between, sure = _ILL[said.bases[place]]
    first = place + 1
    if said.word(first) not in between:
        return
    first += 1
    while said.word(first) in _ARTICLES:
        first += 1
    last = _end(said, first, 6)
    words = range(first, last)
    if sure or any(
        said.bases[one] in CONDITIONS or said.bases[one] not in HARMLESS for one in words
    ):
        if not sure and all(said.bases[one] in known for one in words):
            return
        said.mark(first, last, "health")


def _conditions(said: SpokenWords, known: Container[str]) -> None:
    for place, word in enumerate(said.bases):
        head = word in _HEADS and said.word(place - 1) in MODIFIERS
        if not (head or word in CONDITIONS or said.words[place] in CONDITIONS):
            continue
        first = place
        while (
            first > 0
            and said.joined(first)
            and (said.words[first - 1] in MODIFIERS or said.bases[first - 1] in CONDITIONS)
        ):
            first -= 1
        last = place + 1 + (len(said.word(place + 1)) == 1 and said.word(place + 1) not in "ai")
        last += 2 * (said.word(last) in ("type", "stage") and numeric(said.word(last + 1)))
        if not all(said.bases[one] in known for one in range(first, place + 1)):
            said.mark(first, last, "health")


# --- where ---------------------------------------------------------------------------------------

_DWELLS = CUES["dwelling"]
_SENDS = CUES["sending"]
_NOWHERE = CUES["nowhere"]


def _lives(said: SpokenWords, place: int) -> None:
    """ "i live at ...", "send it to 12 ..."."""
    first = place + 1
    if said.word(place - 1) in _DWELLS or said.word(place - 2) in _DWELLS:
        dwells = said.words[place] != "to" and said.word(place - 1) in (*_DWELLS, "now", "still")
        if dwells and said.word(first) not in _NOWHERE:
            first += said.word(first) == "the"
            said.mark(first, _end(said, first, 12), "address")
            return
    if not house_number(said.word(first)):
        return
    sends = any(said.word(one) in _SENDS for one in range(max(0, place - 5), place))
    last = first
    while house_number(said.word(last)):
        last += 1
    following = said.word(last)
    if sends and following and following not in STOP and following not in UNITS:
        said.mark(first, _end(said, last, 5), "address")
