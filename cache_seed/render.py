"""Texts to stored clips: only what is missing, on every core, each kept as soon as it is done.

A clip is named by all that its sound follows from (``gateway.ports.sound.Clip``), so what is stored
under that name need not be made again: an interrupted run is taken up where it stopped, and a
run without changes renders nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from cache_seed.sound import Treatment
from cache_seed.workers import Factory, Script, Sound, Workers
from gateway.ports.progress import Progress
from gateway.ports.sound import WIRE_FORMATS, Clip
from gateway.ports.store import ClipStore

LOOK_AT_ONCE = 200
"""Clips asked of the store at a time."""

MEASURE = WIRE_FORMATS[0]
"""Format whose payload is read to learn the duration of a stored clip: the smallest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voicing:
    """The voice that speaks, and how its sound is treated."""

    factory: Factory
    voice: str
    """Voice of texts that name none."""
    treatment: Treatment = field(default_factory=Treatment)
    workers: int = 0
    """Processes; 0: one per core."""


@dataclass(frozen=True, slots=True)
class Line:
    """A text to be rendered."""

    key: str
    """Key of the clip in the catalogue: ``entry:<id>``, ``label:<id>``, ``line:<name>``."""
    text: str
    voice: str
    """Empty: the default voice."""
    locale: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A text that could not be rendered."""

    key: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """The result of rendering the texts."""

    clips: dict[str, Clip]
    """Key to stored clip, for all that did not fail."""
    failures: tuple[Failure, ...]
    rendered: int
    """Different clips made now."""
    reused: int
    """Different clips that were stored already."""
    rendered_s: float
    """Seconds of sound made now."""
    audio_s: float
    """Seconds of sound in all different clips."""


def plan(lines: Iterable[Line], voicing: Voicing) -> dict[str, Clip]:
    """Key to clip, with no duration yet. Raises ``ProviderFailed`` if nobody can speak."""
    synthesizer = voicing.factory()
    model, settings = synthesizer.model, synthesizer.settings
    return {
        line.key: Clip(
            text=line.text,
            voice=line.voice or voicing.voice,
            model=model,
            settings=voicing.treatment.settings(settings, line.locale),
            duration_ms=0,
        )
        for line in lines
    }


def render(
    lines: Sequence[Line], store: ClipStore, voicing: Voicing, progress: Progress | None = None
) -> Rendering:
    """Store a clip for every line that has none.

    Failing lines are in ``Rendering.failures``; the others are finished. Raises
    ``ProviderFailed`` if the synthesizer cannot be had at all, ``StoreFailed`` if a clip cannot
    be stored. Interrupted in any way, what was finished stays.
    """
    clips = plan(lines, voicing)
    locales = {line.key: line.locale for line in lines}
    keys: dict[str, list[str]] = {}
    for key, clip in clips.items():
        keys.setdefault(clip.name(MEASURE), []).append(key)
    firsts = {name: same[0] for name, same in keys.items()}
    durations = _stored({name: clips[key] for name, key in firsts.items()}, store)
    absent = [name for name in keys if name not in durations]
    scripts = [
        Script(clips[firsts[n]].text, clips[firsts[n]].voice, locales[firsts[n]]) for n in absent
    ]
    reused, reasons = len(durations), {}
    tell = progress or _silent
    tell("rendering", 0, len(absent))
    with Workers(_size(voicing.workers, len(absent)), voicing.factory, voicing.treatment) as pool:
        for done, (number, sound) in enumerate(pool.speak(scripts), 1):
            name = absent[number]
            if isinstance(sound, str):
                reasons[name] = sound
            else:
                _keep(clips[firsts[name]], sound, store)
                durations[name] = sound[MEASURE].duration_ms
            tell("rendering", done, len(absent))
    return Rendering(
        clips={
            key: replace(clips[key], duration_ms=ms)
            for name, ms in durations.items()
            for key in keys[name]
        },
        failures=tuple(Failure(k, why) for name, why in reasons.items() for k in keys[name]),
        rendered=len(absent) - len(reasons),
        reused=reused,
        rendered_s=sum(durations[name] for name in absent if name in durations) / 1000,
        audio_s=sum(durations.values()) / 1000,
    )


def missing(lines: Iterable[Line], store: ClipStore, voicing: Voicing) -> tuple[int, int]:
    """(different clips, how many of them are not stored): what ``render`` would find to do."""
    clips = {clip.name(MEASURE): clip for clip in plan(lines, voicing).values()}
    return len(clips), len(clips) - len(_stored(clips, store))


def _stored(clips: dict[str, Clip], store: ClipStore) -> dict[str, int]:
    """The duration in ms of each clip that is stored whole in every format; other clips are left
    out.
    """
    found: dict[str, int] = {}
    every = list(clips.items())
    for at in range(0, len(every), LOOK_AT_ONCE):
        part = {
            name: [c.name(f) for f in WIRE_FORMATS] for name, c in every[at : at + LOOK_AT_ONCE]
        }
        there = store.has([one for names in part.values() for one in names])
        for name, names in part.items():
            audio = store.get(name) if there.issuperset(names) else None
            if audio is not None:
                found[name] = audio.duration_ms
    return found


def _keep(clip: Clip, sound: Sound, store: ClipStore) -> None:
    for wire, audio in sound.items():
        store.put(clip.name(wire), audio)


def _size(workers: int, texts: int) -> int:
    """Processes worth starting: each takes about a second to start."""
    cores = workers or len(os.sched_getaffinity(0))
    return max(1, min(cores, -(-texts // 4)))


def _silent(what: str, done: int, of: int) -> None:
    """Report progress to nobody."""
