"""Calls from Twilio's emulator before an agent with a voice of its own, in virtual time."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Any

from gateway.agents.realtime import RealtimeAgent
from gateway.agents.speaking import SpeechAgent, SpeechAgentParts
from gateway.agents.toolbox import Toolbox
from gateway.core.policy import Policy
from gateway.ports.agents import AgentPiece, AgentRequest
from gateway.ports.live_speech import SpokenPiece
from gateway.ports.sound import AudioFormat
from gateway.ports.speech_in import Heard
from gateway.ports.store import Catalogue
from gateway.transports.twilio import TwilioDialect
from tests.providers.chat import Model, Reply
from tests.providers.gemini_live import GeminiLive, LiveManner
from tests.providers.openai import OpenAI
from tests.providers.openai_realtime import Manner
from tests.support.carriers import OnTheLine, twilio_call
from tests.support.fakes import FakeDetector
from tests.support.house import House, catalogue, open_house
from tests.support.piped import Piped, piped
from tests.support.tools import Shelf

FILLERS: dict[str, Any] = {"filler:1": 700, "filler:2": 500, "bridge:1": 900}


class Silent:
    """``StreamingVoice`` that must not be asked: the agent has its own."""

    name = "none"

    async def speak(
        self,
        texts: AsyncIterator[str],
        audio_format: AudioFormat,
        voice: str = "",
        locale: str = "",
    ) -> AsyncGenerator[SpokenPiece, None]:
        async for _ in texts:
            raise AssertionError("the agent speaks itself")
        yield SpokenPiece()

    async def prepare(self, audio_format: AudioFormat, voice: str = "", locale: str = "") -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class Telephoned:
    """A call in progress, and the provider behind it."""

    line: OnTheLine
    behind: Piped
    agent: SpeechAgent
    requests: list[AgentRequest]
    """What the agent was asked."""

    def say(self, words: str, *, final: bool = True) -> None:
        self.line.heard.say(Heard(words, final=final))

    @property
    def messages(self) -> list[tuple[str, Any]]:
        """The newest session's conversation, without tools."""
        session: Any = self.behind.provider.sessions[-1]
        items = session.messages if isinstance(self.behind.provider, OpenAI) else session.items
        return [(one["role"], one["content"]) for one in items if one["content"]]

    def sent(self, since: float = 0.0) -> bytes:
        """The sound that the gateway sent from that instant on."""
        return b"".join(
            base64.b64decode(one["media"]["payload"])
            for at, one in self.line.twilio.received
            if one["event"] == "media" and at >= since
        )

    def heard(self, since: float = 0.0) -> bytes:
        """Of it, what the caller has heard so far."""
        return self.line.twilio.buffer.heard(asyncio.get_running_loop().time(), since)

    def late(self) -> int:
        """Sound that came after a clear, and before anything new was said: marks part the two."""
        late = 0
        dead: set[str] = set()
        newest = ""
        held = 0
        for _, one in self.line.twilio.received:
            if one["event"] == "media":
                held += 1
            elif one["event"] == "mark":
                newest = one["mark"]["name"].partition(":")[0]
                late += held if newest in dead else 0
                held = 0
            elif one["event"] == "clear":
                dead.add(newest)
        return late


def provider_of(vendor: str, model: Model | Reply, **manner: Any) -> OpenAI | GeminiLive:
    """The local one, at nearly the pace of speech unless told otherwise."""
    manner = {"pace": 0.05, **manner}
    if vendor == "realtime":
        return OpenAI(model, key="k", manner=Manner(**manner))
    return GeminiLive(model, key="k", manner=LiveManner(**manner))


def agent_of(vendor: str, toolbox: Toolbox) -> SpeechAgent:
    url = "ws://realtime.example/v1" if vendor == "realtime" else "ws://gemini.example"
    parts = SpeechAgentParts(key="k", toolbox=toolbox, style="Be brief.", url=url)
    if vendor == "realtime":
        return RealtimeAgent(parts)
    from gateway.agents.gemini import GeminiAgent

    return GeminiAgent(parts)


def house_before(agent: SpeechAgent, published: Catalogue | None = None) -> House:
    """A house whose misses the agent answers."""
    house = open_house(
        policy=Policy(agent=True, no_input=1e6),
        agent=agent,
        voice=Silent(),
        interruptions=("wait",),
        backchannels=("okay",),
    )
    house.services.detector = FakeDetector
    house.publish(published or catalogue(2, **FILLERS))
    return house


@contextlib.asynccontextmanager
async def telephoned(
    vendor: str,
    model: Model | Reply,
    *tools: Any,
    delay: float = 0.03,
    **manner: Any,
) -> AsyncIterator[Telephoned]:
    """A call from its start to its stop. ``delay``: of the line, each way."""
    requests: list[AgentRequest] = []
    with piped(provider_of(vendor, model, **manner)) as behind:
        agent = agent_of(vendor, Toolbox([Shelf(*tools)]))
        _note(agent, requests)
        house = house_before(agent)
        try:
            async with twilio_call(house, TwilioDialect(), delay=delay) as line:
                yield Telephoned(line, behind, agent, requests)
        finally:
            await agent.close()
            await behind.close()


def _note(agent: SpeechAgent, requests: list[AgentRequest]) -> None:
    """Keep what the agent is asked."""
    reply = agent.reply

    def noted(request: AgentRequest) -> AsyncGenerator[AgentPiece, None]:
        requests.append(request)
        return reply(request)

    agent.reply = noted  # type: ignore[method-assign]
