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

from intents.grammar.amounts import Amounts, Kind, harmless
from intents.grammar.clauses import asking, clause
from intents.text import lexicon
from intents.text.figures import DAY_OF_MONTH, in_figures
from intents.text.lexicon.contrasts import FUNCTION
from intents.text.roots import stem

Words = tuple[str, ...]
Kinds = frozenset[Kind]

NO_KINDS: Kinds = frozenset()
DAYS = frozenset({"date", "weekday", "weekend", "holiday", "relative", "ago"})
ORDINAL = "ordinal"
ANY_DAY = frozenset({"date", "weekday", "relative", "ago", "period"})
"""An entry that speaks of one of these and of another sort of day speaks of any day; weekend and
holidays alone do not."""
TOLD = DAYS - {"holiday"}
SEVERAL = 4
"""Least questions of an entry from which to see which values it does without."""
RARE = 1 / 3
"""Largest share of them that has such a value."""
BARE = frozenset({"count", "reference", "group"})
SPANS = frozenset({"span", "ago"})
BACKGROUND = frozenset({"date", "weekday", "weekend", "count", "relative", "span", "ago"})
"""The words that may be told before a question of fact: "i am away in july can i pause it"."""
UNSAID = frozenset({"count", "time", "date", "money", "span", "reference"})
"""The kinds that a number without a unit may be of."""


def free(entry: Sequence[Amounts]) -> Kinds:
    """The kinds of value that differ between the entry's questions, and those that most of them do
    without, if none is a condition."""
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
    elif several and kinds == {"relative"}:
        found |= TOLD
    if len(entry) >= SEVERAL:
        found |= _rare(entry)
    return frozenset(found)


def _rare(entry: Sequence[Amounts]) -> Kinds:
    """The kinds that few of the questions have: the answer does not depend on them."""
    most = RARE * len(entry)
    count = Counter(kind for one in entry for kind in {*one.kinds.values()})
    fixed = {one.kinds[value] for one in entry for value in one.conditions & one.kinds.keys()}
    found = {kind for kind, times in count.items() if times <= most} - fixed
    if 0 < sum(1 for one in entry if _days(one)) <= most and not fixed & DAYS:
        found |= TOLD
    return frozenset(found)


def _days(one: Amounts) -> frozenset[tuple[Kind, str]]:
    days = {(kind, value) for value, kind in one.kinds.items() if kind in DAYS}
    return frozenset(days | {("period", value) for value in one.periods if " " in value})


_REQUEST = re.compile(
    r"(?:and |then |so )?(?:why |how come |how is (?:it|that|this) done|how (?:do|can|would|could"
    r"|should) (?:i|we) |how to |where (?:do|can) i "
    r"|(?:can|could|will|would) you (?!be |have |accept |take )"
    r"|i (?:\S+ )?(?:want|need|wish|like|have to|must) "
    r"|help (?:me )?|let (?:me|us) |i (?:am|have|got|lost|will|was|cannot|did) )"
)
_ASKS = re.compile(
    rf"(?:{lexicon.alternation('question-word', 'auxiliary')}|whose|open|opening|opened|closed"
    r"|hours|any|price|prices|cost|fee|fees|rate|rates|available|delivery|if)\b"
)


@lru_cache(maxsize=4096)
def is_request(text: str) -> bool:
    """Return whether the canonical text wants something done, rather than to know a fact."""
    return _REQUEST.match(text) is not None or _ASKS.match(text) is None


