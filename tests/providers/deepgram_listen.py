"""Deepgram's ``/v1/listen`` (Nova): interim and final results, endpointing, control messages."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from typing import Any

from tests.providers.hearing import BYTES_PER_SAMPLE, Clock, Script, Word, text_of
from tests.providers.websocket import Socket
from tests.providers.wire import Request

INTERIM = 0.25
"""Seconds of sound between interim results."""
LONGEST_SEGMENT = 3.0
"""Seconds of speech after which a part of it is final although it goes on. A guess."""
IDLE = 10.0
"""Seconds without sound or KeepAlive until Deepgram closes, with NET-0001."""
KEYTERM_TOKENS = 500

MODEL = {"name": "general", "version": "2026-01-01.0", "arch": "nova-3"}


def objection(request: Request) -> str:
    """Why a handshake is refused with 400; empty if it is not."""
    encoding = request.option("encoding")
    model = request.option("model")
    if not model or model.startswith("flux"):
        return f"Bad Request: No such model/language/tier combination found: {model!r}"
    if encoding in BYTES_PER_SAMPLE and not request.option("sample_rate"):
        return "Bad Request: sample_rate is required with a raw encoding"
    if request.option("utterance_end_ms"):
        if request.option("interim_results") != "true":
            return "Bad Request: utterance_end_ms requires interim_results=true"
        if int(request.option("utterance_end_ms")) < 1000:
            return "Bad Request: utterance_end_ms must be at least 1000"
    return ""


class Listening:
    """One connection. Time is seconds of sound."""

    def __init__(self, request: Request, socket: Socket, script: Script, request_id: str) -> None:
        self._socket = socket
        self._request = request
        self._id = request_id
        self._whole = script
        self._keyterms = request.query.get("keyterm", [])
        self._script = script.with_keyterms(self._keyterms)
        self._clock = Clock(request, self._step)
        self._digest = hashlib.sha256()
        self._interim = request.option("interim_results") == "true"
        self._vad_events = request.option("vad_events") == "true"
        endpointing = request.option("endpointing", "10")
        self._endpointing = None if endpointing == "false" else int(endpointing) / 1000
        utterance_end = request.option("utterance_end_ms")
        self._utterance_end = int(utterance_end) / 1000 if utterance_end else None
        self._done = 0  # words that were final
        self._from = 0.0  # where the next result begins
        self._next_interim = INTERIM
        self._spoke = 0  # words whose start was told
        self._ended = 0  # words whose utterance's end was told

    async def run(self, idle: float) -> None:
        """Until the client ends it, or nothing comes for ``idle`` seconds. At first only sound
        counts, then KeepAlive does too."""
        now = asyncio.get_running_loop().time
        reason = "Deepgram did not receive audio data or a text message within the timeout window."
        async with contextlib.aclosing(aiter(self._socket)) as messages:
            limit = now() + idle
            while True:
                try:
                    async with asyncio.timeout_at(limit):
                        message = await anext(messages, b"")
                except TimeoutError:
                    self._socket.close(1011, f"{reason} See NET-0001")
                    return
                if not self._take(message):
                    break
                if isinstance(message, bytes) or self._clock.now:
                    limit = now() + idle
        self._finish()

    def _take(self, message: dict[str, Any] | str | bytes) -> bool:
        """Whether the connection goes on."""
        if isinstance(message, bytes):
            self._digest.update(message)
            self._clock.feed(message)
            return bool(message)
        return self._control(message if isinstance(message, dict) else {"type": message})

    def _control(self, message: dict[str, Any]) -> bool:
        """Whether the connection goes on."""
        match message.get("type"):
            case "KeepAlive":
                pass
            case "Finalize":
                if self._clock.now > self._from:
                    self._result(final=True, from_finalize=True)
            case "CloseStream":
                return False
            case "Configure":
                self._configure(message)
            case _:
                text = "Could not deserialize last text message"
                error = {"type": "Error", "variant": "SchemaError", "description": text}
                self._socket.send({**error, "message": str(message)})
        return True

    def _configure(self, message: dict[str, Any]) -> None:
        answer: dict[str, Any] = {"request_id": self._id}
        terms = message.get("keyterms")
        failure = ""
        if terms is not None and not self._request.option("model").startswith("nova-3"):
            failure = "CONFIGURE_KEYTERMS_NOT_SUPPORTED"
        elif terms is not None and sum(len(one.split()) for one in terms) > KEYTERM_TOKENS:
            failure = "CONFIGURE_KEYTERM_LIMIT_EXCEEDED"
        if failure:
            text = {"code": failure, "description": "The configuration was not changed"}
            self._socket.send({"type": "ConfigureFailure", **answer, **text})
            return
        if terms is not None:
            self._keyterms = terms
            self._script = self._whole.with_keyterms(terms)
            answer["keyterms"] = terms
        self._socket.send({"type": "ConfigureSuccess", **answer})

    def _finish(self) -> None:
        if self._clock.now > self._from:
            self._result(final=True)
        self._socket.send(
            {
                "type": "Metadata",
                "transaction_key": "deprecated",
                "request_id": self._id,
                "sha256": self._digest.hexdigest(),
                "created": "2026-01-01T00:00:00.000Z",
                "duration": self._clock.now,
                "channels": int(self._request.option("channels", "1")),
            },
            "",
        )

    # --- as time passes -------------------------------------------------------------------------

    def _step(self, now: float) -> None:
        words = self._script.words
        while self._spoke < len(words) and words[self._spoke].start <= now:
            first = not self._spoke or self._is_pause(self._spoke)
            if self._vad_events and first:
                start = words[self._spoke].start
                self._socket.send({"type": "SpeechStarted", "channel": [0, 1], "timestamp": start})
            self._spoke += 1
        heard = self._heard(now)
        if heard and self._at_rest(now) and self._is_end(now, heard[-1].end):
            self._result(final=True, speech_final=True, now=now)
        elif heard and heard[-1].end - heard[0].start >= LONGEST_SEGMENT - 1e-6:
            self._result(final=True, now=now)
        elif self._interim and now >= self._next_interim:
            self._result(final=False, now=now)
        self._end_utterance(now)

    def _is_pause(self, index: int) -> bool:
        words = self._script.words
        return words[index].start - words[index - 1].end >= (self._endpointing or 0.01)

    def _at_rest(self, now: float) -> bool:
        """No word is being said."""
        return not any(one.start <= now < one.end for one in self._script.words)

    def _is_end(self, now: float, last: float) -> bool:
        return self._endpointing is not None and now - last >= self._endpointing - 1e-6

    def _end_utterance(self, now: float) -> None:
        """UtteranceEnd once the last word is as long ago as was asked for."""
        heard = [one for one in self._script.words if one.end <= now]
        if self._utterance_end is None or len(heard) <= self._ended or not self._at_rest(now):
            return
        if now - heard[-1].end >= self._utterance_end - 1e-6:
            self._ended = len(heard)
            end = {"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": heard[-1].end}
            self._socket.send(end)

    def _heard(self, now: float) -> list[Word]:
        """Words of the segment so far."""
        return [one for one in self._script.words[self._done :] if one.end <= now + 1e-6]

    def _result(
        self,
        *,
        final: bool,
        speech_final: bool = False,
        from_finalize: bool = False,
        now: float | None = None,
    ) -> None:
        at = self._clock.now if now is None else now
        words = self._heard(at)
        if not final and words and words[-1].at_first:
            words[-1] = Word(words[-1].at_first, words[-1].start, words[-1].end, confidence=0.5)
        confidence = min((one.confidence for one in words), default=0.0)
        alternative = {
            "transcript": text_of(words),
            "confidence": confidence,
            "words": [_word(one) for one in words],
        }
        self._socket.send(
            {
                "type": "Results",
                "channel_index": [0, 1],
                "duration": round(at - self._from, 3),
                "start": round(self._from, 3),
                "is_final": final,
                "speech_final": speech_final,
                "from_finalize": from_finalize,
                "channel": {"alternatives": [alternative]},
                "metadata": {
                    "request_id": self._id,
                    "model_info": MODEL,
                    "model_uuid": "00000000-0000-4000-8000-000000000003",
                },
            }
        )
        self._next_interim = at + INTERIM
        if final:
            self._done += len(words)
            self._from = at


def _word(one: Word) -> dict[str, Any]:
    bare = one.text.lower().strip(".,?!")
    times = {"start": one.start, "end": one.end, "confidence": one.confidence}
    return {"word": bare, "punctuated_word": one.text, **times}
