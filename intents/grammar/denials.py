"""Denials: what a text denies, and whether another text says just that.

"i do not have checks" and "i need to order checks" speak of checks, but only "i have checks" is the
opposite of the former. So a denial is kept with its verb, and with whether a thing is lacking, not
wanted, or not where it is looked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from itertools import pairwise

from intents.grammar.phrasing import AUXILIARIES, DETERMINERS, SUBJECTS
from intents.text import lexicon
from intents.text.lexicon import contrasts
from intents.text.lexicon.synonyms import groups
from intents.text.roots import participle, root

Words = tuple[str, ...]


class DenialKind(Enum):
    """In which way a thing is denied."""

    DOES = "does not"
    """A verb, an adjective or a name: "does not work", "is not valid"."""
    HAS = "has not"
    WANTS = "does not want"
    PLACE = "is not in"


@dataclass(frozen=True, slots=True)
class Denial:
    """One negation and what it speaks of."""

    kind: DenialKind
    verb: str
    """Root of what is not done or is not so; the preposition of a PLACE; of HAS and WANTS empty."""
    about: tuple[str, ...]
    """Roots of the words that carry meaning after it, in order."""
    fails: bool
    """Tells of something that does not go as it should: "i cannot log in", "i have no card"."""


REACH = 4
"""Most words that carry meaning after a negation that it speaks of."""
BARE = 3
"""Most words of a text that does nothing but refuse."""
NEAR = 4
"""Most words between a thing and what says that one has it."""
_STOPS = frozenset({"stop", "stops", "stopping", "prevent", "prevents", "keep"})
_OMITS = frozenset({"fail", "fails", "failed", "forget", "forgets", "forgot", "refuse", "refuses"})
_MAY_DENY = contrasts.NEGATORS | _OMITS | {"from", "free", "unless"}
_NOUNS = lexicon.words("noun-in-ing")
_HAVE = frozenset({"have", "has", "had", "having", "got"})
_WANT = frozenset({"want", "wants", "wanted", "need", "needs", "needed", "wish"})
_IN_PLACE = frozenset({"instead", "substitute", "replace", "sub"})
"""Words for another thing in place of this one: a caller who uses them has not got this one."""
_GONE = {(word,) for word in lexicon.words("before-off-or-out")}
"""Before "off" and "out": not in "find out"."""
_PLACES = lexicon.words("place-preposition")
_THINGS = lexicon.words("negates-thing")
_ENDS = lexicon.words("ends-denial")
_OBJECTS = frozenset({"it", "my", "the", "this", "that", "them", "me"})
"""Before these a word after a thing is a verb."""
_SAYS_LITTLE = contrasts.FUNCTION | lexicon.words("says-little-in-denial")
_AFTER_WITHOUT = lexicon.words("after-what-is-lacked")
"""Words after which a text no longer speaks of what one is without."""
_POSSESS = _HAVE | lexicon.words("possesses")
_GIVEN = lexicon.words("given")
_FAILS = re.compile(
    r"\b(?:i|we|but|and|my \S+) (?:cannot|can not|could not|can never)\b"
    r"|\bam (?:not able|unable)\b|\b(?:are|was|were) (?:not able|unable)\b"
    r"|\b\S+ (?:will|would) not\b|^(?:cannot|unable|not able)\b"
    r"|\b(?:i|we) (?:\S+ )?(?:forgot|failed)\b|\bnot (?:it )?(?:let|letting) (?:me|us)\b"
    r"|\b(?:i|we) (?:did|have) not (?:get|got|catch|caught|hear|heard|see|received?)\b"
    r"|\b(?:i|we) (?:do|did) not (?:hear|see|understand)\b"
)
_SUPPOSES = re.compile(r"\b(?:if|when|unless|who|which|that|what|how) (?:\S+ ){0,4}$")
_SEEKS = re.compile(
    r"\b(?:help|please|(?:can|could|would|will) you|may i|let me|any(?:one|body)|trying to|any way"
    r"|a way|possible|(?:i|we) (?:want|need|would like|have|am trying|wish) (?:you )?to)\b"
    r"|\b(?:how|where|what|who|when|which)\b"
)
"""Wants something to be done: then "i cannot do it" asks for the same."""
_LACKS = re.compile(r"\b(?:i|we) (?:(?:do|did|have|has|am|are) )?(?:not|no|never|without)$")
NOT_NEGATING = re.compile(
    r"^no (?=i |we |it |that |what |how |when |where |can |do |is )"
    r"|^no way\b|\bno (?:wait|weight|sorry|actually|hang on|i mean)\b"
    # "don't you deliver" asks the same as "do you deliver"; only "do not" may begin an order
    r"|^(?:(?:do|could|will|would|have|had|should) not|cannot)"
    r" (?=(?:you|we|they|there|it|i|the|your|any\S*|some\S*) )"
    r"|^(?:does|did|is|are|has|was|were) not\b"
    r"|^do not (?=\S+ (?:have|need|get|pay|go|come) )"
    r"|^(?:do|does|will|would|should|has|have) (?:\S+ ){1,2}?not (?=already|also|usually|normally)"
    r"|^(?:do|does|did|have|has|is|are) (?:\S+ ){1,2}?never\b"
    # what was never tried before
    r"|\b(?:have|has|had) (?:not|never)"
    r" (?=(?:ever )?(?:been|done|used|tried|had|made)\b.* before\b)"
    r"|\bi (?:do not|did not|cannot) (?:know|understand|remember|see|get)"
    rf"(?= (?:{lexicon.alternation('question-word')}|if|that(?! ?$))\b)"
    r"|\bnot (?:(?:to|too|so|really|quite|very|entirely) )?sure\b|\bif not\b|\bor not?$|\bor not\b"
    r"|\bif (?:it|they) (?:is|are) not(?: already|$)|\bwhether or not\b"
    r"|\bno matter\b|\bfor nothing\b"
    r"|(?<!i do )(?<!we do )\bso (?:that )?(?:it|they|i|we|you|(?:my|the) \S+)"
    r" (?:(?:do|does|will|would|can|is|are) not|cannot)\b"
    r"|\bif you do not mind\b|\bno problem\b|\bwhy not\b|\bno longer than\b"
)
"""Negations that leave the question as it is."""
_REFUSES = re.compile(
    r"^(?:please )?(?:do not|never) (?!you\b|we\b|they\b|i\b|the\b|your\b|know\b|worry\b"
    r"|understand\b|remember\b|recall\b|see\b|think\b|believe\b|mind\b"
    r"|\S+ (?:have|need|get|pay|go|come)\b)\S+"
    r"|\b(?:i|we) (?:do not|no longer|never|would not|am not going to|will not)"
    r" (?:want|need|wish|require)\b(?! (?:my|the|our|it|them|people|him|her|any\S+) (?:\S+ )?to\b)"
    r"|\b(?:i|we) would not like\b"
    r"|\b(?:is|are) (?:no longer (?:needed|required|necessary|wanted)"
    r"|not (?:needed|required|necessary|wanted) anymore)\b"
)
_TOO_MUCH = re.compile(r"\btoo (?:\w+ ){1,2}(?:for \S+ )?to (\w+)")


def _by_root() -> dict[str, frozenset[int]]:
    found: dict[str, frozenset[int]] = {}
    for word, numbers in groups().items():
        found[root(word)] = found.get(root(word), frozenset()) | numbers
    return found


_GROUPS = _by_root()


def denied(text: str) -> frozenset[str]:
    """Roots of all that the text denies."""
    return frozenset(word for one in denials(text) for word in (one.verb, *one.about) if word)


def refuses(text: str) -> bool:
    """Return whether the text wants something not to be done, or not to be had."""
    return _REFUSES.search(text) is not None


@lru_cache(maxsize=4096)
def denials(text: str) -> tuple[Denial, ...]:
    """Return what the negations of a canonical text speak of."""
    if _MAY_DENY.isdisjoint(text.split()):
        return ()
    words = tuple(NOT_NEGATING.sub(" ", text).split())
    return tuple(_denial(words, i) for i in range(len(words)) if _negates(words, i))


def _negates(words: Words, i: int) -> bool:
    """Also "stop it from starting", "free of nuts", "unless i pay", "forget to pay"."""
    if words[i] in contrasts.NEGATORS or words[i] == "unless":
        return True
    before, after = words[max(0, i - NEAR) : i], words[i + 1] if i + 1 < len(words) else ""
    if words[i] == "from":
        return after.endswith("ing") and not _STOPS.isdisjoint(before)
    if words[i] in _OMITS:
        return after == "to"
    return words[i] == "free" and after in ("of", "from")


def contradicted(denial: Denial, words: Words, denied: frozenset[str]) -> str:
    """The word by which the text of these words says what the denial denies; empty if it does not.

    ``denied``: roots of what that text denies itself.
    """
    if not words:
        return ""
    roots = [root(word) for word in words]
    text = " ".join(words)
    seeks = _SEEKS.search(text) or _same(denial.verb, roots[0]) or roots[0] == "let"
    if seeks and denial.fails and denial.kind in (DenialKind.DOES, DenialKind.PLACE):
        return ""
    if denied:
        roots = ["" if one in denied else one for one in roots]
    if denial.kind is DenialKind.HAS:
        return next((words[i] for i in _had(denial, words, roots)), "")
    if denial.kind is DenialKind.WANTS:
        return next((words[i] for i, one in enumerate(roots) if one in denial.about), "")
    if denial.kind is DenialKind.PLACE:
        return next((words[i] for i in _placed(denial, words, roots)), "")
    if denial.about and not set(denial.about) & set(roots):
        return ""
    excused = {root(found) for found in _TOO_MUCH.findall(text)}
    for i, one in enumerate(roots):
        if one != denial.verb and words[i] in contrasts.GIVING_UP:
            continue  # "do not complete it" is "end it"
        if one not in excused and _same(denial.verb, one) and not _softened(denial, words, i):
            return words[i]
    return ""


def _had(denial: Denial, words: Words, roots: list[str]) -> Iterator[int]:
    """Return where the text says that one has the thing."""
    for i, one in enumerate(roots):
        if one not in denial.about:
            continue
        start = max(0, i - NEAR)
        if not _IN_PLACE.isdisjoint(words[start:i]):
            continue
        has = any(
            word in _POSSESS and not (word in _HAVE and participle(words[j + 1]))
            for j, word in enumerate(words[start:i], start)
        )
        wants = not denial.fails and not _WANT.isdisjoint(words[start:i])
        lies = i > 0 and words[i - 1] in ("is", "are") and words[i + 1 : i + 2] == ("in",)
        if has or wants or lies or not _GIVEN.isdisjoint(words[i + 1 : i + NEAR]):
            yield i


def _placed(denial: Denial, words: Words, roots: list[str]) -> Iterator[int]:
    """Return where the text says that it is there; "in" alone may be a place too."""
    if not denial.about:
        at = (i for i, word in enumerate(words) if i and word == denial.verb)
        yield from (i for i in at if words[i - 1] in ("am", "is", "are"))
    for i, one in enumerate(roots):
        if one in denial.about and denial.verb in words[max(0, i - NEAR) : i]:
            yield i


def _softened(denial: Denial, words: Words, i: int) -> bool:
    """Return whether a word says "not" of the verb there: "fails to start", "the start fails"."""
    in_time = root("time") in denial.about
    near: list[int] = [*range(i)]
    for j in range(i + 1, min(len(words), i + 1 + NEAR)):
        if words[j] in _ENDS:
            break
        near.append(j)
    return any(
        words[j] in contrasts.SOFT_NEGATIVES
        and not (words[j] == "late" and j > i and not in_time)  # done, but late
        and not (words[j] in ("off", "out") and words[j - 1 : j] not in _GONE)
        for j in near
    )


def _same(one: str, other: str) -> bool:
    if one == other:
        return True
    mine, theirs = _GROUPS.get(one), _GROUPS.get(other)
    return bool(mine and theirs and mine & theirs)


def _denial(words: Words, at: int) -> Denial:
    negator = words[at]
    no_one = words[at : at + 2] == ("no", "one")
    kind = DenialKind.HAS if negator in _THINGS and not no_one else DenialKind.DOES
    if kind is DenialKind.HAS and negator == "no" and len(words) <= BARE:
        kind = DenialKind.WANTS  # "no parking"
    before = " ".join(words[: at + 1])
    near = " ".join(words[: at + 4])
    supposed = _SUPPOSES.search(f"{before} ") is not None
    fails = not supposed and _FAILS.search(near) is not None
    verb = ""
    found: list[str] = []
    for word, after in pairwise((*words[at + 1 :], "")):
        if found and kind is not DenialKind.DOES and after in _OBJECTS:
            break  # "i do not need my room cancel it"
        if found and word == "to" and kind is DenialKind.WANTS and after not in DETERMINERS:
            kind, found = DenialKind.DOES, []  # "i do not want my phone to ring"
            continue
        ends = word in _ENDS | contrasts.NEGATORS or (word in AUXILIARIES and after in SUBJECTS)
        if ends or len(found) == REACH or (negator == "without" and word in _AFTER_WITHOUT):
            break
        if not found and not verb:
            if word in ("to", "longer", "been"):
                kind = DenialKind.DOES
            elif word in _HAVE and kind is DenialKind.DOES and not participle(after):
                kind = DenialKind.HAS
            elif word in _WANT:
                kind = DenialKind.WANTS
            elif word == "like" or (word == "get" and after in _PLACES):
                verb = word
                continue
            elif word in _PLACES and kind is DenialKind.DOES:
                kind, verb = DenialKind.PLACE, word
        adverb = word.endswith("ly") and word != "only"
        if word in _SAYS_LITTLE or not word.isalpha() or adverb:
            if found and kind is not DenialKind.DOES and word not in DETERMINERS:
                break
            continue
        gerund = negator in _THINGS and word.endswith("ing")
        gerund = gerund and (after in DETERMINERS or word not in _NOUNS)
        if not found and kind is DenialKind.HAS and gerund:
            kind = DenialKind.DOES
        if kind is DenialKind.DOES and not verb:
            verb = root(word)
        else:
            found.append(root(word))
    if not verb and not found:
        return _at_end(words, at)
    if kind is DenialKind.DOES and not verb:
        kind = DenialKind.HAS
    if kind is DenialKind.HAS:
        fails = not supposed and _LACKS.search(before) is not None
    return Denial(kind, verb, tuple(found), fails)


def _at_end(words: Words, at: int) -> Denial:
    """The words said before the denial, where it stands at the end: "which jabs does my puppy not
    need"."""
    after = [word for word in words[at + 1 :] if word not in SUBJECTS | AUXILIARIES]
    said = [root(word) for word in words[:at] if word not in _SAYS_LITTLE and word.isalpha()]
    if after:
        return Denial(DenialKind.DOES, root(after[0]), tuple(said[-REACH:]), False)
    verb = said.pop() if said else ""
    return Denial(DenialKind.DOES, verb, tuple(said[-REACH:]), False)
