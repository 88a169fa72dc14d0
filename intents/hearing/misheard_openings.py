"""The words that callers say around a question, known again where they were misheard.

``openings`` knows "i was just talking to one of your colleagues and" word for word. A recogniser
writes "i was and talking one or your colleagues": here each phrase is laid beside the beginning (or
the end) of the text, and what differs has its price. Small words may be lost, added or taken for
each other; a word of content may be in another form, or one that sounds alike; at least one must be
there as it is. Numbers, days and negations are dropped only where the phrase has them.

Only for a second look at texts that nothing sure was found for (``Matcher``).

Language: English, tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from intents.hearing.confusions import kept, table
from intents.text import lexicon
from intents.text.english import words
from intents.text.openings import FIRST_NAMES, SMALL, STARTS, may_name
from intents.text.roots import root
from intents.text.spoken import canonical

_NAME, _KNOWN, _PERSON = "<name>", "<known>", "<person>"
_PERSONS = lexicon.words("relative-or-colleague")
_BEFORE = (
    "good morning", "good afternoon", "good evening", "how are you doing today",
    "how are you today", "how are you doing", "thank you for taking my call",
    "thanks for taking my call", "for taking my call", "i have been on hold for ages",
    f"my name is {_NAME}", f"name is {_KNOWN}", f"this is {_NAME} calling", f"this is {_KNOWN}",
    f"this is {_NAME} speaking", f"it is {_NAME} calling", f"it is {_KNOWN}",
    f"i am {_NAME} calling", f"i am {_KNOWN}", f"you are speaking with {_NAME}",
    f"you are talking to {_NAME}", "i am a customer of yours and", "i am a new customer and",
    "i was wondering", "i was wondering if you could help me", "i was wondering if you could",
    "i was hoping you could help me", "i was hoping you could help me with something",
    "i am hoping you can help me", "i hope you can help me", "maybe you can help me",
    "maybe you can help me with this", "you could help me", "you can help me",
    "can you help me", "could you help me with something",
    "i have a question", "i have a quick question", "i just have a quick question for you",
    "quick question", "can i ask you something", "could i ask you a question",
    "i wanted to ask you something", "i would like to ask you something", "i need some help",
    "i need help", "i could use some help", "i am calling because", "i am ringing because",
    "i am calling to ask", "i am calling to find out", "i am just calling to ask",
    "i am on your website and",
    "i am looking at your website and", "i am in your app and", "i have looked everywhere and",
    "i looked everywhere and", f"my {_PERSON} told me to call and ask",
    f"my {_PERSON} asked me to call", f"my {_PERSON} told me to ask", "i was told to call and ask",
    "i am sorry to bother you", "sorry to bother you", "sorry to trouble you",
    "i was just talking to one of your colleagues and",
    "i just spoke to one of your colleagues and", "i just spoke to someone and",
    "i was talking to someone earlier and", "i am a bit confused", "i am a little confused",
    "here is the thing", "here is my question",
)  # fmt: skip
_BEFORE_CLAUSE = (
    "the reason i am calling is", "the reason for my call is", "the thing is", "my question is",
    "let me see", "let me think", "can you hear me okay", "is this customer service",
    "is this the help desk",
)  # fmt: skip
"""Only before a clause: not "is this customer service free", "the thing is broken"."""
_BEFORE_QUESTION = (
    "can you tell me", "could you tell me", "would you be able to tell me", "tell me",
    "i was wondering if you could tell me", "i was hoping you could tell me", "do you know",
    "i would like to know", "i want to know", "i need to know", "i just want to know",
    "i wanted to find out", "i just wanted to find out", "i am trying to find out",
    "i would like to find out", "can you help me find out", "could you help me find out",
    "i wanted to ask you", "i just wanted to ask", "i just wanted to check", "can i ask you",
)  # fmt: skip
"""Only before a question word: not "i want to know the price"."""
_AFTER = (
    "thank you", "thanks", "thank you very much", "thank you so much", "thanks so much",
    "thanks a lot", "thank you in advance", "thanks for your help", "thank you for your help",
    "thank you for your time", "have a nice day", "have a good day",
    "if you could help me with that", "if you can help me with that", "if you can help me",
    "can you help me with that", "could you help me with this", "maybe you can help me",
    "that would be great", "that would be helpful", "that would be good", "that would be nice",
    "i would appreciate it", "i would really appreciate that", "if that is okay",
    "if that is okay with you", "if it is possible", "if that is possible", "if you do not mind",
    "that is my question", "that is my only question", "that is all i want to know",
    "if that makes sense", "please and thank you", "or something like that",
)  # fmt: skip
NEVER = 9.0
"""Price of what cannot be."""
LOST = ADDED = 0.5
TAKEN = 0.4
"""Price of a small word that is not there, one too many, one for another."""
TURNING: dict[str, float] = {"if": 1.0, "that": 1.0, "i": 1.0, "or": 1.0, "you": NEVER}
"""Price of words lost at the end, where the rest would be part of the question: "which day would be
good", "who can help me with that"."""
_FREE: frozenset[str] = (SMALL | lexicon.words("unstressed")) - frozenset(
    words("no not tell please")
)
"""Words without stress, which are lost, added and taken for each other."""
_QUESTION = lexicon.words("question-word-or-whose")
_CLAUSE = lexicon.words("clause-start")
_ASKING = lexicon.words("asking-verb")
_BE = lexicon.words("be-heard")
_BEFORE_NOUNS = lexicon.words("before-noun")
_MAY_BE_LOST = _FREE - _QUESTION
_MAY_BE_TAKEN = _MAY_BE_LOST - {"that", "if", "or"}
_ADDED = frozenset(word for word in _MAY_BE_LOST if not kept(word))
_ON = lexicon.words("goes-on")
"""Endings after which the rest belongs to what was said before: "i need help with my bill"."""
_LINKS = lexicon.words("link")
_GREETED = lexicon.words("greeted")
FORM, SOUND = 0.3, 0.6
"""Costs of another form of the word, and of one that sounds alike."""
UNKNOWN_NAME = 0.25
GREETED = 0.25
"""The cost of a greeting before the phrase."""
PER_WORD, AT_LEAST = 0.19, 0.22
"""Dearest that a phrase may be, by its length."""
NEARLY = 0.3
"""So much dearer than the cheapest way to take the phrase another may be: less than a word that
was lost or added."""
AT_MOST = 5
"""Phrases dropped from either side."""
LOOKED_AT = 14
"""Words from either end among which a word of content is looked for."""
MORE = 4
"""Words that a text may have more than the phrase."""

