"""The questions that a turn has asked of the understanding side, and their verdicts: each text
once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from gateway.core.actions import Action, Match
from gateway.core.events import Decided, Utterance, Verdict, VerdictKind

PENDING = 8
"""Questions that are waited for; older ones were dropped unanswered."""
KEPT = 16
"""Answers that are kept: of a caller who rambles the oldest text is long superseded."""


KEYS = {1: {"1": "yes", "2": "no"}, 2: {"1": "the first one", "2": "the second one"}}
"""Return what a digit says while a clarifying question about one or two entries stands."""


@dataclass(frozen=True, slots=True)
class QuestionContext:
    """The context that the turn carries into every question it asks."""

    offered: tuple[str, ...] | None = None
    """Entries of the clarifying question that stands."""
    before: tuple[str, ...] = ()
    """The caller's words in the last turns, canonical."""
    may_clarify: bool = True


class AskedText(NamedTuple):
    """A text that was asked about."""

    said: str
    """The text in canonical form."""
    final: bool
    ahead: bool = False
    """Asked as if the text were final, before it was."""


class Questions:
    """The questions that one turn asks the matcher."""

    def __init__(self, turn: int, asked: QuestionContext) -> None:
        self._turn = turn
        self._asked = asked
        self._revision = 0
        self._pending: dict[int, AskedText] = {}  # by revision
        self._answers: dict[str, tuple[Verdict, AskedText]] = {}  # by canonical text

    def ask(self, heard: Utterance, *, final: bool, ahead: bool = False) -> list[Action]:
        """Have the text matched, unless that was asked before. ``ahead``: as if it were final."""
        said = heard.canonical
        if not said or self.settled(said, final=final) is not None:
            return []
        newest = self._pending.get(self._revision)  # an older one may have been dropped unanswered
        if newest is not None and (newest.said, newest.final) == (said, final):
            return []
        self._revision += 1
        self._pending[self._revision] = AskedText(said, final, ahead)
        while len(self._pending) > PENDING:
            del self._pending[next(iter(self._pending))]
        return [
            Match(
                turn=self._turn,
                revision=self._revision,
                text=heard.text,
                final=final,
                asked=self._asked.offered,
                before=self._asked.before,
                may_clarify=self._asked.may_clarify,
                key=heard.key,
            )
        ]

    def answered(self, event: Decided) -> AskedText | None:
        """The question this answers; None if nobody waits for it."""
        asked = self._pending.pop(event.revision, None)
        if asked is None:
            return None
        known = self._answers.get(asked.said)
        if known is not None and known[1].final and not asked.final:
            return asked  # overtaken by the answer to the same text as a final
        if len(self._answers) >= KEPT:
            del self._answers[next(iter(self._answers))]
        self._answers[asked.said] = (event.verdict, asked)
        return asked

    def known(self, said: str) -> Verdict | None:
        """The verdict on that text, whether it may stand or not."""
        answer = self._answers.get(said)
        return answer[0] if answer is not None else None

    def settled(self, said: str, *, final: bool) -> Verdict | None:
        """The verdict on that text, if it may stand: a partial's only if it is sure."""
        if said not in self._answers:
            return None
        verdict, asked = self._answers[said]
        sure = verdict.kind in (VerdictKind.ANSWER, VerdictKind.ROUTE)
        return verdict if asked.final or sure or not final else None

    def decided_on(self, said: str) -> str:
        """``final`` if the verdict on that text was asked for when it was final, else
        ``partial``."""
        asked = self._answers[said][1]
        return "final" if asked.final and not asked.ahead else "partial"

    def __len__(self) -> int:
        """Return what is kept of them."""
        return len(self._pending) + len(self._answers)
