"""Tools under cover: what the caller hears while one runs, to the instant, with the fillers as they
are shipped, spoken by the bundled voice."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import cache
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from cache_seed.sound import Treatment
from cache_seed.workers import Script, speak
from gateway.adapters.tts.espeak import EspeakSynthesizer
from gateway.agents.tool_agent import ToolAgent
from gateway.agents.toolbox import Toolbox
from gateway.ports.sound import Clip, ClipAudio
from gateway.ports.tools import ToolFailed
from gateway.settings.fillers import ToolFillers
from gateway.settings.whole import Settings
from gateway.shell.sound.clips import LoadedClip
from gateway.wiring import factories, voices
from intents.decision import Decision, Kind
from tests.support.chatting import ScriptedModel, pair, tool
from tests.support.fakes import FakeVoice
from tests.support.house import PCM16K, Dialled, House, catalogue, open_house
from tests.support.stage import Stage
from tests.support.tools import ScriptedTool, Shelf

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("threads")]

LONGEST_SILENCE = 0.7
FOLLOWS_WITHIN = 0.15
SETTINGS = replace(
    Settings(), tool_fillers=ToolFillers({"balance": "Let me look at your account, one moment."})
)
QUESTION = "what have I got"
ANSWER = "You have five euros."


@cache
def spoken(text: str) -> ClipAudio:
    """A line as seeding renders it."""
    script = Script(text, SETTINGS.tts.voice, "en-US")
    voice = EspeakSynthesizer(SETTINGS.tts.voice, SETTINGS.tts.speed_wpm)
    return speak(voice, script, Treatment())[PCM16K]


class Scene:
    """A call with an agent that has tools."""

    def __init__(self, *scripts: Any, tools: Any, settings: Settings = SETTINGS) -> None:
        self.model = ScriptedModel("a", *scripts)
        self.agent = ToolAgent(pair(self.model), Toolbox([Shelf(*tools)]))
        policy = replace(factories.policy_of(settings), agent=True, tools=True)
        self.house: House = open_house(policy=policy, agent=self.agent, voice=FakeVoice(takes=0.1))
        self.texts = {
            name: text for name, text in voices.lines_of(settings).items() if text and ":" in name
        }

    async def open(self) -> None:
        """Publish the lines, and have them in memory."""
        one = catalogue()
        lines = {f"line:{name}": self._line(text) for name, text in self.texts.items()}
        serving = self.house.publish(replace(one, clips={**one.clips, **lines}))
        for key, clip in lines.items():
            self.house.store.clips[clip.name(PCM16K)] = spoken(self.texts[key[5:]])
        names = serving.names(tuple(serving.catalogue.clips), PCM16K)
        await self.house.services.clips.get(names, PCM16K)

    def _line(self, text: str) -> Clip:
        length = spoken(text).duration_ms
        return Clip(text=text, voice="en", model="espeak", settings="{}", duration_ms=length)

    @contextlib.asynccontextmanager
    async def call(self) -> AsyncIterator[Dialled]:
        await self.open()
        async with self.house.call() as call:
            yield call
        await self.agent.close()

    def loaded(self, text: str) -> LoadedClip:
        """The clip that says it."""
        [name] = [self._line(one).name(PCM16K) for one in self.texts.values() if one == text]
        return self.house.services.clips._loaded[name]


class Heard:
    """What a listener hears of what is sent: each message when it comes, or after the one before
    it."""

    def __init__(self, call: Dialled, since: float) -> None:
        self.spans: list[tuple[int, float, float]] = []
        """Generation, and when its sound began and ended, without pause."""
        self.sound: dict[int, bytes] = {}
        self.told: dict[int, dict[str, Any]] = {}
        generation, end = 0, since
        for at, message in call.wire.sent:
            if isinstance(message, str):
                one = json.loads(message)
                if one["type"] == "audio.start":
                    generation = one["generation"]
                    self.told[generation] = one
                continue
            begin = max(at, end)
            end = begin + len(message) / 32_000
            self.sound[generation] = self.sound.get(generation, b"") + message
            if self.spans and self.spans[-1][0] == generation and begin - self.spans[-1][2] < 1e-3:
                begin = self.spans.pop()[1]
            self.spans.append((generation, begin, end))
        self.since = since

    @property
    def sources(self) -> list[str]:
        return [self.told[generation]["source"] for generation, _, _ in self.spans]

    def silences(self) -> list[float]:
        """From the question to the first sound of the answer's end."""
        ends = [self.since, *(end for _, _, end in self.spans)]
        return [begin - end for (_, begin, _), end in zip(self.spans, ends, strict=False)]


