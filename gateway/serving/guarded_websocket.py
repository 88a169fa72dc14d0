"""WebSockets with limits: uvicorn's protocol, fed with care.

Frames of every kind are counted from the handshake on; a peer that sends too many is read more
slowly, at last no more. What is read goes to the parser in small pieces, never while the
application has messages to take, and no further once we have closed. A message that comes as one
frame while the application waits for it goes to it straight away, and past its queue if it likes
(``straight``). A ping is answered only to a peer that takes what it is sent.

``tests/gateway/serving/test_uvicorn.py`` pins what is assumed of uvicorn and websockets here.
"""

from __future__ import annotations

import asyncio
from asyncio.transports import BaseTransport
from typing import Any, ClassVar

from uvicorn._types import ASGIReceiveEvent, ASGISendEvent
from uvicorn.config import Config
from uvicorn.server import ServerState
from websockets.frames import CloseCode, Frame
from websockets.http11 import Request
from websockets.protocol import OPEN

from gateway.serving.places import Places
from gateway.serving.rate import Rate
from gateway.serving.straight import EXTENSION, WAY, Taker
from gateway.serving.text_frames import TextFrames
from gateway.serving.whole_frames import Edges, message

PIECE = 512
"""Bytes given to the parser in one go: 85 of the shortest frames, under a millisecond of work."""
STEP_FRAMES, STEP_BYTES = 64, 64 * 1024
"""The frames and bytes parsed before the other connections get their turn."""


