"""Names of people in what a caller says: those on a list, and those a phrase introduces.

A recogniser writes no capitals, so a word after "this is" or after a first name is taken for a
name if it is not among a few thousand common words: in doubt it goes.
"""

from __future__ import annotations

import re
import unicodedata
from functools import partial
from pathlib import Path

_DATA = Path(__file__).parent / "data"
_WORD = r"[^\W\d_][\w'’\-]{0,40}"
_RUN = rf"(?P<names>{_WORD}(?: {_WORD}){{0,3}})"

STATES = (
    "not|wrong|expired|locked|blocked|incorrect|invalid|lost|forgotten|old|too|being|still|no|"
    "never|gone|compromised|the|same|a|an|my|what|in|on|it|reset|rejected|refused|correct|right|"
    "saved|required|needed|weak|short|long|unknown|broken|disabled|different|out|changed|missing|"
    "updated|up|and|but|or|for|to|with|without|listed|shown|also|just|always|really|now|already|"
    "your|our|their|his|her|that|this|there|here|case|spelled|spelt|misspelled|showing|of"
)
"""What "it is" may go on with instead of a value, as a pattern: "not", "wrong", "expired"..."""


def _read(name: str) -> dict[str, frozenset[str]]:
    """The sections of a file of words; what stands before the first is under ``""``."""
    sections: dict[str, set[str]] = {}
    section = ""
    for line in (_DATA / name).read_text("utf-8").splitlines():
        if line.startswith("= "):
            section = line[2:]
        elif not line.startswith("#"):
            sections.setdefault(section, set()).update(line.split())
    return {key: frozenset(words) for key, words in sections.items()}


_NAMES = _read("names.txt")
_FIRST, _DOUBTFUL, _FAMILY = _NAMES["first"], _NAMES["doubtful"], _NAMES["family"]
_WORDS = _read("words.txt")
_COMMON, _OURS = _WORDS[""], _WORDS["ours"]
_ENDINGS: tuple[str, ...] = (
    "n't",
    "'re",
    "'ll",
    "'ve",
    "'m",
    "'d",
    "ing",
    "ble",
    "ous",
    "ful",
    "less",
    "ly",
    "ated",
)
_ENDINGS += ("ised", "ized", "ical", "ness", "tion")
_PARTICLES = {"van", "von", "de", "del", "della", "da", "di", "la", "le", "bin", "al", "der", "den"}
_BRANDS = re.compile(
    r"\b(?:john deere|trader joe|(?:papa|jimmy) john|jack daniel|morgan stanley|ben and jerry|"
    r"charles schwab|edward jones|ann arbor|wendy['’]?s|denny['’]?s|sam['’]?s club|"
    r"ruth['’]?s? chris|"
    r"(?:san|santa|santo|saint|st|fort|sao) [a-z]+)",
    re.IGNORECASE,
)
"""Shops and places called after somebody."""

_NO_FIRST = re.compile(
    rf"(?:{STATES}|can|could|please|when|where|how|so|i|if|because|is|do|does|very|why|who|which|"
    r"associated|attached)",
    re.IGNORECASE,
)
_POSSESSIVE = re.compile(r"['’]s?$")


def _base(word: str) -> str:
    word = word.lower().replace("’", "'")
    if word.isascii():
        return _POSSESSIVE.sub("", word)
    plain = unicodedata.normalize("NFKD", word)
    return _POSSESSIVE.sub("", "".join(one for one in plain if not unicodedata.combining(one)))


def _ordinary(word: str) -> bool:
    """Whether it is a word that is no name, or only sometimes one."""
    word = _base(word)
    if word in _FIRST:
        return False
    return word in _COMMON or len(word) < 2 or word.endswith(_ENDINGS)


def _family(word: str) -> bool:
    return _base(word) in _FAMILY or not _ordinary(word)


