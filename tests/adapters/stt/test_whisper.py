"""Whisper in its processes, with a small model of random weights: all is real but the words."""

from __future__ import annotations

import asyncio
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.adapters.stt.whisper import WhisperTranscriber
from gateway.errors import ProviderFailed
from gateway.ports.speech_in import Transcriber
from tests.conftest import ROOT
from tests.support.hearing import words

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

needs_whisper = pytest.mark.skipif(
    importlib.util.find_spec("faster_whisper") is None, reason="the extra whisper is not installed"
)
NOISE = (bytes(range(256)) * 125)[:32_000]
"""A second of something."""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whisper")
    command = [sys.executable, "-m", "tests.support.whisper_model", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=120, capture_output=True)
    return folder


@needs_whisper
async def test_a_call_from_loading_to_the_final(model: Path) -> None:
    transcriber: Transcriber = WhisperTranscriber(1, model=str(model), wait_s=5.0)
    async with asyncio.timeout(60):
        call = await transcriber.open("en-US", "call", ["Hadley Street"])
        call.feed(NOISE)
        source = words(call)
        partial = await anext(source)
        assert not partial.final
        assert set(partial.text.split()) <= {f"word{n}" for n in range(64)} | {"<|unknown|>"}
        call.feed(NOISE)
        call.finish_utterance()
        final = await anext(source)
        while not final.final:
            final = await anext(source)
        assert final.text
        assert 0.0 < final.confidence < 1.0
        call.finish_utterance()
        empty = await anext(source)
        assert (empty.text, empty.final) == ("", True)
        await call.close()
        again = await transcriber.open("en-US", "again")  # the same process, with the model loaded
        again.feed(NOISE)
        again.finish_utterance()
        async for heard in words(again):
            if heard.final:
                break
        assert heard.text
        await transcriber.close()


@needs_whisper
async def test_a_model_that_cannot_be_loaded_is_told(tmp_path: Path) -> None:
    transcriber = WhisperTranscriber(1, model=str(tmp_path))
    async with asyncio.timeout(60):
        call = await transcriber.open("en-US", "call")
        with pytest.raises(ProviderFailed, match="does not work: RuntimeError"):
            await anext(aiter(call))
        await transcriber.close()


async def test_without_its_package_it_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ProviderFailed, match=r"frontline\[whisper\]"):
        await WhisperTranscriber(1).open("de-DE", "call")
