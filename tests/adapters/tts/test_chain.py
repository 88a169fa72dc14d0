"""Several voices as one that does not fall silent, in virtual time. With real ones:
``tests/contracts/test_voice_chain.py``."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from gateway.adapters.tts.chain import CLOSE_S, READ_AHEAD, Beginnings, Patience, VoiceChain
from gateway.core.race.attempts import AttemptFailure, Hedging
from gateway.errors import GatewayBug
from gateway.ports.live_speech import SpokenPiece, SpokenWord, VoiceFailed
from gateway.ports.records import FirstPiece
from gateway.ports.sound import AudioFormat
from tests.support.speaking import PCM16, Heard, listen, slowly, texts

pytestmark = pytest.mark.anyio

WORD_MS = 100
"""Each word's sound in ``Voice``."""


@dataclass
class Voice:
    """Says each word with a letter of its name for sound, and can be told to break off."""

    name: str
    breaks: list[object] = field(default_factory=list)
    """For each reply: words after which it fails; ``(n, reason)``; ``(n, seconds)`` is silent for
    so long; None does not."""
    tells: bool = True
    """Words' times."""
    pause: float = 0.0
    """Before each word's sound."""
    said: list[str] = field(default_factory=list)
    """Texts it was given."""
    open: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)
    prepared: list[str] = field(default_factory=list)
    closes_in: float = 0.0

    async def speak(
        self,
        given: AsyncIterator[str],
        audio_format: AudioFormat,
        voice: str = "",
        locale: str = "",
    ) -> AsyncGenerator[SpokenPiece, None]:
        self.asked.append((voice, locale))
        self.open += 1
        plan: Any = self.breaks.pop(0) if self.breaks else None
        spoken = finished = 0
        try:
            async for text in given:
                self.said.append(text)
                at = 0
                for word in text.split():
                    if plan is not None and spoken == plan[0]:
                        await self._break(plan[1])
                    await asyncio.sleep(self.pause)
                    at = text.index(word, at)
                    times = spoken * WORD_MS, (spoken + 1) * WORD_MS
                    told = SpokenWord(
                        text=word, chunk=finished, at=at, start_ms=times[0], end_ms=times[1]
                    )
                    at += len(word)
                    spoken += 1
                    sound = self.name[:1].encode() * WORD_MS * 32
                    yield SpokenPiece(
                        audio=sound, words=(told,) if self.tells else (), finished=finished
                    )
                finished += 1
                yield SpokenPiece(finished=finished)
            if plan is not None and spoken == plan[0]:
                await self._break(plan[1])
        finally:
            await asyncio.sleep(self.closes_in)
            self.open -= 1

    async def _break(self, how: object) -> None:
        if isinstance(how, AttemptFailure):
            raise VoiceFailed(
                self.name, how, retry_after=30 if how.value == "rate_limited" else None
            )
        if isinstance(how, Exception):
            raise how
        assert isinstance(how, float)
        await asyncio.sleep(how)

    async def prepare(self, audio_format: AudioFormat, voice: str = "", locale: str = "") -> None:
        self.prepared.append(voice)

    async def close(self) -> None:
        self.open = -1


def words_of(heard: Heard) -> str:
    return " ".join(word.text for word in heard.words)


def sound_of(heard: Heard) -> str:
    """A letter for each word's sound."""
    return heard.sound.decode()[:: WORD_MS * 32]


BROKEN, LIMITED = AttemptFailure.BROKEN, AttemptFailure.RATE_LIMITED


async def test_the_first_speaks_if_it_can() -> None:
    first, second = Voice("a"), Voice("b")
    heard = await listen(VoiceChain([first, second]), texts("one two", "three"), name="anna")
    assert (sound_of(heard), words_of(heard), heard.finished) == ("aaa", "one two three", 2)
    assert first.asked == [("anna", "en-US")]
    assert (second.asked, first.open) == ([], 0)


async def test_before_the_first_sound_the_next_speaks_instead() -> None:
    first, second = Voice("a", [(0, BROKEN)]), Voice("b")
    heard = await listen(VoiceChain([first, second]), texts("one two", "three"), name="anna")
    assert (sound_of(heard), heard.first_s) == ("bbb", 0.0)
    assert second.asked == [("", "en-US")], "with its usual voice"
    assert second.said == ["one two", "three"]


