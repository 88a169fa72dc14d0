"""Guards: reasons why a likely answer must not be spoken, from the words alone.

Embeddings put opposites side by side ("turn on" / "turn off roaming" 0.92), so query and matched
question are compared word by word. A guard can only veto; when in doubt it does. Each is a small
function of the two texts' features, listed in ``GUARDS``.

A guard looks at the query's *difference* from the question: what both say in the same way
("why is my card not working") never vetoes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from intents import contrasts
from intents.amounts import Amounts, amounts, harmless
from intents.decision import Veto
from intents.names import NO_NAMES, Names
from intents.phrasing import (
    double,
    elliptic,
    personal,
    points_at_object,
    same_state,
    same_trouble,
)
from intents.quantity import Quantity, quantity, unequal
from intents.roles import reversed_roles
from intents.spoken import tokens

Words = tuple[str, ...]
Values = dict[str, frozenset[int]]


@dataclass(frozen=True, slots=True)
class Features:
    """What the guards compare, computed once per text."""

    words: Words
    text: str
    content: frozenset[str]
    """Stems of the words that carry meaning."""
    negations: int
    denied: frozenset[str]
    """Stems of what a negation speaks of."""
    soft: bool
    """Has a word that says "not" without a negation."""
    polarity: Values
    kinds: Values
    amounts: Amounts
    quantity: Quantity
    personal: str
    elliptic: str
    double: str


def veto(
    query: str, question: str, *, entry: str = "", names: Names = NO_NAMES
) -> tuple[Veto, ...]:
    """All reasons against answering ``query`` with the entry of the seeded ``question``.

    ``names``: what the catalogue of the question knows of its names.
    """
    said, seeded = features(query), features(question)
    if said.words == seeded.words:
        return ()
    found = []
    for name, guard in GUARDS:
        reason = guard(said, seeded, names)
        if reason:
            found.append(Veto(guard=name, entry=entry, reason=reason))
    return tuple(found)


@lru_cache(maxsize=16384)
def features(text: str) -> Features:
    """The features of a text; cached, since seeded questions come again and again."""
    words = tokens(text)
    joined = " ".join(words)
    stated, used = _states(words)
    polarity = _values(words, contrasts.POLARITY_INDEX)
    for name, values in stated.items():
        key = "opening" if name == "opened" else name
        polarity[key] = values
    return Features(
        words=words,
        text=joined,
        content=_stems(words),
        denied=_denied(joined),
        negations=_negations(joined) - used,
        soft=not contrasts.SOFT_NEGATIVES.isdisjoint(words),
        polarity=polarity,
        kinds=_values(words, contrasts.KIND_INDEX),
        amounts=amounts(words),
        quantity=quantity(words),
        personal=personal(joined),
        elliptic=elliptic(words),
        double=double(joined, text),
    )


# --- polarity --------------------------------------------------------------------------------

_NOT_NEGATING = re.compile(
    r"^no (?=i |we |it |what |how |when |where |can |do |is )"
    # "don't you deliver" asks the same as "do you deliver"
    r"|^(?:(?:do|does|did|is|are|could|will|would|have|has|should) not|cannot)"
    r" (?=(?:you|we|they|there|it|i|the|your) )"
    r"|\bi (?:do not|did not|cannot) (?:know|understand|remember|see|get)"
    r"(?= (?:how|what|where|when|if|why|which|who|that)\b)"
    r"|\bnot sure\b|\bif not\b|\bor not\b|\bwhether or not\b|\bno matter\b|\bnot only\b"
    r"|\bif you do not mind\b|\bno problem\b|\bwhy not\b|\bno longer than\b"
)
"""Negations that leave the question as it is."""


def _negations(text: str) -> int:
    text = _NOT_NEGATING.sub(" ", text)
    return sum(word in contrasts.NEGATORS for word in text.split())


_UNWANTED = re.compile(r"\b(?:do not|no longer) (?:want|need|wish)\b")


def _gives_up(negated: str, plain: Words) -> bool:
    """ "i don't want my order any more" asks for the same as "how do i cancel my order"."""
    if _UNWANTED.search(negated) is None:
        return False
    return not contrasts.GIVING_UP.isdisjoint(plain) and contrasts.GIVING_UP.isdisjoint(
        negated.split()
    )


_CLAUSE = frozenset({"how", "what", "when", "where", "which", "who", "but", "so", "because", "and"})
REACH = 4
"""Most content words after a negation that it speaks of."""


def _denied(text: str) -> frozenset[str]:
    """What the negations of a sentence are about: up to REACH stems, to the end of the clause."""
    words = _NOT_NEGATING.sub(" ", text).split()
    found: set[str] = set()
    for i, word in enumerate(words):
        if word not in contrasts.NEGATORS:
            continue
        near: list[str] = []
        for later in words[i + 1 :]:
            if later in _CLAUSE or len(near) == REACH:
                break
            near += _stems((later,))
        found.update(near)
    return frozenset(found)


def _stems(words: Words) -> frozenset[str]:
    """The first five letters of the words that carry meaning: "renew" and "renewal" alike."""
    return frozenset(
        word[:5] for word in words if word not in contrasts.FUNCTION and word.isalpha()
    )


def _states(words: Words) -> tuple[Values, int]:
    """Words of state, "not open" read as "closed"; and how many negations that used up."""
    found: dict[str, set[int]] = {}
    used = 0
    for i, word in enumerate(words):
        for name, value in contrasts.STATE_INDEX.get(word, ()):
            if name == "opened" and not _is_state(words, i):
                continue
            negated = "not" in words[max(0, i - 2) : i]
            used += negated
            found.setdefault(name, set()).add(1 - value if negated else value)
    return {name: frozenset(values) for name, values in found.items()}, used


_TO_BE = frozenset({"is", "are", "be", "stay", "was", "were", "being"})


def _is_state(words: Words, i: int) -> bool:
    """ "are you open", not "open an account"."""
    return not _TO_BE.isdisjoint(words[max(0, i - 4) : i])


def _values(words: Words, index: contrasts.Index) -> Values:
    found: dict[str, set[int]] = {}
    for i, word in enumerate(words):
        if word in index and _plainly(words, i):
            for name, value in index[word]:
                found.setdefault(name, set()).add(value)
        if word in contrasts.PAIR_STARTS:
            for later in words[i + 1 : i + 4]:
                for name, value in index.get(f"{word}+{later}", ()):
                    found.setdefault(name, set()).add(value)
    return {name: frozenset(values) for name, values in found.items()}


def _plainly(words: Words, i: int) -> bool:
    """Whether the word means what the table says: not "opening hours", "close to", "a book"."""
    word = words[i]
    after = words[i + 1] if i + 1 < len(words) else ""
    before = words[i - 1] if i else ""
    if word in ("opening", "open"):
        return after not in ("hours", "times")
    if word == "close":
        return after not in ("to", "by") and before not in ("how", "very", "so")
    if word in (
        "book",
        "return",
        "exchange",
        "block",
        "order",
        "start",
        "end",
        "move",
        "lock",
        "schedule",
    ):
        noun = before in ("a", "the", "my", "an", "check", "this", "your", "phone", "address")
        return not (noun or after in ("rate", "rates"))
    return True


def _polarity(query: Features, question: Features, _: Names) -> str:
    for name, values in query.polarity.items():
        others = question.polarity.get(name)
        if others and not values <= others and not (name == "order" and _trade(query, question)):
            return f"'{_word(name, values - others)}' against '{_word(name, others)}'"
    if opposite := _turned(query, question):
        return opposite
    if query.negations % 2 == question.negations % 2:
        return ""
    which, negated, plain = ("query", query, question)
    if question.negations % 2:
        which, negated, plain = ("question", question, query)
    shared = negated.denied & plain.content
    if plain.soft or not shared or _gives_up(negated.text, plain.words):
        return ""
    about = next(word for word in negated.words if word[:5] in shared)
    return f"only the {which} is negated, about '{about}'"


_YOU_SELL = re.compile(r"\b(?:you|they|your) (?:also |still |only )?(?:sell|rent)\b")
_I_BUY = re.compile(r"\b(?:i|we|one) (?:\S+ )?(?:buy|purchase|order|rent)\b")


def _trade(query: Features, question: Features) -> bool:
    """Two sides of one deal: "do you sell vouchers", "can i buy a voucher"."""
    return any(
        _YOU_SELL.search(one.text) and _I_BUY.search(other.text)
        for one, other in ((query, question), (question, query))
    )


_PREFIXES = ("un", "dis", "non", "de", "in", "im", "ir")


def _turned(query: Features, question: Features) -> str:
    """ "mute" against "unmute", but not "not available" against "unavailable"."""
    negated = [not contrasts.NEGATORS.isdisjoint(one.words) for one in (query, question)]
    if negated[0] != negated[1]:
        return ""
    return _prefixed(query.words, question.words) or _prefixed(question.words, query.words)


def _prefixed(words: Words, others: Words) -> str:
    """One text has the other's word turned round by a prefix."""
    for word in words:
        for prefix in _PREFIXES:
            rest = word.removeprefix(prefix)
            turned = rest != word and len(rest) > 3 and rest in others and word not in others
            if turned and rest not in words:
                return f"'{word}' against '{rest}'"
    return ""


