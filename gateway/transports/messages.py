"""The client's messages in a native call, and the errors for malformed ones."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Any, Literal

import msgspec

from gateway.errors import ClientError
from gateway.ports.sound import AudioFormat, Encoding

MAX_TEXT = 1000
"""Characters of a partial or final text. People speak about 900 a minute and a turn lasts 45 s; the
language side takes a few milliseconds of the event loop for a text of this length."""

MOST_FACTS, LONGEST_FACT = 32, 200
"""The most facts a client may tell of a caller, and the most characters of each; the rest is left
out."""

Text = Annotated[str, msgspec.Meta(max_length=MAX_TEXT)]
Name = Annotated[str, msgspec.Meta(max_length=128)]


class AudioSpec(msgspec.Struct, frozen=True):
    """The layout of the client's audio; the answer uses the same."""

    encoding: Literal["pcm_s16le", "mulaw", "opus"]
    sample_rate: Literal[8000, 16000, 24000, 48000]

    def form(self) -> AudioFormat:
        """The wire format. Raises ``ClientError`` for a pair that does not exist."""
        encoding = Encoding(self.encoding)
        if encoding is Encoding.MULAW and self.sample_rate != 8000:
            raise ClientError("bad_audio", "mulaw has a sample_rate of 8000")
        if encoding is Encoding.OPUS:
            return AudioFormat(encoding, 48000)
        return AudioFormat(encoding, self.sample_rate)


class Start(msgspec.Struct, frozen=True, tag="start"):
    """The first message of a call."""

    audio: AudioSpec = AudioSpec("pcm_s16le", 16000)
    tenant: Name = ""
    locale: Name = ""
    stt: Literal["server", "client"] = "server"
    caller: dict[str, Any] = {}

    def said_of_caller(self) -> dict[str, str]:
        """The texts and numbers of ``caller``, as texts of bounded length; other values are left
        out.
        """
        told = islice(self.caller.items(), MOST_FACTS)
        return {
            name[:LONGEST_FACT]: str(value)[:LONGEST_FACT]
            for name, value in told
            if isinstance(value, (str, int, float)) and not isinstance(value, bool)
        }


class Partial(msgspec.Struct, frozen=True, tag="partial"):
    """The transcript so far, from the client's recogniser."""

    text: Text
    revision: int = 0


class Final(msgspec.Struct, frozen=True, tag="final"):
    """The final transcript, from the client's recogniser."""

    text: Text
    confidence: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    speech_ended_ms_ago: Annotated[float, msgspec.Meta(ge=0, le=60_000)] | None = None


class Mark(msgspec.Struct, frozen=True, tag="mark"):
    """A mark of ours whose audio has been played."""

    name: Name


class Dtmf(msgspec.Struct, frozen=True, tag="dtmf"):
    """A key was pressed."""

    digit: Annotated[str, msgspec.Meta(pattern=r"^[0-9*#]$", max_length=1)]


class End(msgspec.Struct, frozen=True, tag="end"):
    """The caller hangs up."""


class Head(msgspec.Struct, frozen=True):
    type: str


Message = Start | Partial | Final | Mark | Dtmf | End
KNOWN = frozenset({"start", "partial", "final", "mark", "dtmf", "end"})
_decoder: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)
_head = msgspec.json.Decoder(Head)


def decode(frame: str | bytes) -> Message | None:
    """The message; None for a type we do not know. Raises ``ClientError`` for a malformed one."""
    try:
        try:
            return _decoder.decode(frame)
        except msgspec.ValidationError as error:  # raised before the rest of the frame was read
            if _head.decode(frame).type in KNOWN:
                raise ClientError("malformed", str(error)) from None
            return None
    except msgspec.ValidationError:
        message = 'a message is an object with a string "type"'
        raise ClientError("malformed", message) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ClientError("malformed", "not valid JSON in UTF-8") from None
