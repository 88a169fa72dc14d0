"""``barge-in``: how soon the caller's voice stops ours, and whether anything of it comes after.

**Measured**, in real time: calls to the real gateway in a process of its own, in which questions
spoken by espeak-ng go over the socket at the pace of a microphone, each while the answer to the
one before is on the air: cached clips, and replies of a local agent (local providers, processes of
their own). Transcripts are word-timed, so that recognition errors do not blur what is measured.
Twice: with ``barge_in.min_speech_ms`` at its least, where the voice alone stops us as soon as the
detector is sure (``clear``); and at its default, where the first recognised word does (``word``).

Counted from the instant at which the last sound that the gateway needed was to be sent, in frames
of 20 ms, to the ``clear`` at the caller. What sound that is, is known beforehand: the detector's
word depends on the sound alone (``VoiceChange.known_ms``), as the transcripts do. So the detector's
own window, ``barge_in.min_speech_ms`` and the recogniser's lag are not in it; the wait for the rest
of a frame, the network, the detector's work and the gateway are. ``onset_to_clear`` is the whole:
from where the speech began.

**Counted**, in virtual time: ``bench/interruptions.py``, and on a carrier's line before agents with
a voice of their own, ``bench/voiced_cuts.py``.
"""

from __future__ import annotations

import asyncio
import json
import math
import random
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop
from websockets.asyncio.client import ClientConnection

from bench import voiced_cuts
from bench.caller import Caller, quantiles, sleep_until
from bench.interruptions import interrupt
from bench.miss import questions
from bench.providers import ProviderProcess, agent
from bench.seeded import bank, environment
from bench.server import ServerProcess
from bench.turn_end import RATE, silence, trimmed
from gateway.adapters.vad.two_step import TwoStepDetector
from gateway.ports.speech_in import VoiceChange
from gateway.ports.store import Catalogue
from gateway.settings.whole import Settings
from intents.decision import Kind
from intents.learning.knowledge import Knowledge
from intents.matcher import Matcher
from tests.support.speech import say

FRAME_MS = 20
LEAST_MS = 50
"""The least ``barge_in.min_speech_ms``: shorter than the detector's own window."""
LEAD, TAIL = 0.6, 3.0
"""Seconds of silence before the first question and after the last one."""
GAP = (1.5, 2.8)
"""Seconds from the end of a question to the next one, which cuts the answer short."""
LONG = 4500
"""Milliseconds of a cached answer that is certainly cut short."""
REPLY = (
    "Yes, there is a good one. You find it behind the station, next to the old market hall. "
    "They are open every day but Sunday. Ask for the manager, who knows me well."
)
EDGE = 0.03
"""Seconds about the beginning and the end of a sound in which it is not asked whether there was
anything to stop."""
BEFORE = 0.3
"""Seconds by which a sound may have been cleared too soon and still by this question."""
VOICED = 0.05
"""The share of the interruptions in virtual time that is done again before each agent with a voice
of its own, where one takes thirty times as long."""
STOPPED_WITHIN = 1.5
"""Seconds after which it was not stopped by this question."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A question that cuts in. Milliseconds of the call's sound."""

    onset: float
    """The position at which the speech began, according to the detector."""
    known: float
    """The position at which the detector knew of the speech."""
    word: float
    """The position at which the recogniser reports the first word."""

    def due(self, min_speech: float) -> float:
        """The position at which there is enough speech to stop the answer."""
        return min(max(self.known, self.onset + min_speech), self.word)


@dataclass
class Stream:
    """All the sound of a call."""

    pcm: bytes
    words: list[tuple[str, float]]
    cuts: list[Cut]


@dataclass
class Stops:
    """The answers that were stopped, and the seconds it took."""

    clear: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    late: int = 0
    unstopped: int = 0
    sources: dict[str, int] = field(default_factory=dict)


