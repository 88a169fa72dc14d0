"""HTTP with limits: uvicorn's protocol, fed with care.

What is read from a socket goes to the parser in pieces small enough that none of them holds up the
loop, however it is made; between some of them the others get their turn. A head, or the framing of
chunks, that grows beyond its limit is answered and not parsed any further, so a refusal costs the
same whatever is sent. Nothing is parsed while an earlier request waits for its answer.

``tests/gateway/serving/test_uvicorn.py`` pins what is assumed of uvicorn here.
"""

from __future__ import annotations

import asyncio
from asyncio.transports import BaseTransport
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, ClassVar, cast

from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from gateway.serving.places import Places
from gateway.serving.progress import PIECE, Phase, Progress
from gateway.serving.rate import Rate

STEP = 16 * PIECE
"""Bytes parsed before the other connections get their turn."""


class Flow(FlowControl):
    """uvicorn's flow control, which does not resume reading itself but says that it may be."""

    def __init__(self, transport: asyncio.Transport, resumed: Callable[[], None]) -> None:
        super().__init__(transport)
        self._resumed = resumed

    def resume_reading(self) -> None:
        """Resume as uvicorn does, but parse the bytes at hand before reading more."""
        if self.read_paused:
            self.read_paused = False
            self._resumed()


class GuardedHttp(HttpToolsProtocol):
    """One HTTP connection. A subclass names the house it belongs to (``guarded``)."""

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
        self._progress = Progress(self._limits, self.loop.time())
        self._rate = Rate(self._limits, self.loop.time(), self._limits.requests)
        self._slowed: asyncio.TimerHandle | None = None  # the rate is waited for
        self._rest = bytearray()  # read, not parsed yet
        self._soon: asyncio.Handle | None = None  # parsing goes on
        self._paused = False  # reading, for what is in _rest
        self._deaf = False  # nothing is parsed any more
        self._verdict: tuple[str, HTTPStatus, str] | None = None  # found while parsing
        self._unread: float | None = None  # since when the peer takes nothing
        self._by_proxy = False  # the peer is a trusted proxy: heads say who calls

    def connection_made(self, transport: BaseTransport) -> None:
        """A peer has connected: give it a place, or close the connection if there is none."""
        super().connection_made(cast(asyncio.Transport, transport))
        self.flow = Flow(self.transport, self._go_on)
        address = self.client[0] if self.client else ""
        self._by_proxy = self.places.proxies.trust(address)
        if not self.places.enter(transport, self, address):
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, "too many connections")
            self.transport.close()  # at once: it is descriptors that are short

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is over: give its place back."""
        self.places.leave(self.transport)
        self._fall_silent()
        super().connection_lost(exc)

    # --- what is read ----------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Parse it, or keep it until it can be."""
        if self._deaf:
            return
        self._rest += data
        if self._soon is None:
            self._feed()

    def _feed(self) -> None:
        """Parse a step's worth of what is here."""
        self._soon = None
        done = 0
        while self._rest and not self._stopped() and done < STEP:
            now = self.loop.time()
            self._progress.resume(now)
            size = self._progress.piece()
            if size <= 0:
                self._too_long()
                return
            piece = bytes(self._rest[:size])
            del self._rest[:size]
            self._progress.feed(now)
            super().data_received(piece)
            if self._verdict is not None:
                self._refuse(*self._verdict)
            if not self._deaf and not self.transport.is_closing():
                self._progress.fed(len(piece))
            done += len(piece)
        self._pace()

    def _stopped(self) -> bool:
        """Return whether parsing must wait: for a consumer to take something, or for a window to
        pass."""
        return (
            self._deaf
            or self._slowed is not None
            or self.flow.read_paused
            or bool(self.pipeline)
            or self.transport.is_closing()
        )

    def _pace(self) -> None:
        """Read while there is nothing left to parse, and see to it that parsing goes on."""
        if self._deaf or self.transport.is_closing():
            return
        if self._rest and not self._paused:
            self._paused = True
            self.transport.pause_reading()
        if self._stopped():
            self._progress.hold(self.loop.time())
        elif self._rest:
            self._soon = self._soon or self.loop.call_soon(self._feed)
        elif self._paused:
            self._paused = False
            self.transport.resume_reading()

    def _on_time(self) -> None:
        """Go on, as the window is over."""
        self._slowed = None
        if not self.flow.read_paused:
            self._go_on()

    def _go_on(self) -> None:
        """Go on parsing, or reading, where the reason to stop may be over."""
        if self._deaf or self.transport.is_closing():
            return
        if self._rest:
            self._soon = self._soon or self.loop.call_soon(self._feed)
            return
        self._paused = False
        self._progress.resume(self.loop.time())
        self.transport.resume_reading()

    # --- what the parser finds -------------------------------------------------------------

    def on_headers_complete(self) -> None:
        """A head is whole; uvicorn hears of it unless it asks for too much."""
        if self._verdict is not None:
            return
        if len(self.headers) > self._limits.headers:
            text = f"a request has at most {self._limits.headers} headers"
            self._verdict = "head", HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, text
            return
        length = body_length(self.headers)
        if length != 0 and self.parser.should_upgrade() and self._should_upgrade():
            self._verdict = "head", HTTPStatus.BAD_REQUEST, "a WebSocket handshake has no body"
            return
        if self._by_proxy and not self.places.move(
            self.transport, self.places.proxies.caller(self.headers)
        ):
            self._verdict = "address", HTTPStatus.SERVICE_UNAVAILABLE, "too many connections"
            return
        now = self.loop.time()
        self._progress.headed(now, length)
        self.places.busy(self.transport)
        if (wait := self._rate.count(1, 0, now)) and self._slowed is None:
            self._slowed = self.loop.call_later(wait, self._on_time)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of a body."""
        if self._verdict is None:
            self._progress.body(len(body))
            super().on_body(body)

    def on_message_complete(self) -> None:
        """A request is whole."""
        if self._verdict is None:
            self._progress.whole(self.loop.time())
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """A request is answered; the next may be parsed."""
        super().on_response_complete()
        if self._deaf or self.transport.is_closing():
            return
        if self.cycle.response_complete and not self.pipeline:
            self._progress.answered(self.loop.time())
            if self._progress.phase is not Phase.REST:
                self.places.waits(self.transport)
                if self._by_proxy:  # the next request may be another caller's
                    self.places.move(self.transport, "")
        if self._rest:
            self._go_on()

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over to the WebSocket protocol."""
        if self._verdict is not None:
            return
        if self._paused:
            self.transport.resume_reading()
        self._fall_silent()
        super().handle_websocket_upgrade()

    # --- refusals --------------------------------------------------------------------------

    def _too_long(self) -> None:
        if self._progress.phase in (Phase.BODY, Phase.REST):
            self._refuse("body", HTTPStatus.BAD_REQUEST, "more chunk framing than body")
            return
        text = f"a request's line and headers have at most {self._limits.head} bytes"
        self._refuse("head", HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, text)

    def _refuse(self, reason: str, status: HTTPStatus, text: str) -> None:
        """Answer if nobody else is answering, and end the connection."""
        self.places.refuse(reason)
        cycle = self._newest()
        if self.pipeline or (
            cycle is not None and cycle.response_started != cycle.response_complete
        ):
            self._fall_silent()
            self.transport.abort()  # an answer is on its way that ours would be mixed up with
            return
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True  # the application learns that nobody waits
            cycle.message_event.set()
        self._answer(status, text)

    def _newest(self) -> RequestResponseCycle | None:
        """The request that came last, if one did."""
        return self.cycle

    def _answer(self, status: HTTPStatus, text: str) -> None:
        """Say it, and end the connection once it can have been read."""
        self._fall_silent()
        body = f"{text}\n".encode()
        lines = [
            f"HTTP/1.1 {status.value} {status.phrase}",
            "content-type: text/plain; charset=utf-8",
            f"content-length: {len(body)}",
            "connection: close",
        ]
        self.transport.write("\r\n".join([*lines, "", ""]).encode() + body)
        self.transport.pause_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(self._limits.linger, self.transport.abort)

    def _fall_silent(self) -> None:
        """Parse no more."""
        self._deaf = True
        self._rest.clear()
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None
        if self._slowed is not None:
            self._slowed.cancel()
            self._slowed = None
        self._unset_keepalive_if_required()

    # --- time and room ---------------------------------------------------------------------

    def pause_writing(self) -> None:
        """The peer takes less than it is sent."""
        super().pause_writing()
        self._unread = self.loop.time()

    def resume_writing(self) -> None:
        """The peer has taken the data sent to it."""
        super().resume_writing()
        self._unread = None

    def look(self, now: float) -> None:
        """Implement ``Guest.look``: end what is overdue."""
        if self._unread is not None and now - self._unread > self._limits.unread:
            self.places.refuse("unread")
            self.transport.abort()
        elif not self._deaf and now >= self._progress.due and not self.transport.is_closing():
            self._late()

    def _late(self) -> None:
        if self._progress.phase is Phase.REST or not self._progress.begun:
            self.places.refuse("late")
            self._fall_silent()
            self.transport.close()
            return
        whole = "body" if self._progress.phase is Phase.BODY else "head"
        self._refuse("late", HTTPStatus.REQUEST_TIMEOUT, f"the request's {whole} took too long")

    def leave(self) -> None:
        """Implement ``Guest.leave``: somebody else needs the place."""
        self._fall_silent()
        self.transport.abort()


def body_length(headers: list[tuple[bytes, bytes]]) -> int | None:
    """Bytes of the body that these headers announce; None: it comes in chunks. The parser has seen
    to it that there is one length at most, and a number."""
    for name, value in headers:
        if name == b"transfer-encoding":
            return None
        if name == b"content-length":
            return int(value)
    return 0
