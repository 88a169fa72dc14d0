"""The phrasing of a question, as far as it decides whether a general answer can fit.

Can the canonical words be understood alone, or do they lean on what was said before?
"""

from __future__ import annotations

import re
from itertools import pairwise

from intents.grammar.clauses import asking
from intents.grammar.pronouns import misheard, of_company
from intents.text import lexicon
from intents.text.openings import FIRST_NAMES

_QUESTION_WORD = lexicon.alternation("question-word")

Words = tuple[str, ...]

WH = lexicon.words("question-word")
AUXILIARIES = lexicon.words("auxiliary")
SUBJECTS = lexicon.words("subject-start")
DETERMINERS = lexicon.words("determiner")
PREPOSITIONS = lexicon.words("preposition")

# --- leaning on what was said before -----------------------------------------------------------

_FRAGMENT = re.compile(
    r"(?:and )?(?:what|how) about\b(?! \w+ing\b| (?:you|we) \w+)|what else$|anything else"
    r"|same (?:for|with)\b"
    r"|(?:and|or|but|then|also) (?:for|on|in|at|with|by|if|to|the|a|my|then)\b"
    r"|(?:and|or) \S+(?: \S+)?$|then \S+ (?:back|again|on|off)$"
    r"|(?:why|who|when|where) (?:[0-9]+|then|so|again)$"
    r"|what if (?:i|we|you|they|it)(?: \S+)? (?:not|am|are|do|did|can|cannot|is)$"
    r"|(?:so )?what (?:is|was) the (?:difference|reason|answer|catch|rest)$"
    r"|(?:which|what) (?!time|day|date)\S+ (?:is|was|were) (?:it|that|they|those)(?: again)?$"
    r"|what (?:is|was) that \S+(?: \S+)? again$|the same \S+$"
)
_NO_START = lexicon.words("not-first")
"""Before a preposition they begin the rest of an earlier question: "even for students"."""
REST = "is the rest of an earlier question"
NO_VERB = "is a fragment without a verb"
BARE = "is a bare question word"
DAY = "is a day without a question"
FRAGMENTS = frozenset({REST, NO_VERB, BARE, DAY})
"""Reasons for which no question is like the text, though it leans on something itself."""
FRAGMENT = 6
"""Most words of one that begins with a preposition."""
_REFERS = re.compile(
    r"\b(?:for|of|to|with|after|about|like|than) (?:that|those|these)$"
    r"|\bor the other\b|\byou said$|\bwhere you said\b|\byou (?:just"
    r"|have just) \S+ed$|^(?:no )?i meant\b"
    r"|\b(?:do|did|does) it (?:for|again|too|online)\b|\bit (?:\S+ )?again\b"
    r"|(?<!than )(?<!before )(?<!after )\b(?:that|this) one\b"
    r"|\bthe \w+er ones?$"
    r"|\b(?:is there|have you got|do you have|got) one"
    r"(?: (?:for|in|with|at|on|near|by|to|from)\b|$)"
)
"""Points at something named before, whatever noun stands before it in the same question."""
_BARE_WH = re.compile(
    rf"(?:(?:and|but|so) )?(?:{_QUESTION_WORD}|how much|how many|how long|how far|"
    r"how often|how soon|how come|what time|which one|which ones|why not|since when|until when|"
    r"what for|how so|where exactly|what kind)$"
)
_TAIL = frozenset({"again", "sorry", "then", "though", "exactly", "anyway", "actually", "instead"})
"""Said after a question, they ask nothing."""
_LEADS = frozenset({"and", "or", "otherwise", "also", "but", "then", "so", "plus"})
_LEANS = re.compile(
    r"\b(?:either|both|neither|one|all|none|any|some|more) of (?:them|those|these)\b"
    r"|^(?!.*\bone\b).*\bthe other (?:kind|type|sort|account|card|plan|number|place|road)$"
    r"|\bin (?:that|this|which) case\b|^(?:the )?same (?:question|thing|again|one|but"
    r"|for|on|in|at|with|by|if)\b"
    r"|\b(?:his|hers|theirs)$|\bthe same \w+ again\b|\b(?:be|is|are|stay) the same$"
    r"|\bthe same (?:then|there|too)\b"
    r"|^(?!which\b|.* of (?:your|the) )(?:\S+ ){0,6}?the (?:first|second"
    r"|third|last|former|latter|other|earlier|later|previous"
    r"|\w+er|\w+est) one\b|\b(?:from|up|over|near|round) there$"
    r"|^otherwise\b"
    r"|\b(?:that|this|those|these|it|them) (?:in |on |up )?(?:as well|too|either|again|also)$"
    r"|^(?:is|are|was|does|do) (?:that|this|those|these|it|they) .*\b(?:as well|too|either)$"
)
"""Needs something said before, though it may have nouns of its own."""
_ELSE = re.compile(rf"\b(?:{_QUESTION_WORD}) else\b")
_DUMMY_IT = re.compile(
    r"\b(?:is|was|does|will|would|did|could|can|has) it (?:(?:always|usually|normally|still|also) "
    r")?"
    r"(?:be |been |going to )?(?:\S+ ){0,3}?(?:to|if|for|that|when|until|before(?!$)|too late"
    r"|raining"
    r"|cold"
    r"|hot)\b|\bit (?:is|was|takes|take|costs|cost|will) (?:\S+ ){0,3}?(?:to|if"
    r"|that|"
    r"when|for|before|until)\b|\b(?:what|how|when|where) (?:is|was) it like\b|\bmake it (?:to|on)\b"
    r"|\bappreciate it\b|\bit would be \w+ (?:to|if)\b"
    r"|\b(?:does|did|will|would) it (?:seem|appear)\b"
    r"|\bit (?:be )?(?:safe|okay|possible|best|better|worth|necessary|allowed|legal|cheaper)"
    r" (?:\S+ ){0,2}(?:to|that|if|for)\b"
    r"|\bhow (?:far|long) is it (?:from|between)\b"
    r"|\b(?:is|will|does|did|was|if|when|to) it (?:be |going to |not |still )*(?:rain|raining|snow"
    r"|snowing|freezing|cloudy|sunny|warm|dark|icy|windy)\b"
    r"|\b(?:will|would|does|did|has|is) it (?:\S+ ){0,2}?(?:take|takes|been|matter|likely|short)\b"
    r".* (?:to|for|if|until|before|since|that|i|my|a|what|the|at|from)\b"
    r"|\bis it (?:\S+ ){1,5}?(?:that|who|which|you|i|we|they)\b|\b(?:does|did|will) it say\b"
    r"|^it (?:is|was|says|seems|turns|looks|appears|will not|does not|keeps)\b|^if it is\b"
    r"|^how is it going\b|\bsounds? like it\b"
    r"|\b(?:what|which) (?:time|day|date)(?: of day)? (?:is|will) it\b|^how \S+ (?:is|will"
    r"|was) it (?:be )?"
    r"(?:in|at|on|to|tomorrow|today|tonight|outside)\b|\blook like\b|\bdoes it (?:cost"
    r"|take)\b.* (?:to|for|if|before|until)\b"
)
_TO_BE = frozenset({"is", "are", "was", "were"})
_DOING = frozenset({"do", "doing", "done"})
_THE = frozenset({"the", "my", "your"})
_ANYONE = lexicon.words("anyone")
_ATTACHES = lexicon.words("attaching-preposition")
_POINTS = lexicon.words("pointing")
_DEMONSTRATIVES = lexicon.words("demonstrative")
_AFTER_POINTING = (
    AUXILIARIES
    | PREPOSITIONS
    | lexicon.words("after-pointing") | {""}
)  # fmt: skip
_OTHER_ONE = re.compile(
    r"\bthe (?!only\b|right\b|same\b|wrong\b)\w+ one\b"
    r"(?! (?:of|that|which|with|way|day|time)\b)"
    r"|\b(?:that|this|another|other|the first|the second|the last|first|second|which|cheaper"
    r"|bigger|smaller|same) ones?\b|\bthe (?:former|latter|same|other)$"
    r"|\bthe same (?:for|with|thing)\b"
)
_CLOCK_WORDS = lexicon.words("day-alone")


