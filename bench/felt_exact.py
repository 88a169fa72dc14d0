"""``felt-exact``: the waits of ``felt`` in virtual time, where a busy machine makes no difference.

The same spoken turns go through the real voice detector, the rules of turns, the pair of models and
the cutting of what they say; models and voice take exactly ``ttft_ms`` and ``ttfb_ms``. What
remains is what the rules make of it: no network and no thread is in it, so that a machine adds its
own (30 ms where nothing else runs). All is done twice, by the rules alone and with habit
(``intents.turns.finality``); every turn is a miss. Half of the texts (``dev_``) were looked at when
the rules were tuned, the other half (``test_``) was not. ``double_``: somebody else in the room
talks on; ``snr_``: noise, by kind and decibels;
``loss_``: packets that do not come, in percent. ``late_``: packets that come late. ``paused_``:
turns with a pause alone, enough to tell how many callers are cut off. ``people_``: recordings of
people, where they are, each over four lines.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any
from unittest.mock import patch

from bench.felt import (
    ANSWER,
    FRAME,
    GOOD,
    LAG_MS,
    Feeling,
    cuts_of,
    line_of,
    parted,
    waits_of,
)
from bench.interruptions import no_threads
from gateway.adapters.stt.scripted import ScriptedTranscription
from gateway.adapters.vad.two_step import TwoStepDetector
from gateway.audio import WireDecoder
from gateway.core.policy import Policy
from gateway.settings.whole import Settings
from gateway.shell.call import runner as runners
from gateway.shell.call.observe import LiveCall
from gateway.shell.call.runner import Runner
from gateway.shell.sound.caller_audio import Ears
from gateway.transports.native import NativeDialect
from gateway.wiring.factories import policy_of
from tests.support.chatting import ScriptedModel, pair
from tests.support.fakes import FakeVoice, FakeWire
from tests.support.house import PCM16K, House, catalogue, open_house
from tests.support.spoken import texts
from tests.support.spoken.people import said_by_people
from tests.support.spoken.telephone import RATE
from tests.support.spoken.turns import SpokenTurn, late_turns, paused_turns, spoken_turns
from tests.support.virtual import VirtualLoop

RULES = "rules_"
HUM_MS = 300
LINES: dict[str, int] = {"hum:1": HUM_MS, "filler:1": 700, "more:1": 900}
DEVELOPMENT = {*texts.LONG[::2], *texts.SHORT[::2]}
"""The texts that were looked at."""


def run(
    settings: Settings,
    turns: int = 240,
    ttft_ms: float = 300.0,
    ttfb_ms: float = 90.0,
    seed: int = 11,
    pauses: int = 160,
) -> dict[str, Any]:
    """Work it out; about four minutes."""
    material = list(spoken_turns(turns, seed))
    figures: dict[str, float] = {}
    good, bad = parted(material)
    paused, late = list(paused_turns(pauses, seed)), list(late_turns(turns // 4, seed))
    recorded = list(said_by_people(seed))
    for prefix, habit in ((RULES, False), ("", True)):
        policy = policy_of(settings)
        by = partial(felt_by, policy, ttft=ttft_ms / 1000, ttfb=ttfb_ms / 1000, habit=habit)
        found = figures_of([*by(good), *by(bad)])
        found |= line_of("paused", by(paused)) | line_of("late", by(late))
        if recorded:
            found |= line_of("people", by(recorded))
        figures |= {prefix + name: value for name, value in found.items()}
    return {
        "bench": "felt-exact",
        "parameters": {
            "turns": turns,
            "pauses": pauses,
            "ttft_ms": ttft_ms,
            "ttfb_ms": ttfb_ms,
            "seed": seed,
        },
        "figures": figures,
        "goals": {
            "miss_first_sound_p50_ms": "<= 550",
            "miss_first_sound_p95_ms": "<= 900",
            "miss_answer_p50_ms": "<= 800",
            "cut_off_pct": "<= 2",
            "paused_cut_off_pct": "<= 2",
        },
    }


def felt_by(
    policy: Policy, material: Iterable[SpokenTurn], ttft: float, ttfb: float, *, habit: bool
) -> list[Feeling]:
    """Everything said once, one call after the other, to one gateway in memory."""
    policy = replace(policy, agent=True, speculate=True, ear=False)
    with no_threads(), _habit(known=habit), asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(_all(policy, material, ttft, ttfb))


@contextlib.contextmanager
def _habit(*, known: bool) -> Iterator[None]:
    if known:
        yield
    else:
        with patch.object(runners, "finality", lambda text: None):
            yield


async def _all(
    policy: Policy, material: Iterable[SpokenTurn], ttft: float, ttfb: float
) -> list[Feeling]:
    model = ScriptedModel("first", [ttft, ANSWER])
    voice = FakeVoice(takes=ttfb, lasts=2.0, pieces=20)
    agent = pair(model)
    house = open_house(policy=policy, agent=agent, voice=voice)
    house.publish(catalogue(2, tenant="default", **LINES))
    felt = []
    for one in material:
        felt.append(await _speak(house, one))
        voice.texts.clear()  # it counts them in a byte
    await house.services.background.close()
    await agent.close()
    return felt


async def _speak(house: House, spoken: SpokenTurn) -> Feeling:
    loop, wire = asyncio.get_running_loop(), FakeWire()
    heard = ScriptedTranscription(spoken.words, LAG_MS, 1.0)
    live = LiveCall(f"c{loop.time()}", "default", "native", loop.time())
    runner = Runner(house.services, live, wire, NativeDialect(PCM16K), heard, lambda reason: None)
    ears = Ears(WireDecoder(PCM16K), TwoStepDetector(), heard, runner.receive)
    tasks = [loop.create_task(runner.outbox.run()), loop.create_task(runner.listen())]
    runner.start()
    began, size = loop.time(), int(RATE * FRAME) * 2
    for at in range(0, len(spoken.pcm), size):
        due = began + at / 2 / RATE + FRAME + spoken.late(at // size)
        await asyncio.sleep(max(0.0, due - loop.time()))
        ears.hear(spoken.pcm[at : at + size], loop.time())
    runner.hang_up()
    await heard.close()
    await asyncio.sleep(1.0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return _feeling(spoken, wire, began + spoken.end)


def _feeling(spoken: SpokenTurn, wire: FakeWire, ended: float) -> Feeling:
    """Sounds that were heard, from when the caller had finished."""
    felt, source = Feeling(spoken), ""
    decided = wire.told("decision")
    felt.path = str(decided[0]["path"]) if decided else ""
    plays = [(one["at"], str(one["source"])) for one in wire.told("audio.start")]
    for at in wire.audio():
        while plays and plays[0][0] <= at:
            source = plays.pop(0)[1]
            felt.sounds.setdefault(source, at - ended)
    felt.first = min(felt.sounds.values(), default=None)
    return felt


def figures_of(felt: list[Feeling]) -> dict[str, float]:
    """Figures of lines as good as telephones are, of each half of the texts, and of each noise."""
    double = [one for one in felt if one.turn.kind == "double" and one.turn.condition in GOOD]
    felt = [one for one in felt if one.turn.kind != "double"]
    good = [one for one in felt if one.turn.condition in GOOD]
    figures = {**waits_of(good), **cuts_of(good), **line_of("double", double)}
    for name, seen in (("dev_", True), ("test_", False)):
        half = [one for one in good if (one.turn.text in DEVELOPMENT) is seen]
        known = waits_of(half) | cuts_of(half)
        wanted = ("miss_first_sound_p50_ms", "miss_first_sound_p95_ms", "cut_off_pct", "pauses")
        figures |= {name + one: known[one] for one in wanted if one in known}
    for condition in sorted({one.turn.condition for one in felt} - {"clean", "telephone"}):
        kind, _, amount = condition.partition("-")
        name = f"loss_{amount}" if kind == "loss" else f"snr_{kind}_{amount}"
        figures |= line_of(name, [one for one in felt if one.turn.condition == condition])
    return figures
