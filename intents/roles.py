"""Who does what to whom: "from savings to checking" against "from checking to savings"."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import combinations, pairwise

from intents import owners
from intents.english import words as split
from intents.roots import participle
from intents.roots import root as _root

Words = tuple[str, ...]

FROM = frozenset({"from", "off"})
TO = frozenset({"to", "into", "onto", "in", "for", "with", "by", "towards"})
"""Joins two things in an order that matters: "dollars to euros",
"replace the blue with the red"."""
STOP = frozenset(
    {
        "the", "a", "an", "my", "your", "our", "his", "her", "their", "this", "that", "some", "any",
        "account", "accounts", "is", "are", "do", "does", "can", "i", "you", "we", "it", "me",
        "how",
        "what", "when", "where", "much", "money", "will", "to", "be", "of", "one", "and", "or",
    }
)  # fmt: skip
_TAKES_INFINITIVE = frozenset(
    split(
        "have need want like love how what where when able allowed supposed try trying wish hope "
        "plan planning used yet ought required possible got had has"
    )
)
_NO_MOVE = frozenset(split("access entitled thanks according related next close up prior similar"))
"""Before "to": nothing goes anywhere."""
_VERBS_OFF = frozenset(split("turn switch shut cut log sign call put pay set write day days time"))
"""With these "off" is no place: "turn off the mode"."""
_KEPT = frozenset(split("locked blocked shut kept ran run running"))
"""Before "out of"."""
LONG_ENOUGH = 3
"""Letters above which an s at the end is an ending."""
ALIKE = 2
"""Most words that only one of two texts has that are otherwise the same."""
ENDS = FROM | TO | {"and", "or", "if", "on", "at", "when", "before", "after", "using", "via"}
PEOPLE = {"i": "i", "me": "i", "you": "you"}

PERSON = {
    "i": "i", "me": "i", "my": "i", "we": "i", "us": "i", "our": "i", "you": "you", "your": "you",
    "they": "they", "them": "they", "their": "they",
}  # fmt: skip
_NEXT_CLAUSE = frozenset(split("because so if when while but since unless"))
_HAS_TO = frozenset(split("have need want has allowed able supposed"))
_ARTICLES = frozenset(split("the a an my your his her their our"))
_VERBS_IN = frozenset(split("cash put hand check log sign pay turn opt fill"))
"""With these "in" joins nothing: "cash in my points"."""
_ADVERBS = frozenset(
    split(
        "last first ever never always only now already usually often really today again this that"
    )
)
_HELPS = frozenset(
    split(
        "can could will would do does did to please not also should must just still last first ever"
    )
)
_BY_WHOM = frozenset((person,) for person in split("you me us them him her my your the a an"))
_TO_BE = frozenset(split("is are am was were be been being get got"))
_NO_VERB = (
    STOP
    | ENDS
    | _HELPS
    | _TO_BE
    | PERSON.keys()
    | frozenset(split("wrong why who which need needs have has had"))
)
_SMALL = STOP | ENDS | _TO_BE | _HELPS
_NO_SUBJECT = (ENDS | STOP | {"me", "us"}) - {"i", "you", "we", "they"}
_NO_VERB_AFTER = _ARTICLES | _TO_BE | {"of", "this", "that"}


def reversed_roles(query: Words, question: Words) -> str:
    """Why the query says the question's things the other way round; empty if it does not."""
    if query == question:
        return ""
    return (
        _moved(query, question)[0]
        or _people(query, question)
        or _agents(query, question)
        or _voices(query, question)
        or _other_way(_turned(query, question))
        or owners.another(query, question)
    )


def moved(query: Words, question: Words) -> Words:
    """The things that go another way in the query; none if only people change their parts."""
    return _moved(query, question)[1] or _turned(query, question)


def _moved(query: Words, question: Words) -> tuple[str, Words]:
    """Why things go another way, and which; an empty reason if they do not."""
    said, seeded = _slots(query), _slots(question)
    for role, opposite in (("from", "to"), ("to", "from")):
        gone = (said[role] - seeded[role]) & seeded[opposite] - said[opposite]
        if gone:
            return f"'{min(gone)}' is {role} here, {opposite} there", (min(gone),)
    aim, other = said["to"] - seeded["to"], seeded["to"] - said["to"]
    words, others = frozenset(query), frozenset(question)
    if aim and other and aim <= others and other <= words and len(words ^ others) <= ALIKE:
        one, two = min(aim), min(other)
        if not {(one, two), (two, one)} & {*pairwise(query), *pairwise(question)}:
            return f"to '{one}' here, to '{two}' there", (one, two)
    swapped = {(b, a, kind) for a, b, kind in _pairs(query)} & _pairs(question) - _pairs(query)
    if swapped:
        things = min(swapped)[:2]
        return _other_way(things), things
    return "", ()


