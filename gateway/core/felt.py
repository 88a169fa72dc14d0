"""The figures of what a caller feels, computed from a call's events and actions.

They are defined in ``docs/protocol.md`` ("What callers feel"), once. Nothing here decides anything:
the call is the same without it. Where the caller's speech ended is known from the voice detector,
or from a client that tells; else nothing is counted from it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from gateway.core.actions import Action, Play, Source, Stop, TellDecision
from gateway.core.events import (
    AudioStarted,
    DeadlinePassed,
    Event,
    FinalHeard,
    HungUp,
    PlaybackDone,
    VoiceStarted,
    VoiceStopped,
)

KEPT = 8
"""Turns that are remembered; the sound of older ones is long over."""
GOES_ON = 1.0
"""Seconds after our beginning in which a caller who speaks is taken for cut off."""
LONG = 1.0
"""Seconds of silence that a caller who waits does not take for a pause."""


class FeltFigure(StrEnum):
    """The figures."""

    DETECTION = "detection"
    """From the end of speech to the decision what to do about it; seconds."""
    FIRST_SOUND = "first_sound"
    """From the end of speech to the first audible sound; seconds."""
    ANSWER = "answer"
    """From the end of speech to the answer's own first sound; seconds."""
    SILENCE = "silence"
    """A silence of more than a second of a caller who waits; seconds."""
    BARGE_IN = "barge_in"
    """From the voice of a caller who cuts in to our silence; seconds."""
    CUT_OFF = "cut_off"
    """A caller who goes on within a second of our beginning."""
    INTERRUPTION = "interruption"
    """A caller who cut in, and was right to be let."""
    FALSE_INTERRUPTION = "false_interruption"
    """We stopped, and no words came."""
    RESUMED = "resumed"
    """We went on after that."""


COUNTED = (
    FeltFigure.CUT_OFF,
    FeltFigure.INTERRUPTION,
    FeltFigure.FALSE_INTERRUPTION,
    FeltFigure.RESUMED,
    FeltFigure.SILENCE,
)
"""The figures of which a turn's record has the number."""


@dataclass(frozen=True, slots=True)
class Felt:
    """One figure."""

    figure: FeltFigure
    value: float = 1.0
    """Seconds, or 1 for what is counted."""


