"""``POST /twilio/voice`` and ``WS /twilio/media``: calls from Twilio Media Streams.

The webhook answers with TwiML that has Twilio open a socket, at a path that holds a ticket: a query
string would not be delivered. Twilio plays what it is sent from a buffer, so a clip is sent whole;
it sends every mark back when ``clear`` empties that buffer, and those are not heard.
"""

from __future__ import annotations

import binascii
import json
from collections.abc import Mapping, Sequence
from functools import singledispatch
from itertools import islice
from typing import Any

import msgspec

from gateway.errors import ClientError
from gateway.ports.sound import AudioFormat, Encoding
from gateway.shell.call.orders import ClearSound, Order, SoundMark, SoundPiece
from gateway.transports.facts import (
    CallerLeft,
    Fact,
    Ignored,
    KeyStruck,
    MarkPlayed,
    Opening,
    SoundHeard,
)
from gateway.transports.messages import LONGEST_FACT, MOST_FACTS
from gateway.transports.tickets import StreamTicket

MULAW = AudioFormat(Encoding.MULAW, 8000)
AHEAD = 60.0
"""Seconds of sound that are sent before they are heard; Twilio holds about 600."""
KEYS = frozenset("0123456789*#")
OURS = ("tenant", "locale")
"""Parameters of the stream that are meant for us; the others tell of the caller."""


class MediaFormat(msgspec.Struct, frozen=True):
    """The layout of the caller's sound."""

    encoding: str = "audio/x-mulaw"
    sampleRate: int = 8000  # noqa: N815 - Twilio's name
    channels: int = 1


class StreamStart(msgspec.Struct, frozen=True):
    """The first message with facts of the call."""

    streamSid: str = ""  # noqa: N815 - Twilio's name
    callSid: str = ""  # noqa: N815 - Twilio's name
    accountSid: str = ""  # noqa: N815 - Twilio's name
    customParameters: dict[str, Any] = {}  # noqa: N815 - Twilio's name
    mediaFormat: MediaFormat = MediaFormat()  # noqa: N815 - Twilio's name


class MediaPart(msgspec.Struct, frozen=True):
    """Sound."""

    payload: str = ""
    track: str = "inbound"

    @property
    def inbound(self) -> bool:
        """Is it the caller's?"""
        return self.track.startswith("inbound")

    def sound(self) -> bytes | None:
        """Return the sound, decoded; None where it is no base64."""
        try:
            return binascii.a2b_base64(self.payload, strict_mode=True)
        except (binascii.Error, ValueError):
            return None


class MarkPart(msgspec.Struct, frozen=True):
    """A mark of ours."""

    name: str = ""


class DtmfPart(msgspec.Struct, frozen=True):
    """A key."""

    digit: str = ""


class TwilioMessage(msgspec.Struct, frozen=True):
    """Any message; what it does not need may be missing."""

    event: str
    streamSid: str = ""  # noqa: N815 - Twilio's name
    start: StreamStart | None = None
    media: MediaPart | None = None
    mark: MarkPart | None = None
    dtmf: DtmfPart | None = None


_decoder = msgspec.json.Decoder(TwilioMessage)


def decoded(frame: str | bytes) -> TwilioMessage:
    """The message. Raises ``ClientError`` for what is none."""
    try:
        return _decoder.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ClientError("malformed", "no message of Media Streams") from None