def _word(name: str, values: frozenset[int]) -> str:
    return contrasts.WORDS.get((name, min(values)), name).replace("+", " ")


def _kind(query: Features, question: Features, _: Names) -> str:
    for name, values in query.kinds.items():
        others = question.kinds.get(name)
        if others and not values <= others:
            return f"'{_word(name, values - others)}' against '{_word(name, others)}'"
    return ""


# --- the rest --------------------------------------------------------------------------------


def _numbers(query: Features, question: Features, _: Names) -> str:
    said, seeded = query.amounts, question.amounts
    for what, mine, theirs in (
        ("number", said.numbers, seeded.numbers),
        ("date", said.dates, seeded.dates),
        ("unit", said.units, seeded.units),
    ):
        if what == "unit" and not (mine and theirs):
            continue
        extra, missing = Counter(mine) - Counter(theirs), Counter(theirs) - Counter(mine)
        if not harmless(extra, missing, query.words, question.words):
            odd = ", ".join([*extra, *missing])
            return f"{what} not the same in both: {odd}"
    for noun in said.counted.keys() & seeded.counted.keys():
        if said.counted[noun] != seeded.counted[noun]:
            return f"not as many: {noun}"
    if said.ordinals and seeded.ordinals and said.ordinals != seeded.ordinals:
        return f"'{said.ordinals[0]}' against '{seeded.ordinals[0]}'"
    return ""


