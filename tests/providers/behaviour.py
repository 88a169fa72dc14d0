"""How a local provider behaves: how fast it is, and where and how it breaks.

A ``Behaviour`` is data: made in a test, sent as JSON to a provider in another process, or as the
header ``x-behaviour`` of one request. Times are seconds.
"""

from __future__ import annotations

import math
from random import Random
from typing import Literal

import msgspec

Point = Literal["headers", "body"] | int
"""Where in an answer: just before its headers (for a WebSocket: its handshake), just before its
body, or after that many pieces of it. A piece is what the provider sends at once: an event of a
stream of tokens, a chunk of sound, a message of a WebSocket."""

_Z99 = 2.3263478740408408  # the 99th percentile of the normal distribution


class Delay(msgspec.Struct, frozen=True, repr_omit_defaults=True):
    """A pause: fixed, or lognormal when the 99th percentile is given."""

    p50: float = 0.0
    p99: float | None = None

    def draw(self, rng: Random) -> float:
        if self.p99 is None or self.p50 <= 0:
            return self.p50
        return self.p50 * math.exp(rng.gauss(0.0, 1.0) * math.log(self.p99 / self.p50) / _Z99)


NONE = Delay()


class Behaviour(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    repr_omit_defaults=True,
):
    """One answer's. The default is a good answer, at once."""

    connect: Delay = NONE
    """Before anything is done for the first request of a connection."""
    headers: Delay = NONE
    """From the whole request to the status line."""
    first: Delay = NONE
    """From there to the first piece."""
    think: Delay = NONE
    """From the role of a streamed chat answer to its first token or tool call."""
    between: Delay = NONE
    """Between pieces."""

    status: int = 0
    """An error status instead of an answer; 0 for none. The body is the vendor's."""
    code: str = ""
    """The vendor's code in that body, where a status has several: ``insufficient_quota``."""
    retry_after: str = ""
    """Header of an error, as it is written: ``2`` or a date."""

    silent_at: Point | None = None
    """Nothing more is sent from here, but the connection stays."""
    silent_for: float | None = None
    """Seconds until it goes on; without them never."""
    reset_at: Point | None = None
    """The connection is reset (RST)."""
    close_at: Point | None = None
    """The connection ends (FIN), in the middle of the answer; a WebSocket with a close frame if
    ``close_code`` is given."""
    close_code: int = 0
    close_reason: str = ""

    content_type: str = ""
    """Instead of the right one."""
    insert: dict[int, bytes] = {}
    """Bytes put before piece n, as a piece of the body; a WebSocket takes them as a message: text
    if they are UTF-8, else binary. (base64 in JSON.)"""
    garbage_at: int | None = None
    """Before this piece, bytes that break the framing: no HTTP chunk, no WebSocket frame."""
    crlf: bool = False
    """Lines of a streamed text end in CR LF."""
    split: int = 0
    """Bytes written at a time; 0 for whatever there is."""
    split_at: tuple[int, ...] = ()
    """Offsets in all that is sent, headers included, where a write ends."""
    bytes_per_second: float = 0.0
    """A slow trickle; 0 for no limit."""

    def awaits(self, point: Point) -> bool:
        """Is anything to happen here?"""
        return point in (self.silent_at, self.reset_at, self.close_at)


GOOD = Behaviour()


class Rare(msgspec.Struct, frozen=True, kw_only=True):
    """A behaviour that a share of the requests meets."""

    share: float
    behaviour: Behaviour


class Mix(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What requests meet by chance: at most one of the rare ones, else the usual."""

    usual: Behaviour = GOOD
    rare: tuple[Rare, ...] = ()

    def draw(self, rng: Random) -> Behaviour:
        at = rng.random()
        for one in self.rare:
            if at < one.share:
                return one.behaviour
            at -= one.share
        return self.usual


MALFORMED_EVENT = b'data: {"id": "chatcmpl-1", "choices": [{\n\n'
"""A server-sent event that is no JSON."""
OVERSIZED_EVENT = b": " + b"x" * (1 << 20) + b"\n\n"
"""A comment line of 1 MiB."""
INVALID_UTF8_EVENT = b'data: {"id": "\xff\xfe", "choices": []}\n\n'
COMMENT_EVENT = b": OPENROUTER PROCESSING\n\n"
ERROR_EVENT = (
    b'data: {"error": {"message": "The server had an error while processing your request.", '
    b'"type": "server_error", "param": null, "code": null}}\n\n'
)
GARBAGE = b"\xff\xf0neither a chunk nor a frame\r\n"
"""0xff: a WebSocket frame with reserved bits set; no HTTP chunk size."""
