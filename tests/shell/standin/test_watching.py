"""What a call does, told in terms of whose turn it is."""

from __future__ import annotations

import pytest

from gateway.core.actions import Action, CloseTurn, Path, Play, PrepareAgent, Source
from gateway.core.events import (
    DeadlinePassed,
    Event,
    PlaybackFailed,
    RecogniserAway,
    RecogniserBack,
    RecogniserLost,
    Utterance,
    Verdict,
    VerdictKind,
)
from gateway.core.standin.facts import (
    OursOver,
    TurnForgotten,
    TurnOpened,
    TurnPassed,
    TurnTaken,
    UnderstandingBack,
    UnderstandingLost,
)
from gateway.shell.standin.watching import Watch

PLAY = Play(turn=1, generation=1, source=Source.CACHE, clips=("entry:hours",))
LIKELY = PrepareAgent(turn=1, text="x", history=())
SOMETHING = DeadlinePassed()


def closed(path: Path) -> CloseTurn:
    utterance, verdict = Utterance(text="x", canonical="x"), Verdict(kind=VerdictKind.MISS)
    return CloseTurn(turn=1, path=path, utterance=utterance, verdict=verdict, decided_on="final")


def saw(
    *steps: tuple[Event, list[Action], bool, bool],
) -> list[list[type[Event]]]:
    watch = Watch()
    found = (watch.saw(event, acts, is_open=on, sounds=ours) for event, acts, on, ours in steps)
    return [[type(one) for one in step] for step in found]


def test_a_hit() -> None:
    assert saw(
        (SOMETHING, [], True, False),
        (SOMETHING, [], True, False),
        (SOMETHING, [PLAY], False, True),
        (SOMETHING, [closed(Path.CACHE)], False, True),
        (SOMETHING, [], False, False),
    ) == [[TurnOpened], [], [TurnTaken], [], [OursOver]]


def test_a_miss_is_told_when_it_is_likely_and_when_it_is_sure() -> None:
    assert saw(
        (SOMETHING, [], True, False),
        (SOMETHING, [LIKELY], True, False),
        (SOMETHING, [closed(Path.AGENT)], False, False),
    ) == [[TurnOpened], [TurnPassed], [TurnPassed]]


def test_nothing_was_said() -> None:
    assert saw((SOMETHING, [], True, False), (SOMETHING, [], False, False)) == [
        [TurnOpened],
        [TurnForgotten],
    ]


def test_a_clip_that_cannot_be_played_is_the_bots_turn() -> None:
    failed = PlaybackFailed(generation=1, reason="damaged")
    assert saw((SOMETHING, [PLAY], False, True), (failed, [], False, False)) == [
        [TurnTaken],
        [TurnPassed, OursOver],
    ]


def test_one_answer_behind_the_other_is_ours_all_the_time() -> None:
    assert saw((SOMETHING, [PLAY], False, True), (SOMETHING, [PLAY], False, True)) == [
        [TurnTaken],
        [TurnTaken],
    ]


@pytest.mark.parametrize(
    ("event", "found"),
    [
        (RecogniserAway(), UnderstandingLost),
        (RecogniserLost(), UnderstandingLost),
        (RecogniserBack(), UnderstandingBack),
    ],
)
def test_understanding_comes_and_goes(event: Event, found: type[Event]) -> None:
    assert saw((event, [], False, False)) == [[found]]
