"""Further questions for entries, proposed by somebody who does not know the catalogue: which of
them are fit to be put before the operator, and why not the others.

A suggestion passes if it could be seeded as a question of its entry: it is new, short, free of
personal data, nearer to its entry than to any other, forbidden by no guard, and today no other
entry answers it. A proposal that fails is told with the first reason found.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from intents.decision import Decision, Kind
from intents.guards.applied import vetoes
from intents.guards.entry.naming import Names
from intents.matcher import Matcher
from intents.models.classifier import Labels
from intents.models.encoder import Encoder, Vectors
from intents.text.spoken import canonical

MOST_CHARACTERS = 160
MOST_WORDS = 25
"""Words of a suggestion. The longest question of the sample tables has 14."""
UNLIKE = 0.3
"""Cosine to the nearest question of its entry below which a proposal is about another thing. Of
1,046 questions of the sample tables, each against the others of its entry, 1.4 % are below; against
the questions of an entry chosen at random 62 % are."""
RIVALS = 8
"""Nearer questions of other entries that are looked at; the first that no guard tells apart is
the reason."""

_STRANGE = re.compile(r"[^\w\s'\-.,?!&%$£€/:+]|_")
_BULLET = re.compile(r"\s*(?:[-*•]|\(?\d{1,3}[.):])\s+")
_LEADING = re.compile(r"^[\W_]+")
_TRAILING = re.compile(r"[\s.,;:?!\"']+$")
_STRING = re.compile(r'"((?:[^"\\\n]|\\.){0,1000})"')
_QUOTES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"'})
ARRAYS = 40
"""Opening brackets of an answer at which a list is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A further question of an entry."""

    question: str
    now: Kind
    """The decision today about a caller who says it: a miss gains most from being seeded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A proposal that is no question of the entry."""

    question: str
    check: str
    """Which check it failed: ``shape``, ``personal``, ``repeated``, ``taken``, ``unlike``,
    ``counter_example``, ``guard``, ``nearer`` or ``answered``."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The proposals for one entry, in the order in which they came."""

    accepted: tuple[Accepted, ...]
    rejected: tuple[Rejected, ...]


class Suggesting:
    """Checks proposals for one catalogue, and remembers those it accepted: no other entry gets
    the same."""

    def __init__(
        self, matcher: Matcher, encoder: Encoder, *, personal: Callable[[str], bool]
    ) -> None:
        """``encoder``: as published; ``personal``: says whether a text has personal data."""
        self._matcher = matcher
        self._personal = personal
        knowledge = self._knowledge = matcher.knowledge
        self._encoder = knowledge.served(encoder)
        self._entry_of: Labels = np.array([entry for entry, _ in knowledge.rows], np.intp)
        self._counter_of: Labels = np.array([entry for entry, _ in knowledge.counter_rows], np.intp)
        self._number = {item.id: number for number, item in enumerate(knowledge.items)}
        self._names = Names((text, found[0][0]) for text, found in knowledge.exact.items())
        self._asked = {
            text: {entry for entry, _ in found} for text, found in knowledge.exact.items()
        }
        self._counters: set[tuple[int, str]] = {
            (entry, canonical(knowledge.items[entry].counter_examples[number]))
            for entry, number in knowledge.counter_rows
        }
        self._given: dict[str, int] = {}

    def rivals(self, entry: str, most: int) -> list[str]:
        """The nearest question of each of the nearest other entries, nearest first."""
        number = self._number[entry]
        rows = self._entry_of == number
        cosines = (self._knowledge.vectors[rows] @ self._knowledge.vectors.T).max(axis=0)
        found: dict[int, str] = {}
        for row in np.argsort(-cosines, kind="stable").tolist():
            other = int(self._entry_of[row])
            if other != number:
                found.setdefault(other, self._question(row))
            if len(found) == most:
                break
        return list(found.values())

    def check(self, entry: str, proposals: Iterable[str]) -> Checked:
        """Sort the proposals for an entry of the catalogue."""
        accepted: list[Accepted] = []
        rejected: list[Rejected] = []
        for proposal in proposals:
            said = tidy(proposal)
            found = self._check(self._number[entry], said)
            if isinstance(found, Decision):
                question = said.lower()
                self._given[canonical(question)] = self._number[entry]
                accepted.append(Accepted(question=question, now=found.kind))
            else:
                check, reason = found
                text = said.lower()[:MOST_CHARACTERS]
                rejected.append(Rejected(question=text, check=check, reason=reason))
        return Checked(accepted=tuple(accepted), rejected=tuple(rejected))

    def _check(self, number: int, said: str) -> tuple[str, str] | Decision:
        """(check, reason) against it; else what the catalogue does with it today."""
        if reason := _misshapen(said):
            return "shape", reason
        if self._personal(said) or self._personal(said.lower()):
            return "personal", "it seems to hold personal data"
        text = canonical(said.lower())
        if refused := self._known(number, text):
            return refused
        vector = self._encoder.embed([text])[0]
        cosines = self._knowledge.vectors @ vector
        own = np.flatnonzero(self._entry_of == number)
        return (
            self._unfit(number, text, vector, cosines, own)
            or self._nearer(number, text, cosines, float(cosines[own].max()))
            or self._answered(number, said.lower())
        )

    def _known(self, number: int, text: str) -> tuple[str, str] | None:
        """Words that are seeded or suggested already."""
        holders = self._asked.get(text, set())
        if number in holders:
            return "repeated", "the entry has this question already"
        if holders:
            return "taken", f"it is a question of {self._id(min(holders))}, word for word"
        given = self._given.get(text)
        if given == number:
            return "repeated", "it was suggested already"
        if given is not None:
            return "taken", f"it was suggested for {self._id(given)} already"
        if (number, text) in self._counters:
            return "counter_example", "it is a counter-example of the entry"
        return None

    def _unfit(
        self, number: int, text: str, vector: Vectors, cosines: Vectors, own: Labels
    ) -> tuple[str, str] | None:
        """Return what the entry itself says against it."""
        nearest = float(cosines[own].max())
        if nearest < UNLIKE:
            return "unlike", f"no question of the entry resembles it (similarity {nearest:.2f})"
        rows = np.flatnonzero(self._counter_of == number)
        if len(rows):
            counters = self._knowledge.counter_vectors[rows] @ vector
            if float(counters.max()) >= nearest:
                _, at = self._knowledge.counter_rows[int(rows[int(counters.argmax())])]
                counter = self._knowledge.items[number].counter_examples[at]
                return "counter_example", f'it is nearer to the counter-example "{counter}"'
        near = [self._question(int(own[at])) for at in vetoes.near(cosines[own])]
        against = vetoes.of_entry(text, near, entry=self._id(number), names=self._names)
        if against:
            return "guard", f"{against[0].guard}: {against[0].reason}"
        return None

    def _nearer(
        self, number: int, text: str, cosines: Vectors, nearest: float
    ) -> tuple[str, str] | None:
        """Another entry's question that is nearer, and that no guard tells from it."""
        others = np.where(self._entry_of == number, -1.0, cosines)
        for row in np.argsort(-others, kind="stable")[:RIVALS].tolist():
            if others[row] < nearest:
                return None
            other, question = self._id(int(self._entry_of[row])), self._question(row)
            if not vetoes.veto(text, question, entry=other, names=self._names):
                return "nearer", f'it is nearer to "{question}" of {other}'
        return None

    def _answered(self, number: int, said: str) -> tuple[str, str] | Decision:
        """Today's decision, unless it is another entry's or nobody's."""
        decision = self._matcher.match(said, final=True)
        if decision.entry and decision.entry != self._id(number):
            return "answered", f"{decision.entry} answers it today"
        if decision.action.startswith("control:") and not decision.entry:
            return "answered", f"it is taken for the command {decision.action}"
        if not decision.candidates:
            return "shape", "it asks nothing"
        return decision

    def _id(self, number: int) -> str:
        return self._knowledge.items[number].id

    def _question(self, row: int) -> str:
        entry, number = self._knowledge.rows[row]
        return self._knowledge.items[entry].questions[number]


