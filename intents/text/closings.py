"""The ends of callers' sentences, after what they want, to be dropped by ``spoken``, as
``openings`` are.

Never so much is dropped that fewer than two words, one of them with content, remain.

Language: English, rules and tables.
"""

from __future__ import annotations

import re

from intents.text import lexicon
from intents.text.english import words
from intents.text.openings import ASKING, QUESTION, SUBJECT, WH, enough

_THANKS = re.compile(
    r" (?:"
    r"(?:thank you|thanks)(?: so much| very much| a lot)? in advance for (?:your|the) help"
    r"|is that (?:possible|something you (?:can|could) (?:do|help(?: me)? with))"
    r"|if that makes sense"
    r"|(?:and )?if (?:(?:that|it) is (?:okay|alright|all right|fine|possible)(?: with you)?"
    r"|possible|you (?:know|can|could|would)(?: please)?"
    r"(?: help(?: me)?(?: out)?(?: with (?:that|this|it))?)?)"
    r"|that would be (?:great|good|nice|wonderful|awesome|helpful|fantastic|lovely|perfect)"
    r"|(?:i|we) (?:would |had )?(?:really |greatly |very much )?appreciated? (?:it|that|your help)"
    r"|(?:can|could|would) you (?:please )?(?:do|sort|check|look up|look at|find|arrange)"
    r" (?:that|it)(?: out)? for me"
    r"|(?:and )?that is (?:all|it|my (?:only )?question|the question"
    r"|what i (?:want|wanted|need|needed) to (?:know|ask))"
    r"|and (?:thank you|thanks)(?: so much| very much| a lot)?"
    r")$"
)
_ASKED_FOR = re.compile(
    r" (?:"
    r"(?:do|would) you (?:happen to )?know|any (?:idea|ideas)|(?:can|could) you (?:please )?tell me"
    r"|(?<! to )tell me|i would like to know|i (?:was|am) (?:just )?wondering"
    r"|just (?:wondering|curious|asking|checking)|if you do not mind me asking"
    r"|sorry|exactly"
    r")$"
)
"""Said after a whole question: "when do you open do you know", not "what songs do you know"."""
_HELP = re.compile(
    r" (?:if |and )?(?:(?P<who>you|i|he|we|your) )?(?:can|could|would|will)"
    r"(?: (?P<asked>i|you|he|we|your))?(?: have)?"
    r"(?: please)? help(?:s|ed)?(?: (?:me|my|we|us|her|of|is|out|please))*"
    r"(?: (?:with|what|that|this|it|the|some|thing|something)){0,3}$"
)
"""A request for help with what was just said, as it is heard: "could you help my what that"."""
_TAKES_HELP = re.compile(
    rf"(?:^|.* )(?:{WH}|{ASKING}|{SUBJECT}|if|whether|and|or|not|of|to|said|told|says|think|hope"
    r"|know|sure|heard|see|ask|wonder)"
)
"""The clause goes on: "who can help me with this", "the team that can help me"."""
_TAKES_QUESTION = re.compile(rf"(?:^|.* )(?:{WH}|that|and|or)")
_ITS_OBJECT = re.compile(rf"(?:{WH}) ")
"""Words of a question that may be what help is wanted with: "what things can you help me with"."""
_TAGS = frozenset(words("yeah okay right"))
_ASKED_WITH = ("is ", "are ", "am ", "was ", "were ", "does ", "did ", "do ")
_NO_TAG_AFTER: frozenset[str] = lexicon.words("no-tag-after")


def without_ending(text: str) -> str:
    """Drops one courtesy or tag from the end: "is it open if that is okay"."""
    found = None
    if text.count(" ") >= 3:
        asked_for = _ASKED_FOR.search(text)
        if asked_for and QUESTION.match(text, 0, asked_for.start()):
            return text[: asked_for.start()]
    if text.count(" ") >= 4:
        found = _THANKS.search(text) or _asks_help(text)
    cut = len(text) if found is None else found.start()
    if found is None and text.count(" ") >= 4:
        before, _, last = text.rpartition(" ")
        asked = text.startswith(_ASKED_WITH)  # "is my pressure okay"
        if last in _TAGS and not asked and before.rpartition(" ")[2] not in _NO_TAG_AFTER:
            cut = len(before)
    return text[:cut] if cut < len(text) and enough(text[:cut]) else text


def _asks_help(text: str) -> re.Match[str] | None:
    """ "can help me with that" only after a whole question: else it may be what the rest does."""
    found = _HELP.search(text) if " help" in text else None
    if found is None:
        return None
    whole = QUESTION.match(text, 0, found.start())
    if _ITS_OBJECT.match(text) and not whole and text.endswith(("help me", " with")):
        return None
    takes = _TAKES_QUESTION if found["asked"] and not found["who"] else _TAKES_HELP
    if takes.fullmatch(text, 0, found.start()):
        return None
    return found if found["who"] or found["asked"] or QUESTION.match(text) else None
