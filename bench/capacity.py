"""``capacity``: how many telephone calls a core of the gateway carries.

The gateway has one core to itself, all its threads; the callers and the agent's providers have the
other ones, in processes of their own. Calls come through Twilio's door at natural pace: 50 frames
of 20 ms a second, a spoken question each ``TURN`` seconds and silence between, with the voice
detector on the path. The recogniser is scripted, with the words of what is said. ``HITS`` of the
turns are in the cache, in many wordings; the others are the agent's: a local model and a local
voice, asked over their own clients. Open loop: every frame has its instant, whatever comes back.

The calls of a step begin evenly over a turn's length; it is measured from when all have begun to
when the first one ends. Of each step (``_20`` is 20 calls):

* ``cpu_pct``: of the gateway's core; ``cpu_ms_per_call_second``: the same for a second of a call,
  the figure to compare on a machine that has other things to do.
* ``hit_*``: what the gateway adds to a cached answer, by the turns' own account: from the moment at
  which the caller's turn is over, and known to be, to the first sound on the wire.
* ``heard_*``: from the end of the caller's words to the first message of sound, at the caller's;
  the silence that ends a turn is in it.
* ``lost_turns`` had no sound; ``wrong_sound``: cached answers that are not, byte for byte, those
  that other callers got: sound lost or out of order; ``refused_messages``: those that Twilio would
  refuse.
* ``kib_per_call``: what the gateway's memory grew by with the step's calls, for each; what it
  allocates once is in that of the first step.
* ``pipecat_*``: with ``rival=10,20``, the same calls by a bot made of pipecat-ai, on the same core:
  its FastAPI transport, Twilio serializer and voice detector, and a fixed reply 0.5 s after each
  voice. Neither a recogniser nor a model is in it. ``make clients`` installs it.
* ``stall_ms``: the longest that the gateway's loop stood still while one caller waited for an
  answer; ``callers_late_ms``: the 99th percentile of how late the callers' own frames were. Where
  it is tens of milliseconds, the machine had other things to do, and only the cost is of use.
"""

from __future__ import annotations

import json
import os
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path
from typing import Any, TypeVar

from bench.caller import quantiles
from bench.hit import AROUND
from bench.line_callers import Answer, Line, Slot, Told, begin
from bench.miss import questions, replies
from bench.pipecat import PipecatBot
from bench.processes import cpu_s, rss_kib
from bench.providers import ProviderProcess, agent
from bench.seeded import TENANT, bank, environment
from bench.server import ServerProcess
from gateway.adapters.store import open_store
from gateway.audio import pcm_to_mulaw, resample
from gateway.ports.records import TurnQuery, TurnRecord
from gateway.settings.whole import Settings
from intents.decision import Kind
from intents.learning.knowledge import Knowledge
from intents.matcher import Matcher
from tests.providers.twilio import FRAME, PER_SECOND, SILENCE
from tests.support.speech import say

TURN = 8.0
HITS = 0.6
OVER = 4.0
"""Seconds of a turn after which the caller has said everything."""
POOL = 60
"""Different wordings of hits, and half as many questions that nobody has cached."""
LAG_MS = 150.0
"""The recogniser's, from a word's end to its transcript."""
TTFT_MS, TTFB_MS = 120.0, 70.0
"""The model's first word and the voice's first sound."""
SETTLE = 3.0
"""Seconds from a step's end until its turns are in the store and its calls forgotten."""
BUSY_PCT, HIT_P99_MS = 70.0, 20.0
"""The bounds within which calls count: how busy the core is, and how late cached answers are."""
OURS = ("match_ms", "gateway_ms", "stall_ms")
"""The gateway's own part of a turn's account."""

