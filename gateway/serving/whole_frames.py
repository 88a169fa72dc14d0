"""The short way of a message that is one frame in one piece, as nearly all are that callers send.

``websockets`` parses any stream of bytes, in steps of a generator: 12 of the 40 us that a frame of
sound costs at the door (``bench frames``). What is here knows one case, and where a frame begins;
everything else is left to the parser, which then finds itself between two frames as before.
"""

from __future__ import annotations

try:
    from websockets.speedups import apply_mask
except ImportError:  # built without a compiler
    from websockets.utils import apply_mask

WHOLE = 4 * 1024
"""Bytes of the largest frame that goes the short way: sound of 20 ms takes 0.2 to 2 KiB."""
TEXT, BINARY = 0x81, 0x82
"""First bytes of frames that are a message of their own, without extensions."""
MASKED = 0x80


def message(data: bytes) -> str | bytes | None:
    """The message, if the bytes are one whole masked frame that is one whole message. A text that
    is not UTF-8 is an empty one (``text_frames``)."""
    if len(data) < 6 or len(data) > WHOLE or data[0] not in (TEXT, BINARY):
        return None
    size, at = data[1] - MASKED, 2
    if size == 126:
        size, at = data[2] << 8 | data[3], 4
    elif not 0 <= size < 126:
        return None
    if len(data) != at + 4 + size:
        return None
    payload = apply_mask(data[at + 4 :], data[at : at + 4])
    if data[0] == BINARY:
        return payload
    try:
        return payload.decode()
    except UnicodeDecodeError:
        return ""


class Edges:
    """Follows where frames end in the bytes that the parser is given."""

    def __init__(self) -> None:
        self._head = bytearray()  # of a frame whose length is not known yet
        self._left = 0  # bytes of the current frame after its head

    @property
    def between(self) -> bool:
        """Does the next byte begin a frame?"""
        return not self._left and not self._head

    def feed(self, data: bytes) -> None:
        """Follow further bytes."""
        at = 0
        while at < len(data):
            if self._left:
                step = min(self._left, len(data) - at)
                self._left -= step
                at += step
                continue
            self._head.append(data[at])
            at += 1
            if len(self._head) >= 2 and len(self._head) == 2 + _length_bytes(self._head[1]):
                self._left = _length(self._head)
                self._head.clear()


def _length_bytes(second: int) -> int:
    return {126: 2, 127: 8}.get(second & 0x7F, 0)


def _length(head: bytearray) -> int:
    """Bytes that follow a whole head: the mask and the payload."""
    payload = head[1] & 0x7F if len(head) == 2 else int.from_bytes(head[2:])
    return payload + (4 if head[1] & MASKED else 0)
