"""The odds that the caller has finished, and the silence that settles it.

Every piece of evidence is a logarithm of odds, and they add up: how whole the words are, how often
callers leave it at such words, whether they are surely matched, what the sound is like
(``TurnEnd``), what the recogniser believes. So
does the silence itself: of the pauses that people make within a turn only one in ``e`` outlasts
another ``PAUSE`` seconds, so that each such while makes the end ``e`` times as likely.

Whoever speaks too soon cuts a caller off, whoever waits makes one wait who has finished. The first
costs ``patience`` times as much as the second, so we speak once the odds are ``patience`` to one.
Turned round, each piece of evidence is worth some silence: ``PAUSE`` times its log-odds. That is
how the three silences of the settings are evidence too. With ``PATIENCE``, and nothing known but
how whole the words are, they are the silences that are waited for, exactly.

Habit tells finished sentences apart: those that callers mostly leave it at (``USUAL``) are waited
for less long, those that mostly go on a little longer, and those that hardly anybody leaves it at
a good deal longer.

An ear is never the judge. Its agreement shortens the wait for whole questions only, by ``AGREES``
at most; where the words may still go on it can only lengthen it, by a little: on the telephone a
finished clause and a finished turn sound much the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, log

from gateway.core.policy import PATIENCE, Policy

UNFINISHED = 0.3
"""Completeness below this is the middle of a sentence."""
FINISHED = 0.7
"""Completeness from this on sounds finished. Whoever gives an ``Utterance`` its completeness gives
it on this scale, and with ``CERTAIN`` the three bounds are known nowhere else."""
CERTAIN = 0.9
"""Completeness of a whole question or request; a statement alone is below."""

PAUSE = 0.2
"""Seconds by which silence goes on for the odds to grow by ``e``."""
AGREES = 1.0
"""The most that an ear's opinion is worth for the end of a whole question."""
OBJECTS = 0.25
"""The most that it is worth against any end."""
SHARPNESS = 0.4
"""The share of an ear's log-odds that is believed: it is surer than it should be."""
NEVER_QUITE = 0.02
"""No ear is believed to be surer than this."""

USUAL = 0.6
"""The ``finality`` of a finished sentence that is waited for as long as the settings say. In
``training``, one turn broken off at four places counts as one end and four breaks."""
TRUST = 2.0
"""The times by which the difference from it counts."""
LEAVES_IT = 0.7
"""The most that habit is worth for an end."""
GOES_ON = 0.25
"""The most that it is worth against one, where callers do leave it at such words."""
RARE = -2.5
"""The ``finality`` of words that hardly anybody leaves it at, however finished they sound ("i was
charged", "is it true that you"): from there on it counts once more."""
HARDLY = 1.5
"""The most that it is worth against an end then, unless somebody who listens believes in it."""
EVEN = 0.5
"""The probability above which somebody who listens believes in an end."""


Habit = Callable[[str], float | None]
"""Tells the logarithm of the odds that callers who have said this in a turn say no more."""


Whole = Callable[[str], float]
"""Tells the ``completeness`` of a text."""


def nobody_judged(text: str) -> float:
    """Know nothing of sentences."""
    return 0.0


def nobody_counted(text: str) -> float | None:
    """Know nothing of what callers do."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class WordSense:
    """The language side, as far as whole turns go."""

    habit: Habit = nobody_counted
    whole: Whole = nobody_judged


NO_SENSE = WordSense()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that speaks for and against the end of a turn, the silence apart."""

    completeness: float
    finality: float | None = None
    """The log-odds that callers leave it at such words; None: nobody knows."""
    certain: bool = False
    """The answer is known and the text leaves nothing to be said."""
    eager: bool = False
    """The recogniser believes that the turn is over."""
    ear: float | None = None
    """The probability that it is over, by the sound; None: nobody has listened."""


def silence_needed(evidence: Evidence, policy: Policy) -> float:
    """Seconds of silence after which the odds are those that it takes to speak."""
    if evidence.certain:
        return policy.silence_confident
    asked = PAUSE * log(policy.patience / PATIENCE)
    heard = min(_by_habit(evidence) + _by_ear(evidence), AGREES)
    silence = _by_words(evidence, policy) - PAUSE * heard + asked
    longest = max(policy.silence_incomplete, policy.silence_incomplete + asked)
    return min(max(silence, policy.silence_confident), longest)


def probability(evidence: Evidence, silence: float, policy: Policy) -> float:
    """The probability that the turn is over, after so much silence."""
    beyond = (silence - silence_needed(evidence, policy)) / PAUSE
    return 1.0 / (1.0 + exp(-min(beyond, 50.0)) / policy.patience)


def silence_for(evidence: Evidence, sure: float, policy: Policy) -> float:
    """Seconds of silence after which ``probability`` is that."""
    odds = sure / (1.0 - sure)
    return silence_needed(evidence, policy) + PAUSE * log(odds / policy.patience)


def _by_words(evidence: Evidence, policy: Policy) -> float:
    """The silence that the words call for. A recogniser's belief shortens it half-way to that of a
    sure match: cutting off a caller who was not matched costs more than the answer to a whole
    question, which they can talk over, since half of what they want goes to the agent."""
    done, whole = evidence.completeness, policy.silence_complete
    if evidence.eager:
        whole = (policy.silence_confident + whole) / 2
    if done >= FINISHED:
        return whole
    if done < UNFINISHED:
        return policy.silence_incomplete
    share = (FINISHED - done) / (FINISHED - UNFINISHED)
    return whole + share * (policy.silence_incomplete - whole)


def _by_habit(evidence: Evidence) -> float:
    """The share that finished sentences have in the log-odds by what callers do. A recogniser that
    believes in the end knows the words itself."""
    if evidence.finality is None or evidence.completeness < FINISHED:
        return 0.0
    most = 0.0 if evidence.eager else LEAVES_IT
    worth = min(max(TRUST * (evidence.finality - USUAL), -GOES_ON), most)
    believed = evidence.eager or (evidence.ear is not None and evidence.ear > EVEN)
    return worth if believed else worth + max(min(0.0, evidence.finality - RARE), GOES_ON - HARDLY)


def _by_ear(evidence: Evidence) -> float:
    """The ear's share of the log-odds."""
    if evidence.ear is None:
        return 0.0
    ear = min(max(evidence.ear, NEVER_QUITE), 1.0 - NEVER_QUITE)
    worth = max(SHARPNESS * log(ear / (1.0 - ear)), -OBJECTS)
    most = AGREES if evidence.completeness >= CERTAIN and not evidence.eager else 0.0
    return min(worth, most)
