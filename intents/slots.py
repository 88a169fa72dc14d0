"""Values that do not matter: "transfer 500 dollars" asks for the same as "transfer 20 dollars".

Three kinds of evidence. The entry's own questions: where they name different amounts of money, any
amount will do. The form of the query: in a request ("set an alarm for six") a value says what is
to be done, in a question of fact ("are you open at six") it decides the answer. And a reference
("my card ending in 9012"), which tells things of the caller's own apart that no answer knows.
A value of the query never stands against a different one of the question without the first.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations

from intents.amounts import Amounts, Kind, harmless
from intents.clauses import asking

Words = tuple[str, ...]
Kinds = frozenset[Kind]

DAYS = frozenset({"date", "weekday", "weekend", "holiday", "relative"})
ORDINAL = "ordinal"
ANY_DAY = frozenset({"date", "weekday", "relative"})
"""An entry that speaks of one of these and of another sort of day speaks of any day; weekend and
holidays alone do not."""
BARE = frozenset({"count", "reference", "group"})
BACKGROUND = frozenset({"date", "weekday", "weekend", "count", "relative", "span"})
"""What may be told before a question of fact: "i am away in july can i pause it"."""
UNSAID = frozenset({"count", "time", "date", "money", "span", "reference"})
"""What a number without a unit may measure."""


def free(entry: Sequence[Amounts]) -> Kinds:
    """The kinds of value that differ between the entry's questions."""
    said: dict[Kind, list[frozenset[str]]] = {}
    for one in entry:
        for kind in set(one.kinds.values()):
            values = frozenset(value for value, what in one.kinds.items() if what == kind)
            said.setdefault(kind, []).append(values)
        if one.ordinals:
            said.setdefault(ORDINAL, []).append(frozenset(one.ordinals))
    found = {
        kind
        for kind, values in said.items()
        if any(a.isdisjoint(b) for a, b in combinations(dict.fromkeys(values), 2))
    }
    days = list(dict.fromkeys(one for one in map(_days, entry) if one))
    kinds = {kind for one in days for kind, _ in one}
    several = any(a.isdisjoint(b) for a, b in combinations(days, 2))
    if "date" in found or (several and len(kinds) > 1 and kinds & ANY_DAY):
        found |= DAYS
    return frozenset(found)


def _days(one: Amounts) -> frozenset[tuple[Kind, str]]:
    return frozenset((kind, value) for value, kind in one.kinds.items() if kind in DAYS)


_REQUEST = re.compile(
    r"(?:and |then |so )?(?:why |how come |how is (?:it|that|this) done|how (?:do|can|would|could"
    r"|should) (?:i|we) |how to |where (?:do|can) i "
    r"|(?:can|could|will|would) you (?!be |have |accept |take )"
    r"|i (?:\S+ )?(?:want|need|wish|like|have to|must) "
    r"|help (?:me )?|let (?:me|us) |i (?:am|have|got|lost|will|was|cannot|did) )"
)
_ASKS = re.compile(
    r"(?:what|when|where|who|whose|which|how|why|is|are|am|was|were|do|does|did|can|could|will"
    r"|would|has|have|had|should|may|must|cannot|open|opening|opened|closed|hours|any|price"
    r"|prices|cost|fee|fees|rate|rates|available|delivery|if)\b"
)


@lru_cache(maxsize=16384)
def is_request(text: str) -> bool:
    """Whether the canonical text wants something done, rather than to know a fact."""
    return _REQUEST.match(text) is not None or _ASKS.match(text) is None


def differ(query: Words, said: Amounts, question: Words, seeded: Amounts, anything: Kinds) -> str:
    """Why the values of the query ask for another thing; empty if they do not.

    ``anything``: the kinds that do not matter to the entry (``free``).
    """
    asked = asking(" ".join(query))
    requested = is_request(asked)
    both = requested and is_request(" ".join(question))
    told = frozenset(query[: len(query) - len(asked.split())])
    for what, mine, theirs in (
        ("number", said.numbers, seeded.numbers),
        ("date", said.dates, seeded.dates),
        ("unit", said.units, seeded.units),
    ):
        if mine == theirs or (what == "unit" and not (mine and theirs)):
            continue
        if what != "date" and within(query, said, question, seeded):
            continue
        if what == "number" and _spoken(said) == _spoken(seeded) != "":
            continue
        extra, missing = Counter(mine) - Counter(theirs), Counter(theirs) - Counter(mine)
        _drop(extra, said, anything)
        _drop(missing, seeded, anything)
        against = {_kind(value, seeded) for value in missing}
        others = {_kind(value, said) for value in extra}
        for value in [*extra]:
            kind = _kind(value, said)
            condition = value in said.conditions and value not in told
            unsaid = not condition and not _clash(kind, against)
            story = value in told and kind in BACKGROUND
            if unsaid and (requested or story or kind in ("reference", "group")):
                del extra[value]
        for value in [*missing]:
            unsaid = value not in seeded.conditions and not _clash(_kind(value, seeded), others)
            if both and unsaid:
                del missing[value]
        if not harmless(extra, missing, query, question):
            return f"{what} not the same in both: {', '.join([*extra, *missing])}"
    dated = not anything.isdisjoint(DAYS)
    if said.periods and not dated and not (said.periods & seeded.periods) and seeded.periods:
        return f"'{min(said.periods)}' against '{min(seeded.periods)}'"
    if said.numbers == seeded.numbers:
        for noun in said.counted.keys() & seeded.counted.keys():
            if said.counted[noun] != seeded.counted[noun]:
                return f"not as many: {noun}"
    any_th = ORDINAL in anything or "date" in anything
    if said.ordinals and seeded.ordinals and said.ordinals != seeded.ordinals and not any_th:
        return f"'{said.ordinals[0]}' against '{seeded.ordinals[0]}'"
    return ""


