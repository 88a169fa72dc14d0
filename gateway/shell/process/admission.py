"""Room for one more call: by number, by how busy the process is, by tenant.

Calls in progress are never touched. A tenant that has used up its turns of the minute gets no
further calls until there are some again, and the calls it has go on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from gateway.shell.process.load import Load

MINUTE = 60.0


class Going(Protocol):
    """A call in progress, or about to be."""

    tenant: str


class Busy(Enum):
    """Reason why a call is not taken; the value is the metric's label."""

    DRAINING = "draining"
    COUNT = "count"
    LAG = "lag"
    CPU = "cpu"
    TENANT_CALLS = "tenant_calls"
    TENANT_TURNS = "tenant_turns"

    @property
    def words(self) -> str:
        """Words for the client: no figures, which are nobody's business."""
        if self is Busy.DRAINING:
            return "shutting down"
        if self in (Busy.TENANT_CALLS, Busy.TENANT_TURNS):
            return "the tenant is over its limit, try again later"
        return "over capacity, try again later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The most there may be; 0: no limit."""

    lag: float = 0.0
    """Seconds that the loop may be late on average."""
    cpu: float = 0.0
    """Share of a core that it may take."""
    tenant_calls: int = 0
    tenant_turns: int = 0
    """Turns of a tenant in a minute."""


class Admission:
    """The judge of whether another call can be taken. Used from the event loop only."""

    def __init__(
        self,
        limits: Bounds,
        clock: Callable[[], float],
        load: Load | None = None,
        tell: Callable[[str], None] = lambda _: None,
        draining: Callable[[], bool] = lambda: False,
    ) -> None:
        """``tell``: told the reason of each refusal. ``draining``: no call is taken any more."""
        self._limits = limits
        self._clock = clock
        self._load = load
        self._tell = tell
        self._turns: dict[str, _Allowance] = {}
        self._draining = draining

    def turn(self, tenant: str) -> None:
        """A caller of the tenant has had a turn."""
        if not self._limits.tenant_turns:
            return
        if tenant not in self._turns:
            self._turns[tenant] = _Allowance(self._limits.tenant_turns, self._clock())
        self._turns[tenant].spend(self._clock())

    def refusal(self, calls: Collection[Going], most: int) -> Busy | None:
        """Return why no call can be taken now; None if one can. ``most``: calls at once."""
        return self._told(self._full(calls, most))

    def refusal_of(self, tenant: str, calls: Collection[Going]) -> Busy | None:
        """Return why this tenant can have no further call now. ``calls``: those in progress."""
        return self._told(self._over(tenant, calls))

    def _told(self, busy: Busy | None) -> Busy | None:
        if busy is not None:
            self._tell(busy.value)
        return busy

    def _full(self, calls: Collection[Going], most: int) -> Busy | None:
        if self._draining():
            return Busy.DRAINING
        if len(calls) >= most:
            return Busy.COUNT
        if not calls or self._load is None:  # who has no call cannot be busy with them
            return None
        if 0 < self._limits.lag < self._load.lag:
            return Busy.LAG
        if 0 < self._limits.cpu < self._load.cpu:
            return Busy.CPU
        return None

    def _over(self, tenant: str, calls: Collection[Going]) -> Busy | None:
        most = self._limits.tenant_calls
        if most and sum(call.tenant == tenant for call in calls) >= most:
            return Busy.TENANT_CALLS
        turns = self._turns.get(tenant)
        if turns is not None and not turns.some(self._clock()):
            return Busy.TENANT_TURNS
        return None


class _Allowance:
    """Turns that a tenant may still have: a bucket of a minute's, filled evenly. Calls in progress
    may overdraw it by a minute's; what is beyond is forgiven."""

    def __init__(self, most: int, now: float) -> None:
        self._most = float(most)
        self._left = self._most
        self._at = now

    def _fill(self, now: float) -> None:
        self._left = min(self._most, self._left + (now - self._at) * self._most / MINUTE)
        self._at = now

    def spend(self, now: float) -> None:
        self._fill(now)
        self._left = max(-self._most, self._left - 1.0)

    def some(self, now: float) -> bool:
        self._fill(now)
        return self._left >= 1.0
