"""The least that a miss can cost: a client that does nothing but hand a model's first sentence to
a voice. A bare HTTP/1.1 connection and a bare WebSocket, both open before they are needed; no
call, no cache, no prompt, no pacing. The floor of ``miss``.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect

from bench.caller import OPEN_WITHIN

FORM = "ulaw_8000"
PLACE = "/v1/text-to-speech/v/stream-input"
QUERY = f"model_id=m&output_format={FORM}&auto_mode=true&inactivity_timeout=180"


async def open_voice(tts: str) -> ClientConnection:
    """A socket to a local ElevenLabs, greeted: what comes next is spoken."""
    address = f"{tts.replace('http', 'ws', 1)}{PLACE}?{QUERY}"
    key = {"xi-api-key": "local"}
    socket = await connect(
        address,
        additional_headers=key,
        compression=None,
        ping_interval=None,
        open_timeout=OPEN_WITHIN,
        max_queue=None,  # what is not read must not keep the close from coming through
        close_timeout=0.1,
    )
    await socket.send('{"text": " "}')
    return socket


async def speak(tts: str, texts: list[str]) -> None:
    """Have texts spoken once, so that the provider need not make their sound while it is timed."""
    for text in texts:
        socket = await open_voice(tts)
        await socket.send(json.dumps({"text": f"{text} ", "flush": True}))
        await socket.recv()
        await socket.close()


@dataclass
class Direct:
    """One caller's."""

    tts: str
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    host: str
    voice: ClientConnection | None = None

    @classmethod
    async def dial(cls, llm: str, tts: str) -> Direct:
        """``llm``, ``tts``: where a local Groq and a local ElevenLabs are."""
        host = urlsplit(llm).netloc
        name, _, port = host.partition(":")
        reader, writer = await asyncio.open_connection(name, int(port))
        return cls(tts, reader, writer, host)

    async def prepare(self) -> None:
        """Open the voice's socket."""
        self.voice = await open_voice(self.tts)

    async def ask(self, text: str) -> float:
        """Ask now; when the first sound was there, on ``time.perf_counter``. ``prepare`` first."""
        assert self.voice is not None, "the voice is prepared"
        said = {"model": "m", "stream": True, "messages": [{"role": "user", "content": text}]}
        body = json.dumps(said).encode()
        head = (
            f"POST /openai/v1/chat/completions HTTP/1.1\r\nhost: {self.host}\r\n"
            f"authorization: Bearer local\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        self.writer.write(head.encode() + body)
        await self.voice.send(json.dumps({"text": f"{await self._sentence()} ", "flush": True}))
        while not json.loads(await self.voice.recv()).get("audio"):
            pass
        heard = time.perf_counter()
        await self._rest()
        await self.voice.close()
        return heard

    async def _sentence(self) -> str:
        """The first of the answer, once the second has begun."""
        text = ""
        while ". " not in text:
            line = await self.reader.readline()
            if not line:
                raise RuntimeError("the model closed its connection")
            if line.startswith(b"data: {"):
                for choice in json.loads(line[6:])["choices"]:
                    text += choice["delta"].get("content") or ""
        return text.partition(". ")[0] + "."

    async def _rest(self) -> None:
        """To the end of the answer: the connection is used again."""
        while (line := await self.reader.readline()) != b"0\r\n":
            if not line:
                raise RuntimeError("the model closed its connection")
        await self.reader.readline()

    async def close(self) -> None:
        """Hang up."""
        self.writer.close()
        await self.writer.wait_closed()
