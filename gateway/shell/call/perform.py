"""The core's orders, carried out."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial, singledispatchmethod

from gateway.core.actions import (
    Act,
    Action,
    AskAgent,
    CancelAgent,
    CloseTurn,
    EndCall,
    FinishUtterance,
    ForgetAgent,
    JudgeTurnEnd,
    Match,
    Path,
    Play,
    Prefetch,
    PrepareAgent,
    Source,
    Stop,
    StopListening,
    TellDecision,
    TellSpeech,
    TellTranscript,
)
from gateway.core.events import (
    Decided,
    Event,
    PlaybackFailed,
    TurnEndJudged,
    Verdict,
)
from gateway.core.felt import FeltCall
from gateway.core.reply.lines import FILLERS, HANDOFF, SystemLine
from gateway.core.routes import Target
from gateway.errors import GatewayBug
from gateway.ports.sound import AudioFormat, Encoding
from gateway.ports.speech_in import Transcription
from gateway.ports.store import Entry
from gateway.ports.tools import listening
from gateway.shell.call.observe import LiveCall
from gateway.shell.call.orders import (
    ActionDue,
    Complaint,
    PathTaken,
    PressDigits,
    Transfer,
    TurnClosed,
)
from gateway.shell.call.recording import Recorder
from gateway.shell.call.services import Services
from gateway.shell.call.speaker import Speaker
from gateway.shell.catalogue.keys import keyed
from gateway.shell.catalogue.matching import MatchRequest
from gateway.shell.catalogue.tenants import Serving
from gateway.shell.catalogue.unfinished import UnfinishedText
from gateway.shell.catalogue.verdicts import (
    Shadow,
    VerdictEvidence,
    brief,
    judge,
    passed_on,
    told_action,
)
from gateway.shell.reply.agent_line import Replies, facts_of
from gateway.shell.sound.clips import LoadedClip
from gateway.shell.sound.playout import Playout
from gateway.shell.sound.recent_sound import RememberedTranscription
from intents.decision import Context, Decision

OPUS_CLIPS = AudioFormat(Encoding.OPUS, 48000)
PINNED = 4
"""Turns whose catalogue is remembered: the one in progress, and those whose answer may resume."""
BEFORE = 0.6
"""Seconds before a turn that its end is judged with. Smart Turn knows turns by themselves: beside
an earlier one a short one sounds unfinished."""
LOAD_WITHIN = 1.0
"""Seconds a clip may take to be read; a disk that hangs is not waited for in silence."""


class SystemLines(Mapping[SystemLine, float]):
    """The system lines of whatever catalogue is live now, but for those whose clip is lost."""

    def __init__(self, services: Services, tenant: str) -> None:
        self._services = services
        self._tenant = tenant

    def _now(self) -> Mapping[SystemLine, float]:
        serving = self._services.tenants.get(self._tenant)
        if serving is None or not serving.lost:
            return serving.lines if serving else {}
        lost = {SystemLine.of_clip(key) for key in serving.lost}
        return {line: length for line, length in serving.lines.items() if line not in lost}

    def __getitem__(self, line: SystemLine) -> float:
        return self._now()[line]

    def __iter__(self) -> Iterator[SystemLine]:
        return iter(self._now())

    def __len__(self) -> int:
        return len(self._now())

    def text(self, line: SystemLine) -> str:
        """Return what the line says; empty if there is none."""
        serving = self._services.tenants.get(self._tenant)
        clip = serving.clip(line.clip) if serving else None
        return clip.text if clip else ""


def due(action: Act) -> ActionDue:
    """The action in the words of whoever is to carry it out."""
    verdict, route = action.verdict, action.verdict.action
    turn, told, help_ = action.turn, told_action(verdict), brief(verdict)
    if route is not None and route.target is Target.TRANSFER:
        return Transfer(turn=turn, action=told, brief=help_, queue=route.name)
    if route is not None and route.target is Target.DTMF:
        return PressDigits(turn=turn, action=told, brief=help_, digits=route.name)
    return ActionDue(turn=turn, action=told, brief=help_)


class Performer:
    """Performs actions for one call. Nothing here waits."""

    def __init__(
        self,
        services: Services,
        live: LiveCall,
        speaker: Speaker,
        transcription: Transcription | None,
        playout: Playout,
        emit: Callable[[Event], None],
        end: Callable[[str], None],
    ) -> None:
        self._services = services
        self._live = live
        form = speaker.form
        self._form = OPUS_CLIPS if form.encoding is Encoding.OPUS else form
        self._transcription = transcription
        self._speaker = speaker
        self._playout = playout
        self._emit = emit
        self._end = end
        self._served: OrderedDict[int, Serving] = OrderedDict()  # turn -> what answers it
        self._stopped = 0  # generations up to this one are dead
        self._newest = 0  # generation that was ordered last
        self.replies = Replies(services, live, self._form, emit)
        """The agent's, to this call."""
        self._recorder = Recorder(
            live,
            partial(services.tenants.redactor, live.tenant),
            keep_text=services.records.keep_text,
            caller_key=services.caller_key,
        )
        self._closed = False
        self.recorded: Callable[[CloseTurn, str], None] | None = None
        """Told of each turn that gets a record, and of the caller's words as it has them."""
        self.agent_is_ours = services.bots is None
        """Our agent is asked, and not one behind that hears the caller itself."""
        self.lines = SystemLines(services, live.tenant)
        self.unfinished = UnfinishedText(services.matching)
        """The matching of the caller's texts, told of the voice."""
        self.felt = FeltCall()
        """The caller's feelings, told of all that happens before it is performed."""

    def close(self) -> None:
        """The call is over: what is still under way comes to nothing."""
        self._closed = True
        self.replies.cancel()
        self.unfinished.forget()
        self._services.matching.forget(self._live.id)
        if (listener := listening(self._services.agent)) is not None:
            listener.call_ended(self._live.id)

    def prepare(self) -> None:
        """The call begins. A line that is said because the store is down must be in memory; an
        agent may want to know who calls."""
        lines = tuple(line.clip for line in self.lines)
        self._prefetch(Prefetch(turn=0, clips=lines), 0.0)
        if (listener := listening(self._services.agent)) is not None:
            listener.call_began(facts_of(self._live))

    @singledispatchmethod
    def perform(self, action: Action, now: float) -> None:
        """Do what the core says."""
        raise GatewayBug(f"no way to perform {type(action).__name__}")

    # --- matching --------------------------------------------------------------------------

    @perform.register
    def _match(self, action: Match, now: float) -> None:
        serving = self._serving(action.turn)
        if action.key and serving is not None:
            self._pin(action.turn, serving)
            services = self._services
            made = keyed(services.keys.get(action.key, ""), serving)
            can = self._answerable
            self._answer(action, judge(made, serving, services.routing, 0.0, action.text, can))
            return
        mode = self._services.modes.get(self._live.tenant, "live")
        if serving is None or mode == "off":
            reason = "no catalogue" if serving is None else "matching is off"
            self._answer(action, passed_on(reason))
            return
        if mode == "shadow":
            self._shadow(action, serving)
            return
        self._pin(action.turn, serving)

        def answered(decision: Decision, took: float) -> None:
            self._services.observer.matched(took, final=action.final)
            if not self._closed:
                routing = self._services.routing
                can = self._answerable
                self._answer(action, judge(decision, serving, routing, took, action.text, can))

        self._look_up(action, serving, answered, self._live.id)

    def _shadow(self, action: Match, serving: Serving) -> None:
        """The turn goes on at once, as if there were no cache. What would have been done is found
        out beside it, also for a caller who is gone by then, and only for its record."""
        shadow = Shadow(serving) if action.final else None
        self._answer(action, passed_on("shadow mode", shadow))
        if shadow is None:
            return

        def answered(decision: Decision, took: float) -> None:
            self._services.observer.matched(took, final=True)
            shadow.settle(decision, self._services.routing, took)

        self._look_up(action, serving, answered, f"{self._live.id} in shadow")

    def _look_up(
        self,
        action: Match,
        serving: Serving,
        answered: Callable[[Decision, float], None],
        asker: str,
    ) -> None:
        """Ask the matcher; of each asker it keeps the newest question."""
        context = Context(
            asked=action.asked,
            before=action.before,
            excluded=serving.expired(datetime.now().astimezone().date()),
            may_clarify=action.may_clarify,
        )
        self.unfinished.ask(
            MatchRequest(asker, serving.matcher, action.text, action.final, context, answered)
        )

    def _answerable(self, entry: Entry) -> bool:
        """Return whether the entry's live values can be looked up for this caller; its fixed words
        will probably be played soon then."""
        live, serving = self._services.live, self._services.tenants.get(self._live.tenant)
        if live is None or not live.answerable(entry, facts_of(self._live)):
            return False
        if serving is not None:
            work = live.prepare(serving, entry, self._form)
            self._services.background.spawn(work, name="prepare a live answer")
        return True

    def _answer(self, action: Match, verdict: Verdict) -> None:
        self._emit(Decided(turn=action.turn, revision=action.revision, verdict=verdict))

    def _serving(self, turn: int) -> Serving | None:
        """The catalogue the turn was first asked of, else the live one: a turn is matched and
        answered by one number, whatever is published meanwhile."""
        return self._served.get(turn) or self._services.tenants.get(self._live.tenant)

    def _pin(self, turn: int, serving: Serving) -> None:
        self._served[turn] = serving
        while len(self._served) > PINNED:
            self._served.popitem(last=False)

    @perform.register
    def _prefetch(self, action: Prefetch, now: float) -> None:
        serving = self._serving(action.turn)
        if serving is not None and serving.clips(action.clips):
            names = serving.names(action.clips, self._form)
            if self._services.clips.ready(names) is None:
                load = self._read(serving, action.clips, names)
                self._services.background.spawn(load, name="prefetch")

    async def _read(
        self, serving: Serving, keys: tuple[str, ...], names: list[str]
    ) -> list[LoadedClip] | None:
        """The clips; None if they cannot be had."""
        clips = await self._services.clips.get(names, self._form)
        if clips is None:
            absent = self._services.clips.absent
            gone = [key for key, name in zip(keys, names, strict=True) if name in absent]
            self._services.mending.lost(serving, gone)
        return clips

    # --- the agent -------------------------------------------------------------------------

    @perform.register
    def _ask(self, action: AskAgent, now: float) -> None:
        self.replies.ask(action)
        self._prepare_fillers(action.turn)

    @perform.register
    def _prepare(self, action: PrepareAgent, now: float) -> None:
        if self.agent_is_ours:  # else the action only says that the turn is likely the bot's
            self.replies.prepare(action)

    @perform.register
    def _forget(self, action: ForgetAgent, now: float) -> None:
        self.replies.forget()

    def _prepare_fillers(self, turn: int) -> None:
        """A filler that had to be read from the disk would be late."""
        serving = self._serving(turn)
        if serving is not None:
            keys = {line.clip for line in serving.lines if line.kind in FILLERS} - serving.lost
            self._prefetch(Prefetch(turn=turn, clips=tuple(keys)), 0.0)

    @perform.register
    def _cancel(self, action: CancelAgent, now: float) -> None:
        self.replies.cancel()

    # --- sound -----------------------------------------------------------------------------

    @perform.register
    def _play(self, action: Play, now: float) -> None:
        self._newest = action.generation
        if action.line == HANDOFF:
            self._speaker.announces(action.generation)
        if action.source is Source.AGENT:
            self._play_reply(action)
            return
        serving = self._serving(action.turn)
        if serving is None or not serving.clips(action.clips):
            reason = "the clip is in no catalogue"
            self._emit(PlaybackFailed(generation=action.generation, reason=reason))
            return
        names, text = serving.names(action.clips, self._form), serving.text(action.clips)
        clips = self._services.clips.ready(names)
        if clips is not None:
            self._playout.start(action, clips, text)
            return
        self._services.background.spawn(self._load(action, serving, names, text), name="play")

    async def _load(self, action: Play, serving: Serving, names: list[str], text: str) -> None:
        clips: list[LoadedClip] | None = None
        reason = "the clip is missing or damaged"
        try:
            async with asyncio.timeout(LOAD_WITHIN):
                clips = await self._read(serving, action.clips, names)
        except TimeoutError:
            reason = f"the clip was not read within {LOAD_WITHIN:g} s"
        if self._closed or action.generation <= self._stopped:
            return  # interrupted before it began
        if action.generation != self._newest:
            return  # a filler that was read too slowly: the answer is on the air
        if clips is None:
            self._emit(PlaybackFailed(generation=action.generation, reason=reason))
            return
        self._playout.start(action, clips, text)

    def _play_reply(self, action: Play) -> None:
        stream = self.replies.stream(action.turn)
        if stream is None:
            reason = "the reply was dropped"
            self._emit(PlaybackFailed(generation=action.generation, reason=reason))
            return
        self._playout.stream(action, stream)

    @perform.register
    def _stop(self, action: Stop, now: float) -> None:
        self._stopped = action.generation
        self._playout.stop(action.generation)

    @perform.register
    def _finish(self, action: FinishUtterance, now: float) -> None:
        if self._transcription is not None:
            self._transcription.finish_utterance()

    @perform.register
    def _judge_turn_end(self, action: JudgeTurnEnd, now: float) -> None:
        """The judgement is told while the call goes on; the core knows what is too late."""
        ears, heard = self._services.turn_ends, self._transcription
        if ears is None or not isinstance(heard, RememberedTranscription):
            return

        def answered(probability: float) -> None:
            if not self._closed:
                since = action.silent_since
                self._emit(TurnEndJudged(probability=probability, silent_since=since))

        ears.ask(heard.newest(now - action.began + BEFORE), answered)

    @perform.register
    def _stop_listening(self, action: StopListening, now: float) -> None:
        self._speaker.say(Complaint(code="stt_failed", message=action.reason))
        if self._transcription is not None:
            self._services.background.spawn(self._transcription.close(), name="stop listening")

    # --- telling ---------------------------------------------------------------------------

    @perform.register
    def _speech(self, action: TellSpeech, now: float) -> None:
        self._speaker.say(action)

    @perform.register
    def _transcript(self, action: TellTranscript, now: float) -> None:
        self._speaker.say(action)

    @perform.register
    def _decision(self, action: TellDecision, now: float) -> None:
        verdict, evidence = action.verdict, action.verdict.evidence
        decision = evidence.decision if isinstance(evidence, VerdictEvidence) else None
        self._speaker.say(
            PathTaken(
                turn=action.turn,
                path=action.path,
                entry=verdict.entry,
                action=told_action(verdict),
                question=decision.question if decision is not None else "",
                confidence=round(verdict.confidence, 4),
                brief=brief(verdict) if action.path in (Path.ROUTE, Path.HANDOFF) else {},
                decided_on=action.decided_on,
            )
        )

    @perform.register
    def _act(self, action: Act, now: float) -> None:
        self._speaker.say(due(action))

    @perform.register
    def _close_turn(self, action: CloseTurn, now: float) -> None:
        timeline = {f"{key}_ms": round(value * 1000, 2) for key, value in action.timeline.items()}
        if action.interrupted:
            timeline["heard_ms"] = round(action.heard * 1000, 1)
        if action.path is not Path.NONE:
            closed = TurnClosed(
                turn=action.turn,
                path=action.path,
                timeline=timeline,
                interrupted=action.interrupted,
            )
            self._speaker.say(closed)
        self._live.turns = max(self._live.turns, action.turn)
        self._record(action, timeline, self.felt.news())

    def _record(
        self, action: CloseTurn, timeline: dict[str, float], news: dict[str, float]
    ) -> None:
        felt = self.felt.of(action.turn)
        record = self._recorder.record(action, timeline, felt, news)
        self._services.records.add(record)
        if self.recorded is not None:
            self.recorded(action, record.text)
        shadow = action.verdict.evidence
        if isinstance(shadow, Shadow) and shadow.decision is None:
            shadow.late = lambda: self._record(action, timeline, news)

    @perform.register
    def _end_call(self, action: EndCall, now: float) -> None:
        self._speaker.end(action.reason)
        self._end(action.reason)
