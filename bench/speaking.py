"""Speech as a streaming recogniser hears it, without the sound: what is known, and when.

Words come at a steady pace, a recogniser tells of them in partials that lag behind, and its final
comes once the caller has been silent for a while, whether a partial had the last word or not.
"""

from __future__ import annotations

import math
import random

WORD = 0.33
"""Seconds a word takes: 180 words a minute."""
SILENCE = 0.2
"""Seconds from the last word to the final: ``turn.silence_confident_ms``."""
LAG_P50, LAG_P95 = 0.15, 0.40
"""Seconds a recogniser's partial lags behind its word. Interims of streaming recognisers come
every 0.1 to 0.3 s; the spread is ours."""


def lag_of() -> float:
    """A lag from the lognormal through ``LAG_P50`` and ``LAG_P95``."""
    spread = math.log(LAG_P95 / LAG_P50) / 1.6449  # the normal's 95th percentile
    return random.lognormvariate(math.log(LAG_P50), spread)


def partials(text: str, final_at: float, every: float) -> list[tuple[float, str]]:
    """The instant and text of each partial before the final, from a recogniser that reports every
    ``every`` seconds if there is anything new. Its beat is independent of the caller's."""
    words = text.split()
    silent = final_at - SILENCE
    known_at, last = [], 0.0
    for number in range(1, len(words) + 1):  # a word is not known before those in front of it
        last = max(last, silent - WORD * (len(words) - number) + lag_of())
        known_at.append(last)
    found: list[tuple[float, str]] = []
    at, said = silent - WORD * len(words) + random.uniform(0, every), 0
    while at < final_at:
        known = sum(moment <= at for moment in known_at)
        if known > said:
            said = known
            found.append((at, " ".join(words[:known])))
        at += every
    return found