class GuardedWebSocket(TextFrames):
    """One WebSocket connection. A subclass names the house it belongs to (``guarded``)."""

    places: ClassVar[Places]

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limits = self.places.limits
        self._rate = Rate(self._limits, self.loop.time())
        self._rest = bytearray()  # read, not parsed yet
        self._soon: asyncio.Handle | None = None  # parsing goes on, soon or once the rate allows
        self._slowed = False  # it is the rate that is waited for
        self._clogged = False  # pings are not answered, nothing is read: the peer does not read
        self._paused = False  # reading, by us
        self._deaf = False  # nothing is parsed any more
        self._unread: float | None = None  # since when the peer takes nothing
        self._after = 0  # frames since our close frame
        self._edges: Edges | None = None  # where frames end, from the handshake on
        self._head = b""  # the last bytes of a handshake that is not over
        self.frames_read = 0
        """Frames of every kind that were parsed."""
        self.taker: Taker | None = None
        """See ``StraightWay``."""

    def connection_made(self, transport: BaseTransport) -> None:
        """The connection is ours now."""
        super().connection_made(transport)
        self.places.take_over(transport, self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The peer is gone."""
        self.places.leave(self.transport)
        self._fall_silent()
        self.taker = None
        super().connection_lost(exc)

    def handle_connect(self, event: Request) -> None:
        """The application is told of the straight way too."""
        super().handle_connect(event)
        extensions = self.scope["extensions"] if self.response.status_code == 101 else None
        if extensions is not None:
            extensions[EXTENSION] = {WAY: self}

    # --- what is read ----------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Parse it, or keep it until it can be."""
        if self._deaf:
            return
        if not self._rest and not self._stopped():
            if self._straight(data):  # nearly always
                return
            if len(data) <= PIECE:
                self._parse(data)
                self._pace()
                return
        self._rest += data
        self._feed()

    def _straight(self, data: bytes) -> bool:
        """Hand a whole message on without the parser, if that is the same: the application waits
        for one, and the parser is between two frames of an open connection, in no message."""
        if (
            self._edges is None
            or not self._edges.between
            or self.conn.current_size is not None
            or self.conn.state is not OPEN
            or self.close_sent
            or not self.queue.empty()
            or (whole := message(data)) is None
        ):
            return False
        if self.taker is None or not self.taker(whole):
            if isinstance(whole, str):
                self.queue.put_nowait({"type": "websocket.receive", "text": whole})
            else:
                self.queue.put_nowait({"type": "websocket.receive", "bytes": whole})
        self.frames_read += 1
        self._counted(1, len(data))
        if self._slowed or self._deaf:
            self._pace()
        return True

    def _feed(self) -> None:
        """Parse a step's worth of what is here."""
        frames, size = self.frames_read, 0
        while self._rest and not self._stopped():
            if self.frames_read - frames >= STEP_FRAMES or size >= STEP_BYTES:
                break
            piece = bytes(self._rest[:PIECE])
            del self._rest[:PIECE]
            self._parse(piece)
            size += len(piece)
        self._pace()

    def _parse(self, piece: bytes) -> None:
        frames = self.frames_read
        super().data_received(piece)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self._unfit()
            return
        self._follow(piece)
        self._counted(self.frames_read - frames, len(piece))

    def _follow(self, piece: bytes) -> None:
        """Know where frames end in what the parser was given."""
        if self._edges is not None:
            self._edges.feed(piece)
            return
        head = self._head + piece
        end = head.find(b"\r\n\r\n")
        self._head = head[-3:]
        if end >= 0:
            self._edges = Edges()
            self._edges.feed(head[end + 4 :])

    def _counted(self, read: int, size: int) -> None:
        """Keep the peer to the rate."""
        now = self.loop.time()
        wait = self._rate.count(read, size, now)
        if self.close_sent:
            self._after += read
            if self._after > self._limits.after_close:
                self._fall_silent()
        elif wait and self._rate.flooding(now):
            self._refuse(CloseCode.POLICY_VIOLATION, "flood")
        elif wait and not self._slowed:
            self._slowed = True
            self._cancel_soon()
            self._soon = self.loop.call_later(wait, self._on_time)

    def handle_events(self) -> None:
        """Count what was parsed, then do what it says."""
        self.frames_read += len(self.conn.events)
        super().handle_events()

    def _on_time(self) -> None:
        """The window is over."""
        self._soon, self._slowed = None, False
        self._feed()

    def _soon_on(self) -> None:
        self._soon = None
        self._feed()

    def _stopped(self) -> bool:
        """Return whether parsing must wait: for a message to be taken, for a window to pass, or for
        the peer to read."""
        return (
            self.read_paused
            or self._slowed
            or self._clogged
            or self._deaf
            or self.transport.is_closing()
        )

    def _pace(self) -> None:
        """Read while there is nothing left to parse, and see to it that parsing goes on."""
        if self.transport.is_closing():
            return
        if self._rest or self._slowed or self._clogged or self._deaf:
            self._paused = True
            self.transport.pause_reading()  # again: uvicorn resumes when a message is taken
            if self._rest and self._soon is None and not self._stopped():
                self._soon = self.loop.call_soon(self._soon_on)
        elif self._paused:
            self._paused = False
            if not self.read_paused:
                self.transport.resume_reading()

    # --- what uvicorn does with it ---------------------------------------------------------

    def handle_ping(self) -> None:
        """The parser has made the pong. While earlier ones are not read, nothing more is."""
        self._clogged = not self.writable.is_set()
        super().handle_ping()

    def handle_cont(self, event: Frame) -> None:
        """A further frame of a message."""
        if len(self.frames) >= self._limits.fragments:
            self._refuse(CloseCode.MESSAGE_TOO_BIG, "fragments")
            return
        super().handle_cont(event)

    async def receive(self) -> ASGIReceiveEvent:
        """The application takes the next message. uvicorn may read on then: not before what is
        here has been parsed."""
        message = await super().receive()
        if self._rest or self._paused:
            self._pace()
        return message

    async def send(self, message: ASGISendEvent) -> None:
        """The application sends, or closes."""
        await super().send(message)
        if self.close_sent and not self.transport.is_closing():
            self._pace()
            self._end_within(self._limits.close_within)

    def send_now(self, message: str | bytes) -> bool:
        """See ``StraightWay``."""
        if not self.writable.is_set() or not self._open():
            return False
        if isinstance(message, str):
            self.conn.send_text(message.encode())
        else:
            self.conn.send_binary(message)
        self.transport.write(b"".join(self.conn.data_to_send()))
        return True

    def _open(self) -> bool:
        """Return whether messages may go either way."""
        return (
            self.handshake_complete
            and self.conn.state is OPEN
            and not self.close_sent
            and not self.transport.is_closing()
        )

    # --- the end ---------------------------------------------------------------------------

    def _unfit(self) -> None:
        """The handshake cannot be understood; websockets has written why, uvicorn does not send
        it."""
        self.places.refuse("head")
        self._fall_silent()
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.transport.close()

    def _refuse(self, code: CloseCode, reason: str) -> None:
        """Close because of what the peer does; what it sends from here on is not looked at."""
        self.places.refuse(reason)
        self._fall_silent()
        if not self.handshake_complete or self.close_sent or self.conn.state is not OPEN:
            self.transport.abort()
            return
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.close_sent = True
        self.transport.write(b"".join(self.conn.data_to_send()))
        self._end_within(self._limits.linger)

    def _end_within(self, seconds: float) -> None:
        """uvicorn leaves the connection to its timer where there is one. Its own waits until a peer
        that does not read has read all."""
        if self.close_timer is not None:
            self.close_timer.cancel()
        self.close_timer = self.loop.call_later(seconds, self.transport.abort)

    def _fall_silent(self) -> None:
        """Parse no more."""
        self._deaf = True
        self._rest.clear()
        self._cancel_soon()

    def _cancel_soon(self) -> None:
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None

    # --- time and room ---------------------------------------------------------------------

    def pause_writing(self) -> None:
        """The peer takes less than it is sent."""
        super().pause_writing()
        self._unread = self.loop.time()

    def resume_writing(self) -> None:
        """The peer has taken the data sent to it."""
        super().resume_writing()
        self._unread = None
        if self._clogged:
            self._clogged = False
            self._feed()

    def look(self, now: float) -> None:
        """Implement ``Guest.look``: end what is overdue."""
        if self._unread is not None and now - self._unread > self._limits.unread:
            self.places.refuse("unread")
            self.transport.abort()

    def leave(self) -> None:
        """Implement ``Guest.leave``: somebody else needs the place."""
        self._fall_silent()
        self.transport.abort()
