"""The answer to "do you mean <first> or <second>?", or "do you mean <this>?": which one, if any.

Conservative: what could as well be a new question is OTHER, and goes through matching.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from intents.text import lexicon
from intents.text.english import FILLERS
from intents.text.roots import root
from intents.text.spoken import plain, tokens

_QUESTION_WORD = lexicon.alternation("question-word")


class Reply(StrEnum):
    """The caller's choice."""

    FIRST = "first"
    SECOND = "second"
    YES = "yes"
    """To one entry, that it is the one; a bare yes to an either-or is taken as the first, which
    is the likelier one."""
    NO = "no"
    NEITHER = "neither"
    OTHER = "other"
    """Not an answer to the question: match it as a new one."""


_YES = r"(?:yes|yeah|yep|yup|yea|ya|sure|okay|right|correct|exactly|absolutely|definitely|i do"\
       r"|that is right|that is correct|that is it|of course|please|indeed|certainly|true"\
       r"|please do|i (?:think|guess|suppose|believe) so|you got it|i did|it is"\
       r"|that is what i (?:mean|meant|want|wanted|need|said))"  # fmt: skip
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
    r"|(?:no )?(?:i (?:do|did) not (?:mean|want|ask for|ask about|say) (?:that|this|it))|wrong"
    r"|(?:that is )?(?:wrong|incorrect)|not exactly|not quite|negative"
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
_NOT_FIRST = re.compile(rf"(?:no )*not (?:the )?(?:first|former|1st)(?: {_ONE})?")
_NOT_SECOND = re.compile(rf"(?:no )*not (?:the )?(?:second|latter|last|2nd|other)(?: {_ONE})?")
_THAT_ONE = re.compile(
    rf"(?:{_YES} )*(?:that|this|it)(?: is)?(?: (?:the )?(?:one|thing))?(?: {_POLITE})*"
    rf"|(?:{_YES} )*(?:exactly )?(?:that|this)(?: one)?(?: {_POLITE})*"
)
_REJECTION = re.compile(
    r"(?:(?:no|nope|nah|sorry|well|oh|actually|wait|wrong|not that(?: one)?|not those|neither"
    r"|that is not it|that is wrong|not what i (?:mean|meant|said|asked)) )+"
    rf"(?P<rest>(?:i|my|we|the|{_QUESTION_WORD}|can|could|do|does|did|is|are|will"
    r"|would|should|it|tell|give|about|it is|let|please)\b.*)"
)
_EMPTY_WORDS = lexicon.words("empty-in-reply")
_DENIALS = frozenset({"no", "nope", "nah", "wrong"})


def understand(text: str, *labels: str) -> Reply:
    """Return what the caller answers to "do you mean ``labels[0]`` or ``labels[1]``?"; with one
    label, to "do you mean ``labels[0]``?": YES, NO or OTHER."""
    words = tuple(word for word in plain(text) if word not in FILLERS)
    said = " ".join(words)
    if not said:
        return Reply.OTHER
    reply = _by_phrase(said) or _by_label(said, words, labels)
    return reply if len(labels) > 1 else _of_one(said, reply)


def correction(text: str) -> str:
    """Return what follows when somebody rejects what was offered and says what they want instead
    ("no, I mean ..."); "" if the text does not begin like that."""
    said = " ".join(word for word in plain(text) if word not in FILLERS)
    found = _REJECTION.fullmatch(said)
    return found["rest"] if found else ""


def _by_phrase(said: str) -> Reply | None:
    for reply, pattern in (
        (Reply.NEITHER, _NEITHER),
        (Reply.NO, _NO_ONLY),
        (Reply.YES, _YES_ONLY),
        (Reply.FIRST, _FIRST),
        (Reply.SECOND, _SECOND),
        (Reply.SECOND, _NOT_FIRST),
        (Reply.FIRST, _NOT_SECOND),
    ):
        if pattern.fullmatch(said):
            return reply
    return None


def _of_one(said: str, reply: Reply) -> Reply:
    """The reply to a question with one entry in it."""
    if reply is Reply.FIRST or _THAT_ONE.fullmatch(said):
        return Reply.YES
    return Reply.NO if reply in (Reply.SECOND, Reply.NEITHER) else reply


def _by_label(said: str, words: tuple[str, ...], labels: Sequence[str]) -> Reply:
    """A reply in words of one label alone: "holiday hours please"."""
    mine = _content(" ".join(tokens(said)).split())
    one = _content(tokens(labels[0]))
    two = _content(tokens(labels[1])) if len(labels) > 1 else frozenset[str]()
    only_one, only_two = mine & (one - two), mine & (two - one)
    strange = mine - one - two
    if strange or bool(only_one) == bool(only_two):
        return Reply.OTHER
    if _rejects(said):
        return Reply.NO if len(labels) == 1 else Reply.OTHER
    if len(labels) == 1 and words[0] in _DENIALS:
        return Reply.OTHER
    return Reply.FIRST if only_one else Reply.SECOND


def _rejects(said: str) -> bool:
    return re.search(r"\b(?:not|cannot|without|neither|nor|both)\b", said) is not None


def _content(words: tuple[str, ...] | list[str]) -> frozenset[str]:
    return frozenset(root(word) for word in words if word not in _EMPTY_WORDS)
