"""Answers with live values: an agent-like source of sound, half clips and half speech.

All tools of an answer are asked at once while its first words are already on the air. What comes
back is checked against its declared type, put into words, spoken by the catalogue's voice and
fitted between the clips. Whatever goes wrong, or takes too long, ends in the entry's own fallback
line: nothing that a tool says is spoken unless it fits. Fillers, barge-in and the account of what
was heard are those of any reply (``core.reply``).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Protocol

from gateway.errors import FrontlineError, ProviderFailed
from gateway.live.kinds import Unfit, ValueKind
from gateway.live.template import LiveValue, Template, TemplateWrong, has_braces, parse
from gateway.ports.agents import AgentPiece, AgentRequest
from gateway.ports.live_speech import StreamingVoice
from gateway.ports.sound import AudioFormat, Encoding
from gateway.ports.store import Entry
from gateway.ports.tools import CallFacts, Tool
from gateway.shell.catalogue.tenants import Serving
from gateway.shell.catalogue.verdicts import live_clips
from gateway.shell.live import sound
from gateway.shell.live.kept import SpokenValues, ValueKey
from gateway.shell.process.background import start
from gateway.shell.sound.clips import ClipCache, LoadedClip

log = logging.getLogger("frontline.live")

SPOKEN = AudioFormat(Encoding.PCM, 24_000)
"""The format in which a value is asked of the voice, as clips are."""
MEASURED = AudioFormat(Encoding.PCM, 16_000)
"""The format in which the fixed words are measured."""
MOST_SOUND = SPOKEN.bytes_per_ms * 20_000
"""Bytes of a value's sound: a voice that goes on for ever is not waited for."""


class RanTool(Protocol):
    """The end of a tool's run."""

    @property
    def text(self) -> str:
        """The result, or why there is none."""

    @property
    def good(self) -> bool:
        """Return whether it is a result."""


class ToolRunner(Protocol):
    """The runner of tools."""

    def find(self, name: str) -> Tool | None:
        """The tool of that name."""

    async def run(self, name: str, arguments: str, facts: CallFacts) -> RanTool:
        """Run it, within its time. Only cancelling raises."""

    async def close(self) -> None:
        """Let go of all connections."""


def _today() -> date:
    return datetime.now().astimezone().date()


@dataclass(slots=True, kw_only=True)
class LiveAnswers:
    """One process's. Used from the event loop."""

    tools: ToolRunner
    kinds: Mapping[str, Mapping[str, ValueKind]]
    """The declared fields of each tool."""
    voice: StreamingVoice
    """The catalogue's own."""
    clips: ClipCache
    kept: SpokenValues
    within: float = 4.0
    """Seconds after which a value is given up, counted from the question."""
    today: Callable[[], date] = field(default=_today)

    def answerable(self, entry: Entry, facts: CallFacts) -> bool:
        """Return whether the tools of the answer know this caller, and its values are declared."""
        template = template_of(entry)
        if template is None:
            return False
        declared = all(value.field in self.kinds.get(value.tool, {}) for value in template.values)
        return declared and all(self._knows(tool, facts) for tool in template.tools)

    def _knows(self, name: str, facts: CallFacts) -> bool:
        tool = self.tools.find(name)
        return tool is not None and all(map(facts.of, tool.spec.from_call.values()))

    async def prepare(self, serving: Serving, entry: Entry, form: AudioFormat) -> None:
        """Have the fixed words in memory: they will probably be played soon."""
        keys = live_clips(entry)
        for one in dict.fromkeys((form, MEASURED)):
            if self.clips.ready(names := serving.names(keys, one)) is None:
                await self.clips.get(names, one)

    def reply_to(self, serving: Serving, entry: Entry, facts: CallFacts) -> LiveReply:
        """The source of one answer's sound."""
        return LiveReply(self, serving, entry, facts)

    async def close(self) -> None:
        """Let go of the voice, and of what it said."""
        self.kept.clear()
        await self.voice.close()
        await self.tools.close()


def template_of(entry: Entry) -> Template | None:
    """The template of an entry with live values; None if it is none."""
    if not entry.fallback or not has_braces(entry.answer):
        return None
    try:
        return parse(entry.answer)
    except TemplateWrong:  # of a catalogue older than live values
        return None


