"""E-mail and web addresses, written and spoken.

A written one needs no more than to be told apart from a sentence: what has an "@", or a dot inside
a word, is none that is known to be harmless. So there is no library here; those that find links
name them no better, and leave what they do not know.
"""

from __future__ import annotations

import re

from gateway.privacy.lists import CUES, ENDINGS, NATO, PROVIDERS, STOP, WIDTHS
from gateway.privacy.said import SpokenWords

_WEB = re.compile(r"://|(?:^|\W)www\.|[^\W\d_][\w-]*\.(?:[a-z]{2,24})(?:\W|$)", re.IGNORECASE)
_NO_WEB = re.compile(r"(?:[a-z]\.){1,6}[a-z]?\W*$|(?:etc|vs|approx)\.", re.IGNORECASE)
_JOINS = {"dot", "underscore", "dash", "hyphen", "point", "slash", "plus"}
_NAMED = {"email", "mail", "is", "to", "e-mail", "address", "it's", "that's", "at", "account"}
_ENDS = (
    STOP | {"email", "mail", "address", "site", "website", "page", "write", "send", "reach"}
) - (NATO | set(WIDTHS))
_ENDS |= {"contact", "login", "log", "visit", "open", "called", "e", "online", "find", "web"}
_IN_DOMAINS = CUES["in domains"]
"""Words that end other things, but are in the names of hosts."""
_LOCAL, _DOMAIN = 12, 10
"""Words of an address before its "at", and after it, at most: a letter is a word."""


def mark_links(said: SpokenWords) -> None:
    """Mark every e-mail and web address."""
    _written(said)
    if "dot" in said.words or not PROVIDERS.isdisjoint(said.words):
        _spoken(said)


def _chunks(said: SpokenWords) -> list[tuple[int, int, str]]:
    """(first word, end, text) of what stands between spaces."""
    found = []
    first, text = 0, ""
    for place, word in enumerate(said.raw):
        before, space, after = said.gaps[place].rpartition(" ")
        if space and place:
            found.append((first, place, text + before))
            first, text = place, ""
        text += (after if space else said.gaps[place]) + word
    return [*found, (first, len(said), text + said.gaps[-1])] if len(said) else []


def _written(said: SpokenWords) -> None:
    if not any("@" in gap or "/" in gap for gap in said.gaps) and not any(
        "." in word for word in said.words
    ):
        return
    for place in range(1, len(said)):
        if said.gaps[place].strip() == "@" and said.gaps[place] != "@":
            said.mark(place - 1, place + 1, "email")
    for first, last, text in _chunks(said):
        if "@" in text:
            alone = first + 1 >= last and not text.strip("@").strip()
            said.mark(first - alone, last + alone, "email")
        elif _WEB.search(text) and not _NO_WEB.match(text):
            said.mark(first, last, "url")


def _spoken(said: SpokenWords) -> None:
    for place, word in enumerate(said.words):
        if not said.free(place):
            continue
        if word == "dot" and _ending(said, place + 1):
            _address(said, place)
        elif word in PROVIDERS and said.word(place - 1) == "at":
            _address(said, place + 1)


def _ending(said: SpokenWords, place: int) -> bool:
    """Return whether a top-level domain stands at ``place``, as a word or spelled."""
    word = said.word(place)
    return word in ENDINGS or (len(word) == 1 and len(said.word(place + 1)) == 1)


def _address(said: SpokenWords, dot: int) -> None:
    """Mark the address whose domain ends with that dot and what follows it, or right before."""
    last = dot
    while last < len(said) and (said.words[last] in _JOINS or said.words[last - 1] in _JOINS):
        last += 1
    slash = "slash" in said.words[dot:last]
    while slash and last < len(said) and last - dot < _DOMAIN and said.words[last] not in _ENDS:
        last += 1
    while _letter(said, last) and _letter(said, last - 1):
        last += 1  # spelled: "dot c o m"
    at = _at(said, dot)
    if at < 0:
        said.mark(_back(said, dot, _DOMAIN), last, "url")
        return
    first = _back(said, at, _LOCAL)
    joined = any(said.words[one] in _JOINS for one in range(first, at))
    named = joined or said.word(first - 1) in _NAMED
    if first == at or (said.words[at - 1] in _PLACED and not named):
        said.mark(max(at + 1, _back(said, dot, _DOMAIN)), last, "url")
    else:
        said.mark(first, last, "email")


_PLACED = CUES["done at a site"]
"""Words for what is done at a web address."""


def _at(said: SpokenWords, dot: int) -> int:
    """Return the place of the "at" before the domain; -1 if there is none."""
    for place in range(dot - 1, max(-1, dot - _DOMAIN), -1):
        word = said.words[place]
        if word == "at":
            return place
        if word in _ENDS and word not in _IN_DOMAINS and not _letter(said, place):
            break
    return -1


def _back(said: SpokenWords, end: int, most: int) -> int:
    """Return the place where the part of an address that ends before ``end`` begins: after a word
    that occurs in no address, unless that word is spelled or joined to the next."""
    first = end
    while first > 0 and end - first < most and not (first < end and said.breaks(first)):
        word = said.words[first - 1]
        joined = first < end and said.words[first] in _JOINS
        if word == "at" or (word in _ENDS and not joined and not _letter(said, first - 1)):
            break
        first -= 1
    return first


def _letter(said: SpokenWords, place: int) -> bool:
    """Return whether a single letter that is no word stands at ``place``. "a" and "i" count only
    beside another letter.
    """
    word = said.word(place)
    beside = len(said.word(place + 1)) == 1 or len(said.word(place - 1)) == 1
    return len(word) == 1 and (word not in "ai" or beside)
