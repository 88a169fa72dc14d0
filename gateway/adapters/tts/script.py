"""A reply's texts, kept until they are spoken, so that another voice can go on with them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from gateway.ports.live_speech import SpokenPiece, SpokenWord

AHEAD = 16
"""Texts that may wait to be given to a voice; then whoever writes them waits."""
SLACK_MS = 20.0
"""Milliseconds by which a word's end may be beyond the sound that has come: times are rounded."""


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a reply given to one attempt."""

    first: int
    """Number of its first text."""
    skipped: int
    """Characters of that text that are spoken already."""
    begun_ms: float
    """Sound of the reply before it."""

    def placed(self, piece: SpokenPiece) -> SpokenPiece:
        """A piece of the attempt with the reply's times and numbers."""
        words = tuple(map(self._word, piece.words))
        return replace(piece, words=words, finished=self.first + piece.finished)

    def _word(self, word: SpokenWord) -> SpokenWord:
        return replace(
            word,
            chunk=self.first + word.chunk,
            at=word.at + (0 if word.chunk else self.skipped),
            start_ms=self.begun_ms + word.start_ms,
            end_ms=self.begun_ms + word.end_ms,
        )


class Script:
    """The texts of one reply."""

    def __init__(self, source: AsyncIterator[str]) -> None:
        self._source = source
        self._texts: list[str] = []  # all of the reply: a few KB
        self._is_ended = False
        self._news = asyncio.Event()
        self._taken = 0  # by the voice that is furthest
        self._room = asyncio.Event()
        self.error: Exception | None = None
        """The error of the source; the texts it gave before are spoken all the same."""
        self.sounded = False
        """Something has been heard."""
        self._finished = 0
        self._skipped = 0  # characters of the text after those
        self._ms = 0.0
        self._words: list[SpokenWord] = []  # of the text that is not finished

    # --- from whoever writes ----------------------------------------------------------------------

    async def pump(self) -> None:
        """Take the texts as they come. A task of its own: a voice that is given up in the middle
        of waiting for the next text must not take the source with it."""
        try:
            async for text in self._source:
                if text.strip():
                    self._texts.append(text)
                    self._news.set()
                while len(self._texts) - self._taken >= AHEAD:
                    self._room.clear()
                    await self._room.wait()
        except Exception as error:  # noqa: BLE001 - raised when all has been spoken
            self.error = error
        finally:
            self._is_ended = True
            self._news.set()

    async def has_more(self) -> bool:
        """Wait until there is something left to be spoken, or it is known that there is not."""
        while len(self._texts) <= self._finished and not self._is_ended:
            self._news.clear()
            await self._news.wait()
        return len(self._texts) > self._finished

    # --- to a voice -------------------------------------------------------------------------------

    def part(self) -> Part:
        """The texts that are left, for a new attempt."""
        return Part(self._finished, self._skipped, self._ms)

    async def text(self, number: int) -> str | None:
        """The text of that number, when it is there; None after the last."""
        while number >= len(self._texts):
            if self._is_ended:
                return None
            self._news.clear()
            await self._news.wait()
        self._taken = max(self._taken, number + 1)
        self._room.set()
        return self._texts[number]

    def is_over(self, part: Part, finished: int) -> bool:
        """Return whether an attempt that finished so many texts of its part has finished the
        reply.
        """
        return self._is_ended and part.first + finished == len(self._texts)

    # --- from a voice -----------------------------------------------------------------------------

    def spoken(self, piece: SpokenPiece, ms: float) -> None:
        """A piece, placed, that will be heard: of so much sound."""
        self.sounded = self.sounded or ms > 0
        self._ms += ms
        if piece.finished > self._finished:
            self._finished, self._skipped = piece.finished, 0
        self._words += piece.words
        self._words = [word for word in self._words if word.chunk >= self._finished]

    def interrupted(self) -> None:
        """The voice has failed: what of the text is known to be spoken is not spoken again."""
        for word in self._words:
            if word.chunk == self._finished and word.end_ms <= self._ms + SLACK_MS:
                self._skipped = max(self._skipped, word.at + len(word.text))
        self._words = []
        if self._finished < len(self._texts):
            rest = self._texts[self._finished][self._skipped :]
            self._skipped += len(rest) - len(rest.lstrip())
            if not any(map(str.isalnum, rest)):
                self._finished, self._skipped = self._finished + 1, 0
