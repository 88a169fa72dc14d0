"""What callers hear when language models fail: the agent with its real clients between a local Groq
and a local OpenAI, a whole call around it. Who is told ``first`` is Groq, asked first."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from gateway.adapters.llm import clients
from gateway.admin.metrics.metrics import Metrics
from gateway.agents import contest
from gateway.agents.llm_pair import LlmPair
from gateway.ports.models import AnswerFailed
from gateway.settings.llm import LlmSettings
from gateway.settings.whole import Settings
from gateway.wiring.factories import agent_of
from tests.faults.centre import (
    CACHED,
    QUESTION,
    Caller,
    answered,
    centre,
    eventually,
    quick_voice,
)
from tests.faults.rows import Hears, Row, counter, identity
from tests.providers.behaviour import (
    COMMENT_EVENT,
    ERROR_EVENT,
    GOOD,
    INVALID_UTF8_EVENT,
    MALFORMED_EVENT,
    OVERSIZED_EVENT,
    Behaviour,
    Delay,
)
from tests.providers.chat import Reply
from tests.providers.groq import Groq
from tests.providers.openai import OpenAI
from tests.providers.server import Answer, Server
from tests.providers.wire import Request
from tests.support.chatting import asking, said
from tests.support.fakes import FakeVoice
from tests.support.house import House

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

FIRST = "The café opens at nine and closes at five. " + "It is very nice there in the spring. " * 3
SECOND = "The other one says that it scatters the light."
FAILURES = "frontline_llm_failures_total"
SLOWLY = Delay(0.03)
"""Between pieces: the client has read the one before."""


def failures(reason: str) -> tuple[str, ...]:
    return (f'{FAILURES}{{reason="{reason}"}}',)


HEDGED = ('frontline_llm_extra_calls_total{why="hedge"}',)
FAILED = ('frontline_llm_answers_total{outcome="failed"}',)
BROKEN = ('frontline_llm_answers_total{outcome="broken"}',)


def breaks(reason: str, **behaviour: Any) -> dict[str, Any]:
    """In the middle of the answer."""
    return {
        "hears": Hears.BROKEN_OFF,
        "counted": failures(reason) + BROKEN,
        "setting": {"first": Behaviour(between=SLOWLY, **behaviour)},
    }


def before(reason: str, **behaviour: Any) -> dict[str, Any]:
    """Before there was a word of it."""
    return {
        "hears": Hears.OTHER,
        "counted": failures(reason),
        "setting": {"first": Behaviour(**behaviour)},
    }


def both(reason: str, **behaviour: Any) -> dict[str, Any]:
    """Neither answers."""
    one = Behaviour(**behaviour)
    counted = failures(reason) + FAILED
    return {"hears": Hears.HAND_OFF, "counted": counted, "setting": {"first": one, "second": one}}


def silent(point: Any) -> dict[str, Any]:
    setting = {"first": Behaviour(silent_at=point)}
    return {"hears": Hears.OTHER, "counted": HEDGED, "setting": setting}


def as_if_nothing(**behaviour: Any) -> dict[str, Any]:
    return {"hears": Hears.ANSWER, "setting": {"first": Behaviour(**behaviour)}}


ROWS = (
    Row(
        fault="the connection is refused",
        hears=Hears.OTHER,
        counted=failures("unreachable"),
        setting={"refuse": ["first"]},
    ),
    Row(
        fault="its name cannot be looked up",
        hears=Hears.OTHER,
        counted=failures("unreachable"),
        setting={"first_url": "http://models.invalid"},
    ),
    Row(
        fault="TLS fails",
        hears=Hears.OTHER,
        counted=failures("unreachable"),
        setting={"first_url": "https://127.0.0.1:{plain}"},
    ),
    Row(fault="silence before the headers", **silent("headers")),
    Row(fault="silence after the headers", **silent("body")),
    Row(fault="silence after the role", **silent(1)),
    Row(fault="silence after 1 token", **breaks("silent", silent_at=2)),
    Row(fault="silence after 3 tokens", **breaks("silent", silent_at=4)),
    Row(fault="silence after 20 tokens", **breaks("silent", silent_at=21)),
    Row(fault="reset before the headers", **before("unreachable", reset_at="headers")),
    Row(fault="reset after the headers", **before("broken", reset_at="body")),
    Row(fault="reset after the role", **before("broken", reset_at=1)),
    Row(fault="reset in the middle", **breaks("broken", reset_at=4)),
    Row(fault="closed before the headers", **before("unreachable", close_at="headers")),
    Row(fault="closed after the role", **before("broken", close_at=1)),
    Row(fault="closed in the middle", **breaks("broken", close_at=4)),
    Row(fault="429", **before("rate_limited", status=429)),
    Row(fault="429 with Retry-After", **before("rate_limited", status=429, retry_after="60")),
    Row(
        fault="the turn after a 429 with Retry-After",
        hears=Hears.OTHER,
        setting={"first": Behaviour(status=429, retry_after="60"), "before": 1},
    ),
    Row(fault="500", **before("server", status=500)),
    Row(fault="401, a wrong key", **before("refused", status=401)),
    Row(fault="404, an unknown model", **before("refused", status=404)),
    Row(
        fault="429, the quota is used up",
        **before("refused", status=429, code="insufficient_quota"),
    ),
    Row(fault="a malformed event at first", **before("broken", insert={1: MALFORMED_EVENT})),
    Row(fault="a malformed event in the middle", **breaks("broken", insert={4: MALFORMED_EVENT})),
    Row(fault="invalid UTF-8", **before("broken", insert={1: INVALID_UTF8_EVENT})),
    Row(fault="broken framing", **before("broken", garbage_at=1)),
    Row(fault="an error in the stream", **before("server", insert={1: ERROR_EVENT})),
    Row(fault="an error in the middle", **breaks("server", insert={4: ERROR_EVENT})),
    Row(
        fault="an empty answer",
        hears=Hears.OTHER,
        counted=failures("empty"),
        setting={"reply": Reply(finish_reason="length")},
    ),
    Row(
        fault="a web page",
        hears=Hears.OTHER,
        counted=failures("empty"),
        setting={"page": Answer(content_type="text/html", body=b"<html>Welcome</html>")},
    ),
    Row(
        fault="an answer that is not streamed",
        hears=Hears.OTHER,
        counted=failures("empty"),
        setting={"page": Answer.json({"choices": [{"message": {"content": "Hello."}}]})},
    ),
    Row(
        fault="an answer without end",
        hears=Hears.BROKEN_OFF,
        counted=failures("broken") + BROKEN,
        setting={"most": 60},
    ),
    Row(
        fault="an answer that drips",
        hears=Hears.EITHER,
        setting={"first": Behaviour(bytes_per_second=20_000.0)},
    ),
    Row(fault="another content type, a good stream", **as_if_nothing(content_type="text/plain")),
    Row(fault="CR LF, byte by byte", **as_if_nothing(split=1, crlf=True)),
    Row(
        fault="comments between events",
        **as_if_nothing(insert={0: COMMENT_EVENT, 3: COMMENT_EVENT}),
    ),
    Row(fault="a line of 1 MiB", **as_if_nothing(insert={2: OVERSIZED_EVENT})),
    Row(
        fault="no connection left in the pool",
        hears=Hears.OTHER,
        counted=failures("silent"),
        setting={"connections": 1, "holds": ["groq"]},
    ),
    Row(
        fault="no connection left in either pool",
        hears=Hears.HAND_OFF,
        counted=failures("silent") + FAILED,
        setting={"connections": 1, "holds": ["groq", "openai"]},
    ),
    Row(
        fault="both are refused a connection",
        hears=Hears.HAND_OFF,
        counted=failures("unreachable") + FAILED,
        setting={"refuse": ["first", "second"]},
    ),
    Row(fault="both are silent", **both("silent", silent_at="headers")),
    Row(fault="both answer 500", **both("server", status=500)),
    Row(fault="both answer 429", **both("rate_limited", status=429, retry_after="9")),
    Row(fault="both refuse the key", **both("refused", status=401)),
    Row(fault="both are cut at once", **both("broken", reset_at=1)),
    Row(
        fault="both have failed often: their breakers are open",
        hears=Hears.HAND_OFF,
        counted=FAILED,
        setting={"first": Behaviour(status=500), "second": Behaviour(status=500), "before": 5},
    ),
)


@dataclass
class Stage:
    """The pair, its providers, and who calls."""

    first: Server
    second: Server
    agent: LlmPair
    house: House
    voice: FakeVoice
    metrics: Metrics

    async def nothing_open(self) -> None:
        """All streams have ended, for the providers too."""
        await eventually(lambda: self.agent.open == 0)
        async with asyncio.timeout(20):
            for server in (self.first, self.second):
                for number in range(len(server.journal)):
                    await server.journal.ended(number)


class Page:
    """A Groq that answers with something else."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    async def answer(self, request: Request) -> Answer:
        return self._answer


