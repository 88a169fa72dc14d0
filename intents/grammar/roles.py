"""Roles, that is who does what to whom: "can the bank call me" against "can i call the bank"."""

from __future__ import annotations

from collections.abc import Container, Iterable
from functools import lru_cache
from itertools import pairwise

from intents.grammar import owners, routes
from intents.grammar.routes import ARTICLES, ENDS, HELPS, LONG_ENOUGH, SMALL, STOP, TO_BE
from intents.text import lexicon
from intents.text.english import words as split
from intents.text.roots import participle
from intents.text.roots import root as _root

Words = tuple[str, ...]

PEOPLE = {"i": "i", "me": "i", "you": "you"}

PERSON = {
    "i": "i", "me": "i", "my": "i", "we": "i", "us": "i", "our": "i", "you": "you", "your": "you",
    "they": "they", "them": "they", "their": "they",
}  # fmt: skip
_NEXT_CLAUSE = lexicon.words("next-clause")
_HAS_TO = frozenset(split("have need want has allowed able supposed"))
_BY_WHOM = frozenset((person,) for person in lexicon.words("by-whom"))
_NO_VERB = STOP | ENDS | HELPS | TO_BE | PERSON.keys() | lexicon.words("no-verb")
_NO_SUBJECT = (ENDS | STOP | {"me", "us"}) - {"i", "you", "we", "they"}
_ENDS_NOUN = SMALL | ARTICLES | {"about"}
_NO_VERB_AFTER = ARTICLES | TO_BE | {"of", "this", "that"}


def reversed_roles(query: Words, question: Words) -> str:
    """Why the query says the question's things the other way round; empty if it does not."""
    if query == question:
        return ""
    return (
        routes.other_way(query, question)
        or _people(query, question)
        or _agents(query, question)
        or _voices(query, question)
        or owners.another(query, question)
    )


def _people(query: Words, question: Words) -> str:
    """ "can i call you" against "can you call me"."""
    mine, theirs = _acts(query), _acts(question)
    for verb in mine:  # in the query's order, so that the reason is always the same
        if verb in theirs and mine[verb] == theirs[verb][::-1]:
            return f"who does '{verb}' to whom differs"
    return ""


@lru_cache(maxsize=4096)
def _acts(words: Words) -> dict[str, tuple[str, str]]:
    """Verb to (who, whom), for "i" and "you"."""
    found: dict[str, tuple[str, str]] = {}
    for i in range(1, len(words) - 1):
        who, whom = PEOPLE.get(words[i - 1], ""), PEOPLE.get(words[i + 1], "")
        if words[i + 1 : i + 2] == ("to",) and i + 2 < len(words):
            whom = PEOPLE.get(words[i + 2], "")
        if who and whom and who != whom and words[i] not in STOP:
            found[words[i]] = (who, whom)
    return found


def _agents(query: Words, question: Words) -> str:
    """ "my ex pays me" against "i pay my ex": who does it in one is done to in the other."""
    wanted = _wants_you(query) or _wants_you(question)
    mine, theirs = _deeds(query), _deeds(question)
    for verb in _of_both(mine, theirs, _TOGETHER):
        (who, whom), (other, others) = mine[verb], theirs[verb]
        if verb in _BY_ITSELF and (whom <= SMALL or others <= SMALL):
            continue
        swapped = who != other and who in others and other in whom
        between = {who, other} & {"i", "you"}
        told = between or verb in _with_object(query) & _with_object(question)
        if swapped and told and not (wanted and len(between) == len({"i", "you"})):
            return f"'{who}' does '{verb}' here, '{other}' there"
    if _asks_you(query) or _asks_you(question):
        return ""
    mine, theirs = _clauses(query), _clauses(question)
    for verb in _of_both(mine, theirs, _OF_EITHER | _TOGETHER):
        (who, whom), (other, others) = mine[verb], theirs[verb]
        if verb in _BY_ITSELF and (whom <= SMALL or others <= SMALL):
            continue
        if verb in _OF_US and {who, other} <= {"i", "you"}:
            continue
        if who != other and (who in others or other in whom):
            return f"'{who}' does '{verb}' here, '{other}' there"
    return ""


def _of_both(query: Iterable[str], question: Container[str], but: Container[str]) -> list[str]:
    """The verbs that both texts have, in the query's order, but for some."""
    return [verb for verb in query if verb in question and verb not in but]


_OF_EITHER = frozenset(_root(verb) for verb in split("need want have"))
_OF_US = frozenset(_root(verb) for verb in split("get know take see like"))
"""Verbs with which both sides ask for the same: "do you need my id", "do i need my id"; the second
row only of caller and company."""
_TOGETHER = frozenset(_root(verb) for verb in split("talk speak chat meet marry"))
"""Verbs of which both sides do the same."""
_BY_ITSELF = frozenset(_root(verb) for verb in lexicon.words("by-itself"))
"""Verbs of what somebody does to a thing and the thing does by itself: "i bake a cake", "the cake
bakes"."""
_ONESELF = frozenset(
    _root(verb) for verb in split("enrol register subscribe sign qualify retire move marry engage")
)
"""Verbs after which the one who did it is it: "i enrolled", "i am enrolled"."""
_AGREES = {"i": lexicon.words("agrees-with-i"), "you": TO_BE - {"am", "is", "was"}}


