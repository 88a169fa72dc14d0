"""Lost clips made again, under the names they had.

A clip's name says what its sound follows from, so the same voice with the same settings makes the
same clip. With another voice, or after its settings have changed, nothing is made: the name would
promise what the sound is not.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from cache_seed.render import Line, Voicing, plan
from cache_seed.workers import Script, Sound, Workers
from gateway.errors import ProviderFailed
from gateway.ports.sound import WIRE_FORMATS, Clip


class Remaker:
    """Makes clips of a catalogue again. All methods block; one process speaks."""

    def __init__(self, voicing: Voicing) -> None:
        self._voicing = voicing

    def able(self, clips: Sequence[Clip]) -> list[Clip]:
        """The clips that this voice would render identically."""
        lines = [
            Line(str(number), clip.text, clip.voice, _locale(clip))
            for number, clip in enumerate(clips)
        ]
        try:
            planned = plan(lines, self._voicing)
        except ProviderFailed:  # it cannot even be asked its name
            return []
        return [
            clip for line, clip in zip(lines, clips, strict=True) if _same(planned[line.key], clip)
        ]

    def make(self, clips: Sequence[Clip]) -> Iterator[tuple[Clip, Sound | str]]:
        """Each clip with its sound in every wire format, or the reason why there is none, in the
        order they are done. Only of those that ``able`` names."""
        scripts = [Script(clip.text, clip.voice, _locale(clip)) for clip in clips]
        with Workers(1, self._voicing.factory, self._voicing.treatment) as speaker:
            for number, sound in speaker.speak(scripts):
                yield clips[number], sound


def _same(planned: Clip, clip: Clip) -> bool:
    return planned.name(WIRE_FORMATS[0]) == clip.name(WIRE_FORMATS[0])


def _locale(clip: Clip) -> str:
    """The locale of the clip's text; empty for a clip that does not name one."""
    settings = json.loads(clip.settings)
    return str(settings.get("locale", "")) if isinstance(settings, dict) else ""
