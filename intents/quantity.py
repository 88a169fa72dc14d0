"""Comparatives, superlatives and how much of a thing: "more than" against "less than".

Also what is asked for: "how long does a transfer take" is not "how much does a transfer cost",
though the rest of the words is the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from intents.clauses import asking
from intents.contrasts import FUNCTION
from intents.english import words as split

Words = tuple[str, ...]
Values = dict[str, frozenset[int]]

_OF_TIME = r"(?:second|minute|hour|day|week|month|year|night|business day|working day)s?"
_TABLE = r"""
bound: more than|over(?= [0-9])|above|at least|or more|or (?:older|longer|larger|bigger|over)\b\
|older than|longer than|larger than|bigger than|heavier than|greater than|exceeds?|exceeding\
 / less than|under(?= [0-9])|below|at most|up to(?= [0-9])|or (?:less|fewer|younger)\b\
|or (?:shorter|under)\b|younger than|shorter than|smaller than|lighter than|fewer than
extent: all|every|everything|whole|entire|entirely|completely|everyone|everybody|both of\
 / some of|part of|a part|parts of|partly|partially|half of|several|a few|only some|certain|any of\
|some people|not (?:all|everything|everyone|every|the (?:whole|full|entire))\
 / (?:just|only|any) one|a single|one of
place_in_row: first|initial|1st / last|final / second|2nd / third|3rd / fourth / fifth
turn: next|upcoming|following|coming / last|previous|past|prior\
 / this (?:week|month|year|weekend|term|season)
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
mean: average|typical|typically|usually / total|altogether
level: minimum|min|least amount|smallest amount / maximum|max|most i can|highest amount
much: too much|too many|too big|too large|too long|too high|overpaid|overcharged\
 / too little|too few|too small|too short|too low|underpaid|undercharged
