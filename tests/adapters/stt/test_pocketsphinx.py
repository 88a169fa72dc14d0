"""The pool: one process a call, never more than allowed, none leaked, none missed when it dies."""

from __future__ import annotations

import asyncio
import os
import signal
import time
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.adapters.stt import pocketsphinx as module
from gateway.adapters.stt.outlet import MOST
from gateway.adapters.stt.pocketsphinx import (
    QUEUE_BYTES,
    REPLACEMENTS,
    PocketsphinxTranscriber,
    PocketsphinxTranscription,
)
from gateway.errors import ProviderFailed
from gateway.ports.speech_in import Heard, Transcriber
from tests.support.data import needs_data
from tests.support.recogniser import command
from tests.support.speech import say

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

HALF = bytes(16_000)


@asynccontextmanager
async def pool(decoders: int, kind: str = "normal") -> AsyncIterator[PocketsphinxTranscriber]:
    transcriber = PocketsphinxTranscriber(decoders, wait_s=0.05, command=command(kind))
    try:
        yield transcriber
    finally:
        async with asyncio.timeout(20):
            await transcriber.close()


async def next_final(call: PocketsphinxTranscription) -> list[Heard]:
    """What is heard up to the next final, with it."""
    heard: list[Heard] = []
    async with asyncio.timeout(30):
        async for one in call:
            heard.append(one)
            if one.final:
                break
    return heard


def pids(transcriber: PocketsphinxTranscriber) -> list[int]:
    return sorted(worker.process.pid for worker in transcriber._workers)


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def until_ready(transcriber: PocketsphinxTranscriber) -> None:
    async with asyncio.timeout(20):
        while not all(worker.ready for worker in transcriber._workers):  # noqa: ASYNC110
            await asyncio.sleep(0)


# --- what is heard --------------------------------------------------------------------------------


async def test_partials_then_a_final_then_the_next_utterance() -> None:
    async with pool(1) as transcriber:
        ported: Transcriber = transcriber
        call = await ported.open("en-US", "call")
        assert isinstance(call, PocketsphinxTranscription)
        heard = aiter(call)
        async with asyncio.timeout(30):
            call.feed(HALF)
            assert await anext(heard) == Heard("word1", final=False)
            call.feed(HALF)
            assert await anext(heard) == Heard("word1 word2", final=False)
            call.finish_utterance()
            assert await anext(heard) == Heard("word1 word2", final=True, confidence=0.5)
            call.feed(HALF)
            call.skip(16_000)
            call.finish_utterance()
            assert (await next_final(call))[-1].text == "word1"


async def test_an_utterance_without_sound_has_an_empty_final() -> None:
    async with pool(1) as transcriber:
        call = await transcriber.open("en", "call")
        call.finish_utterance()
        assert await next_final(call) == [Heard("", final=True, confidence=0.0)]


async def test_after_close_nothing_is_heard() -> None:
    async with pool(1) as transcriber:
        call = await transcriber.open("en-GB", "call")
        call.feed(HALF)
        call.finish_utterance()
        await next_final(call)
        call.feed(HALF)
        await call.close()
        await call.close()
        call.feed(HALF)
        call.finish_utterance()
        assert [one async for one in call] == []


async def test_the_next_call_hears_nothing_of_the_one_before() -> None:
    async with pool(1) as transcriber:
        first = await transcriber.open("en-US", "first")
        first.feed(HALF * 3)
        first.finish_utterance()
        await first.close()
        second = await transcriber.open("en-US", "second")
        second.feed(HALF)
        second.finish_utterance()
        assert {one.text for one in await next_final(second)} == {"word1"}


async def test_results_that_nobody_reads_are_bounded() -> None:
    async with pool(1) as transcriber:
        call = await transcriber.open("en", "call")
        for _ in range(2 * MOST + 5):
            call.partial("what do you")
            call.final("what do you want", 0.5)
        call.fail(ProviderFailed("gone"))
        heard = aiter(call)
        assert all([(await anext(heard)).final for _ in range(2 * MOST)])
        with pytest.raises(ProviderFailed, match="gone"):
            await anext(heard)


