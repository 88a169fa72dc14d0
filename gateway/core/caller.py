"""The caller's side of a call: their voice, words and keys, while we speak and while we do not."""

from __future__ import annotations

from gateway.core.actions import Action, AskAgent, TellSpeech
from gateway.core.events import (
    Decided,
    Event,
    FinalHeard,
    KeyPressed,
    PartialHeard,
    Utterance,
    Verdict,
    VoiceStarted,
    VoiceStopped,
)
from gateway.core.policy import Policy
from gateway.core.reply.playback import Playback
from gateway.core.reply.response import Response
from gateway.core.turn.absence import Absence
from gateway.core.turn.finals import Finals
from gateway.core.turn.idle import Idle
from gateway.core.turn.speculation import Speculation
from gateway.core.turn.suspicion import Suspicion
from gateway.core.turn.turn import Turn

KEYS = {1: {"1": "yes", "2": "no"}, 2: {"1": "the first one", "2": "the second one"}}
"""What a digit says while a clarifying question about one or two entries stands."""


class Caller:
    """What a ``Call`` does with what the caller does. Each event has a method for when nothing is
    on the air, and one for when something is, or was stopped for a voice."""

    def __init__(
        self, policy: Policy, playback: Playback, response: Response, *, recogniser: bool
    ) -> None:
        self.policy = policy
        self.playback = playback
        self.response = response
        self.recogniser = recogniser
        self.turn: Turn | None = None
        self.speculation = Speculation(self._would_ask)
        self._turns = 0
        self._finals = Finals(recogniser=recogniser)
        self._suspicion = Suspicion(policy)
        self._idle = Idle(policy.no_input)
        self._absence = Absence(policy.stt_absence)

    def _would_ask(self, turn: Turn, verdict: Verdict) -> AskAgent | None:
        return self.response.would_ask(turn, verdict)

    # --- the caller speaks and we do not -----------------------------------------------------

    def _open(self, now: float) -> Turn:
        """The turn in progress, or a new one."""
        if self.turn is None:
            self._turns += 1
            asked, ours = self.response.asked, self.recogniser
            away = self._absence.away
            self.turn = Turn(
                self._turns, self.policy, asked=asked, recogniser=ours, now=now, away=away
            )
        return self.turn

    def _voice_started(self, event: Event, now: float) -> list[Action]:
        return [TellSpeech(speaking=True), *self._open(now).receive(event, now)]

    def _voice_stopped(self, event: Event, now: float) -> list[Action]:
        if self.turn is not None:
            return [TellSpeech(speaking=False), *self.turn.receive(event, now)]
        return [TellSpeech(speaking=False), *self._finals.unheard()]

    def _partial(self, event: Event, now: float) -> list[Action]:
        assert isinstance(event, PartialHeard)
        if self._finals.stale(self._number) or self._says_nothing(event):
            return []
        tell = self._finals.told(event.utterance, final=False)
        return [*tell, *self._open(now).receive(event, now)]

    def _final(self, event: Event, now: float) -> list[Action]:
        assert isinstance(event, FinalHeard)
        if self._finals.arrive(self._number) or self._says_nothing(event):
            return []
        tell = self._finals.told(event.utterance, final=True)
        return [*tell, *self._open(now).receive(event, now)]

    def _says_nothing(self, event: PartialHeard | FinalHeard) -> bool:
        return self.turn is None and not event.utterance.canonical

    @property
    def _number(self) -> int | None:
        return self.turn.number if self.turn else None

    def _decided(self, event: Event, now: float) -> list[Action]:
        assert isinstance(event, Decided)
        if self.turn is None or event.turn != self.turn.number:
            return []  # late result of an older turn: normal, dropped
        return self.turn.receive(event, now)

    def _key(self, event: Event, now: float) -> list[Action]:
        """A key stops our voice; where entries were offered it also chooses."""
        assert isinstance(event, KeyPressed)
        says = KEYS.get(len(self.response.asked.offered or ()), {}).get(event.digit)
        says = says or ("a person please" if event.digit == "0" else None)
        actions = self.response.interrupted()
        actions += self._drop(now)
        if says is None:
            return actions
        spoken = FinalHeard(utterance=Utterance(text=says, canonical=says))
        return [*actions, *self._open(now).receive(spoken, now)]

    # --- the caller speaks while we do ---------------------------------------------------------

    def _suspect(self, event: Event, now: float) -> list[Action]:
        assert isinstance(event, VoiceStarted)
        self._suspicion.begin(event.at)
        return self._voice_started(event, now)

    def _unsuspect(self, event: Event, now: float) -> list[Action]:
        self._suspicion.end()
        return self._voice_stopped(event, now)

    def _voice_again(self, event: Event, now: float) -> list[Action]:
        self._suspicion.hold(now)
        return self._voice_started(event, now)

    def _voice_gone(self, event: Event, now: float) -> list[Action]:
        assert isinstance(event, VoiceStopped)
        self._suspicion.wane(event.at)
        return self._voice_stopped(event, now)

    def _partial_over_us(self, event: Event, now: float) -> list[Action]:
        assert isinstance(event, PartialHeard)
        if self._finals.stale(self._number):
            return []
        if self.response.speaks_up(event.utterance):
            return [*self._accept(), *self._partial(event, now)]
        # followed where the detector has opened a turn, else nothing to follow
        return self._partial(event, now) if self.turn is not None else []

    def _final_over_us(self, event: Event, now: float) -> list[Action]:
        assert isinstance(event, FinalHeard)
        if self.response.speaks_up(event.utterance) and not self._finals.stale(self._number):
            return [*self._accept(), *self._final(event, now)]
        if self._finals.arrive(self._number):
            return []
        tell = self._finals.told(event.utterance, final=True)
        if self.turn is not None and self.turn.voice:  # the recogniser cut; the voice goes on
            return [*tell, *self.turn.receive(event, now)]
        return [*tell, *self._false_alarm(now)]

    # --- the caller waits for their words to be heard ---------------------------------------------

    def _away(self, event: Event, now: float) -> list[Action]:
        if not self.response.leaving:
            self._absence.left(now)
        return self.turn.receive(event, now) if self.turn is not None else []

    def _back(self, event: Event, now: float) -> list[Action]:
        self._absence.back(now)
        return self.turn.receive(event, now) if self.turn is not None else []

    def _partial_meanwhile(self, event: Event, now: float) -> list[Action]:
        """What was said before is followed; who speaks on speaks over us."""
        on = self.turn is not None and self.turn.voice
        return self._partial_over_us(event, now) if on else self._partial(event, now)

    def _final_meanwhile(self, event: Event, now: float) -> list[Action]:
        on = self.turn is not None and self.turn.voice
        return self._final_over_us(event, now) if on else self._final(event, now)

    def _cover(self, at: float | None, now: float) -> list[Action]:
        """Tell them that somebody is there, if it is time."""
        if self.turn is None or at is None or now < at:
            return []
        text = self.turn.text
        said = self.response.passing.cover(self.turn.number, text.covered, now)
        if not said:
            text.since = None
        text.covered += 1
        return said

    def _accept(self) -> list[Action]:
        """A real interruption: our voice stops for good."""
        self._suspicion.clear()
        return self.response.interrupted()

    def _hold(self, now: float) -> list[Action]:
        """Voice has gone on long enough without words: stop, but be ready to go on."""
        self._suspicion.end()
        stop = self.response.hold()
        if self.playback.stopped is not None:
            self._suspicion.hold(now)
        return stop

    def _false_alarm(self, now: float) -> list[Action]:
        """No words came of it: forget the turn, go on with what was stopped."""
        held = self._suspicion.held
        self._forget(now)
        return self.response.resume(now) if held else []

    def _drop(self, now: float) -> list[Action]:
        """Forget a turn whose words are still being spoken."""
        speaking = self.turn is not None and self.turn.voice
        self._forget(now)
        return self._finals.unheard() if speaking else []

    def _forget(self, now: float) -> None:
        self.turn = None
        self._idle.touch(now)
        self._suspicion.clear()