class Listener(Caller):
    """A caller who knows when each sound began, ended and was cleared, by generation."""

    def __init__(self, socket: ClientConnection) -> None:
        super().__init__(socket)
        self.started: dict[int, tuple[float, str]] = {}
        self.ended: dict[int, float] = {}
        self.cleared: dict[int, float] = {}
        self.late = 0
        """Messages of a generation after its ``clear``."""
        self._generation = 0

    def _take(self, message: str | bytes, now: float) -> None:
        super()._take(message, now)
        if isinstance(message, bytes):
            self.late += self._generation in self.cleared
            return
        told = json.loads(message)
        number = told.get("generation", 0)
        match told["type"]:
            case "clear":
                self.cleared[number] = now
                return
            case "audio.start":
                self._generation = number
                self.started[number] = now, told["source"]
            case "audio.end":
                self.ended[number] = now
            case "mark":
                number = int(told["name"].partition(":")[0][1:])
        self.late += number in self.cleared

    def on_air(self, at: float) -> int | None:
        """The generation that was to be stopped then; None if there was none for certain."""
        for number, (began, _) in self.started.items():
            gone = self.cleared.get(number, math.inf) + BEFORE  # by the question before
            over = min(self.ended.get(number, math.inf) - EDGE, gone)
            if began + EDGE < at < over:
                return number
        return None


def run(
    settings: Settings,
    calls: int = 12,
    cuts: int = 9,
    lag_ms: float = 100.0,
    interruptions: int = 10_000,
    seed: int = 7,
    folder: str = "",
) -> dict[str, Any]:
    """Measure, then count. ``cuts``: of each call. ``VOICED`` of the interruptions are done again
    before each agent with a voice of its own."""
    random.seed(seed)
    home = Path(folder or tempfile.gettempdir()) / "frontline-bench"
    catalogue, encoder = bank(settings, home)
    matcher = Matcher(Knowledge.from_bytes(catalogue.knowledge), encoder)
    misses = questions(matcher, max(8, calls))
    hits = long_answers(catalogue, matcher)
    streams = [stream(hits, misses, cuts, lag_ms) for _ in range(calls)]
    says = home / "barge-in-says.json"
    says.write_text(json.dumps(dict.fromkeys(misses, REPLY)))
    figures: dict[str, float] = {}
    late = 0
    usual = settings.barge_in.min_speech_ms
    for name, min_speech in (("", LEAST_MS), ("word_", usual)):
        stops = real(settings, home, says, streams, lag_ms, min_speech)
        late += stops.late
        figures |= figures_of(name, stops)
    outcome = interrupt(interruptions, seed)
    counts = {
        "interruptions": outcome.interruptions,
        **{f"over_{source}": number for source, number in sorted(outcome.sources.items())},
        "late_messages": late + outcome.late,
        "uncleared": outcome.uncleared,
        "agents_left_running": outcome.running,
        **voiced_cuts.figures(math.ceil(interruptions * VOICED), seed),
    }
    goals = {"clear_p99_ms": "<= 50", "word_clear_p99_ms": "<= 50", "unstopped": "<= 0"}
    zero = dict.fromkeys(("late_messages", "uncleared", "agents_left_running"), "<= 0")
    for vendor in voiced_cuts.VENDORS:
        zero |= {f"{vendor}_late_messages": "<= 0", f"{vendor}_uncleared": "<= 0"}
    return {
        "bench": "barge-in",
        "parameters": {"calls": calls, "cuts": cuts, "lag_ms": lag_ms, "seed": seed},
        "figures": figures | counts,
        "goals": {**goals, "word_unstopped": "<= 0", **zero},
    }


def figures_of(name: str, stops: Stops) -> dict[str, float]:
    """Figures of one run of calls."""
    if not stops.clear:
        raise RuntimeError("nothing was on the air when somebody cut in")
    figures: dict[str, float] = {}
    for key, values in (("clear", stops.clear), ("onset_to_clear", stops.whole)):
        for label, value in zip(("p50", "p95", "p99"), quantiles(values), strict=True):
            figures[f"{name}{key}_{label}_ms"] = round(value * 1000, 1)
    figures[f"{name}stopped"] = len(stops.clear)
    figures[f"{name}unstopped"] = stops.unstopped
    figures |= {f"{name}stopped_{source}": n for source, n in sorted(stops.sources.items())}
    return figures


# --- what is said -------------------------------------------------------------------------------


def long_answers(catalogue: Catalogue, matcher: Matcher) -> list[str]:
    """Questions of entries whose answer takes long enough to be cut short."""
    return [
        question
        for entry in catalogue.entries
        for question in entry.questions[:1]
        if not entry.action
        and catalogue.clips[f"entry:{entry.id}"].duration_ms >= LONG
        and matcher.match(question, final=True).kind is Kind.ANSWER
    ]


