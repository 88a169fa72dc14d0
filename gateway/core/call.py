"""A call: whose turn it is, what is on the air, and what follows from what.

Theory of operation. ``Call.receive(event, now)`` returns the actions to perform, in order;
``Call.deadline`` says when to call again with ``DeadlinePassed`` if nothing happens before. The
call owns one ``Turn`` at most (the caller's) and one ``Playback`` (ours).

While we speak, or an agent is waited for, a caller's turn is only a *suspicion*: it is followed
like any other, but stops our voice and the agent only once it is accepted, by enough words that
are not an acknowledgement, by a phrase that always interrupts, or by enough voice. Voice alone can
be wrong (a cough): what was stopped for it is kept and goes on from the last heard position if no
words come of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gateway.core.actions import Action, EndCall, TellSpeech
from gateway.core.events import (
    AGENT_EVENTS,
    AgentEvent,
    AudioStarted,
    CallStarted,
    DeadlinePassed,
    Decided,
    Event,
    FinalHeard,
    HungUp,
    KeyPressed,
    MarkReached,
    PartialHeard,
    PlaybackDone,
    PlaybackFailed,
    Utterance,
    VoiceStarted,
    VoiceStopped,
)
from gateway.core.finals import Finals
from gateway.core.idle import Idle
from gateway.core.playback import Playback
from gateway.core.policy import Policy
from gateway.core.response import Response
from gateway.core.states import IllegalEvent, State
from gateway.core.turn import UNHEARD, Turn

KEYS = {1: {"1": "yes", "2": "no"}, 2: {"1": "the first one", "2": "the second one"}}
"""What a digit says while a clarifying question about one or two entries stands."""


class Call:
    """One call. ``lines`` maps the rendered system lines to their length in seconds."""

    def __init__(self, policy: Policy, lines: Mapping[str, float], *, recogniser: bool) -> None:
        self.policy = policy
        self._lines = lines
        self.turn: Turn | None = None
        self.playback = Playback(policy.playback_grace, policy.agent_stall)
        self.response = Response(policy, lines, self.playback)
        self.recogniser = recogniser
        self._closed = False
        self._started = False
        self._turns = 0
        self._finals = Finals(recogniser=recogniser)
        self._suspect_since: float | None = None  # voice that has not been accepted yet
        self._resume_at: float | None = None
        self._idle = Idle(policy.no_input)

    @property
    def state(self) -> State:
        """Derived, so that it cannot disagree with what is on the air."""
        if self._closed:
            return State.CLOSED
        if not self._started:
            return State.NEW
        if self.playback.sound is not None:
            return State.SPEAKING
        if self._resume_at is not None:
            return State.HELD
        return State.WAITING if self.response.passing.waiting else State.QUIET

    @property
    def deadline(self) -> float | None:
        """When to send ``DeadlinePassed``; None before the start and after the end."""
        if self.state in (State.NEW, State.CLOSED):
            return None
        times = (
            self.turn.deadline if self.turn else None,
            self.response.passing.deadline if self._free else None,
            *(self.playback.deadline, self._accept_at, self._resume_at, self._no_input_at),
        )
        return min((at for at in times if at is not None), default=None)

    @property
    def _free(self) -> bool:
        """Whether we may begin to speak: nobody else does, or is about to go on."""
        return self.turn is None and self._resume_at is None

    @property
    def _accept_at(self) -> float | None:
        """When voice alone is enough to stop us."""
        if self._suspect_since is None or self.playback.sound is None or not self.policy.barge_in:
            return None
        return self._suspect_since + self.policy.min_speech

    @property
    def _no_input_at(self) -> float | None:
        idle = self.turn is None and self.playback.sound is None
        return self._idle.at if idle and not self.response.passing.waiting else None

    def receive(self, event: Event, now: float) -> list[Action]:
        """Take one event; the actions that follow, to be performed in order.

        Raises ``IllegalEvent`` for one that cannot happen in this state.
        """
        try:
            handler = TRANSITIONS[self.state][type(event)]
        except KeyError:
            raise IllegalEvent(f"{type(event).__name__} in {self.state.name}") from None
        actions = handler(self, event, now)
        self._finals.asked(actions)
        actions += self._settle(now)
        actions += self.response.proceed(now, free=self._free)
        if any(isinstance(action, EndCall) for action in actions):
            self._close()
        return actions

    def recover(self, now: float) -> list[Action]:
        """After ``receive`` has raised: this turn is lost, the call goes on."""
        stop = self.response.abandon()
        stop += self._drop(now)
        history = self.response.history
        self.response = Response(self.policy, self._lines, self.playback, history)
        return [*stop, *self.response.line("failure", now)]

    # --- the caller speaks and we do not -----------------------------------------------------

    def _start(self, event: Event, now: float) -> list[Action]:
        self._started = True
        self._idle.touch(now)
        return self.response.line("greeting", now)

    def _open(self, now: float) -> Turn:
        """The turn in progress, or a new one."""
        if self.turn is None:
            self._turns += 1
            asked, ours = self.response.asked, self.recogniser
            self.turn = Turn(self._turns, self.policy, asked=asked, recogniser=ours, now=now)
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
        self._suspect_since = event.at if self._suspect_since is None else self._suspect_since
        return self._voice_started(event, now)

    def _unsuspect(self, event: Event, now: float) -> list[Action]:
        self._suspect_since = None
        return self._voice_stopped(event, now)

    def _voice_again(self, event: Event, now: float) -> list[Action]:
        self._resume_at = now + self.policy.max_turn
        return self._voice_started(event, now)

    def _voice_gone(self, event: Event, now: float) -> list[Action]:
        assert isinstance(event, VoiceStopped)
        self._resume_at = event.at + self.policy.resume_after
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

    def _accept(self) -> list[Action]:
        """A real interruption: our voice stops for good."""
        self._resume_at = self._suspect_since = None
        return self.response.interrupted()

    def _hold(self, now: float) -> list[Action]:
        """Voice has gone on long enough without words: stop, but be ready to go on."""
        self._suspect_since = None
        stop = self.response.hold()
        if self.playback.stopped is not None:
            self._resume_at = now + self.policy.max_turn  # until the voice stops
        return stop

    def _false_alarm(self, now: float) -> list[Action]:
        """No words came of it: forget the turn, go on with what was stopped."""
        held = self._resume_at is not None
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
        self._resume_at = self._suspect_since = None

    # --- our side --------------------------------------------------------------------------

    def _audio_started(self, event: Event, now: float) -> list[Action]:
        assert isinstance(event, AudioStarted)
        return self.response.on_air(event.generation, now)

    def _mark(self, event: Event, now: float) -> list[Action]:
        assert isinstance(event, MarkReached)
        self.playback.mark(event)
        return []

    def _played(self, event: Event, now: float) -> list[Action]:
        assert isinstance(event, PlaybackDone)
        return self._ended(event.generation, now)

    def _ended(self, generation: int, now: float) -> list[Action]:
        sound = self.playback.done(generation)
        if sound is None:
            return []
        self._idle.touch(now)
        self._suspect_since = None
        return self.response.finished(sound, now)

    def _failed(self, event: Event, now: float) -> list[Action]:
        """A clip that cannot be played is replaced by the failure line."""
        assert isinstance(event, PlaybackFailed)
        sound = self.playback.done(event.generation)
        if sound is None:
            return []
        self._idle.touch(now)
        return self.response.replace(sound, now)

    def _reply(self, event: Event, now: float) -> list[Action]:
        assert isinstance(event, AgentEvent)
        self.response.reply(event, now)
        return []

    # --- time ------------------------------------------------------------------------------

    def _deadline_passed(self, event: Event, now: float) -> list[Action]:
        actions: list[Action] = []
        if self.turn is not None and due(self.turn.deadline, now):
            actions += self.turn.receive(event, now)
        if due(self._accept_at, now):
            actions += self._hold(now)
        elif due(self._resume_at, now):
            actions += self._false_alarm(now)
        if self.playback.sound is not None and due(self.playback.deadline, now):
            actions += self._ended(self.playback.sound.play.generation, now)
        if due(self._no_input_at, now):
            end: list[Action] = [EndCall(reason="no input")]
            give_up = self._idle.give_up(now)
            actions += end if give_up else self.response.line("still_there", now)
        return actions

    def _settle(self, now: float) -> list[Action]:
        """Act on a turn that has just been resolved."""
        turn = self.turn
        if turn is None or turn.outcome is None:
            return []
        ours = self.state is not State.QUIET
        silent = not turn.utterance.canonical and turn.utterance is not UNHEARD
        if silent or (ours and not self.response.speaks_up(turn.utterance)):
            return self._false_alarm(now)
        self._forget(now)
        self._idle.spoke(now)
        return [*self.response.interrupted(), *self.response.answer(turn, now)]

    def _hang_up(self, event: Event, now: float) -> list[Action]:
        actions = self.response.interrupted()
        self._close()
        return actions

    def _close(self) -> None:
        self._closed, self.turn, self._resume_at = True, None, None
        self.playback.sound = self.playback.stopped = None


def due(at: float | None, now: float) -> bool:
    return at is not None and at <= now


Handler = Callable[[Call, Event, float], list[Action]]

ALWAYS: dict[type[Event], Handler] = {
    Decided: Call._decided,
    KeyPressed: Call._key,
    HungUp: Call._hang_up,
    AudioStarted: Call._audio_started,
    MarkReached: Call._mark,
    PlaybackDone: Call._played,
    PlaybackFailed: Call._failed,
    **dict.fromkeys(AGENT_EVENTS, Call._reply),
    DeadlinePassed: Call._deadline_passed,
}

OVER_US: dict[type[Event], Handler] = {
    **ALWAYS,
    VoiceStarted: Call._suspect,
    VoiceStopped: Call._unsuspect,
    PartialHeard: Call._partial_over_us,
    FinalHeard: Call._final_over_us,
}

TRANSITIONS: dict[State, dict[type[Event], Handler]] = {
    State.NEW: {CallStarted: Call._start, HungUp: Call._hang_up},
    State.QUIET: {
        **ALWAYS,
        VoiceStarted: Call._voice_started,
        VoiceStopped: Call._voice_stopped,
        PartialHeard: Call._partial,
        FinalHeard: Call._final,
    },
    State.WAITING: OVER_US,
    State.SPEAKING: OVER_US,
    State.HELD: {
        **ALWAYS,
        VoiceStarted: Call._voice_again,
        VoiceStopped: Call._voice_gone,
        PartialHeard: Call._partial_over_us,
        FinalHeard: Call._final_over_us,
    },
    State.CLOSED: dict.fromkeys(
        [CallStarted, VoiceStarted, VoiceStopped, PartialHeard, FinalHeard, *ALWAYS],
        lambda call, event, now: [],
    ),
}
"""What each state does with each event. A missing pair is our own mistake and raises."""
