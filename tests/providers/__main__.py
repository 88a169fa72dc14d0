"""Local providers: vendors' servers as their own clients meet them, on 127.0.0.1, without keys.

    python -m tests.providers openai --port 9001                     # until interrupted
    python -m tests.providers groq --behaviour '{"usual": {"first": {"p50": 0.09, "p99": 0.6}}}'
    python -m tests.providers openai --says answers.json       # {"what the user says": "answer"}

prints ``{"provider": "openai", "http": "http://127.0.0.1:9001", "ws": ...}`` once it listens.
In a test, ``tests.providers.server.Server`` is the same in the test's own process.

**Who.** ``openai``: chat completions, speech, Realtime. ``groq``: chat completions. ``deepgram``:
listen v1 (Nova) and v2 (Flux), speak v1 (Aura) by HTTP and WebSocket. ``elevenlabs``: convert,
stream, stream-input, multi-stream-input. ``edge``: what ``edge-tts`` uses. ``gemini``: Gemini
Live. ``media-bot``: a bot behind the proxy mode.

**What is simulated.** The wire: requests and answers, streams and events, errors with the vendor's
status, body and headers, WebSocket messages and close codes, each checked against the vendor's own
client (``tests/interop``). Sound is real speech, by espeak-ng. Times, silences, resets, cut and
broken bytes are as a ``Behaviour`` says. A ``Journal`` keeps what arrived and when it ended.

**What is not.** No model: chat answers and transcripts are scripted; recognisers do not listen,
they count the sound that arrived and say the words whose time has come. No TLS, HTTP/2 or
compression, no host names: connection refused is a closed port. A pause to connect is made after
the connection. No quotas, prices or limits of rate, but for what a ``Behaviour`` says. Alignments
of letters are even, not measured. OpenAI's Realtime and Gemini Live have no voice detector. Not
there: OpenAI's Responses, Deepgram's speak v2 and recordings, ElevenLabs' streams with timestamps
and dialogues.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
from collections.abc import Callable
from pathlib import Path

import msgspec

from tests.providers.behaviour import Mix
from tests.providers.chat import Model, scripted
from tests.providers.deepgram import Deepgram
from tests.providers.edge import Edge
from tests.providers.elevenlabs import ElevenLabs
from tests.providers.gemini_live import GeminiLive
from tests.providers.groq import Groq
from tests.providers.media_bot import MediaBot
from tests.providers.openai import OpenAI
from tests.providers.server import Provider, Server

PROVIDERS: dict[str, Callable[[], Provider]] = {
    "openai": OpenAI,
    "groq": Groq,
    "gemini": GeminiLive,
    "deepgram": Deepgram,
    "elevenlabs": ElevenLabs,
    "edge": Edge,
    "media-bot": MediaBot,
}


CHATS: dict[str, Callable[[Model], Provider]] = {
    "openai": OpenAI,
    "groq": Groq,
    "gemini": GeminiLive,
}
"""Those that have a language model."""


async def serve(provider: Provider, name: str, port: int, behaviour: Mix, seed: int) -> None:
    """Until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, stop.set)
    async with Server(provider, port=port, behaviour=behaviour, seed=seed) as server:
        print(json.dumps({"provider": name, "http": server.http, "ws": server.ws}), flush=True)
        await stop.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.providers")
    parser.add_argument("name", choices=sorted(PROVIDERS))
    parser.add_argument("--port", type=int, default=0, help="by default a free one")
    parser.add_argument("--behaviour", default="{}", help="a Mix, as JSON")
    parser.add_argument("--says", type=Path, metavar="FILE", help="a model's answers, as JSON")
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    behaviour = msgspec.json.decode(args.behaviour, type=Mix)
    if args.says is None:
        provider = PROVIDERS[args.name]()
    elif args.name in CHATS:
        provider = CHATS[args.name](scripted(json.loads(args.says.read_text())))
    else:
        parser.error(f"{args.name} has no language model to say anything")
    asyncio.run(serve(provider, args.name, args.port, behaviour, args.seed))


if __name__ == "__main__":
    main()
