"""Comparatives, superlatives and how much of a thing: "more than" against "less than"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from intents.grammar.question_type import (
    COUNTS,
    Asked,
    about_the_same,
    asked,
    other_asked,
    other_measure,
)

Words = tuple[str, ...]
Values = dict[str, frozenset[int]]

_TABLE = r"""
bound: more than|over(?= [0-9])|above|at least|or more|or (?:older|longer|larger|bigger|over)\b\
|older than|longer than|larger than|bigger than|heavier than|greater than|exceeds?|exceeding\
 / less than|under(?= [0-9])|below|at most|up to(?= [0-9])|or (?:less|fewer|younger)\b\
|or (?:shorter|under)\b|younger than|shorter than|smaller than|lighter than|fewer than
extent: all|every|everything|whole|entire|entirely|completely|everyone|everybody\
|both(?! (?:ways|sides))|each of (?:us|you|them)\
|full(?<=in full)|full (?:amount|balance|bill|price|payment|refund|class|group|sum)\
 / some of|part of|a part|parts of|partly|partially|half of|several|a few|only some|certain\
|couple of (?:my|the|our)\
|quarter of|third of|tenth of|percent of (?:my|the)\
|some people|not (?:all|everything|everyone|every|the (?:whole|full|entire))\
 / (?:just|only|any) one|a single|one of\
|one (?:guest|person|item|order|card|bag|child|friend|visit|ticket)\
 / first(?<=the first)(?= [a-z])|last(?<=the last)(?= [a-z])|second(?<=the second)(?= [a-z])\
 / most (?:people|of (?:the|my|our|us|them))\
 / either(?= [a-z]) / none of|nobody|no one\
 / any of
share: each of (?:us|you|them)|apiece|own(?<=our own) / between us|shared?|one(?<=the one)
place_in_row: first|initial|1st / last|final / second|2nd / third|3rd / fourth / fifth
turn: next|upcoming|following|coming / last|previous|past|prior\
 / this (?:week|month|year|weekend|term|season|\w+day)
size: larger|bigger|largest|biggest|greater / smaller|smallest|tiniest
length: longer|longest / shorter|shortest
speed: faster|fastest|quicker|quickest|speed up / slower|slowest|slow down
age: older|oldest / newer|newest|younger|youngest
price: cheaper|cheapest|least expensive|lowest price|less expensive\
 / dearer|more expensive|most expensive|priciest|highest price
weight: heavier|heaviest / lighter|lightest
worth: better|best / worse|worst
strength: stronger|strongest / weaker|weakest
heat: hotter|hottest|warmer|warmest / colder|coldest|cooler|coolest
closeness: nearest|closest|nearer|closer / farthest|furthest|farther|further (?:away|out|off)
rate: monthly|a month|per month|each month|every month\
 / yearly|annual|annually|a year|per year|each year|every year\
 / weekly|a week|per week|each week|every week / daily|a day|per day|each day|every day
edge: until when|till when|how late / from when|since when|how early
moment: before|prior to|in advance|ahead of|beforehand\
 / after|afterwards|once (?:i|you|we|it|they|the|my|your)\b
rest: left|remaining / total|altogether|overall
count: fewer|fewest|less often / more often
level: average|typical|typically|usually / total|altogether\
 / per (?:item|head|person|unit)|apiece\
 / minimum|min|least amount|smallest amount / maximum|max|most i can|highest amount
much: too much|too many|too big|too large|too long|too high|overpaid|overcharged\
 / too little|too few|too small|too short|too low|underpaid|undercharged
