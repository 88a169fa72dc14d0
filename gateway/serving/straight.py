"""The straight way between a WebSocket and the application that has it.

In ASGI a message waits for a task of the application's, and one that is written passes each of its
layers. For 50 messages a second and call that is more than what is done with them, so a server may
offer this beside it, in the scope's ``extensions``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

EXTENSION = "frontline.straight"
WAY = "way"
"""The key in the extension."""

Taker = Callable[[str | bytes], bool]


class StraightWay(Protocol):
    """One connection's."""

    taker: Taker | None
    """The application's, None for none: it takes a message at once, or answers False, and the
    message comes as ever. It is asked on the event loop while no other message waits; it must not
    raise."""

    def send_now(self, message: str | bytes) -> bool:
        """Write a message if nothing of earlier ones waits for the peer; False: nothing was
        done."""
