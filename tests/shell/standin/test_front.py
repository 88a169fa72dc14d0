"""Whole calls in front of a bot, in virtual time, over the native door."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.core.policy import Policy
from gateway.core.standin.machine import StandInPolicy
from gateway.errors import ProviderFailed
from gateway.ports.bots import AnswerGiven
from gateway.ports.speech_in import Heard, VoiceChange
from gateway.shell.standin.front import AHEAD, HUNG_UP, UNREAD
from gateway.transports import native, session
from gateway.transports.door import Door, accept
from gateway.transports.twilio import TwilioDialect
from tests.providers.twilio import ACCOUNT, CALL, STREAM, TwilioCall
from tests.support.bots import MemoryBot
from tests.support.fakes import FakeAgent, FakeDetector, FakeTranscription, FakeVoice
from tests.support.house import House, catalogue, open_house
from tests.support.socketless import Socketless

pytestmark = pytest.mark.anyio

DOOR = Door(call_token="", allowed_origins=(), max_calls=2, default_tenant="default")
BEHIND = Policy(agent=True, behind=True, clarify=False, speculate=True)
QUESTION = VoiceChange(True, 200, 300), VoiceChange(False, 1000, 1200)
"""Voice from 0.2 to 1.0 s, which is known at 0.3 and 1.2."""


@dataclass
class Line:
    """A caller of one call, whose bot is in memory."""

    client: Socketless
    house: House
    bot: MemoryBot
    said: int = 0

    async def talk(self, seconds: float) -> None:
        """Sound in real time, each message with a byte of its own."""
        for _ in range(round(seconds * 50)):
            self.said += 1
            self.client.say(bytes([self.said % 200]) * 160)
            await asyncio.sleep(0.02)

    @property
    def transcription(self) -> FakeTranscription:
        (one,) = self.house.transcriber.opened
        assert isinstance(one, FakeTranscription)
        return one

    def kinds(self) -> list[str]:
        return [one["type"] for one in self.client.told()]

    def sound(self) -> bytes:
        """What the caller has heard."""
        return b"".join(one for _, one in self.client.sent if isinstance(one, bytes))

    @property
    def held(self) -> bytes:
        """All that the caller has said."""
        return b"".join(bytes([one % 200]) * 160 for one in range(1, self.said + 1))


@contextlib.asynccontextmanager
async def dialled(
    *changes: VoiceChange,
    bot: MemoryBot | None = None,
    agent: FakeAgent | None = None,
    notify: Callable[[AnswerGiven], None] | None = None,
    **policy: Any,
) -> AsyncIterator[Line]:
    bot = bot or MemoryBot()
    house = open_house(policy=BEHIND, bots=bot, standin=StandInPolicy(**policy), notify=notify)
    if agent is not None:
        house.services.agent, house.services.voice = agent, FakeVoice()
        house.services.fallback = Policy(agent=True, clarify=False)
    house.services.detector = lambda: FakeDetector(*changes)
    house.publish(catalogue(greeting=300, handoff=300))
    client = Socketless("/v1/call")
    async with asyncio.TaskGroup() as tasks:
        call = tasks.create_task(native.answer(client.socket, house.services, DOOR))
        client.tell(
            type="start",
            audio={"encoding": "mulaw", "sample_rate": 8000},
            caller={"from": "alice"},
        )
        await asyncio.sleep(0.001)
        yield Line(client, house, bot)
        client.leave()
        await call
    await house.services.background.close()


async def test_the_bot_is_told_what_the_carrier_would_tell_it(threads: SimpleNamespace) -> None:
    async with dialled() as line:
        await line.talk(0.2)
        line.client.tell(type="dtmf", digit="5")
        await asyncio.sleep(0.1)
    first, start = (one for _, one in line.bot.told[:2])
    assert first == {"event": "connected", "protocol": "Call", "version": "1.0.0"}
    assert start["start"]["callSid"].startswith("CA")
    assert start["start"]["customParameters"] == {"from": "alice"}
    assert line.bot.events("dtmf")[0]["dtmf"]["digit"] == "5"
    assert line.bot.events("stop") and line.bot.closed
    numbers = [int(one["sequenceNumber"]) for _, one in line.bot.told[1:]]
    assert numbers == list(range(1, len(numbers) + 1))


async def test_what_is_said_while_it_is_dialled_reaches_it(threads: SimpleNamespace) -> None:
    async with dialled(bot=MemoryBot(dials=0.5)) as line:
        await line.talk(0.4)
        assert line.bot.told == []
        await line.talk(0.4)
    assert line.bot.heard == line.held
    assert [one["media"]["timestamp"] for one in line.bot.events("media")][:3] == ["0", "20", "40"]


async def test_its_sound_marks_and_clears_go_through(threads: SimpleNamespace) -> None:
    async with dialled() as line:
        await asyncio.sleep(0.1)
        line.bot.speak(200, b"\x07")
        line.bot.mark("one")
        await asyncio.sleep(0.05)
        assert line.sound() == b"\x07" * 1600
        (mark,) = [one["name"] for one in line.client.told() if one["type"] == "mark"]
        assert mark != "one", "a name of ours"
        line.client.tell(type="mark", name=mark)
        await asyncio.sleep(0.05)
        assert line.bot.marks == ["one"]
        line.bot.mark("two")
        line.bot.clear()
        await asyncio.sleep(0.05)
        assert line.kinds()[-1] == "clear"
        assert line.bot.marks == ["one", "two"], "as a carrier does"


async def test_a_hit_is_ours_and_never_reaches_the_bot(threads: SimpleNamespace) -> None:
    async with dialled(*QUESTION) as line:
        await line.talk(0.6)
        line.transcription.say(Heard("when do you open", final=False))
        await line.talk(0.6)
        line.transcription.say(Heard("when do you open", final=True))
        await line.talk(0.6)
        starts = [one for one in line.client.told() if one["type"] == "audio.start"]
        assert [one["source"] for one in starts] == ["cache"]
        line.bot.speak(20, b"\x07")
        line.bot.mark("late")
        await line.talk(0.1)
        assert b"\x07" * 160 not in line.sound(), "never two voices"
        assert line.bot.marks == ["late"]
    heard, all_said = line.bot.heard, line.held
    assert len(heard) == len(all_said), "it loses no time"
    known = 8 * 300  # with the message in which the voice is known
    assert heard[:known] == all_said[:known]
    assert set(heard[known : 8 * 1700]) == {0xFF}


async def test_the_bots_owner_is_told_what_was_heard(threads: SimpleNamespace) -> None:
    told: list[AnswerGiven] = []
    async with dialled(*QUESTION, notify=told.append) as line:
        await line.talk(0.6)
        line.transcription.say(Heard("when do you open", final=False))
        await line.talk(0.6)
        line.transcription.say(Heard("when do you open", final=True))
        await line.talk(0.2)
        assert told == [], "it is not known yet how much will be heard"
    (one,) = told
    assert (one.question, one.entry, one.tenant) == ("when do you open", "hours", "default")
    assert not one.whole, "the caller has hung up in the middle of it"


async def test_a_miss_is_the_bots_whole_and_at_once(threads: SimpleNamespace) -> None:
    async with dialled(*QUESTION) as line:
        await line.talk(0.6)
        line.transcription.say(Heard("can i bring my dog", final=False))
        await line.talk(0.5)
        held = len(line.bot.heard)
        assert held <= 8 * 300, "held while it is not decided on"
        await line.talk(0.9)
    assert line.bot.heard == line.held
    assert "audio.start" not in line.kinds()


async def test_the_bot_hears_that_it_is_spoken_over(threads: SimpleNamespace) -> None:
    async with dialled(*QUESTION) as line:
        await asyncio.sleep(0.1)
        line.bot.speak(5000)
        await line.talk(0.8)
        assert line.bot.heard == line.held


async def test_where_nothing_is_withheld_its_reply_is_dropped(threads: SimpleNamespace) -> None:
    async with dialled(*QUESTION, withhold=False) as line:
        await line.talk(0.6)
        line.transcription.say(Heard("when do you open", final=False))
        await line.talk(0.6)
        line.transcription.say(Heard("when do you open", final=True))
        await line.talk(0.4)
        assert line.bot.heard == line.held
        line.bot.speak(20, b"\x07")
        await line.talk(0.1)
        assert b"\x07" * 160 not in line.sound()


async def test_a_bot_that_does_not_answer_is_handed_off(threads: SimpleNamespace) -> None:
    async with dialled(bot=MemoryBot(dials=60.0)) as line:
        await asyncio.sleep(4.0)
        starts = [one for one in line.client.told() if one["type"] == "audio.start"]
        assert [one["source"] for one in starts] == ["system"]
    assert "did not answer within 2 s" in line.client.close_reason


async def test_a_bot_that_cannot_be_reached_is_handed_off(threads: SimpleNamespace) -> None:
    async with dialled(bot=MemoryBot(refuses=True)) as line:
        await asyncio.sleep(3.0)
    assert "cannot be reached" in line.client.close_reason


async def test_the_bot_hangs_up(threads: SimpleNamespace) -> None:
    async with dialled() as line:
        await asyncio.sleep(0.1)
        line.bot.hang_up()
        await asyncio.sleep(0.1)
        assert line.client.close_code == 1000
    assert line.client.close_reason == HUNG_UP


class TestAPairTakesItsPlace:
    async def test_of_one_that_does_not_answer(self, threads: SimpleNamespace) -> None:
        agent = FakeAgent("yes you can")
        async with dialled(bot=MemoryBot(dials=60.0), agent=agent) as line:
            await asyncio.sleep(3.0)
            starts = [one for one in line.client.told() if one["type"] == "audio.start"]
            assert [one["source"] for one in starts] == ["system"], "it greets"
            line.transcription.say(Heard("can i bring my dog", final=True))
            await asyncio.sleep(1.0)
            assert [one.text for one in agent.asked] == ["can i bring my dog"]
            starts = [one for one in line.client.told() if one["type"] == "audio.start"]
            assert starts[-1]["source"] == "agent"
        assert line.client.close_reason == ""

    async def test_of_one_that_dies_with_a_question(self, threads: SimpleNamespace) -> None:
        agent = FakeAgent()
        async with dialled(*QUESTION, agent=agent) as line:
            await line.talk(1.3)
            line.transcription.say(Heard("can i bring my dog", final=True))
            await asyncio.sleep(1.0)
            assert agent.asked == [], "it is the bot's"
            line.bot.die()
            await asyncio.sleep(1.0)
            assert [one.text for one in agent.asked] == ["can i bring my dog"]
        await line.house.services.records.flush()
        records = [one for batch in line.house.store.written for one in batch]
        (died,) = [one for one in records if one.id.endswith("-bot")]
        assert died.evidence["reason"] == "the connection to the bot broke"

    async def test_but_not_of_one_that_hangs_up(self, threads: SimpleNamespace) -> None:
        async with dialled(agent=FakeAgent()) as line:
            await asyncio.sleep(0.1)
            line.bot.hang_up()
            await asyncio.sleep(0.1)
        assert line.client.close_reason == HUNG_UP


async def test_one_that_dies_in_mid_call_is_handed_off(threads: SimpleNamespace) -> None:
    async with dialled() as line:
        await asyncio.sleep(0.1)
        line.bot.die()
        await asyncio.sleep(2.0)
        starts = [one for one in line.client.told() if one["type"] == "audio.start"]
        assert [one["source"] for one in starts] == ["system"]
    assert line.client.close_reason == "the connection to the bot broke"


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (b"\x01\x02", "binary message"),
        ("nonsense", "none of a media stream"),
        ("[]", "none of a media stream"),
        ('{"event": "media", "media": {"payload": "%%%"}}', "not base64"),
        ('{"event": "media", "media": {"payload": "UklGRiQAAABXQVZF"}}', "WAV file"),
        ('{"event": "media", "media": {"payload": 7}}', "none of a media stream"),
        ('{"event": "party"}', "no carrier takes"),
    ],
)
async def test_a_bot_that_sends_another_format_ends_its_call(
    threads: SimpleNamespace, frame: str | bytes, reason: str
) -> None:
    async with dialled() as line:
        await asyncio.sleep(0.1)
        line.bot.inbox.put_nowait(frame)
        await asyncio.sleep(0.1)
    assert reason in line.client.close_reason
    await line.house.services.records.flush()
    (record,) = line.house.store.written[-1]
    assert reason in record.evidence["reason"]


async def test_a_bot_that_sends_too_much_ends_its_call(threads: SimpleNamespace) -> None:
    async with dialled() as line:
        await asyncio.sleep(0.1)
        for _ in range(int(AHEAD // 30) + 2):
            line.bot.speak(30_000)
        await asyncio.sleep(1.0)
    assert "ahead" in line.client.close_reason


async def test_a_bot_that_floods_ends_its_call(threads: SimpleNamespace) -> None:
    async with dialled() as line:
        await asyncio.sleep(0.1)
        for _ in range(40_000):
            line.bot.mark("x")
        await asyncio.sleep(30.0)
    assert "messages a second" in line.client.close_reason


async def test_a_bot_that_never_reads_ends_its_call(threads: SimpleNamespace) -> None:
    async with dialled(bot=MemoryBot(reads=False)) as line:
        await line.talk(7.0)
    assert line.client.close_reason == UNREAD


async def test_where_nothing_is_understood_the_call_goes_on(threads: SimpleNamespace) -> None:
    async with dialled(*QUESTION) as line:
        await line.talk(0.6)
        line.transcription.say(ProviderFailed("gone"))
        await line.talk(1.0)
        assert line.bot.heard == line.held
        line.bot.speak(20, b"\x07")
        await line.talk(10.0)
        assert b"\x07" * 160 in line.sound()
        assert line.client.close_code is None
    assert line.bot.heard == line.held


async def test_where_the_matcher_never_answers_the_call_goes_on(threads: SimpleNamespace) -> None:
    async with dialled(*QUESTION) as line:
        line.house.services.matching.ask = lambda question: None  # type: ignore[method-assign]
        await line.talk(0.6)
        line.transcription.say(Heard("when do you open", final=True))
        await line.talk(2.0)
    assert line.bot.heard == line.held


async def test_another_format_is_refused(threads: SimpleNamespace) -> None:
    house = open_house(policy=BEHIND, bots=MemoryBot())
    house.publish(catalogue())
    client = Socketless("/v1/call")
    client.tell(type="start", audio={"encoding": "pcm_s16le", "sample_rate": 16000})
    await native.answer(client.socket, house.services, DOOR)
    (told,) = client.told()
    assert told["code"] == "unsupported_audio"
    assert "mulaw at 8000" in told["message"]
    await house.services.background.close()


# --- from a carrier, to the bot and back ---------------------------------------------------------


@dataclass
class Telephone:
    """A caller at Twilio, whose stream is the gateway's, whose bot is in memory."""

    call: TwilioCall
    client: Socketless
    house: House
    bot: MemoryBot
    said: bytes = b""

    async def talk(self, seconds: float) -> None:
        number = len(self.said)
        sound = b"".join(bytes([(number + n) % 200]) * 160 for n in range(round(seconds * 50)))
        self.said += sound
        await self.call.speak(sound)

    def say(self, text: str, *, final: bool) -> None:
        (one,) = self.house.transcriber.opened
        assert isinstance(one, FakeTranscription)
        one.say(Heard(text, final=final))

    def heard(self) -> bytes:
        """What the caller has truly heard: played, and not cleared before."""
        return self.call.buffer.heard(asyncio.get_running_loop().time())


