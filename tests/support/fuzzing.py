"""Whole calls over every door that are told what nobody tells, and calls beside them that must not
notice: in virtual time, in this process, one seed for each run.

Three doors are fuzzed from the caller's side; in front of a bot it is the bot that is.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from websockets.exceptions import ConnectionClosedOK

from gateway.agents.media_stream import TELEPHONE, MediaStream
from gateway.core.policy import Policy
from gateway.core.standin.machine import StandInPolicy
from gateway.ports.bots import BotCall, BotLine
from gateway.ports.speech_in import Heard, VoiceChange
from gateway.transports import session
from gateway.transports.door import INTERNAL, Door
from gateway.transports.facts import CallDialect
from gateway.transports.native import NativeDialect
from gateway.transports.twilio import TwilioDialect
from gateway.transports.vonage import VonageDialect
from tests.providers.media_bot import Heard as BotHeard
from tests.providers.media_bot import MediaBot
from tests.providers.media_bot import _Call as BotSide
from tests.providers.twilio import SILENCE, STREAM, TwilioCall
from tests.providers.vonage import VonageCall
from tests.support.fakes import FakeDetector, FakeTranscriber, FakeTranscription
from tests.support.house import House, open_house
from tests.support.mutations import Frame, Mutator
from tests.support.socketless import Socketless

DIALECTS: dict[str, Callable[[], CallDialect]] = {
    "native": NativeDialect,
    "twilio": TwilioDialect,
    "vonage": VonageDialect,
    "bot": TwilioDialect,
}
"""The doors; ``bot`` is the proxy mode's other side."""
OPENING = {"native": 1, "twilio": 2, "vonage": 1, "bot": 0}
TOGETHER = 4
"""Calls at once, beside the witness."""
GAPS = (0.0, 0.0, 0.02, 0.02, 0.1, 0.7)
ADMITTING = Door(call_token="", allowed_origins=(), max_calls=50, default_tenant="default")
TEXTS = ("when do you open", "when are holidays", "wait", "okay", "my balance", "", "goodbye", "no")
LIMIT = 3600.0
"""Virtual seconds of a call: one that lasts longer hangs."""
HOLDS = 4096
"""Bytes of a recogniser's sound that are kept."""


@dataclass
class Outcome:
    """What became of a run."""

    messages: int = 0
    """Read by the gateway; what was sent after it had hung up does not count."""
    calls: int = 0
    witnesses: int = 0
    crashes: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)


class RestlessTranscriber(FakeTranscriber):
    """Hears something now and then, whatever was said."""

    def __init__(self, rng: Random) -> None:
        super().__init__()
        self._rng = rng
        self.calm = False
        """The next one hears nothing by itself."""

    async def open(self, *args: Any) -> FakeTranscription:
        one = await super().open(*args)
        if not self.calm:
            loop = asyncio.get_running_loop()
            for _ in range(self._rng.randrange(4)):
                heard = Heard(self._rng.choice(TEXTS), final=self._rng.random() < 0.7)
                loop.call_later(self._rng.uniform(0.1, 5.0), one.say, heard)
        return one


class StrangeBots:
    """``gateway.ports.bots.Bots``: each call's bot says what is next."""

    form = TELEPHONE

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self.scripts: dict[str, list[Frame]] = {}
        """By the stream's name; a call without one has a bot that says nothing."""
        self.read = 0
        """Messages of bots that were taken."""

    async def dial(self, call: BotCall) -> BotLine:
        script = self.scripts.pop(call.ids.get("stream_sid", ""), None)
        if script is not None:
            await asyncio.sleep(self._rng.choice((0.0, 0.1, 1.0)))
        return MediaStream(call, _BotSocket(self, self._rng, script))  # type: ignore[arg-type]


class _BotSocket:
    """The connection, as far as ``MediaStream`` needs one."""

    def __init__(self, bots: StrangeBots, rng: Random, script: list[Frame] | None) -> None:
        self._bots, self._rng = bots, rng
        self._script = iter(script or ())
        self._quiet = script is None

    async def send(self, message: str) -> None:
        await asyncio.sleep(0)

    async def recv(self) -> Frame:
        await asyncio.sleep(LIMIT if self._quiet else self._rng.choice(GAPS))
        for frame in self._script:
            self._bots.read += 1
            return frame
        await asyncio.sleep(self._rng.choice((0.0, 5.0)))
        raise ConnectionClosedOK(None, None)

    async def close(self) -> None:
        await asyncio.sleep(0)


# --- what was recorded ---------------------------------------------------------------------------


async def recorded() -> dict[str, list[Frame]]:
    """A conversation of each door, as our emulators of the carriers have it."""
    return {
        "native": _native(),
        "twilio": await _twilio(),
        "vonage": await _vonage(),
        "bot": await _bot(),
    }