def tidy(proposal: str) -> str:
    """One line as a caller's words are written down: no bullet, no quotes around it, no mark at
    its end."""
    line = " ".join(_BULLET.sub("", proposal.translate(_QUOTES), count=1).split())
    return _TRAILING.sub("", _LEADING.sub("", line))


def _misshapen(said: str) -> str:
    """Why nobody says this on the telephone; empty if somebody may."""
    if not canonical(said):
        return "there are no words in it"
    if strange := _STRANGE.search(said):
        return f"{strange.group()!r} cannot be spoken"
    if len(said) > MOST_CHARACTERS or len(said.split()) > MOST_WORDS:
        return f"it is longer than {MOST_WORDS} words or {MOST_CHARACTERS} characters"
    return ""


def proposals(answer: str, most: int) -> list[str]:
    """The questions in a language model's answer, at most so many: of the JSON list it was asked
    for, wherever that stands; of one that breaks off; else of its lines, without those that only
    lead to the others. Never raises."""
    found = _of_array(answer)
    if found is None:
        begun = answer.find("[")
        found = _STRING.findall(answer[begun:]) if begun >= 0 else []
        found = found or _of_lines(answer)
    texts = (" ".join(one.split()) for one in found)
    return [text for text in texts if text][:most]


def _of_array(answer: str) -> list[str] | None:
    """The texts of the first JSON list that holds any."""
    decoder = json.JSONDecoder()
    for match in [*re.finditer(r"\[", answer)][:ARRAYS]:
        try:
            value, _ = decoder.raw_decode(answer, match.start())
        except (ValueError, RecursionError):
            continue
        if texts := [text for one in value for text in _texts(one)]:
            return texts
    return None


def _texts(value: object) -> list[str]:
    """A text, or the first text of an object."""
    if isinstance(value, dict):
        value = next((one for one in value.values() if isinstance(one, str)), None)
    return [value] if isinstance(value, str) else []


def _of_lines(answer: str) -> list[str]:
    lines = [line.strip() for line in answer.splitlines()]
    lines = [line for line in lines if line and not line.startswith("```")]
    listed = [_BULLET.sub("", line, count=1) for line in lines if _BULLET.match(line)]
    return listed or [line for line in lines if not line.endswith(":")]