class SpeechEnd(StrEnum):
    """The source of what is known of the end of speech."""

    HEARD = "heard"
    """Our voice detector."""
    TOLD = "told"
    """The client."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnFelt:
    """The knowledge of a turn, in seconds from the end of its speech."""

    ended: float | None
    source: SpeechEnd
    detection: float | None = None
    first_sound: float | None = None
    answer: float | None = None


class FeltCall:
    """The figures of one call."""

    def __init__(self) -> None:
        self._turns: OrderedDict[int, TurnFelt] = OrderedDict()
        self._plays: OrderedDict[int, Play] = OrderedDict()  # by generation
        self._ended: float | None = None
        self._source = SpeechEnd.UNKNOWN
        self._voice_at: float | None = None  # since when the caller speaks
        self._began: float | None = None  # when the newest turn's first sound did
        self._quiet_since: float | None = None
        self._held = False
        self._news: dict[str, float] = {}

    def news(self) -> dict[str, float]:
        """Return how often what is counted has happened since this was asked last, and how long our
        silence took the last time that the caller cut in (``barge_in_ms``)."""
        news, self._news = self._news, {}
        return news

    def of(self, turn: int) -> TurnFelt | None:
        """Return what is known of that turn."""
        return self._turns.get(turn)

    def take(self, event: Event, actions: Iterable[Action], now: float) -> list[Felt]:
        """Take in an event and what followed from it; the figures that are known by it."""
        felt = self._hear(event, now)
        for action in actions:
            felt += self._act(action, event, now)
        for one in felt:
            if one.figure in COUNTED:
                self._news[one.figure.value] = self._news.get(one.figure.value, 0) + 1
            elif one.figure is FeltFigure.BARGE_IN:
                self._news["barge_in_ms"] = round(one.value * 1000, 1)
        return felt

    # --- what happens ------------------------------------------------------------------------

    def _hear(self, event: Event, now: float) -> list[Felt]:
        match event:
            case VoiceStarted(at=at):
                self._voice_at, self._quiet_since = at, None
                began, self._began = self._began, None
                return [Felt(FeltFigure.CUT_OFF)] if began and at - began <= GOES_ON else []
            case VoiceStopped(at=at):
                self._voice_at, self._quiet_since = None, at
                self._ended, self._source = at, SpeechEnd.HEARD
            case FinalHeard(ended_at=at) if at is not None:
                self._ended, self._source, self._quiet_since = at, SpeechEnd.TOLD, at
            case FinalHeard() if self._source is not SpeechEnd.HEARD:
                self._ended, self._source, self._quiet_since = None, SpeechEnd.UNKNOWN, now
            case PlaybackDone():
                self._quiet_since = now
            case AudioStarted(generation=generation):
                return self._sounds(generation, now)
        return []

    def _sounds(self, generation: int, now: float) -> list[Felt]:
        since, self._quiet_since = self._quiet_since, None
        play = self._plays.get(generation)
        turn = self._turns.get(play.turn) if play is not None else None
        if play is None or turn is None:
            return []
        felt: list[Felt] = []
        if since is not None and now - since > LONG and turn.answer is None:
            felt.append(Felt(FeltFigure.SILENCE, now - since))
        if turn.ended is None:
            return felt
        wait = max(0.0, now - turn.ended)
        if turn.first_sound is None:
            turn, self._began = replace(turn, first_sound=wait), now
            felt.append(Felt(FeltFigure.FIRST_SOUND, wait))
        if turn.answer is None and play.source is not Source.FILLER:
            turn = replace(turn, answer=wait)
            felt.append(Felt(FeltFigure.ANSWER, wait))
        self._turns[play.turn] = turn
        return felt

    # --- what follows ------------------------------------------------------------------------

    def _act(self, action: Action, event: Event, now: float) -> list[Felt]:
        match action:
            case TellDecision(turn=number):
                held, self._held = self._held, False
                cut_in = [Felt(FeltFigure.INTERRUPTION)] if held else []
                return [*cut_in, *self._decided(number, now)]
            case Play():
                return self._plays_now(action)
            case Stop():
                return self._stops(event, now)
        return []

    def _decided(self, number: int, now: float) -> list[Felt]:
        turn = self._turn(number)
        if turn.ended is None or turn.detection is not None:
            return []
        delay = max(0.0, now - turn.ended)
        self._turns[number] = replace(turn, detection=delay)
        return [Felt(FeltFigure.DETECTION, delay)]

    def _plays_now(self, order: Play) -> list[Felt]:
        self._plays[order.generation] = order
        while len(self._plays) > KEPT:
            self._plays.popitem(last=False)
        if order.source is Source.FILLER:
            self._turn(order.turn)  # said before it is decided on
        held, self._held = self._held, False
        if not held:
            return []
        resumed = [Felt(FeltFigure.RESUMED)] if order.offset else []
        return [Felt(FeltFigure.FALSE_INTERRUPTION), *resumed]

    def _stops(self, event: Event, now: float) -> list[Felt]:
        """Note a stop: by time alone we only hold our breath, by words we were cut in on."""
        if isinstance(event, HungUp):
            return []
        voice, self._began = self._voice_at, None
        felt = [Felt(FeltFigure.BARGE_IN, max(0.0, now - voice))] if voice is not None else []
        if isinstance(event, DeadlinePassed):
            self._held = True
            return felt
        return [*felt, Felt(FeltFigure.INTERRUPTION)]

    def _turn(self, number: int) -> TurnFelt:
        """The turn of that number; its speech ended as the last did, if it is new."""
        if number not in self._turns:
            self._turns[number] = TurnFelt(ended=self._ended, source=self._source)
            while len(self._turns) > KEPT:
                self._turns.popitem(last=False)
        return self._turns[number]
