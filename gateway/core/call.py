"""A call: whose turn it is, what is on the air, and what follows from what.

Theory of operation. ``Call.receive(event, now)`` returns the actions to perform, in order;
``Call.deadline`` says when to call again with ``DeadlinePassed`` if nothing happens before. The
call owns one ``Turn`` at most (the caller's) and one ``Playback`` (ours).

While we speak, or an agent is waited for, a caller's turn is only a *suspicion*: it is followed
like any other, but stops our voice and the agent only once it is accepted, by enough words that
are not an acknowledgement, by a phrase that always interrupts, or by enough voice. Voice alone can
be wrong (a cough): what was stopped for it is kept and goes on from the last heard position if no
words come of it.

While the text of what the caller has said is waited for longer than usual, fillers are said, as
while an agent is waited for; the answer follows them. A recogniser that is away for too long is
given up. A caller who cannot be heard any more is told that somebody else goes on, once nothing
else is on the air, and the call ends with that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gateway.core.actions import Action, EndCall, Source, StopListening
from gateway.core.caller import Caller
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
    RecogniserAway,
    RecogniserBack,
    RecogniserLost,
    VoiceStarted,
    VoiceStopped,
)
from gateway.core.policy import Policy
from gateway.core.reply.playback import Playback
from gateway.core.reply.response import Response
from gateway.core.states import IllegalEvent, State
from gateway.core.turn.turn import UNHEARD

HEARD = (VoiceStarted, VoiceStopped, PartialHeard, FinalHeard)


class Call(Caller):
    """One call. ``lines`` maps the rendered system lines to their length in seconds, ``says`` to
    their text."""

    def __init__(
        self,
        policy: Policy,
        lines: Mapping[str, float],
        *,
        recogniser: bool,
        says: Callable[[str], str] = lambda line: "",
    ) -> None:
        playback = Playback(policy.playback_grace, policy.agent_stall)
        response = Response(policy, lines, playback, says=says)
        super().__init__(policy, playback, response, recogniser=recogniser)
        self._lines, self._says = lines, says
        self._closed = False
        self._started = False

    @property
    def state(self) -> State:
        """Derived, so that it cannot disagree with what is on the air."""
        if self._closed:
            return State.CLOSED
        if not self._started:
            return State.NEW
        if self.playback.sound is not None:
            return State.COVERING if self._covers else State.SPEAKING
        if self._suspicion.held:
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
            *(self.playback.deadline, self.speculation.deadline, self._no_input_at),
            *(self._accept_at, self._suspicion.resume_at),
            *(self._absence.over_at, self._cover_at),
        )
        return min((at for at in times if at is not None), default=None)

    @property
    def _free(self) -> bool:
        """Whether we may begin to speak: nobody else does, or is about to go on. Words that are
        late are not waited for in silence if there is an answer to others."""
        late = self.turn is not None and self.turn.text.since is not None
        floor = self.turn is None or (late and self.response.passing.waiting)
        return floor and not self._suspicion.held

    @property
    def _covers(self) -> bool:
        """Whether what is on the air is said until the caller's own words are there."""
        sound, turn = self.playback.sound, self.turn
        if sound is None or turn is None or self.response.passing.waiting:
            return False
        return sound.play.source is Source.FILLER and sound.play.turn == turn.number

    @property
    def _cover_at(self) -> float | None:
        """When the caller is to be told that somebody is there, though their words are not."""
        since = self.turn.text.since if self.turn is not None else None
        busy = self.playback.sound is not None or self._suspicion.held
        if since is None or self.turn is None or busy or self.response.passing.waiting:
            return None
        again = self.playback.until + self.policy.filler_again if self.turn.text.covered else since
        return max(since, again)

    @property
    def _accept_at(self) -> float | None:
        return self._suspicion.accept_at(sounding=self.playback.sound is not None)

    @property
    def _no_input_at(self) -> float | None:
        idle = self.turn is None and self.playback.sound is None
        return self._idle.at if idle and not self.response.passing.waiting else None

    def receive(self, event: Event, now: float) -> list[Action]:
        """Take one event; the actions that follow, to be performed in order.

        Raises ``IllegalEvent`` for one that cannot happen in this state.
        """
        if self.response.leaving and isinstance(event, HEARD):
            return []  # nobody will understand it
        try:
            handler = TRANSITIONS[self.state][type(event)]
        except KeyError:
            raise IllegalEvent(f"{type(event).__name__} in {self.state.name}") from None
        actions = handler(self, event, now)
        if self._closed:
            return actions
        self._finals.asked(actions)
        actions += self._settle(now)
        actions += self._cover(self._cover_at, now)
        actions += self.response.proceed(now, free=self._free)
        actions += self._look_ahead(now)
        if any(isinstance(action, EndCall) for action in actions):
            self._close()
        return actions

    def _look_ahead(self, now: float) -> list[Action]:
        """Have an agent begin on what may be the turn's last words."""
        if not self.policy.speculate:
            return []
        return self.speculation.follow(self.turn if self.state is State.QUIET else None, now)

    def recover(self, now: float) -> list[Action]:
        """After ``receive`` has raised: this turn is lost, the call goes on."""
        stop = [*self.response.abandon(), *self.speculation.forget()]
        stop += self._drop(now)
        history = self.response.history
        lines, says = self._lines, self._says
        leaving = self.response.leaving
        self.response = Response(self.policy, lines, self.playback, history, says)
        self.response.leaving = leaving
        return [*stop, *self.response.line("failure", now)]

    # --- our side --------------------------------------------------------------------------

    def _start(self, event: Event, now: float) -> list[Action]:
        self._started = True
        self._idle.touch(now)
        return self.response.line("greeting", now)

    def _audio_started(self, event: Event, now: float) -> list[Action]:
        assert isinstance(event, AudioStarted)
        return self.response.on_air(event.generation, now)

    def _mark(self, event: Event, now: float) -> list[Action]:
        assert isinstance(event, MarkReached)
        if self.playback.mark(event):
            self.playback.lasts(now)
        return []

    def _played(self, event: Event, now: float) -> list[Action]:
        assert isinstance(event, PlaybackDone)
        return self._ended(event.generation, now)

    def _ended(self, generation: int, now: float) -> list[Action]:
        sound = self.playback.done(generation)
        if sound is None:
            return []
        self._idle.touch(now)
        self._suspicion.end()
        return self.response.finished(sound, now)

    def _failed(self, event: Event, now: float) -> list[Action]:
        """A clip that cannot be played is replaced by the failure line."""
        assert isinstance(event, PlaybackFailed)
        sound = self.playback.done(event.generation)
        if sound is None:
            return []
        self._idle.touch(now)
        return self.response.replace(sound, now)

    def _lost(self, event: Event, now: float) -> list[Action]:
        """What is being said is said to its end, and then the call ends."""
        self._absence.forget()
        self.response.leaving = "the recogniser failed"
        return self._false_alarm(now)

    def _reply(self, event: Event, now: float) -> list[Action]:
        assert isinstance(event, AgentEvent)
        self.response.reply(event, now)
        return []

    @property
    def _too_long(self) -> str:
        return f"the recogniser was not there again within {self.policy.stt_absence:g} s"

    # --- time ------------------------------------------------------------------------------

    def _deadline_passed(self, event: Event, now: float) -> list[Action]:
        actions: list[Action] = []
        if self.turn is not None and due(self.turn.deadline, now):
            actions += self.turn.receive(event, now)
        if due(self._accept_at, now):
            actions += self._hold(now)
        elif due(self._suspicion.resume_at, now):
            actions += self._false_alarm(now)
        if self.playback.sound is not None and due(self.playback.deadline, now):
            actions += self._ended(self.playback.sound.play.generation, now)
        if due(self._absence.over_at, now):
            actions.append(StopListening(reason=self._too_long))
            actions += self._lost(event, now)
        elif due(self._no_input_at, now):
            end: list[Action] = [EndCall(reason="no input")]
            give_up = self._idle.give_up(now)
            actions += end if give_up else self.response.line("still_there", now)
        return actions

    def _settle(self, now: float) -> list[Action]:
        """Act on a turn that has just been resolved."""
        turn = self.turn
        if turn is None or turn.outcome is None:
            return []
        covered = self.state is State.COVERING
        ours = self.state is not State.QUIET and not covered
        silent = not turn.utterance.canonical and turn.utterance is not UNHEARD
        if silent or (ours and not self.response.speaks_up(turn.utterance)):
            return self._false_alarm(now)
        self._forget(now)
        self._idle.spoke(now)
        stopped = [] if covered else self.response.interrupted()
        return [*stopped, *self.speculation.resolved(turn, self.response.answer(turn, now))]

    def _hang_up(self, event: Event, now: float) -> list[Action]:
        actions = [*self.response.interrupted(), *self.speculation.forget()]
        self._close()
        return actions

    def _close(self) -> None:
        self._closed, self.turn = True, None
        self._suspicion.clear()
        self.playback.sound = self.playback.stopped = None


def due(at: float | None, now: float) -> bool:
    return at is not None and at <= now


Handler = Callable[[Call, Event, float], list[Action]]

ALWAYS: dict[type[Event], Handler] = {
    Decided: Call._decided,
    KeyPressed: Call._key,
    RecogniserAway: Call._away,
    RecogniserBack: Call._back,
    RecogniserLost: Call._lost,
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
    State.COVERING: {
        **OVER_US,
        PartialHeard: Call._partial_meanwhile,
        FinalHeard: Call._final_meanwhile,
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
