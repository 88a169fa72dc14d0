"""Rows to entries: what belongs together, what contradicts, what is missing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from cache_seed.cells import RowError
from gateway.core import routes
from gateway.ports.store import Entry
from intents.text.spoken import canonical

LONG_ANSWER = 1_200
"""Characters from which an answer gets a warning: more than a minute of speech."""

LONGEST_ANSWER = 6_000
LONGEST_FALLBACK = 600
"""Characters of the longest answer: about six minutes. Rendering holds a whole clip in memory."""

LONG_QUESTION = 300
"""Characters from which a question gets a warning: nobody asks that in one breath, and the
sentence encoder reads 256 word pieces at most."""

MAX_CONFLICTS = 1_000
"""Conflicts listed."""

ID_WORDS = 8
"""Words of the first question that make an id."""

YES = frozenset({"yes", "true", "1", "x", "y"})
NO = frozenset({"no", "false", "0", "n"})
_LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
LONGEST = {
    "id": 100,
    "intent": 100,
    "voice": 100,
    "answer": LONGEST_ANSWER,
    "fallback": LONGEST_FALLBACK,
}
"""Characters of a cell."""
_SINGLE = ("voice", "locale", "valid_from", "valid_until", "action", "fallback")
"""Columns that every row of an entry must agree on, where they are not empty."""

Tell = Callable[[RowError], None]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two entries that claim the same, or nearly the same, question."""

    first: str
    """Id of the entry that had it first."""
    second: str
    question: str
    """The question in the words of the first entry."""
    other: str
    """The question in the words of the second entry."""
    similarity: float
    """Cosine of the two; 1 if they are the same after normalisation."""
    line: int = 0
    """Line of the second; 0 if the entries do not come from a file."""

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return (
            f"{where}{self.other!r} of {self.second} is too near {self.question!r} of "
            f"{self.first} ({self.similarity:.2f}), and their answers differ"
        )


@dataclass(slots=True)
class _Gathered:
    """An entry in the making."""

    id: str
    line: int
    intent: str
    answer: str = ""
    answer_line: int = 0
    values: dict[str, str] = field(default_factory=dict)
    questions: list[str] = field(default_factory=list)
    counter_examples: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)


