"""Matching off the event loop: a thread for finals and one for partials, of each call only the
newest of either.

A final never waits for partials, its own call's or another's: a match begun cannot be stopped,
and on a busy line there is nearly always one. The queues cannot grow: a call has at most one
partial and one final in them, and a final wipes out the call's partial. A caller who sends
10,000 partials a second costs one lookup at a time, and delays other partials only.
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
class MatchRequest:
    """A text to be matched."""

    call_id: str
    matcher: Matcher
    text: str
    final: bool
    context: Context
    answer: Callable[[Decision, float], None]
    """Called on the event loop with the decision and the seconds it took to make."""


class MatchService:
    """The matching threads."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self._finals = Lane("match finals", loop)
        self._partials = Lane("match partials", loop)

    def ask(self, question: MatchRequest) -> None:
        """Queue a question; an older one of the same call that has not begun is dropped."""
        if question.final:
            self._partials.forget(question.call_id)
            self._finals.put(question)
        else:
            self._partials.put(question)

    def forget(self, call_id: str) -> None:
        """The call is gone."""
        self._partials.forget(call_id)
        self._finals.forget(call_id)

    def close(self) -> None:
        """Stop the threads; what is queued is not answered."""
        for lane in (self._finals, self._partials):
            lane.close()
        for lane in (self._finals, self._partials):
            lane.join()


class Lane:
    """Questions of one sort, one after the other in a thread of their own."""

    def __init__(self, name: str, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._ready = threading.Condition()
        self._waiting: OrderedDict[str, MatchRequest] = OrderedDict()  # by call
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, question: MatchRequest) -> None:
        """Queue a question, in the place of the call's older one if there is one."""
        with self._ready:
            self._waiting[question.call_id] = question
            self._ready.notify()

    def forget(self, call_id: str) -> None:
        """Drop the call's question if it has not begun."""
        with self._ready:
            self._waiting.pop(call_id, None)

    def close(self) -> None:
        """Begin no other question."""
        with self._ready:
            self._closed = True
            self._ready.notify()

    def join(self, within: float = 5.0) -> bool:
        """Wait for the question in progress; whether the thread has ended within so many s."""
        self._thread.join(timeout=within)
        return not self._thread.is_alive()

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

    def _next(self) -> MatchRequest | None:
        with self._ready:
            while not self._closed:
                if self._waiting:
                    return self._waiting.popitem(last=False)[1]
                self._ready.wait()
        return None
