"""What a text costs to understand, beside ordinary words of the same length on the same machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import count
from typing import Any

LENGTH = 1000
ORDINARY = "i would like to know when the shop at the corner opens and how much parking costs " * 13
TRIES = 8
_numbers = count()


def times_ordinary(work: Callable[[str], Any], text: str) -> float:
    """The text's time as a multiple of that of ordinary words: the least of several tries each, by
    turns, in this thread's processor time. No text comes twice, so that nothing is remembered."""
    tries = [(_seconds(work, text), _seconds(work, ORDINARY)) for _ in range(TRIES)]
    return min(own for own, _ in tries) / min(ordinary for _, ordinary in tries)


def _seconds(work: Callable[[str], Any], text: str) -> float:
    told = f"{next(_numbers)} {text}"[:LENGTH]
    began = time.thread_time()
    work(told)
    return time.thread_time() - began
