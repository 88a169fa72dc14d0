"""At ``log.level`` debug, with every library's logger opened: what callers say and the keys of
providers are in no line, while the real clients of all vendors speak to the local providers."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import io
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from gateway.adapters.llm.groq import groq_model
from gateway.adapters.llm.openai import openai_model
from gateway.adapters.stt.deepgram import DeepgramTranscriber
from gateway.adapters.tools.http import Asked, HttpTools, hosts_of
from gateway.adapters.tools.mcp import Limits, McpServer, over_http
from gateway.adapters.tts.deepgram import DeepgramSocketVoice, DeepgramVoice
from gateway.adapters.tts.elevenlabs import ElevenLabsSocketVoice, ElevenLabsVoice
from gateway.adapters.tts.openai import OpenAIVoice
from gateway.chat import ChatFailed, ChatRequest
from gateway.errors import ProviderFailed
from gateway.logs import OWN, Standard, configure
from gateway.speech import VoiceFailed
from gateway.tooling import ToolFailed, ToolSpec
from tests.adapters.tools.shop import Shop
from tests.hearing import words
from tests.providers.behaviour import Behaviour
from tests.providers.chat import Reply
from tests.providers.deepgram import Deepgram
from tests.providers.elevenlabs import ElevenLabs
from tests.providers.groq import Groq
from tests.providers.hearing import Script
from tests.providers.openai import OpenAI
from tests.providers.server import Answer, Server
from tests.speaking import listen, texts

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

KEY = "plantedkey0123456789"
SAID = "zebulon quagga marmalade"
"""Nothing of it is in anybody's code."""
PLANTED = (KEY, *SAID.split())
FAULTS = {
    "good": None,
    "refused": Behaviour(status=401),
    "out of order": Behaviour(status=500),
    "cut": Behaviour(reset_at=2),
}


@dataclass
class Log:
    stream: io.StringIO = field(default_factory=io.StringIO)
    careless: list[str] = field(default_factory=list)
    """What a handler would have written that lets everything through."""

    @property
    def written(self) -> str:
        return self.stream.getvalue().lower()