def _other_way(things: Words) -> str:
    return f"'{things[0]}' and '{things[1]}' the other way round" if things else ""


def several(questions: Iterable[Words]) -> bool:
    """Whether what stands after "from" and after "to" differs between the questions."""
    found = [_slots(words) for words in questions]
    return all(
        any(a[role] and b[role] and a[role].isdisjoint(b[role]) for a, b in combinations(found, 2))
        for role in ("from", "to")
    )


@lru_cache(maxsize=16384)
def _slots(words: Words) -> dict[str, frozenset[str]]:
    """First content words after "from", and after "to" and "into"."""
    slots: dict[str, set[str]] = {"from": set(), "to": set()}
    for i, word in enumerate(words):
        before = words[i - 1] if i else ""
        out = word == "of" and before == "out" and words[i - 2] not in _KEPT
        if out or (word in FROM and not (word == "off" and before in _VERBS_OFF)):
            slots["from"].update(_argument(words, i + 1)[:1])
        elif word in ("into", "onto") or (word == "to" and _leads_to(words, i)):
            slots["to"].update(_argument(words, i + 1)[:1])
    return {role: frozenset(found) for role, found in slots.items()}


def _leads_to(words: Words, i: int) -> bool:
    """Whether that "to" goes somewhere: not "how to pay", "access to", "i want it to use the"."""
    if i and words[i - 1] in _TAKES_INFINITIVE | _NO_MOVE:
        return False
    after = words[i + 1 : i + 3]
    verb = len(after) > 1 and after[0] not in _ARTICLES and after[1] in _ARTICLES
    return not verb and after[:1] != ("do",)


def _argument(words: Words, i: int) -> list[str]:
    found: list[str] = []
    for word in words[i : i + 4]:
        if word in ENDS or word == "of":
            break
        if word not in STOP:
            found.append(word)
    return found


@lru_cache(maxsize=16384)
def _pairs(words: Words) -> frozenset[tuple[str, str, str]]:
    """Content words on both sides of a joining word: ("dollars", "euros", "to")."""
    found: set[tuple[str, str, str]] = set()
    for i, word in enumerate(words):
        if (
            word in TO
            and i
            and words[i - 1] not in STOP
            and not (word == "in" and words[i - 1] in _VERBS_IN)
            and not (word == "to" and not _leads_to(words, i))
        ):
            amount = i > 1 and words[i - 2].isdigit()  # "2 inches in meters"
            kind = word if word in ("with", "by", "for") or (word == "in" and not amount) else "to"
            found.update((words[i - 1], after, kind) for after in _argument(words, i + 1)[:2])
    return frozenset(found)


def _people(query: Words, question: Words) -> str:
    """ "can i call you" against "can you call me"."""
    mine, theirs = _acts(query), _acts(question)
    for verb in mine.keys() & theirs.keys():
        if mine[verb] == theirs[verb][::-1]:
            return f"who does '{verb}' to whom differs"
    return ""


@lru_cache(maxsize=16384)
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
    for verb in (mine.keys() & theirs.keys()) - _TOGETHER:
        (who, whom), (other, others) = mine[verb], theirs[verb]
        if verb in _BY_ITSELF and (whom <= _SMALL or others <= _SMALL):
            continue
        swapped = who != other and who in others and other in whom
        between = {who, other} & {"i", "you"}
        if swapped and between and not (wanted and len(between) == len({"i", "you"})):
            return f"'{who}' does '{verb}' here, '{other}' there"
    if _asks_you(query) or _asks_you(question):
        return ""
    mine, theirs = _clauses(query), _clauses(question)
    for verb in (mine.keys() & theirs.keys()) - _OF_EITHER - _TOGETHER:
        (who, whom), (other, others) = mine[verb], theirs[verb]
        if verb in _BY_ITSELF and (whom <= _SMALL or others <= _SMALL):
            continue
        if who != other and (who in others or other in whom):
            return f"'{who}' does '{verb}' here, '{other}' there"
    return ""


_OF_EITHER = frozenset(_root(verb) for verb in split("need want have get know take see like"))
"""Verbs with which both sides ask for the same: "do you need my id", "do i need my id"."""
_TOGETHER = frozenset(_root(verb) for verb in split("talk speak chat meet marry"))
"""Whoever does it, the other does it too."""
_BY_ITSELF = frozenset(
    _root(verb)
    for verb in split(
        "bake cook boil freeze melt dry open close start stop begin end change renew roll rollover "
        "move run load update charge connect reset restart ring print"
    )
)
"""What somebody does to a thing and the thing by itself: "i bake a cake", "the cake bakes"."""
_ONESELF = frozenset(
    _root(verb) for verb in split("enrol register subscribe sign qualify retire move marry engage")
)
"""Who did it is it: "i enrolled", "i am enrolled"."""
_AGREES = {"i": frozenset(split("am was be been get got")), "you": _TO_BE - {"am", "is", "was"}}