class Gathering:
    """Takes rows in the order of the file, tells what is wrong with them, gives entries."""

    def __init__(self, locale: str, error: Tell, warning: Tell) -> None:
        self._locale = locale
        self._error = error
        self._warning = warning
        self._entries: dict[str, _Gathered] = {}
        self._by_intent: dict[str, set[str]] = {}
        self._owner: dict[str, tuple[str, str]] = {}
        """Canonical question -> (entry id, the question as it stands)."""
        self._negative: dict[str, set[str]] = {}
        self._finished: tuple[Entry, ...] = ()
        self._told: set[str] = set()
        """Entries that lack something because of rows already told of."""
        self._numbers: dict[str, int] = {}
        """Derived id -> the number its next double gets."""
        self.conflicts: list[Conflict] = []
        self.questions = 0
        """Questions and counter-examples so far."""

    def __len__(self) -> int:
        return len(self._entries)

    def lines(self) -> dict[str, int]:
        """Id of each finished entry to the line of its first row."""
        return {entry.id: self._entries[entry.id].line for entry in self._finished}

    # --- a row -----------------------------------------------------------------------------------

    def add(self, line: int, values: Mapping[str, str]) -> None:
        """Take a row: column of the contract -> text that is not empty."""
        problems = check_values(line, values)
        asked, negative = _sentences(values)
        if not asked and not negative:
            problems.append(
                RowError(line, "question", "the question is empty", "write what callers say")
            )
        for problem in problems:
            self._error(problem)
        key = self._key(values, asked)
        if problems:
            if key and key not in self._entries:
                self._told.add(key)  # its further rows must not be blamed for the same thing
            return
        if not key:
            reason = "it does not say which entry it belongs to"
            self._error(RowError(line, "counter_example", reason, "give the id or intent"))
            return
        entry = self._entries.get(key)
        if entry is None:
            intent = values.get("intent") or values.get("id") or key
            entry = _Gathered(id=key, line=line, intent=intent)
            self._entries[key] = entry
            self._by_intent.setdefault(slug(intent), set()).add(key)
        elif not self._agrees(line, entry, values):
            return
        self._take(line, entry, values, asked, negative)

    def _key(self, values: Mapping[str, str], asked: list[str]) -> str:
        if "id" in values:
            return "_".join(values["id"].split())
        if "intent" in values:
            intent = slug(values["intent"])
            known = self._by_intent.get(intent, set())
            return next(iter(known)) if len(known) == 1 else intent
        if not asked:
            return ""
        return self._new_id(asked[0], values)

    def _new_id(self, question: str, values: Mapping[str, str]) -> str:
        """A derived id; that of the same question with the same answer if it came before."""
        owner = self._owner.get(canonical(question))
        if owner is not None and self._entries[owner[0]].answer == values.get("answer", ""):
            return owner[0]
        name = new = slug(question)
        while new in self._entries:
            self._numbers[name] = self._numbers.get(name, 1) + 1
            new = f"{name}_{self._numbers[name]}"
        return new

    def _agrees(self, line: int, entry: _Gathered, values: Mapping[str, str]) -> bool:
        """Return whether a further row agrees with the earlier ones of its entry; report an error
        if not.
        """
        answer = values.get("answer", "")
        if answer and entry.answer and answer != entry.answer:
            reason = f"entry {entry.id} has another answer in line {entry.answer_line}"
            mend = "leave it empty or equal there, or give this row an id of its own"
            self._error(RowError(line, "answer", reason, mend))
            return False
        for column in _SINGLE:
            new, old = values.get(column, ""), entry.values.get(column, "")
            if new and old and new != old:
                reason = f"entry {entry.id} has {old!r} in an earlier row"
                self._error(RowError(line, column, reason, "leave it empty or make them equal"))
                return False
        return True

    def _take(
        self,
        line: int,
        entry: _Gathered,
        values: Mapping[str, str],
        asked: list[str],
        negative: list[str],
    ) -> None:
        if "answer" in values and not entry.answer:
            entry.answer, entry.answer_line = values["answer"], line
            if len(entry.answer) > LONG_ANSWER:
                reason = f"the answer has {len(entry.answer):,} characters"
                mend = "callers hang up in a minute: say the main thing, offer the rest"
                self._warning(RowError(line, "answer", reason, mend))
        for column in _SINGLE:
            if values.get(column) and not entry.values.get(column):
                entry.values[column] = values[column]
        for tag in re.split(r"\s*[|,;]\s*", values.get("tags", "")):
            if tag and tag not in entry.tags:
                entry.tags.append(tag)
        for question in asked:
            self._ask(line, entry, question)
        for question in negative:
            self._deny(line, entry, question)

    # --- questions -------------------------------------------------------------------------------

    def _ask(self, line: int, entry: _Gathered, question: str) -> None:
        key = canonical(question)
        if not key:
            reason = f"{question!r} has no words that could be asked"
            self._error(RowError(line, "question", reason, "write what callers say"))
            self._told.add(entry.id)
            return
        if len(question) > LONG_QUESTION:
            reason = f"a question has {len(question)} characters"
            self._warning(RowError(line, "question", reason, "write what a caller says at once"))
        if key in self._negative.get(entry.id, ()):
            self._both(line, "question", question)
            return
        owner = self._owner.get(key)
        if owner is None:
            self._owner[key] = (entry.id, question)
            entry.questions.append(question)
            self.questions += 1
        elif owner[0] != entry.id:
            self._collide(line, entry, question, owner)

    def _deny(self, line: int, entry: _Gathered, question: str) -> None:
        key = canonical(question)
        if self._owner.get(key, ("",))[0] == entry.id:
            self._both(line, "counter_example", question)
            return
        known = self._negative.setdefault(entry.id, set())
        if key not in known:
            known.add(key)
            entry.counter_examples.append(question)
            self.questions += 1

    def _both(self, line: int, column: str, question: str) -> None:
        reason = f"{question!r} is both a question and a counter-example of its entry"
        self._error(RowError(line, column, reason, "remove one of the two"))

    def _collide(self, line: int, entry: _Gathered, question: str, owner: tuple[str, str]) -> None:
        first = self._entries[owner[0]]
        if entry.answer and entry.answer == first.answer:
            reason = f"{question!r} is in entry {first.id} with the same answer"
            self._warning(RowError(line, "question", reason, "it is kept there only"))
            return
        self._told.add(entry.id)
        if len(self.conflicts) < MAX_CONFLICTS:
            self.conflicts.append(Conflict(first.id, entry.id, owner[1], question, 1.0, line))
        reason = f"{question!r} is a question of entry {first.id} too (line {first.line})"
        mend = "one question can have one answer: remove it from one of them"
        self._error(RowError(line, "question", reason, mend))

    # --- all of it -------------------------------------------------------------------------------

    def finish(self) -> tuple[Entry, ...]:
        """The good entries; tells of those that stayed without an answer or a question."""
        good = []
        for gathered in self._entries.values():
            problem = self._lacks(gathered)
            if problem is None:
                good.append(self._entry(gathered))
            elif problem.reason:
                self._error(problem)
        self._finished = tuple(good)
        return self._finished

    def _lacks(self, entry: _Gathered) -> RowError | None:
        told = entry.id in self._told
        if not entry.answer and not _action(entry):
            reason = "" if told else "the answer is empty"
            return RowError(entry.line, "answer", reason, "write one, or give an action")
        if not entry.questions:
            reason = "" if told else f"entry {entry.id} has no question left"
            return RowError(entry.line, "question", reason, "write what callers say")
        start, end = entry.values.get("valid_from", ""), entry.values.get("valid_until", "")
        if start and end and end < start:
            reason = f"{end} is before valid_from ({start})"
            return RowError(entry.line, "valid_until", reason, "swap or correct the dates")
        return None

    def _entry(self, gathered: _Gathered) -> Entry:
        values = gathered.values
        return Entry(
            id=gathered.id,
            intent=gathered.intent,
            questions=tuple(gathered.questions),
            answer=gathered.answer,
            counter_examples=tuple(gathered.counter_examples),
            locale=values.get("locale", self._locale).replace("_", "-"),
            voice=values.get("voice", ""),
            tags=tuple(gathered.tags),
            valid_from=values.get("valid_from", ""),
            valid_until=values.get("valid_until", ""),
            action=_action(gathered),
            fallback=values.get("fallback", ""),
        )


