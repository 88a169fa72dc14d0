"""Threads of one interpreter, kept from holding each other up.

Matching runs on a thread beside the event loop, and one of them runs Python at a time. Whoever
wants to waits until the other lets go, which Python asks for only after a while.
"""

from __future__ import annotations

import sys

SWITCH_EVERY = 0.0005
"""Seconds after which a thread is asked to let another run; Python's own are 5 ms. With 20 calls,
what the gateway adds to an agent's answer (``bench/miss.py``) went from 13.8 and 14.5 ms to 12.6
and 12.6, p50, and from 17.6 and 17.9 to 16.5 and 15.0, p95, in turns on a machine of two cores."""


def share_interpreter() -> None:
    """For the whole process, from now on."""
    sys.setswitchinterval(SWITCH_EVERY)