@contextlib.asynccontextmanager
async def plain() -> AsyncIterator[int]:
    """The port of somebody who does not know TLS."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1")
    async with server:
        yield server.sockets[0].getsockname()[1]


@contextlib.asynccontextmanager
async def stage(**given: Any) -> AsyncIterator[Stage]:
    first, second = given.get("first", GOOD), given.get("second", GOOD)
    provider: Any = Page(given["page"]) if "page" in given else None
    provider = provider or Groq(given.get("reply", Reply(FIRST)), key="k1")
    metrics = Metrics()
    async with (
        plain() as no_tls,
        Server(provider, behaviour=first) as groq,
        Server(OpenAI(Reply(SECOND), key="k2"), behaviour=second) as openai,
    ):
        url = given.get("first_url", "http://127.0.0.1:{port}")
        settings = LlmSettings(
            primary_base_url=url.format(port=groq.port, plain=no_tls),
            primary_key="k1",
            secondary_base_url=f"{openai.http}/v1",
            secondary_key="k2",
            # of those that fail by silence; the others are not to be hurried
            rescue_after_s=0.3 if first.silent_at else 10.0,
            give_up_s=1.5 if first.silent_at and second.silent_at else 20.0,
            stall_s=0.8 if first.silent_at else 20.0,
        )
        agent = agent_of(Settings(llm=settings), metrics.llm)
        assert agent is not None
        if first.silent_at is None and not first.bytes_per_second:
            agent.pilots["fast"].pacer.level = 0.0  # no hedge because of a busy machine
        voice = quick_voice()
        house = await centre(agent, voice, filler_after=0.1)
        try:
            yield Stage(groq, openai, agent, house, voice, metrics)
        finally:
            await agent.close()


@pytest.fixture(autouse=True)
def no_such_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The resolver says so at once, whatever the machine's network."""
    real = asyncio.BaseEventLoop.getaddrinfo

    async def getaddrinfo(loop: Any, host: Any, *args: Any, **more: Any) -> Any:
        if str(host).endswith("invalid") or host == b"models.invalid":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return await real(loop, host, *args, **more)

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)


