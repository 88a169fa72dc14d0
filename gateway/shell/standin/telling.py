"""The account of what we have said in a bot's place, for the bot's owner: once for each turn, when
it is known how much of the answer was heard."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from gateway.core.actions import CloseTurn, Path
from gateway.core.events import Event, PlaybackDone
from gateway.core.reply.history import heard_of
from gateway.ports.bots import AnswerGiven
from gateway.shell.call.observe import LiveCall


class Account:
    """The account of one call."""

    def __init__(
        self, live: LiveCall, ids: Mapping[str, str], tell: Callable[[AnswerGiven], None]
    ) -> None:
        """``ids``: the carrier's names of the call."""
        self._live = live
        self._ids = ids
        self._tell = tell
        self._waiting: tuple[CloseTurn, str] | None = None  # on the air, and the caller's words

    def closed(self, turn: CloseTurn, question: str) -> None:
        """A turn has its record. ``question``: the words of the caller as the record has them."""
        if self._waiting is not None and self._waiting[0].turn != turn.turn:
            self._whole()
        if turn.path is not Path.CACHE:
            return
        if turn.interrupted:
            self._waiting = None
            share = turn.heard / turn.verdict.length if turn.verdict.length else 0.0
            self._say(turn, question, heard_of(turn.verdict.says, share), whole=False)
        else:
            self._waiting = turn, question

    def saw(self, event: Event, sounds: bool) -> None:
        """The call has taken an event. ``sounds``: something of ours is on the air after it."""
        if isinstance(event, PlaybackDone) and not sounds:
            self._whole()

    def end(self) -> None:
        """The call is over."""
        self._whole()

    def _whole(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            turn, question = waiting
            self._say(turn, question, turn.verdict.says, whole=True)

    def _say(self, turn: CloseTurn, question: str, heard: str, *, whole: bool) -> None:
        live = self._live
        self._tell(
            AnswerGiven(
                id=f"{live.id}-{turn.turn}",
                call_id=live.id,
                ids=self._ids,
                tenant=live.tenant,
                turn=turn.turn,
                at=time.time(),
                entry=turn.verdict.entry,
                question=question,
                answer=heard,
                whole=whole,
            )
        )