class TwilioDialect:
    """JSON in text frames, mu-law sound in it as base64."""

    name = "twilio"
    ahead: float | None = AHEAD

    def __init__(self, ticket: StreamTicket | None = None) -> None:
        """``ticket``: of the call that this socket was handed out for."""
        self._ticket = ticket
        self._start: StreamStart | None = None
        self._stream = ""
        self._sid = '""'

    @property
    def form(self) -> AudioFormat:
        """See ``Dialect``. Raises ``ClientError`` for a stream that cannot be taken."""
        start = self._start or StreamStart()
        if start.mediaFormat != MediaFormat():
            raise ClientError("bad_audio", "a stream is mu-law at 8000 Hz, mono")
        if self._ticket is not None and start.callSid != self._ticket.call:
            raise ClientError("wrong_call", "the ticket is another call's")
        return MULAW

    @property
    def call(self) -> str:
        """Twilio's id of the call."""
        return self._start.callSid if self._start is not None else ""

    # --- what Twilio says ------------------------------------------------------------------------

    def sound(self, frame: str | bytes) -> bytes | None:
        """See ``CallDialect``."""
        try:
            message = _decoder.decode(frame)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        media = message.media
        if message.event != "media" or media is None or self._start is None:
            return None
        if message.streamSid not in ("", self._stream) or not media.inbound:
            return None
        return media.sound()

    def read(self, frame: str | bytes) -> Sequence[Fact]:
        """See ``CallDialect``."""
        message = decoded(frame)
        if message.event == "connected":
            return ()
        if message.event == "start":
            return (self._opened(message),)
        if self._start is None:
            return (Ignored("not_started", "a message before the start is ignored"),)
        if message.streamSid not in ("", self._stream):
            return (Ignored("other_stream", "a message of another stream is ignored"),)
        return (_fact(message),)

    def _opened(self, message: TwilioMessage) -> Fact:
        if self._start is not None or message.start is None:
            return Ignored("started", "a second start, or one without facts, is ignored")
        start = self._start = message.start
        self._stream = start.streamSid or message.streamSid
        self._sid = json.dumps(self._stream)
        told = start.customParameters
        tenant = self._ticket.tenant if self._ticket is not None else told.get("tenant", "")
        locale = told.get("locale", "")
        return Opening(
            tenant=tenant if isinstance(tenant, str) else "",
            locale=locale if isinstance(locale, str) else "",
            caller=_caller(told),
            ids={
                "call_sid": start.callSid,
                "stream_sid": self._stream,
                "account_sid": start.accountSid,
            },
        )

    # --- what it is told -------------------------------------------------------------------------

    def write(self, order: Order) -> Sequence[str | bytes]:
        """See ``Dialect``."""
        part = written(order)
        return (f'{{{part[0]},"streamSid":{self._sid}{part[1]}}}',) if part else ()


def _caller(told: Mapping[str, Any]) -> dict[str, str]:
    texts = ((name, value) for name, value in told.items() if isinstance(value, str))
    facts = ((name, value) for name, value in texts if name not in OURS)
    return {name[:LONGEST_FACT]: value[:LONGEST_FACT] for name, value in islice(facts, MOST_FACTS)}


def _fact(message: TwilioMessage) -> Fact:
    match message:
        case TwilioMessage(event="media", media=MediaPart() as media):
            return _sound(media)
        case TwilioMessage(event="mark", mark=MarkPart() as mark):
            return MarkPlayed(mark.name)
        case TwilioMessage(event="dtmf", dtmf=DtmfPart() as key) if key.digit in KEYS:
            return KeyStruck(key.digit)
        case TwilioMessage(event="stop"):
            return CallerLeft()
    return Ignored("unknown_type", "a message of unknown type is ignored")


def _sound(media: MediaPart) -> Fact:
    if not media.inbound:
        return Ignored("outbound", "our own sound is not listened to")
    sound = media.sound()
    if sound is None:
        return Ignored("bad_media", "sound that is no base64 is ignored")
    return SoundHeard(sound)


@singledispatch
def written(order: object) -> tuple[str, str] | None:
    """The message before and after the id of its stream; None for what Twilio has no words for."""
    return None


@written.register
def _piece(order: SoundPiece) -> tuple[str, str]:
    payload = binascii.b2a_base64(order.payload, newline=False).decode()
    return '"event":"media"', f',"media":{{"payload":"{payload}"}}'


@written.register
def _mark(order: SoundMark) -> tuple[str, str]:
    return '"event":"mark"', f',"mark":{{"name":"{order.name}"}}'


@written.register
def _clear(order: ClearSound) -> tuple[str, str]:
    return '"event":"clear"', ""