@contextlib.asynccontextmanager
async def rung(*changes: VoiceChange, bot: MemoryBot | None = None) -> AsyncIterator[Telephone]:
    bot = bot or MemoryBot()
    house = open_house(policy=BEHIND, bots=bot)
    house.services.detector = lambda: FakeDetector(*changes)
    house.publish(catalogue(hours=2000))
    client = Socketless("/twilio/media")

    async def carry(frame: str) -> None:
        client.say(frame)

    async def bring() -> None:
        given = 0
        while True:
            for _, frame in client.sent[given:]:
                call.receive(frame)
            given = len(client.sent)
            await asyncio.sleep(0.001)

    async def answer() -> None:
        await accept(client.socket)
        await session.take(client.socket, house.services, DOOR, TwilioDialect())

    async with asyncio.TaskGroup() as tasks:
        call = TwilioCall(carry, parameters={"who": "alice", "locale": "en-GB"})
        serving = tasks.create_task(answer())
        beside = [tasks.create_task(call.run()), tasks.create_task(bring())]
        call.open()
        await asyncio.sleep(0.1)
        yield Telephone(call, client, house, bot)
        call.end()
        client.leave()
        await serving
        for one in beside:
            one.cancel()
    await house.services.background.close()


async def test_a_telephone_call_is_the_bots_as_if_we_were_not_there(
    threads: SimpleNamespace,
) -> None:
    async with rung() as phone:
        phone.bot.speak(1000, b"\x07")
        phone.bot.mark("hello")
        await phone.talk(1.5)
        phone.call.press("7")
        await asyncio.sleep(0.1)
        assert phone.heard() == b"\x07" * 8000
        assert phone.bot.marks == ["hello"]
        assert phone.bot.heard == phone.said
        assert phone.bot.events("dtmf")[0]["dtmf"]["digit"] == "7"
        phone.bot.speak(5000, b"\x08")
        phone.bot.mark("cut")
        await asyncio.sleep(0.5)
        phone.bot.clear()
        await asyncio.sleep(0.1)
        assert len(phone.call.cleared) == 1
        assert phone.bot.marks == ["hello", "cut"], "a cleared mark comes back, once"
    start = phone.bot.events("start")[0]["start"]
    told = (start["callSid"], start["streamSid"], start["accountSid"])
    assert told == (CALL, STREAM, ACCOUNT), "the carrier's own names"
    assert start["customParameters"] == {"who": "alice", "locale": "en-GB"}
    assert phone.bot.events("stop"), "the caller has hung up"
    assert phone.call.errors == []