@lru_cache(maxsize=16384)
def _asks_you(words: Words) -> bool:
    """ "can you cancel it", "i need you to", "how do you pay": asked of the one, done by the
    other."""
    return _wants_you(words) or any(
        you == "you" and (help_ in _ASKED_OF or how in ("how", "long", "often"))
        for how, help_, you in zip(("", *words), words, words[1:], strict=False)
    )


@lru_cache(maxsize=16384)
def _clauses(words: Words) -> dict[str, tuple[str, frozenset[str]]]:
    """Verb to its subject and all that follows, of clauses whose grammar is plain: "do i pay",
    "does my employer pay the"; not of what is told."""
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for i, word in enumerate(words):
        if word in ("i", "we", "you") and i and words[i - 1] in _AUX:
            who, j = PERSON[word], i + 1
            while words[j : j + 1] and (words[j] in _HELPS or words[j] in _HAS_TO):
                j += 1
        elif word in _AUX and words[i + 1 : i + 2] and words[i + 1] in _ARTICLES:
            j = i + 2
            while words[j : j + 1] and words[j] not in _SMALL and words[j] not in _ARTICLES:
                j += 1
            j -= 1
            if j != i + 3:
                continue
            who = _root(words[j - 1])
        else:
            continue
        if words[j : j + 1] and words[j] not in _NO_VERB:
            after = frozenset(PERSON.get(other, _root(other)) for other in _rest(words, j + 1))
            found.setdefault(_root(words[j]), (who, after))
    return found


def _wants_you(words: Words) -> bool:
    return any(
        wants in _WANTS and you == "you" and to == "to"
        for wants, you, to in zip(words, words[1:], words[2:], strict=False)
    )


_WANTS = frozenset(split("want need like needing love prefer"))
_AUX = frozenset(split("do does did can could will would should must may"))
_ASKED_OF = frozenset(split("can could will would"))


@lru_cache(maxsize=16384)
def _deeds(words: Words) -> dict[str, tuple[str, frozenset[str]]]:
    """A verb, or any other word of meaning, to what may be its subject, and all that follows."""
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for i, word in enumerate(words):
        if word in _NO_VERB or not word.isalpha() or (i and words[i - 1] in _NO_VERB_AFTER):
            continue
        if words[i + 1 : i + 2] == ("by",) and words[i + 2 : i + 3] in _BY_WHOM:
            continue
        if participle(word) and not _TO_BE.isdisjoint(words[max(0, i - 4) : i]):
            continue  # "am i enrolled", "is the meter read by you"
        if _is_noun(words, i):
            continue
        start = i - 2 if words[i - 1] == "to" and words[i - 2] in _HAS_TO | {"got", "had"} else i
        before = [other for other in words[max(0, start - 2) : start] if other not in _HELPS]
        if before and before[-1] not in _NO_SUBJECT:
            after = frozenset(PERSON.get(other, _root(other)) for other in _rest(words, i + 1))
            found.setdefault(_root(word), (PERSON.get(before[-1], _root(before[-1])), after))
    return found


def _is_noun(words: Words, i: int) -> bool:
    """ "my vacation request": a verb of one thing would end in s, or have an auxiliary."""
    if i < 2 or words[i - 2] not in _ARTICLES or words[i - 1].endswith("s"):
        return False
    return not words[i].endswith(("s", "ed")) and (i < 3 or words[i - 3] not in _AUX)


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


@lru_cache(maxsize=16384)
def _suffered(words: Words) -> frozenset[tuple[str, str]]:
    """What "i" or "you" had done to them, as (who, verb)."""
    return frozenset(
        (PERSON[who], _root(verb))
        for who, be, verb in zip(words, words[1:], words[2:], strict=False)
        if who in _AGREES and be in _AGREES[who] and participle(verb)
    )


def _turned(query: Words, question: Words) -> Words:
    """Two words that change places in the same text: "swap my aisle seat for a window seat"."""
    mine = [_one(word) for word in query if word not in _ARTICLES]
    theirs = [_one(word) for word in question if word not in _ARTICLES]
    if len(mine) != len(theirs) or sorted(mine) != sorted(theirs):
        return ()
    odd = [i for i, (a, b) in enumerate(zip(mine, theirs, strict=True)) if a != b]
    if len(odd) != 2:
        return ()
    first, last = odd
    words, between = (mine[first], mine[last]), mine[first + 1 : last]
    if (between and {"or", "and"}.issuperset(between)) or not first:
        return ()
    if not between and not _ADVERBS.isdisjoint(words):
        return ()  # "when was i last paid"
    return words if _SMALL.isdisjoint(words) else ()


def _one(word: str) -> str:
    """ "child" for "childs", as "a child's passport" is said."""
    return word.removesuffix("s") if len(word) > LONG_ENOUGH else word
