"""``felt``: the waits that callers feel, on speech that has been over a telephone.

Spoken turns (``tests/support/spoken``) go over the socket in real time, through the voice detector,
the ear, and the end-of-turn rules of the real gateway; a pair of models and a voice answer what the
cache does not. Transcripts are word-timed, so that recognition errors do not blur what is measured.
Each turn is a call of its own. All of it is done twice, as the rules alone have it (``rules_``) and
with everything.

* ``first_sound``: from the last sound of the caller's speech to the first audio of any kind.
* ``answer``: to the first audio of the agent's own.
* ``cut_off``: turns with a pause of 300 to 600 ms in which we began before the caller had finished.
  Any sound counts. ``restart_cut_off``: the same of those who broke off and began again.
* ``late_``: packets that are held up in runs, 1 to 5 % of them, and then come at once.
* ``double_``: somebody else in the room talks on, over any line.
* ``noisy_``: babble and line noise at 20, 10 and 5 dB, and packets of which 5 % are lost.
* ``miss_question``: of the misses, whole questions and requests; the others are statements.

A turn is a miss or a hit by how it was decided. Those that were cut off have no other figure.
"""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop

from bench.caller import Caller, in_calls, quantiles, sleep_until
from bench.hit import answers
from bench.providers import ProviderProcess, agent
from bench.seeded import bank, environment
from bench.server import ServerProcess
from gateway.core.turn.ending import CERTAIN
from gateway.settings.whole import Settings
from intents.learning.knowledge import Knowledge
from intents.matcher import Matcher
from intents.turns.completeness import complete
from tests.support.spoken.telephone import RATE
from tests.support.spoken.turns import SpokenTurn, late_turns, spoken_turns

FRAME = 0.02
AT_ONCE = 10
"""Calls at a time: about half of them speak."""
LAG_MS = 100.0
"""The delay from a word's end to its transcript, in ms."""
RULES = "rules_"
"""The same again by the rules alone: no ear."""
ANSWER = "Yes, that can be done. Shall I do it for you?"
GOOD = ("clean", "telephone", "loss-1")
"""Lines that are as good as telephones are."""


@dataclass
class Feeling:
    """The feelings of one caller; seconds from the last sound of their speech."""

    turn: SpokenTurn
    path: str = ""
    first: float | None = None
    sounds: dict[str, float] = field(default_factory=dict)

    @property
    def cut_off(self) -> bool:
        """True if something was said before the caller had finished."""
        return self.first is not None and self.first <= 0