async def test_each_voice_that_begins_is_told_with_its_own_delay() -> None:
    begun: list[FirstPiece] = []
    chain = VoiceChain(
        [Voice("a", [(1, BROKEN)], pause=0.25), Voice("b", pause=0.125)],
        begun=Beginnings(told=begun.append, titles={"a": "a/large"}),
    )
    await listen(chain, texts("one two", "three"))
    assert [(one.by, round(one.seconds, 3)) for one in begun] == [("a/large", 0.25), ("b", 0.125)]


async def test_in_the_middle_the_next_goes_on_after_the_last_word() -> None:
    first, second = Voice("a", [(4, BROKEN)]), Voice("b")
    heard = await listen(VoiceChain([first, second]), texts("one two", "three, four five", "six"))
    assert second.said == ["five", "six"]
    assert sound_of(heard) == "aaaabb"
    assert words_of(heard) == "one two three, four five six"
    assert [(word.chunk, word.at) for word in heard.words[2:]] == [(1, 0), (1, 7), (1, 12), (2, 0)]
    assert [word.start_ms for word in heard.words] == [0, 100, 200, 300, 400, 500]
    assert heard.finished == 3
    assert list(dict.fromkeys(piece.by for piece in heard.pieces)) == ["a", "b"]


async def test_without_words_times_it_goes_on_with_the_unfinished_text() -> None:
    first, second = Voice("a", [(4, BROKEN)], tells=False), Voice("b", tells=False)
    heard = await listen(VoiceChain([first, second]), texts("one two", "three, four five", "six"))
    assert second.said == ["three, four five", "six"]
    assert sound_of(heard) == "aaaabbbb"


@pytest.mark.parametrize("sound", [b"", bytes(32 * 30)], ids=["none", "next to none"])
async def test_text_that_was_not_spoken_is_spoken_by_the_next(sound: bytes) -> None:
    class Mute(Voice):
        async def speak(self, *args: Any, **more: Any) -> AsyncGenerator[SpokenPiece, None]:
            number = 0
            async for text in args[0]:
                whole = WORD_MS * 32 * len(text.split())
                yield SpokenPiece(audio=sound if number else b"a" * whole, finished=number)
                number += 1
                yield SpokenPiece(finished=number)

    told: list[tuple[str, str]] = []
    second = Voice("b")
    chain = VoiceChain([Mute("a"), second], failed=lambda *why: told.append(why))
    heard = await listen(chain, texts("one two", "three four", "five - six"))
    assert second.said == ["three four", "five - six"]
    assert (sound_of(heard)[:2], sound_of(heard)[-4:]) == ("aa", "bbbb")
    assert told == [("a", "empty")]


async def test_a_word_that_is_only_half_heard_is_said_again() -> None:
    class Cut(Voice):
        async def speak(self, *args: Any, **more: Any) -> AsyncGenerator[SpokenPiece, None]:
            async with contextlib.aclosing(super().speak(*args, **more)) as pieces:
                yield await anext(pieces)
                piece = await anext(pieces)
                yield SpokenPiece(audio=piece.audio[: 40 * 32], words=piece.words)
                raise VoiceFailed(self.name, BROKEN)

    second = Voice("b")
    await listen(VoiceChain([Cut("a"), second]), texts("one two three"))
    assert second.said == ["two three"]


async def test_one_after_the_other_may_fail() -> None:
    voices = [Voice("a", [(1, BROKEN)]), Voice("b", [(1, BROKEN)]), Voice("c")]
    heard = await listen(VoiceChain(voices), texts("one two three"))
    assert (sound_of(heard), words_of(heard)) == ("abc", "one two three")
    assert [(word.at, word.start_ms) for word in heard.words] == [(0, 0), (4, 100), (8, 200)]


async def test_a_failure_after_the_last_word_needs_nobody() -> None:
    second = Voice("b")
    heard = await listen(VoiceChain([Voice("a", [(2, BROKEN)]), second]), texts("one two"))
    assert (sound_of(heard), heard.finished, second.asked) == ("aa", 1, [])
    first = Voice("a", [(2, BROKEN)])
    heard = await listen(VoiceChain([first, second]), slowly("one two", "three", pause=1.0))
    assert (sound_of(heard), second.said) == ("aab", ["three"])