class LiveReply:
    """``gateway.ports.agents.Agent`` for one turn, which makes its own sound."""

    def __init__(
        self, answers: LiveAnswers, serving: Serving, entry: Entry, facts: CallFacts
    ) -> None:
        self._answers = answers
        self._serving = serving
        self._entry = entry
        self._facts = facts

    def heard(self, call_id: str, turn: int, seconds: float) -> None:
        """Nothing depends on it."""

    async def reply(self, request: AgentRequest) -> AsyncGenerator[AgentPiece, None]:
        """Fixed words, values, and in the end the fallback line if one of them is not there."""
        template, form = template_of(self._entry), request.sound
        if template is None or form is None:
            raise ProviderFailed("an entry without live values was asked for some")
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._answers.within
        runs = {name: start(self._run(name), name=f"tool {name}") for name in template.tools}
        said = {
            value: start(self._say(value, runs[value.tool], form), name="say a value")
            for value in template.values
        }
        try:
            number = 0
            for at, part in enumerate(template.parts):
                if isinstance(part, LiveValue):
                    if not said[part].done():
                        yield AgentPiece(tool=part.tool)
                    left = max(0.0, deadline - loop.time())
                    await asyncio.wait([said[part]], timeout=left)
                    spoken = self._outcome(part, said[part])
                    if spoken is None:
                        yield await self._fallback(form)
                        return
                    words, payload = spoken
                    yield AgentPiece(
                        text=f"{words} ", audio=payload, kept=f"[{part.tool} {part.field}] "
                    )
                else:
                    joins = at + 1 < len(template.parts)
                    clip = await self._clip(f"part{number}:{self._entry.id}", form, joins=joins)
                    number += 1
                    yield AgentPiece(text=f"{part} ", audio=clip)
        finally:
            tasks = [*said.values(), *runs.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _fallback(self, form: AudioFormat) -> AgentPiece:
        audio = await self._clip(f"fallback:{self._entry.id}", form, joins=False)
        return AgentPiece(text=self._entry.fallback, audio=audio)

    # --- fixed words ---------------------------------------------------------------------------

    async def _clip(self, key: str, form: AudioFormat, *, joins: bool) -> bytes:
        """A clip's sound; with ``joins`` little silence is left at its end."""
        clip = await self._loaded(key, form)
        payload = sound.payload(clip, form)
        if not joins:
            return payload
        quiet = sound.quiet_end_ms(await self._measured(key), MEASURED.sample_rate)
        return sound.without_tail(payload, form, max(0, quiet - sound.JOIN_MS))

    async def _measured(self, key: str) -> bytes:
        return sound.payload(await self._loaded(key, MEASURED), MEASURED)

    async def _loaded(self, key: str, form: AudioFormat) -> LoadedClip:
        names = self._serving.names((key,), form)
        clips = self._answers.clips
        found = clips.ready(names) or await clips.get(names, form)
        if not found:
            raise ProviderFailed("a clip of an answer with live values is missing")
        return found[0]

    # --- values --------------------------------------------------------------------------------

    async def _run(self, name: str) -> Mapping[str, object]:
        """The tool's result. Raises ``Unfit``."""
        outcome = await self._answers.tools.run(name, "{}", self._facts)
        if not outcome.good:
            raise Unfit("the tool failed")
        try:
            result = json.loads(outcome.text)
        except (ValueError, RecursionError):
            result = None
        if not isinstance(result, dict):
            raise Unfit("the tool's result is no JSON object")
        return result

    async def _say(
        self, value: LiveValue, run: asyncio.Task[Mapping[str, object]], form: AudioFormat
    ) -> tuple[str, bytes]:
        """The value in words, and their sound. Raises ``Unfit``, ``FrontlineError``."""
        result = await asyncio.shield(run)
        if value.field not in result:
            raise Unfit("the tool's result has no such field")
        answers, entry = self._answers, self._entry
        kind = answers.kinds[value.tool][value.field]
        words = kind.say(result[value.field], entry.locale, answers.today())
        like = await self._loudness()
        key = ValueKey(words, entry.voice, entry.locale, form.name, round(like, 3))
        payload = answers.kept.find(key)
        if payload is None:
            pcm = await self._spoken(words)
            payload = await asyncio.to_thread(sound.fitted, pcm, SPOKEN.sample_rate, form, like)
            answers.kept.keep(key, payload)
        return words, payload

    async def _loudness(self) -> float:
        """Return how loud the fixed words are, or where there are none the fallback line."""
        *_, key = live_clips(self._entry)
        return sound.loudness(await self._measured(key), MEASURED.sample_rate)

    async def _spoken(self, words: str) -> bytes:
        """PCM16 of the words."""

        async def texts() -> AsyncIterator[str]:
            yield words

        pcm = bytearray()
        entry = self._entry
        speaking = self._answers.voice.speak(texts(), SPOKEN, entry.voice, entry.locale)
        async with aclosing(speaking) as pieces:
            async for piece in pieces:
                pcm += piece.audio
                if len(pcm) > MOST_SOUND:
                    raise ProviderFailed("the voice does not come to an end")
        return bytes(pcm)

    def _outcome(
        self, value: LiveValue, task: asyncio.Task[tuple[str, bytes]]
    ) -> tuple[str, bytes] | None:
        """The value's words and sound; None, and a line in the log, if it is not to be said."""
        failed = partial(log.warning, "a live value was not said: %s")
        told = {"tool": value.tool, "field": value.field}
        if not task.done():
            failed("it was not there in time", extra=told)
            return None
        error = task.exception()
        if error is None:
            return task.result()
        if isinstance(error, (Unfit, FrontlineError)):
            failed(error, extra=told)
        else:
            log.error("a live value went wrong", exc_info=error, extra=told)
        return None
