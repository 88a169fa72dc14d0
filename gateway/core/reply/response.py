"""Our side of the call: what a verdict makes us say, and the account of it.

A turn that is answered with sound is accounted for when the sound reaches the wire; one without
at once. If the sound is cut short by the caller it is accounted for again, as interrupted.
What the cache has no answer to is passed on (``Handover``).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from gateway.core.actions import (
    Act,
    Action,
    AskAgent,
    CloseTurn,
    EndCall,
    Path,
    Play,
    Source,
    TellDecision,
)
from gateway.core.events import AgentEvent, Aim, Bearing, Utterance, Verdict, VerdictKind
from gateway.core.felt import GOES_ON
from gateway.core.ledger import Owner
from gateway.core.policy import Policy
from gateway.core.reply.account import TurnAccount
from gateway.core.reply.handover import Expects, Handover, nobody_knows
from gateway.core.reply.history import History, heard_of
from gateway.core.reply.lines import (
    FAILURE,
    GOODBYE,
    HANDOFF,
    NOT_UNDERSTOOD,
    NOT_UNDERSTOOD_AGAIN,
    NOTHING_TO_REPEAT,
    SystemLine,
)
from gateway.core.reply.lost import LostSound
from gateway.core.reply.playback import Playback, Sounding
from gateway.core.routes import REPEAT, Target
from gateway.core.turn.questions import QuestionContext
from gateway.core.turn.turn import Turn

BEFORE = 3
"""Turns whose words are kept, to know who says the same again."""

REST = 4
"""Words that may be the rest of a question ("on sundays", "for my wife"); more are a new one."""
AGAIN = (NOT_UNDERSTOOD, NOT_UNDERSTOOD_AGAIN)
"""Lines that ask for unclear words again: who did not get through with the first way of asking
rarely does when asked just so once more. After these somebody else must hear them."""


@dataclass(frozen=True, slots=True)
class Speaking:
    """The sound to be played and its source."""

    source: Source
    clips: tuple[str, ...]
    length: float
    offers: tuple[str, ...] | None = None
    """The entries it offers, if it is a clarifying question."""
    text: str = ""
    line: SystemLine | None = None
    """The system line it is, if it is one."""


class Response:
    """Answers turns with sound. Holds what the next turn must know of the last."""

    def __init__(
        self,
        policy: Policy,
        lines: Mapping[SystemLine, float],
        playback: Playback,
        history: History | None = None,
        says: Callable[[SystemLine], str] = lambda line: "",
        expects: Expects = nobody_knows,
    ) -> None:
        """``says``: the text of a system line. ``expects``: see ``Handover``."""
        self._policy = policy
        self._passed: Turn | None = None  # to an agent behind, as the last of all
        self._lines = lines
        self._playback = playback
        self._offered: tuple[str, ...] | None = None  # by the clarifying question
        self._clarified = 0
        self._upset = False
        self._before: deque[str] = deque(maxlen=BEFORE)
        self._unclear_turns = 0  # running
        self._last_said: Speaking | None = None
        self._ending = ""  # why the call ends once what is said was heard
        self._act: Act | None = None  # what follows once it has been announced
        self._account = TurnAccount()
        self._says = says
        self._saying = ""  # what the answer on the air says, if it is no line
        self._led = ""  # what is said right before what is on the air
        # the newest question to an agent, and whether it was given up before anything was heard
        self._waited: tuple[Utterance, Verdict] | None = None
        self._cut_unheard = False
        # the newest question that was answered, and the same if its answer was cut as it began
        self._answered: Utterance | None = None
        self._cut_off: Utterance | None = None
        self._agent_last = False  # the last answer was the agent's
        self._live: Verdict | None = None  # whose live values are to be looked up for this turn
        self._live_last: Verdict | None = None  # if it was the last answer
        self.leaving = ""
        """Why the call is to end as soon as there is nothing more to say."""
        self.history = history or History()
        self.handover = Handover(policy, lines, playback, self._account, self.history, expects)
        self._lost = LostSound(policy, self._account, self.handover)

    @property
    def asked(self) -> QuestionContext:
        """Return what the next turn carries into its questions."""
        policy = self._policy
        may = policy.clarify and self._offered is None and self._clarified < policy.max_clarify
        return QuestionContext(
            offered=self._offered,
            before=tuple(self._before),
            may_clarify=may and not self._upset,
        )

    def line(self, line: SystemLine, now: float) -> list[Action]:
        """Say a system line that answers no turn."""
        said = self._line(line)
        return [] if said is None else [self._play(0, said, now)]

    def governed_by(self, policy: Policy) -> Turn | None:
        """Follow another policy from now on; the turn that was passed on last, if it was."""
        self._policy = policy
        self.handover.governed_by(policy)
        self._lost.governed_by(policy)
        passed, self._passed = self._passed, None
        if passed is not None:
            self.history.take_back(passed.utterance.text)
        return passed

    # --- answering -------------------------------------------------------------------------

    def answer(self, turn: Turn, now: float) -> list[Action]:
        """Say what the verdict calls for; behind a filler, if one is on the air."""
        self._join(turn)
        verdict = turn.outcome
        assert verdict is not None, "an unresolved turn cannot be answered"
        path, said = self._choose(turn, verdict)
        self._lost.answers(turn, self.handover.request(turn, verdict))
        live = self._live
        asks = path is Path.AGENT and not self._policy.behind
        self._passed = turn if path is Path.AGENT and self._policy.behind else None
        passed = [self.handover.ask(turn, verdict, now)] if asks else []
        if live is not None:
            passed = [self.handover.ask(turn, live, now, live=True)]
        self._waited = (turn.utterance, verdict) if asks else None
        ours = path in (Path.CACHE, Path.CLARIFY) and turn.utterance.canonical
        self._answered = turn.utterance if ours else None
        self.history.caller(turn.utterance.text)
        self._saying, self._led = said.text if said is not None else "", ""
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
        if said is None and not passed:
            self._account.forget()
            told: list[Action] = [] if path is Path.NONE else [tell]
            return [*told, account, *self._afterwards()]
        self._account.open(account, turn.ledger)
        behind = self._playback.sound is not None
        if behind and not passed:
            turn.ledger.switch(Owner.FILLER, now)
        if said is None:
            return [tell, *passed]
        order = self._play(turn.number, said, now, follows=behind)
        if not passed:  # else it only announces the answer
            self._account.moved(order.generation)
        return [tell, *passed, order]

    def _join(self, turn: Turn) -> None:
        """Make words that were added to a question, of whose answer nothing was heard yet, a part
        of it: it is asked again, with both. So is a question whose answer began before the caller
        had finished, unless the cache knows what the rest means by itself."""
        waited, self._waited = self._waited, None
        unheard, self._cut_unheard = self._cut_unheard, False
        cut_off, self._cut_off = self._cut_off, None
        added = turn.utterance.aim is Aim.ADDITION and unheard
        if waited is not None and added:
            question, turn.outcome = waited
            self._with_question(turn, question)
        elif cut_off is not None and _is_rest(turn.utterance, turn.outcome):
            self._with_question(turn, cut_off)

    def _with_question(self, turn: Turn, question: Utterance) -> None:
        self.history.take_back(question.text)
        turn.utterance = replace(
            turn.utterance,
            text=f"{question.text} {turn.utterance.text}",
            canonical=f"{question.canonical} {turn.utterance.canonical}",
            asks=True,
        )

    def _choose(self, turn: Turn, verdict: Verdict) -> tuple[Path, Speaking | None]:
        offered, self._offered = self._offered, None
        self._live = None
        floor, self.handover.asked = self.handover.asked, False
        unclear = self._unclear(turn, verdict)
        self._unclear_turns = self._unclear_turns + 1 if unclear else 0
        self._upset = self._upset or verdict.upset
        if turn.utterance.canonical:
            self._before.append(turn.utterance.canonical)
        self._ending = ""  # whoever speaks after a goodbye is still there
        if self._policy.behind and not self._is_ours(turn, verdict):
            return Path.AGENT, None
        if unclear:
            return self._ask_again(turn, offered)
        if floor and self._agents_own(turn, verdict):
            return self._pass_on(None)
        match verdict.kind:
            case VerdictKind.ANSWER if verdict.clips or verdict.live:
                return Path.CACHE, self._own(verdict)
            case VerdictKind.CLARIFY if verdict.clips:
                self._offered, self._clarified = verdict.clarify, self._clarified + 1
                return Path.CLARIFY, self._remember(Source.CLARIFY, verdict)
            case VerdictKind.ROUTE:
                return self._route(turn.number, verdict)
        if not turn.utterance.asks and offered is None:
            return Path.NONE, None  # "okay", "wait": nothing to answer
        if verdict.kind is VerdictKind.MISS and self._policy.agent:
            return self._pass_on(None)
        return self._hand_off()

    def _is_ours(self, turn: Turn, verdict: Verdict) -> bool:
        """With an agent behind that has heard it too: only what is answered whole and surely. What
        may be a short answer to the agent, which we do not understand, is the agent's."""
        if not verdict.clips or self._unclear(turn, verdict) or self._agents_own(turn, verdict):
            return False
        asks = verdict.kind is VerdictKind.CLARIFY and self._policy.clarify
        return verdict.kind is VerdictKind.ANSWER or asks

    def _ask_again(
        self, turn: Turn, offered: tuple[str, ...] | None
    ) -> tuple[Path, Speaking | None]:
        """The words were unclear: ask for them, differently each time, but nobody who is upset. An
        agent may make something of what is left; of nothing at all nobody can."""
        count = self._unclear_turns
        line = self._line(AGAIN[count - 1]) if count <= len(AGAIN) else None
        if not self._upset and line is not None:
            self._offered = offered
            return Path.CLARIFY, line
        if self._policy.agent and not self._upset and turn.utterance.canonical:
            return self._pass_on(None)
        return self._hand_off()

    def _hand_off(self) -> tuple[Path, Speaking | None]:
        return Path.HANDOFF, self._line(HANDOFF) or self._line(FAILURE)

    def _pass_on(self, announced: Speaking | None) -> tuple[Path, Speaking | None]:
        self._agent_last, self._live_last = True, None
        return Path.AGENT, announced

    def _agents_own(self, turn: Turn, verdict: Verdict) -> bool:
        """A short answer to what the agent has asked, whatever it looks like to the cache; but not
        a command, nor a whole question of the catalogue."""
        action = verdict.action
        if verdict.verbatim or (action is not None and action.target is Target.CONTROL):
            return False
        return 0 < turn.utterance.words <= self._policy.floor_words

    def _unclear(self, turn: Turn, verdict: Verdict) -> bool:
        """Return whether the recogniser is too unsure of the words to act on what they seem to say.
        Words that are a whole question of the catalogue, or a command, are not a mishearing."""
        if verdict.verbatim or turn.utterance.manner is not Bearing.NORMAL:
            return False
        return turn.utterance.confidence < self._policy.min_confidence

    def _route(self, turn: int, verdict: Verdict) -> tuple[Path, Speaking | None]:
        """An action: a built-in one, or the operator's."""
        route = verdict.action
        if route is None:  # of a catalogue older than the grammar
            return self._hand_off()
        if route.target is Target.CONTROL and route.name in ("repeat", "stop"):
            if route.name == "repeat" and self._agent_last:
                return self._pass_on(None)
            if route.name == "repeat" and self._live_last is not None:
                self._look_up(self._live_last)
                return Path.ROUTE, None
            return Path.ROUTE, self._again() if route.name == "repeat" else None
        if route.target is Target.TOOL and not self._policy.tools:
            return self._hand_off()
        own = self._remember(Source.SYSTEM, verdict) if verdict.clips else None
        if route.target in (Target.AGENT, Target.TOOL) and self._policy.agent:
            return self._pass_on(own)
        if route.target is Target.CONTROL:
            if route.name == "goodbye":
                self._ending = "goodbye"
                return Path.ROUTE, own or self._line(GOODBYE)
            return Path.HANDOFF, own or self._line(HANDOFF)
        self._act = Act(turn=turn, verdict=verdict)
        if route.target is Target.DTMF:  # the menu speaks next
            return Path.ROUTE, own
        return Path.ROUTE, own or self._line(HANDOFF)

    def _again(self) -> Speaking | None:
        self._offered = self._last_said.offers if self._last_said else None
        return self._last_said or self._line(NOTHING_TO_REPEAT)

    def _own(self, verdict: Verdict) -> Speaking | None:
        """The sound of an answer; none yet where it holds live values."""
        if not verdict.live:
            return self._remember(Source.CACHE, verdict)
        self._look_up(verdict)
        return None

    def _look_up(self, verdict: Verdict) -> None:
        """Have an answer with live values said: nothing of it is to be played yet."""
        self._live = self._live_last = verdict
        self._agent_last = False

    def _remember(self, source: Source, verdict: Verdict) -> Speaking:
        self._agent_last, self._live_last = False, None
        said = Speaking(source, verdict.clips, verdict.length, verdict.clarify, verdict.says)
        self._last_said = said
        return said

    def _line(self, line: SystemLine) -> Speaking | None:
        length = self._lines.get(line)
        return None if length is None else Speaking(Source.SYSTEM, (line.clip,), length, line=line)

    def _play(self, turn: int, said: Speaking, now: float, *, follows: bool = False) -> Play:
        return self._playback.play(
            *(turn, said.source, said.clips, said.length, now), follows=follows, line=said.line
        )

    def speaks_up(self, heard: Utterance) -> bool:
        """Return whether these words are meant for us, and not just said while we speak."""
        if heard.aim is Aim.PRESENCE and self.handover.silent:
            return False
        if not heard.canonical or not (self._policy.barge_in or self._playback.sound is None):
            return False
        if self._offered is not None:  # "okay" may answer our question
            return True
        if heard.manner is Bearing.INTERRUPTION:
            return True
        return heard.manner is Bearing.NORMAL and heard.words >= self._policy.min_words

    def here(self, heard: Utterance, now: float) -> list[Action]:
        """Give a sign of life to a caller who waits and asks for one, unless one can be heard."""
        if heard.aim is not Aim.PRESENCE or self._playback.sound is not None:
            return []
        return self.handover.here(now)

    # --- the agent -------------------------------------------------------------------------

    def would_ask(self, turn: Turn, verdict: Verdict) -> AskAgent | None:
        """Return what an agent would be asked if ``answer`` were given the turn with that verdict;
        None: it would not be, or is to run a tool, which waits for the turn's end. Changes
        nothing."""
        if self._policy.behind:
            return None if self._is_ours(turn, verdict) else self.handover.request(turn, verdict)
        if not self._policy.agent or self._unclear(turn, verdict):
            return None
        if self._cut_off is not None and _is_rest(turn.utterance, verdict):
            return None  # with what was said before it is another question
        own = self.handover.asked and self._agents_own(turn, verdict)
        called_for = turn.utterance.asks or self._offered is not None
        missed = verdict.kind is VerdictKind.MISS and called_for
        if own or missed or self._is_for_agent(verdict):
            return self.handover.request(turn, verdict)
        return None

    def _is_for_agent(self, verdict: Verdict) -> bool:
        """Return whether that is a route which ``_route`` passes on, and not to a tool."""
        if verdict.kind is not VerdictKind.ROUTE:
            return False
        route = verdict.action
        if route == REPEAT:
            return self._agent_last
        return route is not None and route.target is Target.AGENT

    def reply(self, event: AgentEvent, now: float) -> None:
        """Take in what the agent does; ``proceed`` acts on it."""
        self.handover.reply(event, now)

    def proceed(self, now: float, *, free: bool) -> list[Action]:
        """Say what there is to say of a turn that was passed on. ``free``: no other voice is on.
        A call that is being left ends with the hand-off line when there is nothing else to say."""
        before = self._playback.sound
        actions = self.handover.proceed(now, free=free)
        if self.leaving and free and self._playback.sound is None and not self.handover.waiting:
            self._ending = self.leaving
            actions += self.line(HANDOFF, now) or [EndCall(reason=self.leaving)]
        if before is not None and before is not self._playback.sound:
            self._led = self._words(before)
        return actions

    # --- what was heard --------------------------------------------------------------------

    def _words(self, sound: Sounding) -> str:
        """Return what it says that is worth telling an agent later. Fillers are not; what the agent
        says itself is told by ``passing``."""
        if sound.play.source in (Source.FILLER, Source.AGENT):
            return ""
        line = sound.play.line
        return self._saying if line is None else self._says(line)

    def _led_in(self) -> None:
        """Something of what is on the air was heard, and so all of what was before it."""
        self.history.ours(self._led)
        self._led = ""

    # --- accounting ------------------------------------------------------------------------

    def on_air(self, generation: int, now: float) -> list[Action]:
        """The first audio of a generation is on the wire: its turn's account is complete."""
        return self._account.on_air(generation, now)

    def interrupted(self) -> list[Action]:
        """The caller has cut in for good: stop, and account for what was heard."""
        sound = self._playback.sound or self._playback.stopped
        self._cut_unheard = self._cut_unheard or self.handover.silent
        actions = self.abandon()
        if sound is not None:
            whole = sound.play.offset + sound.length
            share = sound.position / whole if whole else 0.0
            self.history.ours(heard_of(self._words(sound), share))
            ours = sound.play.source in (Source.CACHE, Source.CLARIFY)
            if ours and sound.position < GOES_ON and not self._policy.behind:
                self._cut_off = self._answered
        heard = self.handover.cut()
        if sound is not None and heard is None:
            heard = sound.position
        self._saying, self._led, self._act = "", "", None
        return [*actions, *self._account.cut(heard)]

    def abandon(self) -> list[Action]:
        """Stop for good, the agent too."""
        actions = [*self.hold(), *self.handover.cancel()]
        self._playback.stopped = None
        return actions

    def hold(self) -> list[Action]:
        """Stop, but keep what is needed to go on."""
        sound, patience = self._playback.sound, self._playback.deadline
        order = self._playback.stop()
        if order is None or sound is None or patience is None:
            return []
        if sound.position:
            self._led_in()
        self.handover.stopped(sound, patience)
        if sound.play.source is Source.FILLER:
            self._playback.stopped = None  # half a filler is worth nothing later
        return [order]

    def resume(self, now: float) -> list[Action]:
        """Go on with what was held. The account stays that of its turn."""
        held = self._playback.stopped
        order = self._playback.resume(now)
        if held is None or order is None:
            return []
        self._account.goes_on(held.play.generation, order.generation)
        return [order]

    def finished(self, sound: Sounding, now: float) -> list[Action]:
        """Take in that what was said has been heard to its end, or should have been."""
        self._led_in()
        self.history.ours(self._words(sound))
        if self.handover.waiting or sound.play.source is Source.FILLER:
            return self.handover.finished(sound, now)
        if self.leaving and sound.play.line == HANDOFF:
            self._ending = self.leaving  # it was said already
        return self._closed()

    def _closed(self) -> list[Action]:
        self._saying = ""
        return [*self._account.settle(), *self._afterwards()]

    def replace(self, sound: Sounding, now: float) -> list[Action]:
        """A clip could not be played: the turn goes on as if the cache had no answer. Else a line
        is said instead, if there is one that has not failed itself."""
        if self.handover.waiting or sound.play.source is Source.FILLER:
            self.handover.failed(sound, now)
            return []
        self._offered, self._saying = None, ""
        if self._policy.behind:
            return self._closed()
        missed = self._lost.missed(sound, now)
        if any(isinstance(one, AskAgent) for one in missed):
            self._agent_last = True
            return missed
        lines = self._lost.lines(sound, ending=bool(self._ending))
        said = next((one for line in lines if (one := self._line(line))), None)
        if said is None:
            return [*missed, *self._closed()]
        order = self._play(sound.play.turn, said, now)
        self._account.moved(order.generation)
        return [*missed, order]

    def _afterwards(self) -> list[Action]:
        """Return what was to be done once it was said."""
        act, self._act = self._act, None
        end = EndCall(reason=self._ending) if self._ending else None
        self.leaving = "" if end else self.leaving
        return [action for action in (act, end) if action is not None]


def _is_rest(heard: Utterance, verdict: Verdict | None) -> bool:
    """Are these words, which came as we had just begun, the rest of the question that we cut off?
    What the cache knows by itself is none, nor are words that ask for nothing ("okay", "wait")."""
    plain = heard.manner is Bearing.NORMAL and 0 < heard.words <= REST
    return plain and heard.asks and verdict is not None and verdict.kind is VerdictKind.MISS