def _quantity(query: Features, question: Features, _: Names) -> str:
    return unequal(query.quantity, question.quantity)


def _names(query: Features, question: Features, names: Names) -> str:
    return names.clash(query.words, question.words)


def _direction(query: Features, question: Features, _: Names) -> str:
    return reversed_roles(query.words, question.words)


def _personal(query: Features, question: Features, _: Names) -> str:
    if not query.personal or question.personal:
        return ""
    if same_trouble(query.text, question.text) or same_state(query.text, question.text):
        return ""
    return query.personal


def _elliptic(query: Features, question: Features, _: Names) -> str:
    if not query.elliptic or question.elliptic:
        return ""
    # "can i return it without the box" says enough; "when does it expire" does not
    if (
        points_at_object(query.words)
        and len(query.content) > 1
        and query.content & question.content
    ):
        return ""
    return query.elliptic


def _double(query: Features, question: Features, _: Names) -> str:
    return "" if not query.double or question.double else query.double


Guard = Callable[[Features, Features, Names], str]
GUARDS: tuple[tuple[str, Guard], ...] = (
    ("polarity", _polarity),
    ("kind", _kind),
    ("numbers", _numbers),
    ("quantity", _quantity),
    ("names", _names),
    ("direction", _direction),
    ("personal", _personal),
    ("elliptic", _elliptic),
    ("double", _double),
)
"""Name of the guard as it appears in a ``Veto``, and its test: a reason, or nothing."""
