"""The spoken turns: who says what, with which pauses, over what line.

    whole      a turn without a pause
    pause      one with a pause of 300 to 600 ms between two words
    restart    begun, broken off, and begun again after such a pause
    cough      a cough in the silence behind the turn
    double     somebody else in the room speaks on at a low level while the caller does

Every turn comes with its words' times, with where its pauses are, and with where it ends. All but a
few have been over a telephone, half of them over a bad one (``CONDITIONS``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from tests.support.speech import say
from tests.support.spoken import telephone, texts
from tests.support.spoken.telephone import PACKET, RATE, Late, Loss, Sound

VOICES = ("en-us", "en-us+f3", "en-us+m3", "en-gb-scotland", "en-gb-x-rp", "en-us+f5", "en-029")
SPEEDS = (135, 160, 185)
"""Words a minute."""
CONDITIONS = (
    *("clean", "telephone", "telephone", "telephone", "loss-1", "loss-5"),
    *("babble-20", "babble-10", "babble-5", "line-20", "line-10", "line-5"),
)
KINDS = ("whole", "pause", "pause", "restart", "cough", "double")
LEAD, TAIL = 0.4, 3.0
"""Seconds before the speech and after it."""
AUDIBLE = 200.0
COUGH_AFTER = 0.25
"""Seconds from the turn's last sound to the cough."""


@dataclass(frozen=True, slots=True)
class SpokenTurn:
    """A turn as it comes in at the door."""

    kind: str
    condition: str
    text: str
    pcm: bytes
    words: tuple[tuple[str, float], ...]
    """Words and where they end, in ms from the start of the call's audio."""
    pauses: tuple[tuple[float, float], ...]
    """Where the caller falls silent and speaks on, in seconds."""
    end: float
    """Seconds from the start of the audio to the last sound of the speech."""
    delays: tuple[float, ...] = ()
    """Seconds by which each packet of 20 ms comes late; none if all are in time."""

    def late(self, packet: int) -> float:
        """Return by how much that packet is late."""
        return self.delays[packet] if packet < len(self.delays) else 0.0


@dataclass(slots=True)
class Speech:
    """A turn in the making."""

    sound: Sound
    words: list[tuple[str, float]]
    pauses: list[tuple[float, float]]

    @property
    def length(self) -> float:
        """Seconds so far."""
        return len(self.sound) / RATE

    def add(self, sound: Sound, words: list[tuple[str, float]]) -> None:
        """More of it; the words' ends are in ms from the beginning of that sound."""
        offset = self.length * 1000
        self.words += [(word, offset + end) for word, end in words]
        self.sound = np.concatenate([self.sound, trimmed(sound)])

    def pause(self, seconds: float) -> None:
        """Silence that is not the end."""
        self.pauses.append((self.length, self.length + seconds))
        self.sound = np.concatenate([self.sound, np.zeros(int(seconds * RATE))])


def spoken_turns(count: int, seed: int, answered: tuple[str, ...] = ()) -> Iterator[SpokenTurn]:
    """The set, the same for the same seed. ``answered``: texts that the catalogue answers, said in
    every third turn that may be short."""
    for number in range(count):
        rng = np.random.default_rng((seed, 0, number))
        kind = KINDS[number % len(KINDS)]
        condition = str(rng.choice(CONDITIONS))
        yield over(one_turn(kind, rng, answered), condition, rng)


def paused_turns(count: int, seed: int) -> Iterator[SpokenTurn]:
    """Turns with a pause, over good lines: enough of them to tell how many callers are cut off."""
    for number in range(count):
        rng = np.random.default_rng((seed, 1, number))
        yield over(one_turn("pause", rng), str(rng.choice(("telephone", "loss-1"))), rng)


def late_turns(count: int, seed: int) -> Iterator[SpokenTurn]:
    """Turns of every kind whose packets come late, 1 to 5 % of them."""
    for number in range(count):
        rng = np.random.default_rng((seed, 2, number))
        kind, share = KINDS[number % len(KINDS)], int(rng.integers(1, 6))
        yield over(one_turn(kind, rng), f"late-{share}", rng)