tier: basic|standard|regular / premium|deluxe|luxury|gold|platinum
split: separately|individually|one at a time / together|at once|combined|all in one
"""
"""A line per contrast; its values, between slashes, exclude one another."""

START = 3
"""Letters of a word by which rows of the table are found that may match it."""


_WORD = re.compile(r"\W")


def _starts(pattern: str) -> set[str]:
    """How the alternatives of a pattern begin: the first letters of their first words."""
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
    r"|no longer|any longer|all (?:right|day|the time)|all i (?:want|need)|the whole time"
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
_EXTREME = re.compile(
    r"\b(?:cheapest|largest|biggest|smallest|longest|shortest|oldest|newest|heaviest|strongest"
    r"|(?:most|least) (?!of\b|recent\b|people\b|likely\b)[a-z]+(?:ed|ive|ar|al|ful|ble|ing|ous))\b"
)
_SAME_EXTREME = re.compile(
    r"\b(?:\w{2,}est|most|least|limit|maximum|minimum|max|min|best|first|last|only|up to"
    r"|how (?:quick|old|big|long|many)|up(?:date|grade)\w*)\b"
)

# --- what is asked for -----------------------------------------------------------------------

_AUX = r"(?:is|are|am|was|were|do|does|did|can|could|will|would|should|has|have|must|may)"
_TYPICAL = "(?:good|typical|normal|usual|reasonable|fair|average|safe|healthy|day|week|month|year)"
_ASKED: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(re.sub(r"@(\w+(?: of)?)", r"what (?:is|was) the \1\\b", pattern)))
    for name, pattern in (
        (
            "meaning",
            rf"what (?:does|do) .* mean\b|what is meant by\b|what is an? (?!{_TYPICAL}\b)\S+$",
        ),
        ("how often", r"how often\b|how many times\b|how frequently\b|@frequency"),
        (
            "how long or when",
            rf"how (?:long|soon|quickly|late|early)\b|how fast\b(?! (?:is|are|can)\b)"
            rf"|(?:what|which) number of {_OF_TIME}\b|how many {_OF_TIME}\b(?! of\b|.* left\b)"
            rf"|how much (?:time|longer|notice)\b"
            rf"|(?:when|until when|since when|by when) (?:exactly )?{_AUX}\b"
            rf"|(?:what|which) (?:time|day|date|days|hours)\b|@duration|@length",
        ),
        (
            "how much",
            r"how much\b|what (?:is|are) (?:the|your) (?:\S+ ){0,2}?(?:fees?|price|prices|cost"
            r"|costs|charges?)\b|what (?:does|do|will|would) (?:\S+ ){1,4}?cost\b"
            r"|what do you charge\b|how expensive\b",
        ),
        ("how many", r"how many\b|(?:what|which) number of\b|@number of|@count of"),
        ("where", rf"where(?: exactly)? {_AUX}\b|(?:what|which) (?:place|location|address)\b"),
        ("how far", r"how far\b|@distance"),
        ("how big", r"how (?:big|large|small|wide|tall|high|deep|heavy)\b|what size\b"),
        ("how warm", r"how (?:warm|hot|cold|cool)\b"),
        ("why", rf"(?:why|how come)(?: {_AUX})?\b|what {_AUX} .+ for$|@reason|@cause"),
        (
            "whom",
            r"who (?:do|should|can|could|would|must|shall) (?:i|we)\b|who (?:can|could) help"
            r"|who (?:does|deals|handles|is responsible)\b",
        ),
        ("who", r"who\b|(?:which|what) (?:doctor|person|people|nurse|manager)\b"),
        ("how fast", r"how fast\b"),
        ("what if", r"what if\b"),
        # How hot, slow, strong: other than the ways in which people ask for anything.
        (
            "to what degree",
            rf"how (?!{_AUX}\b|to\b|come\b|about\b|else\b|exactly\b|easy\b|easily\b|best\b|likely\b"
            rf"|possible\b|safe\b|good\b|well\b|sure\b|i\b|you\b|we\b|my\b|the\b|a\b)\w+ {_AUX}\b",
        ),
        ("how", rf"how {_AUX}\b(?! i (?:find out|know|tell|see|check)\b)|how to\b"),
        (
            "which",
            rf"which (?!{_AUX}\b)\w+|what (?!{_AUX}\b|else\b|if\b|about\b|happen)\w+"
            rf" (?:\S+ ){{0,2}}?{_AUX}\b",
        ),
        ("what", rf"what {_AUX}\b"),
        (
            "whether",
            rf"(?!(?:can|could|will|would) you\b|do you (?:know|mind)\b|(?:have"
            rf"|has|had) (?:my|the|a|it|this|that)\b){_AUX}\b",
        ),
    )
)
_VAGUE = frozenset({"how", "which", "what", "whether", "to what degree", "what if"})
"""People ask in these ways for anything: only where the other words are the same does one of them
make another question."""
_ALIKE = (
    {"meaning", "what"},
    {"meaning", "which"},
    {"meaning", "how"},
    {"meaning", "whether"},
    {"how", "whether"},
    {"how", "where"},
    {"how", "which"},
    {"which", "how long or when"},
    {"what", "how much"},
    {"what", "how long or when"},
    {"what", "how far"},
    {"what", "how big"},
    {"what", "how warm"},
    {"what", "how many"},
    {"what", "to what degree"},
    {"what", "how"},
    {"what", "who"},
    {"what", "which"},
    {"what", "where"},
    {"what if", "what"},
    {"what if", "how"},
    {"what if", "whether"},
)
"""Ways to ask for the same in the same words: "how do i pay by card", "can i pay by card"."""
_NEARLY_ALIKE = (
    {"how", "whom"},
    {"what", "whom"},
    {"which", "whether"},
    {"where", "whether"},
)
"""So are these, if the other words are not the same ones."""
SHARED = 0.6
"""Least share of the words of meaning in both that two texts have in common, to differ in nothing
but what is asked; one word that only one of them has never counts."""
_GENERAL = frozenset(
    split(
        "do make get give take have go come find put say tell know see use deal deals dealing"
        " handle handles long much many often soon far big fast time day date kind sort type number"
        " amount need want there exactly"
    )
)
WH = frozenset(split("what when where who which how why"))
_LIMITED = re.compile(r"\b(?:on|to|about|for) (how (?:much|many|often|far)\b.*)")
""" "is there a limit on how much"."""
_FIRST_ASKED = re.compile(rf"\b(?:what|when|where|who|which|how|why)\b|^{_AUX}\b")
_KINDRED = (
    {"how much", "how many"},
    {"where", "whom"},
    {"why", "whom"},
    {"who", "whom"},
    {"how far", "where"},
    {"how far", "how long or when"},
)
"""People ask for the same in both ways: "who do i ask for a refund", "where do i get a refund"."""
_COUNTS = frozenset({"how many", "how much", "how often", "how far", "how long or when", "what"})
_PRICE = re.compile(
    r"\bhow much (?:is|are|does|do|will|would)\b"
    r"(?!.*\b(?:left|remain\w*|have|owe|used?|get|need)\b)"
    r"|\bwhat (?:does|do|will|would) (?:\S+ ){1,4}?cost\b"
)
_COUNTED = re.compile(r"\bhow many (?:of (?:my|the) )?(?!times\b|more\b)([a-z]+)")
_PARCEL = frozenset(
    split("order package parcel delivery refund card letter taxi driver money shipment results it")
)
_ON_ITS_WAY = re.compile(r"\b(?:where is|where are|where s)\b")


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a text says of amounts, as far as two texts can differ in it."""

    values: Values
    asked: str
    """What is asked for: "how much", "where"; empty if it is none of the table's."""
    several: bool
    also_several: bool
    excepts: bool
    extreme: str
    """A superlative that picks one of many; empty if none."""
    some_extreme: bool
    about: frozenset[str]
    """Stems of the words of meaning but for those that ask."""
    on_its_way: bool
    """Asks where something is that will come."""
    price: bool
    """Asks how much it costs, not how much there is."""
    counted: str
    """Stem of what "how many" counts."""


