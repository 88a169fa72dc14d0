"""A call's dealings with its agent: one reply at a time, and perhaps one that is begun early."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from gateway.core.actions import AskAgent, PrepareAgent, ToAgent
from gateway.core.events import AgentEvent, AgentFailed
from gateway.ports.agents import AgentRequest, SpeakingAgent, Speculative
from gateway.ports.sound import AudioFormat
from gateway.shell.call.observe import LiveCall
from gateway.shell.call.services import Services
from gateway.shell.reply.preconnect import ready
from gateway.shell.reply.reply import AgentReply
from gateway.shell.reply.voice_style import VoiceStyle
from gateway.shell.sound.sources import Stream


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
        agent: object = services.agent
        self._speaking = agent if isinstance(agent, SpeakingAgent) else None
        self._readied = 0  # turn for which the voice was told to connect
        self._asking: AgentReply | None = None
        self._task: asyncio.Task[None] | None = None

    def ask(self, action: AskAgent) -> None:
        """Have the turn answered; what was prepared for just that is taken up."""
        services = self._services
        self._drop()
        if services.agent is None or services.voice is None:
            self._emit(AgentFailed(turn=action.turn, reason="no agent is connected"))
            return
        self._asking = AgentReply(
            *(self._request(action), services.agent, services.voice, services.records),
            *(self._form, services.message_ms, self._replied, self._manner()),
        )
        task = self._asking.run()
        self._task = services.background.spawn(task, name=f"agent {self._live.id[:8]}")

    def stream(self, turn: int) -> Stream | None:
        """The sound of the reply to that turn, if it was not dropped."""
        asking = self._asking
        return asking.stream if asking is not None and asking.turn == turn else None

    def prepare(self, action: PrepareAgent) -> None:
        """Have the agent begin, if it can and may. The words are there then as soon as they are
        wanted, so the voice connects now too, once a turn; a connection that is not needed is the
        next turn's."""
        agent, services = self._speculative, self._services
        if agent is None or services.voice is None or not agent.speculate(self._request(action)):
            return
        if self._readied != action.turn:
            self._readied = action.turn
            readied = ready(services.voice, self._form, self._manner())
            services.background.spawn(readied, name="prepare a voice")

    def forget(self) -> None:
        """Drop the reply that was prepared: it is not wanted."""
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
            sound=self._form,
        )


def speculative(agent: object) -> Speculative | None:
    """The agent, if it can begin an answer early."""
    return agent if isinstance(agent, Speculative) else None
