"""Interruptions by the thousand, in virtual time, through the real core, shell and playout.

Around them are the test suite's house (three entries, tones for clips), an agent and a voice whose
instants are drawn, and a caller who hears: answers, clarifying questions, lines, the agent, its
fillers. Each round something is said to the caller, who cuts in: at a random instant, or exactly
when a word of the agent, a piece of its sound or a message on the wire comes, just before it or
just after it in the same instant; by words, by a final text, by voice alone, or by a key.

What counts: a message of a generation after its ``clear``, and an interruption after which what
was on the air was not cleared.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any
from unittest.mock import patch

from gateway.core.events import KeyPressed, VoiceStarted, VoiceStopped
from gateway.core.policy import Policy
from gateway.ports.agents import AgentPiece, AgentRequest
from gateway.ports.live_speech import SpokenPiece
from gateway.ports.sound import AudioFormat
from gateway.ports.speech_in import Heard
from gateway.shell.sound.playout import Pacing
from tests.support.fakes import FakeWire
from tests.support.house import Dialled, catalogue, open_house
from tests.support.virtual import VirtualLoop

QUESTIONS = (
    *("when do you open", "when are holidays", "my balance", "my balance"),
    *("tell me the times",) * 3,
    *("can you find me a table", "does the moon have a name") * 3,  # the agent's
)
CUTS = ("no wait", "i mean something else", "when are holidays", "stop")
REPLY = "Well, that is a long story. It began in May. Nobody knows how it ends."
LINES: dict[str, Any] = {
    "filler:1": 700,
    "filler:2": 500,
    "bridge:1": 900,
    "hours": 2400,
    "holidays": 1800,
}
"""Milliseconds of clips."""
ROUNDS = 25
"""Interruptions in one call."""
SOON = 0.05
"""Seconds of sound that must be left for there to be something to interrupt: when the caller has
heard the last of it is known to both sides about as well."""
MIN_SPEECH = Policy().min_speech
"""Seconds that a voice must last to be heeded without words."""
SAID_OUT = 3.0
"""Seconds after which all that was being said has been, and been taken for a turn."""
HEEDED = 0.45
"""Seconds in which the ``clear`` must be on the wire, however slowly the wire writes."""


@dataclass
class Interruption:
    """The result of the interruptions."""

    interruptions: int = 0
    """While something was on the air."""
    late: int = 0
    """Messages of a generation after its ``clear``."""
    uncleared: int = 0
    running: int = 0
    """Agents that were still at work on something nobody waits for."""
    sources: Counter[str] = field(default_factory=Counter)
    """The number of interruptions of each source of sound."""
    triggers: Counter[str] = field(default_factory=Counter)
    means: Counter[str] = field(default_factory=Counter)


class Moments:
    """The events with which an interruption may coincide, and the action waiting for one of
    them.
    """

    def __init__(self) -> None:
        self._kind, self._left, self._before = "", 0, False
        self._act: Callable[[], None] | None = None

    def arm(self, kind: str, number: int, act: Callable[[], None], *, before: bool) -> None:
        """Act at the ``number``-th message of a kind from now, just before it or just after it."""
        self._kind, self._left, self._act, self._before = kind, number, act, before

    def disarm(self) -> None:
        """Forget the armed action, as the interruption has happened otherwise."""
        self._act = None

    def reach(self, kind: str) -> None:
        """One of that kind comes now."""
        if self._act is None or kind != self._kind:
            return
        self._left -= 1
        if self._left <= 0:
            act, self._act = self._act, None
            if self._before:
                act()
            else:
                asyncio.get_running_loop().call_soon(act)


class TimedAgent:
    """``ports.Agent``: the same words, at instants drawn anew for each reply."""

    def __init__(self, rng: Random, moments: Moments) -> None:
        self._rng = rng
        self._moments = moments
        self.running = 0

    async def reply(self, request: AgentRequest) -> AsyncIterator[AgentPiece]:
        """Implement ``Agent.reply``."""
        self.running += 1
        try:
            await asyncio.sleep(self._rng.choice((0.0, 0.1, 0.25, 0.3, 0.45, 0.9, 1.4)))
            if self._rng.random() < 0.2:
                yield AgentPiece(tool="look_up")
                await asyncio.sleep(self._rng.choice((0.1, 0.3, 0.7)))
            pause = self._rng.choice((0.0, 0.005, 0.02, 0.1))
            for word in REPLY.split():
                self._moments.reach("token")
                yield AgentPiece(text=f"{word} ")
                await asyncio.sleep(pause)
        finally:
            self.running -= 1


class TimedVoice:
    """``speech.StreamingVoice``: each text sounds for a second, in pieces."""

    name = "timed"

    def __init__(self, rng: Random, moments: Moments) -> None:
        self._rng = rng
        self._moments = moments

    async def speak(
        self,
        texts: AsyncIterator[str],
        audio_format: AudioFormat,
        voice: str = "",
        locale: str = "",
    ) -> AsyncGenerator[SpokenPiece, None]:
        """Implement ``StreamingVoice.speak``."""
        pieces = self._rng.choice((1, 4, 10))
        every = self._rng.choice((0.0, 0.02, 0.09))
        finished = 0
        async for _ in texts:
            await asyncio.sleep(self._rng.choice((0.0, 0.05, 0.07, 0.3)))
            for _ in range(pieces):
                self._moments.reach("sound")
                yield SpokenPiece(audio=bytes(32_000 // pieces), finished=finished)
                await asyncio.sleep(every)
            finished += 1
            yield SpokenPiece(finished=finished)

    async def prepare(self, audio_format: AudioFormat, voice: str = "", locale: str = "") -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing is open."""