async def test_the_last_one_failing_is_the_end_of_it() -> None:
    chain = VoiceChain([Voice("a", [(0, BROKEN)]), Voice("b", [(1, AttemptFailure.SERVER)])])
    heard = Heard(PCM16)
    with pytest.raises(VoiceFailed, match="voice b failed"):
        await listen(chain, texts("one two"), heard=heard)
    assert sound_of(heard) == "b"


async def test_a_mistake_of_ours_does_not_silence_it_either() -> None:
    heard = await listen(
        VoiceChain([Voice("a", [(1, KeyError("x"))]), Voice("b")]), texts("one two")
    )
    assert sound_of(heard) == "ab"


async def test_a_voice_that_stops_early_has_failed() -> None:
    class Lazy(Voice):
        async def speak(self, *args: Any, **more: Any) -> AsyncGenerator[SpokenPiece, None]:
            async with contextlib.aclosing(super().speak(*args, **more)) as pieces:
                yield await anext(pieces)

    heard = await listen(VoiceChain([Lazy("a"), Voice("b")]), texts("one two"))
    assert sound_of(heard) == "ab"


# --- silence ----------------------------------------------------------------------

PATIENCE = Patience(first_s=1.5, between_s=1.0)


async def test_silence_before_the_first_sound() -> None:
    first = Voice("a", [(0, 99.0)])
    heard = await listen(VoiceChain([first, Voice("b")], PATIENCE), texts("one two"))
    assert (sound_of(heard), heard.first_s) == ("bb", 1.5)
    assert first.open == 0


async def test_silence_in_the_middle() -> None:
    chain = VoiceChain([Voice("a", [(1, 99.0)], pause=0.2), Voice("b")], PATIENCE)
    heard = await listen(chain, texts("one two"))
    assert (sound_of(heard), words_of(heard)) == ("ab", "one two")
    assert asyncio.get_running_loop().time() == pytest.approx(0.2 + 1.0)


async def test_a_voice_that_waits_for_words_owes_nothing() -> None:
    first = Voice("a")
    chain = VoiceChain([first, Voice("b")], PATIENCE)
    heard = await listen(chain, slowly("one", "two", pause=9.0))
    assert sound_of(heard) == "aa"
    slow_start = VoiceChain([first, Voice("b")], PATIENCE)
    assert sound_of(await listen(slow_start, slowly("", "one", pause=9.0))) == "a"


async def test_a_listener_who_waits_is_not_the_voices_fault() -> None:
    first = Voice("a")
    chain = VoiceChain([first, Voice("b")], PATIENCE)
    sound, most = b"", 0
    async with contextlib.aclosing(chain.speak(texts("w " * 300), PCM16)) as pieces:
        async for piece in pieces:
            sound += piece.audio
            await asyncio.sleep(0.05 if len(sound) > WORD_MS * 32 else 30.0)
            most = max(most, len(sound))
    assert set(sound) == {ord("a")}
    assert len(sound) == 300 * WORD_MS * 32


async def test_it_reads_ahead_but_not_without_end() -> None:
    made = 0

    class Counted(Voice):
        async def speak(self, *args: Any, **more: Any) -> AsyncGenerator[SpokenPiece, None]:
            nonlocal made
            async with contextlib.aclosing(super().speak(*args, **more)) as pieces:
                async for piece in pieces:
                    made += 1
                    yield piece

    async with contextlib.aclosing(
        VoiceChain([Counted("a")]).speak(texts("w " * 300), PCM16)
    ) as it:
        await anext(it)
        await asyncio.sleep(60)
        assert READ_AHEAD <= made <= READ_AHEAD + 3


# --- who is left alone ----------------------------------------------------------------------


