"""Personal data taken out of what is kept: what a caller says is not ours to store.

Errs on the side of taking out: any run of four or more digits goes, spoken or written, whatever
it was, and so do the words after "my name is". Runs on the event loop, so every repetition is
bounded: the time is proportional to the text's length.
"""

from __future__ import annotations

import re

_DIGIT = (
    "zero|oh|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|"
    "fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|"
    "ninety|hundred|thousand|double|triple"
)
_WORD = r"[^\W\d_][\w'’\-]{0,40}"
_NOT_A_NAME = (
    "and|i|but|can|could|what|when|where|how|calling|from|with|here|want|would|need|have|about"
)
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<![\w.+\-])[\w.+\-]{1,64}@[\w.\-]{1,255}"), "[email]"),
    (
        re.compile(
            r"\b(?:[\w+\-]{1,64} (?:dot|underscore|dash|hyphen) ){0,4}(?<![\w.+\-])[\w.+\-]{1,64} "
            r"at [\w\-]{1,64}(?: dot [a-z]{1,20}){1,5}\b",
            re.IGNORECASE,
        ),
        "[email]",
    ),
    (
        re.compile(
            r"\b\d{1,6} (?:[a-z]{1,30} ){1,3}"
            r"(?:street|st|road|rd|avenue|ave|lane|drive|court|square)\b",
            re.IGNORECASE,
        ),
        "[address]",
    ),
    (
        re.compile(
            r"\b(born (?:on )?|birth(?:day| date)? (?:is )?)[\w ,]{1,40}?"
            r"(?:\d{4}|\d\d(?![ ,]{0,2}\d))\b",
            re.IGNORECASE,
        ),
        r"\1[date]",
    ),
    (
        re.compile(rf"(?:(?:\d|\b(?:{_DIGIT})\b)[ \-./(),]{{0,3}}){{4,}}", re.IGNORECASE),
        "[number] ",
    ),
    (
        re.compile(
            r"\b(my name(?: is|['’]s)|name['’]s|i am called|this is) "
            rf"(?!(?:a|an|the|about|my|not)\b){_WORD}(?: (?!(?:{_NOT_A_NAME})\b){_WORD}){{0,2}}",
            re.IGNORECASE,
        ),
        r"\1 [name]",
    ),
)


def redact(text: str) -> str:
    """The text without what could name a person: fit for a record."""
    text = re.sub(r"\s{1,1000}", " ", text)
    for pattern, put in _RULES:
        text = pattern.sub(put, text)
    return " ".join(text.split())