def _native() -> list[Frame]:
    audio = {"encoding": "mulaw", "sample_rate": 8000}
    told: list[dict[str, Any]] = [{"type": "mark", "name": f"g1:{at}"} for at in (200, 400, 1000)]
    told += [{"type": "dtmf", "digit": "1"}, {"type": "partial", "text": "when", "revision": 1}]
    start = {"type": "start", "audio": audio, "caller": {"name": "x"}, "locale": "en-GB"}
    sound = [SILENCE * 160] * 30
    return [json.dumps(start), *sound, *map(json.dumps, told), *sound, '{"type":"end"}']


async def _twilio() -> list[Frame]:
    said: list[Frame] = []

    async def send(frame: str) -> None:
        said.append(frame)

    line = TwilioCall(send, parameters={"tenant": "default", "from": "+1555"})
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(line.run())
        line.open()
        await line.speak(SILENCE * 160 * 25)
        for message in _answered("1"):
            line.receive(json.dumps(message))
        line.press("1")
        await line.speak(b"\x10" * 160 * 25)
        line.receive(json.dumps({"event": "clear", "streamSid": STREAM}))
        line.press("#")
        await line.speak(SILENCE * 160 * 10)
        line.stop()
    assert not line.errors
    return said


def _answered(generation: str) -> list[dict[str, Any]]:
    """An answer of ours with its marks."""
    payload = base64.b64encode(b"\x10" * 1600).decode()
    pieces: list[dict[str, Any]] = []
    for at in (200, 400, 600):
        pieces.append({"event": "media", "streamSid": STREAM, "media": {"payload": payload}})
        name = f"g{generation}:{at}"
        pieces.append({"event": "mark", "streamSid": STREAM, "mark": {"name": name}})
    return pieces


async def _vonage() -> list[Frame]:
    said: list[Frame] = []

    async def send(frame: Frame) -> None:
        said.append(frame)

    line = VonageCall(send, headers={"tenant": "default", "from": "1555"}, returns_cleared=True)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(line.run())
        line.open()
        await line.speak(bytes(640 * 25))
        for at in (200, 400, 600):
            line.receive(b"\x10" * 640)
            line.receive(json.dumps({"action": "notify", "payload": {"id": f"g1:{at}"}}))
        line.press("1")
        await line.speak(b"\x10\x20" * 320 * 25)
        line.receive('{"action": "clear"}')
        await line.speak(bytes(640 * 10))
        line.end()
    return said


async def _bot() -> list[Frame]:
    said: list[Frame] = []

    class Socket:
        is_open = True

        def send(self, message: Any) -> None:
            said.append(message if isinstance(message, str | bytes) else json.dumps(message))

    start = {"event": "start", "start": {"streamSid": STREAM}}
    bot = MediaBot(says=b"\x07" * 160 * 30)
    side = BotSide(bot, BotHeard(start, {}), Socket())  # type: ignore[arg-type]
    for sound in (b"\x10", SILENCE, b"\x10", SILENCE):  # asked, answered, cut in, answered
        payload = base64.b64encode(sound * 160).decode()
        for _ in range(50):
            side.take({"event": "media", "media": {"payload": payload}})
    return said


# --- calls ---------------------------------------------------------------------------------------


