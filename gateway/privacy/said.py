"""A text in words, of which some are marked: what every rule of redaction reads and writes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Container

KNOWN = re.compile(r"\[\w{1,20}\]")
"""A placeholder: what was redacted stays redacted."""

_TOKEN = re.compile(
    r"\[\w{1,20}\]|[^\W_]+(?:(?:(?<=\d)[.,:](?=\d)|['’._](?=[^\W_]))[^\W_]+)*", re.UNICODE
)
_ODD = re.compile(r"[^\s.,!?;:'’\"“”()$£€%&+/…-]")
"""Characters that are part of no word and no common punctuation: a piece of a password, or a sign
of some script."""
_SHORTENED = re.compile(r"(?:'(?:s|re|ve|ll|d|m|t)|')$")


def plain(word: str) -> str:
    """The word in lower case, without accents."""
    word = word.lower().replace("’", "'")
    if word.isascii():
        return word
    apart = unicodedata.normalize("NFKD", word)
    return "".join(one for one in apart if not unicodedata.combining(one)) or word


def base(word: str) -> str:
    """A plain word without what was drawn together with it: "john's", "what's", "isn't"."""
    short = _SHORTENED.sub("", word)
    return short.removesuffix("n") if word.endswith("n't") and short != "can" else short


class SpokenWords:
    """A text's words, in their order.

    A rule marks words with a kind: ``name``. The first mark stays. ``KEEP`` protects a word from
    the rules that come later.
    """

    KEEP = "+"

    def __init__(self, text: str) -> None:
        self.raw: list[str] = []
        self.gaps: list[str] = []  # before each word, and at last what follows them all
        end = 0
        for found in _TOKEN.finditer(text):
            self.raw.append(found[0])
            self.gaps.append(text[end : found.start()])
            end = found.end()
        self.gaps.append(text[end:])
        self.words = [plain(word) for word in self.raw]
        self.bases = [base(word) if "'" in word else word for word in self.words]
        self.marks: list[str] = ["" for _ in self.words]
        for place, word in enumerate(self.words):
            if word[0] == "[":
                self.marks[place] = word[1:-1]

    def __len__(self) -> int:
        return len(self.words)

    def word(self, place: int) -> str:
        """The word there; empty beyond the ends."""
        return self.words[place] if 0 <= place < len(self.words) else ""

    def joined(self, place: int) -> bool:
        """Return whether only a space, a hyphen or an apostrophe separates a word from the one
        before it.
        """
        return 0 < place < len(self.words) and self.gaps[place] in (" ", "-", "'", "’")

    def breaks(self, place: int) -> bool:
        """Return whether a sentence or clause ends before that word."""
        gap = self.gaps[place] if 0 <= place < len(self.gaps) else "."
        return place <= 0 or place >= len(self.words) or any(one in gap for one in ".,!?;…")

    def free(self, place: int) -> bool:
        """Return whether an unmarked word stands at ``place``."""
        return 0 <= place < len(self.words) and not self.marks[place]

    def mark(self, first: int, last: int, kind: str) -> None:
        """Mark the words from ``first`` up to, and without, ``last``."""
        for place in range(max(first, 0), min(last, len(self.marks))):
            if not self.marks[place]:
                self.marks[place] = kind

    def until(self, place: int, stop: Container[str], most: int) -> int:
        """Return the place after a run of words that begins at ``place``; the run ends at a word of
        ``stop``, at the end of the clause or after ``most`` words."""
        last = place
        while (
            last < len(self.words)
            and last - place < most
            and self.words[last] not in stop
            and not (last > place and self.breaks(last))
        ):
            last += 1
        return last

    def since(self, place: int, stop: Container[str], most: int) -> int:
        """Return the place where a run of words that ends before ``place`` begins; bounded as in
        ``until``.
        """
        first = place
        while first > 0 and place - first < most and self.words[first - 1] not in stop:
            if first < place and self.breaks(first):
                break
            first -= 1
        return first

    def text(self) -> str:
        """The text to keep: marked words become placeholders, and adjoining ones of one kind share
        a placeholder.
        """
        made: list[str] = []
        before = ""
        for word, mark, gap in zip(self.raw, self.marks, self.gaps, strict=False):
            kind = "" if mark == self.KEEP else mark
            if not kind:
                made += [_ODD.sub(" ", gap), word]
            elif kind != before or any(one + " " in gap for one in "!?;"):
                made += [_ODD.sub(" ", gap) if not before else " ", f"[{kind}]"]
            before = kind
        made.append(_ODD.sub(" ", self.gaps[-1]))
        return " ".join("".join(made).split())


Rule = Callable[[SpokenWords], None]
