"""``hit``: how soon a cached answer is on the wire after the caller's final text.

Open loop: every turn has an intended start, the load does not wait for the server, and latency is
counted from the intended instant of the ``final``. Client and server are two processes. In the
same run and on the same schedule each call also sends a message through a bare WebSocket echo of
the same server: the floor.

Three kinds of turn, in rotation:

* ``partial``: the words arrive at speaking pace, then the final says the same.
* ``final``: only the final, a wording that is in no cache: the embedding is on the path.
* ``speech``: as from a recogniser with a lag; the final comes ``SILENCE`` after the last word,
  whether the last partial had it or not. This gives ``decided_early_pct``.
"""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop
from websockets.asyncio.client import ClientConnection, connect

from bench.caller import Caller, quantiles, sleep_until
from bench.seeded import bank, environment
from bench.server import ServerProcess
from bench.speaking import SILENCE, WORD, lag_of
from gateway.ports.store import Catalogue
from gateway.settings.whole import Settings
from intents.decision import Kind
from intents.learning.knowledge import Knowledge
from intents.matcher import Matcher
from intents.models.encoder import Encoder
from intents.text.spoken import canonical

TURN = 3.0
"""Seconds between the finals of one call."""
SINGLE = 24.0
"""Seconds of the part with one call."""
AROUND = (
    "{} at your bank",
    "my wife wants to know {}",
    "{} with you",
    "my question is {}",
    "{} over there",
    "{} from my phone",
    "my son asked {}",
    "{} in general",
    "{} these days",
    "for my business {}",
)
"""Phrases that people say around a question; none of them is taken away before matching."""


@dataclass
class Samples:
    """Seconds of each kind, and how the decisions came about."""

    echo: list[float] = field(default_factory=list)
    partial: list[float] = field(default_factory=list)
    final: list[float] = field(default_factory=list)
    speech: list[float] = field(default_factory=list)
    early: int = 0
    hits: int = 0
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Material:
    """The questions of a load, and the catalogue that they are asked of."""

    folder: Path
    """The store that holds it."""
    catalogue: Catalogue
    encoder: Encoder
    seeded: list[str]
    """Questions as they were seeded."""
    fresh: list[str]
    """Hits in words of their own: a load takes them away."""


def material(settings: Settings, turns: float, seed: int) -> Material:
    """Hits of the bank's catalogue, enough for so many turns; the same for the same seed."""
    random.seed(seed)
    folder = Path(tempfile.gettempdir()) / "frontline-bench"
    catalogue, encoder = bank(settings, folder)
    matcher = Matcher(Knowledge.from_bytes(catalogue.knowledge), encoder)
    texts = [q for e in catalogue.entries if not e.action for q in e.questions]
    seeded = [text for text in texts if answers(matcher, text)]
    fresh = wordings(matcher, texts, turns=turns)
    return Material(folder, catalogue, encoder, seeded, fresh)


def run(
    settings: Settings, calls: int = 50, seconds: float = 45.0, seed: int = 7
) -> dict[str, Any]:
    """Measure with one call, then with many at once."""
    said = material(settings, calls * seconds / TURN, seed)
    figures: dict[str, float] = {}
    with ServerProcess(environment(settings, said.folder)) as server:
        for count, suffix, length in ((1, "_1call", SINGLE), (calls, "", seconds)):
            # a light client: what it takes of the two cores the server has not got
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                samples = runner.run(load(server.address, count, length, said.seeded, said.fresh))
            figures |= summary(samples, suffix)
        figures["rss_mib"] = round(server.rss_kib() / 1024, 1)
    ratio = {"partial_over_echo_p50": figures["partial_p50_ms"] / figures["echo_p50_ms"]}
    return {
        "bench": "hit",
        "parameters": {"calls": calls, "seconds": seconds, "turn_s": TURN, "seed": seed},
        "figures": {**figures, **{key: round(value, 2) for key, value in ratio.items()}},
        "goals": {
            "partial_over_echo_p50": "<= 3",
            "partial_p99_ms": "<= 10",
            "final_p50_ms": "<= 8",
            "final_p99_ms": "<= 20",
            "decided_early_pct": ">= 60",
            "lost_turns": "<= 0",
        },
    }


def answers(matcher: Matcher, text: str) -> bool:
    """Return whether the text is a hit at all; a miss is not what is measured here."""
    return matcher.match(text, final=True).kind is Kind.ANSWER