Phrase = tuple[str, ...]
Needs = frozenset[str]
"""Words of which one must follow."""
ANYTHING: Needs = frozenset()


def without(text: str) -> str:
    """The canonical text without what is said around the question; as it is if nothing is."""
    for _ in range(AT_MOST):
        parts = text.split()
        cut = _first(parts)
        if not cut:
            break
        text = canonical(" ".join(parts[cut:]))
    for _ in range(AT_MOST):
        parts = text.split()
        cut = _last(parts)
        if not cut:
            break
        text = canonical(" ".join(parts[:-cut]))
    return text


def _first(parts: Sequence[str]) -> int:
    """Return how many words of the beginning are said before any question."""
    found = _candidates(parts, before=True)
    takings = (_taking(phrase, parts, before=True, needs=needs) for phrase, needs in found)
    return max(takings, default=0)


def _last(parts: Sequence[str]) -> int:
    """Return how many words of the end are said after any question."""
    turned = parts[::-1]
    found = _candidates(turned, before=False)
    return max((_taking(phrase[::-1], turned, before=False) for phrase, _ in found), default=0)


def _taking(phrase: Phrase, parts: Sequence[str], *, before: bool, needs: Needs = ANYTHING) -> int:
    """Return how many first words of the text are the phrase; 0 if they are not, or nothing that
    can be asked is left."""
    most = AT_LEAST + PER_WORD * len(phrase)
    prices = _prices(phrase, parts, most, before=before)[1:]
    most = min(most, min(prices, default=NEVER) + NEARLY)
    for length in range(len(prices), 0, -1):
        rest = parts[length:]
        if prices[length - 1] <= most and _enough(rest) and (not before or _follows(rest, needs)):
            return length
    return 0


def _follows(rest: Sequence[str], needs: Needs) -> bool:
    """May a question begin so, after a phrase with these needs?"""
    return rest[0] in needs if needs else rest[0] not in _ON


