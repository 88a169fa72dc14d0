"""``turn-end``: from the end of the caller's speech to the first audio, as the caller feels it.

Speech goes over the socket in real time, through the voice detector and the end-of-turn rules of
the real gateway. Transcripts are word-timed (each word is known ``lag_ms`` after its end), so that
recognition errors do not blur what is measured. Three sets:

* ``sure``: seeded questions; the match is confident and the sentence complete.
* ``other``: complete sentences that the catalogue does not answer.
* ``pause``: sentences with a pause of 300 to 600 ms between two words. If we begin to speak before
  the caller has finished, the caller was cut off.

The two trade against each other: less silence is answered sooner and cuts off more. All is
measured twice, with and without the match's say in it.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.caller import Caller, in_calls, quantiles, sleep_until
from bench.hit import answers
from bench.seeded import bank, environment
from bench.server import ServerProcess
from gateway.settings.whole import Settings
from intents.learning.knowledge import Knowledge
from intents.matcher import Matcher
from tests.support.data import shared_data
from tests.support.speech import say

RATE = 16_000
AT_ONCE = 12
FRAME = 0.02
WITHOUT = "without_match_"
"""The same again, with a confident match that shortens no wait: what it saves, and whom it cuts."""
LEAD, TAIL = 0.4, 3.0
"""Seconds of silence before the speech and after it."""

OTHERS = (
    "do you have a table for four people tonight",
    "my neighbour's dog keeps barking at the mailman",
    "i would like to know how tall the tower is",
    "the train to the airport leaves at noon",
    "can you recommend a good book about gardening",
    "what is the best way to cook a salmon",
    "my sister is getting married next spring",
    "how long does it take to learn the piano",
    "please tell me who won the football game",
    "i think it is going to rain this afternoon",
    "the children are playing in the garden",
    "where can i buy fresh flowers around here",
    "which language do they speak in brazil",
    "we painted the kitchen a lovely shade of green",
    "is it possible to grow tomatoes on a balcony",
    "he was not an ill disposed young man",
)
LONGER = (
    "i would like to know whether my parents can use the card when they travel",
    "could you explain to me how the interest on a savings account is worked out",
    "my husband and i want to open an account together before the end of the month",
    "the last time i called someone told me that the branch would be closed",
    "i am trying to find out if there is a charge for sending money to my son in canada",
    "we moved to a new house last week and i need to change the address you have for me",
    "yesterday i tried to pay in a shop and the machine did not accept my card at all",
    "before i come to the branch i want to be sure that i bring the right papers",
    "is there anything i have to do if i want to take out more cash than usual",
    "when my new card arrives do i have to do something to make it work",
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """An utterance as the caller's microphone gives it."""

    kind: str
    text: str
    pcm: bytes
    words: tuple[tuple[str, float], ...]
    """Words and where they end, in ms from the start of the call's audio."""
    end: float
    """Seconds from the start of the audio to the last sound of the speech."""


@dataclass(frozen=True, slots=True)
class TurnEnding:
    """The timing of an utterance's answer; seconds."""

    kind: str
    felt: float
    """The seconds from the end of the speech to the first audio; negative if the caller was cut
    off."""
    answered: bool


def run(
    settings: Settings, each: int = 48, pauses: int = 160, lag_ms: float = 100.0, seed: int = 7
) -> dict[str, Any]:
    """Measure; about four minutes."""
    random.seed(seed)
    folder = Path(tempfile.gettempdir()) / "frontline-bench"
    catalogue, encoder = bank(settings, folder)
    matcher = Matcher(Knowledge.from_bytes(catalogue.knowledge), encoder)
    texts = [q for e in catalogue.entries if not e.action for q in e.questions]
    seeded = [text for text in texts if answers(matcher, text)]
    sure = [spoken("sure", text) for text in random.sample(seeded, each)]
    other = [spoken("other", random.choice(OTHERS)) for _ in range(each)]
    long = [text for text in seeded if len(text.split()) >= 6]
    paused = [
        spoken("pause", random.choice(long if index % 2 else LONGER), random.uniform(0.3, 0.6))
        for index in range(pauses)
    ]
    recorded = recordings()
    material = sure + other + paused + recorded
    random.shuffle(material)
    transcripts = [list(one.words) for one in material]
    figures: dict[str, float] = {}
    slower = {"FRONTLINE_TURN__SILENCE_CONFIDENT_MS": str(settings.turn.silence_complete_ms)}
    for prefix, changed in (("", {}), (WITHOUT, slower)):
        env = environment(settings, folder, **changed)
        with ServerProcess(env, transcripts, lag_ms) as server:
            outcomes = asyncio.run(
                in_calls(server.address, material, speak, rate=RATE, at_once=AT_ONCE)
            )
        figures |= {prefix + name: value for name, value in figures_of(outcomes).items()}
    figures["saved_p50_ms"] = round(figures[f"{WITHOUT}sure_p50_ms"] - figures["sure_p50_ms"], 1)
    return {
        "bench": "turn-end",
        "parameters": {
            "utterances": len(material),
            "recorded": len(recorded),
            "lag_ms": lag_ms,
            "silence_confident_ms": settings.turn.silence_confident_ms,
            "silence_complete_ms": settings.turn.silence_complete_ms,
            "silence_incomplete_ms": settings.turn.silence_incomplete_ms,
        },
        "figures": figures,
        "goals": {"sure_p50_ms": "<= 300", "other_p50_ms": "<= 700", "cut_off_pct": "<= 2"},
    }