tier: basic|standard|regular / premium|deluxe|luxury|gold|platinum
split: separately|individually|one at a time / together|at once|combined|all in one
"""
"""A line per contrast; its values, between slashes, exclude one another."""

_SOME_OF_ALL = re.compile(
    r"\b(?:do (?:\w+ ){0,5}?any(?:one|body)?|does any(?:one|body)?|are any|is any(?:one|body))\b"
)
""" "do any of them", not "can i take any of them"."""
ANY = 7
"""Number of that value of ``extent`` in the table."""
START = 3
"""Letters of a word by which rows of the table are found that may match it."""


_WORD = re.compile(r"\W")


def _starts(pattern: str) -> set[str]:
    """Return how the alternatives of a pattern begin: the first letters of their first words."""
    depth, begin, found = 0, True, set()
    for i, letter in enumerate(pattern):
        if begin:
            found.add(_WORD.split(pattern[i:], maxsplit=1)[0][:START])
        depth += (letter == "(") - (letter == ")")
        begin = letter == "|" and not depth
    return found


Row = tuple[str, int, re.Pattern[str]]


def _rows() -> dict[str, tuple[Row, ...]]:
    """The start of a word to the name, the number of the value and the pattern of what may match
    there."""
    found: dict[str, list[Row]] = {}
    for line in _TABLE.replace("\\\n", "").strip().splitlines():
        name, _, rest = line.partition(":")
        for number, value in enumerate(rest.split(" / ")):
            row = (name.strip(), number, re.compile(rf"\b(?:{value.strip()})(?!\w)"))
            for start in _starts(value.strip()):
                found.setdefault(start, []).append(row)
    return {start: tuple(rows) for start, rows in found.items()}


_ROWS = _rows()
_NO_AMOUNT = re.compile(
    r"\b(?:at all|after all|last (?:long|longer)|(?:first|last|second) (?:name|aid|hand|class)"
    r"|long(?:er)? last|once and for all|(?:do|does|did|will|it|they) (?:\S+ ){0,3}?last$"
    r"|wait a second|best way|(?:best|right|good) (?:time|place)|(?:fastest|quickest) way"
    r"|(?:last|final) (?:resort|word)|past (?:due|the)|first (?:of all|come)|better to|over time"
    r"|no longer|any longer|all (?:right|day|night|week|year|the time)|every (?:second|other)"
    r"|all i (?:want|need)|the whole time"
    r"|single (?:room|bed|person|mother|parent))\b"
)
"""Phrases in which these words count nothing."""
_NOT_OVER = re.compile(r"\b(?:no|not) (more|longer|older|larger|bigger|less|fewer|shorter) than\b")
_FLIP = {
    "more": "less", "longer": "shorter", "older": "younger", "larger": "smaller",
    "bigger": "smaller", "less": "more", "fewer": "more", "shorter": "longer",
}  # fmt: skip
_SEVERAL = re.compile(r"\b(?:more than (?:one|1)|multiple|at the same time|at a time)\b")
_ALSO_SEVERAL = re.compile(
    r"\b(?:more than (?:one|1)|multiple|several|many|two|both|another|second|additional|extra|all"
    r"|joint|same time|at a time|at once|each|different|together|[2-9]|[0-9]{2,})\b"
)
_EXCEPT = re.compile(
    r"\b(?:except|apart from|leaving out|leave out|but not (?:on|in|at|for|the)|other than"
    r"|besides|excepting|aside from)\b"
)
_LEAVES_OUT = frozenset(
    {"without", "not", "no", "skip", "drop", "remove", "exclude", "excluding", "off", "less"}
)
_EXTREME = re.compile(
    r"\b(?:cheapest|largest|biggest|smallest|longest|shortest|oldest|newest|heaviest|strongest"
    r"|(?:most|least) (?!of\b|recent\b|people\b|likely\b)[a-z]+(?:ed|ive|ar|al|ful|ble|ing|ous))\b"
)
_SAME_EXTREME = re.compile(
    r"\b(?:\w{2,}est|most|least|limit|maximum|minimum|max|min|best|first|last|only|up to"
    r"|how (?:quick|old|big|small|long|short|many|few|much|little|early|late|soon|cheap|as \w+ as)"
    r"|up(?:date|grade)\w*)\b"
)


RESPECTS = frozenset(
    {"size", "length", "speed", "age", "price", "weight", "worth", "strength", "heat", "closeness",
     "count"}
)  # fmt: skip
"""Rows of the table by which things are compared."""
TWO = 2
"""Words in which two texts differ that have nothing but their comparatives apart."""


def _respects() -> dict[str, frozenset[str]]:
    """Superlative to what it is a superlative of, for those that mean one thing only."""
    rows = (line.partition(":") for line in _TABLE.replace("\\\n", "").strip().splitlines())
    return {
        word: frozenset({name})
        for name, _, values in rows
        if name in RESPECTS - {"worth"}
        for word in re.findall(r"\w+est\b", values)
        if word not in ("lowest", "highest")
    }


_RESPECT = _respects()
_AMOUNT = frozenset({"amount", "size", "price", "weight"})
"""The things that "the most i can send" may be of."""
_PICKED = re.compile(
    rf"\bthe ({'|'.join(_RESPECT)}|(?:most|least)(?= (?:i|you|we|they|it|can|people)\b))\b"
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """The quantities that a text speaks of, as far as two texts can differ in it."""

    values: Values
    asking: Asked
    several: bool
    also_several: bool
    excepts: bool
    leaves_out: bool
    """Makes an exception, or does without something."""
    extreme: str
    """A superlative that picks one of many; empty if none."""
    some_extreme: bool
    most: frozenset[str]
    """In what respect one of many is picked: "size", "closeness"."""
    more: frozenset[str]
    """In what respects things are compared."""

    @property
    def asked(self) -> str:
        """Return what is asked for: "how much", "where"; empty if it is none of the table's."""
        return self.asking.what


