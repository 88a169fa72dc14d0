"""A stream of tokens cut into what a voice is given to say.

The first chunk goes out early, at the end of a clause, because the caller is waiting for it; later
ones by the sentence, because a voice needs a sentence to get its melody right. A cut is made where
white space follows, so nothing inside ``3.5``, ``$1,200.50``, ``10:30`` or an address of web or
mail is ever cut; nor after ``Dr.``, before the number of ``No. 5``, or in ``May 5, 2026``. Where
only the next letter can tell (``at 5 p.m. We``), it is waited for. Waiting has an end: after
``Chunking.patience`` all goes out up to the last space at which nothing is torn.

No clock: ``now`` is an argument, ``deadline`` says when ``expire`` wants to be called. Where the
tokens are cut makes no difference to the chunks, unless a deadline passes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_BREAK = re.compile(
    r"""(?P<sentence> [.!?…]+ ["'”’)\]]* (?=\s) | [。！？]+ (?=[^。！？]) )
      | (?P<line> \n )
      | (?P<clause> [,;:] ["'”’)\]]* (?=\s) | (?<=\s) [-–]+ (?=\s) | —+ (?=[^—]) )""",
    re.VERBOSE,
)

_TITLES = {
    *("mr", "mrs", "ms", "mx", "dr", "prof", "st", "rev", "hon", "capt", "lt", "col"),
    *("sgt", "maj", "gen", "gov", "sen", "rep", "pres", "mt", "ft"),
    *("vs", "e.g", "i.e", "cf", "approx", "est", "dept", "ext", "tel"),
    *("fig", "min", "max", "avg", "incl", "excl"),
}
"""Never the end of a sentence: what they shorten stands before something."""
_NUMBERED = {
    *("no", "nos", "nr", "art", "sec", "ch", "vol", "apt", "p", "pp"),
    *("jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec"),
}
"""Not the end of a sentence if a number follows."""
_EITHER = {
    *("etc", "inc", "ltd", "co", "corp", "jr", "sr", "ph.d", "a.m", "p.m"),
    *("mon", "tue", "tues", "wed", "thu", "thurs", "fri", "sat", "sun"),
}
"""The end of a sentence if a capital letter follows; so are all of the form ``u.s``."""
_DOTTED = re.compile(r"(?:[a-z]\.)+[a-z]")
_CURRENCY = "$€£¥₹"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunking:
    """The limits of chunks. Raises ``ValueError`` if impossible."""

    first_words: int = 3
    """Words of a clause that is long enough to go out first, alone."""
    later_words: int = 4
    """Words of a later chunk; shorter sentences go with the next one."""
    longest: int = 280
    """Characters of a chunk. A voice's request takes thousands; a chunk is what is said again
    when a voice fails that does not tell how far it came."""
    patience: float = 0.6
    """Seconds that text waits for the end of its sentence. Speech of 3 words takes about 1 s, so
    the chunk before is still being heard."""

    def __post_init__(self) -> None:
        if self.first_words < 1 or self.later_words < 1 or self.longest < 20 or self.patience <= 0:
            raise ValueError("chunks of 20 characters, a word and some patience are the least")


class Chunker:
    """One reply's. Chunks have no white space at their ends; lines inside are kept."""

    def __init__(self, chunking: Chunking) -> None:
        self._chunking = chunking
        self._text = ""
        self._since = 0.0  # the oldest text that waits came then
        self._is_first = True

    @property
    def deadline(self) -> float | None:
        """Return when ``expire`` is to be called; None while nothing waits."""
        return self._since + self._chunking.patience if self._text else None

    def feed(self, text: str, now: float) -> list[str]:
        """More of the stream, of any length; the chunks that are now complete."""
        if not self._text:
            self._since = now
        self._text = (self._text + text).lstrip()
        chunks = []
        while (end := self._next_end()) is not None:
            chunks.append(self._take(end, now))
        return list(filter(_says_something, chunks))

    def expire(self, now: float) -> list[str]:
        """Time has passed: what need not wait any longer; nothing before the deadline."""
        if self.deadline is None or now < self.deadline:
            return []
        self._since = now
        end = _safe_space(self._text)
        return [self._take(end, now)] if end else []

    def finish(self) -> list[str]:
        """The stream has ended: what is left, if anything can be said of it."""
        rest, self._text = self._text.strip(), ""
        return [rest] if _says_something(rest) else []

    def _take(self, end: int, now: float) -> str:
        chunk, self._text = self._text[:end].rstrip(), self._text[end:].lstrip()
        self._since, self._is_first = now, False
        return chunk

    def _next_end(self) -> int | None:
        """Return where the next chunk ends; None if that is still to come."""
        longest = self._chunking.longest
        window = self._text[: longest + 1]  # what comes after must not matter: it may not be there
        fallback = 0
        for found in _BREAK.finditer(window):
            if found.end() <= longest and _is_end(window, found):
                chunk = window[: found.end()]
                if self._is_enough(chunk, found.lastgroup == "clause"):
                    return found.end()
                fallback = found.end() if _says_something(chunk) else 0
        if len(self._text) <= longest:
            return None
        return fallback or _safe_space(window) or _any_space(window) or longest

    def _is_enough(self, chunk: str, is_clause: bool) -> bool:
        words = len(chunk.split())
        if is_clause:
            return self._is_first and words >= self._chunking.first_words
        wanted = 1 if self._is_first else self._chunking.later_words
        return words >= wanted and _says_something(chunk)


def _says_something(text: str) -> bool:
    return any(map(str.isalnum, text))


def _is_end(text: str, found: re.Match[str]) -> bool:
    """Return whether a mark is the end of something; False also while it cannot be known."""
    after = text[found.end() :].lstrip()[:1]
    before = text[: found.start()]
    match found.lastgroup:
        case "line":
            return True
        case "clause":
            is_number = before.rstrip()[-1:].isdigit()
            return bool(after) and not (is_number and after.isdigit())
    if found.group().rstrip("\"'”’)]") != ".":
        return True
    return _ends_with(before, after)


def _ends_with(before: str, after: str) -> bool:
    """Return whether the full stop between the two is the end of a sentence."""
    word = (before.split() or [""])[-1].lstrip("\"'“‘([*_").lower()
    if word in _TITLES or (len(word) == 1 and word.isalpha() and word != "i"):
        return False
    if word.isdigit() and before.rpartition("\n")[2].strip() == word:
        return False  # "1. First": the number of an item
    if word in _NUMBERED:
        return bool(after) and not after.isdigit()
    if word in _EITHER or _DOTTED.fullmatch(word):
        return after.isupper()
    return True


def _safe_space(text: str) -> int:
    """End of the longest beginning, up to a space, that can be said alone; 0 if there is none."""
    for space in reversed(list(re.finditer(r"\s+", text))):
        before, after = text[: space.start()], text[space.end() : space.end() + 1]
        if _says_something(before) and _can_part(before.split()[-1], before, after):
            return space.start()
    return 0


def _can_part(word: str, before: str, after: str) -> bool:
    """Return whether a word may be the last one although its sentence goes on."""
    if any(map(str.isdigit, word)):
        goes_on = not after or after.isdigit() or after in "(+%" + _CURRENCY
        return not (word[-1].isdigit() or goes_on)
    if not _says_something(word):
        return False  # "$", "-": belongs to what follows
    return not word.endswith(".") or _ends_with(before[:-1], after or "?")


def _any_space(text: str) -> int:
    """Start of the last space; 0 if there is none."""
    return max((one.start() for one in re.finditer(r"\s", text)), default=0)
