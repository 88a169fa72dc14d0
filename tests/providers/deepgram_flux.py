"""Deepgram's ``/v2/listen`` (Flux): turns, with their eager ends and resumptions.

How sure it is that a turn is over grows with the silence after the last word alone: with the
default threshold of 0.7 after 0.6 s, with an eager threshold of 0.4 after 0.26 s.
"""

from __future__ import annotations

import math
from typing import Any

from tests.providers.hearing import Clock, Script, Word, text_of
from tests.providers.websocket import Socket
from tests.providers.wire import Request

UPDATE = 0.24
"""Seconds of sound between updates."""
CONFIDENCE_SECONDS = 0.5
"""Of silence until it is 63 % sure."""

MODELS = ("flux-general-en", "flux-general-multi")
LIMITS = {
    "eot_threshold": (0.5, 1.0),
    "eager_eot_threshold": (0.3, 0.9),
    "eot_timeout_ms": (500, 60_000),
}
DEFAULTS = {"eot_threshold": 0.7, "eot_timeout_ms": 5_000.0}
NOVA_ONLY = ("interim_results", "endpointing", "vad_events", "smart_format", "utterance_end_ms")


def objection(request: Request) -> str:
    """Why a handshake is refused with 400; empty if it is not."""
    if request.option("model") not in MODELS:
        return f"Bad Request: No such model: {request.option('model')!r}"
    if bad := [name for name in NOVA_ONLY if name in request.query]:
        return f"Bad Request: {bad[0]} is not a parameter of /v2/listen"
    return _objection({n: float(request.option(n)) for n in LIMITS if n in request.query})


def _objection(thresholds: dict[str, float]) -> str:
    for name, value in thresholds.items():
        low, high = LIMITS[name]
        if not low <= value <= high:
            return f"Bad Request: {name} must be between {low} and {high}"
    eager = thresholds.get("eager_eot_threshold", 0.0)
    if eager > thresholds.get("eot_threshold", DEFAULTS["eot_threshold"]):
        return "Bad Request: eager_eot_threshold must not be greater than eot_threshold"
    return ""


class Flux:
    """One connection. Time is seconds of sound."""

    def __init__(self, request: Request, socket: Socket, script: Script, request_id: str) -> None:
        self._socket = socket
        self._id = request_id
        self._whole = script
        self._keyterms = request.query.get("keyterm", [])
        self._script = script.with_keyterms(self._keyterms)
        given = {name: float(request.option(name)) for name in LIMITS if name in request.query}
        self._thresholds = {**DEFAULTS, **given}
        self._clock = Clock(request, self._step)
        self._sequence = 0
        self._turn = 0
        self._open = False
        self._eager = False
        self._done = 0  # words of turns that are over
        self._told = 0  # words of this turn that were told
        self._from = 0.0
        self._next_update = UPDATE

    async def run(self) -> None:
        """Until the client closes."""
        self._send("Connected")
        async for message in self._socket:
            if isinstance(message, bytes):
                self._clock.feed(message)
            elif isinstance(message, str) or not self._control(message):
                break
            if not self._socket.is_open:
                return
        if self._open:
            self._info("Update", self._clock.now)
        self._socket.close(1005)

    def _control(self, message: dict[str, Any]) -> bool:
        """Whether the connection goes on."""
        match message.get("type"):
            case "CloseStream":
                return False
            case "ForceEndTurn":
                if self._open:
                    self._end_turn(self._clock.now, "manual")
            case "Configure":
                self._configure(message)
            case other:
                text = f"Could not parse a message of type {other!r}"
                self._send("Error", code="UNPARSABLE_CLIENT_MESSAGE", description=text)
                self._socket.close(1008, "DATA-0000")
        return True

    def _configure(self, message: dict[str, Any]) -> None:
        asked = {k: v for k, v in (message.get("thresholds") or {}).items() if v is not None}
        wanted = {**self._thresholds, **asked}
        unknown = set(asked) - set(LIMITS)
        if problem := "unknown threshold" if unknown else _objection(wanted):
            failure = {"code": "INVALID_CONFIGURATION", "description": problem}
            self._send("ConfigureFailure", request_id=self._id, **failure)
            return
        self._thresholds = wanted
        if message.get("keyterms") is not None:
            self._keyterms = message["keyterms"]
            self._script = self._whole.with_keyterms(self._keyterms)
        self._send("ConfigureSuccess", thresholds=wanted, keyterms=self._keyterms)

    # --- as time passes -------------------------------------------------------------------------

    def _step(self, now: float) -> None:
        words = [one for one in self._script.words[self._done :] if one.end <= now + 1e-6]
        if len(words) > self._told:
            if not self._open:
                self._open = True
                self._info("StartOfTurn", now)
            elif self._eager:
                self._resume(now)
            self._told = len(words)
        if self._open:
            if self._eager and self._is_speaking(now):
                self._resume(now)
            self._maybe_end(now, words)
        if now >= self._next_update:
            self._info("Update", now)

    def _resume(self, now: float) -> None:
        self._eager = False
        self._info("TurnResumed", now)

    def _is_speaking(self, now: float) -> bool:
        return any(one.start <= now < one.end for one in self._script.words)

    def _maybe_end(self, now: float, words: list[Word]) -> None:
        silence = now - words[-1].end
        if silence * 1000 >= self._thresholds["eot_timeout_ms"] - 1e-3:
            self._end_turn(now, "timeout")
        elif self._confidence(now) >= self._thresholds["eot_threshold"]:
            self._end_turn(now, "model")
        elif not self._eager and self._confidence(now) >= self._thresholds.get(
            "eager_eot_threshold", 2.0
        ):
            self._eager = True
            self._info("EagerEndOfTurn", now)

    def _confidence(self, now: float) -> float:
        heard = [one for one in self._script.words[self._done :] if one.end <= now + 1e-6]
        if not heard or self._is_speaking(now):
            return 0.05
        return min(0.99, 1 - math.exp(-(now - heard[-1].end) / CONFIDENCE_SECONDS))

    def _end_turn(self, now: float, trigger: str) -> None:
        self._info("EndOfTurn", now, trigger=trigger)
        self._done += self._told
        self._told = 0
        self._open = self._eager = False
        self._turn += 1
        self._from = now

    def _info(self, event: str, now: float, **more: str) -> None:
        words = [one for one in self._script.words[self._done :] if one.end <= now + 1e-6]
        if words and words[-1].at_first and event in ("StartOfTurn", "Update"):
            last = words[-1]
            words[-1] = Word(last.at_first, last.start, last.end, confidence=0.5)
        self._next_update = now + UPDATE
        self._send(
            "TurnInfo",
            request_id=self._id,
            event=event,
            turn_index=self._turn,
            audio_window_start=round(self._from, 3),
            audio_window_end=round(now, 3),
            transcript=text_of(words),
            words=[
                {"word": w.text, "confidence": w.confidence, "start": w.start, "end": w.end}
                for w in words
            ],
            end_of_turn_confidence=round(self._confidence(now), 4),
            **more,
        )

    def _send(self, kind: str, **fields: Any) -> None:
        if kind in ("Connected", "ConfigureSuccess"):
            fields = {"request_id": self._id, **fields}
        self._socket.send({"type": kind, "sequence_id": self._sequence, **fields})
        self._sequence += 1
