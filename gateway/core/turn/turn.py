"""One turn of the caller: from the first word to the decision.

Theory of operation. Text arrives in partials; each one that says something new is matched at
once, so that the decision is usually there when the turn ends. A turn ends in one of two ways:

* The client (or its recogniser) says so with a final text. If the decision on that very text is
  already there the turn is resolved in the same instant.
* The voice detector reports silence. The recogniser is then asked for its final text while the
  silence is still running, so that neither wait adds to the other. How much silence it takes
  depends on what was heard (``ending``): little when the text is finished and surely matched, much
  in the middle of a sentence.

What stirs in the silence may be the caller again, of which the detector is sure only later: for as
long as it does, within bounds (``STIRS``), the silence does not end the turn.

A detector cannot tell the caller's voice from others in a room. So voice that brings no words ends
a turn too, after somewhat more time than silence would, and no sooner than after twice the time in
which this recogniser has brought words before (``_wordless_at``).

The caller may speak on at any point before the turn is resolved: it then goes back to HEARING
with what was said so far kept as its beginning.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import Enum, auto

from gateway.core.actions import Action, FinishUtterance, JudgeTurnEnd, Prefetch
from gateway.core.events import (
    Aim,
    Bearing,
    DeadlinePassed,
    Decided,
    Event,
    FinalHeard,
    PartialHeard,
    RecogniserAway,
    RecogniserBack,
    TurnEndJudged,
    Utterance,
    Verdict,
    VerdictKind,
    VoiceStarted,
    VoiceStirred,
    VoiceStopped,
)
from gateway.core.ledger import Ledger, Owner
from gateway.core.policy import Policy
from gateway.core.turn.ending import (
    CERTAIN,
    FINISHED,
    NO_SENSE,
    UNFINISHED,
    Evidence,
    WordSense,
    silence_for,
    silence_needed,
)
from gateway.core.turn.late_text import LateText
from gateway.core.turn.questions import QuestionContext, Questions

SLOWER = 2.0
"""New words are given up after so many times the longest that they have taken in this turn."""

LIKELY = 0.9
"""The probability of a turn's end at which an answer is begun, where more is known of it than how
whole the words are."""

STIRS = 0.25
"""The most by which a turn is put off since something stirs in its silence. Of a voice the detector
is mostly sure by then; in a loud room something always stirs."""

NOTHING = Utterance(text="", canonical="")
UNHEARD = Utterance(text="", canonical="", confidence=0.0)
"""Somebody spoke, and the recogniser never said what."""


class TurnState(Enum):
    """The states of a turn."""

    HEARING = auto()
    """The caller speaks. -> ENDING (silence), DECIDING, HOLDING, OVER (final text)"""
    ENDING = auto()
    """Silence, not yet long enough. -> HEARING (voice), FINISHING, DECIDING, OVER (deadline)"""
    FINISHING = auto()
    """Long enough; the final text is missing. -> HEARING, DECIDING, OVER"""
    DECIDING = auto()
    """The text is final; the decision is missing. -> HEARING, HOLDING, OVER"""
    HOLDING = auto()
    """Final, but broken off in the middle of a sentence and no answer to it: perhaps the caller
    goes on. -> HEARING, DECIDING (another final), OVER (deadline)"""
    OVER = auto()
    """Resolved. Nothing happens any more."""


class Turn:
    """One turn. ``outcome`` is set when it is resolved."""

    def __init__(
        self,
        number: int,
        policy: Policy,
        *,
        asked: QuestionContext,
        recogniser: bool,
        now: float,
        away: bool = False,
        sense: WordSense = NO_SENSE,
    ) -> None:
        """``sense``: what callers do who have said what the turn says, and how finished what was
        said in several parts is."""
        self.number = number
        self.state = TurnState.HEARING
        self.deadline: float | None = now + policy.partial_stall
        self.outcome: Verdict | None = None
        self.decided_on = "final"
        self.utterance = NOTHING
        self.ledger = Ledger()
        self.voice = False
        self.asked = asked
        self.eager = False
        """The recogniser believes that the turn is over."""
        self.text = LateText(policy, away=away)
        self._unchanged_since = now  # nothing has spoken for more to come
        self._worded_at = now  # the newest words came, or could have begun to
        self._slowest = 0.0  # seconds that new words have taken to come
        self._final_at = -1.0
        self._policy = policy
        self._habit, self._whole = sense.habit, sense.whole
        self._recogniser = recogniser  # ours, to be asked for finals; else the client's
        self._began = now
        self._said = NOTHING  # finals of this turn so far, before the running utterance
        self._silent_since: float | None = None
        self._stirs = False  # something does, in that silence
        self._ended_at: float | None = None  # the speech, as a client tells it
        self._ear: float | None = None  # by the sound of it, that the turn ended with this silence
        self._told: float | None = None  # the same by the recogniser, which knows the words too
        self._final_in = False
        self.questions = Questions(number, asked)

    def __repr__(self) -> str:
        return f"<Turn {self.number} {self.state.name} {self.utterance.text!r}>"

    def again(self, other: Turn, now: float) -> None:
        """Be that one once more: the same words, decided in the same way."""
        self.utterance, self.outcome = other.utterance, other.outcome
        self.decided_on = other.decided_on
        self.ledger.begin(Owner.MATCH, now)

    def receive(self, event: Event, now: float) -> list[Action]:
        """Take one event; the orders that follow. A turn that is over takes anything."""
        handler = TRANSITIONS[self.state].get(type(event))
        if isinstance(event, DeadlinePassed) and self.deadline is not None:
            self.ledger.woken(self.deadline, now)
        return handler(self, event, now) if handler else []

    # --- hearing ---------------------------------------------------------------------------

    def _voice_started(self, event: Event, now: float) -> list[Action]:
        self.voice, self._silent_since, self._ear, self._told = True, None, None, None
        self._goes_on(now)
        self._hear(now)
        return []

    def _goes_on(self, now: float) -> None:
        """There may be more to come after all."""
        self.eager, self._unchanged_since = False, now

    def _hear(self, now: float) -> None:
        """(Back) to hearing: what was final is the beginning of what is being said."""
        if self._final_in:
            self._said, self._final_in = self.utterance, False
        self.text.settle()
        self.state = TurnState.HEARING
        self._worded_at = now
        self._await_words(now)

    def _await_words(self, now: float) -> list[Action]:
        """A turn ends some time, whatever is heard; no actions."""
        self.deadline = self._began + self._policy.max_turn
        if not self.voice:  # no detector: a client that falls silent without a final
            self.deadline = min(self.deadline, now + self._policy.partial_stall)
        elif (wordless := self._wordless_at) is not None:
            self.deadline = min(self.deadline, max(wordless, now))
        return []

    @property
    def _wordless_at(self) -> float | None:
        """Return when voice has brought no words for too long; None where it may not have."""
        if not (self._recogniser and self._known) or self.text.away:
            return None
        patience = max(self._silence_needed() + self._policy.wordless, SLOWER * self._slowest)
        return self._worded_at + patience

    def _voice_stopped(self, event: Event, now: float) -> list[Action]:
        assert isinstance(event, VoiceStopped)
        self.voice, self._silent_since, self._stirs = False, event.at, False
        self.ledger.begin(Owner.ENDPOINTING, event.at)
        self.state = TurnState.ENDING
        return [*self._judge(), *self._finish(), *self._await_silence(now)]

    def _judge(self) -> list[Action]:
        """Have the end of the sound listened to, where that can make a difference."""
        listens = self._policy.ear and self._recogniser and not self._evidence.certain
        if not listens or self._silent_since is None:
            return []
        since = self._silent_since
        return [JudgeTurnEnd(turn=self.number, began=self._began, silent_since=since)]

    def _finish(self) -> list[Action]:
        return [FinishUtterance(turn=self.number)] if self._recogniser else []

    def _partial(self, event: Event, now: float) -> list[Action]:
        assert isinstance(event, PartialHeard)
        if self.state is TurnState.HOLDING or (self.state is TurnState.HEARING and not self.voice):
            self._hear(now)
        if self._final_in:  # a partial of the next utterance; the voice detector will follow
            self._goes_on(now)
            return []
        self._take(event.utterance, now)
        if self.eager and not event.eager:
            self._goes_on(now)
        self.eager = event.eager
        if self.voice:
            if self.state is TurnState.FINISHING:  # it was taken for noise, and brings words
                self._hear(now)
            self._await_words(now)
        ahead = event.eager and self._policy.speculate
        actions = self.questions.ask(self.utterance, final=ahead, ahead=ahead)
        return actions + (self._await_silence(now) if self.state is TurnState.ENDING else [])

    def _take(self, heard: Utterance, now: float) -> None:
        """The running utterance says this now. An empty one takes nothing back."""
        if self._said.canonical and not heard.canonical:
            heard = self._said
        elif self._said.canonical:
            text = f"{self._said.text} {heard.text}"
            heard = replace(
                heard,
                text=text,
                completeness=max(heard.completeness, self._whole(text)),
                canonical=f"{self._said.canonical} {heard.canonical}",
                manner=Bearing.NORMAL,
                aim=self._said.aim if self._said.aim is Aim.ADDITION else Aim.TURN,
                asks=True,
            )
        if heard.canonical != self.utterance.canonical:
            self._goes_on(now)
            self._slowest = max(self._slowest, now - self._worded_at)
            self._worded_at = now
        self.utterance = heard

    def _final(self, event: Event, now: float) -> list[Action]:
        assert isinstance(event, FinalHeard)
        self._take(event.utterance, now)
        self._final_in, self._final_at = True, now
        self.text.settle()
        actions = self.questions.ask(self.utterance, final=True)
        if (
            self.state is TurnState.HEARING and self.voice
        ):  # the recogniser cut, the caller speaks on
            self._hear(now)
            return actions
        if self.state is TurnState.ENDING:
            return actions + self._await_silence(now)
        if self.state is TurnState.HEARING:  # no voice detector: the final text is the end
            self._ended_at = event.ended_at
            if event.ended_at is not None:
                self.ledger.begin(Owner.ENDPOINTING, event.ended_at)
                self.ledger.switch(Owner.MATCH, now)
            else:
                self.ledger.begin(Owner.MATCH, now)
        return actions + self._decide(now)

    # --- the end of the turn ---------------------------------------------------------------

    def _await_silence(self, now: float) -> list[Action]:
        """Arm the deadline at which the silence is long enough, or go on if it is already."""
        assert self._silent_since is not None
        put_off = STIRS if self._stirs else 0.0
        self.deadline = self._silent_since + self._silence_needed() + put_off
        return self._silence_over(now) if self.deadline <= now else []

    def _stirred(self, event: Event, now: float) -> list[Action]:
        """Perhaps the caller goes on: until that is known the turn does not end."""
        assert isinstance(event, VoiceStirred)
        self._stirs = event.goes_on
        return self._await_silence(now)

    def _silence_needed(self) -> float:
        return silence_needed(self._evidence, self._policy)

    @property
    def _evidence(self) -> Evidence:
        known = self.questions.known(self.utterance.canonical)
        return Evidence(
            completeness=self.utterance.completeness,
            finality=self._habit(self.utterance.text),
            certain=known is not None and self._certain(known),
            eager=self.eager,
            ear=self._ear if self._told is None else self._told,
        )

    def _judged(self, event: Event, now: float) -> list[Action]:
        """Somebody has listened to the end of the caller's last sound; what comes too late for the
        silence that follows it says nothing of another."""
        assert isinstance(event, TurnEndJudged)
        if self._silent_since is None:
            return []
        if event.silent_since is None:
            self._told = event.probability
        elif event.silent_since == self._silent_since:
            self._ear = event.probability
        else:
            return []
        return self._await_silence(now) if self.state is TurnState.ENDING else []

    def _certain(self, verdict: Verdict) -> bool:
        """Return whether the answer is known, and the text leaves nothing to be said: a statement
        ("we moved house") often has its request still to come, and so has the beginning of a longer
        question."""
        if verdict.kind not in (VerdictKind.ANSWER, VerdictKind.ROUTE) or verdict.open_ended:
            return False
        return self.utterance.completeness >= CERTAIN or verdict.verbatim

    def _silence_over(self, now: float) -> list[Action]:
        if self._final_in:
            return self._decide(now)
        self.ledger.switch(Owner.STT, now)
        self.state, self.deadline = TurnState.FINISHING, self.text.expect(now)
        return []

    def _finishing_deadline(self, event: Event, now: float) -> list[Action]:
        """No final text in time: what was heard last will do. With nothing heard at all the
        recogniser gets more time, and then the caller is asked to say it again. Neither wait is a
        silent one."""
        self.deadline = self.text.wake(now, known=self._known)
        if self.deadline is not None:
            return []
        self.text.settle()
        if not self._known:
            self.utterance = UNHEARD
            return self._resolve(Verdict(kind=VerdictKind.MISS, reason="no text came"), now)
        return [*self.questions.ask(self.utterance, final=True), *self._decide(now)]

    def _presence(self, event: Event, now: float) -> list[Action]:
        away = isinstance(event, RecogniserAway)
        due = self.text.left(now) if away else self.text.back(now, known=self._known)
        self.deadline = due or self.deadline
        if self.state is TurnState.HEARING and self.voice:  # what was said meanwhile comes late
            self._worded_at = now
            self._await_words(now)
        return []

    @property
    def _known(self) -> bool:
        return bool(self.utterance.canonical)

    def _stalled(self, event: Event, now: float) -> list[Action]:
        """The turn is too long, or the client stopped sending: end it with what there is. Where
        voice brings no words, that is the silence."""
        wordless = self._wordless_at if now < self._began + self._policy.max_turn else None
        if self.voice and wordless is not None:
            return self._wordless(now) if wordless <= now else self._await_words(now)
        self.ledger.begin(Owner.MATCH, now)
        self._final_in = True
        asked = self.questions.ask(self.utterance, final=True)
        return [*self._finish(), *asked, *self._decide(now)]

    def _wordless(self, now: float) -> list[Action]:
        self._silent_since = self._worded_at
        self.ledger.begin(Owner.ENDPOINTING, self._worded_at)
        self.state = TurnState.ENDING
        return [*self._finish(), *self._await_silence(now)]

    @property
    def silent_since(self) -> float | None:
        """Return when the caller's last sound ended; None if that is not known."""
        return self._ended_at if self._silent_since is None else self._silent_since

    # --- before it is over -----------------------------------------------------------------

    @property
    def last_words_at(self) -> float | None:
        """Return when the present words are taken for the last, if nothing speaks for more to come
        until then; None if they do not sound like it."""
        done = self.utterance.completeness
        if not self.utterance.canonical or done < UNFINISHED:
            return None
        final = self._final_in and self._unchanged_since <= self._final_at
        if self.eager or (final and done >= FINISHED):
            return self._unchanged_since
        known = self.questions.known(self.utterance.canonical)
        if self.voice or done < FINISHED or (known is not None and known.open_ended):
            return None  # who is still heard says more than is recognised yet
        unchanged = self._unchanged_since + self._policy.unchanged
        heard = (self._ear, self._told, self._habit(self.utterance.text))
        if self._silent_since is None or all(one is None for one in heard):
            return unchanged
        likely = self._silent_since + silence_for(self._evidence, LIKELY, self._policy)
        return max(self._unchanged_since, min(unchanged, likely))

    @property
    def verdict(self) -> Verdict | None:
        """Return what the turn would be answered with if it ended now, if that is known."""
        return self.questions.settled(self.utterance.canonical, final=True)

    def ask_ahead(self) -> list[Action]:
        """Have the present text matched as if it were final."""
        return self.questions.ask(self.utterance, final=True, ahead=True)

    # --- deciding --------------------------------------------------------------------------

    def _decided(self, event: Event, now: float) -> list[Action]:
        assert isinstance(event, Decided)
        asked = self.questions.answered(event)
        if asked is None or asked.said != self.utterance.canonical:
            return []
        actions: list[Action] = []
        if event.verdict.clips and (asked.ahead or not asked.final):
            actions.append(Prefetch(turn=self.number, clips=event.verdict.clips))
        if self.state is TurnState.ENDING:
            return actions + self._await_silence(now)
        if self.state is TurnState.DECIDING:
            return actions + self._decide(now)
        return actions

    def _decide(self, now: float) -> list[Action]:
        """The turn is over as far as the caller goes: resolve it, or wait for the decision."""
        said = self.utterance.canonical
        if not said:
            return self._resolve(Verdict(kind=VerdictKind.MISS, reason="nothing was said"), now)
        verdict = self.verdict
        if verdict is None:
            if self.state is not TurnState.DECIDING:
                self.ledger.switch(Owner.MATCH, now)
                self.state, self.deadline = TurnState.DECIDING, now + self._policy.match_budget
            return []
        self.decided_on = self.questions.decided_on(said)
        if self._may_go_on(verdict):
            self.ledger.switch(Owner.ENDPOINTING, now)
            self.state = TurnState.HOLDING
            self.deadline = now + self._policy.silence_incomplete
            return []
        return self._resolve(verdict, now)

    def _may_go_on(self, verdict: Verdict) -> bool:
        """A final text that breaks off, from a client without a voice detector."""
        heard = self._silent_since is None and self.state is not TurnState.HOLDING
        unsure = verdict.kind in (VerdictKind.MISS, VerdictKind.CLARIFY)
        broken_off = self.utterance.completeness < UNFINISHED and self.asked.offered is None
        return heard and unsure and broken_off

    def _late(self, event: Event, now: float) -> list[Action]:
        """Matching over budget: the turn goes on without the cache."""
        reason = f"no decision within {self._policy.match_budget * 1000:.0f} ms"
        return self._resolve(Verdict(kind=VerdictKind.MISS, reason=reason), now)

    def _held(self, event: Event, now: float) -> list[Action]:
        """The caller did not go on: the decision on the broken-off text stands."""
        return self._decide(now)

    def _resolve(self, verdict: Verdict, now: float) -> list[Action]:
        self.text.settle()
        self.ledger.switch(Owner.GATEWAY, now)
        self.state, self.deadline, self.outcome = TurnState.OVER, None, verdict
        return []


