"""Figures and texts as people read them."""

from __future__ import annotations

import time


def clean(text: object, most: int = 80) -> str:
    """The text on one line, without characters that would steer a terminal: callers and agents
    say what they like."""
    line = " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def percent(share: float) -> str:
    """A share as people write it."""
    return f"{100 * share:.1f} %"


def clock(moment: float) -> str:
    """Local day and time."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))


def ms(value: object) -> str:
    """Whole milliseconds; empty if there are none."""
    return f"{value:.0f}" if isinstance(value, int | float) else ""
