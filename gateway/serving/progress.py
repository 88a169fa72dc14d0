"""The progress of a connection's requests: how much was read, and by when more must come. Sans-IO:
told by the parser's callbacks, asked by the code that feeds it."""

from __future__ import annotations

import math
from enum import Enum, auto

from gateway.serving.limits import Limits

PIECE = 1024
"""Bytes given to the parser in one go where each may begin something new: 57 requests of the
shortest kind, 170 chunks, a millisecond of work."""
BODY_PIECE = 64 * 1024
"""Bytes given to it in one go of a body whose length is known: they are only copied."""
FRAMING = 8
"""Bytes of chunk framing a byte of body may cost; chunks of one byte cost 5."""


class Phase(Enum):
    """The part of a request to which the next byte belongs."""

    BETWEEN = auto()
    """The next request, of which nothing has come."""
    HEAD = auto()
    BODY = auto()
    REST = auto()
    """A body whose request has been answered."""


class Progress:
    """The progress of one connection. ``now`` is the time in seconds, on any clock."""

    def __init__(self, limits: Limits, now: float) -> None:
        self._limits = limits
        self.phase = Phase.HEAD
        self._since = now  # when the phase began, pauses of our own not counted
        self._read = 0  # bytes of the head, or of the body
        self._framing = 0  # bytes of the body's framing
        self._length: int | None = 0  # of the body; None: in chunks
        self._turned = False  # something ended within the bytes that are being fed
        self._held: float | None = None  # since when it is we who do not read

    # --- bytes -----------------------------------------------------------------------------

    def piece(self) -> int:
        """Return how many bytes may be fed at once; 0 if the head, or the framing of the chunks, is
        too long.
        """
        if self.phase in (Phase.BETWEEN, Phase.HEAD):
            return min(PIECE, self._limits.head - self._read)
        if self._length is not None:  # no more than that: what follows it begins something new
            return min(BODY_PIECE, max(PIECE, self._length - self._read))
        return PIECE if self._framing <= self._limits.head + FRAMING * self._read else 0

    def feed(self, now: float) -> None:
        """Bytes are about to be fed."""
        self._turned = False
        if self.phase is Phase.BETWEEN:
            self._enter(Phase.HEAD, now)

    def fed(self, size: int) -> None:
        """Count ``size`` bytes towards the head or the framing. If some part ended among them they
        cannot be attributed, and are not counted.
        """
        if self._turned:
            return
        if self.phase is Phase.HEAD:
            self._read += size
        elif self._length is None:
            self._framing += size

    def headed(self, now: float, length: int | None) -> None:
        """A head is whole; its body has so many bytes, or comes in chunks (None)."""
        self._enter(Phase.BODY, now)
        self._length = length

    def body(self, size: int) -> None:
        """Count ``size`` bytes of body."""
        self._read += size
        if not self._turned:
            self._framing -= size

    def whole(self, now: float) -> None:
        """The request is over."""
        self._enter(Phase.BETWEEN, now)

    def answered(self, now: float) -> None:
        """Note that the request has been answered, perhaps before its end."""
        if self.phase is Phase.BODY:
            self._since, self.phase = now, Phase.REST

    def _enter(self, phase: Phase, now: float) -> None:
        self.phase, self._since, self._turned = phase, now, phase is not Phase.HEAD
        self._read = self._framing = 0
        self._length = 0

    # --- time ------------------------------------------------------------------------------

    def hold(self, now: float) -> None:
        """Note that the gateway has stopped reading, so that the peer is not blamed for the
        pause.
        """
        if self._held is None:
            self._held = now

    def resume(self, now: float) -> None:
        """We read again."""
        if self._held is not None:
            self._since += now - self._held
            self._held = None

    @property
    def due(self) -> float:
        """The time by which this phase must be over; infinite if it may last."""
        limits = self._limits
        if self._held is not None:
            return math.inf
        match self.phase:
            case Phase.BETWEEN:
                return math.inf  # the server ends a connection that is idle
            case Phase.HEAD:
                return self._since + limits.head_within
            case Phase.BODY:
                bought = limits.body_within + self._read / limits.body_rate
                return self._since + min(bought, limits.body_longest)
            case Phase.REST:
                return self._since + limits.rest_within

    @property
    def begun(self) -> bool:
        """Return whether anything of the request has come."""
        return self._read > 0 or self.phase in (Phase.BODY, Phase.REST)
