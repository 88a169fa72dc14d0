"""Personal data taken out of what is kept: what a caller says is not ours to store.

Errs on the side of taking out: any run of four or more digits goes, spoken or written, whatever
it was, and so do the words after "my name is".
"""

from __future__ import annotations

import re

_DIGIT = "zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple"
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\S+@\S+\.\w+"), "[email]"),
    (re.compile(r"\b[\w.+-]+ at [\w-]+(?: dot [a-z]+)+\b", re.IGNORECASE), "[email]"),
    (re.compile(r"(?:\d[ \-./()]*){4,}"), "[number] "),
    (re.compile(rf"\b(?:(?:{_DIGIT})\b[ \-]*){{4,}}", re.IGNORECASE), "[number] "),
    (
        re.compile(
            r"\b(my name(?: is|'s)|name's|i am called|this is) "
            r"(?!a\b|an\b|the\b|about\b|my\b|not\b)"
            r"[a-z'\-]+(?: (?!and\b|i\b|but\b|can\b|could\b|what\b|when\b)[a-z'\-]+)?",
            re.IGNORECASE,
        ),
        r"\1 [name]",
    ),
    (
        re.compile(
            r"\b\d+ (?:[a-z]+ ){1,3}(?:street|st|road|rd|avenue|ave|lane|drive|court|square)\b",
            re.IGNORECASE,
        ),
        "[address]",
    ),
    (
        re.compile(
            r"\b(born (?:on )?|birth(?:day| date)? (?:is )?)[\w ,]+?\d{2,4}\b", re.IGNORECASE
        ),
        r"\1[date]",
    ),
)


def redact(text: str) -> str:
    """The text without what could name a person: fit for a record."""
    for pattern, put in _RULES:
        text = pattern.sub(put, text)
    return re.sub(r"\s+", " ", text).strip()