def stream(hits: list[str], misses: list[str], cuts: int, lag_ms: float) -> Stream:
    """A call: a question, and as many that cut in on the answer to the one before."""
    pcm = silence(LEAD)
    words: list[tuple[str, float]] = []
    firsts: list[tuple[float, float]] = []  # of each question: its onset and its first word's end
    for number in range(cuts + 1):
        if number:
            pcm += silence(random.uniform(*GAP))
        clip = say(random.choice(misses if random.random() < 0.5 else hits))
        offset = len(pcm) / 2 / RATE * 1000
        timed = [(word, offset + end) for word, _, end in clip.words]
        firsts.append((offset, timed[0][1]))
        words += timed
        pcm += trimmed(clip.pcm)
    pcm += silence(TAIL)
    changes = [change for change in TwoStepDetector().feed(pcm) if change.speaking]
    found = (_cut(changes, begin, end + lag_ms) for begin, end in firsts[1:])
    return Stream(pcm, words, [cut for cut in found if cut is not None])


def _cut(changes: Iterable[VoiceChange], begin: float, word: float) -> Cut | None:
    """None where the detector took it for a part of what was said before."""
    for change in changes:
        if begin - 100 <= change.at_ms <= word:
            return Cut(onset=change.at_ms, known=change.known_ms, word=word)
    return None


# --- in real time -------------------------------------------------------------------------------


def real(
    settings: Settings,
    home: Path,
    says: Path,
    streams: list[Stream],
    lag_ms: float,
    min_speech_ms: int,
) -> Stops:
    """All calls at once, to one gateway."""
    with (
        ProviderProcess("groq", {"first": {"p50": 0.12}}, says) as llm,
        ProviderProcess("openai", {"first": {"p50": 0.12}}, says) as second,
        ProviderProcess("elevenlabs", {"first": {"p50": 0.07}}) as tts,
    ):
        more = {**agent(llm, second, tts), "FRONTLINE_BARGE_IN__MIN_SPEECH_MS": str(min_speech_ms)}
        transcripts = [one.words for one in streams]
        with (
            ServerProcess(environment(settings, home, **more), transcripts, lag_ms) as server,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            return runner.run(talk(server.address, streams, min_speech_ms))


async def talk(address: str, streams: list[Stream], min_speech_ms: int) -> Stops:
    """The calls, opened in the order of their transcripts."""
    stops = Stops()
    audio = {"encoding": "pcm_s16le", "sample_rate": RATE}
    callers = [await Listener.dial(address, stt="server", audio=audio) for _ in streams]
    async with asyncio.TaskGroup() as tasks:
        for caller, one in zip(callers, streams, strict=True):
            began = time.perf_counter() + random.uniform(0.2, 2.0)
            tasks.create_task(one_call(caller, one, began, min_speech_ms, stops))
    return stops


async def one_call(
    caller: Listener, one: Stream, began: float, min_speech_ms: int, stops: Stops
) -> None:
    """Send the sound as a microphone has it; then see what stopped when."""
    listening = asyncio.get_running_loop().create_task(caller.listen())
    size = RATE * FRAME_MS // 1000 * 2
    for index in range(0, len(one.pcm), size):
        await sleep_until(began + (index + size) / 2 / RATE)
        await caller.send_audio(one.pcm[index : index + size])
    await caller.close()
    await listening
    stops.late += caller.late
    for cut in one.cuts:
        due = began + due_ms(cut, min_speech_ms) / 1000
        generation = caller.on_air(due)
        if generation is None:
            continue
        cleared = caller.cleared.get(generation, math.inf)
        if cleared > due + STOPPED_WITHIN:
            stops.unstopped += 1
            continue
        source = caller.started[generation][1]
        stops.sources[source] = stops.sources.get(source, 0) + 1
        stops.clear.append(cleared - due)
        stops.whole.append(cleared - began - cut.onset / 1000)


def due_ms(cut: Cut, min_speech_ms: float) -> float:
    """The position in ms at which enough sound has been sent to stop the answer. A timer of the
    gateway needs no further frame.
    """
    due = cut.due(min_speech_ms)
    frames = math.ceil(due / FRAME_MS - 1e-9) * FRAME_MS
    return due if due == cut.onset + min_speech_ms else frames
