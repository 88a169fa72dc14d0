"""The agent's side of the call: what is said of a turn that was passed on, and when.

The agent's events only change what is known; ``proceed`` acts on it, whenever no other voice is
on: with the reply's own sound, a filler, or the hand-off line. So it makes no difference in which
order things happen that happen in the same instant: what is there is played, and nothing is ever
said on top of anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from gateway.core.actions import Action, AskAgent, CancelAgent, Path, Play, Source, TellDecision
from gateway.core.events import AgentAudio, AgentDone, AgentEvent, AgentText, AgentTool, Verdict
from gateway.core.ledger import Owner
from gateway.core.policy import Policy
from gateway.core.reply.account import TurnAccount
from gateway.core.reply.agent_turn import NEVER, AgentTurn, Over, SilenceStage
from gateway.core.reply.fillers import Fillers
from gateway.core.reply.history import History
from gateway.core.reply.lines import FAILURE, HANDOFF, HERE, SystemLine
from gateway.core.reply.playback import Playback, Sounding
from gateway.core.routes import Route, Target
from gateway.core.turn.turn import Turn

BRIDGE = 2
"""Fillers said to a caller who waits for a recogniser before they are asked for patience: with the
settings as they are shipped that is about when an agent's bridge comes."""

Expects = Callable[[AskAgent], float | None]
"""Tells the seconds after which the first sound of the answer should be there, if it can."""


def nobody_knows(asked: AskAgent) -> float | None:
    """Expect nothing, where nobody has looked."""
    return None