def _enough(rest: Sequence[str]) -> bool:
    return len(rest) >= 2 and not SMALL.issuperset(rest)


def _candidates(parts: Sequence[str], *, before: bool) -> Iterator[tuple[Phrase, Needs]]:
    """Phrases of which a word of content is there."""
    index = _index(before)
    seen = set()
    looked = parts[:LOOKED_AT]
    for word in (*map(root, looked), *map(" ".join, pairwise(looked))):
        for phrase, needs in index.get(word, ()):
            if phrase not in seen:
                seen.add(phrase)
                yield phrase, needs


@lru_cache(maxsize=2)
def _index(before: bool) -> dict[str, list[tuple[Phrase, Needs]]]:
    """Phrases by the roots of their words of content, with what must follow."""
    groups = ((_BEFORE, ANYTHING), (_BEFORE_CLAUSE, _CLAUSE), (_BEFORE_QUESTION, _QUESTION))
    found: dict[str, list[tuple[Phrase, Needs]]] = {}
    for texts, needs in groups if before else ((_AFTER, ANYTHING),):
        for text in texts:
            phrase = tuple(text.split())
            named = phrase[-1] in (_NAME, _KNOWN)
            keys = {root(word) for word in phrase if word not in _FREE and word[0] != "<"}
            keys |= {heard for word in phrase for heard in _sounds()[word] if " " in heard}
            keys |= {root(name) for name in FIRST_NAMES if _KNOWN in phrase}
            for key in keys:
                found.setdefault(key, []).append((phrase, STARTS | _LINKS if named else needs))
    return found


@lru_cache(maxsize=1)
def _sounds() -> dict[str, frozenset[str]]:
    """Return what each word of the phrases may be heard as."""
    all_words = {
        word
        for text in (*_BEFORE, *_BEFORE_CLAUSE, *_BEFORE_QUESTION, *_AFTER)
        for word in text.split()
    }
    heard = table()
    return {word: frozenset(other for other, _ in heard.get(word, ())) for word in all_words}


def _prices(phrase: Phrase, parts: Sequence[str], most: float, *, before: bool) -> list[float]:
    """Return what it costs to take none, one, two... first words of the text for the phrase; empty
    if all cost more than ``most``."""
    parts = parts[: len(phrase) + MORE]
    added = [ADDED if word in _ADDED else NEVER for word in parts]
    row = [0.0]
    for word, price in zip(parts, added, strict=True):
        asks = before and word in _ASKING  # "do you have a question", not "i have a question"
        row.append(row[-1] + (GREETED if word in _GREETED else NEVER if asks else price))
    for said in phrase:
        above, lost = row, LOST if said in _MAY_BE_LOST else NEVER
        if not before:
            lost = TURNING.get(said, lost)
        named, sounds = said in (_NAME, _KNOWN), _sounds()[said]
        row = [above[0] + lost]
        for n, word in enumerate(parts):
            price = min(above[n] + _taken(said, word), above[n + 1] + lost, row[n] + added[n])
            if named and n:  # a surname
                price = min(price, row[n] + _taken(_NAME, word))
            elif n and f"{parts[n - 1]} {word}" in sounds:
                price = min(price, above[n - 1] + SOUND)
            row.append(price)
        if min(row) > most:
            return []
    return row


@lru_cache(maxsize=16384)
def _taken(said: str, word: str) -> float:
    if said == word:
        return 0.0
    if kept(word) or (word in _QUESTION and said not in _QUESTION):
        return NEVER
    if said == _NAME:
        return 0.0 if word in FIRST_NAMES else UNKNOWN_NAME if may_name(word) else NEVER
    if said == _KNOWN:
        return 0.0 if word in FIRST_NAMES else NEVER
    if said == _PERSON:
        return 0.0 if word in _PERSONS else NEVER
    if root(said) == root(word) and word not in STARTS:
        return FORM
    asks = word in _ASKING and not (said in _BE and word in _BE)
    lost = said == "me" and word in _BEFORE_NOUNS
    if said in _MAY_BE_TAKEN and word in _FREE and not (asks or lost):
        return TAKEN
    return SOUND if word in _sounds()[said] else NEVER
