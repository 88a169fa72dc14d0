"""A call's dealings with its agent: one reply at a time, and perhaps one that is begun early."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from gateway.core.actions import AskAgent, PrepareAgent, ToAgent
from gateway.core.events import AgentAudio, AgentEvent, AgentFailed, AgentText, AgentTool
from gateway.ports.agents import AgentRequest, SpeakingAgent, Speculative
from gateway.ports.sound import AudioFormat
from gateway.ports.tools import CallFacts
from gateway.shell.call.observe import LiveCall
from gateway.shell.call.services import Services
from gateway.shell.catalogue.verdicts import VerdictEvidence
from gateway.shell.live.answers import LiveReply
from gateway.shell.reply.early_voice import EarlyVoice
from gateway.shell.reply.first_sounds import FirstSounds
from gateway.shell.reply.nearness import nearest
from gateway.shell.reply.preconnect import ready
from gateway.shell.reply.reply import AgentReply
from gateway.shell.reply.voice_style import VoiceStyle
from gateway.shell.sound.sources import Stream

SOONEST = 0.5
"""Seconds in which hardly any model that has not begun yet, with its voice, is heard: no filler
waits for one of which nothing is known."""


class Timing:
    """The times of one call's replies, for ``FirstSounds``. An agent that began early is no measure
    of how long agents take."""

    def __init__(self, known: FirstSounds) -> None:
        self._known = known
        self._prepared: tuple[ToAgent, float] | None = None
        self._who = ""
        self._since: float | None = None  # the next that comes is counted from then
        self._worded = self._voiced = False

    def prepare(self, action: ToAgent, now: float) -> None:
        """The agent has begun; once more if it is asked the same again."""
        if self._prepared is None or self._prepared[0] != action:
            self._prepared = action, now

    def forget(self) -> None:
        """Count nothing that was prepared."""
        self._prepared = None

    def ask(self, action: AskAgent, now: float, *, voiced: bool = False) -> None:
        """The answer is wanted. ``voiced``: its voice has begun already, which is no measure of how
        long voices take."""
        self._who, self._worded, self._voiced = action.route, False, voiced
        self._since = now if self._begun(action) is None else None
        self._prepared = None

    def take(self, event: AgentEvent, now: float) -> None:
        """Something comes of it."""
        if isinstance(event, AgentTool):
            self._since, self._worded = None, True  # tools take their own time
        elif isinstance(event, AgentText) and not self._worded:
            if self._since is not None:
                self._known.worded(self._who, now - self._since)
            self._since, self._worded = None if self._voiced else now, True
        elif isinstance(event, AgentAudio) and self._worded and self._since is not None:
            self._known.sounded(self._who, now - self._since)
            self._since = None

    def expects(self, action: AskAgent, now: float) -> float | None:
        """See ``Replies``."""
        begun = self._begun(action)
        early = 0.0 if begun is None else now - begun
        return self._known.expected(action.route, early, voiced=begun is not None)

    def begun(self, action: AskAgent) -> bool:
        """Return whether the agent has begun on it early."""
        return self._begun(action) is not None

    def _begun(self, action: AskAgent) -> float | None:
        prepared = self._prepared
        return prepared[1] if prepared is not None and prepared[0].turn == action.turn else None


class Replies:
    """The agent's replies in one call. Nothing here waits."""

    def __init__(
        self,
        services: Services,
        live: LiveCall,
        form: AudioFormat,
        emit: Callable[[AgentEvent], None],
    ) -> None:
        """``form``: of the sound; ``emit`` is told what the agent does."""
        self._services = services
        self._live = live
        self._form = form
        self._emit = emit
        self._speculative = speculative(services.agent)
        self._timing = Timing(services.first_sounds)
        agent: object = services.agent
        self._speaking = agent if isinstance(agent, SpeakingAgent) else None
        self._readied = 0  # turn for which the voice was told to connect
        self._early: tuple[int, EarlyVoice] | None = None  # and the turn it is for
        self._asking: AgentReply | None = None
        self._task: asyncio.Task[None] | None = None

    def ask(self, action: AskAgent) -> None:
        """Have the turn answered; what was prepared for just that is taken up."""
        services = self._services
        self._drop()
        if action.live:
            self._look_up(action)
            return
        if services.agent is None or services.voice is None:
            self._emit(AgentFailed(turn=action.turn, reason="no agent is connected"))
            return
        early = self._take_early(action.turn)
        self._timing.ask(action, services.clock(), voiced=early is not None)
        self._asking = AgentReply(
            *(self._request(action), services.agent, services.voice, services.records),
            *(self._form, services.message_ms, self._replied, self._manner()),
            early=early,
        )
        task = self._asking.run()
        self._task = services.background.spawn(task, name=f"agent {self._live.id[:8]}")

    def _look_up(self, action: AskAgent) -> None:
        """Have an answer with live values said. It is no measure of how long agents take."""
        services = self._services
        self.forget()
        source = self._live_source(action)
        if source is None or services.live is None:
            self._emit(AgentFailed(turn=action.turn, reason="live values cannot be looked up"))
            return
        self._asking = AgentReply(
            *(self._request(action), source, services.live.voice, services.records),
            *(self._form, services.message_ms, self._replied),
        )
        task = self._asking.run()
        self._task = services.background.spawn(task, name=f"live {self._live.id[:8]}")

    def _live_source(self, action: AskAgent) -> LiveReply | None:
        live, evidence = self._services.live, action.evidence
        if live is None or not isinstance(evidence, VerdictEvidence):
            return None
        entry = evidence.serving.entries.get(action.live)
        return live.reply_to(evidence.serving, entry, facts_of(self._live)) if entry else None

    def expects(self, action: AskAgent) -> float | None:
        """Seconds until the first sound of the answer, if it were asked for now; None if nobody
        can tell."""
        expected = self._timing.expects(action, self._services.clock())
        fresh = self._speculative is not None and not self._timing.begun(action)
        return SOONEST if expected is None and fresh else expected

    def stream(self, turn: int) -> Stream | None:
        """The sound of the reply to that turn, if it was not dropped."""
        asking = self._asking
        return asking.stream if asking is not None and asking.turn == turn else None

    def prepare(self, action: PrepareAgent) -> None:
        """Have the agent begin, if it can and may, and the voice with its first phrase. The voice
        connects at once, once a turn; a connection that is not needed is the next turn's."""
        agent, services = self._speculative, self._services
        if agent is None or services.voice is None or not agent.speculate(self._request(action)):
            return
        self._timing.prepare(action, services.clock())
        self._speak_early(agent, action.turn)
        if self._readied != action.turn:
            self._readied = action.turn
            readied = ready(services.voice, self._form, self._manner())
            services.background.spawn(readied, name="prepare a voice")

    def _speak_early(self, agent: Speculative, turn: int) -> None:
        services, live, manner = self._services, self._live, self._manner()
        assert services.voice is not None, "whoever prepares has one"
        self._drop_early()
        repeats, form = manner.repeats, self._form

        def known(phrase: str) -> bool:
            if repeats is None:
                return False
            key = repeats.key(live.tenant, phrase, manner.voice, manner.locale, form)
            return repeats.find(key) is not None

        words = partial(agent.ahead, live.id)
        early = EarlyVoice(words, services.voice, form, manner, services.background, known)
        self._early = turn, early

    def _take_early(self, turn: int) -> EarlyVoice | None:
        """The voice that has begun on the turn's answer, if it has."""
        begun, self._early = self._early, None
        if begun is None:
            return None
        if begun[0] == turn and begun[1].phrase:
            return begun[1]
        begun[1].drop()
        return None

    def _drop_early(self) -> None:
        begun, self._early = self._early, None
        if begun is not None:
            begun[1].drop()

    def forget(self) -> None:
        """Drop the reply that was prepared: it is not wanted."""
        self._timing.forget()
        self._drop_early()
        if self._speculative is not None:
            self._speculative.forget(self._live.id)

    def cancel(self) -> None:
        """Stop the agent; what it still says is not heard. The task is awaited when serving ends,
        if it has not ended by then. Forgets too what a reply was to take up that had not begun."""
        self._drop()
        self.forget()

    def _drop(self) -> None:
        if self._task is not None:
            self._task.cancel()
        if self._asking is not None:
            self._asking.close()
            if self._speaking is not None:
                heard = self._asking.stream.heard_for
                self._speaking.heard(self._live.id, self._asking.turn, heard)
        self._asking = self._task = None

    def _replied(self, event: AgentEvent) -> None:
        if self._asking is not None and self._asking.turn == event.turn:
            self._timing.take(event, self._services.clock())
            self._emit(event)

    def _manner(self) -> VoiceStyle:
        """Return how the reply is spoken: as the call was, if it may be."""
        serving = self._services.tenants.get(self._live.tenant)
        languages = serving.languages if serving is not None else frozenset()
        return self._services.manners.of(self._live.locale, languages)

    def _request(self, action: ToAgent) -> AgentRequest:
        return AgentRequest(
            call_id=self._live.id,
            tenant=self._live.tenant,
            turn=action.turn,
            text=action.text,
            history=action.history,
            route=action.route,
            intent=action.intent,
            prompt=action.prompt,
            tool=action.tool,
            near=nearest(action.evidence, action.text) if self._services.ground else (),
            sound=self._form,
        )


def facts_of(live: LiveCall) -> CallFacts:
    """The facts that tools may know of the call."""
    return CallFacts(call_id=live.id, tenant=live.tenant, caller=live.caller)


def speculative(agent: object) -> Speculative | None:
    """The agent, if it can begin an answer early."""
    return agent if isinstance(agent, Speculative) else None
