"""The openings of callers' sentences, before what they want, to be dropped by ``spoken``.

All functions take text in the making (lower case, contractions expanded, numbers in digits) and
return it shorter, or as it is. They fail safe: nothing is dropped that has a number, a day or a
negation in it, and never so much that fewer than two words, one of them with content, remain.

Language: English, rules and tables.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from intents.text import lexicon
from intents.text.english import words

_QUESTION_WORD = lexicon.alternation("question-word")

STARTS: frozenset[str] = lexicon.words("sentence-start")
"""Words that a sentence begins with; after a name they show that the name is over."""
_SUBJECTS = lexicon.words("clause-start")
SMALL: frozenset[str] = STARTS | lexicon.words("small-beside-start")
"""Words that say nothing by themselves."""

_MIDDLES = lexicon.words("after-name-still-name")
_LINKS = lexicon.words("link")
_CALLING = frozenset(words("calling speaking here"))
_NO_NAME: frozenset[str] = SMALL | lexicon.words("no-name")
"""Words that are no name after "my name is" or "this is"."""
_NO_NAME_ENDINGS = ("ed", "ing", "ly", "ect", "able", "less", "ful")
_WANTED: frozenset[str] = lexicon.words("wanted-verb")
"""Verbs of what callers want; none is a surname that comes to mind."""
FIRST_NAMES: frozenset[str] = lexicon.words("first-name")
"""Common first names that are no common words: "i am chris" is an introduction, "i am moving"
none. Other names are known by what stands around them."""
_GREETING = re.compile(
    r"(?:(?:hi|hello|hey|hiya|good (?:morning|afternoon|evening|day))(?: there| again)? )?"
    r"(?:yes |yeah |so |okay |and |oh )?"
)
_PRESENTED = re.compile(
    r"(?:my |the )?(?:names|name is) |(?:you )?are (?:speaking|talking) (?:with|to) "
    r"|(?:this|it) is |i am |"
)
_GUARDED = re.compile(
    rf"[0-9]|\b(?:{lexicon.alternation('pure-negator', 'weekday', 'day-by-today')})\b"
)

WH = f"{_QUESTION_WORD}"
_CLAUSE = "|".join(sorted(STARTS - {"that", "this"}))
_ON = (
    r"(?= (?!(?:about|with|on|regarding|for|of|concerning|to|from|if|whether|as|than|in)\b)\S+ \S)"
)
"""Words that begin a sentence of its own, not the rest of this one."""
_CLAUSE_ON = rf"(?= (?!you )(?:{_CLAUSE}) \S)"
_HOW_ARE_YOU = re.compile(
    r"(?:how (?:are|were) (?:you|i) (?:doing |going )?|are you doing )today"
    r" (?!(?:about|with|on|for|in)\b)(?=\S+ \S)|how (?:are|were) you (?:"
    r"doing (?!(?:today|about|with|on|for|in|that|this|it|so|and)\b)"
    rf"|(?=(?:{_CLAUSE}|this is|it is) \S))(?=\S+ \S)"
)
_PREAMBLE = re.compile(
    r"(?:so |and |but |well |just |actually )*(?:"
    r"(?:(?:the|my) reason (?:for (?:my|the) call|(?:that |why )?i am calling(?: you)?(?: today)?) "
    r"(?:is|was)(?: that| because| to ask(?: you)?)?"
    r"|i am (?:just |only )?(?:calling|phoning|ringing)(?: you| up| in| today)*"
    r"(?: because| to (?:ask(?: you)?|see|check|find out)| since| to say(?: that)?)"
    r"|(?:sorry )?i (?:just )?(?:have|had|have got|got) (?:a|one|another|this)(?: more| other)? "
    r"(?:quick |small |little |simple )*question(?: for you)?"
    r"|(?:just )?(?:a |one )?(?:quick|small|little|simple) question(?: for you)?"
    r"|(?:also )?(?:just )?one (?:more|other|last) (?:question|thing)"
    r"|it is me again"
    r"|i am (?:just )?(?:on|at|in|looking at) (?:your|the) (?:website|web site|site|app|page) and"
    r"|i am an? (?:long time |regular )?(?:customer|member|client)"
    r"(?: of yours| with you| here)? and"
    r"|i (?:just )?(?:want|wanted|would like|need|needed|am going|was going) to ask(?: you)?"
    r"(?: something| a (?:quick )?question)"
    rf"|i (?:am|was) (?:just )?(?:hoping|wondering|thinking)(?! (?:{WH})\b)"
    r"(?: that| if(?= you \S+ help))?"
    r"(?: maybe)?"
    r"(?: you (?:can|could|might|would) (?:be able to )?help(?: me)?(?: out)?"
    r"(?: with (?:something|this|that))?)?"
    r"|(?:maybe |perhaps |hopefully |i hope )(?:that )?you (?:can|could) help(?: me)?(?: out)?"
    r"(?: with (?:something|this|that))?"
    r"|(?:i am )?(?:so |very |really )?sorry to (?:bother|trouble|disturb) you(?: again)?"
    r"|(?:i am|am|and|i)(?: just| really)?(?: is)? (?:a|it) (?:little |bit |little bit )?confused"
    r"(?: here)?"
    r"|here is (?:the|my) (?:thing|question|issue|problem|situation)"
    r"|(?:thank you |thanks )?for (?:taking|answering|picking up) (?:my|the) call"
    r"|i (?:was |have )?(?:just )?(?:spoke|spoken|speaking|talked|talking) (?:to|with) "
    r"(?:someone|somebody|one of your (?:colleagues|agents|people)|a colleague|an agent)"
    r"(?: earlier| before| just now)? and"
    r"|my (?:wife|husband|mother|father|son|daughter|partner|boss|friend|colleague) "
    r"(?:told|asked) me to (?:call|ask)(?: you)?(?: and ask(?: you)?)?"
    r"|i was told to call(?: you)? and ask(?: you)?"
    r"|i (?:have )?(?:been )?(?:look(?:ed|ing)|search(?:ed|ing)) everywhere and"
    r"|i have been on hold for (?:ages|so long|a long time|an hour|hours)(?: and)?"
    r"|(?:can|could|may) i (?:just |quickly )?ask (?:you something|(?:you )?a (?:quick )?question)"
    rf")(?: and| so)?{_ON}"
    r"|(?:i (?:just )?(?:need|could use|would like|want|wanted) (?:some |a little |your )?"
    r"(?:help|assistance)(?: here| today)?"
    r"|(?:can|could) you (?:please )?help me(?: out)?(?: with (?:something|this))?"
    r"|morning|afternoon|evening|great|perfect|lovely|can you hear me(?: okay)?"
    r"|is this (?:the )?(?:customer (?:service|support|care)|support|help desk"
    r"|right (?:number|line|place|department))"
    r"|let (?:me|us) (?:see|think)(?! (?:the|a|an|our|your|my) )"
    r"|i am (?:just |only )?(?:calling|phoning|ringing)(?: today)?"
    r"|(?:the|my) (?:thing|question|issue|problem) is(?: that)?"
    rf")(?: and| so)?{_CLAUSE_ON}"
    r") "
)
"""The pattern of what is said before the question, and would be the same before any other."""

ASKING = "can|could|do|does|did|is|are|am|was|will|would|should|may"
SUBJECT = "i|you|we|they|it|there|my|your|the|a|an|our|this|that"
_SLIP = r"(?:oh )?(?:no wait|wait no|sorry|i mean|excuse me|scratch that)"
"""Said to take back what was just said."""
_WELL = r"(?<!as )well(?! (?:enough|again|in|on|with|is|was|are|to|about|for|that|it|by|if)\b)"
_EDIT = rf"(?:(?:{_SLIP}|wait|well|or|like) )?"
_NEW_WH = (
    rf"(?:(?:{WH}) (?:much |many |long |time |far |often )?"
    rf"|(?:what|which|how many|how much) (?:(?!(?:{ASKING})\b)\S+ ){{1,2}})(?:{ASKING})"
    rf" (?:{SUBJECT})\b"
)
QUESTION = re.compile(rf"(?:(?:{WH}) (?:\S+ ){{0,3}}?)?(?:{ASKING}) (?:{SUBJECT}) ")
_NEW = (
    r"(?:(?:can|could|do|does|did|would|should|may) (?:i|you|we|they|it)"
    r"|(?:is|are) (?:there|my|the|your)) \S"
)
_GIVEN_UP = re.compile(
    rf"(?:(?:(?:can|could|do|would|will|may|should) (?:i|you|we)|(?:so )?(?:i|we)|i was"
    rf"|i want(?: to)?|i need(?: to)?|what is the|is there) {_EDIT}(?={_NEW_WH}|{_NEW})"
    rf"|(?:how do|what|where|when|how) {_EDIT}(?={_NEW_WH})"
    rf"|(?:can|could|do|would|should) (?:i|you)"
    rf" (?=(?:on|in|at|for|with) (?:my|the|your|a) .* {_NEW_WH}))"
)
"""A beginning that cannot go on as it does: "can i what is my balance"."""
_CORRECTED = re.compile(rf"\b((?:[^ ]+ ){{1,6}}?)(?:{_SLIP}|wait|(?<!as )well) \1")
""" "i want sorry i want to pay"."""
_SLIPPED = re.compile(
    r"(?:(?:(?:so|and|i|you|we|is|was|are|do|did|does|can|could|would|will|should|may|want|need"
    r"|to|what|when|where|how|why|who|the|there|a|my|have) ){1,4})"
    rf"(?:{_SLIP} (?!(?:is|was|are)\b)|(?:no wait|wait no|scratch that) )"
    r"(?!(?:to|about|for|that|it|by|if)\b)(?=\S+ \S+ \S)"
    r"|(?:(?:so|and|i|you|we|do|did|does|can|could|would|will|should|may|what|when|where|how|why"
    rf"|who|there) ){{1,4}}{_WELL} (?=\S+ \S+ \S)"
)
"""Nothing but small words, taken back: "can i no wait cancel my card". Nothing was said in it that
could mean anything."""

_PAUSE = re.compile(r" (?:wait|sorry|mean|well|excuse|scratch) ")
_PAUSES = re.compile(rf" (?:{_SLIP}|{_WELL}) (?=\S+ \S+ \S)")
_BEGUN_AGAIN = re.compile(
    rf"\b(?P<said>(?P<first>{WH}|{ASKING}) (?:\S+ ){{0,6}}?)(?:{_SLIP}|{_WELL})"
    r" (?=(?P=first) \S+ \S)"
)
_TAKEN_BACK = re.compile(
    r"\b(?P<said>i (?:\S+ ){0,6}?)(?:oh )?(?:no wait|wait no|scratch that) (?=i \S+ \S)"
)
""" "what is this length no wait what is the length": taken back from the word that comes again."""
_ASKED_AGAIN = re.compile(
    rf"\b((?:{WH})(?: (?:much|many|long|time|far|often))? )((?:\S+ ){{1,5}}?)(?=\1)"
)
""" "what time is the what time does the pool open"."""
_HANGS = re.compile(rf"(?:^|.* )(?:{ASKING}|the|a|an|my|your|our|to|of|for|i|we) ")


def without_opening(text: str) -> str:
    """Drops one introduction or preamble: "this is anna miller calling and i lost my card"."""
    if (found := _HOW_ARE_YOU.match(text)) is not None and enough(text[found.end() :]):
        return text[found.end() :]
    if (found := _PREAMBLE.match(text)) is not None:
        return _rest(text, found.end())
    return _without_name(text)


def without_restart(text: str) -> str:
    """Drops beginnings that were given up: "can you what is my balance"."""
    if (found := _GIVEN_UP.match(text) or _SLIPPED.match(text)) is not None:
        return text[found.end() :]
    if _PAUSE.search(text) and (shorter := _without_correction(text)) != text:
        return shorter
    again = _ASKED_AGAIN.search(text)
    if again is not None and _all_again(again[2], text[again.end() :], _HANGS.fullmatch(again[2])):
        return text[: again.start()] + text[again.end() :]
    return text


def _without_correction(text: str) -> str:
    if (shorter := _CORRECTED.sub(_once, text)) != text:
        return shorter
    for found in _PAUSES.finditer(text):
        if _all_again(text[: found.start()], text[found.end() :]):
            return text[found.end() :]
    back = _BEGUN_AGAIN.search(text) or _TAKEN_BACK.search(text)
    if back is not None and not _GUARDED.search(back["said"]):
        return text[: back.start()] + text[back.end() :]
    return text


def _all_again(said: str, text: str, alone: object = None) -> bool:
    """Return whether the text has all that was said: small words too if they cannot stand
    ``alone``."""
    content = set(said.split()) - SMALL
    return bool(content or alone) and not _GUARDED.search(said) and content <= {*text.split()}


def _once(found: re.Match[str]) -> str:
    said = found[1]
    return found[0] if _GUARDED.search(said) else said


def _rest(text: str, start: int) -> str:
    rest = text[start:]
    return text if _GUARDED.search(text, 0, start) or not enough(rest) else rest


def enough(rest: str) -> bool:
    """Is so much left that it may be asked?"""
    parts = rest.split()
    return len(parts) >= 2 and not SMALL.issuperset(parts)


def _without_name(text: str) -> str:
    greeting = _GREETING.match(text)
    start = greeting.end() if greeting else 0
    greeted = start > 0
    form = _PRESENTED.match(text, start)
    assert form is not None
    parts = text[form.end() :].split(maxsplit=5)
    said = form[0]
    count = _name_length(parts)
    calling = count and len(parts) > count and parts[count] in _CALLING
    if not count or (not said and not calling):
        return text
    known = parts[0] in FIRST_NAMES
    told = said.startswith(("my name", "the name", "name", "you are", "are "))
    if not (known or calling or told):
        return text
    if not said and not known and not greeted:
        return text
    end = count + bool(calling)
    while len(parts) > end and parts[end] in _LINKS:
        end += 1
    at = form.end() + sum(len(part) + 1 for part in parts[:end])
    return _rest(text, at)


def _name_length(parts: Sequence[str]) -> int:
    """Return how many of the words are a name; 0 if that is not plain.

    "chris cancel my card": what stands before "my" may be a verb, so it is no second name.
    """
    for count in (1, 2, 3):
        if len(parts) <= count or not may_name(parts[count - 1]):
            break
        after = parts[count]
        surname = count == 2 and parts[0] in FIRST_NAMES and parts[1] not in _WANTED
        if surname and after in _WANTED:
            return count
        if after in _LINKS or after in _CALLING or after in (STARTS if count == 1 else _SUBJECTS):
            return count
    plain = not _MIDDLES.intersection(parts[1:3])  # "harold with two r's"
    return int(plain and len(parts) > 1 and parts[0] in FIRST_NAMES)


def may_name(word: str) -> bool:
    """May the word be somebody's name?"""
    if word in FIRST_NAMES:
        return True
    ordinary = len(word) > 5 and word.endswith(_NO_NAME_ENDINGS)
    return word.isalpha() and len(word) > 1 and word not in _NO_NAME and not ordinary
