"""The way on when a clip cannot be played: never silence.

An answer, or a question of ours, of which nothing was heard yet is as good as none: its turn goes
on as a miss, to the agent, or else with the hand-off line. In place of everything else a line is
said, if there is one that has not failed itself. A filler needs nothing of this: the next is due.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.core.actions import Action, AskAgent, Path, TellDecision
from gateway.core.policy import Policy
from gateway.core.reply.account import TurnAccount
from gateway.core.reply.handover import Handover
from gateway.core.reply.lines import FAILURE, HANDOFF, SystemLine
from gateway.core.reply.playback import Sounding
from gateway.core.turn.turn import Turn


class LostSound:
    """The decisions of one call about a clip that cannot be played."""

    def __init__(self, policy: Policy, account: TurnAccount, handover: Handover) -> None:
        self._policy = policy
        self._account = account
        self._handover = handover
        self._answered: tuple[Turn, AskAgent] | None = None

    def governed_by(self, policy: Policy) -> None:
        """Follow another policy from now on."""
        self._policy = policy

    def answers(self, turn: Turn, ask: AskAgent) -> None:
        """This turn is being answered; and what an agent would be asked of it instead."""
        self._answered = turn, ask

    def missed(self, sound: Sounding, now: float) -> list[Action]:
        """The turn that the sound was to answer, and has not yet, goes another way."""
        account = self._account.owed(sound.play.generation)
        if account is None or self._answered is None:
            return []
        if account.path not in (Path.CACHE, Path.CLARIFY):
            self._account.became(replace(account, lost=True))
            return []
        turn, ask = self._answered
        passed = self._policy.agent and bool(turn.utterance.canonical)
        path = Path.AGENT if passed else Path.HANDOFF
        self._account.became(replace(account, path=path, lost=True))
        verdict, decided_on = account.verdict, account.decided_on
        tell = TellDecision(turn=turn.number, path=path, verdict=verdict, decided_on=decided_on)
        if not passed:
            return [tell]
        self._handover.ask(turn, verdict, now)
        return [tell, ask]

    def lines(self, sound: Sounding, *, ending: bool) -> tuple[SystemLine, ...]:
        """The lines that may be said in place of it, the best first. ``ending``: the call
        ends with what is said."""
        said, account = sound.play.line, self._account.turn
        if said == FAILURE:
            return ()
        goes_on = account is not None and account.path in (Path.HANDOFF, Path.ROUTE)
        if goes_on and said != HANDOFF and not ending:
            return (HANDOFF, FAILURE)
        return (FAILURE,)