def figures_of(outcomes: list[TurnEnding]) -> dict[str, float]:
    """Figures by set."""
    figures: dict[str, float] = {}
    for kind in ("sure", "other", "pause", "recorded"):
        felt = [one.felt for one in outcomes if one.kind == kind and one.answered]
        if not felt:
            continue
        whole = [value for value in felt if value > 0]
        for label, value in zip(("p50", "p95", "p99"), quantiles(whole), strict=True):
            figures[f"{kind}_{label}_ms"] = round(value * 1000, 1)
        cut = 100 * sum(value <= 0 for value in felt) / len(felt)
        figures["cut_off_pct" if kind == "pause" else f"{kind}_cut_off_pct"] = round(cut, 2)
    figures["unanswered"] = sum(not one.answered for one in outcomes)
    return figures


def spoken(kind: str, text: str, pause: float = 0.0) -> Spoken:
    """The text in espeak-ng's voice, with a pause at a random place if one is asked for."""
    words = text.split()
    border = random.randrange(2, len(words) - 1) if pause else len(words)
    pcm = silence(LEAD)
    timed: list[tuple[str, float]] = []
    for part in (words[:border], words[border:]):
        if not part:
            continue
        if timed:
            pcm += silence(pause)
        clip = say(" ".join(part))
        offset = len(pcm) / 2 / RATE * 1000
        timed += [(word, offset + end) for word, _, end in clip.words]
        sound = trimmed(clip.pcm)
        pcm += sound
    end = len(pcm) / 2 / RATE
    return Spoken(kind, text, pcm + silence(TAIL), tuple(timed), end)


def trimmed(pcm: bytes, floor: int = 200) -> bytes:
    """The sound without the silence at its end, so that the pause is as long as it says."""
    loud = np.nonzero(np.abs(np.frombuffer(pcm, "<i2").astype(np.int32)) > floor)[0]
    return pcm[: (int(loud[-1]) + 1) * 2] if len(loud) else pcm


def silence(seconds: float) -> bytes:
    """Almost: a microphone is never quite silent."""
    noise = np.random.default_rng(len(str(seconds))).integers(-3, 4, int(seconds * RATE))
    return noise.astype("<i2").tobytes()


def recordings() -> list[Spoken]:
    """People, where the recordings are there; their words are spread evenly over the sound."""
    folder = shared_data()
    if folder is None:
        return []
    texts = {
        "whats-the-weather-like.wav": "what's the weather like",
        "lv0880.wav": "he was not an ill disposed young man",
        "lv0930.wav": "he might even have been made amiable himself",
    }
    found = []
    for name, text in texts.items():
        with wave.open(str(folder / "audio" / name)) as file:
            pcm = trimmed(file.readframes(file.getnframes()), floor=700)
        words, length = text.split(), len(pcm) / 2 / RATE * 1000
        timed = [
            (word, LEAD * 1000 + length * (index + 1) / len(words))
            for index, word in enumerate(words)
        ]
        sound = silence(LEAD) + pcm
        found.append(
            Spoken("recorded", text, sound + silence(TAIL), tuple(timed), len(sound) / 2 / RATE)
        )
    return found


async def speak(caller: Caller, utterance: Spoken) -> TurnEnding:
    """Stream the sound in real time; when did we begin to speak?"""
    listening = asyncio.get_running_loop().create_task(caller.listen())
    answered = asyncio.Event()
    caller.heard = answered.set
    size = int(RATE * FRAME) * 2
    began = time.perf_counter()
    for index in range(0, len(utterance.pcm), size):
        await sleep_until(began + index / 2 / RATE + FRAME)
        if answered.is_set():
            break
        await caller.send_audio(utterance.pcm[index : index + size])
    await caller.close()
    await listening
    times = [turn.audio_at for turn in caller.turns.values() if turn.audio_at]
    felt = min(times) - (began + utterance.end) if times else 0.0
    return TurnEnding(utterance.kind, felt, bool(times))
