"""A session of openai-agents, with its own wire to a Realtime API.

Run by the interpreter of ``.venv-clients``. On standard input comes {"url", "key", "model"}; on
standard output goes what the session told, an object: ``said`` by the model, ``seconds`` of its
sound, ``tools`` that were called with what they answered, ``interrupted``, ``history``.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner, RealtimeSession

PER_SECOND = 48_000
"""Bytes of PCM16 at 24,000 Hz."""


@function_tool
def balance(account: str) -> str:
    """The balance of an account."""
    return f"{account}: twelve dollars"


class Listener:
    """Takes what the session tells until a turn of the model's is over."""

    def __init__(self, session: RealtimeSession) -> None:
        self._session = session
        self._events = session.__aiter__()
        self.bytes = 0
        self.tools: list[list[str]] = []
        self.interrupted = 0
        self.errors: list[str] = []

    async def until(self, *kinds: str) -> str:
        """The kind that came."""
        async with asyncio.timeout(20):
            async for event in self._events:
                match event.type:
                    case "audio":
                        self.bytes += len(event.audio.data)
                    case "tool_end":
                        self.tools.append([event.tool.name, str(event.output)])
                    case "audio_interrupted":
                        self.interrupted += 1
                    case "error":
                        self.errors.append(str(event.error))
                if event.type in kinds:
                    return str(event.type)
        return ""


async def talk(told: dict[str, Any]) -> dict[str, Any]:
    """One session: a question, a tool, and an answer that is cut short."""
    agent = RealtimeAgent(name="bank", instructions="Be brief.", tools=[balance])
    runner = RealtimeRunner(agent, config={"tracing_disabled": True})
    settings = {"model_name": told["model"], "audio": {"output": {"voice": "marin"}}}
    config = {"url": told["url"], "api_key": told["key"], "initial_model_settings": settings}
    async with await runner.run(model_config=config) as session:
        heard = Listener(session)
        await session.send_message("when do you open")
        await heard.until("audio_end")
        first = heard.bytes
        await session.send_message("what is my balance")
        await heard.until("tool_end")
        await heard.until("audio_end")
        await session.send_message("tell me a long story")
        await heard.until("audio")
        await session.interrupt()
        await heard.until("audio_interrupted")
        await asyncio.sleep(0.3)
        history = [one.model_dump(mode="json") for one in session._history]
    return {
        "first_seconds": first / PER_SECOND,
        "tools": heard.tools,
        "interrupted": heard.interrupted,
        "errors": heard.errors,
        "history": history,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(talk(json.load(sys.stdin)))))