async def listened(scene: Scene, seconds: float = 20.0, *, echo: bool = False) -> Heard:
    """Ask, and listen to all that comes."""
    loop = asyncio.get_running_loop()
    async with scene.call() as call:
        await asyncio.sleep(1.0)
        since = loop.time()
        if echo:
            send = call.wire.send

            async def echoed(message: str | bytes) -> None:
                await send(message)
                if isinstance(message, str) and (one := json.loads(message))["type"] == "mark":
                    # a jittery line: what was sent is heard a little later than it could be
                    loop.call_later(0.55, call.runner.playout.echoed, one["name"])

            call.wire.send = echoed  # type: ignore[method-assign]
        call.runner.final(QUESTION)
        await asyncio.sleep(seconds)
        assert call.state == "QUIET"
    return Heard(call, since)


def wants(*before: Any) -> list[Any]:
    return [0.2, *before, tool("balance")]


THEN = [0.25, ANSWER]


def check(scene: Scene, heard: Heard) -> None:
    """No long silence; fillers ended at the end of a phrase; the answer right behind."""
    assert heard.sources[-1] == "agent"
    assert max(heard.silences()) <= LONGEST_SILENCE, heard.spans
    fillers = [number for number, one in heard.told.items() if one["source"] == "filler"]
    texts = [heard.told[number]["text"] for number in fillers]
    assert all(one != other for one, other in pairwise(texts)), "never the same twice running"
    for number in fillers:
        clip = scene.loaded(heard.told[number]["text"])
        size = len(heard.sound[number])
        messages = next(
            n for n in range(len(clip.messages) + 1) if size <= n * len(clip.messages[0])
        )
        assert heard.sound[number] == b"".join(clip.messages[:messages])
        assert messages == len(clip.messages) or messages - 1 in clip.pauses


async def test_a_tool_of_two_and_a_half_seconds() -> None:
    """The one that must be right."""
    balance = ScriptedTool("balance", [2.5, "5 EUR"])
    scene = Scene(wants(), THEN, tools=[balance])
    heard = await listened(scene)
    check(scene, heard)
    (_, began, ended), (answer, answered, _) = heard.spans[-2], heard.spans[-1]
    assert heard.told[answer]["source"] == "agent"
    assert 0 <= answered - ended <= LONGEST_SILENCE
    there = balance.ended[0] + 0.25 + 0.1  # the model's first words, and their first sound
    assert answered - max(there, ended) <= FOLLOWS_WITHIN, "nothing of ours is in between"
    assert began < there


@pytest.mark.parametrize("echo", [False, True], ids=["silent", "echoing"])
@pytest.mark.parametrize("own", [True, False], ids=["own filler", "usual fillers"])
@pytest.mark.parametrize("before", [(), ("Let me check that for you.",)], ids=["at once", "words"])
@pytest.mark.parametrize("seconds", [0.1, 0.4, 0.9, 1.3, 1.7, 2.2, 2.5, 2.9, 3.4, 4.1, 4.7, 6.5])
async def test_whatever_it_takes(
    seconds: float, before: tuple[str, ...], own: bool, echo: bool
) -> None:
    settings = SETTINGS if own else Settings()
    balance = ScriptedTool("balance", [seconds, "5 EUR"], timeout=7.0)
    scene = Scene(wants(*before), THEN, tools=[balance], settings=settings)
    heard = await listened(scene, echo=echo)
    check(scene, heard)
    if len(heard.spans) > 1:  # else it was back before what was said first was heard
        there = balance.ended[0] + 0.25 + 0.1
        (_, _, ended), (_, answered, _) = heard.spans[-2:]
        assert answered - max(there, ended) <= FOLLOWS_WITHIN


async def test_what_the_agent_says_before_the_tool_is_heard_first() -> None:
    balance = ScriptedTool("balance", [4.0, "5 EUR"])
    scene = Scene(wants("Let me check that for you."), THEN, tools=[balance])
    heard = await listened(scene)
    check(scene, heard)
    assert heard.sources[:2] == ["agent", "filler"]
    # the match, the model and the voice: nothing waits for what comes after the tool
    assert heard.spans[0][1] - heard.since == pytest.approx(0.003 + 0.2 + 0.1)
    reply = " ".join(scene.house.services.voice.texts)  # type: ignore[union-attr]
    assert reply == "Let me check that for you. You have five euros."


