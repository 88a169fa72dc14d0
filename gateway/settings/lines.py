"""The sections ``[lines]``, ``[intents]`` and ``[prompts]``: what is said and where intents go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from gateway.core.routes import RouteError, parse
from gateway.settings.schema.reading import MS, Table, setting

SPOKEN = {"pattern": r"(?s)(?=.*\w).{1,500}", "says": "a text of 1 to 500 characters to be spoken"}


LONGEST_PROMPT = 2000
"""Characters of a prompt for one intent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesSettings:
    """The lines that the gateway itself says, rendered with every catalogue."""

    greeting: str = setting("", pattern=r"(?s).{0,500}", says="a text of at most 500 characters")
    """Said when a call begins; empty: nothing."""
    handoff: str = setting("Let me get a colleague for you. One moment please.", **SPOKEN)
    """Said when a turn is passed to a person, or nobody else can answer it."""
    clarify: str = setting("Do you mean", **SPOKEN)
    """Begins a clarifying question; the first entry's name follows."""
    clarify_or: str = setting("or", **SPOKEN)
    """Stands between the two names of a clarifying question."""
    not_understood: str = setting(
        "Sorry, I did not catch that. Could you say it another way?", **SPOKEN
    )
    """Said when the words were too unclear to act on."""
    not_understood_again: str = setting(
        "I am afraid I still did not get that. Please say it in a few short words.", **SPOKEN
    )
    """Said when the next words are unclear too; after a third time the call is passed on."""
    nothing_to_repeat: str = setting("I have not said anything yet. How can I help you?", **SPOKEN)
    """Said to "repeat that" before there was an answer."""
    still_there: str = setting("Are you still there?", **SPOKEN)
    """Said once when nothing has been heard for turn.no_input_s."""
    here: str = setting("Yes, I am here. One moment please.", **SPOKEN)
    """Said to "hello? are you there?" while an answer is waited for; fillers.more to those after
    it."""
    goodbye: str = setting("Thank you for calling. Goodbye.", **SPOKEN)
    """Said before the call is ended at the caller's wish."""
    failure: str = setting(
        "Sorry, something went wrong on my side. Please say that again.", **SPOKEN
    )
    """Said when a turn failed by our own mistake: better than silence."""


@dataclass(frozen=True, slots=True)
class IntentSettings(Table):
    """The routes of intents, by name; they overrule the table. Names that are in no catalogue are
    warned about when one is loaded. Written like the table's action: "answer" (the cached answer),
    "agent:fast", "agent:deep", "agent:NAME", "tool:NAME", "transfer", "transfer:QUEUE",
    "dtmf:DIGITS" or "control:repeat|stop|person|goodbye"."""

    example: ClassVar[Mapping[str, str]] = {"mortgage_advice": "agent:deep", "menu": "dtmf:1"}

    @classmethod
    def wrong(cls, value: str) -> str:
        """See ``Table.wrong``."""
        try:
            parse(value or " ")
        except RouteError as error:
            return str(error)
        return ""


@dataclass(frozen=True, slots=True)
class PromptSettings(Table):
    """The prompts that an agent is given when a turn of that intent is passed on to it: a few lines
    do, since they stand for the long prompt that covers everything."""

    example: ClassVar[Mapping[str, str]] = {
        "mortgage_advice": "The caller asks about mortgages. Offer a call back by an adviser."
    }

    @classmethod
    def wrong(cls, value: str) -> str:
        """See ``Table.wrong``."""
        if not value.strip() or len(value) > LONGEST_PROMPT:
            return f"a prompt has 1 to {LONGEST_PROMPT} characters; got {len(value)}"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSettings:
    """Answers with live values, such as {order.status}."""

    value_within_ms: int = setting(4000, unit=MS, low=200, high=30_000)
    """A value that is not there by then, counted from the question, is not said: the entry's
    fallback line is. Less than fillers.give_up_after_ms."""
    kept_kib: int = setting(4096, unit="KiB", low=0, high=262_144)
    """Room for the sound of values that were said in the last ten minutes, in memory alone."""
