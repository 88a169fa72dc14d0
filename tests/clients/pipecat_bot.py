"""A call centre's bot made of pipecat-ai: its FastAPI transport, Twilio serializer and detector.

Run by the interpreter of ``.venv-clients``. It hears a voice by pipecat's Silero, answers after it
with a tone of ``ANSWER`` seconds, stops when somebody speaks into it, and hangs up at the key 9.
Standard output is a line of JSON for each thing that happens: first ``{"port": ...}``, then
``{"call": n, "event": ..., ...}``. Whatever comes on standard input ends it.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import struct
import sys
import time
from typing import Any

import uvicorn
from fastapi import FastAPI, WebSocket
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADParams
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    EndFrame,
    Frame,
    InputAudioRawFrame,
    InputDTMFFrame,
    TTSAudioRawFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.audio.vad_processor import VADProcessor
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.runner.utils import parse_telephony_websocket
from pipecat.serializers.twilio import TwilioFrameSerializer
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
from pipecat.workers.runner import WorkerRunner

RATE = 8000
ANSWER = 3.0
TONE = b"".join(
    struct.pack("<h", round(6000 * math.sin(2 * math.pi * 440 * n / RATE)))
    for n in range(round(RATE * ANSWER))
)
numbers = itertools.count(1)


def tell(**fields: Any) -> None:
    """A line for whoever started it."""
    print(json.dumps({"at": round(time.monotonic(), 3), **fields}), flush=True)


class Brain(FrameProcessor):
    """What the bot does."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number
        self._speaking = False
        self.seconds = 0.0
        """Of sound that came."""
        self.worker: PipelineWorker | None = None

    def _tell(self, event: str, **fields: Any) -> None:
        tell(call=self._number, event=event, second=round(self.seconds, 2), **fields)

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        match frame:
            case InputAudioRawFrame():
                self.seconds += len(frame.audio) / 2 / RATE
                return
            case VADUserStartedSpeakingFrame():
                self._tell("voice")
                if self._speaking:
                    self._tell("interrupted")
                    await self.broadcast_interruption()
            case VADUserStoppedSpeakingFrame():
                self._tell("answers")
                await self.push_frame(TTSAudioRawFrame(TONE, sample_rate=RATE, num_channels=1))
            case BotStartedSpeakingFrame():
                self._speaking = True
            case BotStoppedSpeakingFrame():
                self._speaking = False
            case InputDTMFFrame(button=button):
                self._tell("key", digit=button.value)
                if button.value == "9" and self.worker is not None:
                    await self.worker.queue_frame(EndFrame())
        await self.push_frame(frame, direction)


app = FastAPI()


@app.websocket("/ws")
async def media(websocket: WebSocket) -> None:
    """One call."""
    await websocket.accept()
    number = next(numbers)
    kind, data = await parse_telephony_websocket(websocket)
    tell(call=number, event="start", kind=kind, id=data["call_id"], body=data["body"])
    serializer = TwilioFrameSerializer(
        data["stream_id"], params=TwilioFrameSerializer.InputParams(auto_hang_up=False)
    )
    params = FastAPIWebsocketParams(
        serializer=serializer,
        audio_in_enabled=True,
        audio_out_enabled=True,
        audio_out_auto_silence=False,
        audio_out_end_silence_secs=0,
    )
    transport = FastAPIWebsocketTransport(websocket=websocket, params=params)
    detector = SileroVADAnalyzer(params=VADParams(stop_secs=0.5))
    brain = Brain(number)
    worker = brain.worker = PipelineWorker(
        Pipeline(
            [transport.input(), VADProcessor(vad_analyzer=detector), brain, transport.output()]
        ),
        params=PipelineParams(audio_in_sample_rate=RATE, audio_out_sample_rate=RATE),
        enable_rtvi=False,
    )

    @transport.event_handler("on_client_disconnected")
    async def gone(_transport: Any, _socket: Any) -> None:
        tell(call=number, event="gone", second=round(brain.seconds, 2))
        await worker.cancel()

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()
    tell(call=number, event="over")


class Server(uvicorn.Server):
    """Says where it listens, and stops when standard input ends."""

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        tell(port=self.servers[0].sockets[0].getsockname()[1])

    async def main_loop(self) -> None:
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="off")).run()
