"""Each step down of a call, in virtual time and with the settings as they are shipped: what the
caller hears, and how soon."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.adapters.tts.chain import VoiceChain
from gateway.admin.metrics import Metrics
from gateway.agents.llm_pair import LlmPair
from gateway.chat import AnswerFailed
from gateway.core.attempts import Failure
from gateway.errors import StoreFailed
from gateway.policies import hedging_of, policy_of
from gateway.settings import Settings
from gateway.settings_fillers import FillerSettings
from gateway.shell.playout import Pacing
from tests.chatting import ROLE, ScriptedModel, Step, failing, pair, said
from tests.fakes import FakeVoice, threads_in_virtual_time
from tests.faults.centre import CACHED, LINES, QUESTION, Caller, with_fillers
from tests.faults.rows import Hears, Row, counter, identity
from tests.house import PCM16K, House, TimedMatching, open_house

pytestmark = pytest.mark.anyio

SETTINGS = Settings()
MATCHED = 0.003
"""Seconds a match takes in the house."""
PROMISED = 1.5
"""Seconds from the end of the turn to recorded sound, whatever the providers do."""
ANSWER: tuple[Step, ...] = (0.12, ROLE, "It scatters the light.")
SILENT: tuple[Step, ...] = (600.0,)
REFUSED: tuple[Step, ...] = (0.001, failing(Failure.UNREACHABLE))
NO_ANSWER: tuple[Step, ...] = (2.0, failing(Failure.SILENT))
"""A connection that is not even refused; so long is waited for it."""


def server_error(after: float) -> tuple[Step, ...]:
    return (after, failing(Failure.SERVER))


def turns(path: str) -> str:
    return f'frontline_turns_total{{path="{path}"}}'


HANDED_OFF = (turns("handoff"), 'frontline_llm_answers_total{outcome="failed"}')

ROWS = (
    Row(
        fault="the recogniser is unsure of the words",
        hears=Hears.ASKED,
        counted=(turns("clarify"),),
        setting={"confidence": 0.2},
    ),
    Row(
        fault="the words may mean two things",
        hears=Hears.TWO_OF_THEM,
        counted=(turns("clarify"),),
        setting={"text": "tell me the times"},
    ),
    Row(
        fault="matching takes longer than `match.budget_ms`",
        hears=Hears.AGENT,
        counted=(turns("agent"),),
        setting={"text": CACHED, "matching": 2.0},
    ),
    Row(
        fault="the first model is slow",
        hears=Hears.AGENT,
        counted=(turns("agent"), 'frontline_llm_extra_calls_total{why="hedge"}'),
        setting={"models": (SILENT, ANSWER)},
    ),
    Row(
        fault="both models are silent",
        hears=Hears.COVERED,
        counted=(*HANDED_OFF, 'frontline_llm_failures_total{reason="silent"}'),
        setting={"models": (SILENT, SILENT), "silent": True},
    ),
    Row(
        fault="both models refuse the connection",
        hears=Hears.HAND_OFF,
        counted=HANDED_OFF,
        setting={"models": (REFUSED, REFUSED)},
    ),
    Row(
        fault="both models answer 500, each after a second",
        hears=Hears.HAND_OFF,
        counted=HANDED_OFF,
        setting={"models": (server_error(1.0), server_error(1.0))},
    ),
    Row(
        fault="neither model's address answers",
        hears=Hears.HAND_OFF,
        counted=HANDED_OFF,
        setting={"models": (NO_ANSWER, NO_ANSWER), "silent": True},
    ),
    Row(
        fault="both models have failed often, and are left alone",
        hears=Hears.HAND_OFF,
        counted=HANDED_OFF,
        setting={"models": (server_error(5.0), server_error(5.0)), "before": 5},
    ),
    Row(
        fault="no model answers, the question is in the cache",
        hears=Hears.CACHED,
        counted=(turns("cache"),),
        setting={"text": CACHED, "models": (SILENT, SILENT)},
    ),
    Row(
        fault="all voices are silent",
        hears=Hears.COVERED,
        counted=(turns("handoff"), 'frontline_tts_failures_total{reason="silent"}'),
        setting={"mute": True, "silent": True},
    ),
    Row(
        fault="the store is down",
        hears=Hears.CACHED,
        counted=(turns("cache"),),
        setting={"text": CACHED, "store": "down"},
    ),
    Row(
        fault="the store is down, and the clip is not in memory",
        hears=Hears.AGENT,
        counted=(turns("agent"),),
        setting={"text": CACHED, "store": "down", "cold": True},
    ),
)


@dataclass
class Stage:
    """The house, and what is counted in it."""

    house: House
    agent: LlmPair
    metrics: Metrics

    def tell(self) -> None:
        """Count the turns, as the gateway does."""
        for record in self.house.observer.turns:
            self.metrics.turn_closed(record)


@pytest.fixture(autouse=True)
def threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """Threads that take no real time."""
    with threads_in_virtual_time(monkeypatch) as told:
        yield told


async def stage(**given: Any) -> Stage:
    """A house with a pair of models and a chain of two voices, all as the settings have it."""
    metrics, settings = Metrics(), given.get("settings", SETTINGS)
    models = given.get("models", (ANSWER, ANSWER))
    agent = pair(
        *(ScriptedModel(name, script) for name, script in zip("ab", models, strict=True)),
        hedging=hedging_of(settings),
        watcher=metrics.llm,
    )
    slow = 600.0 if given.get("mute") else 0.07
    voices = [FakeVoice(takes=slow), FakeVoice(takes=slow)]
    house = open_house(
        policy=replace(policy_of(settings), agent=True),
        pacing=Pacing(),
        agent=agent,
        voice=VoiceChain(voices, failed=metrics.voice_failed),
    )
    one = with_fillers()
    serving = house.publish(one)
    if not given.get("cold"):
        await house.services.clips.get(serving.names(tuple(one.clips), PCM16K), PCM16K)
    assert isinstance(house.services.matching, TimedMatching)
    house.services.matching.takes = given.get("matching", MATCHED)
    return Stage(house, agent, metrics)


def texts(caller: Caller) -> list[str]:
    """What clips and agents said, fillers too."""
    starts = caller.told("audio.start")
    return [one.get("text") or one["source"] for one in starts]


EXPECTED = {
    Hears.ASKED: ["<line:not_understood 1>"],
    Hears.TWO_OF_THEM: ["<line:clarify 1> <label:hours 1> <line:clarify_or 1> <label:holidays 1>"],
    Hears.AGENT: ["agent"],
    Hears.COVERED: ["<filler:1>", "<more:1>", "<line:handoff 1>"],
    Hears.HAND_OFF: ["<line:handoff 1>"],
    Hears.CACHED: ["<entry:hours 1>"],
}


@pytest.mark.parametrize("row", ROWS, ids=identity)
async def test_what_the_caller_hears_and_how_soon(row: Row) -> None:
    given, loop = dict(row.setting), asyncio.get_running_loop()
    of = await stage(**given)
    for _ in range(given.get("before", 0)):
        with pytest.raises(AnswerFailed):
            await said(of.agent)
    async with of.house.call(wire=(caller := Caller())) as call:
        caller.played = call.runner.playout.echoed
        await asyncio.sleep(0.5)
        if given.get("store") == "down":
            of.house.store.broken = StoreFailed("the disk is gone")
        began = loop.time()
        call.runner.final(given.get("text", QUESTION), given.get("confidence", 1.0))
        await asyncio.sleep(20.0)
        assert call.state == "QUIET"
    said_now = texts(caller)
    if row.hears not in (Hears.COVERED, Hears.CACHED):
        said_now = [one for one in said_now if one not in ("<filler:1>", "<more:1>")]
    if row.hears is Hears.COVERED:
        said_now = list(dict.fromkeys(said_now))  # fillers come again, with others between
        said_now = [one for one in said_now if one != "<bridge:1>"]
    assert said_now == EXPECTED[row.hears]
    caller.one_voice()
    first = caller.audio()[0] - began
    assert first <= PROMISED
    if not given.get("silent"):  # and that is the answer, not a filler
        last = caller.told("audio.start")[-1]["at"] - began
        assert last <= PROMISED
    of.tell()
    value = counter(of.metrics.registry)
    assert {one for one in row.counted if not value(one)} == set()
    await of.agent.close()


async def test_the_stages_of_a_long_silence_are_where_the_settings_put_them() -> None:
    of = await stage(models=(SILENT, SILENT))
    fillers = SETTINGS.fillers
    async with of.house.call(wire=(caller := Caller())) as call:
        caller.played = call.runner.playout.echoed
        began = asyncio.get_running_loop().time() + MATCHED
        call.runner.final(QUESTION)
        await asyncio.sleep(20.0)
    at = {one["text"]: one["at"] - began for one in reversed(caller.told("audio.start"))}
    filler, bridge = fillers.filler_after_ms / 1000, fillers.bridge_after_ms / 1000
    again = LINES["filler:1"] / 1000 + fillers.again_ms / 1000
    give_up = hedging_of(SETTINGS).give_up
    assert at["<filler:1>"] == pytest.approx(filler, abs=0.01)
    assert filler < at["<more:1>"] <= filler + again + 0.01
    assert bridge <= at["<bridge:1>"] <= bridge + again
    assert at["<line:handoff 1>"] == pytest.approx(give_up, abs=0.01)
    assert give_up <= fillers.give_up_after_ms / 1000
    await of.agent.close()


async def test_who_is_silent_again_and_again_is_left_alone() -> None:
    """The first few questions wait; then nobody is asked, and nobody waits. So it is where the call
    gives up before the models' own time is over."""
    settings = Settings(fillers=FillerSettings(give_up_after_ms=5000))
    assert settings.llm.give_up_s > 5.0
    of = await stage(models=(SILENT, SILENT), settings=settings)
    often = hedging_of(settings).breaker_failures
    waits: list[float] = []
    async with of.house.call(wire=(caller := Caller())) as call:
        caller.played = call.runner.playout.echoed
        for _ in range(often + 1):
            began = asyncio.get_running_loop().time()
            call.runner.final(QUESTION)
            await asyncio.sleep(9.0)
            assert texts(caller)[-1] == "<line:handoff 1>"
            waits.append(caller.told("audio.start")[-1]["at"] - began)
    assert min(waits[:often]) > 4.0
    assert waits[often] < 0.1
    await of.agent.close()
