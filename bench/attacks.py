"""Attacks of strangers on a server: each in a thread of its own, with plain sockets.

An attack sends what it has as fast as it is taken, stops when its time is over or it is cut off,
and keeps what it opened until then. All are bounded: in bytes, in connections, in time.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException

MIB = 1 << 20
BIG = 150
"""MiB of a head that has no end."""
FLOOD = 8
"""MiB of frames, 1.4 million of the shortest kind."""
UNREAD = 64
"""MiB of pings whose answers nobody reads."""
HALF = 300
"""Requests that are begun and left."""
SLOW = 50
"""Bodies that come one byte at a time."""
QUOTE = 20
"""MiB of a table behind a quote that is never closed."""

UPGRADE = (
    b"GET /v1/call HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)
EMPTY = b"\x80" + bytes(4)
"""A length of nothing, and a mask."""
PING, PONG, REST, BEGIN = b"\x89" + EMPTY, b"\x8a" + EMPTY, b"\x00" + EMPTY, b"\x01" + EMPTY
"""Frames; the last two go on with a text and begin one."""
LONG_PING = b"\x89\xfd" + bytes(4) + bytes(125)
TABLE = "question,answer\nWhen do you open?,At nine.\nWhere are you?,In the high street.\n"


@dataclass
class Siege:
    """One attack on its way."""

    host: str
    port: int
    token: str
    """The admin API's token, for attacks that have one."""
    until: float
    """The end of the attack, on ``time.monotonic``."""
    figures: dict[str, float] = field(default_factory=dict)
    """The attack's own observations, beside those of everybody else."""

    @contextlib.contextmanager
    def connect(self) -> Iterator[socket.socket]:
        """A connection that waits no longer than the attack lasts."""
        with socket.create_connection((self.host, self.port), timeout=self.left()) as sock:
            yield sock

    def left(self) -> float:
        """Seconds."""
        return max(0.05, self.until - time.monotonic())

    def pour(self, sock: socket.socket, piece: bytes, mib: float) -> int:
        """Send a piece over and over; the bytes taken until the end or until we were cut off."""
        piece *= max(1, 65536 // len(piece))
        sent = 0
        with contextlib.suppress(OSError):
            while sent < mib * MIB and time.monotonic() < self.until:
                sock.settimeout(self.left())
                sock.sendall(piece)
                sent += len(piece)
        return sent

    def rest(self) -> None:
        """Keep everything open to the end."""
        time.sleep(self.left())

    @contextlib.contextmanager
    def many(self, count: int, opening: bytes) -> Iterator[list[socket.socket]]:
        """So many connections that begin like this."""
        with contextlib.ExitStack() as stack:
            socks = []
            with contextlib.suppress(OSError):
                for _ in range(count):
                    sock = stack.enter_context(self.connect())
                    sock.sendall(opening)
                    socks.append(sock)
            yield socks

    def seed(self, tenant: str, table: bytes) -> tuple[int, float]:
        """The status of a table's trial run, and the seconds until it came; (0, ...): never."""
        began = time.monotonic()
        connection = HTTPConnection(self.host, self.port, timeout=self.left())
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        status = 0
        with contextlib.suppress(OSError, HTTPException):
            connection.request("POST", seed_path(tenant), table, headers)
            status = connection.getresponse().status
        connection.close()
        return status, time.monotonic() - began


def seed_path(tenant: str) -> str:
    """The path at which a table is tried without being published."""
    return f"/admin/v1/seed?tenant={tenant}&dry_run=true"


# --- heads --------------------------------------------------------------------------------------


def long_header(siege: Siege) -> None:
    """One header without an end."""
    _endless(siege, b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: ")


def long_url(siege: Siege) -> None:
    """A URL without an end."""
    _endless(siege, b"GET /")


def long_handshake(siege: Siege) -> None:
    """A header without an end in the request for a WebSocket."""
    _endless(siege, UPGRADE + b"X-Long: ")


def long_trailer(siege: Siege) -> None:
    """A header without an end behind the last chunk of a body."""
    head = b"POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    _endless(siege, head + b"1\r\nx\r\n0\r\nX-Long: ")


def _endless(siege: Siege, begin: bytes) -> None:
    with siege.connect() as sock:
        sock.sendall(begin)
        siege.figures["taken_mib"] = round(siege.pour(sock, b"a", BIG) / MIB, 1)


def pipelined(siege: Siege) -> None:
    """Requests upon requests, and no answer is read."""
    with siege.connect() as sock:
        siege.pour(sock, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", FLOOD)


# --- frames -------------------------------------------------------------------------------------


@contextlib.contextmanager
def _call(siege: Siege) -> Iterator[socket.socket]:
    """A call as far as its handshake."""
    with siege.connect() as sock:
        sock.sendall(UPGRADE + b"\r\n")
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += sock.recv(4096) or b"\r\n\r\n"
        yield sock


def _flood(siege: Siege, begin: bytes, frame: bytes) -> None:
    with _call(siege) as sock:
        sock.sendall(begin)
        siege.pour(sock, frame, FLOOD)
        siege.rest()


def pings(siege: Siege) -> None:
    """Pings without a word in them."""
    _flood(siege, b"", PING)


def pongs(siege: Siege) -> None:
    """Pongs that nobody asked for."""
    _flood(siege, b"", PONG)


def continuations(siege: Siege) -> None:
    """A text that goes on and on and says nothing."""
    _flood(siege, BEGIN, REST)


def unread_pongs(siege: Siege) -> None:
    """Long pings, and no pong is read."""
    with _call(siege) as sock:
        siege.pour(sock, LONG_PING, UNREAD)
        siege.rest()


# --- time ---------------------------------------------------------------------------------------


def half_sent(siege: Siege) -> None:
    """Requests that are begun and left."""
    with siege.many(HALF, b"GET /healthz HTTP/1.1\r\nHost: x\r\n"):
        siege.rest()


def slow_bodies(siege: Siege) -> None:
    """Bodies that come one byte at a time, from somebody who may send them."""
    head = (
        f"POST /admin/v1/ask HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {siege.token}\r\n"
        "Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n"
    )
    with siege.many(SLOW, head.encode()) as socks:
        while time.monotonic() < siege.until:
            for sock in socks:
                with contextlib.suppress(OSError):
                    sock.send(b" ")
            time.sleep(0.2)


def handshake_with_body(siege: Siege) -> None:
    """Requests for a WebSocket that promise a body and do not send it; how many are answered."""
    answered = 0
    with siege.many(SLOW, UPGRADE + b"Content-Length: 1000000\r\n\r\n") as socks:
        for sock in socks:
            with contextlib.suppress(OSError):
                sock.settimeout(min(1.0, siege.left()))
                answered += sock.recv(64).startswith(b"HTTP/1.1 4")
    siege.figures["unanswered"] = SLOW - answered
    siege.rest()


# --- tables -------------------------------------------------------------------------------------


def stalled_upload(siege: Siege) -> None:
    """A table of which half comes; then somebody else has one for the same tenant."""
    head = (
        f"POST {seed_path('stalled')} HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {siege.token}\r\nContent-Length: 1000000\r\n\r\n"
    )
    with siege.many(1, head.encode() + TABLE.encode()):
        time.sleep(0.5)
        status, _ = siege.seed("stalled", TABLE.encode())
    siege.figures["others_refused"] = float(status != 200)


def unclosed_quote(siege: Siege) -> None:
    """A large table behind a quote that is never closed."""
    rows = b'question,answer\n"When do you open?,At nine.\n' + b"a,b\n" * (QUOTE * MIB // 4)
    _, seconds = siege.seed("quoted", rows)
    siege.figures["answered_s"] = round(seconds, 1)


ATTACKS: dict[str, Callable[[Siege], None]] = {
    one.__name__: one
    for one in (
        *(long_header, long_url, long_handshake, long_trailer, pipelined),
        *(pings, pongs, continuations, unread_pongs),
        *(half_sent, slow_bodies, handshake_with_body),
        *(stalled_upload, unclosed_quote),
    )
}
LONGER = {"stalled_upload": 15.0, "unclosed_quote": 15.0}
"""Seconds for attacks whose end is waited for."""