class Listening(FakeWire):
    """The caller's end: what is on the air, and what should not be."""

    def __init__(self, rng: Random, moments: Moments) -> None:
        super().__init__(takes=rng.choice((0.0, 0.0, 0.002, 0.03)))
        self._moments = moments
        self._echoes = rng.random() < 0.5
        self.dead: set[int] = set()
        self.generation = 0
        self.source = ""
        self.late = 0
        self.head = 0.0
        """The instant at which all sound sent will have been heard."""
        self.echo: Callable[[str], None] = lambda name: None

    @property
    def sounding(self) -> bool:
        """Return whether there is something to interrupt."""
        is_dead = self.generation in self.dead
        return not is_dead and self.head > asyncio.get_running_loop().time() + SOON

    async def send(self, message: str | bytes) -> None:
        """Implement ``Wire.send``."""
        if self.takes:
            await asyncio.sleep(self.takes)
        self._moments.reach("message")
        now = asyncio.get_running_loop().time()
        if isinstance(message, bytes):
            self.late += self.generation in self.dead
            self.head = max(self.head, now) + len(message) / 32_000
        else:
            self._take(json.loads(message), now)

    def _take(self, told: dict[str, Any], now: float) -> None:
        match told["type"]:
            case "clear":
                self.dead.add(told["generation"])
                if self.generation in self.dead:
                    self.head = now
            case "audio.start":
                self.generation, self.source = told["generation"], told["source"]
                self.late += told["generation"] in self.dead
            case "audio.end":
                self.late += told["generation"] in self.dead
            case "mark":
                number = int(told["name"].partition(":")[0][1:])
                self.late += number in self.dead
                if self._echoes:
                    loop, name = asyncio.get_running_loop(), told["name"]
                    loop.call_at(max(now, self.head), self._echo, name, number)

    def _echo(self, name: str, number: int) -> None:
        if number not in self.dead:
            self.echo(name)


