"""The sections of what turns may take, which is what ``frontline audit`` measures them against, and
of what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from gateway.errors import SettingsError
from gateway.settings.schema.reading import setting

LONGEST = 600_000
"""Milliseconds that a budget may be: ten minutes."""
RULE = {"unit": "milliseconds", "low": 0, "high": LONGEST}


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetSettings:
    """The time that a caller may wait, by what is waited for, at the percentile that `frontline
    audit` judges by. The first eight are the whole of a turn that an agent answers, ttfa_ms; only
    some wait for the others."""

    transport_ms: int = setting(50, **RULE)
    """The way of the sound between the caller or carrier and the server, both ways: measure
    yours."""
    # With transport still below the 150 ms one way of ITU-T G.114.
    carrier_ms: int = setting(50, **RULE)
    """The telephone network and the carrier's own time, both ways; 0 where there is none."""
    # A human gap (Stivers et al., PNAS 2009), and turn.silence_confident_ms.
    endpointing_ms: int = setting(200, **RULE)
    """Silence until the turn counts as over."""
    # Streaming recognisers give the final 50 to 150 ms after the silence.
    stt_ms: int = setting(100, **RULE)
    """The final transcript, beyond that silence."""
    # More than twice the measured p99.
    match_ms: int = setting(10, **RULE)
    """The decision."""
    # The p95 of quick models, the p50 of most.
    agent_ms: int = setting(280, **RULE)
    """The agent's first words: the LLM's, where a model is the agent."""
    # Streaming voices give the first sound after 70 to 200 ms.
    tts_ms: int = setting(90, **RULE)
    """The first sound of these words."""
    # Twice what is measured.
    gateway_ms: int = setting(20, **RULE)
    """Frontline itself."""
    tool_ms: int = setting(300, **RULE)
    """The agent's first words since it began to run a tool."""
    filler_ms: int = setting(300, **RULE)
    """The end of what is said meanwhile, with the answer there: the next pause of a short
    sentence."""
    caller_ms: int = setting(300, **RULE)
    """A voice that may be the caller's, with the answer there: a cough."""
    # One frame of sound.
    stall_ms: int = setting(20, **RULE)
    """An event loop that comes too late."""
    # Longer, and callers ask whether anybody is there.
    ttfa_ms: int = setting(800, **RULE)
    """The whole, from the end of the caller's speech to the first sound that they hear."""

    @property
    def stages(self) -> Mapping[str, float]:
        """The budgets by stage, in milliseconds."""
        names = (one.name for one in fields(self))
        return {name.removesuffix("_ms"): float(getattr(self, name)) for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceSettings:
    """Prices, as your bills have them: the dashboard reckons with them what cached answers save."""

    agent_turn: float = setting(0.0, low=0, high=1000)
    """The cost of a turn that the agent answers, model and voice together; 0: not known, and no
    saving is shown."""
    currency: str = setting("USD", pattern=r"[A-Z]{3}", says="three capital letters, such as USD")
    """The currency of that price."""


def check_budget(budget: BudgetSettings, name: str) -> None:
    """Raise ``SettingsError`` about the file called ``name`` where nothing is left for us."""
    way = budget.transport_ms + budget.carrier_ms
    if budget.ttfa_ms <= way:
        raise SettingsError(
            f"{name}: budget.ttfa_ms must be more than transport_ms and carrier_ms together: "
            f"got {budget.ttfa_ms}, and {way} for the way of the sound"
        )
