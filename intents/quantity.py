"""Comparatives, superlatives and how much of a thing: "more than" against "less than".

Also what is asked for: "how long does a transfer take" is not "how much does a transfer cost",
though the rest of the words is the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from intents.english import words as split

Words = tuple[str, ...]
Values = dict[str, frozenset[int]]

_OF_TIME = r"(?:second|minute|hour|day|week|month|year|night|business day|working day)s?"
_TABLE = r"""
bound: more than|over(?= [0-9])|above|at least|or more|or (?:older|longer|larger|bigger|over)\b\
|older than|longer than|larger than|bigger than|heavier than|greater than|exceeds?|exceeding\
 / less than|under(?= [0-9])|below|at most|up to(?= [0-9])|or (?:less|fewer|younger)\b\
|or (?:shorter|under)\b|younger than|shorter than|smaller than|lighter than|fewer than
extent: all|every|everything|whole|entire|entirely|completely|everyone\
 / some of|part of|parts of|partly|partially|half of|several|a few|only some|certain\
 / (?:just|only|any) one|a single|one of
place_in_row: first|initial|1st / last|final / second|2nd / third|3rd / fourth / fifth
turn: next|upcoming|following|coming / last|previous|past|prior
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
closeness: nearest|closest|nearer|closer / farthest|furthest|farther|further away
rate: monthly|a month|per month|each month|every month\
 / yearly|annual|annually|a year|per year|each year|every year\
 / weekly|a week|per week|each week|every week / daily|a day|per day|each day|every day
level: minimum|min|least amount|smallest amount / maximum|max|most i can|highest amount
much: too much|too many|too big|too large|too long|too high|overpaid|overcharged\
 / too little|too few|too small|too short|too low|underpaid|undercharged
tier: basic|standard|regular / premium|deluxe|luxury|gold|platinum
split: separately|individually|one at a time / together|at once|combined|all in one
"""
"""A line per contrast; its values, between slashes, exclude one another."""

_ROWS: tuple[tuple[str, tuple[re.Pattern[str], ...]], ...] = tuple(
    (
        name.strip(),
        tuple(re.compile(rf"\b(?:{value.strip()})(?!\w)") for value in rest.split(" / ")),
    )
    for name, _, rest in (
        line.partition(":") for line in _TABLE.replace("\\\n", "").strip().splitlines()
    )
)
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
_EXCEPT = re.compile(r"\b(?:except|apart from|other than|besides|excepting|aside from)\b")
_EXTREME = re.compile(
    r"\b(?:cheapest|largest|biggest|smallest|longest|shortest|oldest|newest|heaviest|strongest"
    r"|(?:most|least) (?!of\b|recent\b|people\b|likely\b)[a-z]+(?:ed|ive|ar|al|ful|ble|ing|ous))\b"
)
_SAME_EXTREME = re.compile(
    r"\b(?:\w{2,}est|most|least|limit|maximum|minimum|max|min|best|first|last|only)\b"
)

# --- what is asked for -----------------------------------------------------------------------

_AUX = r"(?:is|are|am|was|were|do|does|did|can|could|will|would|should|has|have|must|may)"
_ASKED: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("how often", r"how often\b|how many times\b|how frequently\b"),
        (
            "how long or when",
            rf"how (?:long|soon|fast|quickly|late|early)\b|how many {_OF_TIME}\b(?!.* left\b)"
            rf"|how much (?:time|longer|notice)\b"
            rf"|(?:when|until when|since when|by when) (?:exactly )?{_AUX}\b"
            rf"|(?:what|which) (?:time|day|date|days|hours)\b",
        ),
        (
            "how much",
            r"how much\b|what (?:is|are) (?:the|your) (?:\S+ ){0,2}?(?:fees?|price|prices|cost"
            r"|costs|charges?)\b|what (?:does|do|will|would) (?:\S+ ){1,4}?cost\b"
            r"|what do you charge\b|how expensive\b",
        ),
        ("how many", r"how many\b"),
        ("where", rf"where(?: exactly)? {_AUX}\b"),
        ("how far", r"how far\b"),
        ("why", rf"(?:why|how come)(?: {_AUX})?\b"),
        ("who", rf"who(?: exactly)? {_AUX}\b|who (?:can|do|to)\b"),
    )
)
_FIRST_ASKED = re.compile(rf"\b(?:what|when|where|who|which|how|why)\b|^{_AUX}\b")
_KINDRED = (
    {"how much", "how many"},
    {"where", "who"},
    {"why", "who"},
    {"how far", "where"},
    {"how far", "how long or when"},
)
"""People ask for the same in both ways: "who does refunds", "where do i get a refund"."""
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
    on_its_way: bool
    """Asks where something is that will come."""


def quantity(words: Words) -> Quantity:
    """The quantity of canonical words."""
    text = " ".join(words)
    plain = _NO_AMOUNT.sub(" ", _NOT_OVER.sub(lambda found: f"{_FLIP[found[1]]} than", text))
    extreme = _EXTREME.search(plain)
    return Quantity(
        values=_values(plain),
        asked=_asked(text),
        several=_SEVERAL.search(text) is not None,
        also_several=_ALSO_SEVERAL.search(text) is not None,
        excepts=_EXCEPT.search(text) is not None,
        extreme=extreme.group() if extreme else "",
        some_extreme=_SAME_EXTREME.search(text) is not None,
        on_its_way=_ON_ITS_WAY.search(text) is not None and not _PARCEL.isdisjoint(words),
    )


def unequal(query: Quantity, question: Quantity) -> str:
    """Why the two do not speak of the same quantity; empty if they may."""
    for name, said in query.values.items():
        others = question.values.get(name)
        if others and said.isdisjoint(others):
            return f"{name.replace('_', ' ')} differs"
    if _not_the_same_asked(query, question):
        return f"asks '{query.asked}', the question '{question.asked}'"
    for one, other in ((query, question), (question, query)):
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
    if pair == {"where", "how long or when"}:
        return not (query.on_its_way or question.on_its_way)
    return pair not in _KINDRED


def _values(text: str) -> Values:
    found: Values = {}
    for name, patterns in _ROWS:
        values = frozenset(n for n, pattern in enumerate(patterns) if pattern.search(text))
        if values:
            found[name] = values
    return found


def _asked(text: str) -> str:
    """What the first question word of the text asks for."""
    first = _FIRST_ASKED.search(text)
    if first is None:
        return ""
    for name, pattern in _ASKED:
        if pattern.match(text, first.start()):
            return name
    return ""
