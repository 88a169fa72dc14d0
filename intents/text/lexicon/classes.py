"""Word classes, read once from the text files in ``words``: each class has one place.

A file holds sections. ``[name]`` begins a class; its members follow, apart by spaces. ``@name``
takes in another class, ``-word`` leaves a word of it out again, a plus joins the words of a phrase
(``call+me``), and a line that begins with ``#`` is a comment. Words are canonical
(``intents.text.spoken``) unless a class says otherwise.

``tables`` beside it holds what is more than a class, such as groups of synonyms; the module that
reads a table knows what its rows mean. The files are part of the package. What is wrong in one is
told when the first class is asked for, with the file and the class.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "words"
TABLES = Path(__file__).parent / "tables"

Written = tuple[str, ...]
"""Members of a class as they are written, with ``@`` and ``-``."""


class LexiconError(ValueError):
    """A word class is missing, or its file is wrong."""


def words(name: str) -> frozenset[str]:
    """Returns the members of a class. Raises ``LexiconError`` if there is no such class."""
    return frozenset(ordered(name))


@cache
def ordered(name: str) -> tuple[str, ...]:
    """Returns the members of a class in the order of the file, for classes that are counted:
    "zero", "one", "two". Raises ``LexiconError`` if there is no such class."""
    return resolve(name, _classes())


def alternation(*names: str) -> str:
    """Returns one regular expression without groups, ``a|an|the``, for the members of classes.

    Longer members come first, so that "what" is not found where "whatever" stands; a boundary
    after it is the caller's.
    """
    members = {word.replace("+", " ") for name in names for word in ordered(name)}
    return "|".join(sorted(members, key=lambda word: (-len(word), word)))


def resolve(name: str, classes: dict[str, Written], within: Written = ()) -> tuple[str, ...]:
    """Returns the members of a class of ``classes``, those that it takes in from others included.

    ``within``: the classes that are being read, outermost first. Raises ``LexiconError`` that
    names the class and the member for an unknown class, a class that takes itself in, a word that
    is there twice and a word left out that is not there.
    """
    if name not in classes:
        wanted = f", which '{within[-1]}' takes in" if within else ""
        raise LexiconError(f"no word class '{name}' in {FOLDER}{wanted}")
    if name in within:
        raise LexiconError(f"word class '{name}' takes itself in: {' > '.join((*within, name))}")
    found: dict[str, None] = {}
    own: set[str] = set()
    for member in classes[name]:
        if member.startswith("@"):
            found |= dict.fromkeys(resolve(member[1:], classes, (*within, name)))
        elif member.startswith("-"):
            if member[1:] not in found:
                raise LexiconError(f"word class '{name}' leaves out '{member[1:]}', not in it")
            del found[member[1:]]
        elif member in own or member in found:
            raise LexiconError(f"word class '{name}' has '{member}' twice: leave one out")
        else:
            own.add(member)
            found[member] = None
    return tuple(found)


def rows(name: str) -> tuple[str, ...]:
    """Returns the rows of a table, a file in ``tables``: its lines without comments and empty
    ones, each joined with the lines below it that begin with a space."""
    found: list[str] = []
    for line in (TABLES / f"{name}.txt").read_text("utf-8").splitlines():
        if line.startswith(" "):
            found[-1] = f"{found[-1]} {line.strip()}"
        elif line and not line.startswith("#"):
            found.append(line.strip())
    return tuple(found)


def read(folder: Path = FOLDER) -> dict[str, Written]:
    """Returns the classes of all files of a folder by name, with their members as written.

    Raises ``LexiconError`` that names the file and the line for words before the first class and
    for a class that is there already.
    """
    classes: dict[str, list[str]] = {}
    for file in sorted(folder.glob("*.txt")):
        members: list[str] | None = None
        lines = map(str.strip, file.read_text("utf-8").splitlines())
        for number, line in enumerate(lines, start=1):
            if line.startswith("#"):
                continue
            if line.startswith("["):
                name = line.strip("[]")
                if name in classes:
                    raise LexiconError(f"{file.name}, line {number}: class '{name}' is there twice")
                members = classes.setdefault(name, [])
            elif line and members is None:
                raise LexiconError(f"{file.name}, line {number}: words before the first [class]")
            elif members is not None:
                members += line.split()
    return {name: tuple(members) for name, members in classes.items()}


@cache
def _classes() -> dict[str, Written]:
    return read()
