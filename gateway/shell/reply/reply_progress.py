"""The progress of a reply's sound, as the core is told it: how much of it there is, what it says,
and when each word ends, where the voice knows.

The voice knows words by their place in what it was given to say; the core, by their place in the
reply as it was written. ``core.alignment`` leads from one to the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from gateway.core.events import AgentAudio, WordEnd
from gateway.core.speech.alignment import Alignment
from gateway.ports.live_speech import SpokenWord
from gateway.shell.sound.sources import Stream


@dataclass
class Text:
    """A phrase that was given to the voice."""

    written: str
    spoken: str
    first: int = -1
    """The place where it begins in the reply's text; -1 while it is not a part of it."""

    @cached_property
    def alignment(self) -> Alignment:
        """Made when the first word of it is told of."""
        return Alignment(self.written, self.spoken)


class ReplyProgress:
    """Tells the core how far one reply has come. Phrases are numbered from 0 in the order they are
    heard."""

    def __init__(self, turn: int, stream: Stream, emit: Callable[[AgentAudio], None]) -> None:
        self._turn = turn
        self._stream = stream
        self._emit = emit
        self._texts: list[Text] = []
        self._begun = 0  # of those, a part of the reply's text
        self._characters = 0  # of it
        self._length = 0.0  # seconds of sound that were told of
        self._untold = ""  # text of which no sound was
        self._words: list[tuple[Text, SpokenWord, float]] = []  # that were not told of

    @property
    def given(self) -> int:
        """Phrases so far."""
        return len(self._texts)

    def give(self, written: str, spoken: str) -> None:
        """One more phrase will be heard after the others."""
        self._texts.append(Text(written, spoken))

    def sounded(
        self,
        audio: bytes,
        number: int,
        finished: int,
        words: Sequence[SpokenWord] = (),
        *,
        first: int = 0,
        begun: float = 0.0,
    ) -> None:
        """More sound of phrase ``number``; so many phrases are now spoken to their end. ``words``
        count phrases from the one numbered ``first``, and time from ``begun``, in seconds."""
        if audio:
            self._stream.append(audio)
            self._begin(number + 1)
        for word in words:
            if (text := self._text_of(word, first)) is not None:
                self._words.append((text, word, begun))
        self._tell()
        if finished > self._begun:  # what shared the sound of those before
            self._begin(finished)
            self.end()

    def said(self, audio: bytes, text: str) -> None:
        """Sound that the agent made itself."""
        self._stream.append(audio)
        self._add(text.strip())
        self._tell()

    def end(self) -> None:
        """No more sound will come of what is not told of yet."""
        if self._length and (self._untold or self._words):
            self._send()

    def _text_of(self, word: SpokenWord, first: int) -> Text | None:
        """Return where the word is; None if it is none, or in nothing that was given."""
        number = first + word.chunk
        text = self._texts[number] if 0 <= number < len(self._texts) else None
        if text is None or not word.text.strip() or not 0 <= word.at < len(text.spoken):
            return None
        return text

    def _begin(self, until: int) -> None:
        """The texts of the phrases before that number are a part of the reply."""
        for text in self._texts[self._begun : until]:
            text.first = self._add(text.written)
        self._begun = max(self._begun, min(until, len(self._texts)))

    def _add(self, text: str) -> int:
        """Return where it begins."""
        first = self._characters + 1 if self._characters else 0
        if text:
            self._untold = f"{self._untold} {text}".strip()
            self._characters = first + len(text)
        return first

    def _tell(self) -> None:
        """Less than a message of sound is not told of yet, and its text goes with the rest."""
        if self._stream.length > self._length:
            self._length = self._stream.length
            self._send()

    def _send(self) -> None:
        known = [one for one in self._words if one[0].first >= 0]
        self._words = [one for one in self._words if one[0].first < 0]
        text, self._untold = self._untold, ""
        ends = tuple(
            WordEnd(
                at=begun + word.end_ms / 1000,
                said=of.first + of.alignment.said(word.at + len(word.text)),
            )
            for of, word, begun in known
        )
        self._emit(AgentAudio(turn=self._turn, length=self._length, text=text, words=ends))
