"""The words of the callers of ``load``: turns of a stated mix, drawn beforehand.

A turn has ``TURN`` seconds. The caller's words are over at ``OVER``; a second thing that is said in
it (to cut in, or to choose between two) is over at ``SECOND``.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import cycle

from bench.hit import AROUND
from bench.miss import questions
from gateway.errors import UsageError
from gateway.ports.store import Catalogue
from intents.decision import Kind
from intents.matcher import Matcher
from tests.support.speech import SpokenClip, say

TURN, OVER = 9.0, 3.5
AFTER = 1.2
"""Seconds of the first answer before the caller speaks again."""
SECOND = 6.5
KINDS = ("hit", "miss", "clarify", "barge", "hangup")
MIX = "hit:55,miss:20,clarify:10,barge:10,hangup:5"
POOL = 24
"""Different questions of each kind."""
WHICH = ("the first one", "yes")
"""Answers that choose between two, and that confirm one."""


@dataclass(frozen=True, slots=True)
class Saying:
    """Something a caller says: when its last word is over, in seconds of the turn."""

    text: str
    over: float
    kind: str
    """``hit``, ``miss``, ``clarify``, ``choice`` or ``barge``: what is expected to come back."""
    entry: str = ""
    """The entry whose sound is to come, if any."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn of one of the ``KINDS``."""

    kind: str
    sayings: tuple[Saying, ...]


@dataclass(frozen=True, slots=True)
class Material:
    """Turns of each kind to choose from."""

    turns: dict[str, tuple[Turn, ...]]


def mix_of(text: str) -> dict[str, float]:
    """``hit:60,miss:40`` as shares of one."""
    parts: dict[str, float] = {}
    for one in text.split(","):
        kind, colon, share = one.strip().partition(":")
        try:
            parts[kind] = float(share)
        except ValueError:
            colon = ""
        if not colon or kind not in KINDS or parts[kind] < 0:
            raise UsageError(f"mix wants parts such as hit:60 of {', '.join(KINDS)}; got {one!r}")
    whole = sum(parts.values())
    if whole <= 0:
        raise UsageError("mix has nothing in it: say hit:60,miss:40")
    return {kind: share / whole for kind, share in parts.items()}


def material(catalogue: Catalogue, matcher: Matcher, aloud: bool) -> Material:
    """Turns of the catalogue's own questions. ``aloud``: those alone that fit when spoken."""
    plain = [(q, e.id) for e in catalogue.entries if not e.action for q in e.questions]
    random.shuffle(plain)
    worded = [around.format(text) for text, _ in plain for around in AROUND]
    random.shuffle(worded)
    hits: list[Saying] = []
    doubts: list[tuple[Saying, Saying]] = []
    for text in [text for text, _ in plain] + worded:
        decision = matcher.match(text, final=True)
        if decision.kind is Kind.ANSWER and decision.entry and len(hits) < POOL:
            hits.append(Saying(text, OVER, "hit", decision.entry))
        if decision.kind is Kind.CLARIFY and decision.clarify and len(doubts) < POOL:
            which = WHICH[len(decision.clarify) == 1]
            choice = Saying(which, SECOND, "choice", decision.clarify[0])
            doubts.append((Saying(text, OVER, "clarify"), choice))
        if len(hits) == len(doubts) == POOL:
            break
    misses = [Saying(text, OVER, "miss") for text in questions(matcher, POOL)]
    hits, misses = [h for h in hits if fits(h, aloud)], [m for m in misses if fits(m, aloud)]
    doubts = [pair for pair in doubts if all(fits(one, aloud) for one in pair)]
    cuts = [
        (first, replace(second, over=SECOND, kind="barge"))
        for first, second in zip(hits, hits[1:] + hits[:1], strict=True)
        if first.entry != second.entry and fits(second, aloud, SECOND - OVER - AFTER)
    ]
    return Material(
        {
            "hit": tuple(Turn("hit", (one,)) for one in hits),
            "miss": tuple(Turn("miss", (one,)) for one in misses),
            "clarify": tuple(Turn("clarify", pair) for pair in doubts),
            "barge": tuple(Turn("barge", pair) for pair in cuts),
            "hangup": tuple(Turn("hangup", (one,)) for one in hits),
        }
    )


def fits(saying: Saying, aloud: bool, room: float = OVER - 0.2) -> bool:
    """Return whether there is room for it before it has to be over."""
    length = spoken(saying.text).end_ms / 1000 if aloud else len(saying.text.split()) * 0.33
    return length <= room


def spoken(text: str) -> SpokenClip:
    """The caller's voice."""
    return say(text)


def drawn(material: Material, mix: dict[str, float], turns: int) -> list[Turn]:
    """So many turns, each kind in its share as nearly as whole turns allow, in any order."""
    empty = [kind for kind, share in mix.items() if share and not material.turns[kind]]
    if empty:
        raise UsageError(f"the table has no questions for {empty[0]}: leave it out of mix")
    exact = {kind: share * turns for kind, share in mix.items()}
    counts = {kind: int(share) for kind, share in exact.items()}
    rest = sorted(mix, key=lambda kind: counts[kind] - exact[kind])
    for kind in rest[: turns - sum(counts.values())]:
        counts[kind] += 1
    found: list[Turn] = []
    for kind, count in counts.items():
        choice = cycle(random.sample(material.turns[kind], len(material.turns[kind])))
        found += [next(choice) for _ in range(count)]
    random.shuffle(found)
    return found


def words_of(turns: Sequence[Turn]) -> list[tuple[str, float]]:
    """The words of a call and when each is over, in ms from its first frame: the script of a
    recogniser that hears it."""
    return [
        (word, end + 1000 * (TURN * number + one.over) - clip.end_ms)
        for number, turn in enumerate(turns)
        for one in turn.sayings
        for clip in (spoken(one.text),)
        for word, _, end in clip.words
    ]
