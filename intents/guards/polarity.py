"""Does the query say the opposite of the question? The polarity guard.

By words that exclude one another ("open", "close"), by a prefix ("mute", "unmute"), by a negation
that only one of them has, and by refusing what nobody offered.
"""

from __future__ import annotations

import re

from intents.decision import Objection
from intents.grammar import denials, transfers
from intents.grammar.clauses import asking
from intents.grammar.denials import Denial, DenialKind
from intents.grammar.features import Features, Words, features
from intents.guards.entry.evidence import Evidence, word_for
from intents.guards.entry.guard import Entry, Guard, Limits, Scope, objection
from intents.text.lexicon import contrasts
from intents.text.roots import root

Values = frozenset[int]
NONE: Values = frozenset()


def _by_root() -> dict[str, frozenset[tuple[str, int]]]:
    """Root of a word, or of the verb of a pair, to the sides of the contrasts it names."""
    found: dict[str, frozenset[tuple[str, int]]] = {}
    for table in (contrasts.POLARITY_INDEX, contrasts.STATE_INDEX):
        for word, places in table.items():
            one = root(word.partition("+")[0])
            found[one] = found.get(one, frozenset()) | frozenset(places)
    return found


_SIDES = _by_root()
OPPOSITES: Limits = ((3, 2.0),)
"""The limits for opposites that may be told along the way: "i cannot find it" is seldom asked of
what is lost. Chosen as ``TOLD`` was."""


def turned(query: Features, question: Features, known: Evidence) -> str:
    """Why the query means the opposite of the question; empty if it does not.

    ``known``: of the entry that would answer.
    """
    one_negated = _odd(query, question) != _odd(question, query)
    if one_negated and _undoes(query, question):
        return ""
    for name, values in query.polarity.items():
        others = question.polarity.get(name)
        if not others or values <= others | known.polarity.get(name, NONE):
            continue
        if not _compatible(name, values, query, question):
            return f"'{word_for(name, values - others)}' against '{word_for(name, others)}'"
    if opposite := _prefix(query, question):
        return opposite
    if refused := _refuses(query, question, known):
        return refused
    return _denied("query", query, question, known.denied) or _denied(
        "question", question, query, known.affirmed
    )


def _denied(which: str, one: Features, other: Features, evident: frozenset[str]) -> str:
    """Return what only that text denies, and the other says."""
    mine = denials.denials(one.told)
    if not mine or _odd(one, other) == _odd(other, one):
        return ""
    if one.all_negations % 2 == other.all_negations % 2:
        return ""
    if _MAY.search(one.text) and _MUST.search(other.text) and not _MAY.search(other.text):
        return ""  # "can i come in without a mask", "do i have to wear a mask"
    denied = denials.denied(other.text)
    for denial in mine:
        about = denials.contradicted(denial, other.words, denied)
        if about and root(about) not in evident and not _gives_up(denial, other):
            return f"only the {which} is negated, about '{about}'"
    return ""


_OUTCOMES = frozenset(
    {"correct", "pass", "include", "permit", "legal", "safe", "keep", "decision", "allow"}
)
"""Return whether a text that denies the one side says the other: "i did not pass" is "i failed"."""
_SCALES = frozenset({"size", "level", "grade"})
_STOPS = re.compile(r"\b(?:stop|prevent|avoid|keep \S+(?: \S+){0,3} from|not)\b")
_UNABLE = re.compile(r"\b(?:i|we) (?:cannot|can not|could not|do not|did not|am not)\b")
_UNTIL = re.compile(r"\b(?:until|till|how late|how long|latest)\b")
_TAKES_AWAY = re.compile(r"\b(?:remove|lift|undo|get rid of|take\b.* off|stop|cancel|delete)\b")


_MAY = re.compile(r"\b(?:can|may|could|okay|alright|allowed|possible|fine)\b")
_MUST = re.compile(
    r"\b(?:have to|has to|need|needs|must|required|necessary|needed|compulsory|mandatory)\b"
)


def _compatible(name: str, values: Values, query: Features, question: Features) -> bool:
    """Return whether words that exclude one another do not so here."""
    if name in _MOVES and transfers.same_way(query.words, question.words):
        return True
    others = question.polarity[name]
    if others <= values and _alternative(name, query.words):
        return True
    if name == "opening" and _untils(query) != _untils(question):
        return True  # "until when are you open", "when do you close"
    if name in _SCALES and bool(_STOPS.search(query.text)) != bool(_STOPS.search(question.text)):
        return True
    if name in _OUTCOMES and _denies(name, query) != _denies(name, question):
        return True
    unable = _UNABLE.search(query.text) or _UNABLE.search(question.text)
    if name == "opening" and not unable and _denies(name, query) != _denies(name, question):
        return True  # "the door will not open", "it stays shut"
    if name == "visit" and 0 not in others and _denies(name, query):
        return True  # "i cannot make my appointment", "cancel my appointment"
    asked = asking(query.text)
    said = features(asked).polarity.get(name, NONE) if asked != query.text else NONE
    return bool(said) and said <= others  # "i blocked it, how do i unblock it"


def _untils(one: Features) -> bool:
    return _UNTIL.search(one.text) is not None


def _denies(name: str, one: Features) -> bool:
    """Return whether a word of that contrast is denied."""
    return any(
        (name, value) in _SIDES.get(found, ())
        for denial in denials.denials(one.text)
        for found in (denial.verb, *denial.about)
        for value in one.polarity[name]
    )


