"""Matching off the event loop: one thread, finals first, of each call only the newest partial.

The queue cannot grow: a call has at most one partial and one final in it, and a final wipes out
the call's partial. A caller who sends 10,000 partials a second costs one lookup at a time.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from intents.decision import Context, Decision, Kind
from intents.matcher import Matcher

log = logging.getLogger("frontline.matching")


@dataclass(frozen=True, slots=True)
class Question:
    """A text to be matched."""

    call_id: str
    matcher: Matcher
    text: str
    final: bool
    context: Context
    answer: Callable[[Decision, float], None]
    """Called on the event loop with the decision and the seconds it took to make."""


class MatchService:
    """The matching thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ready = threading.Condition()
        self._finals: OrderedDict[str, Question] = OrderedDict()
        self._partials: OrderedDict[str, Question] = OrderedDict()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="matching", daemon=True)
        self._thread.start()

    def ask(self, question: Question) -> None:
        """Queue a question; an older one of the same call that has not begun is dropped."""
        with self._ready:
            if question.final:
                self._partials.pop(question.call_id, None)
                self._finals[question.call_id] = question
            else:
                self._partials[question.call_id] = question
            self._ready.notify()

    def forget(self, call_id: str) -> None:
        """The call is gone."""
        with self._ready:
            self._partials.pop(call_id, None)
            self._finals.pop(call_id, None)

    def close(self) -> None:
        """Stop the thread; what is queued is not answered."""
        with self._ready:
            self._closed = True
            self._ready.notify()
        self._thread.join(timeout=5.0)

    def _run(self) -> None:
        while (question := self._next()) is not None:
            began = time.perf_counter()
            try:
                decision = question.matcher.match(
                    question.text, final=question.final, context=question.context
                )
            except Exception:  # a turn must not hang on our mistake: it becomes a miss
                log.exception("matching failed")
                decision = Decision(kind=Kind.MISS, reason="matching failed")
            took = time.perf_counter() - began
            try:
                self._loop.call_soon_threadsafe(question.answer, decision, took)
            except RuntimeError:  # the loop is closed
                return

    def _next(self) -> Question | None:
        with self._ready:
            while not self._closed:
                for waiting in (self._finals, self._partials):
                    if waiting:
                        return waiting.popitem(last=False)[1]
                self._ready.wait()
        return None