# --- bounds ---------------------------------------------------------------------------------------


async def test_sound_beyond_four_seconds_drops_the_oldest_and_is_counted() -> None:
    async with pool(1) as transcriber:
        call = await transcriber.open("en-US", "call")  # its process is still starting
        call.feed(HALF * 12)
        call.finish_utterance()
        assert call.dropped_bytes == 12 * len(HALF) - QUEUE_BYTES
        heard = await next_final(call)
        assert heard[-1].text.split()[-1] == "word8"


async def test_feeding_a_process_that_lags_never_blocks_nor_grows() -> None:
    async with pool(1, "hangs") as transcriber:
        call = await transcriber.open("en-US", "call")
        await until_ready(transcriber)
        for _ in range(500):
            call.feed(HALF)
        assert call._waiting_bytes <= QUEUE_BYTES
        (worker,) = transcriber._workers
        assert worker.ahead <= module.AHEAD_BYTES + module.PIECE_BYTES


async def test_a_call_that_finds_none_free_is_told() -> None:
    async with pool(2) as transcriber:
        calls = [await transcriber.open("en-US", str(n)) for n in range(2)]
        with pytest.raises(ProviderFailed, match="all 2 recognisers are busy"):
            await transcriber.open("en-US", "third")
        assert len(pids(transcriber)) == 2
        await calls[0].close()
        await transcriber.open("en-US", "fourth")


async def test_a_call_that_waits_gets_the_one_that_comes_free() -> None:
    transcriber = PocketsphinxTranscriber(1, wait_s=20, command=command("normal"))
    first = await transcriber.open("en-US", "first")
    async with asyncio.TaskGroup() as group:
        gives_up = group.create_task(transcriber.open("en-US", "gives up"))
        waits = group.create_task(transcriber.open("en-US", "waits"))
        await asyncio.sleep(0)
        await first.close()  # the first in line is woken, and cancelled before it runs
        gives_up.cancel()
    second = await waits
    second.feed(HALF)
    second.finish_utterance()
    assert (await next_final(second))[-1].text == "word1"
    await transcriber.close()


async def test_a_spare_is_loaded_ahead_of_need() -> None:
    async with pool(3) as transcriber:
        await transcriber.open("en-US", "first")
        assert len(pids(transcriber)) == 2
        await until_ready(transcriber)
        second = await transcriber.open("en-US", "second")
        assert second.worker is not None
        assert second.worker.ready
        assert len(pids(transcriber)) == 3


async def test_twenty_calls_leak_neither_processes_nor_files() -> None:
    before = open_files()
    async with pool(2) as transcriber:
        first = await transcriber.open("en-US", "0")
        await first.close()
        started, files = pids(transcriber), open_files()
        for number in range(20):
            call = await transcriber.open("en-US", str(number))
            call.feed(HALF)
            call.finish_utterance()
            assert (await next_final(call))[-1].text == "word1"
            await call.close()
        assert pids(transcriber) == started
        assert open_files() == files
    assert open_files() == before
    assert not any(map(alive, started))


# --- when it goes wrong ---------------------------------------------------------------------------


async def test_a_process_that_dies_is_replaced_and_the_call_goes_on() -> None:
    async with pool(1) as transcriber:
        call = await transcriber.open("en-US", "call")
        call.feed(HALF)
        async for one in call:
            assert one == Heard("word1", final=False)
            break
        assert call.worker is not None
        os.kill(call.worker.process.pid, signal.SIGKILL)
        assert await next_final(call) == [Heard("word1", final=True, confidence=0.0)]
        call.feed(HALF * 2)
        call.finish_utterance()
        assert (await next_final(call))[-1].text == "word1 word2"


async def test_a_final_asked_of_a_process_that_dies_comes_all_the_same() -> None:
    async with pool(1) as transcriber:
        call = await transcriber.open("en-US", "call")
        await until_ready(transcriber)
        assert call.worker is not None
        os.kill(call.worker.process.pid, signal.SIGSTOP)
        call.feed(HALF)
        call.finish_utterance()
        os.kill(call.worker.process.pid, signal.SIGKILL)
        assert await next_final(call) == [Heard("", final=True, confidence=0.0)]


