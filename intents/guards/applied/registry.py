"""Guards: reasons why a likely answer must not be spoken.

Embeddings put opposites side by side ("turn on" / "turn off roaming" 0.92), so query and matched
question are compared word by word. A guard can only veto; when in doubt it does. Every file of
``intents.guards`` is one guard, with its record as ``GUARD``; nothing else lists them.

A guard looks at the query's *difference* from the question: what both say in the same way
("why is my card not working") never vetoes. And what the entry's other questions differ in
(``evidence``) does not matter to it: an entry that holds "send 5 dollars" and "send 20 dollars"
answers any sum.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pkgutil import iter_modules

from intents import guards
from intents.guards.entry.guard import Guard, OfCandidate, OfWords, Scope


def _collected() -> dict[str, Guard[...]]:
    files = [file.name for file in iter_modules(guards.__path__) if not file.ispkg]
    found: list[Guard[...]] = [import_module(f"{guards.__name__}.{one}").GUARD for one in files]
    assert files == [one.name for one in found], "a guard's file has its name"
    return {one.name: one for one in sorted(found, key=lambda one: (one.rank, one.name))}


GUARDS = _collected()
"""Name to record, in the order in which guards are asked."""
_OF_WORDS: tuple[OfWords, ...] = tuple(
    one for one in GUARDS.values() if one.scope is not Scope.CANDIDATE
)
_OF_CANDIDATE: tuple[OfCandidate, ...] = tuple(
    one for one in GUARDS.values() if one.scope is Scope.CANDIDATE
)
_left_out: set[str] = set()


def of_words() -> tuple[OfWords, ...]:
    """The guards that compare two texts."""
    if _left_out:
        return tuple(one for one in _OF_WORDS if one.name not in _left_out)
    return _OF_WORDS


def of_candidate() -> tuple[OfCandidate, ...]:
    """The guards that look at an entry under consideration."""
    if _left_out:
        return tuple(one for one in _OF_CANDIDATE if one.name not in _left_out)
    return _OF_CANDIDATE


_noted: set[str] | None = None


def note(name: str) -> None:
    """Tell whoever is ``noting`` that the guard of that name objects."""
    if _noted is not None:
        _noted.add(name)


@contextmanager
def noting() -> Iterator[set[str]]:
    """For measurements: the names of the guards that object meanwhile, in the whole process, also
    where nothing comes of it. A text beside which a guard never objects is decided as without it.
    """
    global _noted  # noqa: PLW0603 - one measurement at a time, beside no calls
    found: set[str] = set()
    _noted = found
    try:
        yield found
    finally:
        _noted = None


@contextmanager
def without(*names: str) -> Iterator[None]:
    """For measurements: as if there were no guards of these names, in the whole process.

    Raises ``KeyError`` if there is none of such a name.
    """
    before, left = set(_left_out), [GUARDS[name].name for name in names]
    _left_out.update(left)
    try:
        yield
    finally:
        _left_out.clear()
        _left_out.update(before)