@pytest.fixture
def log() -> Iterator[Log]:
    """Configured as for debug; all of the libraries' loggers opened, as by their own variables of
    the environment."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    configure("debug", "json")
    made = Log()
    [standard] = root.handlers
    assert isinstance(standard, Standard)
    standard.setStream(made.stream)

    class Careless(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            made.careless.append(record.getMessage())

    careless = Careless()
    root.addHandler(careless)
    root.setLevel(logging.DEBUG)
    known = logging.Logger.manager.loggerDict.values()
    levels = [(one, one.level) for one in known if isinstance(one, logging.Logger)]
    for one, _ in levels:
        one.setLevel(logging.DEBUG)
    yield made
    for one, before in levels:
        one.setLevel(before)
    for name in OWN:
        logging.getLogger(name).setLevel(logging.NOTSET)
    root.handlers[:] = handlers
    root.setLevel(level)


async def recognised(server: Server) -> None:
    transcriber = DeepgramTranscriber(KEY, base_url=server.http)
    try:
        call = await transcriber.open("en-US", "c1", keyterms=("marmalade",))
        for _ in range(100):
            call.feed(bytes(640))
        call.finish_utterance()
        async for heard in words(call):
            if heard.final:
                break
        await call.close()
    finally:
        await transcriber.close()


def asked(make: Callable[..., Any]) -> Callable[[Server], Any]:
    async def ask(server: Server) -> None:
        base_url = server.http + ("/v1" if make is openai_model else "")
        model = make(name="m", model="m", key=KEY, base_url=base_url)
        request = ChatRequest(messages=({"role": "user", "content": SAID},), max_tokens=50)
        try:
            async for _ in model.stream(request):
                pass
        finally:
            await model.close()

    return ask


def spoken(kind: Any, **options: Any) -> Callable[[Server], Any]:
    async def speak(server: Server) -> None:
        path = "/v1" if kind is OpenAIVoice else ""
        voice = kind(key=KEY, base_url=server.http + path, **options)
        try:
            await listen(voice, texts(f"{SAID}."))
        finally:
            await voice.close()

    return speak


async def looked_up(server: Server) -> None:
    spec = ToolSpec(name="orders", description="d", parameters={})
    place = Asked(
        method="POST",
        url=f"{server.http}/orders?api_key={KEY}",
        headers={"X-Anything": KEY},
        hosts=hosts_of(server.http, ()),
    )
    tools = HttpTools([(spec, place)])
    try:
        await tools.tools[0].run({"text": SAID})
    finally:
        await tools.close()


async def served(server: Server) -> None:
    tools = McpServer("shop", over_http(f"{server.http}/mcp?key={KEY}", {"X-Key": KEY}), Limits())
    tools.start()
    try:
        await tools.ready()
    finally:
        await tools.close()


ELEVEN = {"voice": "anna", "model": "eleven_flash_v2_5"}
AURA = {"voice": "aura-2-thalia-en"}
CLIENTS: dict[str, tuple[Callable[[], Any], Callable[[Server], Any]]] = {
    "deepgram listens": (lambda: Deepgram(Script.of(SAID), key=KEY), recognised),
    "openai answers": (lambda: OpenAI(Reply(SAID), key=KEY), asked(openai_model)),
    "groq answers": (lambda: Groq(Reply(SAID), key=KEY), asked(groq_model)),
    "elevenlabs speaks": (lambda: ElevenLabs(key=KEY), spoken(ElevenLabsSocketVoice, **ELEVEN)),
    "elevenlabs renders": (lambda: ElevenLabs(key=KEY), spoken(ElevenLabsVoice, **ELEVEN)),
    "deepgram speaks": (lambda: Deepgram(key=KEY), spoken(DeepgramSocketVoice, **AURA)),
    "deepgram renders": (lambda: Deepgram(key=KEY), spoken(DeepgramVoice, **AURA)),
    "openai speaks": (lambda: OpenAI(key=KEY), spoken(OpenAIVoice, voice="alloy", model="m")),
    "a tool": (lambda: Shop({"/orders": Answer.json({"note": SAID})}), looked_up),
    "an mcp server": (lambda: Shop({"/mcp": Answer.json({"note": SAID})}), served),
}


@contextlib.asynccontextmanager
async def debugging() -> AsyncIterator[None]:
    """As with PYTHONASYNCIODEBUG, and with a task that nobody waits for."""
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    loop.slow_callback_duration = 0.0
    try:
        yield
    finally:
        loop.set_debug(False)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("fault", FAULTS)
async def test_neither_keys_nor_words_are_logged_at_any_level(
    log: Log, client: str, fault: str
) -> None:
    provider, use = CLIENTS[client]
    failures = (ChatFailed, ProviderFailed, ToolFailed, VoiceFailed)
    async with asyncio.timeout(40), Server(provider(), behaviour=FAULTS[fault]) as server:
        async with debugging():
            with contextlib.suppress(*failures):
                await use(server)
        assert len(server.journal), "it was asked"
    logging.getLogger("frontline.call").debug("written")
    assert '"message": "written"' in log.written
    assert [one for one in PLANTED if one in log.written] == []
    assert log.careless


async def test_they_would_have_been(log: Log) -> None:
    """Without which the test above would show nothing."""
    provider, use = CLIENTS["elevenlabs speaks"]
    async with asyncio.timeout(40), Server(provider()) as server:
        await use(server)
    for planted in PLANTED:
        assert any(planted in line for line in log.careless), planted


def test_nor_are_the_words_of_an_exception(log: Log) -> None:
    with asyncio.Runner() as runner:
        runner.run(_lost())
    try:
        _fail(SAID)
    except ValueError:
        logging.getLogger("frontline.call").exception("a mistake of ours")
    for said in ("a mistake of ours", "exception in callback", "exception was never retrieved"):
        assert said in log.written
    assert [one for one in PLANTED if one in log.written] == []


async def _lost() -> None:
    """A callback that fails, and a task whose failure nobody asks for."""
    loop = asyncio.get_running_loop()
    loop.call_soon(_fail, SAID)
    await asyncio.wait([loop.create_task(_failing(SAID), name="lost")])
    gc.collect()


def _fail(said: str) -> None:
    raise ValueError(said)


async def _failing(said: str) -> None:
    _fail(said)