def _is_name(word: str) -> bool:
    word = _base(word)
    return word in _FIRST or word in _FAMILY or word in _PARTICLES or not _ordinary(word)


def _introduced(found: re.Match[str], *, sure: bool) -> str:
    """What follows "my name is" (sure) or "this is": up to three words that may be names."""
    words = found["names"].split(" ")
    taken = 0
    if not _NO_FIRST.fullmatch(words[0]) and not _BRANDS.match(found["names"]):
        while taken < len(words) and (_is_name(words[taken]) or (sure and not taken)):
            taken += 2 if words[taken].lower() in _PARTICLES else 1
    if not taken:
        return found[0]
    rest = "".join(" " + word for word in words[taken:])
    return f"{found['before']}[name]{rest}"


def _listed(text: str) -> str:
    """First names, with the family name that follows, wherever they stand."""
    brands = [range(*one.span()) for one in _BRANDS.finditer(text)]
    words = list(re.finditer(_WORD, text))
    made, done, skip = [], 0, -1
    for number, one in enumerate(words):
        if number <= skip or any(one.start() in brand for brand in brands):
            continue
        following = words[number + 1] if number + 1 < len(words) else None
        adjoins = following is not None and text[one.end() : following.start()] == " "
        first = _base(one[0])
        if first in _FIRST:
            further = following is not None and adjoins and _family(following[0])
        elif first in _DOUBTFUL and following is not None and adjoins:
            further = _base(following[0]) in _FAMILY and not _ordinary(following[0])
            if not further:
                continue
        else:
            continue
        last = following if further and following is not None else one
        skip = number + (last is not one)
        end = last.start() + len(_POSSESSIVE.sub("", last[0]))
        made += [text[done : one.start()], "[name]"]
        done = end
    return "".join([*made, text[done:]])


def _phrase(how: partial[str], *pattern: str) -> tuple[re.Pattern[str], partial[str]]:
    return re.compile(rf"(?P<before>\b(?:{''.join(pattern)}) ){_RUN}", re.IGNORECASE), how


_SURE, _UNSURE = partial(_introduced, sure=True), partial(_introduced, sure=False)
_PHRASES = (
    _phrase(
        _SURE,
        r"my (?:full |first |last |given |family |middle |maiden |sur)?name(?: is|['’]s| was)|",
        r"(?<!user)(?<!user )(?:sur)?name",
        r"(?: on (?:the |my )?(?:card|account|order|booking|reservation))?(?: is|['’]s)|",
        r"(?:card|account) ?holder(?:['’]s name)?(?: is|['’]s)|i am called|they call me|",
        r"under the name(?: of)?|in the name of|on behalf of|(?:mr|mrs|ms|mister|missus)\b\.?",
    ),
    _phrase(
        _UNSURE,
        r"this is|here is|(?:i am|i['’]m|it['’]s|it is)",
        rf"(?= (?:{_WORD} ){{1,3}}(?:speaking|calling|here|again))|",
        r"(?:last|first|family) name|surname|doctor|dr\b\.?|call me",
    ),
)


def without_names(text: str) -> str:
    """The text with ``[name]`` for each of them."""
    for pattern, put in _PHRASES:
        text = pattern.sub(put, text)
    return _listed(text)


_OPENING = re.compile(r"(?:^|[.:!?…]['\"”’)]*)\s*['\"“‘(]*$")
_ALONE = {"a", "i"}


def ordinary(text: str) -> bool:
    """Whether all words are common ones that name nobody, for written text: with capitals nowhere
    but at the beginning of sentences, and no letter alone."""
    for found in re.finditer(_WORD, text):
        word = found[0]
        first = _base(word).partition("'")[0]
        if not (_ordinary(word) or first in _OURS) or (len(first) < 2 and first not in _ALONE):
            return False
        inside = not _OPENING.search(text, 0, found.start())
        if inside and first != "i" and any(map(str.isupper, word)):
            return False
    return True