class Conversation:
    """One call's rounds."""

    def __init__(
        self, call: Dialled, wire: Listening, rng: Random, moments: Moments, outcome: Interruption
    ) -> None:
        self._call = call
        self._wire = wire
        self._rng = rng
        self._moments = moments
        self._outcome = outcome
        self._loop = asyncio.get_running_loop()
        self._voiced = False  # the caller's voice is heard
        self._unsaid: list[asyncio.TimerHandle] = []  # what is still to come of an utterance

    async def round(self) -> None:
        """Something is said to the caller, who cuts in."""
        rng, done = self._rng, asyncio.Event()
        trigger = rng.choice(("time", "token", "sound", "message"))
        self._ask(rng.choice(QUESTIONS))

        def act() -> None:
            if not done.is_set():
                done.set()
                self._moments.disarm()
                self._cut_in(trigger)

        longest = rng.uniform(0.05, 1.6) if trigger == "time" else 2.0
        if self._call.transcription is not None:
            longest += 1.3  # the question is spoken first, and its end is waited for
        if trigger != "time":
            number = rng.randint(1, 12)
            self._moments.arm(trigger, number, act, before=rng.random() < 0.5)
        timer = self._loop.call_later(longest, act)
        await done.wait()
        timer.cancel()
        await asyncio.sleep(rng.choice((0.0, 0.01, 0.2, 0.7, 1.5, 4.0)))

    # --- the caller's side ------------------------------------------------------------------

    def _ask(self, words: str) -> None:
        if self._call.transcription is None:
            self._call.runner.final(words)
        else:
            self._speak(words, until=0.5)

    def _speak(self, words: str, until: float) -> None:
        """Speak: the words, if there are any, are known when they are over. A caller who is still
        speaking goes on, with these words in place of the rest."""
        said = self._call.transcription
        assert said is not None, "speaks on a call with a recogniser"
        take, later = self._call.runner.receive, self._loop.call_later
        if self._voiced:
            for handle in self._unsaid:
                handle.cancel()
        else:
            self._voiced = True
            take(VoiceStarted(at=self._loop.time()))

        def stop() -> None:
            self._voiced = False
            take(VoiceStopped(at=self._loop.time()))

        final = Heard(words, final=True)
        self._unsaid = [
            later(until, stop),
            later(until + self._rng.choice((0.0, 0.05, 0.2)), said.say, final),
        ]
        if words:
            partial = Heard(words, final=False)
            self._unsaid.append(later(until * 0.6, said.say, partial))

    def _cut_in(self, trigger: str) -> None:
        rng, runner = self._rng, self._call.runner
        by_voice = self._call.transcription is not None
        means = rng.choice(("voice", "spoken") if by_voice else ("partial", "final", "key"))
        self._note(trigger, means)
        words = rng.choice(CUTS)
        match means:
            case "voice":
                self._speak("", until=rng.uniform(0.7, 1.1))
            case "spoken":
                self._speak(words, until=rng.uniform(0.2, 0.8))
            case "partial":
                runner.partial(words)
                self._loop.call_later(rng.uniform(0.0, 0.5), runner.final, words)
            case "final":
                runner.final(words)
            case "key":
                runner.receive(KeyPressed(digit="5"))

    def _note(self, trigger: str, means: str) -> None:
        """If there is something to interrupt, it is one, and must be cleared."""
        wire, outcome = self._wire, self._outcome
        if not wire.sounding or self._voiced:
            return
        outcome.interruptions += 1
        outcome.sources[wire.source] += 1
        outcome.triggers[trigger] += 1
        outcome.means[means] += 1
        generation, heard_until = wire.generation, wire.head
        within = HEEDED + (MIN_SPEECH if means in ("voice", "spoken") else 0.0)

        def check() -> None:
            still = max(heard_until, wire.head if wire.generation == generation else 0.0)
            over = still < self._loop.time()  # by itself, before the voice was long enough
            outcome.uncleared += generation not in wire.dead and not over

        self._loop.call_later(within, check)


async def one_call(rng: Random, outcome: Interruption) -> None:
    """A call of ``ROUNDS``."""
    moments = Moments()
    agent, voice = TimedAgent(rng, moments), TimedVoice(rng, moments)
    policy = Policy(agent=True, no_input=1e6, min_speech=MIN_SPEECH, max_clarify=1000)
    house = open_house(policy=policy, pacing=Pacing(), agent=agent, voice=voice)
    house.publish(catalogue(2, **LINES))
    wire = Listening(rng, moments)
    async with house.call(stt=rng.random() < 0.4, wire=wire) as call:
        wire.echo = call.runner.playout.echoed
        conversation = Conversation(call, wire, rng, moments, outcome)
        for _ in range(ROUNDS):
            await conversation.round()
        await asyncio.sleep(SAID_OUT)
        call.runner.receive(KeyPressed(digit="5"))  # whatever is going on
        await asyncio.sleep(1.0)
        outcome.running += agent.running
    outcome.late += wire.late


@contextmanager
def no_threads() -> Iterator[None]:
    """Reading clips takes 2 ms, and no thread, whose end virtual time could not see."""

    async def to_thread(function: Callable[..., Any], *args: Any) -> Any:
        await asyncio.sleep(0.002)
        return function(*args)

    with patch.object(asyncio, "to_thread", to_thread):
        yield


def interrupt(count: int, seed: int) -> Interruption:
    """Make at least that many interruptions, in calls one after another."""
    outcome, number = Interruption(), 0
    while outcome.interruptions < count:
        rng = Random(f"{seed}:{number}")
        with no_threads(), asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(one_call(rng, outcome))
        number += 1
    return outcome
