"""Has the caller lost patience? Then nothing is asked back: a clarifying question would be one too
many.

A small English lexicon in five groups, found anywhere in the utterance. It errs on the side of
"upset": all that follows is that a doubtful turn is passed on instead of being asked about.
"""

from __future__ import annotations

import re
from functools import lru_cache

from intents.text.spoken import plain

LEXICON: dict[str, tuple[str, ...]] = {
    "swearing": (
        r"(?:mother)?fuck(?:ing|er|ed|s)?|(?:bull|horse)?shit(?:ty)?|(?:god)?damn(?:ed|it)?|crap",
        r"bastards?|bitch(?:es)?|ass ?holes?|wtf|pissed|piss off|screw (?:you|this)|bloody",
        r"(?:what|who|where|why|how) the hell|(?:go to|bloody) hell|for (?:god|christ) ?s? sake",
    ),
    "repeating": (
        r"i (?:have )?(?:just |already )+(?:said|told|asked|explained|answered|given|gave)",
        r"i (?:have )?(?:said|told you|asked|explained)(?: \w+){0,3} (?:already|before|twice"
        r"|again)",
        r"how many (?:more )?times (?:do|must|should|have) i (?:have to |need to |had to )?"
        r"(?:say|said|tell|told|repeat|ask|asked|explain)",
        r"(?:second|third|fourth|fifth|tenth|hundredth|umpteenth) time i",
        r"for the (?:second|third|fourth|fifth|tenth|hundredth|umpteenth|last) time",
        r"that is not what i (?:said|asked|meant|want|wanted)|i keep (?:saying|telling|asking)",
        r"you (?:keep|always) (?:saying|asking|repeating)|stop asking",
    ),
    "anger": (
        r"(?:this|that|you|it)(?: \w+)? (?:is|are) (?:\w+ )?(?:ridiculous|unacceptable|outrageous"
        r"|absurd|insane|useless|hopeless|pathetic|terrible|awful|horrible|a joke|nonsense|stupid)",
        r"ridiculous|unacceptable|unbelievable|fed up|sick (?:of|and tired)|had enough",
        r"i am (?:\w+ )?(?:angry|furious|frustrated|annoyed|upset|livid|disappointed|unhappy"
        r"|dissatisfied|losing (?:my )?patience)",
        r"(?:frustrating|annoying|infuriating|idiots?|stupid (?:machine|robot|bot|system|thing))",
        r"(?:waste|wasting)(?: \w+)? (?:of )?time|losing (?:my )?patience",
    ),
    "not heard": (
        r"you (?:do not|are not|did not|cannot|never)(?: even)? (?:listen(?:ing)?|understand"
        r"|understanding|hear(?:ing)? me)",
        r"(?:are you|can you not|did you not|do you not)(?: even)? (?:listening|listen|deaf|hear"
        r"|understand)",
    ),
    "complaint": (
        r"(?:speak|talk)(?:ing)? (?:to|with) (?:a|an|the|your|some|another)? ?"
        r"(?:real |live |actual |human )*(?:person|human|being|manager|supervisor|agent"
        r"|representative|boss|someone)",
        r"(?:get|give) me (?:a|an|the|your|another) (?:real |live |actual |human )*(?:person|human"
        r"|manager|supervisor|agent|representative|boss)",
        r"(?:make|file|lodge|raise|register|submit|put in) (?:a |an )?(?:\w+ )?complaint",
        r"complain|i have a complaint|(?:call|contact|hear from) my lawyer|sue you",
    ),
}
"""Group to its phrases, after contractions are expanded."""

_ANY = re.compile(
    rf"\b(?:{'|'.join(phrase for phrases in LEXICON.values() for phrase in phrases)})\b"
)


@lru_cache(maxsize=4096)
def upset(text: str) -> bool:
    """Return whether the words show anger, or that the caller feels unheard."""
    return _ANY.search(" ".join(plain(text))) is not None