class Fuzzing:
    """Calls of one seed. To be made in a running loop of virtual time."""

    def __init__(self, of: int, pool: list[Frame], seeds: dict[str, list[Frame]]) -> None:
        self._of = of
        self._rng = Random(of)
        self._mutator = Mutator(self._rng, pool)
        self._seeds = seeds
        self._bots = StrangeBots(self._rng)
        self.outcome = Outcome()
        self._houses = {"": self._house()}
        self._houses["bot"] = self._house(
            bots=self._bots,
            policy=Policy(agent=True, behind=True, clarify=False, speculate=True),
            standin=StandInPolicy(),
        )
        self._alone: dict[str, list[Frame]] = {}
        """What a witness hears when nobody else calls."""

    def _house(self, **fields: Any) -> House:
        house = open_house(**{"policy": Policy(no_input=600.0), **fields})
        house.transcriber = house.services.transcriber = RestlessTranscriber(self._rng)
        house.services.detector = self._detector
        house.services.keys = {"1": "entry:hours", "2": "entry:holidays"}
        return house

    def _detector(self) -> FakeDetector:
        at, changes = 0.0, []
        for voice in (True, False) * self._rng.randrange(3):
            at += self._rng.uniform(100, 900)
            changes.append(VoiceChange(voice, round(at), round(at) + 100))
        return FakeDetector(*changes)

    async def until(self, messages: int) -> Outcome:
        """Make calls until so many messages were read."""
        doors = list(DIALECTS)
        while self.outcome.messages < messages:
            await self._batch(doors[self.outcome.witnesses % len(doors)])
        return self.outcome

    async def _batch(self, door: str) -> None:
        """Some calls at once over a door; one beside them must hear what it always does."""
        house = self._houses.get(door, self._houses[""])
        if door not in self._alone:
            await self._witness(house, door)  # from here on its clips are in memory
            self._alone[door] = await self._witness(house, door)
        number = self.outcome.calls
        async with asyncio.TaskGroup() as tasks:
            witness = tasks.create_task(self._witness(house, door))
            await asyncio.sleep(0.001)
            for _ in range(TOGETHER):
                self.outcome.calls += 1
                tasks.create_task(self._call(house, door, self.outcome.calls))
        self.outcome.witnesses += 1
        self.outcome.messages += self._bots.read
        self._bots.read = 0
        where = f"seed {self._of}, calls from {number}, door {door}"
        if witness.result() != self._alone[door]:
            self.outcome.leaks.append(f"{where}: the call beside them heard something else")
        if house.services.calls:
            self.outcome.leaks.append(f"{where}: calls are left over")
        await house.services.background.close()
        if left := asyncio.all_tasks() - {asyncio.current_task()}:
            self.outcome.leaks.append(f"{where}: {len(left)} tasks are left over")
        _forget(house)

    async def _witness(self, house: House, door: str) -> list[Frame]:
        """A short, quiet call: what it is told, without its own names."""
        assert isinstance(house.transcriber, RestlessTranscriber)
        client = Socketless(f"/{door}")
        await client.socket.accept()
        house.transcriber.calm, detector = True, house.services.detector
        house.services.detector = FakeDetector
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._taken(client, house, door))
            for frame in self._seeds["twilio" if door == "bot" else door][: OPENING[door] or 2]:
                client.say(frame)
            await asyncio.sleep(0.0005)
            house.transcriber.calm, house.services.detector = False, detector
            ear = house.transcriber.opened[-1]
            for text in ("when do you open", "when are holidays"):
                ear.say(Heard(text, final=True))
                await asyncio.sleep(2.0)
            client.leave()
        return [_anonymous(frame) for _, frame in client.sent]

    async def _taken(self, client: Socketless, house: House, door: str) -> None:
        await session.take(client.socket, house.services, ADMITTING, DIALECTS[door]())

    async def _call(self, house: House, door: str, number: int) -> None:
        """A call that is told what nobody tells."""
        rng, sid = self._rng, f"MZ{number:032d}"
        frames = self._seeds["twilio"] if door == "bot" else self._seeds[door]
        if door == "bot":
            self._bots.scripts[sid] = self._mutator.conversation(self._seeds["bot"])
        else:
            frames = self._mutator.conversation(frames, opening=OPENING[door])
        client = Socketless(f"/{door}")
        await client.socket.accept()
        said = 0
        try:
            async with asyncio.timeout(LIMIT), asyncio.TaskGroup() as tasks:
                taking = tasks.create_task(self._taken(client, house, door))
                for frame in frames:
                    if taking.done():
                        break
                    said += 1
                    client.say(frame.replace(STREAM, sid) if isinstance(frame, str) else frame)
                    if (gap := rng.choice(GAPS)) or said % 10 == 0:
                        await asyncio.sleep(gap)
                await asyncio.sleep(rng.choice((0.0, 0.5, 3.0)))
                client.leave(rng.choice((1000, 1006)))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
            self.outcome.crashes.append(f"seed {self._of}, call {number} at {door}: {error!r}")
        if client.close_code == INTERNAL:
            self.outcome.crashes.append(f"seed {self._of}, call {number} at {door}: closed as 1011")
        others = {one for _, text in client.sent if isinstance(text, str) for one in _named(text)}
        if others - {sid}:
            self.outcome.leaks.append(f"seed {self._of}, call {number}: another call's name")
        self._bots.scripts.pop(sid, None)
        if door != "bot":  # there the bot's count, not the caller's own
            self.outcome.messages += max(0, said - client._inbox.qsize())


def _named(text: str) -> list[str]:
    """Names of streams that are ours."""
    return re.findall(r"MZ0{20}\d{12}", text)


def _anonymous(frame: Frame) -> Frame:
    """Without the name of the call."""
    return re.sub(r'"call_id": "\w+"', "", frame) if isinstance(frame, str) else frame


def _forget(house: House) -> None:
    """The fakes note all that they are asked, which is no leak of the gateway's."""
    stored: Any = house.store
    for fake in (house.observer, house.transcriber, house.matcher, house.services.matching):
        for value in vars(fake).values():
            if isinstance(value, list):
                value.clear()
    for notes in (stored.reads, stored.written, stored.loads):
        notes.clear()
