"""The scripted recogniser: words come out when their sound has gone by, and not before."""

from __future__ import annotations

import gc
import weakref

import pytest

from gateway.adapters.stt.scripted import ScriptedTranscriber, ScriptedTranscription
from gateway.errors import ProviderFailed
from gateway.ports.speech_in import Heard, Transcriber, Transcription
from tests.support.hearing import words

pytestmark = pytest.mark.anyio

SCRIPT = (("when", 200), ("do", 300), ("you", 400.0), ("close", 800), ("thanks", 2000))


def ms(count: float) -> bytes:
    return bytes(round(count * 16) * 2)


def now(call: ScriptedTranscription) -> list[Heard]:
    """What it has to say, taken out."""
    heard = []
    while not call._out.empty():
        one = call._out.get_nowait()
        assert one is not None
        heard.append(one)
    return heard


async def opened(lag_ms: float = 0.0) -> ScriptedTranscription:
    return await ScriptedTranscriber({"call": SCRIPT}, lag_ms=lag_ms).open("en-US", "call")


async def test_words_come_cumulatively_as_their_sound_goes_by() -> None:
    call = await opened()
    call.feed(ms(199))
    assert now(call) == []
    call.feed(ms(1))
    assert now(call) == [Heard("when", final=False)]
    call.feed(ms(300))
    assert now(call) == [Heard("when do", final=False), Heard("when do you", final=False)]
    assert call.position_ms == 500


async def test_partials_lag_and_finals_flush() -> None:
    call = await opened(lag_ms=150)
    call.feed(ms(349))
    assert now(call) == []
    call.feed(ms(1))
    assert now(call) == [Heard("when", final=False)]
    call.finish_utterance()
    assert now(call) == [Heard("when do", final=True)]
    call.feed(ms(250))
    assert now(call) == [Heard("you", final=False)]


async def test_a_final_takes_the_words_since_the_last() -> None:
    call = await opened()
    call.feed(ms(1000))
    now(call)
    call.finish_utterance()
    call.finish_utterance()
    call.feed(ms(1000))
    call.finish_utterance()
    assert now(call) == [
        Heard("when do you close", final=True),
        Heard("", final=True),
        Heard("thanks", final=False),
        Heard("thanks", final=True),
    ]


async def test_sound_left_out_takes_time_too() -> None:
    call = await opened()
    call.skip(16 * 150)
    call.feed(ms(50))
    assert now(call) == [Heard("when", final=False)]


async def test_iteration_gives_all_in_order_and_ends_at_close() -> None:
    transcriber = ScriptedTranscriber(lambda call_id: [(call_id, 10)], confidence=0.7)
    ported: Transcriber = transcriber
    call: Transcription = await ported.open("any", "hello")
    call.feed(ms(20))
    call.finish_utterance()
    heard = []
    async for one in words(call):
        heard.append(one)
        if one.final:
            await transcriber.close()
    assert heard == [Heard("hello", final=False), Heard("hello", final=True, confidence=0.7)]
    call.feed(ms(20))
    call.finish_utterance()
    assert [one async for one in call] == []


async def test_a_call_without_a_script_is_told() -> None:
    with pytest.raises(ProviderFailed, match="stranger"):
        await ScriptedTranscriber({}).open("en-US", "stranger")


async def test_a_call_that_is_over_is_let_go_of() -> None:
    transcriber = ScriptedTranscriber({"call": SCRIPT})
    call = await transcriber.open("en-US", "call")
    over, other = weakref.ref(call), await transcriber.open("en-US", "call")
    await call.close()
    del call
    gc.collect()
    assert over() is None
    await transcriber.close()
    assert [one async for one in other] == []