Handler = Callable[[Turn, Event, float], list[Action]]

ALWAYS: dict[type[Event], Handler] = {
    Decided: Turn._decided,
    TurnEndJudged: Turn._judged,
    RecogniserAway: Turn._presence,
    RecogniserBack: Turn._presence,
}

TRANSITIONS: dict[TurnState, dict[type[Event], Handler]] = {
    TurnState.HEARING: {
        **ALWAYS,
        VoiceStarted: Turn._voice_started,
        VoiceStopped: Turn._voice_stopped,
        PartialHeard: Turn._partial,
        FinalHeard: Turn._final,
        DeadlinePassed: Turn._stalled,
    },
    TurnState.ENDING: {
        **ALWAYS,
        VoiceStarted: Turn._voice_started,
        VoiceStirred: Turn._stirred,
        PartialHeard: Turn._partial,
        FinalHeard: Turn._final,
        DeadlinePassed: lambda turn, event, now: turn._silence_over(now),
    },
    TurnState.FINISHING: {
        **ALWAYS,
        VoiceStarted: Turn._voice_started,
        PartialHeard: Turn._partial,
        FinalHeard: Turn._final,
        DeadlinePassed: Turn._finishing_deadline,
    },
    TurnState.DECIDING: {
        **ALWAYS,
        VoiceStarted: Turn._voice_started,
        DeadlinePassed: Turn._late,
    },
    TurnState.HOLDING: {
        **ALWAYS,
        VoiceStarted: Turn._voice_started,
        PartialHeard: Turn._partial,
        FinalHeard: Turn._final,
        DeadlinePassed: Turn._held,
    },
    TurnState.OVER: {},
}
"""The handler of each event in each state. An event a state does not name is late: dropped."""