class Handover:
    """Turns passed on, one at a time."""

    def __init__(
        self,
        policy: Policy,
        lines: Mapping[SystemLine, float],
        playback: Playback,
        account: TurnAccount,
        history: History,
        expects: Expects = nobody_knows,
    ) -> None:
        self._expects = expects
        self._policy = policy
        self._lines = lines
        self._playback = playback
        self._account = account
        self._history = history
        self._fillers = Fillers(lines)
        self._agent: AgentTurn | None = None
        self._floor = True  # who is asked may ask back
        self.asked = False
        """The last thing the caller heard of an agent was a question."""

    def governed_by(self, policy: Policy) -> None:
        """Follow another policy from now on."""
        self._policy = policy

    @property
    def waiting(self) -> bool:
        """True if a reply is not over."""
        return self._agent is not None

    @property
    def silent(self) -> bool:
        """True if a reply is waited for of which nothing was heard."""
        return self._agent is not None and not self._agent.begun

    @property
    def deadline(self) -> float | None:
        """Return when ``proceed`` has something to do if nothing happens before."""
        agent, until = self._agent, self._playback.until
        if agent is None:
            return None
        if self._replying:
            at = agent.silent_at(until)
            return at if at < NEVER else None
        return agent.deadline(until)

    @property
    def _replying(self) -> bool:
        """True if the reply is on the air."""
        sound = self._playback.sound
        return sound is not None and sound.play.source is Source.AGENT

    def _listen(self, agent: AgentTurn) -> None:
        """Let the announcement of the answer be something that is said meanwhile."""
        agent.spoke = agent.spoke or self._playback.sound is not None

    def ask(self, turn: Turn, verdict: Verdict, now: float, *, live: bool = False) -> AskAgent:
        """Pass the turn on. ``live``: what answers is the verdict's entry with its live values."""
        turn.ledger.switch(Owner.AGENT, now)
        request = self.request(turn, verdict, live=live)
        wait = None if live else self._expects(request)
        self._floor = not live
        self._agent = AgentTurn(
            *(turn.number, verdict.intent, self._policy, now),
            last_word=turn.silent_since,
            hums=self._fillers.hums,
            expected=None if wait is None else now + wait,
        )
        return request

    def request(self, turn: Turn, verdict: Verdict, *, live: bool = False) -> AskAgent:
        """Return what an agent is asked of the turn."""
        route = verdict.action or Route(Target.ANSWER)
        return AskAgent(
            turn=turn.number,
            text=turn.utterance.text,
            history=self._history.said,
            route=route.name if route.target is Target.AGENT else "",
            tool=route.name if route.target is Target.TOOL else "",
            live=verdict.entry if live else "",
            intent=verdict.intent,
            prompt=verdict.prompt,
            evidence=verdict.evidence,
        )

    def reply(self, event: AgentEvent, now: float) -> None:
        """Take in what the agent does."""
        agent = self._agent
        if agent is None or event.turn != agent.number:
            return  # of a turn that was given up: normal, dropped
        match event:
            case AgentText():
                agent.words(now)
                self._account.owed_by(Owner.TTS, now)
            case AgentTool():
                told = self._fillers.knows(event.name)
                self._playback.wait(agent.works(event.name, now, told=told))
                self._account.owed_by(Owner.TOOL, now)
            case AgentAudio():
                agent.sound(event.text, event.length, now, event.words)
                self._playback.grow(agent.length, now, grows=True)
            case _:
                agent.over = Over.DONE if isinstance(event, AgentDone) else Over.FAILED
                self._playback.grow(agent.length, now, grows=False)

    def proceed(self, now: float, *, free: bool) -> list[Action]:
        """Say what there is to say. ``free``: no other voice is on. The actions end with the
        turn's account when there is nothing more to say of it: ``waiting`` is then False, and
        so is what follows."""
        agent = self._agent
        if agent is None:
            return []
        if self._replying:
            return self._go_on(agent, now) if free else []
        self._listen(agent)
        if not free:
            if agent.ready:
                self._account.owed_by(Owner.CALLER, now)
            return []
        if agent.ready:
            return [self._begin(agent, now)]
        if agent.over is not None:
            return self._conclude(agent, now)
        stage = agent.due(now, self._playback.until)
        if stage is SilenceStage.GIVE_UP:
            return [CancelAgent(turn=agent.number), *self._conclude(agent, now)]
        return self._fill(agent, stage, now) if stage is not None else []

    def _go_on(self, agent: AgentTurn, now: float) -> list[Action]:
        """A tool was begun in the middle of the reply, and all that was said before it was heard:
        that is waited for as if nothing had been said yet. What comes then follows."""
        stage = agent.due(now, self._playback.until, replying=True)
        return self._fill(agent, stage, now) if stage is not None else []

    def _begin(self, agent: AgentTurn, now: float) -> Play:
        """The reply's sound, from what was heard of it."""
        follows = self._playback.sound is not None
        self._account.owed_by(Owner.FILLER if follows else Owner.GATEWAY, now)
        agent.begun = agent.spoke = True
        order = self._playback.play(
            *(agent.number, Source.AGENT, (), agent.length, now, agent.position),
            follows=True,
            grows=agent.over is None,
        )
        self._account.moved(order.generation)
        return order

    def _fill(self, agent: AgentTurn, stage: SilenceStage, now: float) -> list[Action]:
        """Say what there is for it."""
        match stage:
            case SilenceStage.HUM:
                line = self._fillers.hum() or self._fillers.waiting(agent.intent)
            case SilenceStage.FILLER:
                own = self._fillers.working(agent.tool) if agent.tool else None
                line = own or self._fillers.waiting(agent.intent)
            case SilenceStage.BRIDGE:
                line = self._fillers.bridge()
            case _:
                line = self._fillers.more()
        agent.said(something=line is not None)
        return [self._say(agent.number, Source.FILLER, line, now)] if line else []

    def here(self, now: float) -> list[Action]:
        """Give a sign of life to a caller who asks for one: with words for it once, and then with
        those that are said while the wait goes on."""
        agent = self._agent
        if agent is None or agent.begun or agent.ready:
            return []  # the answer is the sign
        known = HERE in self._lines and not agent.here
        line = HERE if known else self._fillers.more()
        agent.here = True
        agent.said(something=line is not None)
        return [self._say(agent.number, Source.FILLER, line, now)] if line else []

    def cover(self, turn: int, times: int, now: float) -> list[Action]:
        """Say something to a caller who waits for their own words to be heard, and to whom
        something was said so many times before. Nothing, where there is nothing to say."""
        first = self._fillers.waiting("") if times == 0 else None
        line = first or (self._fillers.bridge() if times == BRIDGE else self._fillers.more())
        return [self._say(turn, Source.FILLER, line, now)] if line else []

    def _say(self, turn: int, source: Source, line: SystemLine, now: float) -> Play:
        length = self._lines[line]
        return self._playback.play(turn, source, (line.clip,), length, now, follows=True, line=line)

    def _conclude(self, agent: AgentTurn, now: float) -> list[Action]:
        """Nothing more comes, and nothing of the reply is on the air."""
        self._agent = None
        told: list[Action] = []
        line = FAILURE
        if agent.begun:
            self._note(agent, agent.length)
        else:  # somebody else must answer
            line, told = HANDOFF, self._hand_off()
            line = line if line in self._lines else FAILURE
        if (agent.begun and agent.over is Over.DONE) or line not in self._lines:
            return [*told, *self._account.settle()]
        self._account.owed_by(Owner.GATEWAY, now)
        order = self._say(agent.number, Source.SYSTEM, line, now)
        self._account.moved(order.generation)
        return [*told, order]

    def _hand_off(self) -> list[Action]:
        account = self._account.turn
        assert account is not None, "what is not answered is not accounted for either"
        self._account.became(replace(account, path=Path.HANDOFF))
        return [
            TellDecision(
                turn=account.turn,
                path=Path.HANDOFF,
                verdict=account.verdict,
                decided_on=account.decided_on,
            )
        ]

    def _note(self, agent: AgentTurn, position: float) -> None:
        """Keep what was heard of the reply."""
        heard = agent.heard(position)
        self._history.ours(heard)
        self.asked = self._floor and heard.endswith("?")

    # --- what happens to the sound -----------------------------------------------------------

    def stopped(self, sound: Sounding, patience: float) -> None:
        """The sound was stopped for the time being; more of it may be waited for until
        ``patience``."""
        if self._agent is not None and sound.play.source is Source.AGENT:
            self._agent.stopped(sound.position, patience)

    def finished(self, sound: Sounding, now: float) -> list[Action]:
        """The sound was heard to its end, or should have been."""
        agent = self._agent
        self._playback.hushed(now)
        if agent is None or sound.play.source is not Source.AGENT:
            return []  # said while the agent is waited for
        stalled: list[Action] = [] if agent.over else [CancelAgent(turn=agent.number)]
        return [*stalled, *self._conclude(agent, now)]

    def failed(self, sound: Sounding, now: float) -> None:
        """The sound could not be played."""
        self._playback.hushed(now)
        if self._agent is not None and sound.play.source is Source.AGENT:
            self._agent.lost()

    def cut(self) -> float | None:
        """The caller has cut in: the reply is given up. Seconds of it that were heard."""
        agent, self._agent = self._agent, None
        if agent is None:
            return None
        self._note(agent, agent.position)
        return agent.position

    def cancel(self) -> list[Action]:
        """Have the agent stopped, if one is at it."""
        return [CancelAgent(turn=self._agent.number)] if self._agent is not None else []