def _action(entry: _Gathered) -> str:
    """The entry's route; empty if its answer is spoken."""
    action = entry.values.get("action", "")
    return "" if action == routes.Target.ANSWER else action


def check_values(line: int, values: Mapping[str, str]) -> list[RowError]:
    """The errors in the cells of one row, each cell judged by itself."""
    problems = []
    for column in ("valid_from", "valid_until"):
        if column in values and not _is_date(values[column]):
            reason = f"{values[column][:40]!r} is no date"
            problems.append(RowError(line, column, reason, "write YYYY-MM-DD, such as 2025-12-24"))
    if "locale" in values and not _LOCALE.fullmatch(values["locale"]):
        reason = f"{values['locale'][:40]!r} is no locale"
        problems.append(RowError(line, "locale", reason, "write it like en-US"))
    try:
        routes.parse(values.get("action", ""))
    except routes.RouteError as error:
        problems.append(RowError(line, "action", error.reason, error.mend))
    for column, most in LONGEST.items():
        if len(values.get(column, "")) > most:
            reason = f"it has {len(values[column]):,} characters"
            problems.append(RowError(line, column, reason, f"use at most {most}"))
    return problems


def _is_date(text: str) -> bool:
    try:
        return bool(_DATE.fullmatch(text)) and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _sentences(values: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """(questions, counter-examples) of a row."""
    asked = _parts(values.get("question", ""))
    mark = values.get("counter_example", "")
    if mark.lower() in YES:
        return [], asked
    return asked, [] if mark.lower() in NO else _parts(mark)


def _parts(cell: str) -> list[str]:
    return [part for part in (piece.strip() for piece in cell.split("|")) if part]


def slug(text: str) -> str:
    """The first words of a text as an id: ``What's open?`` -> ``whats_open``."""
    words = re.findall(r"\w+", text.casefold().replace("'", "").replace("\u2019", ""))
    return "_".join(words[:ID_WORDS])[:80].strip("_") or "entry"