Words = list[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: its sound in a turn, its words there, and the entry that answers it, if any."""

    slot: Slot
    words: Words
    entry: str


@dataclass(frozen=True, slots=True)
class Step:
    """The findings of so many calls at once."""

    calls: int
    cpu_s: float
    seconds: float
    grown_kib: int
    told: Told
    records: Sequence[TurnRecord]


def run(
    settings: Settings,
    calls: int | str = "10,20,40,80",
    seconds: float = 24.0,
    seed: int = 7,
    rival: int | str = "",
) -> dict[str, Any]:
    """Measure. ``calls``: the steps; ``seconds`` of each that are measured, in whole turns;
    ``rival``: the steps of pipecat's bot, of the same questions and on the same core."""
    random.seed(seed)
    steps = [int(one) for one in str(calls).split(",")]
    rounds = max(1, round(seconds / TURN))
    folder = Path(tempfile.gettempdir()) / "frontline-bench"
    hits, misses = asked_of(settings, folder)
    said = {" ".join(word for word, _ in one.words): one for one in misses}
    says = folder / "capacity-says.json"
    says.write_text(json.dumps(replies(list(said))))
    plans = [plan(count, rounds + 1, hits, misses) for count in steps]
    scripts = [script(mine) for of_step in plans for mine in of_step]
    thinks = {"first": {"p50": TTFT_MS / 1000}}
    with (
        ProviderProcess("groq", thinks, says) as llm,
        ProviderProcess("openai", thinks, says) as second,
        ProviderProcess("elevenlabs", {"first": {"p50": TTFB_MS / 1000}}) as tts,
        served(settings, folder, max(steps), agent(llm, second, tts), scripts) as server,
    ):
        done = [step(server, folder, mine, rounds) for mine in plans]
    figures: dict[str, float] = {}
    known: dict[str, bytes] = {}
    for one, mine in zip(done, plans, strict=True):
        figures |= {f"{key}_{one.calls}": v for key, v in figures_of(one, mine, known).items()}
    figures |= carried(figures, steps)
    if rival:
        figures |= rivals([int(one) for one in str(rival).split(",")], rounds, hits)
    return {
        "bench": "capacity",
        "parameters": {
            "calls": str(calls),
            "seconds": rounds * TURN,
            "turn_s": TURN,
            "seed": seed,
            "rival": str(rival),
        },
        "figures": figures,
        "goals": {"calls_a_core": ">= 150"}
        | {
            f"{name}_{count}": "<= 0"
            for name in ("wrong_sound", "refused_messages", "calls_cut")
            for count in steps
        },
    }


@contextmanager
def served(
    settings: Settings, folder: Path, most: int, behind: dict[str, str], scripts: list[Words]
) -> Iterator[ServerProcess]:
    """The gateway on its own core."""
    room = {
        "FRONTLINE_SERVER__MAX_CALLS": str(2 * most + 10),
        "FRONTLINE_SERVER__BUSY_LAG_MS": "0",  # what too many calls are like is to be seen
        "FRONTLINE_SERVER__BUSY_CPU": "0",
    }
    with alone(ServerProcess(environment(settings, folder, **behind, **room), scripts, LAG_MS)) as (
        server
    ):
        yield server


Process = TypeVar("Process", ServerProcess, PipecatBot)


@contextmanager
def alone(process: Process) -> Iterator[Process]:
    """The process alone on the last core, and this one, and those it starts, on the others."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[-1:])  # which its threads inherit
    try:
        with process:
            os.sched_setaffinity(0, cores[:-1] or cores)
            yield process
    finally:
        os.sched_setaffinity(0, cores)


def step(server: ServerProcess, folder: Path, plan: list[list[Asked]], rounds: int) -> Step:
    """So many calls at once."""
    since = time.time()
    spent = spend(server.pid, f"ws://{server.address}/twilio/media", plan, rounds)
    time.sleep(SETTLE)
    store = open_store(f"sqlite:///{folder}", read_only=True)
    try:
        records = store.turns(TurnQuery(tenant=TENANT, since=since, limit=100_000))
    finally:
        store.close()
    return replace(spent, records=records)


def spend(pid: int, url: str, plan: list[list[Asked]], rounds: int) -> Step:
    """Have the calls, and look at what the process spends on them; without records."""
    start, before = time.perf_counter() + 3.0, rss_kib(pid)
    lines = [
        Line(start + TURN * number / len(plan), tuple(one.slot for one in mine))
        for number, mine in enumerate(plan)
    ]
    load = begin(url, lines)
    time.sleep(max(0.0, start + TURN - time.perf_counter()))
    cpu, began = cpu_s(pid), time.perf_counter()
    time.sleep(max(0.0, start + TURN * (rounds + 1) - time.perf_counter()))
    cpu, seconds = cpu_s(pid) - cpu, time.perf_counter() - began
    grown = rss_kib(pid) - before
    return Step(len(plan), cpu, seconds, grown, load.told(), ())


# --- the rival ----------------------------------------------------------------------------------


def rivals(steps: Sequence[int], rounds: int, asked: Sequence[Asked]) -> dict[str, float]:
    """The same calls by pipecat's own server, its voice detector and a fixed reply."""
    figures: dict[str, float] = {}
    with alone(PipecatBot()) as bot:
        for count in steps:
            mine = plan(count, rounds + 1, asked, asked)
            done = spend(bot.pid, f"ws://127.0.0.1:{bot.port}/ws", mine, rounds)
            figures |= {f"pipecat_{key}_{count}": v for key, v in of_rival(done).items()}
            time.sleep(SETTLE)
    return figures


def of_rival(step: Step) -> dict[str, float]:
    """The figures of a step that can be told of both."""
    answers = [answer for answers in step.told.answers for answer in answers]
    wire = quantiles([one.after for one in answers if one.after] or [0.0])
    return {
        **spent_of(step),
        "heard_p50_ms": round(wire[0] * 1000, 1),
        "heard_p99_ms": round(wire[2] * 1000, 1),
        "turns": len(answers),
        "lost_turns": sum(not one.after for one in answers),
        "calls_cut": step.told.cut,
        "callers_late_ms": round(quantiles(step.told.late)[2] * 1000, 1),
    }


def spent_of(step: Step) -> dict[str, float]:
    """The processor time and the memory of a step."""
    return {
        "cpu_pct": round(100 * step.cpu_s / step.seconds, 1),
        "cpu_ms_per_call_second": round(1000 * step.cpu_s / step.seconds / step.calls, 2),
        "kib_per_call": round(step.grown_kib / step.calls),
    }


# --- what is said -------------------------------------------------------------------------------


def asked_of(settings: Settings, folder: Path) -> tuple[list[Asked], list[Asked]]:
    """Questions that are hits, and questions that are not."""
    catalogue, encoder = bank(settings, folder)
    matcher = Matcher(Knowledge.from_bytes(catalogue.knowledge), encoder)
    plain = [q for entry in catalogue.entries if not entry.action for q in entry.questions]
    texts = plain + [around.format(text) for text in plain for around in AROUND]
    random.shuffle(texts)
    hits: list[Asked] = []
    for text in texts:
        decision = matcher.match(text, final=True)
        if decision.kind is Kind.ANSWER and (asked := aloud(text, decision.entry)):
            hits.append(asked)
        if len(hits) == POOL:
            break
    misses = [aloud(text, "") for text in questions(matcher, POOL // 2)]
    return hits, [one for one in misses if one]


def aloud(text: str, entry: str) -> Asked | None:
    """The question so that it ends at ``OVER`` in a turn; None if it is too long for that."""
    clip = say(text)
    before = OVER * 1000 - clip.end_ms
    if before < 0:
        return None
    rate = PER_SECOND
    sound = pcm_to_mulaw(resample(clip.pcm, clip.rate, rate))
    sound = (SILENCE * (round(before * rate / 1000) // FRAME * FRAME) + sound).ljust(
        round(TURN * rate), SILENCE
    )[: round(TURN * rate)]
    words = [(word, before + end) for word, _, end in clip.words]
    return Asked(Slot(sound, OVER), words, entry)


def plan(
    calls: int, rounds: int, hits: Sequence[Asked], misses: Sequence[Asked]
) -> list[list[Asked]]:
    """The turns of each call."""
    hit, miss = cycle(random.sample(hits, len(hits))), cycle(random.sample(misses, len(misses)))
    kinds = [number < HITS * calls * rounds for number in range(calls * rounds)]
    random.shuffle(kinds)
    turns = [next(hit if kind else miss) for kind in kinds]
    return [turns[number * rounds : (number + 1) * rounds] for number in range(calls)]


def script(turns: Sequence[Asked]) -> Words:
    """The words of a call and when each is over, in ms from its first frame."""
    return [
        (word, end + TURN * 1000 * number)
        for number, one in enumerate(turns)
        for word, end in one.words
    ]


# --- figures ------------------------------------------------------------------------------------


def figures_of(step: Step, plan: list[list[Asked]], known: dict[str, bytes]) -> dict[str, float]:
    """The figures of a step. ``known``: the sound of each entry's answer so far."""
    pairs = [
        (asked, answer)
        for mine, answers in zip(plan, step.told.answers, strict=True)
        for asked, answer in zip(mine, answers, strict=True)
    ]
    heard = [answer.after for asked, answer in pairs if asked.entry and answer.after]
    ours = [
        sum(one.timeline.get(name, 0.0) for name in OURS)
        for one in step.records
        if one.path == "cache" and "ttfa_ms" in one.timeline
    ]
    p50, _, p99 = quantiles(ours or [0.0])
    wire = quantiles(heard or [0.0])
    return {
        **spent_of(step),
        "hit_p50_ms": round(p50, 2),
        "hit_p99_ms": round(p99, 2),
        "hit_p999_ms": round(far_out(ours or [0.0]), 2),
        "heard_p50_ms": round(wire[0] * 1000, 1),
        "heard_p99_ms": round(wire[2] * 1000, 1),
        "turns": len(pairs),
        "hits": len(ours),
        "lost_turns": sum(not answer.after for _, answer in pairs),
        "wrong_sound": sum(differs(one, got, known) for one, got in pairs),
        "refused_messages": step.told.errors,
        "calls_cut": step.told.cut,
        "stall_ms": max((one.evidence.get("stall_ms", 0.0) for one in step.records), default=0.0),
        "callers_late_ms": round(quantiles(step.told.late)[2] * 1000, 1),
    }


def far_out(values: Sequence[float]) -> float:
    """The p99.9, a value that occurred."""
    return sorted(values)[round(0.999 * (len(values) - 1))]


def differs(asked: Asked, answer: Answer, known: dict[str, bytes]) -> bool:
    """Return whether a cached answer's sound is not that of the same entry before, as far as both
    were played: the next question cuts an answer short."""
    if not asked.entry or not answer.sound:
        return False
    before = known.setdefault(asked.entry, answer.sound)
    size = min(len(before), len(answer.sound))
    if len(answer.sound) > len(before):
        known[asked.entry] = answer.sound
    return before[:size] != answer.sound[:size]


def carried(figures: dict[str, float], steps: Sequence[int]) -> dict[str, float]:
    """The most calls of a step that keeps to the bounds, and of a core by its last step's cost."""
    good = [
        count
        for count in steps
        if figures[f"cpu_pct_{count}"] <= BUSY_PCT
        and figures[f"hit_p99_ms_{count}"] <= HIT_P99_MS
        and not figures[f"lost_turns_{count}"]
    ]
    costs = figures[f"cpu_ms_per_call_second_{max(good, default=min(steps))}"]
    return {
        "calls_a_core": max(good, default=0),
        "calls_by_cpu": int(BUSY_PCT * 10 / costs) if costs else 0,
    }
