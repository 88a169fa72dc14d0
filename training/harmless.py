"""The words that redaction may keep: ``gateway/privacy/data/harmless.txt``, made anew.

    pip install wordfreq names      # in an environment of its own: 60 MB that nothing else needs
    python -m training.harmless american-english british-english

The arguments are word lists of SCOWL (Debian's ``wamerican`` and ``wbritish``), which tell words
from names by their capitals. A word is harmless if it is among the ``TOP`` commonest of English
(wordfreq), SCOWL has it without a capital, and it is not a name more than a word, by how many
people bear it (the census of the United States of 1990, as ``names`` ships it). Those that some
people bear all the same get sections of their own: where a name is expected they are one.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Iterable, Mapping
from pathlib import Path

TARGET = Path(__file__).parents[1] / "gateway" / "privacy" / "data" / "harmless.txt"
TOP = 20_000
"""Words looked at. Of the words of CLINC150's training questions 7 % are beyond the 10,000
commonest that SCOWL knows, 6 % beyond 15,000 and 5 % beyond 20,000 or 30,000: those that are left
are names of places and things, which stand in ``kept.txt`` where they matter."""

MORE_A_NAME = 0.004
"""People who bear it, in percent, by times it is said in a million words, from which a word is
rather a name: smith 0.013, baker 0.010, walker 0.008; brown 0.006, bell 0.003, hill 0.003, king
and green 0.001."""

COLOURS = {"brown", "gray", "grey"}
"""Names more than words by that measure, and said of things all the same."""

HEADER = """\
# The commonest words of English that are no names. Made by training/harmless.py; do not edit.
# From wordfreq 3.1.1 (Robyn Speer; data CC BY-SA 4.0), SCOWL (Kevin Atkinson) and the surnames and
# first names of the US census of 1990. This list is under CC BY-SA 4.0; see NOTICE.
"""


def sections(
    common: Iterable[str],
    frequency: Mapping[str, float],
    lower: set[str],
    first: Mapping[str, float],
    family: Mapping[str, float],
) -> dict[str, list[str]]:
    """The words by section: plain, ``first`` and ``family``. Frequencies are per million words
    and percent of people."""
    found: dict[str, list[str]] = {"": [], "first": [], "family": []}
    for word in sorted(set(common)):
        if word not in lower or not word.isalpha() or not word.isascii() or len(word) < 2:
            continue
        borne = max(first.get(word, 0.0), family.get(word, 0.0))
        if borne / frequency[word] > MORE_A_NAME and word not in COLOURS:
            continue
        section = "first" if word in first else "family" if word in family else ""
        found[section].append(word)
    return found


def written(found: Mapping[str, list[str]]) -> str:
    """The file."""
    lines = [HEADER]
    for section, words in found.items():
        lines += [f"= {section}\n"] if section else []
        line = ""
        for word in words:
            if len(line) + len(word) > 98:
                lines.append(line.rstrip() + "\n")
                line = ""
            line += word + " "
        lines.append(line.rstrip() + "\n")
    return "".join(lines)


def _borne(*files: Path) -> dict[str, float]:
    """Name to the percentage of people who bear it."""
    found: dict[str, float] = {}
    for file in files:
        for line in file.read_text("ascii").splitlines():
            if columns := line.split():
                name = columns[0].lower()
                found[name] = max(found.get(name, 0.0), float(columns[1]))
    return found


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lists", nargs="+", type=Path)
    wordfreq, names = map(importlib.import_module, ("wordfreq", "names"))
    census = Path(str(names.__file__)).parent
    common = wordfreq.top_n_list("en", TOP)
    lower = {
        word
        for one in parser.parse_args().lists
        for word in one.read_text("utf-8").split()
        if word == word.lower()
    }
    found = sections(
        common,
        {word: wordfreq.word_frequency(word, "en") * 1e6 for word in common},
        lower,
        _borne(census / "dist.female.first", census / "dist.male.first"),
        _borne(census / "dist.all.last"),
    )
    TARGET.write_text(written(found), "utf-8")


if __name__ == "__main__":
    main()
