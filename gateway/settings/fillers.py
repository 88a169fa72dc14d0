"""The sections of what is said while an agent is waited for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from gateway.settings.schema.reading import MS, Table, setting

LONGEST = 200
"""Characters of a filler: a longer one would hold up the answer."""
SPOKEN = {
    "pattern": rf"(?s)(?=.*\w).{{1,{LONGEST}}}",
    "says": f"texts of 1 to {LONGEST} characters to be spoken",
}


MORE = (
    "I am looking that up, one second.",
    "Bear with me, I am still on it.",
    "It will not be long, thank you.",
    "Just a little longer, it is on its way.",
)
"""Each has a pause in its middle, where it is ended if the answer comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FillerSettings:
    """The lines that callers hear while an agent is waited for. The texts are rendered with every
    catalogue, by `frontline seed`. What an agent says is followed at once: a filler is ended at its
    next pause."""

    # People take a silence of 0.2 s for a turn's end, and one of 0.7 s for trouble.
    filler_after_ms: int = setting(300, unit=MS, low=50, high=10_000)
    """Silence after the caller's last word after which a filler is said, if no answer is expected
    within 150 ms of it."""
    again_ms: int = setting(350, unit=MS, low=50, high=10_000)
    """Silence after a filler after which the next is said, as long as nothing else is."""
    bridge_after_ms: int = setting(3000, unit=MS, low=100, high=30_000)
    """Silence of the agent's after which the caller is asked for patience."""
    give_up_after_ms: int = setting(8000, unit=MS, low=500, high=60_000)
    """Silence of the agent's after which the turn is handed off; each tool gives it as much again,
    up to three times."""
    stall_ms: int = setting(4000, unit=MS, low=500, high=60_000)
    """Silence in the middle of an answer after which the rest of it is given up."""
    floor_words: int = setting(3, low=0, high=20)
    """An answer of so many words to a question of the agent's is the agent's, not the cache's."""
    hums: tuple[str, ...] = setting(("Mm-hm.", "Hmm.", "Uh-huh."), **SPOKEN)
    """Said in turn before the first filler: sounds of having heard. What takes the voice half a
    second or more is left out; none: the fillers come first."""
    texts: tuple[str, ...] = setting(("One moment.", "Let me see.", "Just a second."), **SPOKEN)
    """Said in turn, never the same twice running; none: silence."""
    more: tuple[str, ...] = setting(MORE, **SPOKEN)
    """Said in turn while the wait goes on; short ones hold up the answer least."""
    bridges: tuple[str, ...] = setting(
        ("I am still looking into it, thank you for waiting.",), **SPOKEN
    )
    """Said in turn when it takes long."""


@dataclass(frozen=True, slots=True)
class Spoken(Table):
    """Texts to be spoken, under names of the operator's own."""

    @classmethod
    def wrong(cls, value: str) -> str:
        """See ``Table.wrong``."""
        if not value.strip() or len(value) > LONGEST:
            return f"a filler has 1 to {LONGEST} characters; got {len(value)}"
        return ""


@dataclass(frozen=True, slots=True)
class IntentFillers(Spoken):
    """Fillers of their own for turns that are about an intent. Names are compared without case;
    spaces, - and _ are the same."""

    example: ClassVar[Mapping[str, str]] = {"mortgage_advice": "Let me look at the mortgages."}


@dataclass(frozen=True, slots=True)
class ToolFillers(Spoken):
    """Fillers of their own for tools, said when the agent begins to run one."""

    example: ClassVar[Mapping[str, str]] = {"account_balance": "Let me look at your account."}
