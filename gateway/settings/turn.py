"""The sections ``[turn]`` and ``[barge_in]``: when the caller has finished, and when they cut
in."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.settings.lines import SPOKEN
from gateway.settings.schema.reading import MS, S, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnSettings:
    """Settings of the end of the caller's turn."""

    silence_confident_ms: int = setting(200, unit=MS, low=40, high=5000)
    """Silence that ends the turn when a complete sentence is confidently matched: the shortest."""
    silence_complete_ms: int = setting(650, unit=MS, low=40, high=5000)
    """Silence that ends the turn when the sentence sounds complete but is not matched."""
    silence_incomplete_ms: int = setting(1100, unit=MS, low=40, high=10_000)
    """Silence that ends the turn in mid-sentence: people pause to think."""
    wordless_ms: int = setting(700, unit=MS, low=100, high=20_000)
    """Voice without new words that ends the turn, beyond the silence that would end it: what is
    heard then is a loud room, or somebody else. A recogniser that is slow gets more."""
    unchanged_ms: int = setting(300, unit=MS, low=40, high=5000)
    """Words that sound finished and have not changed for this long, while nobody is heard, may be
    the last: an agent's answer to them is begun (llm.speculate)."""
    ear: str = setting("off", choices=("auto", "smart-turn", "off"))
    """The listener to how the caller's sound ends, beside the words: Smart Turn v3.2, 50 ms of a
    core for each pause (pip install --no-deps pipecat-ai==1.14.0); "auto" if it is installed."""
    # With 100, and nobody listening, the three silences are waited for as they are.
    patience: float = setting(100.0, low=1, high=10_000)
    """The number of times by which it is worse to cut a caller off than to make one wait who has
    finished: ten times as much is half a second longer."""
    max_turn_s: float = setting(45.0, unit=S, low=1, high=600)
    """A turn is ended after this long whatever is heard, so that noise cannot hold the call."""
    no_input_s: float = setting(60.0, unit=S, low=1, high=3600)
    """A call in which nothing is heard for this long is ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BargeInSettings:
    """Settings of barge-in: when the caller's voice stops ours."""

    enabled: bool = setting(True)
    """False: what is being spoken is always spoken to its end."""
    min_words: int = setting(1, low=1, high=20)
    """Words that must be heard, other than backchannels, before our voice stops."""
    min_speech_ms: int = setting(600, unit=MS, low=50, high=5000)
    """Speech this long stops our voice even when no word has been recognised yet."""
    resume_after_ms: int = setting(1200, unit=MS, low=100, high=10_000)
    """The time without words after an interruption, after which the clip goes on where it was
    cut."""
    backchannels: tuple[str, ...] = setting((), **SPOKEN | {"says": "phrases"})
    """Further phrases that only say "go on" and must not stop our voice."""
    interruptions: tuple[str, ...] = setting((), **SPOKEN | {"says": "phrases"})
    """Further phrases that stop our voice at once, whatever their length."""