def differ(query: Words, said: Amounts, question: Words, seeded: Amounts, anything: Kinds) -> str:
    """Why the values of the query ask for another thing; empty if they do not.

    ``anything``: the kinds that do not matter to the entry (``free``).
    """
    text = " ".join(question)
    asked = asking(" ".join(query))
    requested = is_request(asked)
    both = requested and is_request(text)
    told = frozenset(query[: len(query) - len(asked.split())])
    same_day = _same_day(said, seeded) | _same_day(seeded, said)
    for what, mine, theirs in (
        ("number", said.numbers, seeded.numbers),
        ("date", said.dates, seeded.dates),
        ("unit", said.units, seeded.units),
    ):
        if mine == theirs or (what == "unit" and not (mine and theirs)):
            continue
        if what != "date" and within(query, said, question, seeded):
            continue
        other_numbers = what != "date" and said.numbers != seeded.numbers
        if other_numbers and _spoken(said) == _spoken(seeded) != "":
            continue
        extra, missing = Counter(mine) - Counter(theirs), Counter(theirs) - Counter(mine)
        for value in same_day:
            del extra[value], missing[value]
        _drop(extra, said, anything)
        _drop(missing, seeded, anything)
        against = {_kind(value, seeded) for value in missing}
        others = {_kind(value, said) for value in extra}
        for value in [*extra]:
            kind = _kind(value, said)
            condition = value in said.conditions and value not in told
            unsaid = not condition and not _clash(kind, against)
            if not unsaid or _counted_otherwise(value, said, seeded):
                continue
            stated = requested or kind in ("reference", "group")
            if stated or (value in told and _is_story(kind, query, question)):
                del extra[value]
        for value in [*missing]:
            kind = _kind(value, seeded)
            stated = both and value not in seeded.conditions and kind != "holiday"
            if _clash(kind, others):
                continue
            if stated or (not extra and _reworded(query, question)):
                del missing[value]
        if harmless(extra, missing, query, question):
            continue
        answered = proposed(clause(" ".join(query)), clause(text)) if what != "date" else NO_KINDS
        _drop(extra, said, answered)
        _drop(missing, seeded, answered)
        if not answered or not harmless(extra, missing, query, question):
            return f"{what} not the same in both: {', '.join([*extra, *missing])}"
    dated = not anything.isdisjoint(DAYS)
    if said.periods and not dated and not (said.periods & seeded.periods) and seeded.periods:
        return f"'{min(said.periods)}' against '{min(seeded.periods)}'"
    if said.numbers == seeded.numbers:
        for noun, count in said.counted.items():
            if seeded.counted.get(noun, count) != count:
                return f"not as many: {noun}"
    any_th = ORDINAL in anything or "date" in anything
    if said.ordinals and seeded.ordinals and said.ordinals != seeded.ordinals and not any_th:
        return f"'{said.ordinals[0]}' against '{seeded.ordinals[0]}'"
    return ""


def _is_story(kind: Kind, query: Words, question: Words) -> bool:
    """Return whether a value told before the question only says how it came to be asked."""
    return kind in BACKGROUND or (kind != "holiday" and _reworded(query, question))


def _same_day(one: Amounts, other: Amounts) -> frozenset[str]:
    """ "on the 25th", where the other text has "christmas"."""
    found = set()
    for day in one.dates:
        number = DAY_OF_MONTH.get(day, "")
        if other.kinds.get(number) == "date":
            found |= {day, number}
    return frozenset(found)


def _counted_otherwise(value: str, said: Amounts, seeded: Amounts) -> bool:
    """ "2 adults and 3 children", where the question has "2 adults and a child"."""
    return any(
        number == value and noun in seeded.counted and seeded.counted[noun] != value
        for noun, number in said.counted.items()
    )


def proposed(query: str, question: str) -> Kinds:
    """The kinds that one of two clauses asks for, where the other asks whether it is so much.

    "is it 5 hours by train" is answered by what answers "how long is it by train".
    """
    for one, other in ((query, question), (question, query)):
        if _WHETHER.match(one):
            for pattern, kinds in _ASKED_KINDS:
                if pattern.search(other):
                    return kinds
    return frozenset()


_WHETHER = re.compile(r"(?:is|are|was|does|do|did|will|has|would)\b")
_ASKED_KINDS = (
    (re.compile(r"\bhow (?:long|soon|quickly)\b|\bhow much time\b"), frozenset({"span"})),
    (re.compile(r"\b(?:how much|what .*(?:price|cost|fee|charge))\b"), frozenset({"money"})),
    (re.compile(r"\bhow (?:far|many (?:miles|kilometers))\b"), frozenset({"distance"})),
    (re.compile(r"\bhow heavy\b|\bhow much\b.* weigh\b"), frozenset({"weight"})),
    (re.compile(r"\b(?:what|how much) percent"), frozenset({"percent"})),
    (re.compile(r"\bhow many\b"), frozenset({"count", "group"})),
)