def elliptic(words: Words) -> str:
    """Why the sentence cannot be understood alone; empty if it can."""
    text = " ".join(words)
    told = text.removesuffix(asking(text, wishes=False))
    if not told and (reason := _leaning(words, text)):
        return reason
    if (found := _ELSE.search(text)) and _points_at_all(words):
        return f"'{found.group()}' asks for more than was said before"
    if _FRAGMENT.match(text) and _DUMMY_IT.search(text) is None:
        return REST
    while len(words) > 1 and words[-1] in _TAIL:
        words = words[:-1]
    text = " ".join(words)
    if _BARE_WH.fullmatch(text):
        return BARE
    one = _OTHER_ONE.search(text)
    if one and not _has_noun_before(words, min(_one_position(words), _before(text, one.start()))):
        return "points at one of several things named before"
    if asking(text, wishes=False) == text and (found := _REFERS.search(text)) is not None:
        return f"'{found.group()}' points at something said before"
    begin = next((i for i, word in enumerate(words) if word not in _NO_START), 0)
    if (
        not {*words[max(0, begin - 1) : begin + 1]}.isdisjoint(PREPOSITIONS - {"if", "about"})
        and len(words) <= FRAGMENT
        and (SUBJECTS & set(words)) <= DETERMINERS
        and not set(words) & (_VERBISH | WH)
    ):
        return NO_VERB
    if 0 < len(words) <= 4 and (words[0] in PREPOSITIONS or words[0] in _CLOCK_WORDS):
        rest = set(words) - _CLOCK_WORDS - PREPOSITIONS - DETERMINERS
        if words[0] in _CLOCK_WORDS and not rest:
            return DAY
        if words[0] in PREPOSITIONS and words[0] != "if" and not rest & _VERBISH:
            return NO_VERB
    return _pointing(words, text)