def quantity(words: Words) -> Quantity:
    """The quantity of canonical words."""
    text = " ".join(words)
    plain = _NO_AMOUNT.sub(" ", _NOT_OVER.sub(lambda found: f"{_FLIP[found[1]]} than", text))
    extreme = _EXTREME.search(plain)
    values = _values(plain)
    excepts = _EXCEPT.search(text) is not None
    picked = _PICKED.findall(plain) if "st " in plain else ()
    return Quantity(
        values=values,
        asking=asked(words),
        several=_SEVERAL.search(text) is not None,
        also_several=_ALSO_SEVERAL.search(text) is not None,
        excepts=excepts,
        leaves_out=excepts or not _LEAVES_OUT.isdisjoint(words),
        extreme=extreme.group() if extreme else "",
        some_extreme=_SAME_EXTREME.search(text) is not None,
        most=frozenset().union(*(_RESPECT.get(found, _AMOUNT) for found in picked)),
        more=RESPECTS & values.keys(),
    )


def unequal(
    query: Quantity,
    question: Quantity,
    entry: Values,
    asked: frozenset[str] = frozenset(),
    *,
    same_side: bool = False,
) -> str:
    """Why the two do not speak of the same quantity; empty if they may.

    ``entry``: the values that any question of the same entry has; ``asked``: what they ask for.
    ``same_side``: both ask for what is used, or for what is left (``aspect``): then "how often"
    is "how many".
    """
    for name, said in query.values.items():
        others = question.values.get(name)
        if others and said.isdisjoint(others | entry.get(name, others)):
            return f"{name.replace('_', ' ')} differs"
    counted = same_side and {query.asked, question.asked} <= COUNTS
    if query.asked not in asked and not counted and other_asked(query.asking, question.asking):
        return f"asks '{query.asked}', the question '{question.asked}'"
    if query.most.isdisjoint(question.most) and query.most and question.most:
        return f"the {min(query.most)} is asked for, in the question the {min(question.most)}"
    if query.more.isdisjoint(question.more) and query.more and question.more:
        about = query.asking.about, question.asking.about
        if about_the_same(*about) or (about[0] & about[1] and len(about[0] ^ about[1]) <= TWO):
            return f"{min(query.more)} is compared, in the question {min(question.more)}"
    if other_measure(query.asking, question.asking):
        return "measures or counts another thing"
    for one, other in ((query, question), (question, query)):
        if one.several and not other.also_several:
            return "only one of them speaks of several"
        if one.excepts and not other.leaves_out:
            return "only one of them makes an exception"
        if one.extreme and not other.some_extreme:
            return f"only one of them says '{one.extreme}'"
    return ""


def _values(text: str) -> Values:
    found: dict[str, set[int]] = {}
    rows = dict.fromkeys(row for word in text.split() for row in _ROWS.get(word[:START], ()))
    for name, number, pattern in rows:
        if pattern.search(text):
            found.setdefault(name, set()).add(number)
    if " any" in text and _SOME_OF_ALL.search(text):
        found.setdefault("extent", set()).add(ANY)
    return {name: frozenset(values) for name, values in found.items()}
