"""The answer to "do you mean the <first> or the <second>?": which one, if any.

Conservative: what could as well be a new question is OTHER, and goes through matching.
"""

from __future__ import annotations

import re
from enum import StrEnum

from intents.english import FILLERS
from intents.spoken import plain, tokens


class Reply(StrEnum):
    """What the caller chose."""

    FIRST = "first"
    SECOND = "second"
    YES = "yes"
    """A bare yes to an either-or: taken as the first, which is the likelier one."""
    NO = "no"
    NEITHER = "neither"
    OTHER = "other"
    """Not an answer to the question: match it as a new one."""


_YES = r"(?:yes|yeah|yep|yup|yea|ya|sure|okay|right|correct|exactly|absolutely|definitely|i do"\
       r"|that is right|that is correct|that is it|of course|please|indeed|certainly)"  # fmt: skip
_POLITE = (
    r"(?:please|thanks|thank you|sir|madam|maam|actually|i think|i guess|i suppose|then|there)"
)
_LEAD = (
    r"(?:(?:yes|yeah|yep|yup|okay|well|so|oh|sorry|i mean|i meant|i think|i guess|it is|that is|"
    r"it would be|that would be|i want|i need|i would like|i am asking about|i am interested in|"
    r"give me|tell me|tell me about|let us go with|go with|let us say|i will take|i will go with|"
    r"i choose|i prefer|probably|just|maybe|actually|no|please|about|for|my question is about|"
    r"it was|i was asking about|i am calling about|rather|uh|um) )*"
)
_ONE = r"(?:one|option|thing|choice|question|topic|part)?"
_FIRST = re.compile(
    rf"{_LEAD}(?:(?:the )?(?:first|former|1st)(?: {_ONE})?|(?:option |number )(?:one|1|a)|one|1)"
    rf"(?: {_ONE})?(?: (?:{_POLITE}|of (?:those|these|them|the two)|you (?:said|mentioned)))*"
)
_SECOND = re.compile(
    rf"{_LEAD}(?:(?:the )?(?:second|latter|last|2nd|other)(?: {_ONE})?|(?:option |number )(?:two"
    rf"|2|b)"
    rf"|two|2)(?: {_ONE})?(?: (?:{_POLITE}|of (?:those|these|them|the two)|you (?:said"
    rf"|mentioned)))*"
)
_YES_ONLY = re.compile(rf"{_YES}(?: (?:{_YES}|{_POLITE}))*")
_NO_ONLY = re.compile(
    r"(?:no|nope|nah|not really|no no|no it is not|not at all|i do not|no i do not|that is not it"
    r"|that is not right|no that is not (?:it|right|what i (?:meant|mean|want|asked)))"
    rf"(?: (?:no|nope|{_POLITE}))*"
)
_NEITHER = re.compile(
    r"(?:no )*(?:neither|none|not either|not any)(?: (?:one|of (?:them|those|these|the two|both)|"
    r"really|is right|either|fits|actually|i am afraid|no|sorry|please|thanks))*"
    r"|(?:no )*(?:something|somewhere) (?:else|different)(?: (?:entirely|please|actually))*"
    r"|(?:no )*(?:it is |i want |i need |i mean )*(?:neither|none of (?:those|these|them|the two)"
    r"|not (?:those|these|that|either of (?:them|those|these)|any of (?:those|these|them)))"
    r"|(?:no )*(?:i mean |i meant |i want |it is |i need )?something (?:else|different)(?: \S+)?"
)
_EMPTY_WORDS = frozenset(
    {
        "the", "a", "an", "my", "your", "our", "of", "for", "to", "in", "on", "at", "is", "are",
        "do", "does", "i", "you", "it", "and", "or", "what", "how", "when", "where", "about",
        "with",
        "one", "ones", "can", "be", "this", "that", "get", "want", "need", "mean", "meant",
        "would", "like",
        "yes", "yeah", "no", "okay", "please", "well", "just", "think", "guess", "am", "asking",
        "calling", "interested", "tell", "me", "give", "thanks", "thank", "actually", "was", "will",
        "take", "go", "information", "info", "first", "second", "so", "oh", "sorry", "question",
        "probably", "maybe", "rather", "not", "if", "we", "by", "from", "there", "thing",
    }
)  # fmt: skip
_ASKING = frozenset({"what", "when", "where", "who", "which", "how", "why", "can", "could", "do",
                     "does", "is", "are", "will", "should", "did"})  # fmt: skip
MOST_STRANGE = 1
"""Most content words of a reply that neither label has; more, and it is a new question."""


def understand(text: str, first: str, second: str) -> Reply:
    """What the caller answers to "do you mean ``first`` or ``second``?"."""
    words = tuple(word for word in plain(text) if word not in FILLERS)
    said = " ".join(words)
    if not said:
        return Reply.OTHER
    for reply, pattern in (
        (Reply.NEITHER, _NEITHER),
        (Reply.NO, _NO_ONLY),
        (Reply.YES, _YES_ONLY),
        (Reply.FIRST, _FIRST),
        (Reply.SECOND, _SECOND),
    ):
        if pattern.fullmatch(said):
            return reply
    return _by_label(said, words, first, second)


def _by_label(said: str, words: tuple[str, ...], first: str, second: str) -> Reply:
    """A reply in words of one label alone: "holiday hours please"."""
    rejected = _rejects(said)
    mine = _content(" ".join(tokens(said)).split())
    one, two = _content(tokens(first)), _content(tokens(second))
    only_one, only_two = mine & (one - two), mine & (two - one)
    strange = mine - one - two
    asks = words[0] in _ASKING and len(words) > 3
    if rejected or bool(only_one) == bool(only_two):
        return Reply.OTHER
    whole = one if only_one else two
    if len(strange) > (0 if asks else MOST_STRANGE) or len(strange) >= len(mine & whole):
        return Reply.OTHER
    return Reply.FIRST if only_one else Reply.SECOND


def _rejects(said: str) -> bool:
    return re.search(r"\b(?:not|cannot|without|neither|nor|both)\b", said) is not None


def _content(words: tuple[str, ...] | list[str]) -> frozenset[str]:
    return frozenset(_stem(word) for word in words if word not in _EMPTY_WORDS)


def _stem(word: str) -> str:
    """Plural and singular alike."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