@lru_cache(maxsize=4096)
def _asks_you(words: Words) -> bool:
    """ "can you cancel it", "i need you to", "how do you pay": asked of the one, done by the
    other."""
    return _wants_you(words) or any(
        you == "you" and (help_ in _ASKED_OF or how in ("how", "long", "often"))
        for how, help_, you in zip(("", *words), words, words[1:], strict=False)
    )


@lru_cache(maxsize=4096)
def _clauses(words: Words) -> dict[str, tuple[str, frozenset[str]]]:
    """Verb to its subject and all that follows, of clauses whose grammar is plain: "do i pay",
    "does my employer pay the"; not of what is told."""
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for i, word in enumerate(words):
        if word in ("i", "we", "you") and i and words[i - 1] in _AUX:
            who, j = PERSON[word], i + 1
            while words[j : j + 1] and (words[j] in HELPS or words[j] in _HAS_TO):
                j += 1
        elif word in _AUX and words[i + 1 : i + 2] and _starts_noun(words[i + 1]):
            start = j = i + 1 + (words[i + 1] in ARTICLES)
            while words[j : j + 1] and words[j] not in _ENDS_NOUN:
                j += 1
            objects = words[j - 1].endswith("s") and j == start + 3  # "does the bank charge fees"
            j = start + 1 if objects else j - 1
            if j != start + 1:
                continue
            who = _root(words[start])
        else:
            continue
        if words[j : j + 1] and words[j] not in _NO_VERB:
            after = frozenset(PERSON.get(other, _root(other)) for other in _rest(words, j + 1))
            found.setdefault(_root(words[j]), (who, after))
    return found


def _starts_noun(word: str) -> bool:
    """ "does the school pay", "do parents pay"."""
    return word in ARTICLES or (
        word.endswith("s") and len(word) > LONG_ENOUGH and word not in _NO_VERB
    )


def _wants_you(words: Words) -> bool:
    return any(
        wants in _WANTS and you == "you" and to == "to"
        for wants, you, to in zip(words, words[1:], words[2:], strict=False)
    )


_WANTS = frozenset(split("want need like needing love prefer"))
_AUX = lexicon.words("auxiliary-asked")
_AFTER_NOUN = _AUX | TO_BE | ENDS | {"i", "we", "they", "needed"}
_ASKED_OF = frozenset(split("can could will would"))


@lru_cache(maxsize=4096)
def _deeds(words: Words) -> dict[str, tuple[str, frozenset[str]]]:
    """A verb, or any other word of meaning, to what may be its subject, and all that follows."""
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for i, word in enumerate(words):
        if word in _NO_VERB or not word.isalpha() or (i and words[i - 1] in _NO_VERB_AFTER):
            continue
        if words[i + 1 : i + 2] == ("by",) and words[i + 2 : i + 3] in _BY_WHOM:
            continue
        if participle(word) and not TO_BE.isdisjoint(words[max(0, i - 4) : i]):
            continue  # "am i enrolled", "is the meter read by you"
        if _is_noun(words, i):
            continue
        start = i - 2 if words[i - 1] == "to" and words[i - 2] in _HAS_TO | {"got", "had"} else i
        before = [other for other in words[max(0, start - 2) : start] if other not in HELPS]
        if before and before[-1] not in _NO_SUBJECT:
            after = frozenset(PERSON.get(other, _root(other)) for other in _rest(words, i + 1))
            found.setdefault(_root(word), (PERSON.get(before[-1], _root(before[-1])), after))
    return found


@lru_cache(maxsize=4096)
def _with_object(words: Words) -> frozenset[str]:
    """Roots of the words that something is done to a thing with: "hit my son"."""
    return frozenset(
        _root(word)
        for word, after in pairwise(words)
        if after in ARTICLES | {"another"} and word not in _NO_VERB
    )


def _is_noun(words: Words, i: int) -> bool:
    """ "my vacation request": a verb of one thing would end in s, or have an auxiliary."""
    if i < 2 or words[i - 2] not in ARTICLES or words[i - 1].endswith("s"):
        return False
    if words[i].endswith(("s", "ed")) or (i > 2 and words[i - 3] in _AUX):
        return False
    return words[i + 1 : i + 2] == () or words[i + 1] in _AFTER_NOUN


def _rest(words: Words, i: int) -> Words:
    """The words from there on to the end of the clause."""
    end = next((j for j in range(i, len(words)) if words[j] in _NEXT_CLAUSE), len(words))
    return words[i:end]


def _voices(query: Words, question: Words) -> str:
    """ "i owe my landlord" against "i am owed by my landlord"."""
    for one, other in ((query, question), (question, query)):
        deeds = _deeds(one)
        for who, verb in _suffered(other):
            if verb in _ONESELF:
                continue
            if verb in deeds and deeds[verb][0] == who and verb not in _deeds(other):
                return f"'{who}' does '{verb}' in one and suffers it in the other"
    return ""


@lru_cache(maxsize=4096)
def _suffered(words: Words) -> tuple[tuple[str, str], ...]:
    """Return what "i" or "you" had done to them, as (who, verb)."""
    return tuple(
        (PERSON[who], _root(verb))
        for who, be, verb in zip(words, words[1:], words[2:], strict=False)
        if who in _AGREES and be in _AGREES[who] and participle(verb)
    )
