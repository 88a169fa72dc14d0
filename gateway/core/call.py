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

from gateway.core.actions import Action, AskAgent, EndCall, Source, StopListening, TellSpeech
from gateway.core.events import (
    AGENT_EVENTS,
    AgentEvent,
    AgentLost,
    AgentReplaced,
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
    TurnEndJudged,
    Utterance,
    Verdict,
    VoiceStarted,
    VoiceStirred,
    VoiceStopped,
)
from gateway.core.policy import Policy
from gateway.core.reply.handover import Expects, nobody_knows
from gateway.core.reply.lines import FAILURE, GREETING, STILL_THERE, SystemLine
from gateway.core.reply.playback import Playback
from gateway.core.reply.response import Response
from gateway.core.states import CallState, IllegalEvent
from gateway.core.turn.absence import Absence
from gateway.core.turn.ending import NO_SENSE, WordSense
from gateway.core.turn.finals import Finals
from gateway.core.turn.idle import Idle
from gateway.core.turn.questions import KEYS
from gateway.core.turn.speculation import Speculation
from gateway.core.turn.suspicion import Suspicion
from gateway.core.turn.turn import UNHEARD, Turn

HEARD = (VoiceStarted, VoiceStopped, PartialHeard, FinalHeard)


class Call:
    """One call. ``lines`` maps the rendered system lines to their length in seconds, ``says`` to
    their text; ``expects``: see ``Handover``; ``sense``: see ``Turn``."""

    def __init__(
        self,
        policy: Policy,
        lines: Mapping[SystemLine, float],
        *,
        recogniser: bool,
        says: Callable[[SystemLine], str] = lambda line: "",
        expects: Expects = nobody_knows,
        sense: WordSense = NO_SENSE,
    ) -> None:
        self.policy = policy
        self.playback = Playback(policy.playback_grace, policy.agent_stall)
        self.response = Response(policy, lines, self.playback, says=says, expects=expects)
        self.recogniser = recogniser
        self.turn: Turn | None = None
        self.speculation = Speculation(self._would_ask)
        self._turns = 0
        self._finals = Finals(recogniser=recogniser)
        self._suspicion = Suspicion(policy)
        self._idle = Idle(policy.no_input)
        self._absence = Absence(policy.stt_absence)
        self._lines, self._says, self._expects = lines, says, expects
        self._sense = sense
        self._closed = False
        self._started = False

    @property
    def state(self) -> CallState:
        """Derived, so that it cannot disagree with what is on the air."""
        if self._closed:
            return CallState.CLOSED
        if not self._started:
            return CallState.NEW
        if self.playback.sound is not None:
            return CallState.COVERING if self._covers else CallState.SPEAKING
        if self._suspicion.held:
            return CallState.HELD
        return CallState.WAITING if self.response.handover.waiting else CallState.QUIET

    @property
    def floor(self) -> tuple[bool, bool]:
        """Return whether a turn of the caller's is open, and whether we are heard."""
        return self.turn is not None, self.playback.sound is not None

    @property
    def deadline(self) -> float | None:
        """Return when to send ``DeadlinePassed``; None before the start and after the end."""
        if self.state in (CallState.NEW, CallState.CLOSED):
            return None
        times = (
            self.turn.deadline if self.turn else None,
            self.response.handover.deadline if self._free else None,
            *(self.playback.deadline, self.speculation.deadline, self._no_input_at),
            *(self._accept_at, self._suspicion.resume_at),
            *(self._absence.over_at, self._cover_at),
        )
        return min((at for at in times if at is not None), default=None)

    @property
    def _free(self) -> bool:
        """True if we may begin to speak: nobody else does, or is about to go on. Words that are
        late are not waited for in silence if there is an answer to others."""
        late = self.turn is not None and self.turn.text.since is not None
        floor = self.turn is None or (late and self.response.handover.waiting)
        return floor and not self._suspicion.held

    @property
    def _covers(self) -> bool:
        """True if what is on the air is said until the caller's own words are there."""
        sound, turn = self.playback.sound, self.turn
        if sound is None or turn is None or self.response.handover.waiting:
            return False
        return sound.play.source is Source.FILLER and sound.play.turn == turn.number

    @property
    def _cover_at(self) -> float | None:
        """Return when the caller is to be told that somebody is there, though their words are
        not."""
        since = self.turn.text.since if self.turn is not None else None
        busy = self.playback.sound is not None or self._suspicion.held
        if since is None or self.turn is None or busy or self.response.handover.waiting:
            return None
        if self.policy.behind:
            return None
        again = self.playback.until + self.policy.filler_again if self.turn.text.covered else since
        return max(since, again)

    @property
    def _accept_at(self) -> float | None:
        return self._suspicion.accept_at(sounding=self.playback.sound is not None)

    @property
    def _no_input_at(self) -> float | None:
        if self.policy.behind:
            return None
        idle = self.turn is None and self.playback.sound is None
        return self._idle.at if idle and not self.response.handover.waiting else None

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
        return self.speculation.follow(self.turn if self.state is CallState.QUIET else None, now)

    def recover(self, now: float) -> list[Action]:
        """After ``receive`` has raised: this turn is lost, the call goes on."""
        stop = [*self.response.abandon(), *self.speculation.forget()]
        stop += self._drop(now)
        history = self.response.history
        lines, says = self._lines, self._says
        leaving = self.response.leaving
        self.response = Response(self.policy, lines, self.playback, history, says, self._expects)
        self.response.leaving = leaving
        return stop if self.policy.behind else [*stop, *self.response.line(FAILURE, now)]

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
                *(self._turns, self.policy),
                asked=asked,
                recogniser=ours,
                now=now,
                away=away,
                sense=self._sense,
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

    def _of_the_turn(self, event: Event, now: float) -> list[Action]:
        return self.turn.receive(event, now) if self.turn is not None else []

    def _key(self, event: Event, now: float) -> list[Action]:
        """A key stops our voice; where entries were offered it also chooses."""
        assert isinstance(event, KeyPressed)
        meant = self._meant_by(event.digit)
        actions = self.response.interrupted()
        actions += self._drop(now)
        if meant is None:
            return actions
        return [*actions, *self._open(now).receive(FinalHeard(utterance=meant), now)]

    def _meant_by(self, digit: str) -> Utterance | None:
        """The words that a key stands for: a choice, the operator's action, or a person."""
        says = KEYS.get(len(self.response.asked.offered or ()), {}).get(digit)
        if says is None and digit in self.policy.keys:
            return Utterance(text=f"[key {digit}]", canonical=f"[key {digit}]", key=digit)
        says = says or ("a person please" if digit == "0" else None)
        return None if says is None else Utterance(text=says, canonical=says)

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
        return [*tell, *self._false_alarm(now), *self.response.here(event.utterance, now)]

    # --- the caller waits for their words to be heard ---------------------------------------------

    def _away(self, event: Event, now: float) -> list[Action]:
        if not self.response.leaving:
            self._absence.left(now)
        return self.turn.receive(event, now) if self.turn is not None else []

    def _back(self, event: Event, now: float) -> list[Action]:
        self._absence.back(now)
        return self.turn.receive(event, now) if self.turn is not None else []

    def _partial_meanwhile(self, event: Event, now: float) -> list[Action]:
        """Follow what was said before; a caller who speaks on speaks over us."""
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
        said = self.response.handover.cover(self.turn.number, text.covered, now)
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

    # --- our side --------------------------------------------------------------------------

    def _start(self, event: Event, now: float) -> list[Action]:
        self._started = True
        self._idle.touch(now)
        return [] if self.policy.behind else self.response.line(GREETING, now)

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
        """Let what is being said come to its end, and then end the call."""
        self._absence.forget()
        if not self.policy.behind:  # else the caller is still heard by the agent
            self.response.leaving = "the recogniser failed"
        return self._false_alarm(now)

    def _left_alone(self, event: Event, now: float) -> list[Action]:
        """Nobody stands behind: the caller is told so, and the call ends."""
        assert isinstance(event, AgentLost)
        self.response.leaving = event.reason
        return self._false_alarm(now)

    def _taken_over(self, event: Event, now: float) -> list[Action]:
        """Somebody else stands behind, who answers what is owed, unless the caller speaks again."""
        assert isinstance(event, AgentReplaced)
        self.policy = event.policy
        self._idle.touch(now)
        passed = self.response.governed_by(event.policy)
        if self.turn is not None or self.playback.sound is not None:
            return []
        if event.owed and passed is not None:
            self._open(now).again(passed, now)
            return []
        return self.response.line(GREETING, now) if event.fresh else []

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
            actions += end if give_up else self.response.line(STILL_THERE, now)
        return actions

    def _settle(self, now: float) -> list[Action]:
        """Act on a turn that has just been resolved."""
        turn = self.turn
        if turn is None or turn.outcome is None:
            return []
        covered = self.state is CallState.COVERING
        ours = self.state is not CallState.QUIET and not covered
        silent = not turn.utterance.canonical and turn.utterance is not UNHEARD
        if silent or (ours and not self.response.speaks_up(turn.utterance)):
            return [*self._false_alarm(now), *self.response.here(turn.utterance, now)]
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
    TurnEndJudged: Call._of_the_turn,
    VoiceStirred: Call._of_the_turn,
    KeyPressed: Call._key,
    RecogniserAway: Call._away,
    RecogniserBack: Call._back,
    RecogniserLost: Call._lost,
    AgentLost: Call._left_alone,
    AgentReplaced: Call._taken_over,
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

TRANSITIONS: dict[CallState, dict[type[Event], Handler]] = {
    CallState.NEW: {CallStarted: Call._start, HungUp: Call._hang_up},
    CallState.QUIET: {
        **ALWAYS,
        VoiceStarted: Call._voice_started,
        VoiceStopped: Call._voice_stopped,
        PartialHeard: Call._partial,
        FinalHeard: Call._final,
    },
    CallState.COVERING: {
        **OVER_US,
        PartialHeard: Call._partial_meanwhile,
        FinalHeard: Call._final_meanwhile,
    },
    CallState.WAITING: OVER_US,
    CallState.SPEAKING: OVER_US,
    CallState.HELD: {
        **ALWAYS,
        VoiceStarted: Call._voice_again,
        VoiceStopped: Call._voice_gone,
        PartialHeard: Call._partial_over_us,
        FinalHeard: Call._final_over_us,
    },
    CallState.CLOSED: dict.fromkeys(
        [CallStarted, VoiceStarted, VoiceStopped, PartialHeard, FinalHeard, *ALWAYS],
        lambda call, event, now: [],
    ),
}
"""The handler of each event in each state. A missing pair is our own mistake and raises."""