async def test_one_that_fails_often_is_left_alone_for_a_while() -> None:
    first, second = Voice("a", [(0, BROKEN)] * 2), Voice("b")
    chain = VoiceChain([first, second], breaking=Hedging(breaker_failures=2, breaker_open=10.0))
    said = [sound_of(await listen(chain, texts("x"))) for _ in range(4)]
    assert (said, len(first.asked)) == (["b"] * 4, 2)
    await chain.prepare(PCM16, "anna")
    assert (first.prepared, second.prepared) == ([], [""])
    await asyncio.sleep(10)
    await chain.prepare(PCM16, "anna")
    assert first.prepared == ["anna"]
    assert [sound_of(await listen(chain, texts("x"))) for _ in range(2)] == ["a", "a"]


async def test_one_that_says_when_to_come_back_is_left_alone_until_then() -> None:
    first = Voice("a", [(0, AttemptFailure.RATE_LIMITED)])
    chain = VoiceChain([first, Voice("b")])
    said = [sound_of(await listen(chain, texts("x"))) for _ in range(2)]
    await asyncio.sleep(30)
    assert [*said, sound_of(await listen(chain, texts("x")))] == ["b", "b", "a"]


async def test_the_last_one_is_always_asked() -> None:
    last = Voice("a", [(0, AttemptFailure.REFUSED)] * 3)
    chain = VoiceChain([last], breaking=Hedging(breaker_failures=1))
    for _ in range(3):
        with pytest.raises(VoiceFailed):
            await listen(chain, texts("x"))
    assert sound_of(await listen(chain, texts("x"))) == "a"


@pytest.mark.parametrize("heard_before", [0, 1])
async def test_interrupted_trials_decide_by_what_was_heard(heard_before: int) -> None:
    first = Voice("a", [(0, BROKEN), (heard_before, 99.0)])
    chain = VoiceChain([first, Voice("b")], breaking=Hedging(breaker_failures=1, breaker_open=5.0))
    await listen(chain, texts("x"))
    await asyncio.sleep(5)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.5):
            await listen(chain, texts("x y"))
    said = sound_of(await listen(chain, texts("x")))
    assert said == "ba"[heard_before]


# --- interruptions ----------------------------------------------------------------------


@pytest.mark.parametrize("how", ["cancel", "close"])
async def test_an_interruption_leaves_nothing_open(how: str) -> None:
    first = Voice("a", pause=0.5, closes_in=0.05)
    chain = VoiceChain([first, Voice("b")])
    loop, before = asyncio.get_running_loop(), asyncio.all_tasks()
    pieces = chain.speak(slowly("one two", "three", pause=9.0), PCM16)
    assert (await anext(pieces)).audio
    assert first.open == 1
    at = loop.time()
    if how == "close":
        await pieces.aclose()
    else:
        async with asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(_drain(pieces))
            await asyncio.sleep(0.1)
            at = loop.time()
            waiting.cancel()
    assert loop.time() - at == pytest.approx(0.05)
    assert first.open == 0
    assert asyncio.all_tasks() == before


async def _drain(pieces: AsyncGenerator[SpokenPiece, None]) -> None:
    async for _ in pieces:
        pass


async def test_a_voice_that_will_not_close_is_not_waited_for() -> None:
    first = Voice("a", closes_in=5.0)
    pieces = VoiceChain([first]).speak(slowly("one two", "three", pause=9.0), PCM16)
    await anext(pieces)
    at = asyncio.get_running_loop().time()
    await pieces.aclose()
    assert asyncio.get_running_loop().time() - at == pytest.approx(CLOSE_S)
    await asyncio.sleep(5.1)
    assert first.open == 0


# --- texts ----------------------------------------------------------------------


async def test_what_was_written_before_the_writer_failed_is_spoken() -> None:
    async def broken() -> AsyncIterator[str]:
        yield "one two"
        raise LookupError("the model")

    heard = Heard(PCM16)
    with pytest.raises(LookupError, match="the model"):
        await listen(VoiceChain([Voice("a")]), broken(), heard=heard)
    assert sound_of(heard) == "aa"


async def test_a_reply_without_words_asks_nobody() -> None:
    first = Voice("a")
    assert (await listen(VoiceChain([first]), texts("", " "))).pieces == []
    assert first.asked == []


async def test_closing_closes_all() -> None:
    voices = [Voice("a"), Voice("b")]
    await VoiceChain(voices).close()
    assert [voice.open for voice in voices] == [-1, -1]
    with pytest.raises(GatewayBug):
        VoiceChain([])
