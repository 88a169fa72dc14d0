"""Does a question of the catalogue go on from here?

"How do I open an account" is a whole question, and the beginning of "how do I open an account for
my child". A caller who pauses after it may be about to say the rest: being sure of the match is
no reason to answer in the pause.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from intents.text.spoken import canonical


class Continuations:
    """The catalogue's questions, looked up by their beginning."""

    def __init__(self, questions: Iterable[str]) -> None:
        self._sorted = sorted({canonical(question) for question in questions})

    def goes_on(self, text: str) -> bool:
        """Return whether some question begins with these words and has more."""
        beginning = canonical(text) + " "
        place = bisect_left(self._sorted, beginning)
        return place < len(self._sorted) and self._sorted[place].startswith(beginning)