def _alternative(name: str, words: Words) -> bool:
    """ "approved or denied"."""
    return any(
        word == "or"
        and _sides(name, words[max(0, i - 2) : i]) != _sides(name, words[i + 1 : i + 3])
        for i, word in enumerate(words)
        if _sides(name, words[i + 1 : i + 3])
    )


def _sides(name: str, words: Words) -> Values:
    """The values of the contrast that the words name."""
    tables = contrasts.POLARITY_INDEX, contrasts.STATE_INDEX
    return frozenset(
        value
        for word in words
        for table in tables
        for found, value in table.get(word, ())
        if found == name
    )


def _odd(one: Features, other: Features) -> bool:
    """Return whether it is negated. "not open" is "closed" to a text that says either."""
    used = sum(count for name, count in one.stated.items() if name in other.polarity)
    return (one.negations - used) % 2 == 1


def _gives_up(denial: Denial, plain: Features) -> bool:
    """ "i don't want my order any more" asks for the same as "how do i cancel my order"."""
    return denial.kind is DenialKind.WANTS and _ends(plain)


REFUSED = "only the query wants something not to be"
_GIVING_UP = frozenset(root(word) for word in contrasts.GIVING_UP)
_UNDOES = re.compile(r"un(?!der|it|ion|iform|ique|less|til)\w{4}")
_KEEPS = frozenset({"keep", "keeping", "stay", "hold", "retain"})
_INSTEAD = re.compile(
    r"\b(?:but|just|instead|rather|only|keep|(?:and|i) (?:want|need|would like) an?)\b"
)
"""The pattern of what is wanted after what is not."""


def _refuses(query: Features, question: Features, known: Evidence) -> str:
    """ "do not cancel my card", "i do not need a new card" where nothing of the kind is asked."""
    if not query.refuses or question.declines or known.refuses or not query.content:
        return ""
    if {"without", "no"} & {*question.words}:  # "i do not want a contract", "without a contract"
        return ""
    if _undoes(query, question):
        return ""
    refused = denials.denials(query.told)
    if _ends(question) and not any(denial.verb in _GIVING_UP for denial in refused):
        return ""
    if not _KEEPS.isdisjoint(question.words) and _ends(query):
        return ""  # "do not take it away", "i want to keep it"
    if not any({denial.verb, *denial.about} & question.roots for denial in refused):
        return ""
    if all(denial.kind is DenialKind.WANTS and not denial.about for denial in refused):
        return ""  # "i do not want it anymore", without a word for what
    return "" if _INSTEAD.search(query.text) else REFUSED


def _ends(one: Features) -> bool:
    """Return whether it asks to be rid of something."""
    return any(root(word) in _GIVING_UP or _UNDOES.match(word) for word in one.words)


def _undoes(one: Features, other: Features) -> bool:
    """ "do not connect it any more" against "disconnect it"."""
    found = _prefixed(one.words, other.words, any_form=True) or _prefixed(
        other.words, one.words, any_form=True
    )
    return bool(found) and _denied_once(found, one, other)


_MOVES = frozenset({"order", "loan", "send", "money", "send_back", "up", "load"})
"""Contrasts of verbs for two sides of one deal: "do you sell vouchers", "can i buy a voucher"."""

_PREFIXES = ("un", "dis", "non", "de", "in", "im", "ir")
_TURNED = re.compile(
    r"(?:un(?!der|it|ion|iform|ique|less|til)|non|dis(?!count|play|cover|ease|pute|patch|trict))\w"
    r"|(?:de|in|im|ir)\w+(?:ble|ent|ant|ive|id|ct|ete|ate|ating|ated|ular|ure)$"
)
"""Not "invoice" and "voice", "display" and "play"."""


def _prefix(query: Features, question: Features) -> str:
    """ "mute" against "unmute", but not "not available" against "unavailable"."""
    found = _prefixed(query.words, question.words) or _prefixed(question.words, query.words)
    if not found:
        return ""
    return "" if _denied_once(found, query, question) else f"'{found[0]}' against '{found[1]}'"


def _denied_once(words: Words, one: Features, other: Features) -> bool:
    """Return whether just one of the texts denies one of the words."""
    denied = denials.denied(one.text) ^ denials.denied(other.text)
    return any(root(part) in denied for part in words)


def _prefixed(words: Words, others: Words, *, any_form: bool = False) -> Words:
    """A word, and that of the others which it turns round by a prefix, or any form of that."""
    for one in words:
        if _TURNED.match(one) is None or one in others:
            continue
        forms = {one.removeprefix(prefix) for prefix in _PREFIXES} - {one}
        if any_form:
            forms |= {root(form) for form in forms}
        for other in others:
            same = len(other) > 3 and (other in forms or (any_form and root(other) in forms))
            if same and other not in words and not _TAKES_AWAY.search(" ".join(others)):
                return one, other
    return ()


def against(query: Features, question: Features, entry: Entry) -> Objection | None:
    """The objection that the query means the opposite of the question."""
    reason = turned(query, question, entry.known)
    # Nobody tells along the way what is not to be done: it is what the caller is here for.
    return objection(reason, told=reason != REFUSED)


GUARD = Guard("polarity", against, Scope.MEANING, excusable=OPPOSITES, rank=10)