async def test_a_tool_that_takes_too_long_is_answered_for_without_silence() -> None:
    balance = ScriptedTool("balance", [60.0], timeout=5.0)
    scene = Scene(wants(), [0.25, "I cannot see that now."], tools=[balance])
    heard = await listened(scene)
    check(scene, heard)
    assert balance.stopped == 1
    told = scene.model.requests[1].messages[-1]["content"]
    assert told == "The tool balance did not answer in time."


async def test_a_tool_that_fails_is_a_sentence_for_the_model() -> None:
    down = ToolFailed("is out of order now", reason="503")
    scene = Scene(
        wants(), [0.25, "I cannot see that now."], tools=[ScriptedTool("balance", [down])]
    )
    heard = await listened(scene)
    check(scene, heard)
    assert scene.model.requests[1].messages[-1]["content"] == (
        "The tool balance is out of order now."
    )


async def test_who_cuts_in_stops_the_tool_and_its_late_result_is_nobodys() -> None:
    balance = ScriptedTool("balance", [2.5, "5 EUR"])
    scene = Scene(wants(), [0.1, "The moon is far away."], tools=[balance])
    async with scene.call() as call:
        call.runner.final(QUESTION)
        await asyncio.sleep(1.5)
        call.runner.final("how far is the moon")
        await asyncio.sleep(20.0)
        assert call.state == "QUIET"
    assert (balance.stopped, len(balance.given)) == (1, 1)
    assert call.wire.kinds().count("clear") == 1
    second = scene.model.requests[1].messages
    assert second[-1] == {"role": "user", "content": "how far is the moon"}
    assert "5 EUR" not in str(second)
    agent = [one["turn"] for one in call.wire.told("audio.start") if one["source"] == "agent"]
    assert agent == [2]


async def test_hung_up_on_everything_is_stopped(threads: SimpleNamespace) -> None:
    profile = ScriptedTool("profile", [60.0, "Ann"], at_call_start=True)
    balance = ScriptedTool("balance", [60.0, "5 EUR"])
    scene = Scene(wants(), THEN, tools=[profile, balance])
    async with scene.call() as call:
        call.runner.final(QUESTION)
        await asyncio.sleep(3.0)
        assert (len(profile.given), len(balance.given)) == (1, 1)
        call.runner.hang_up()
        await asyncio.sleep(0.5)
        assert (profile.stopped, balance.stopped) == (1, 1)
        assert not scene.agent._calls and scene.agent.pair.open == 0


async def test_what_is_begun_with_the_call_is_known_in_its_first_turn() -> None:
    profile = ScriptedTool("profile", [0.8, "She is called Ann."], at_call_start=True)
    scene = Scene([0.1, "Hello Ann, it is."], tools=[profile])
    heard = await listened(scene)
    assert profile.began[0] < heard.since - 0.9, "not when she first spoke"
    assert heard.sources == ["agent"]
    assert "She is called Ann." in scene.model.requests[0].messages[0]["content"]


async def test_an_intent_that_goes_to_a_tool_has_it_run_at_once() -> None:
    balance = ScriptedTool("balance", [1.0, "5 EUR"])
    scene = Scene(THEN, tools=[balance])
    scene.house.matcher.answers[QUESTION.lower()] = Decision(
        kind=Kind.ROUTE, entry="balance", action="tool:balance", confidence=0.9
    )
    heard = await listened(scene)
    check(scene, heard)
    assert balance.began[0] - heard.since == pytest.approx(0.003), "no model is asked before"
    assert len(scene.model.requests) == 1
    assert heard.told[1]["text"] == "Let me look at your account, one moment."


async def test_who_calls_is_known_to_what_is_begun_with_the_call() -> None:
    schema = {"type": "object", "properties": {"who": {}}, "required": ["who"]}
    fields = {"parameters": schema, "from_call": {"who": "caller.number"}}
    profile = ScriptedTool("profile", ["Ann"], at_call_start=True, **fields)
    scene, stage = Scene(THEN, tools=[profile]), Stage()
    stage.services.agent = scene.agent
    stage.live.caller = {"number": "+1 555 0100"}
    stage.performer.prepare()
    await stage.do(wait=1.0)
    assert profile.given == [{"who": "+1 555 0100"}]
    assert list(scene.agent._calls) == ["c1"]
    stage.performer.close()
    assert not scene.agent._calls
