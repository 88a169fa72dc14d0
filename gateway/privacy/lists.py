"""The words that redaction knows, by what they may be; the files are in ``data``."""

from __future__ import annotations

from pathlib import Path

_DATA = Path(__file__).parent / "data"

Sections = dict[str, frozenset[str]]


def read(name: str) -> Sections:
    """The sections of a file of words; what stands before the first is under ``""``."""
    sections: dict[str, set[str]] = {}
    section = ""
    for line in (_DATA / name).read_text("utf-8").splitlines():
        if line.startswith("= "):
            section = line[2:]
        elif not line.startswith("#"):
            sections.setdefault(section, set()).update(line.split())
    return {key: frozenset(words) for key, words in sections.items()}


_NAMES, _WORDS = read("names.txt"), read("words.txt")
_HARMLESS, _KEPT = read("harmless.txt"), read("kept.txt")
CUES = read("cues.txt")
"""Classes of words around personal data, by name."""

FIRST = _NAMES["first"]
"""First names that are no other word."""
DOUBTFUL = _NAMES["doubtful"]
"""First names that are words or places too."""
FAMILY = _NAMES["family"]

COMMON = _WORDS[""]
"""A few thousand words that name nobody."""
OURS = _WORDS["ours"]
"""Further ones that a call centre says."""

SHORT = _KEPT["short"]
"""Acronyms and the like, that may as well be spelled."""
MIXED = _KEPT["mixed"]
"""Letters with digits that are the name of a thing: "4g"."""
MONTHS = _KEPT["months"]
PLACES = _KEPT["places"]
"""Countries, peoples, languages and large towns: where, but not at whose."""
CONDITIONS = CUES["conditions"]
"""Words that say something of a person's health."""
MODIFIERS = CUES["modifiers"]
"""Words that may stand before a condition, and say which it is."""
STOP = CUES["stop"]
"""Words that are in no name, password or address: what is told ends there."""
STATES = CUES["states"]
"""Words that "my password is" may go on with in place of a value."""
UNITS = CUES["units"]
STREETS = CUES["streets"]
WEAK_STREETS = CUES["weak streets"]
"""Streets that are other words as often."""
ENDINGS = CUES["top level domains"]
PROVIDERS = CUES["mail providers"]
NATO = CUES["nato"]
NO_FAMILY = CUES["no family"]
"""Words that may follow a name, and are borne by too few people to be one."""
RELATIVES = CUES["relatives"]

HARMLESS = (
    (
        frozenset().union(*_HARMLESS.values(), COMMON, OURS, SHORT, MIXED, PLACES, STOP, STATES)
        | frozenset().union(MONTHS, _KEPT["days"], _KEPT["things"], UNITS, STREETS, WEAK_STREETS)
    )
    - FIRST
    - CONDITIONS
)
"""Words that may stay wherever they stand, if nothing around them says that they are personal."""

MAYBE_FIRST = DOUBTFUL | (_HARMLESS["first"] - COMMON - STOP)
MAYBE_FAMILY = FAMILY | (_HARMLESS["family"] | _HARMLESS["first"]) - STOP - NO_FAMILY
"""Words that are names where one is expected."""
PARTICLES = frozenset(
    (
        "van",
        "von",
        "de",
        "del",
        "della",
        "da",
        "di",
        "la",
        "le",
        "bin",
        "al",
        "der",
        "den",
        "el",
        "mac",
        "mc",
        "ni",
        "nic",
        "ap",
        "ibn",
        "abu",
        "ter",
        "dos",
        "das",
    )
)

ONES: dict[str, int] = dict.fromkeys(CUES["ones"], 1)
TENS: dict[str, int] = dict.fromkeys(CUES["tens"], 2)
SCALES = {"hundred": 2, "thousand": 3, "million": 6, "double": 1, "triple": 2, "treble": 2}
WIDTHS: dict[str, int] = {**ONES, **TENS, **SCALES}
"""Numbers in words, and how many digits each stands for."""
ORDINALS = CUES["ordinals"]