@contextlib.asynccontextmanager
async def trouble(
    of: Stage, given: dict[str, Any], patch: pytest.MonkeyPatch
) -> AsyncIterator[None]:
    """What has to go wrong before the caller asks."""
    for name in given.get("refuse", ()):
        await getattr(of, name).refuse()
    if most := given.get("most"):
        patch.setattr(contest, "MOST_CHARS", most)
    async with asyncio.TaskGroup() as tasks:
        others = []
        for name in given.get("holds", ()):  # another call has the only one
            server = of.first if name == "groq" else of.second
            server.next(Behaviour(silent_at="headers"))
            others += [tasks.create_task(_listen(of.agent, name))]
            await server.journal.until(0, lambda entry: entry.asked_at)
        yield
        for other in others:
            other.cancel()


async def _listen(agent: LlmPair, name: str) -> None:
    models = agent._lanes["fast"].models
    asked = agent._prompting.request(asking())
    async for _ in models[name].stream(asked):
        pass


def check(hears: Hears, said: str, lines: list[str]) -> None:
    """Against what the row says."""
    whole = {"ANSWER": [FIRST], "OTHER": [SECOND], "EITHER": [FIRST, SECOND]}.get(hears.name)
    if whole is not None:
        assert (said in [one.strip() for one in whole], lines) == (True, []), said
    elif hears is Hears.BROKEN_OFF:
        assert said and FIRST.startswith(said) and said != FIRST.strip()
        assert lines == ["<line:failure 1>"]
    else:
        assert (said, lines) == ("", ["<line:handoff 1>"])


@pytest.mark.parametrize("row", ROWS, ids=identity)
async def test_what_the_caller_hears(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    given = dict(row.setting)
    if "connections" in given:
        monkeypatch.setattr(clients, "CONNECTIONS", given["connections"])
        monkeypatch.setattr(clients, "POOL", 0.05)
    async with stage(**given) as of:
        value = counter(of.metrics.registry)
        async with of.house.call(wire=(caller := Caller())) as call:
            caller.played = call.runner.playout.echoed
            for _ in range(given.get("before", 0)):
                with contextlib.suppress(AnswerFailed):
                    await said(of.agent)
            asked, before_it = len(of.first.journal), {one: value(one) for one in row.counted}
            async with trouble(of, given, monkeypatch):
                await answered(call, of.house, QUESTION)
            check(row.hears, " ".join(of.voice.texts), caller.texts())
            if "before" in given:
                assert len(of.first.journal) == asked, "it is left alone"
            await answered(call, of.house, CACHED)
            assert caller.texts()[-1] == "<entry:hours 1>", "the next turn is as good as ever"
        caller.one_voice()
        await of.nothing_open()
        assert {one for one in row.counted if value(one) <= before_it[one]} == set()
