"""Routes of intents: the actions an operator may give it, in a table or in the settings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum


class Target(StrEnum):
    """The party that carries an action out."""

    ANSWER = "answer"
    """The cached answer is spoken: what happens without an action."""
    TOOL = "tool"
    """The agent runs a tool of that name."""
    AGENT = "agent"
    """An agent answers: ``fast``, ``deep``, or one by its name."""
    TRANSFER = "transfer"
    """A person answers, of that queue where one is named."""
    DTMF = "dtmf"
    """Keys are pressed in a menu."""
    CONTROL = "control"
    """The call itself is steered."""


CONTROLS = ("repeat", "stop", "person", "goodbye")

FORMS: dict[Target, tuple[str, str, str]] = {
    Target.ANSWER: ("answer", "", ""),
    Target.TOOL: ("tool:NAME", r"[A-Za-z0-9][\w.-]{0,62}", "letters, digits, _, - and ."),
    Target.AGENT: ("agent:NAME", r"[A-Za-z0-9][\w.-]{0,62}", "letters, digits, _, - and ."),
    Target.TRANSFER: (
        "transfer:QUEUE",
        r"[A-Za-z0-9+][\w.+@:-]{0,99}",
        "letters, digits and _ - . + @ :",
    ),
    Target.DTMF: ("dtmf:DIGITS", r"[0-9*#]{1,32}", "up to 32 of 0 to 9, * and #"),
    Target.CONTROL: (f"control:{'|'.join(CONTROLS)}", "|".join(CONTROLS), ", ".join(CONTROLS)),
}
"""The grammar of actions: what may stand after the colon, as a pattern and in words."""

ALONE = frozenset({Target.ANSWER, Target.TRANSFER})
"""Written without a colon too, or only."""

MEND = (
    "write answer, tool:NAME, agent:fast, agent:deep, agent:NAME, transfer, transfer:QUEUE, "
    f"dtmf:DIGITS or control:{'|'.join(CONTROLS)}"
)


class RouteError(ValueError):
    """No action; ``reason`` and ``mend`` are for whoever wrote it."""

    def __init__(self, reason: str, mend: str = MEND) -> None:
        super().__init__(f"{reason}; {mend}")
        self.reason = reason
        self.mend = mend


@dataclass(frozen=True, slots=True)
class Route:
    """An action, understood."""

    target: Target
    name: str = ""
    """The part after the colon: a tool, an agent, a queue, digits or a control."""

    def __str__(self) -> str:
        """The action as an operator writes it; ``parse`` of it gives the route."""
        return f"{self.target.value}:{self.name}" if self.name else self.target.value


REPEAT = Route(Target.CONTROL, "repeat")
PERSON = Route(Target.CONTROL, "person")


def parse(action: str) -> Route:
    """The route an action stands for; an empty one is the cached answer. Raises ``RouteError``."""
    word, colon, name = action.partition(":")
    try:
        target = Target(word or "answer")
    except ValueError:
        raise _unknown(action, word, name) from None
    form, pattern, says = FORMS[target]
    if not colon and target in ALONE:
        return Route(target)
    if target is Target.ANSWER:
        raise RouteError(f"{action[:60]!r} is no action: answer takes no name", "write answer")
    if not name:
        raise RouteError(f"{action[:60]!r} has nothing after {word}", f"write it as {form}")
    if not re.fullmatch(pattern, name, re.ASCII):
        known = CONTROLS if target is Target.CONTROL else ()
        near = get_close_matches(name.strip().lower(), known, n=1, cutoff=0.6)
        mend = f"did you mean {word}:{near[0]}?" if near else f"write it as {form}"
        raise RouteError(f"{action[:60]!r} is no action: after {word}: stand {says}", mend)
    return Route(target, name)


def _unknown(action: str, word: str, name: str) -> RouteError:
    reason = f"{action[:60]!r} is no action"
    near = get_close_matches(word.strip().lower(), [one.value for one in Target], n=1, cutoff=0.6)
    if not near:
        return RouteError(reason)
    rest = name.strip()
    return RouteError(reason, f"did you mean {near[0]}{':' + rest if rest else ''}?")
