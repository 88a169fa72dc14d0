"""Tools that an agent may run: what one is, who runs it, what of a call fills it in, and how it
fails. A port, like those of ``gateway.ports``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from gateway.errors import ProviderFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    """A tool as it is offered to a model, and the bounds it is run within."""

    name: str
    """Letters, digits, ``_`` and ``-``; 64 at most."""
    description: str
    """The description for the model: what the tool does and when to use it."""
    parameters: Mapping[str, Any]
    """JSON Schema of its arguments: an object."""
    timeout: float = 5.0
    """Seconds of a run, with all its tries."""
    retries: int = 0
    """Further tries of a run that failed and may do better. Only of an idempotent tool."""
    idempotent: bool = False
    """Running it twice does no more than running it once."""
    at_call_start: bool = False
    """True if the tool is run when a call begins, so that what it says is known from the first turn
    on."""
    max_chars: int = 2000
    """Characters of its result that a model is told."""
    from_call: Mapping[str, str] = field(default_factory=dict)
    """Parameter to what of the call fills it in: ``call_id``, ``tenant`` or ``caller.NAME``. A
    model neither sees nor sets it."""


class Kind(StrEnum):
    """The kind of failure, for the metrics."""

    ARGUMENTS = "arguments"
    """The arguments do not fit, or cannot be used."""
    BUSY = "busy"
    """Too many run at the same time."""
    ERROR = "error"
    """An exception, or an error of a server's own."""
    NOT_FOUND = "not_found"
    OUT_OF_ORDER = "out_of_order"
    """429, 5xx."""
    REDIRECT = "redirect"
    """To a place that may not be asked."""
    REFUSED = "refused"
    """Any other status."""
    STUCK = "stuck"
    """Too many runs of that function do not end."""
    TIME = "time"
    UNKNOWN = "unknown"
    """There is no such tool."""
    UNREACHABLE = "unreachable"
    UNREADABLE = "unreadable"
    """The tool gave something that is no text."""


KINDS = {
    **dict.fromkeys(("arguments", "schema", "nobody known", "address"), Kind.ARGUMENTS),
    **dict.fromkeys(("redirect", "host"), Kind.REDIRECT),
    **dict.fromkeys(("encoding", "content"), Kind.UNREADABLE),
    **{kind.value: kind for kind in (Kind.BUSY, Kind.STUCK, Kind.TIME, Kind.UNKNOWN)},
    "lost": Kind.UNREACHABLE,
    "404": Kind.NOT_FOUND,
    "429": Kind.OUT_OF_ORDER,
}
"""The kind of failure by its reason; any other is an ``ERROR``, if it is no status."""


class ToolFailed(ProviderFailed):
    """A run came to nothing."""

    def __init__(
        self, what: str, *, reason: str, again: bool = False, kind: Kind | None = None
    ) -> None:
        """``what``: in words for a model and a person, to be read after the tool's name; holds
        nothing of the arguments, of the answer or of a key. ``kind``: where the reason does not
        tell."""
        super().__init__(what)
        self.what = what
        self.reason = reason
        """The reason in one word, for logs."""
        self.again = again
        """Another try may do better."""
        self.kind = kind or _kind(reason)


def _kind(reason: str) -> Kind:
    if reason in KINDS:
        return KINDS[reason]
    if reason.isdecimal():
        return Kind.OUT_OF_ORDER if int(reason) >= 500 else Kind.REFUSED
    return Kind.ERROR


class ToolWatcher(Protocol):
    """The counter of runs. Called on the event loop; must not block."""

    def ran(self, tool: str, failure: Kind | None, seconds: float) -> None:
        """A run has ended after so long; ``failure``: it came to nothing. ``tool``: empty if there
        is none of the name."""

    def cancelled(self, tool: str) -> None:
        """Nobody waits for it any more: the caller has cut in."""

    def abandoned(self, tool: str, threads: int) -> None:
        """So many of its threads go on alone now."""


class Unwatched:
    """``ToolWatcher`` where nobody counts."""

    def ran(self, tool: str, failure: Kind | None, seconds: float) -> None:
        """Not told."""

    def cancelled(self, tool: str) -> None:
        """Not told."""

    def abandoned(self, tool: str, threads: int) -> None:
        """Not told."""


class Tool(Protocol):
    """Something that an agent may have done."""

    @property
    def spec(self) -> ToolSpec:
        """Return what it is."""

    async def run(self, arguments: Mapping[str, Any]) -> str:
        """Do it once, with arguments that fit its schema; what came of it. Raises ``ToolFailed``.
        Cancelling stops it as far as it can be stopped."""


class ToolSource(Protocol):
    """The source of tools: the settings, or a server that comes and goes."""

    @property
    def tools(self) -> Sequence[Tool]:
        """The tools that there are now."""

    def start(self) -> None:
        """Connect from now on. On the event loop."""

    async def ready(self) -> None:
        """Wait until it is known which tools there are."""

    async def close(self) -> None:
        """Let go of everything; it is not used afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFacts:
    """The facts of a call that are known when it begins."""

    call_id: str
    tenant: str
    caller: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The client's or carrier's account of the person who is calling."""

    def of(self, name: str) -> str:
        """``call_id``, ``tenant`` or ``caller.NAME``; empty if it is not known."""
        whole, _, part = name.partition(".")
        if whole == "caller":
            return self.caller.get(part, "")
        return {"call_id": self.call_id, "tenant": self.tenant}.get(name, "")


@runtime_checkable
class CallListener(Protocol):
    """An agent that wants to know of calls before it is asked, and when they are over."""

    def call_began(self, facts: CallFacts) -> None:
        """A caller is there. Must not block."""

    def call_ended(self, call_id: str) -> None:
        """The call is over. Must not block."""


def listening(agent: object) -> CallListener | None:
    """The agent, if it wants to know of calls."""
    return agent if isinstance(agent, CallListener) else None
