"""Has the speaker finished the sentence? Judged from its last words and its frame.

Rules in order, the first that knows decides. Every score is a rough probability, on the scale of
``gateway.core.turn.ending``, which draws the bounds: where the sentence clearly goes on, where it
may be over, and where it is a whole question.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from intents.text import english as en
from intents.text import lexicon
from intents.text.cardinals import is_number
from intents.text.dates import MONTHS
from intents.text.spoken import canonical, plain
from intents.turns import endings as table
from intents.turns.controls import backchannel, control

Words = tuple[str, ...]


@lru_cache(maxsize=8192)
def complete(text: str) -> float:
    """Return how likely the speaker is done, 0 to 1; 0 for silence."""
    heard = plain(text)
    words = tuple(canonical(text).split())
    if not words:
        return 0.8 if backchannel(text) and len(heard) > 1 else 0.0
    if heard[-1] in en.FILLERS:
        return 0.1
    for rule in RULES:
        score = rule(words, " ".join(heard))
        if score is not None:
            return score
    return 0.8


def _last_but(words: Words, back: int) -> str:
    return words[-back] if len(words) >= back else ""


def _short(words: Words, heard: str) -> float | None:
    """Replies and control phrases; a bare "what" or "sorry" may go on."""
    if table.REPLY.fullmatch(heard):
        return 0.85
    if heard in table.OPENINGS:
        return 0.35
    if len(words) == 1 and words[0] in table.SHORT:
        return 0.8
    if control(heard) is not None and (words[-1] not in table.HANGING or len(words) > 2):
        return 0.9
    return 0.75 if backchannel(heard) else None


def _greeting(words: Words, heard: str) -> float | None:
    if words[-1] in table.HANGING or not table.GREETING.fullmatch(heard):
        return None
    return 0.35


def _repair(words: Words, heard: str) -> float | None:
    """ "i want to, i mean", "on monday, no sorry": what is meant instead is still to come."""
    return 0.1 if len(words) > 2 and table.REPAIR.search(heard) else None


def _embedded(words: Words, heard: str) -> float | None:
    """A question inside a sentence, whose last word could not end one of its own: "i would like to
    know how tall the tower is", "nobody could tell me why", "i want to know which card to take",
    "the name of the man i spoke to"."""
    if not table.EMBEDDED.search(heard):
        return None
    return 0.9 if re.match(rf"(?:please )?(?:{table.WH}|{table.AUX})\b", heard) else 0.8


def _asked(words: Words, heard: str) -> float | None:
    """ "which doctors do you have", "what should i do", "how long does delivery take"."""
    text = " ".join(words)
    if words[-1] in ("take", "takes", "cost", "costs", "last") and text.startswith("how "):
        return 0.8 if len(words) > 4 or words[-1] != "last" else 0.2
    if words[-2:] == ("any", "more"):
        return 0.85
    if len(words) > 2 and words[-1] not in _SUBJECTS and table.ASKED.search(text):
        bare = words[:-1] in (("what", "do", "i"), ("what", "do", "you"), ("what", "are", "you"))
        return 0.35 if bare and words[-1] in ("want", "going", "looking", "need") else 0.78
    return None


_SUBJECTS = lexicon.words("subject-before-end")


def _frame(words: Words, heard: str) -> float | None:
    return 0.12 if table.FRAMES.fullmatch(" ".join(words)) else None


def _missing(words: Words, heard: str) -> float | None:
    """A subject without its verb: "will my card", "what rate", "how do i install"."""
    text = " ".join(words)
    found = table.VERB_MISSING.fullmatch(text)
    if found is not None and (not found["two"] or found["two"].strip() in table.COMMON_NOUNS):
        return 0.25
    if table.NO_VERB.fullmatch(text) and not words[1].startswith("happen"):
        return 0.2
    waits = table.MAYBE_OBJECT | table.NEEDS_OBJECT
    if table.BARE_VERB.fullmatch(text) and words[-1] not in waits:
        return 0.5
    return None


def _hanging(words: Words, heard: str) -> float | None:
    last, before = words[-1], _last_but(words, 2)
    if last in table.PARTICLES:
        return 0.8 if _is_particle(words) else _stranded(words) or 0.2
    if last in table.STRANDED:
        return _stranded(words) or 0.08
    if last in ("too", "more", "other", "same", "first", "last", "either", "before", "already"):
        return 0.45 if len(words) > 3 else 0.2
    if last == "not" and before in ("or", "if", "why"):
        return 0.75
    if last == "now":
        return 0.85
    return 0.08 if last in table.HANGING else None


def _is_particle(words: Words) -> bool:
    """ "log in", "got thrown away", "turn it off", "get my money back", "back in stock"."""
    last, before, third = words[-1], _last_but(words, 2), _last_but(words, 3)
    if before in table.PARTICLE_VERBS:
        return True
    if before.endswith(("ed", "en", "wn", "ck", "ing")) and last not in ("in", "on"):
        return True
    if third in table.PARTICLE_VERBS and before in ("it", "me", "them", "that", "this", "us"):
        return True
    apart = any(word in table.PARTICLE_VERBS for word in words[-5:-2])
    return apart and (third in table.DETERMINERS or _last_but(words, 4) in table.DETERMINERS)


_STRANDS = lexicon.words("question-word-that-strands")


def _stranded(words: Words) -> float | None:
    """ "what is this for", "how long is it good for"; not "what is the fee for"."""
    if words[0] not in _STRANDS or len(words) <= 3:
        return None
    if words[-1] == "like" and table.LIKENED.fullmatch(" ".join(words)):
        return 0.75
    waits = ("need", "want", "have", "going", "able", "order", "how", "like", "apply", "i", "you")
    if words[-1] == "to" or words[-2] in waits or words[-3] in table.DETERMINERS:
        return 0.2
    if words[0] == "how" and words[1] not in ("long", "old", "far"):
        return 0.2
    return 0.75


def _pointing(words: Words, heard: str) -> float | None:
    """ "that" and "this" may be a determiner: "can i use that" (card)."""
    if words[-1] in ("this", "that", "these", "those"):
        return 0.5 if len(words) > 3 else 0.25
    if words[-1] in ("you", "me") and len(words) <= 3:
        return 0.25
    return None


def _clause(words: Words, heard: str) -> float | None:
    """ "if i lose my card": the main clause is to come."""
    text = " ".join(words)
    first = table.CLAUSE_FIRST.match(text)
    if first is None or table.MAIN_CLAUSE.search(text[first.end() :]):
        return None
    return 0.25


_BEFORE_WHOLE_NUMBER = lexicon.words("before-whole-number") | {"24"}


def _number(words: Words, heard: str) -> float | None:
    """A run of digits may go on; "at 3" is done."""
    if not is_number(words[-1]):
        return None
    before = _last_but(words, 2)
    if table.NUMBER_GIVEN.search(heard):
        return 0.6 if sum(len(word) for word in words if word.isdigit()) >= 8 else 0.4
    range_end = before in ("and", "to", "or") and is_number(_last_but(words, 3))
    clock = before in _BEFORE_WHOLE_NUMBER
    if before in MONTHS or range_end or clock or len(words[-1]) == 4:
        return 0.75
    return 0.4


def _object(words: Words, heard: str) -> float | None:
    """A verb that waits for its object, unless it is a noun here, or the sentence is passive."""
    last = words[-1]
    if last in ("open", "close", "closed", "start", "end") and _of_hours(words):
        return 0.9
    if last in table.NEEDS_OBJECT | table.MAYBE_OBJECT and _is_noun(words):
        return 0.85
    if last in table.NEEDS_OBJECT:
        return 0.8 if _passive(words) or _last_but(words, 2) == "not" else 0.2
    if last in table.MAYBE_OBJECT:
        must = words[-3:-1] in (("have", "to"), ("need", "to"), ("how", "to"))
        return 0.75 if must and len(words) > 3 else 0.5
    return None


def _of_hours(words: Words) -> bool:
    """ "when do you open", "is the branch open"."""
    return "you" in words or words[0] in ("is", "are", "when") or words[:2] == ("what", "time")


def _is_noun(words: Words) -> bool:
    """Return whether an article stands shortly before the last word: "a standing order"."""
    if words[-1] in table.MODIFIERS:
        return False
    near = words[-4:-1]
    for i, word in enumerate(near):
        if word in table.DETERMINERS and not {"i", "you", "to", "we"} & set(near[i + 1 :]):
            return True
    return False


def _passive(words: Words) -> bool:
    """ "my card was stolen", "has my order been received"."""
    ending = words[-1].endswith(("ed", "nt", "de", "ost", "ound", "et", "en"))
    return ending and any(word in table.BE for word in words[-3:-1])


def _modifier(words: Words, heard: str) -> float | None:
    last, before = words[-1], _last_but(words, 2)
    if last not in table.MODIFIERS:
        return None
    article = before in table.DETERMINERS
    if last in table.NOUNS and len(words) > 2:
        return 0.75
    if last in table.STATES and not article and len(words) > 2:
        return 0.75
    being = any(word in table.BE for word in words[-3:-1]) and not article
    return 0.75 if being and last not in ("opening", "closing") else 0.25


def _shape(words: Words, heard: str) -> float | None:
    """Return whether what is left has a proper ending: long enough, or with a verb."""
    if words[-1].endswith("ing") and _last_but(words, 2) in _BEING:
        return 0.5
    if len(words) == 1:
        return 0.5
    if re.match(rf"(?:{table.WH}|{table.AUX})\b", words[0]):
        return 0.9 if len(words) > 3 else 0.75
    if words[0] in ("i", "my", "we", "there"):
        return 0.85 if len(words) > 2 else 0.3
    return 0.75


_BEING = lexicon.words("being")

Rule = Callable[[Words, str], float | None]
RULES: tuple[Rule, ...] = (
    _short,
    _repair,
    _embedded,
    _greeting,
    _asked,
    _frame,
    _missing,
    _hanging,
    _pointing,
    _clause,
    _number,
    _object,
    _modifier,
    _shape,
)
"""Each takes the canonical words and the plain text; the first to give a score decides."""
