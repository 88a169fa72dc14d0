"""ElevenLabs' WebSockets: ``stream-input`` (one text) and ``multi-stream-input`` (contexts)."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

from tests.providers import voice
from tests.providers.websocket import Socket

SCHEDULE = (120, 160, 250, 290)
"""Characters to gather before each generation, unless told otherwise."""
LEAST_TRIGGERED = 20
"""Characters that ``try_trigger_generation`` wants. The docs only say that there is a minimum."""
CONTEXTS = 5
"""At a time."""


@dataclass(frozen=True)
class Sound:
    """What a socket sends."""

    form: str
    rate: int
    auto: bool
    """Every message is generated at once."""


@dataclass
class Context:
    """A text on its way to be spoken."""

    schedule: tuple[int, ...] = SCHEDULE
    text: str = ""
    generations: int = 0
    begun: bool = field(default=False)

    def begin(self, message: dict[str, Any]) -> None:
        """Take the settings of a first message."""
        self.begun = True
        config = message.get("generation_config") or {}
        self.schedule = tuple(config.get("chunk_length_schedule") or SCHEDULE)

    def take(self, message: dict[str, Any], sound: Sound) -> str:
        """What is to be spoken now; empty if more is to come first."""
        self.text += message.get("text") or ""
        wanted = self.schedule[min(self.generations, len(self.schedule) - 1)]
        if message.get("try_trigger_generation"):
            wanted = min(wanted, LEAST_TRIGGERED)
        if not (message.get("flush") or sound.auto or len(self.text) >= wanted):
            return ""
        return self.rest()

    def rest(self) -> str:
        """All that has not been spoken."""
        said, self.text = self.text, ""
        if not said.strip():
            return ""
        self.generations += 1
        return said


class _Talk:
    """What both have in common."""

    def __init__(self, socket: Socket, sound: Sound, idle: float, keys: tuple[str, ...]) -> None:
        """``keys``: of which one must come with the first message; empty if it came before."""
        self._socket = socket
        self._sound = sound
        self._idle = idle
        self._keys = keys

    async def _messages(self) -> AsyncGenerator[dict[str, Any], None]:
        """Good ones, until there is an end of them; refuses the others."""
        async with contextlib.aclosing(aiter(self._socket)) as messages:
            while True:
                try:
                    async with asyncio.timeout(self._idle):
                        message = await anext(messages, None)
                except TimeoutError:
                    reason = f"input within the timeout of {self._idle:g} seconds"
                    self._socket.close(1008, f"Have not received a new text {reason}.")
                    return
                if message is None:
                    return
                if not isinstance(message, dict) or not isinstance(message.get("text", ""), str):
                    self._refuse("Input should be a valid dictionary", "invalid_input_message")
                    return
                if self._keys:
                    given = message.get("xi_api_key") or message.get("xi-api-key")
                    if not given or self._keys[0] not in ("", given):
                        self._refuse("Invalid API key", "invalid_api_key")
                        return
                    self._keys = ()
                yield message

    def _refuse(self, message: str, slug: str) -> None:
        self._socket.send({"message": message, "error": slug, "code": 1008})
        self._socket.close(1008, message[:100])

    async def _say(self, text: str, **more: str) -> None:
        """Send the sound of a text, with its letters' times, relative to each message."""
        form, rate = self._sound.form, self._sound.rate
        data = await voice.speak(text, rate, form)
        parts = list(voice.cut(data, form, rate))
        at = 0
        for number, part in enumerate(parts):
            end = len(text) * (number + 1) // len(parts)
            seconds = len(part) / voice.bytes_per_second(form, rate)
            letters = voice.alignment(text[at:end], seconds)
            times = {
                "chars": [c for c, _, _ in letters],
                "charStartTimesMs": [start for _, start, _ in letters],
                "charDurationsMs": [ms for _, _, ms in letters],
            }
            message: dict[str, Any] = {"audio": base64.b64encode(part).decode(), "isFinal": None}
            message |= {"alignment": times, "normalizedAlignment": times, **more}
            self._socket.send(message, "between" if number else "first")
            at = end


class One(_Talk):
    """``stream-input``: one text; an empty one ends it."""

    async def run(self) -> None:
        context = Context()
        async for message in self._messages():
            if not context.begun:
                context.begin(message)
                if message.get("text") != " ":
                    self._refuse("The first message must be a space", "invalid_input_message")
                    return
                continue
            if message.get("text") == "":
                await self._say(context.rest())
                self._socket.send({"audio": None, "isFinal": True}, "")
                return
            if said := context.take(message, self._sound):
                await self._say(said)


class Several(_Talk):
    """``multi-stream-input``: contexts, each a text of its own."""

    async def run(self) -> None:
        contexts: dict[str, Context] = {}
        async for message in self._messages():
            if message.get("close_socket"):
                for name, context in contexts.items():
                    await self._say(context.rest(), contextId=name)
                return
            named = message.get("context_id") or message.get("contextId")
            if named is None and not message.get("text", "").strip():
                continue  # keeps the socket alive
            name = str(named or "default")
            if message.get("close_context"):
                if contexts.pop(name, None) is not None:
                    self._socket.send({"isFinal": True, "contextId": name}, "")
                continue
            if name not in contexts:
                if len(contexts) == CONTEXTS:
                    most = f"Maximum simultaneous contexts per websocket exceeded ({CONTEXTS})"
                    self._refuse(most, "max_active_conversations")
                    return
                contexts[name] = Context()
            context = contexts[name]
            if not context.begun:
                context.begin(message)
            elif message.get("voice_settings") or message.get("generation_config"):
                late = "Settings may only come with a context's first message"
                self._refuse(late, "invalid_input_message")
                return
            if said := context.take(message, self._sound):
                await self._say(said, contextId=name)