REWORDED = 0.3
"""Largest share of their words of meaning that two texts worded otherwise have in common."""
OWN_WORDS = 3
"""Least words of meaning that only the query has, to be worded otherwise."""


def _reworded(query: Words, question: Words) -> bool:
    """Return whether the query is not the question without its value, but worded otherwise
    throughout: then the value may be said in other words ("at lunchtime", "a quarter's worth")."""
    one, other = (
        {stem(word) for word in words if word not in FUNCTION and word.isalpha()}
        for words in (query, question)
    )
    return len(one - other) >= OWN_WORDS and len(one & other) <= REWORDED * len(one | other)


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
    """Return whether the query names a case of what the question says of all: "i am 64" of "over
    60", "at 2 am" of "at night"."""
    if said.conditions & {*said.numbers}:
        return False
    if said.numbers and not seeded.numbers:
        return all(_in_part(number, said, question) for number in said.numbers)
    if len(said.numbers) != 1:
        return False
    number = said.numbers[0]
    units = {_unit(said), _unit(seeded)} - {""}
    spans = units <= _SECONDS.keys()
    if len(seeded.numbers) != 1 or (len(units) > 1 and not spans):
        return False
    text, own = " ".join(in_figures(question)), " ".join(in_figures(query))
    if _FROM.search(own) or _UP_TO.search(own):
        return False
    least, most = _bound(_FROM, text), _bound(_UP_TO, text)
    value = _value(number)
    if len(units) > 1 and value is not None:
        value *= _SECONDS[_unit(said)] / _SECONDS[_unit(seeded)]
    return value is not None and (
        (least is not None and value > least) or (most is not None and value < most)
    )


def _in_part(time: str, said: Amounts, question: Words) -> bool:
    """Return whether the question names the part of the day the time lies in."""
    half = _unit(said) or ("pm" if said.kinds[time] == "time" and time in _PM else "")
    return half in ("am", "pm") and not _parts(time, half).isdisjoint(question)


_SECONDS = {
    "s": 1, "min": 60, "h": 3600, "d": 86400, "w": 604800, "mo": 2592000, "y": 31536000,
}  # fmt: skip
"""The seconds of each unit of time."""


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
    ("overnight", 22, 30), ("lunchtime", 12, 15), ("lunch", 12, 15), ("late", 21, 30),
    ("early", 4, 9),
)  # fmt: skip
"""With the hours of their beginning and end, from midnight."""


_PM = frozenset({"12", "1", "2", "3", "4", "5", "6"})
"""Hours that are after noon if nothing else is said."""


def _spoken(amounts: Amounts) -> str:
    """The digits of all numbers in the order said, "1 50" for 150; empty if there are others."""
    digits = "".join(map(_pence, amounts.said)).replace(":", "").replace(".", "")
    return digits if digits.isdigit() else ""


def _pence(number: str) -> str:
    """ "4.5" as it is said of money, "4 50"."""
    return f"{number}0" if number[-2:-1] == "." else number


def _kind(value: str, amounts: Amounts) -> Kind:
    return amounts.kinds.get(value.partition(" ")[0], "count")


def _clash(kind: Kind, others: set[Kind]) -> bool:
    """Return whether one of the others may measure the same."""
    alike = next((kinds for kinds in (BARE, SPANS) if kind in kinds), None)
    return kind in others or (alike is not None and not alike.isdisjoint(others))


def _drop(values: Counter[str], amounts: Amounts, anything: Kinds) -> None:
    for value in [*values]:
        kind = _kind(value, amounts)
        if kind in anything or (kind == "count" and anything & UNSAID):
            del values[value]
