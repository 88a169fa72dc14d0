"""``WS /vonage/media``: calls from a Vonage WebSocket, sound as raw PCM in frames of 20 ms.

Vonage plays what it is sent from a queue of messages, 1,024 of them by its older documentation, so
sound is sent some seconds ahead. It sends a ``notify`` back when what was before it was played;
whether it also does when ``clear`` empties the queue is not documented: those are not heard.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import singledispatchmethod
from itertools import islice
from typing import Any

import msgspec

from gateway.errors import ClientError
from gateway.ports.sound import AudioFormat, Encoding
from gateway.shell.call.orders import ClearSound, Order, SoundEnds, SoundMark, SoundPiece
from gateway.transports.facts import (
    Fact,
    Ignored,
    KeyStruck,
    MarkPlayed,
    Opening,
    SoundHeard,
)
from gateway.transports.messages import LONGEST_FACT, MOST_FACTS
from gateway.transports.tickets import StreamTicket

AHEAD = 10.0
"""Seconds of sound that are sent before they are heard: half of what an older queue holds."""
FRAME_MS = 20
RATES = (8000, 16000, 24000)
KEYS = frozenset("0123456789*#")
OURS = ("event", "content-type", "tenant", "locale", "call")
"""Fields of the first message that do not tell of the caller."""

_decoder = msgspec.json.Decoder(dict[str, Any])
_content = re.compile(r"audio/l16\s*;\s*rate=([0-9]{4,5})", re.IGNORECASE)


class VonageDialect:
    """JSON in text frames, PCM in binary ones."""

    name = "vonage"
    ahead: float | None = AHEAD

    def __init__(self, ticket: StreamTicket | None = None) -> None:
        """``ticket``: of the call that this socket was handed out for."""
        self._ticket = ticket
        self._connected: dict[str, Any] | None = None
        self._rest = b""  # less than a frame

    @property
    def form(self) -> AudioFormat:
        """See ``Dialect``. Raises ``ClientError`` for a format that is none of Vonage's."""
        content = (self._connected or {}).get("content-type", "")
        found = _content.fullmatch(content) if isinstance(content, str) else None
        if found is None or int(found[1]) not in RATES:
            raise ClientError("bad_audio", "content-type is audio/l16;rate=8000, 16000 or 24000")
        return AudioFormat(Encoding.PCM, int(found[1]))

    # --- what Vonage says ------------------------------------------------------------------------

    def sound(self, frame: str | bytes) -> bytes | None:
        """See ``CallDialect``."""
        return frame if isinstance(frame, bytes) and self._connected is not None else None

    def read(self, frame: str | bytes) -> Sequence[Fact]:
        """See ``CallDialect``."""
        if isinstance(frame, bytes):
            early = Ignored("not_started", "sound before the first message is ignored")
            return (SoundHeard(frame) if self._connected is not None else early,)
        try:
            message = _decoder.decode(frame)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise ClientError("malformed", "no message of a Vonage WebSocket") from None
        fact = self._fact(message)
        return () if fact is None else (fact,)

    def _fact(self, message: dict[str, Any]) -> Fact | None:
        match message:
            case {"event": "websocket:connected"}:
                return self._opened(message)
            case {"event": "websocket:cleared"}:
                return None
            case {"event": "websocket:notify", "payload": {"id": str() as name}}:
                return MarkPlayed(name)
            case {"digit": str() as digit} | {"dtmf": {"digit": str() as digit}} if digit in KEYS:
                return KeyStruck(digit)
        return Ignored("unknown_type", "a message of unknown type is ignored")

    def _opened(self, message: dict[str, Any]) -> Fact:
        if self._connected is not None:
            return Ignored("started", "a second first message is ignored")
        self._connected = message
        texts = {name: value for name, value in message.items() if isinstance(value, str)}
        told = islice(
            ((name, text) for name, text in texts.items() if name not in OURS), MOST_FACTS
        )
        return Opening(
            tenant=self._ticket.tenant if self._ticket is not None else texts.get("tenant", ""),
            locale=texts.get("locale", ""),
            caller={name[:LONGEST_FACT]: text[:LONGEST_FACT] for name, text in told},
        )

    # --- what it is told -------------------------------------------------------------------------

    @singledispatchmethod
    def _written(self, order: object) -> Sequence[str | bytes]:
        return ()

    def write(self, order: Order) -> Sequence[str | bytes]:
        """See ``Dialect``."""
        written: Sequence[str | bytes] = self._written(order)
        return written

    @_written.register
    def _piece(self, order: SoundPiece) -> Sequence[str | bytes]:
        size = self.form.bytes_per_ms * FRAME_MS
        sound = self._rest + order.payload
        whole = len(sound) - len(sound) % size
        self._rest = sound[whole:]
        return [sound[at : at + size] for at in range(0, whole, size)]

    @_written.register
    def _ends(self, order: SoundEnds) -> Sequence[str | bytes]:
        """Send what is less than a frame as one."""
        rest, self._rest = self._rest, b""
        return (rest.ljust(self.form.bytes_per_ms * FRAME_MS, b"\0"),) if rest else ()

    @_written.register
    def _mark(self, order: SoundMark) -> Sequence[str | bytes]:
        return (json.dumps({"action": "notify", "payload": {"id": order.name}}),)

    @_written.register
    def _clear(self, order: ClearSound) -> Sequence[str | bytes]:
        self._rest = b""
        return ('{"action": "clear"}',)
