"""A caller made of pipecat-ai: its WebSocket client transport, and a carrier's serializer.

Run by the interpreter of ``.venv-clients``. On standard input comes what to do, a JSON object:

    carrier   "twilio" or "vonage"
    url       the socket; ``headers``: of its handshake
    rate      samples a second, of ``pcm`` too
    opening   messages before any sound
    steps     what follows in real time: {"pcm": base64} is said, {"message": {...}} is sent
    closing   messages at the end

On standard output goes what was heard, an object too: ``heard``: [second, "sound" or "clear",
bytes]; ``pcm``: all the sound; ``left``: the gateway closed the socket first.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import time
from typing import Any

from pipecat.frames.frames import (
    EndFrame,
    Frame,
    InputAudioRawFrame,
    InterruptionFrame,
    OutputAudioRawFrame,
    OutputTransportMessageFrame,
    OutputTransportMessageUrgentFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.serializers.twilio import TwilioFrameSerializer
from pipecat.serializers.vonage import VonageFrameSerializer
from pipecat.transports.websocket.client import WebsocketClientParams, WebsocketClientTransport
from pipecat.workers.runner import WorkerRunner


class TwilioCaller(TwilioFrameSerializer):
    """Pipecat's stands at the bot's end and sends ``clear``; at the caller's end one is taken."""

    async def deserialize(self, data: str | bytes) -> Frame | None:
        if json.loads(data).get("event") == "clear":
            return InterruptionFrame()
        return await super().deserialize(data)


class VonageCaller(VonageFrameSerializer):
    """As for Twilio."""

    async def deserialize(self, data: str | bytes) -> Frame | None:
        if isinstance(data, str) and json.loads(data).get("action") == "clear":
            return InterruptionFrame()
        return await super().deserialize(data)


class Ear(FrameProcessor):
    """Keeps what is heard, and lets none of it go back."""

    def __init__(self) -> None:
        super().__init__()
        self.began = time.monotonic()
        self.heard: list[tuple[float, str, int]] = []
        self.sound = b""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        at = round(time.monotonic() - self.began, 3)
        if isinstance(frame, InputAudioRawFrame):
            self.heard.append((at, "sound", len(frame.audio)))
            self.sound += frame.audio
        elif isinstance(frame, InterruptionFrame):
            self.heard.append((at, "clear", 0))
        else:
            await self.push_frame(frame, direction)


def serializer_of(told: dict[str, Any]) -> TwilioFrameSerializer | VonageFrameSerializer:
    """The carrier's, as pipecat has it."""
    if told["carrier"] == "vonage":
        form = VonageFrameSerializer.InputParams(vonage_sample_rate=told["rate"])
        return VonageCaller(form)
    stream = told["opening"][-1]["streamSid"]
    return TwilioCaller(stream, params=TwilioFrameSerializer.InputParams(auto_hang_up=False))


async def call(told: dict[str, Any]) -> dict[str, Any]:
    """One call."""
    rate, ear, left = told["rate"], Ear(), False
    params = WebsocketClientParams(
        serializer=serializer_of(told),
        additional_headers=told.get("headers"),
        add_wav_header=False,
        audio_in_enabled=True,
        audio_out_enabled=True,
        audio_out_10ms_chunks=2,
        audio_out_auto_silence=False,
        audio_out_end_silence_secs=0,
    )
    transport = WebsocketClientTransport(told["url"], params)
    worker = PipelineWorker(
        Pipeline([transport.input(), ear, transport.output()]),
        params=PipelineParams(audio_in_sample_rate=rate, audio_out_sample_rate=rate),
        enable_rtvi=False,
    )

    @worker.event_handler("on_pipeline_started")
    async def started(_worker: Any, _frame: Any) -> None:
        ear.began = time.monotonic()
        await worker.queue_frames(
            [OutputTransportMessageUrgentFrame(message=one) for one in told["opening"]]
        )
        for step in told["steps"]:
            if "pcm" in step:
                sound = base64.b64decode(step["pcm"])
                await worker.queue_frame(
                    OutputAudioRawFrame(audio=sound, sample_rate=rate, num_channels=1)
                )
            else:
                await worker.queue_frame(OutputTransportMessageFrame(message=step["message"]))
        for one in told["closing"]:
            await worker.queue_frame(OutputTransportMessageFrame(message=one))
        # its input hears nothing more once an end is queued, whatever is still to be said
        said = sum(len(base64.b64decode(one.get("pcm", ""))) for one in told["steps"]) / 2 / rate
        await asyncio.sleep(said + 0.5)
        await worker.queue_frame(EndFrame())

    @transport.event_handler("on_disconnected")
    async def disconnected(_transport: Any, _socket: Any) -> None:
        nonlocal left
        left = True
        await worker.cancel()

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()
    return {"heard": ear.heard, "pcm": base64.b64encode(ear.sound).decode(), "left": left}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(call(json.load(sys.stdin)))))