def quantity(words: Words) -> Quantity:
    """The quantity of canonical words."""
    text = " ".join(words)
    plain = _NO_AMOUNT.sub(" ", _NOT_OVER.sub(lambda found: f"{_FLIP[found[1]]} than", text))
    extreme = _EXTREME.search(plain)
    return Quantity(
        values=_values(plain),
        asked=_asked(text if words[:1] and words[0] in WH else asking(text, wishes=False)),
        several=_SEVERAL.search(text) is not None,
        also_several=_ALSO_SEVERAL.search(text) is not None,
        excepts=_EXCEPT.search(text) is not None,
        extreme=extreme.group() if extreme else "",
        some_extreme=_SAME_EXTREME.search(text) is not None,
        about=frozenset(
            word[:5]
            for before, word in zip(("", *words), words, strict=False)
            if word not in FUNCTION and word not in _GENERAL and before != "how"
        ),
        price=_PRICE.search(text) is not None,
        counted=counted[1][:5] if (counted := _COUNTED.search(text)) else "",
        on_its_way=_ON_ITS_WAY.search(text) is not None and not _PARCEL.isdisjoint(words),
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
    counted = same_side and {query.asked, question.asked} <= _COUNTS
    if query.asked not in asked and not counted and _not_the_same_asked(query, question):
        return f"asks '{query.asked}', the question '{question.asked}'"
    for one, other in ((query, question), (question, query)):
        if one.counted and other.counted != one.counted and other.counted in one.about:
            return "counts another of the things"
        if one.several and not other.also_several:
            return "only one of them speaks of several"
        if one.excepts and not other.excepts:
            return "only one of them makes an exception"
        if one.extreme and not other.some_extreme:
            return f"only one of them says '{one.extreme}'"
    return ""


def _not_the_same_asked(query: Quantity, question: Quantity) -> bool:
    if not query.asked or not question.asked or query.asked == question.asked:
        return False
    pair = {query.asked, question.asked}
    if not pair.isdisjoint(_VAGUE):
        if pair in _ALIKE or (pair in _NEARLY_ALIKE and query.about != question.about):
            return False
        return _about_the_same(query.about, question.about)
    if pair == {"how much", "how many"} and (query.price or question.price):
        priced = {query.counted, question.counted} & (query.about & question.about)
        return not priced and not query.about.isdisjoint(question.about)
    if pair == {"where", "how long or when"}:
        return not (query.on_its_way or question.on_its_way)
    return pair not in _KINDRED or query.about == question.about


def _about_the_same(one: frozenset[str], other: frozenset[str]) -> bool:
    both = len(one & other)
    return both > 0 and (len(one ^ other) <= 1 or both >= SHARED * len(one | other))


def _values(text: str) -> Values:
    found: dict[str, set[int]] = {}
    rows = dict.fromkeys(row for word in text.split() for row in _ROWS.get(word[:START], ()))
    for name, number, pattern in rows:
        if pattern.search(text):
            found.setdefault(name, set()).add(number)
    return {name: frozenset(values) for name, values in found.items()}


def _asked(text: str) -> str:
    """What the first question word of the text asks for."""
    first = _FIRST_ASKED.search(text)
    if first is None:
        return ""
    if first.group() == "how" and text[: first.start()].endswith(("every ", "after ")):
        return "how often"
    for name, pattern in _ASKED:
        if pattern.match(text, first.start()):
            if name == "whether" and (limited := _LIMITED.search(text)):
                return _asked(limited[1])
            return name
    return ""
