"""The limits on a connection before its caller is known."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.settings.server import ServerSettings

HEADROOM = 100
"""Places of one address beside its calls: a proxy in front also brings pages, probes and admins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Sizes in bytes, times in seconds."""

    connections: int
    """Connections in all."""
    per_address: int
    """Connections of one address."""
    head: int = 16 * 1024
    """Request line and headers together: what nginx takes is 32 KiB, Apache 8 KiB a line."""
    headers: int = 128
    """Header lines; the WebSocket handshake takes no more either."""
    head_within: float = 10.0
    """Seconds from the connection, or from the first byte of a further request, to the whole head.
    """
    body_within: float = 20.0
    """Seconds for a body of any size, as Apache gives it (mod_reqtimeout)."""
    body_rate: int = 4 * 1024
    """Bytes a second that buy a body more time: a table of 2 MB over a line of 32 kbit/s."""
    body_longest: float = 600.0
    """The most seconds for a body at any rate."""
    rest_within: float = 5.0
    """Seconds for the rest of a body that has been answered already."""
    unread: float = 20.0
    """A peer that takes nothing of what was sent to it for this long is gone."""
    linger: float = 1.0
    """Between a refusal and the end of the connection, so that the peer can read it."""
    close_within: float = 5.0
    """Between our close frame and the end of the connection, if the peer does not answer it."""
    frames: int = 250
    """WebSocket frames of every kind in a ``window``. A call's own limit on messages is 200: it is
    reached first, and told as what it is."""
    frame_bytes: int = 512 * 1024
    """Bytes in a ``window``: 27 times the densest sound that a call may send."""
    requests: int = 100
    """Requests of one connection in a ``window``; the next are read when it is over. Answering more
    leaves the threads that match too little of the interpreter."""
    window: float = 0.2
    patience: float = 5.0
    """Seconds for which a faster peer is tolerated by reading it more slowly."""
    fragments: int = 1024
    """Frames of one message: 64 bytes each for the largest message there may be."""
    after_close: int = 250
    """Frames read after our close frame, in search of the peer's."""
    sweep: float = 0.5
    """Between two looks at what is overdue."""


def limits_of(server: ServerSettings) -> Limits:
    """The limits that the settings ask for; what they leave open follows ``max_calls``."""
    own = server.max_connections_per_address or server.max_calls + HEADROOM
    total = server.max_connections or 2 * server.max_calls + HEADROOM
    return Limits(connections=total, per_address=min(own, total))