def _leaning(words: Words, text: str) -> str:
    """Why the words need something said before, though they may have nouns of their own."""
    if found := _LEANS.search(text):
        return f"'{found.group()}' leans on what was said before"
    if words[:1] and words[0] in _LEADS and _points_at_all(words):
        return f"goes on from before with '{words[0]}'"
    return ""


def _points_at_all(words: Words) -> bool:
    """Return whether something in the words points back: "and when does it come"."""
    return any(
        word in _POINTS
        or (
            word in _DEMONSTRATIVES
            and words[i + 1 : i + 2] in ((), *((end,) for end in AUXILIARIES | PREPOSITIONS))
        )
        for i, word in enumerate(words)
    )


_VERBISH = AUXILIARIES | {
    "open",
    "close",
    "cancel",
    "pay",
    "change",
    "order",
    "get",
    "speak",
    "talk",
}


def _before(text: str, start: int) -> int:
    """Return how many words stand before that letter, and one."""
    return text.count(" ", 0, start) + 1


def _one_position(words: Words) -> int:
    for i, word in enumerate(words):
        if word in ("one", "ones", "former", "latter", "same", "other"):
            return i
    return len(words)


def points_at_object(words: Words) -> bool:
    """Return whether all that points back is an object: "can i return it", not "when does it
    expire"."""
    text = " ".join(words)
    leans = (
        _leaning(words, text)
        or _FRAGMENT.match(text)
        or _OTHER_ONE.search(text)
        or _REFERS.search(text)
    )
    if leans or "it" not in words:
        return False
    return all(
        i > 1 and words[i - 1] not in AUXILIARIES | WH | PREPOSITIONS | SUBJECTS
        for i, word in enumerate(words)
        if word in _POINTS
    )


def _pointing(words: Words, text: str) -> str:
    dummy = _DUMMY_IT.search(text) is not None
    story = text.removesuffix(asking(text, wishes=False)).split()
    if any(len(word) > 3 and word not in _COMMON for word in story):
        return ""
    for i, word in enumerate(words):
        after = words[i + 1] if i + 1 < len(words) else ""
        points = word in _POINTS and not (word in ("it", "its") and dummy)
        if word in _DEMONSTRATIVES and after in _AFTER_POINTING and not _joins(words, i):
            points = True
        before = words[i - 1] if i else ""
        if word in _DEMONSTRATIVES and i == 1 and before in _TO_BE and after in ("the", "for"):
            points = True  # "is that the charge for each"
        if after == "last" and words[i + 2 : i + 3] and words[i + 2] not in PREPOSITIONS:
            points = False  # "what is that last payment"
        if i > 3 and before in ("when", "if", "before", "after", "until", "because", "once"):
            points = False
        if word == "this" and after == "is" and words[i + 2 : i + 3] in (("a",), ("an",)):
            points = False
        if points and (misheard(words, i) or of_company(words, i)):
            points = False
        if i == 0 and after == "is" and words[2:3] and words[2] in _THE | FIRST_NAMES:
            points = False  # "that is the fee for a card", "this is anna"
        if before in _DOING and i > 4:  # "i want to tell you what i think where do i do that"
            points = False
        if points and not _has_noun_before(words, _phrase(words, i)):
            return f"'{word}' points at something said before"
    return ""


def _phrase(words: Words, i: int) -> int:
    """Return where the phrase of a pronoun begins, with the noun it says more of: "the name on
    it"."""
    attached = i > 2 and words[i - 1] in _ATTACHES and words[i - 2] not in AUXILIARIES
    return i - 2 if attached else i


def _joins(words: Words, i: int) -> bool:
    """ "that" as a conjunction or relative: "a card that is lost", "i heard that you"."""
    if words[i] != "that" or i == 0:
        return False
    before = words[i - 1]
    after = words[i + 1] if i + 1 < len(words) else ""
    return (
        bool(after)
        and after not in PREPOSITIONS - {"if"}
        and before
        not in AUXILIARIES
        | PREPOSITIONS
        | {
            "do",
            "get",
            "use",
            "like",
            "need",
            "want",
            "and",
        }
    )


def _has_noun_before(words: Words, end: int) -> bool:
    """A noun phrase before that position that a pronoun may mean: "my card ... it"."""
    if not _ANYONE.isdisjoint(words[:end]) or ("can", "one") in pairwise(words[:end]):
        return True
    for i in range(end - 1):
        if words[i] in DETERMINERS - {"this", "that"} and words[i + 1] not in ("same", "other"):
            return i + 1 < end - 1 or words[i + 1] not in ("first", "second", "last", "cheaper")
    return end > 2 and any(len(word) > 3 and word not in _COMMON for word in words[: end - 1])


_COMMON = AUXILIARIES | WH | PREPOSITIONS | lexicon.words("common-in-story")
