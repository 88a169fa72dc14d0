"""Words of callers who wait: are you there, something more, or that it is not needed.

"Hello? Are you there?" wants a sign of life and nothing else; "and for my wife too" belongs to the
question that is being worked on. Anything else is a turn of its own ("never mind" is a control).
English.
"""

from __future__ import annotations

import re
from functools import lru_cache

from intents.text.english import FILLERS
from intents.text.spoken import plain

_CHECKS = (
    "hello", "hallo", "hi", "hey", "anyone", "anybody", "anyone there", "anybody there",
    "anyone home", "anybody home", "you there", "still there", "you still there",
    "are you there", "are you still there", "are you still with me", "are you with me",
    "are you still on the line", "are you on the line", "are you still on",
    "is anyone there", "is anybody there", "is somebody there", "is someone there",
    "is there anyone there", "is there anybody there", "is anyone on the line",
    "can you hear me", "do you hear me", "can you still hear me", "did you hear me",
    "can anyone hear me", "can anybody hear me", "did you hang up", "have you hung up",
    "did we get cut off", "did i lose you", "have i lost you", "did you get that",
    "are you working on it", "are you still working on it", "are we still connected",
    "what is happening", "what is going on", "what is taking so long", "what takes so long",
    "how long will it take", "how much longer", "is it still working",
)  # fmt: skip
_AROUND = frozenset(
    ("hello", "hi", "hey", "um", "uh", "er", "so", "well", "please", "sorry", "excuse", "me",
     "okay", "oh", "yes", "yeah", "there", "sir", "madam", "and", "but")
)  # fmt: skip
_MORE = re.compile(
    r"(?:(?:oh|um|uh|er|ah|sorry|please|yes|well|okay) )*"
    r"(?:and|also|plus|as well as|in addition|and also|or|but only|but not|but just|only for"
    r"|just for|i mean|that is|with|without|including|not for|for my|for our|for the|for me)\b.*"
    r"|.+ (?:too|as well|also)(?: please)?"
)


@lru_cache(maxsize=4096)
def checks_in(text: str) -> bool:
    """Return whether the words only ask if somebody is there."""
    words = _words(text)
    return bool(words) and any(_is_check(words[start:]) for start in _starts(words))


@lru_cache(maxsize=4096)
def may_check_in(text: str) -> bool:
    """Return whether the words, which may go on, could turn out to be such a question."""
    words = _words(text)
    if not words:
        return False
    if all(word in _AROUND for word in words):
        return True
    rests = (" ".join(words[start:]) for start in _starts(words))
    return checks_in(text) or any(
        check.startswith(f"{rest} ") for rest in rests for check in _CHECKS
    )


@lru_cache(maxsize=4096)
def adds(text: str) -> bool:
    """Return whether the words go on with what was said before they were."""
    said = " ".join(_words(text))
    return _MORE.fullmatch(said) is not None


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in plain(text) if word not in FILLERS)


def _starts(words: tuple[str, ...]) -> range:
    """The places from which the words may be a check: behind what is only said around it."""
    first = next((i for i, word in enumerate(words) if word not in _AROUND), len(words) - 1)
    return range(first + 1)


def _is_check(words: tuple[str, ...]) -> bool:
    while words:
        if " ".join(words) in _CHECKS:
            return True
        if words[-1] not in _AROUND:
            return False
        words = words[:-1]
    return False