async def test_a_hit_over_a_telephone(threads: SimpleNamespace) -> None:
    async with rung(*QUESTION) as phone:
        await phone.talk(0.6)
        phone.say("when do you open", final=False)
        await phone.talk(0.7)
        phone.say("when do you open", final=True)
        await phone.talk(0.4)
        phone.bot.speak(500, b"\x07")
        await phone.talk(0.8)
        assert phone.heard(), "we speak"
        assert b"\x07" * 160 not in phone.heard(), "never two voices"
    assert len(phone.bot.heard) == len(phone.said)
    assert phone.bot.heard.count(b"\xff") > 8 * 1000


async def test_a_miss_over_a_telephone(threads: SimpleNamespace) -> None:
    async with rung(*QUESTION) as phone:
        await phone.talk(0.6)
        phone.say("can i bring my dog", final=False)
        await phone.talk(0.7)
        phone.say("can i bring my dog", final=True)
        await phone.talk(1.0)
        assert phone.bot.heard == phone.said
        phone.bot.speak(200, b"\x07")
        await phone.talk(0.4)
        assert phone.heard() == b"\x07" * 1600


async def test_a_caller_cuts_in_on_us_and_the_bot_answers(threads: SimpleNamespace) -> None:
    again = VoiceChange(True, 2300, 2400), VoiceChange(False, 3200, 3300)
    async with rung(*QUESTION, *again) as phone:
        await phone.talk(0.6)
        phone.say("when do you open", final=False)
        await phone.talk(0.7)
        phone.say("when do you open", final=True)
        await phone.talk(1.2)
        assert phone.call.cleared == []
        phone.say("no can i bring my dog", final=False)
        await phone.talk(0.8)
        assert len(phone.call.cleared) == 1, "our voice stops"
        phone.say("no can i bring my dog", final=True)
        await phone.talk(1.5)
        cut = 8 * 2400
        assert phone.bot.heard[cut:] == phone.said[cut:], "the bot gets what was said over us"


async def test_the_bot_hangs_up_a_telephone_call(threads: SimpleNamespace) -> None:
    async with rung() as phone:
        phone.bot.hang_up()
        await asyncio.sleep(0.2)
        assert phone.client.close_code == 1000