def run(
    settings: Settings,
    turns: int = 240,
    ttft_ms: float = 300.0,
    ttfb_ms: float = 90.0,
    seed: int = 11,
    only: str = "",
) -> dict[str, Any]:
    """Measure; about seven minutes. ``only``: ``rules`` or ``ear``, in half the time."""
    random.seed(seed)
    folder = Path(tempfile.gettempdir()) / "frontline-bench"
    catalogue, encoder = bank(settings, folder)
    matcher = Matcher(Knowledge.from_bytes(catalogue.knowledge), encoder)
    known = [q for e in catalogue.entries if not e.action for q in e.questions]
    sure = tuple(random.sample([text for text in known if answers(matcher, text)], 30))
    material = [*spoken_turns(turns, seed, sure), *late_turns(turns // 10, seed)]
    says = folder / "felt-says.json"
    says.write_text(json.dumps({one.text: ANSWER for one in material}))
    thinks = {"first": {"p50": ttft_ms / 1000}}
    figures: dict[str, float] = {}
    with (
        ProviderProcess("groq", thinks, says) as llm,
        ProviderProcess("openai", thinks, says) as second,
        ProviderProcess("elevenlabs", {"first": {"p50": ttfb_ms / 1000}}) as tts,
    ):
        pair = agent(llm, second, tts)
        for prefix, ear in ((RULES, "off"), ("", "smart-turn")):
            if only and only != ("rules" if prefix else "ear"):
                continue
            env = environment(settings, folder, **pair, FRONTLINE_TURN__EAR=ear)
            felt = felt_by(env, material)
            figures |= {prefix + name: value for name, value in figures_of(felt).items()}
    return {
        "bench": "felt",
        "parameters": {
            "turns": turns,
            "at_once": AT_ONCE,
            "ttft_ms": ttft_ms,
            "ttfb_ms": ttfb_ms,
            "lag_ms": LAG_MS,
            "seed": seed,
        },
        "figures": figures,
        "goals": {
            "miss_first_sound_p50_ms": "<= 550",
            "miss_first_sound_p95_ms": "<= 900",
            "miss_answer_p50_ms": "<= 800",
            "hit_p50_ms": "<= 210",
            "cut_off_pct": "<= 2",
        },
    }


def felt_by(env: Mapping[str, str], material: list[SpokenTurn]) -> list[Feeling]:
    """Everything said once to a gateway with those settings; what is said over bad lines to one of
    its own, since it would use up what may be begun early (``llm.speculate``)."""
    felt: list[Feeling] = []
    for part in parted(material):
        transcripts = [list(one.words) for one in part]
        with (
            ServerProcess(env, transcripts, LAG_MS) as server,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            calls = in_calls(server.address, part, speak, rate=RATE, at_once=AT_ONCE)
            felt += runner.run(calls)
    return felt


def parted(material: Sequence[SpokenTurn]) -> tuple[list[SpokenTurn], list[SpokenTurn]]:
    """(turns over lines as good as telephones are, where nobody else talks; the others)."""
    good = [one for one in material if is_good(one)]
    return good, [one for one in material if not is_good(one)]


def is_good(turn: SpokenTurn) -> bool:
    """Return whether the line is as good as telephones are, and nobody else talks."""
    return turn.condition in GOOD and turn.kind != "double" and not turn.delays


async def speak(caller: Caller, turn: SpokenTurn) -> Feeling:
    """Stream the sound in real time, to its end: a caller who is cut off says the rest."""
    listening = asyncio.get_running_loop().create_task(caller.listen())
    size = int(RATE * FRAME) * 2
    began = time.perf_counter()
    for index in range(0, len(turn.pcm), size):
        await sleep_until(began + index / 2 / RATE + FRAME + turn.late(index // size))
        await caller.send_audio(turn.pcm[index : index + size])
    await caller.close()
    await listening
    return feeling(caller, turn, began + turn.end)


def feeling(caller: Caller, spoken: SpokenTurn, ended: float) -> Feeling:
    """Sounds that were heard, from when the caller had finished."""
    felt = Feeling(spoken)
    for _, turn in sorted(caller.turns.items()):
        felt.path = felt.path or str(turn.decision.get("path", ""))
        for source, at in turn.sounds.items():
            felt.sounds.setdefault(source, at - ended)
    felt.first = min(felt.sounds.values(), default=None)
    return felt


def figures_of(felt: list[Feeling]) -> dict[str, float]:
    """Figures of lines as good as telephones are, and of the others; of delays, those of callers
    who were not cut off."""
    good = [one for one in felt if is_good(one.turn)]
    figures = {**waits_of(good), **cuts_of(good)}
    late = [one for one in felt if one.turn.delays]
    if late:
        figures |= line_of("late", late)
    rest = [one for one in felt if not is_good(one.turn) and not one.turn.delays]
    figures |= line_of("double", [one for one in rest if one.turn.kind == "double"])
    noisy = [one for one in rest if one.turn.kind != "double"]
    for name, value in (waits_of(noisy) | cuts_of(noisy)).items():
        figures[f"noisy_{name}"] = value
    return figures


def waits_of(felt: list[Feeling]) -> dict[str, float]:
    """Waits of callers, by what they waited for."""
    whole = [one for one in felt if one.first is not None and not one.cut_off]
    misses = [one for one in whole if one.path == "agent"]
    hits = [one for one in whole if one.path == "cache"]
    asked = [one for one in misses if complete(one.turn.text) >= CERTAIN]
    figures: dict[str, float] = {}
    waits: dict[str, list[float]] = {
        "miss_first_sound": [one.first for one in misses if one.first is not None],
        "miss_question_first_sound": [one.first for one in asked if one.first is not None],
        "miss_answer": [one.sounds["agent"] for one in misses if "agent" in one.sounds],
        "hit": [one.first for one in hits if one.first is not None],
    }
    for name, values in waits.items():
        if not values:
            continue
        for label, value in zip(("p50", "p95", "p99"), quantiles(values), strict=True):
            figures[f"{name}_{label}_ms"] = round(value * 1000, 1)
    figures |= {"misses": len(misses), "hits": len(hits)}
    sooner = sum("filler" not in one.sounds for one in misses)
    figures["answer_first_pct"] = round(100 * sooner / max(1, len(misses)), 1)
    return figures


def cuts_of(felt: list[Feeling]) -> dict[str, float]:
    """Callers who were cut off, and those whom nobody heard out."""
    heard = [one for one in felt if one.first is not None]
    pausing = [one for one in heard if one.turn.kind == "pause"]
    restarting = [one for one in heard if one.turn.kind == "restart"]
    return {
        "cut_off_pct": share_cut(pausing),
        "restart_cut_off_pct": share_cut(restarting),
        "pauses": len(pausing),
        "unanswered": len(felt) - len(heard),
    }


def share_cut(felt: list[Feeling]) -> float:
    """Percent of them that were cut off."""
    return round(100 * sum(one.cut_off for one in felt) / max(1, len(felt)), 2)


def line_of(name: str, felt: list[Feeling]) -> dict[str, float]:
    """Figures of one kind of line: turns, those never answered, cut-offs, the first sound."""
    heard = [one for one in felt if one.first is not None]
    waits = [one.first for one in heard if one.first is not None and not one.cut_off]
    figures = {
        f"{name}_turns": float(len(felt)),
        f"{name}_unanswered": float(len(felt) - len(heard)),
        f"{name}_cut_off_pct": share_cut([one for one in heard if one.turn.kind == "pause"]),
    }
    if waits:
        p50, p95, _ = quantiles(waits)
        figures |= {f"{name}_first_sound_p50_ms": round(p50 * 1000, 1)}
        figures |= {f"{name}_first_sound_p95_ms": round(p95 * 1000, 1)}
    return figures
