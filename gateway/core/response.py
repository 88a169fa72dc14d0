"""Our side of the call: what a verdict makes us say, and the account of it.

A turn that is answered with sound is accounted for when the sound reaches the wire; one without
at once. If the sound is cut short by the caller it is accounted for again, as interrupted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from gateway.core.actions import Action, CloseTurn, EndCall, Path, Source, TellDecision
from gateway.core.budget import Ledger
from gateway.core.events import Manner, Verdict, VerdictKind
from gateway.core.playback import Playback, Sound
from gateway.core.policy import Policy
from gateway.core.turn import VERBATIM, Asked, Turn

CONTROL = "control:"
"""Prefix of the built-in actions; the rest are the operator's."""


@dataclass(frozen=True, slots=True)
class Speaking:
    """What is said and where it comes from."""

    source: Source
    clips: tuple[str, ...]
    length: float
    pair: tuple[str, str] | None = None
    """The two entries it offers, if it is a clarifying question."""


class Response:
    """Answers turns with sound. Holds what the next turn must know of the last."""

    def __init__(self, policy: Policy, lines: Mapping[str, float], playback: Playback) -> None:
        self._policy = policy
        self._lines = lines
        self._playback = playback
        self._pair: tuple[str, str] | None = None  # offered by the clarifying question
        self._clarified = 0
        self._asked_again = False
        self._last_entry = ""
        self._last_said: Speaking | None = None
        self._hanging_up = False
        self._account: tuple[int, CloseTurn] | None = None  # generation, and its turn's account
        self._ledger: Ledger | None = None  # still open: its sound is not on the wire yet

    @property
    def asked(self) -> Asked:
        """What the next turn carries into its questions."""
        policy = self._policy
        may = policy.clarify and self._pair is None and self._clarified < policy.max_clarify
        return Asked(pair=self._pair, last_entry=self._last_entry, may_clarify=may)

    def line(self, name: str, now: float) -> list[Action]:
        """Say a system line that answers no turn."""
        said = self._line(name)
        if said is None:
            return []
        return [self._playback.play(0, said.source, said.clips, said.length, now)]

    # --- answering -------------------------------------------------------------------------

    def answer(self, turn: Turn, now: float) -> list[Action]:
        """Say what the verdict calls for."""
        verdict = turn.outcome
        assert verdict is not None, "an unresolved turn cannot be answered"
        path, said = self._choose(turn, verdict)
        account = CloseTurn(
            turn=turn.number,
            path=path,
            utterance=turn.utterance,
            verdict=verdict,
            decided_on=turn.decided_on,
        )
        tell = TellDecision(
            turn=turn.number, path=path, verdict=verdict, decided_on=turn.decided_on
        )
        if said is None:
            self._account = self._ledger = None
            told: list[Action] = [] if path is Path.NONE else [tell]
            return [*told, account, *self._goodbye()]
        order = self._playback.play(turn.number, said.source, said.clips, said.length, now)
        self._account, self._ledger = (order.generation, account), turn.ledger
        return [tell, order]

    def _choose(self, turn: Turn, verdict: Verdict) -> tuple[Path, Speaking | None]:
        pair, self._pair = self._pair, None
        again, self._asked_again = self._asked_again, False
        self._hanging_up = False  # whoever speaks after a goodbye is still there
        if self._unclear(turn, verdict):
            if again:
                return Path.HANDOFF, self._line("handoff")
            self._asked_again, self._pair = True, pair
            return Path.CLARIFY, self._line("not_understood")
        match verdict.kind:
            case VerdictKind.ANSWER if verdict.clips:
                self._last_entry = verdict.entry
                return Path.CACHE, self._remember(Source.CACHE, verdict)
            case VerdictKind.CLARIFY if verdict.clips:
                self._pair, self._clarified = verdict.clarify, self._clarified + 1
                return Path.CLARIFY, self._remember(Source.CLARIFY, verdict)
            case VerdictKind.ROUTE:
                return self._route(verdict)
        if turn.utterance.manner is not Manner.NORMAL and pair is None:
            return Path.NONE, None  # "okay", "wait": nothing to answer
        return Path.HANDOFF, self._line("handoff")

    def _unclear(self, turn: Turn, verdict: Verdict) -> bool:
        """Whether the recogniser is too unsure of the words to act on what they seem to say.
        Words that are a whole question of the catalogue, or a command, are not a mishearing."""
        if verdict.confidence >= VERBATIM or turn.utterance.manner is not Manner.NORMAL:
            return False
        return turn.utterance.confidence < self._policy.min_confidence

    def _route(self, verdict: Verdict) -> tuple[Path, Speaking | None]:
        match verdict.action.removeprefix(CONTROL):
            case "repeat":
                self._pair = self._last_said.pair if self._last_said else None
                return Path.ROUTE, self._last_said or self._line("nothing_to_repeat")
            case "stop":
                return Path.ROUTE, None
            case "person":
                return Path.HANDOFF, self._line("handoff")
            case "goodbye":
                self._hanging_up = True
                return Path.ROUTE, self._line("goodbye")
        if verdict.clips:
            return Path.ROUTE, self._remember(Source.SYSTEM, verdict)
        return Path.ROUTE, self._line("handoff")

    def _remember(self, source: Source, verdict: Verdict) -> Speaking:
        self._last_said = Speaking(source, verdict.clips, verdict.length, verdict.clarify)
        return self._last_said

    def _line(self, name: str) -> Speaking | None:
        length = self._lines.get(name)
        return None if length is None else Speaking(Source.SYSTEM, (f"line:{name}",), length)

    # --- accounting ------------------------------------------------------------------------

    def on_air(self, generation: int, now: float) -> list[Action]:
        """The first audio of a generation is on the wire: its turn's account is complete."""
        if self._account is None or self._ledger is None or self._account[0] != generation:
            return []
        account = replace(self._account[1], timeline=self._ledger.close(now))
        self._account, self._ledger = (generation, account), None
        return [account]

    def interrupted(self) -> list[Action]:
        """The caller has cut in for good: stop, and account for what was heard."""
        sound = self._playback.sound or self._playback.stopped
        actions = self.hold()
        self._playback.stopped = None
        account, self._account = self._account, None
        unsaid, self._ledger = self._ledger is not None, None
        if account is not None and (sound is not None or unsaid):
            heard = sound.position if sound is not None else 0.0
            actions.append(replace(account[1], interrupted=True, heard=heard))
        return actions

    def hold(self) -> list[Action]:
        """Stop, but keep what is needed to go on."""
        order = self._playback.stop()
        return [order] if order else []

    def resume(self, now: float) -> list[Action]:
        """Go on with what was held. The account stays that of its turn."""
        order = self._playback.resume(now)
        if order is None:
            return []
        if self._account is not None:
            self._account = (order.generation, self._account[1])
        return [order]

    def finished(self) -> list[Action]:
        """What was said has been heard to its end."""
        account, unsaid = self._account, self._ledger is not None
        self._account = self._ledger = None
        late: list[Action] = [account[1]] if account is not None and unsaid else []
        return [*late, *self._goodbye()]

    def replace(self, sound: Sound, now: float) -> list[Action]:
        """A clip could not be played: say so instead, unless that line is what failed."""
        account, failure = self._account, self._line("failure")
        self._pair = None
        if failure is None or sound.play.clips == failure.clips:
            return self.finished()
        turn = sound.play.turn
        order = self._playback.play(turn, failure.source, failure.clips, failure.length, now)
        if account is not None:
            self._account = (order.generation, account[1])
        return [order]

    def _goodbye(self) -> list[Action]:
        return [EndCall(reason="goodbye")] if self._hanging_up else []
