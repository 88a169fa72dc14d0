"""The other workers of this machine: who leads, and what they are asked.

One worker leads: it alone runs what must run once, such as the jobs of ``/admin``, and what others
are asked for on its behalf they pass on to it. To lead is to hold a lock on a file, which the
system takes away from a process that dies; the next that is asked finds it free. Workers talk HTTP
over sockets in a folder that only their user may enter, and show a word that they share.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hmac
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

log = logging.getLogger("frontline.workers")

HEADER = "x-frontline-peer"
"""Names the word that workers share; who shows it is a worker and is answered here."""
SOON = 2.0
"""Seconds a worker has to answer what it knows of itself; without, the others' answers stand."""
AGAIN = 0.5
"""Seconds until a stream that ended, or did not begin, is asked for again."""
_KEPT_BACK = frozenset({"connection", "keep-alive", "transfer-encoding", "upgrade", "te", "host"})


class Peers:
    """The workers, as number ``own`` sees them."""

    def __init__(self, folder: Path, own: int, count: int, word: str) -> None:
        self.own = own
        self._folder = folder
        self._count = count
        self._word = word
        self._lock: int | None = None
        self._clients: dict[int, httpx.AsyncClient] = {}

    def listen(self) -> socket.socket:
        """The socket on which the others find this worker."""
        place = self._place(self.own)
        with contextlib.suppress(FileNotFoundError):
            place.unlink()  # of the one that had this number before
        sock = socket.socket(socket.AF_UNIX)
        sock.bind(str(place))
        sock.listen()
        return sock

    def _place(self, number: int) -> Path:
        return self._folder / f"{number}.sock"

    def known(self, request: Request) -> bool:
        """Return whether a worker asks."""
        return hmac.compare_digest(request.headers.get(HEADER, "").encode(), self._word.encode())

    # --- who leads -----------------------------------------------------------------------------

    def leader(self) -> int:
        """The number of the worker that leads: this one's own if nobody else does."""
        if self._lock is not None:
            return self.own
        lock = os.open(self._folder / "leader", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            said = os.read(lock, 8)
            os.close(lock)
            return int(said) if said.isdigit() else self.own
        os.ftruncate(lock, 0)
        os.pwrite(lock, str(self.own).encode(), 0)
        self._lock = lock
        return self.own

    def leads(self) -> bool:
        """Return whether it is this one, which becomes it if nobody else is."""
        self.leader()
        return self._lock is not None

    # --- what they are asked -------------------------------------------------------------------

    def client(self, number: int) -> httpx.AsyncClient:
        """Speaks to that worker."""
        if number not in self._clients:
            way = httpx.AsyncHTTPTransport(uds=str(self._place(number)))
            self._clients[number] = httpx.AsyncClient(
                transport=way,
                base_url="http://localhost",
                headers={HEADER: self._word},
                timeout=None,
            )
        return self._clients[number]

    async def gather(self, path: str, method: str = "GET") -> list[bytes]:
        """The answers of all others; one that cannot answer soon is left out."""
        others = [number for number in range(self._count) if number != self.own]
        answers = await asyncio.gather(*(self._ask(number, method, path) for number in others))
        return [answer for answer in answers if answer is not None]

    async def _ask(self, number: int, method: str, path: str) -> bytes | None:
        try:
            async with asyncio.timeout(SOON):
                answer = await self.client(number).request(
                    method, path, headers={"connection": "close"}
                )
        except (httpx.HTTPError, TimeoutError) as error:
            log.info("worker %d does not answer (%s)", number, type(error).__name__)
            return None
        return answer.content if answer.is_success else None

    async def follow(self, path: str, take: Callable[[bytes], None]) -> None:
        """Give every event of the others' streams to ``take``, until it is cancelled. A worker that
        is gone, or new, is asked again and again."""
        async with asyncio.TaskGroup() as tasks:
            for number in range(self._count):
                if number != self.own:
                    tasks.create_task(self._follow(number, path, take))

    async def _follow(self, number: int, path: str, take: Callable[[bytes], None]) -> None:
        while True:
            with contextlib.suppress(httpx.HTTPError):
                async with self.client(number).stream("GET", path) as answer:
                    rest = b""
                    async for piece in answer.aiter_raw():
                        *blocks, rest = (rest + piece).split(b"\n\n")
                        for block in blocks:
                            if block.startswith(b"event:"):
                                take(block + b"\n\n")
            await asyncio.sleep(AGAIN)

    async def close(self) -> None:
        """Lead no more, ask nobody any more."""
        for client in self._clients.values():
            await client.aclose()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


class PassedOn:
    """Passes requests below a path on to the worker that leads."""

    def __init__(self, app: ASGIApp, peers: Peers, path: str) -> None:
        self._app = app
        self._peers = peers
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or not scope["path"].startswith(self._path):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        if self._peers.known(request):
            await self._app(scope, receive, send)
            return
        leader = self._peers.leader()
        if leader == self._peers.own:
            await self._app(scope, receive, send)
            return
        await _pass_on(self._peers.client(leader), request, scope, receive, send)


async def _pass_on(
    client: httpx.AsyncClient, request: Request, scope: Scope, receive: Receive, send: Send
) -> None:
    headers = [
        (key, value) for key, value in request.headers.items() if key.lower() not in _KEPT_BACK
    ]
    query = scope["query_string"].decode("latin-1")
    path = scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")
    sent = False
    try:
        async with client.stream(
            request.method, path, headers=headers, content=_body(request)
        ) as answer:
            response = _Streamed(answer)
            sent = True
            await response(scope, receive, send)
    except httpx.HTTPError as error:
        log.warning("the worker that leads does not answer (%s)", type(error).__name__)
        if not sent:
            problem = {"code": "unavailable", "message": "a worker was lost; try again"}
            await JSONResponse({"error": problem}, 503)(scope, receive, send)


async def _body(request: Request) -> AsyncIterator[bytes]:
    async for piece in request.stream():
        if piece:
            yield piece


class _Streamed(Response):
    """An answer as it comes."""

    def __init__(self, answer: httpx.Response) -> None:
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = [
            (key, value)
            for key, value in self._answer.headers.raw
            if key.lower().decode("latin-1") not in _KEPT_BACK
        ]
        status = self._answer.status_code
        await send({"type": "http.response.start", "status": status, "headers": head})
        async for piece in self._answer.aiter_raw():
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
