"""One call, running: events into the core, its actions out, one timer.

Everything here happens on the event loop and returns at once; what takes time (matching, reading
clips, recognising, writing) happens elsewhere and comes back as an event.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence

from gateway.core.actions import Action, CloseTurn
from gateway.core.call import Call
from gateway.core.events import (
    AgentReplaced,
    Aim,
    Bearing,
    CallStarted,
    DeadlinePassed,
    Event,
    FinalHeard,
    HungUp,
    PartialHeard,
    RecogniserAway,
    RecogniserBack,
    RecogniserLost,
    TurnEndJudged,
    Utterance,
)
from gateway.core.states import CallState
from gateway.core.turn.ending import WordSense
from gateway.errors import ProviderFailed
from gateway.ports.speech_in import Heard, Presence, Transcription
from gateway.shell.call.observe import LiveCall
from gateway.shell.call.orders import Complaint, Dialect, Obey, Order
from gateway.shell.call.perform import Performer
from gateway.shell.call.services import Services
from gateway.shell.call.speaker import Speaker
from gateway.shell.call.stories import ended
from gateway.shell.sound.outbox import Outbox, Wire
from gateway.shell.sound.playout import Playout
from intents.text.spoken import canonical
from intents.turns.completeness import complete
from intents.turns.controls import backchannel, interruption, only_interrupts
from intents.turns.finality import finality
from intents.turns.waiting import adds, checks_in, may_check_in

log = logging.getLogger("frontline.call")

PARTIAL_EVERY = 0.02
"""Seconds between two partials that are looked at; what comes faster is replaced by the newest."""

REPLAY = 200
"""Events kept to explain a mistake of ours."""


Watcher = Callable[[Event, Sequence[Action], bool, bool], None]
"""Told of every event once it is dealt with: what was ordered, whether a turn of the caller's is
open, and whether something of ours is on the air."""


def aim_of(text: str, *, final: bool) -> Aim:
    """The aim of the words, if they are said while an answer is waited for. More may come of a
    partial."""
    if checks_in(text) or (not final and may_check_in(text)):
        return Aim.PRESENCE
    return Aim.ADDITION if adds(text) else Aim.TURN


class Runner:
    """A call between its client and the core."""

    def __init__(
        self,
        services: Services,
        live: LiveCall,
        wire: Wire,
        dialect: Dialect,
        transcription: Transcription | None,
        ended: Callable[[str], None],
    ) -> None:
        self.live = live
        self._services = services
        self._transcription = transcription
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self._clock = services.clock
        self._timer: asyncio.TimerHandle | None = None
        self._events: deque[Event] = deque()
        self._log: deque[tuple[float, Event]] = deque(maxlen=REPLAY)
        self._receiving = False
        self._closed = False
        self._hung_up = False
        self._next_partial = 0.0
        self._newest: Heard | None = None  # a partial that came too soon after the one before
        self._flush: asyncio.TimerHandle | None = None
        self._watcher: Watcher | None = None
        self.outbox = Outbox(wire, failed=self.fail, timeout=services.send_timeout)
        self.playout = Playout(self.outbox, services.pacing, self.receive, dialect)
        self._speaker = Speaker(dialect, self.outbox)
        self._performer = Performer(
            services,
            live,
            self._speaker,
            transcription,
            self.playout,
            self.receive,
            self.end,
        )
        lines = self._performer.lines
        self._core = Call(
            services.policy,
            lines,
            recogniser=transcription is not None,
            says=lines.text,
            expects=self._performer.replies.expects,
            sense=WordSense(habit=finality, whole=complete),
        )

    def watched_by(self, watcher: Watcher) -> None:
        """Have somebody follow the call."""
        self._watcher = watcher

    def accounted_by(self, recorded: Callable[[CloseTurn, str], None]) -> None:
        """Have somebody told of the turns, with the caller's words as their records have them."""
        self._performer.recorded = recorded

    # --- events ----------------------------------------------------------------------------

    def start(self) -> None:
        """The caller is there."""
        self._performer.prepare()
        self.receive(CallStarted())

    def receive(self, event: Event) -> None:
        """Take an event, perform what follows, re-arm the timer. Safe to call from within."""
        if self._closed:
            return
        self._events.append(event)
        if self._receiving:
            return
        self._receiving = True
        try:
            while self._events and not self._closed:
                self._step(self._events.popleft())
        finally:
            self._receiving = False
        if self._hung_up:
            self._close()
        else:
            self._arm()

    def _step(self, event: Event) -> None:
        now = self._clock()
        self._log.append((now, event))
        self._speaker.before(event)
        self._performer.unfinished.follow(event)
        try:
            actions = self._core.receive(event, now)
            for felt in self._performer.felt.take(event, actions, now):
                self._services.observer.felt(felt)
            self._perform(actions, now)
            self._speaker.after()
            if self._watcher is not None:
                self._watcher(event, actions, *self._core.floor)
        except Exception as mistake:  # noqa: BLE001 - one turn must not take the call with it
            self._recover(mistake)

    def _perform(self, actions: list[Action], now: float) -> None:
        self.live.state = self._core.state.name.lower()
        for action in actions:
            self._performer.perform(action, now)

    def _recover(self, mistake: Exception) -> None:
        """Our mistake: this turn is lost, the call goes on. What was said is not logged."""
        kinds = [(round(at, 3), type(event).__name__) for at, event in self._log]
        log.error("call %s went wrong after %s", self.live.id, kinds, exc_info=mistake)
        if self._core.state is CallState.CLOSED:  # it was about to end: it still does
            self.end("failed while ending")
            return
        now = self._clock()
        self._perform(self._core.recover(now), now)

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._closed and (at := self._core.deadline) is not None:
            self._timer = self._loop.call_later(max(0.0, at - self._clock()), self._wake)

    def _wake(self) -> None:
        self._timer = None
        self.receive(DeadlinePassed())

    # --- what is heard -----------------------------------------------------------------------

    def utterance(self, text: str, confidence: float = 1.0, *, final: bool = True) -> Utterance:
        """The text with what the language side says of it."""
        manner, asks = Bearing.NORMAL, True
        if interruption(text, self._services.interruptions):
            manner = Bearing.INTERRUPTION
            asks = not only_interrupts(text, self._services.interruptions)
        elif backchannel(text, self._services.backchannels):
            manner, asks = Bearing.BACKCHANNEL, False
        return Utterance(
            text=text,
            canonical=canonical(text),
            completeness=complete(text),
            manner=manner,
            asks=asks,
            aim=aim_of(text, final=final),
            confidence=confidence,
        )

    def partial(self, text: str, *, eager: bool = False) -> None:
        """A partial from the client or the recogniser; a flood is thinned to the newest."""
        now = self._clock()
        self._newest = Heard(text, final=False, eager=eager)
        if now >= self._next_partial:
            self._take_partial()
        elif self._flush is None and not self._closed:
            self._flush = self._loop.call_later(self._next_partial - now, self._take_partial)

    def _take_partial(self) -> None:
        self._drop_flush()
        heard, self._newest = self._newest, None
        if heard is not None and not self._closed:
            self._next_partial = self._clock() + PARTIAL_EVERY
            self.receive(
                PartialHeard(utterance=self.utterance(heard.text, final=False), eager=heard.eager)
            )

    def final(self, text: str, confidence: float = 1.0, *, ended_ago: float | None = None) -> None:
        """The last word on the utterance. ``ended_ago``: seconds since its last sound, if that is
        known."""
        self._drop_flush()
        self._newest = None
        at = None if ended_ago is None else self._clock() - ended_ago
        self.receive(FinalHeard(utterance=self.utterance(text, confidence), ended_at=at))

    def _drop_flush(self) -> None:
        if self._flush is not None:
            self._flush.cancel()
            self._flush = None

    async def listen(self) -> None:
        """Pass on what the recogniser hears until it is closed, or lost for good."""
        if self._transcription is None:
            return
        try:
            async for heard in self._transcription:
                self._hear(heard)
        except ProviderFailed as error:
            self.complain("stt_failed", str(error))
            self.receive(RecogniserLost())

    def _hear(self, heard: Heard | Presence) -> None:
        if isinstance(heard, Presence):
            self.receive(RecogniserBack() if heard.there else RecogniserAway())
        elif heard.final:
            self.final(heard.text, heard.confidence)
        else:
            self.partial(heard.text, eager=heard.eager)
            if heard.over is not None:
                self.receive(TurnEndJudged(probability=heard.over))

    def replace_agent(self, event: AgentReplaced) -> None:
        """Have our own agent take the place of the one behind."""
        self._performer.agent_is_ours = True
        self.receive(event)

    # --- the end -----------------------------------------------------------------------------

    def say(self, order: Order) -> None:
        """Tell the client something of the door's own."""
        self._speaker.say(order)

    def obeyed_by(self, obey: Obey) -> None:
        """Have orders that change the call itself carried out by that."""
        self._speaker.obey = obey

    def complain(self, code: str, message: str) -> None:
        """Tell the client what is wrong."""
        self._speaker.say(Complaint(code=code, message=message))

    def fail(self, reason: str) -> None:
        """The client cannot be reached any more."""
        log.info("call %s: %s", self.live.id, reason)
        self.hang_up()
        self._ended(reason)

    def end(self, reason: str) -> None:
        """We end the call, once what is queued has been sent."""
        self.hang_up()
        self._ended(reason)

    def hang_up(self) -> None:
        """The call is over, whoever ended it. Harmless if it already is."""
        if self._closed or self._hung_up:
            return
        self._hung_up = True
        self.receive(HungUp())  # from within an action: taken up when the event is done

    def _close(self) -> None:
        self._closed = True
        self._arm()
        self._drop_flush()
        self.playout.close()
        self.outbox.finish()
        self._performer.close()
        self._log.clear()  # most of what a call holds: the rest waits for the garbage collector
        self.live.state = "ended"
        self._services.observer.call_ended(time.time() - self.live.since)
        live = self.live
        ended(self._services.hooks, live.id, live.tenant, live.transport, live.since, live.turns)
