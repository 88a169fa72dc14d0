"""A slice of the benchmark ``fuzz``, and that it finds what it is to find."""

from __future__ import annotations

import asyncio
import json
import re
from random import Random
from typing import Any

import pytest

from bench import fuzz
from bench.interruptions import no_threads
from gateway.errors import ClientError
from gateway.ports.speech_in import Heard, VoiceChange
from gateway.settings.whole import Settings
from gateway.transports import session
from gateway.transports.facts import CallDialect, Fact, SoundHeard
from gateway.transports.twilio import TwilioDialect
from tests.support import fuzzing, mutations
from tests.support.fakes import FakeDetector
from tests.support.fuzzing import ADMITTING, DIALECTS, OPENING, Outcome, recorded
from tests.support.house import open_house
from tests.support.mutations import Mutator
from tests.support.socketless import Socketless
from tests.support.virtual import VirtualLoop

SLICE = 10_000


def fuzzed(messages: int, seed: int = 11) -> Outcome:
    """So many messages, in virtual time."""
    pool = mutations.drawn(200, seed)
    with no_threads(), asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(runner.run(fuzz.begun(seed, pool)).until(messages))


def test_ten_thousand_messages_over_all_doors_harm_nobody() -> None:
    figures = fuzz.run(Settings(), messages=SLICE)["figures"]
    assert figures["messages"] >= SLICE
    assert (figures["crashes"], figures["leaks"]) == (0, 0)
    assert figures["growth_mib"] < 16


def test_a_door_that_fails_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    read = TwilioDialect.read

    def fails(self: TwilioDialect, frame: str | bytes) -> Any:
        if isinstance(frame, bytes):
            raise ZeroDivisionError
        return read(self, frame)

    monkeypatch.setattr(TwilioDialect, "read", fails)
    assert any("ZeroDivisionError" in one for one in fuzzed(3000).crashes)


def test_a_state_that_two_calls_share_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    newest = [""]
    read, write = TwilioDialect.read, TwilioDialect.write

    def reads(self: TwilioDialect, frame: str | bytes) -> Any:
        facts = read(self, frame)
        newest[0] = self._sid
        return facts

    def writes(self: TwilioDialect, order: Any) -> Any:
        self._sid = newest[0]
        return write(self, order)

    monkeypatch.setattr(TwilioDialect, "read", reads)
    monkeypatch.setattr(TwilioDialect, "write", writes)
    assert fuzzed(3000).leaks


def test_the_same_seed_is_the_same_run() -> None:
    first, second = fuzzed(600), fuzzed(600)
    assert (first.messages, first.calls) == (second.messages, second.calls)


def test_what_is_recorded_is_what_the_doors_read() -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        seeds = runner.run(recorded())
    for door in ("native", "twilio", "vonage"):
        dialect = DIALECTS[door]()
        facts = [fact for frame in seeds[door] for fact in dialect.read(frame)]
        kinds = {type(one).__name__ for one in facts}
        assert {"Opening", "SoundHeard", "MarkPlayed", "KeyStruck"} <= kinds, door
        assert "Ignored" not in kinds
    assert {json.loads(one)["event"] for one in seeds["bot"]} == {"media", "mark", "clear"}


@pytest.mark.parametrize("door", ["native", "twilio", "vonage"])
def test_sound_is_what_reading_calls_sound_and_nothing_else(door: str) -> None:
    """Of whatever comes, in one order, to a dialect that is asked and to one that is not."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        seeds = runner.run(recorded())
    mutator = Mutator(Random(11), mutations.drawn(200, 11))
    heard = silent = 0
    for _ in range(50):
        asked, plain = DIALECTS[door](), DIALECTS[door]()
        for frame in mutator.conversation(seeds[door], opening=OPENING[door]):
            sound = asked.sound(frame)
            told = _read(asked, frame)
            assert told == _read(plain, frame), "asking changes nothing"
            read = [one.payload for one in told if isinstance(one, SoundHeard)]
            assert read == ([] if sound is None else [sound])
            heard, silent = heard + len(read), silent + (not read)
    assert heard > 1000
    assert silent > 100


def _read(dialect: CallDialect, frame: str | bytes) -> list[Fact]:
    try:
        return list(dialect.read(frame))
    except ClientError:
        return []


@pytest.mark.parametrize("door", ["native", "twilio", "vonage"])
def test_sound_taken_straight_is_heard_as_sound_that_waits(door: str) -> None:
    """A whole recorded call: the recogniser and the caller hear the same, to the instant."""

    async def called(*, straight: bool) -> tuple[bytes, list[Any], int]:
        frames = (await recorded())[door]
        house, client = open_house(), Socketless(straight=straight)
        voice = VoiceChange(True, 100, 100), VoiceChange(False, 300, 300)
        house.services.detector = lambda: FakeDetector(*voice)
        await client.socket.accept()
        began = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as tasks:
            taking = session.take(client.socket, house.services, ADMITTING, DIALECTS[door]())
            tasks.create_task(taking)
            for number, frame in enumerate(frames):
                client.say(frame)
                await asyncio.sleep(0.02)
                if number == 18:  # the voice has just fallen silent
                    house.transcriber.opened[-1].say(Heard("when do you open", final=True))
                    await asyncio.sleep(3.0)
            client.leave()
        named = re.compile("[0-9a-f]{32}")
        told = [(round(at - began, 3), named.sub("", str(one))) for at, one in client.sent]
        return bytes(house.transcriber.opened[-1].fed), told, client.taken

    with no_threads(), asyncio.Runner(loop_factory=VirtualLoop) as runner:
        fed, told, taken = runner.run(called(straight=True))
        assert (fed, told, 0) == runner.run(called(straight=False))
    assert fed
    assert len(told) > 5, "it is answered"
    assert taken > 40


def test_the_grammar_draws_what_is_read_and_what_is_refused() -> None:
    refused = read = 0
    for message in mutations.drawn(300, 5):
        try:
            TwilioDialect().read(message)
            read += 1
        except ClientError:
            refused += 1
    assert read > 20
    assert refused > 20
    assert fuzzing.TOGETHER > 1