def one_turn(kind: str, rng: np.random.Generator, answered: tuple[str, ...] = ()) -> SpokenTurn:
    """A turn as it leaves the caller's mouth."""
    voice, speed = str(rng.choice(VOICES)), int(rng.choice(SPEEDS))
    speech = Speech(np.zeros(int(LEAD * RATE)), [], [])
    before, after = parts(kind, rng, answered)
    sound, words, border = spoken(before, after, voice, speed)
    cut = int(border / 1000 * RATE)
    speech.add(sound[:cut], [one for one in words if one[1] <= border])
    if after:
        speech.pause(float(rng.uniform(0.3, 0.6)))
        rest = [(word, end - border) for word, end in words if end > border]
        speech.add(sound[cut:], rest)
    end = speech.length
    tail = np.zeros(int(TAIL * RATE))
    if kind == "cough":
        at = int(COUGH_AFTER * RATE)
        noise = cough(rng)
        tail[at : at + len(noise)] = noise
    sound = np.concatenate([speech.sound, tail])
    if kind == "double":
        other = telephone.floats(said(str(rng.choice(texts.BACKGROUND)), "en-us+m7"))
        sound = telephone.at_ratio(sound, telephone.babble(len(sound), [other], rng), 15.0)
    return SpokenTurn(
        kind=kind,
        condition="clean",
        text=f"{before} {after}".strip(),
        pcm=telephone.pcm(sound),
        words=tuple(speech.words),
        pauses=tuple(speech.pauses),
        end=end,
    )


def spoken(
    before: str, after: str, voice: str, speed: int
) -> tuple[Sound, list[tuple[str, float]], float]:
    """Both parts in one go: the sound, the words' ends in ms, and the end of the first part. Said
    by itself the first would sound like a whole sentence, as nobody says what they go on with."""
    clip = say(f"{before} {after}".strip(), voice=voice, speed=speed)
    words = [(word, float(end)) for word, _, end in clip.words]
    border = clip.words[len(before.split()) - 1][2] if after else clip.end_ms
    return telephone.floats(clip.pcm), words, float(border)


def parts(kind: str, rng: np.random.Generator, answered: tuple[str, ...]) -> tuple[str, str]:
    """The words before the pause and behind it; none behind where there is no pause."""
    if kind == "restart":
        return texts.RESTARTS[int(rng.integers(len(texts.RESTARTS)))]
    if kind == "pause":
        words = str(rng.choice(texts.LONG)).split()
        border = int(rng.integers(2, len(words) - 1))
        return " ".join(words[:border]), " ".join(words[border:])
    pool: tuple[str, ...] = texts.SHORT if kind == "double" else (*texts.SHORT, *texts.LONG)
    if answered and rng.random() < 1 / 3:
        pool = answered
    return str(rng.choice(pool)), ""


def over(turn: SpokenTurn, condition: str, rng: np.random.Generator) -> SpokenTurn:
    """The turn as it comes over such a line."""
    kind, _, amount = condition.partition("-")
    sound = telephone.floats(turn.pcm)
    if kind == "babble":
        noise = telephone.babble(len(sound), room(), rng)
        sound = telephone.at_ratio(sound, noise, float(amount))
    elif kind == "line":
        noise = telephone.line_noise(len(sound), rng)
        sound = telephone.at_ratio(sound, noise, float(amount))
    else:  # a microphone is never quite silent
        sound = sound + rng.integers(-3, 4, len(sound))
    if kind != "clean":
        sound = telephone.telephone(sound)
    if kind == "loss":
        sound = Loss(float(amount) / 100).spoil(sound, rng)
    delays = (
        Late(float(amount) / 100).delays(-(-len(sound) // PACKET), rng) if kind == "late" else ()
    )
    return replace(turn, condition=condition, pcm=telephone.pcm(sound), delays=delays)


@lru_cache(maxsize=1)
def room() -> list[Sound]:
    """The voices of a full room."""
    return [
        telephone.floats(said(text, voice))
        for text, voice in zip(texts.BACKGROUND, VOICES, strict=False)
    ]


@lru_cache(maxsize=16)
def said(text: str, voice: str) -> bytes:
    return say(text, voice=voice).pcm


def cough(rng: np.random.Generator) -> Sound:
    """A quarter of a second of noise that begins at once and dies away, twice."""
    length = RATE // 8
    burst = rng.normal(size=length) * np.exp(-np.arange(length) / (RATE * 0.03)) * 6000
    return np.concatenate([burst, burst * 0.6])


def trimmed(sound: Sound) -> Sound:
    """Without the silence at its end, so that a pause is as long as it says."""
    loud = np.nonzero(np.abs(sound) > AUDIBLE)[0]
    return sound[: int(loud[-1]) + 1] if len(loud) else sound