async def test_a_process_that_stops_answering_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STUCK_S", 0.05)
    async with pool(1, "hangs") as transcriber:
        call = await transcriber.open("en-US", "call")
        for _ in range(REPLACEMENTS + 1):
            call.finish_utterance()
            assert await next_final(call) == [Heard("", final=True, confidence=0.0)]
        with pytest.raises(ProviderFailed, match="does not work"):
            await next_final(call)


@pytest.mark.parametrize(
    ("kind", "reason"), [("cannot-load", "no model here"), ("crashes", "keep dying")]
)
async def test_a_recogniser_that_does_not_load_is_told(kind: str, reason: str) -> None:
    async with pool(2, kind) as transcriber:
        call = await transcriber.open("en-US", "call")
        with pytest.raises(ProviderFailed, match=reason):
            await next_final(call)
        await call.close()
        again = await transcriber.open("en-US", "again")
        with pytest.raises(ProviderFailed, match=reason):
            await next_final(again)


async def test_a_program_that_is_missing_is_told_and_frees_the_place() -> None:
    transcriber = PocketsphinxTranscriber(1, wait_s=0.0, command=["/no-such-program"])
    for _ in range(2):
        with pytest.raises(ProviderFailed, match="no-such-program"):
            await transcriber.open("en-US", "call")


@pytest.mark.parametrize("locale", ["de-DE", "fr", "", "eng"])
async def test_other_languages_are_refused(locale: str) -> None:
    async with pool(1) as transcriber:
        with pytest.raises(ProviderFailed, match="English only"):
            await transcriber.open(locale, "call")
        assert pids(transcriber) == []


async def test_without_the_package_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ProviderFailed, match="pocketsphinx package"):
        await PocketsphinxTranscriber(1).open("en-US", "call")


async def test_closing_ends_calls_and_refuses_new_ones() -> None:
    transcriber = PocketsphinxTranscriber(2, command=command("hangs"))
    call = await transcriber.open("en-US", "call")
    started = pids(transcriber)
    await transcriber.close()
    await transcriber.close()
    assert [one async for one in call] == []
    assert not any(map(alive, started))
    with pytest.raises(ProviderFailed, match="shut down"):
        await transcriber.open("en-US", "late")


# --- the real one --------------------------------------------------------------------------------


async def recognised(sound: bytes) -> list[Heard]:
    transcriber = PocketsphinxTranscriber(1)
    try:
        call = await transcriber.open("en-US", "call")
        for at in range(0, len(sound), 640):
            call.feed(sound[at : at + 640])
        call.finish_utterance()
        return await next_final(call)
    finally:
        await transcriber.close()


async def test_a_person_is_recognised() -> None:
    with wave.open(str(needs_data("audio", "whats-the-weather-like.wav"))) as file:
        heard = await recognised(file.readframes(file.getnframes()))
    assert heard[-1].text == "what's the weather like"
    assert heard[-1].confidence > 0.8
    assert len(heard) >= 4


async def test_synthetic_speech_is_recognised() -> None:
    heard = await recognised(say("what is the weather like").between(200, 300).pcm)
    assert heard[-1].text == "what is the weather like"
    assert heard[-2].text == "what is the weather like"
    assert not any(one.final for one in heard[:-1])


async def test_the_event_loop_is_free_while_the_real_one_decodes() -> None:
    """In processor time of this thread, so that a busy machine does not count as blocking."""
    transcriber = PocketsphinxTranscriber(1)
    call = await transcriber.open("en-US", "call")
    await until_ready(transcriber)
    call.feed(say("what is the weather like").between(100, 100).pcm)
    call.finish_utterance()
    final = asyncio.Event()

    async def listen() -> None:
        await next_final(call)
        final.set()

    steps = []
    async with asyncio.TaskGroup() as group:
        group.create_task(listen())
        while not final.is_set():
            before = time.thread_time()
            await asyncio.sleep(0)
            steps.append(time.thread_time() - before)
    await transcriber.close()
    assert max(steps) < 0.03, "decoding takes 300 ms in all, the final alone 100"