_FROM = re.compile(
    r"\b(?:over|above|more than|at least|older than|from|exceeding|longer than|bigger than|after"
    r"|past|minimum of) (?:a |an |the |age )?([0-9.]+)\b|\b([0-9.]+) (?:\S+ )?(?:or (?:more|over"
    r"|older|above)|and (?:over|above|up)|plus)\b"
)
_UP_TO = re.compile(
    r"\b(?:under|below|less than|up to|before|younger than|at most|maximum of|until|within"
    r"|shorter than|smaller than|no more than) (?:a |an |the |age )?([0-9.]+)\b"
    r"|\b([0-9.]+) (?:\S+ )?(?:or (?:less|under|younger|fewer)|and under)\b"
)


def within(query: Words, said: Amounts, question: Words, seeded: Amounts) -> bool:
    """Whether the query names a case of what the question says of all: "i am 64" of "over 60", "at
    2 am" of "at night"."""
    if len(said.numbers) != 1 or said.conditions & {*said.numbers}:
        return False
    number = said.numbers[0]
    if not seeded.numbers:
        half = _unit(said)
        return half in ("am", "pm") and not _parts(number, half).isdisjoint(question)
    units = {_unit(said), _unit(seeded)} - {""}
    if len(seeded.numbers) != 1 or len(units) > 1:
        return False
    text, own = " ".join(question), " ".join(query)
    if _FROM.search(own) or _UP_TO.search(own):
        return False
    least, most = _bound(_FROM, text), _bound(_UP_TO, text)
    value = _value(number)
    return value is not None and (
        (least is not None and value > least) or (most is not None and value < most)
    )


def _unit(amounts: Amounts) -> str:
    """The unit of the only number; empty if it has none."""
    return amounts.units[0].partition(" ")[2] if amounts.units else ""


def _bound(pattern: re.Pattern[str], text: str) -> float | None:
    found = pattern.search(text)
    return _value(found[1] or found[2]) if found else None


def _value(number: str) -> float | None:
    try:
        return float(number)
    except ValueError:
        return None


def _parts(time: str, half: str) -> frozenset[str]:
    """The parts of the day that a time lies in."""
    hour = int(time.partition(":")[0].partition(".")[0]) % 12 + (12 if half == "pm" else 0)
    return frozenset(
        part
        for part, begin, end in _PARTS_OF_DAY
        if begin <= hour < end or begin <= hour + 24 < end
    )


_PARTS_OF_DAY = (
    ("morning", 4, 12), ("mornings", 4, 12), ("afternoon", 12, 18), ("afternoons", 12, 18),
    ("evening", 17, 24), ("evenings", 17, 24), ("night", 20, 30), ("nights", 20, 30),
    ("overnight", 22, 30), ("lunchtime", 12, 14), ("late", 21, 30), ("early", 4, 9),
)  # fmt: skip
"""With the hours of their beginning and end, from midnight."""


def _spoken(amounts: Amounts) -> str:
    """The digits of all numbers in the order said, "1 50" for 150; empty if there are others."""
    digits = "".join(amounts.said).replace(":", "")
    return digits if digits.isdigit() else ""


def _kind(value: str, amounts: Amounts) -> Kind:
    return amounts.kinds.get(value.partition(" ")[0], "count")


def _clash(kind: Kind, others: set[Kind]) -> bool:
    """Whether one of the others may measure the same."""
    return kind in others or (kind in BARE and not BARE.isdisjoint(others))


def _drop(values: Counter[str], amounts: Amounts, anything: Kinds) -> None:
    for value in [*values]:
        kind = _kind(value, amounts)
        if kind in anything or (kind == "count" and anything & UNSAID):
            del values[value]
