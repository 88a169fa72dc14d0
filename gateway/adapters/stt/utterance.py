"""The running utterance, as heard by a recogniser that reports by position.

Results overlap: an interim one is replaced by the next, a final one stays; after a connection was
lost sound is heard a second time, and a result may come after the utterance was told. Each word
carries where it was said, in samples since the call began, and is told once.
"""

from __future__ import annotations

from asyncio import TimerHandle
from dataclasses import dataclass

from gateway.ports.speech_in import Heard


@dataclass(slots=True)
class Finish:
    """An utterance whose final is owed."""

    at: int
    """The position at which the utterance ended."""
    timer: TimerHandle
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """A word and where in the call's sound it is, in samples."""

    text: str
    start: float
    end: float
    confidence: float = 1.0

    @property
    def middle(self) -> float:
        """The middle of the word, used where it must have a single position."""
        return (self.start + self.end) / 2


@dataclass(frozen=True, slots=True)
class SpeechReport:
    """The content of a message, in our terms; positions in samples of the call."""

    event: str
    """The message's type for Nova, the event's for Flux."""
    words: list[Word]
    end: float
    """The sound before it is in the words."""
    final: bool = False
    """The words will not change."""
    ends: bool = False
    """Deepgram takes the utterance for over."""
    over: float | None = None
    """Deepgram's probability that the turn is over, if it gives one."""
    flushed: bool = False
    """True if the result answers a request to finalise."""


class HeardUtterance:
    """Words that will stay, and those that may still change."""

    def __init__(self) -> None:
        self._settled: list[Word] = []
        self._open: list[Word] = []
        self._partial: tuple[str, bool] = ("", False)
        self.told = 0.0
        """Words before this position were part of an utterance that is over."""

    @property
    def words(self) -> list[Word]:
        """All of them, in order."""
        return [*self._settled, *self._open]

    def hear(self, words: list[Word], *, final: bool) -> None:
        """A result: in place of the open words; if final they will not change."""
        new = [word for word in words if word.text and word.middle > self.told]
        self._open = [] if final else new
        if final:
            self._settled += new

    def settle(self, until: float) -> float:
        """Sound before that position is gone and will not be heard again: the open words in it
        stay. The position from which nothing has been heard yet: within a word it is its end."""
        kept = [word for word in self._open if word.start < until]
        self._settled += kept
        self._open = []
        return max([until, *(word.end for word in kept)])

    def partial(self, *, eager: bool = False) -> Heard | None:
        """The transcript so far; None if it is empty or unchanged."""
        text = " ".join(word.text for word in self.words)
        if (text, eager) == self._partial or not text:
            return None
        self._partial = (text, eager)
        return Heard(text, final=False, eager=eager)

    def final(self, until: float) -> Heard:
        """The utterance is over; what comes later of the sound before ``until`` is dropped.

        The confidence is the mean of the words', and 1 where nothing was said.
        """
        words = self.words
        sure = sum(word.confidence for word in words) / len(words) if words else 1.0
        self._settled, self._open, self._partial = [], [], ("", False)
        self.told = max(self.told, until)
        text = " ".join(word.text for word in words)
        return Heard(text, final=True, confidence=round(min(1.0, max(0.0, sure)), 3))