def wordings(matcher: Matcher, texts: list[str], turns: float) -> list[str]:
    """Hits in words that no other text of the run shares once fillers are taken away: each is
    said once, so that nobody has its embedding."""
    known = {canonical(text) for text in texts}
    worded = [around.format(text) for text in texts for around in AROUND]
    random.shuffle(worded)
    found: list[str] = []
    wanted = turns / 2 + SINGLE  # a third of the turns, with room
    for text in worded:
        said = canonical(text)
        if said not in known and answers(matcher, text):
            known.add(said)
            found.append(text)
        if len(found) >= wanted:
            return found
    raise RuntimeError(f"only {len(found)} of {wanted:.0f} wordings are hits")


def summary(samples: Samples, suffix: str) -> dict[str, float]:
    """Figures in ms."""
    figures: dict[str, float] = {}
    for name in ("echo", "partial", "final", "speech"):
        for label, value in zip(
            ("p50", "p95", "p99"), quantiles(getattr(samples, name)), strict=True
        ):
            figures[f"{name}_{label}{suffix}_ms"] = round(value * 1000, 2)
    figures[f"turns{suffix}"] = len(samples.partial) + len(samples.final) + len(samples.speech)
    figures[f"lost_turns{suffix}"] = samples.lost
    figures[f"decided_early{suffix}_pct"] = round(100 * samples.early / max(1, samples.hits), 1)
    return figures


async def load(
    address: str, calls: int, seconds: float, seeded: list[str], fresh: list[str]
) -> Samples:
    """The calls, spread evenly over a turn's length."""
    samples = Samples()
    start = time.perf_counter() + 1.0
    async with asyncio.TaskGroup() as tasks:
        for number in range(calls):
            tasks.create_task(
                one_call(address, start + TURN * number / calls, seconds, seeded, fresh, samples)
            )
    return samples


async def one_call(
    address: str,
    start: float,
    seconds: float,
    seeded: list[str],
    fresh: list[str],
    samples: Samples,
) -> None:
    """Turns at fixed instants, whatever comes back."""
    audio = {"encoding": "mulaw", "sample_rate": 8000}
    caller = await Caller.dial(address, stt="client", audio=audio)
    echo = await connect(f"ws://{address}/echo", compression=None, ping_interval=None)
    listening = asyncio.get_running_loop().create_task(caller.listen())
    kinds = ("partial", "final", "speech")
    sent: list[tuple[int, str, float]] = []
    for number in range(int(seconds / TURN)):
        kind = kinds[(number + int(start * 1000)) % 3]
        at = start + TURN * (number + 1)
        await sleep_until(at - TURN * 0.5 - 1.0)
        await one_echo(echo, at - TURN * 0.5, samples)
        text = fresh.pop() if kind == "final" else random.choice(seeded)
        await say(caller, kind, text, at)
        sent.append((number + 1, kind, at))
    await asyncio.sleep(1.0)
    await caller.close()
    await echo.close()
    await listening
    for number, kind, at in sent:
        turn = caller.turns.get(number)
        if turn is None or not turn.audio_at or turn.source != "cache":
            samples.lost += 1
            continue
        getattr(samples, kind).append(turn.audio_at - at)
        if kind == "speech":
            samples.hits += 1
            samples.early += turn.decision["decided_on"] == "partial"


async def one_echo(echo: ClientConnection, at: float, samples: Samples) -> None:
    """A message of a final's size there and back."""
    await sleep_until(at)
    await echo.send(json.dumps({"type": "final", "text": "what time do you open on weekdays"}))
    await echo.recv()
    samples.echo.append(time.perf_counter() - at)


async def say(caller: Caller, kind: str, text: str, final_at: float) -> None:
    """Send a turn so that its final leaves at that instant."""
    words = text.split()
    if kind != "final":
        spoken_until = final_at - SILENCE
        for count in range(max(1, len(words) - 5), len(words) + 1):
            lag = 0.0 if kind == "partial" else lag_of()
            at = spoken_until - WORD * (len(words) - count) + lag
            if at >= final_at:
                break  # the final overtakes it
            await sleep_until(at)
            await caller.send(type="partial", text=" ".join(words[:count]), revision=count)
    await sleep_until(final_at)
    await caller.send(type="final", text=text)
