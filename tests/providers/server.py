"""A local provider on a port of its own: takes connections, asks the provider, plays its answers.

    async with Server(OpenAI(), behaviour=Behaviour(first=Delay(0.02))) as server:
        client = AsyncOpenAI(api_key="k", base_url=f"{server.http}/v1")
        server.next(Behaviour(status=429, retry_after="2"))      # of the next request alone
        ...
        assert (await server.journal.closed()).outcome == "cancelled"

Every server also answers ``GET /_journal``, ``PUT /_behaviour`` (a ``Mix`` as JSON, for all
requests) and ``POST /_behaviour`` (a list of ``Behaviour``, for the next ones): for whoever runs
it in a process of its own. These are not in the journal.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from random import Random
from types import TracebackType
from typing import NamedTuple, Protocol, Self

import msgspec

from tests.providers.behaviour import Behaviour, Mix
from tests.providers.journal import Entry, Journal, masked
from tests.providers.websocket import Socket
from tests.providers.wire import BadRequest, Broken, Line, Pause, Request, Sender


class Piece(NamedTuple):
    """Part of a body that goes out at once."""

    data: bytes
    pause: Pause = "between"
    """Which pause of the behaviour comes before it."""


@dataclass
class Answer:
    """A provider's answer to a request."""

    status: int = 200
    content_type: str = "application/json"
    body: bytes | AsyncIterator[Piece] | Iterable[Piece] = b""
    """Whole, or in pieces: then chunked."""
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, value: object, status: int = 200, **headers: str) -> Answer:
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return cls(status, body=json.dumps(value).encode(), headers=named)


class Provider(Protocol):
    """What a vendor's server does, apart from breaking."""

    async def answer(self, request: Request) -> Answer:
        """Of a good request: the answer; of a bad one: the vendor's error."""
        ...

    def refusal(self, status: int, code: str, request: Request) -> Answer:
        """The vendor's error of that status, and code where there are several."""
        ...

    def welcome(self, request: Request) -> Answer | dict[str, str]:
        """Of a WebSocket: a refusal, or headers of the handshake."""
        ...

    async def talk(self, request: Request, socket: Socket) -> None:
        """One WebSocket, from its handshake on; when it returns, the queue is sent and the
        connection closed."""
        ...


class Server:
    """A provider, listening on 127.0.0.1."""

    def __init__(
        self,
        provider: Provider,
        *,
        port: int = 0,
        behaviour: Behaviour | Mix | None = None,
        seed: int = 7,
    ) -> None:
        self.provider = provider
        self.port = port
        self.journal = Journal()
        self.behaviour: Behaviour | Mix = behaviour or Behaviour()
        self._next: deque[Behaviour] = deque()
        self._seed = seed
        self._requests = 0
        self._lines: set[Line] = set()
        self._connections = 0
        self._listening: asyncio.Server | None = None

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """Open now."""
        return len(self._lines)

    def next(self, *behaviours: Behaviour) -> None:
        """The behaviours of the next requests, one each."""
        self._next.extend(behaviours)

    # --- listening ----------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        self._tasks = await asyncio.TaskGroup().__aenter__()
        await self.listen()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.refuse()
        if isinstance(error, asyncio.CancelledError):  # maybe by the group: a task has failed
            await self._tasks.__aexit__(kind, error, trace)
        else:  # the test's own error stays as it is
            await self._tasks.__aexit__(None, None, None)

    async def listen(self) -> None:
        """Take connections; after ``refuse`` again, on the same port."""
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(self._line, "127.0.0.1", self.port)
        self.port = self._listening.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """Stop listening, and reset what is connected: connections are refused from now on."""
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        for line in list(self._lines):
            line.reset()
        await asyncio.sleep(0)

    def _line(self) -> Line:
        self._connections += 1
        return Line(self._opened, self._connections)

    def _opened(self, line: Line) -> None:
        self._lines.add(line)
        task = self._tasks.create_task(self._serve(line), name=f"connection {line.number}")
        line.on_gone = lambda: _cancel(task)

    # --- one connection -----------------------------------------------------------------------

    async def _serve(self, line: Line) -> None:
        entry: Entry | None = None
        try:
            while (request := await line.request()) is not None:
                if request.path.startswith("/_"):
                    await self._reply(self._control(request), line, Behaviour(), Random(), None)
                    continue
                entry = self._note(request, line)
                await self._exchange(request, line, entry)
                line.requests += 1
        except Broken as broken:
            self._end(entry, broken.outcome)
        except BadRequest as error:
            refusal = Answer.json({"error": str(error)}, 400)
            with contextlib.suppress(Broken):
                await self._reply(refusal, line, Behaviour(), Random(), None)
        except asyncio.CancelledError:
            if not line.gone:
                raise
            self._end(entry, "cancelled")
        finally:
            if line.gone and not line.ended and entry is not None:
                entry.client_closed_at = entry.client_closed_at or self._now()
            line.close()
            self._lines.discard(line)
            self.journal.note()

    def _end(self, entry: Entry | None, outcome: str) -> None:
        if entry is not None and entry.ended_at is None:
            entry.ended_at, entry.outcome = self._now(), outcome
            self.journal.note()

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _note(self, request: Request, line: Line) -> Entry:
        asked_at = self._now()  # before it is understood, which is the provider's own time
        body = request.json()
        self._requests += 1
        entry = Entry(
            number=self._requests,
            connection=line.number,
            method=request.method,
            path=request.path,
            query=masked(request.query),
            headers=masked(request.headers),
            body=masked(body) if isinstance(body, dict) else request.body.decode(errors="replace"),
            asked_at=asked_at,
        )
        self.journal.add(entry)
        return entry

    # --- one request --------------------------------------------------------------------------

    async def _exchange(self, request: Request, line: Line, entry: Entry) -> None:
        rng = Random(f"{self._seed}:{entry.number}")
        behaviour = self._behaviour_of(request, rng)
        if not line.requests:
            await Sender(line, behaviour, rng).pause(behaviour.connect)
        if behaviour.status:
            answer = self.provider.refusal(behaviour.status, behaviour.code, request)
            if behaviour.retry_after:
                answer.headers["retry-after"] = behaviour.retry_after
        elif request.is_socket:
            welcome = self.provider.welcome(request)
            if not isinstance(welcome, Answer):
                await self._talk(request, line, behaviour, rng, entry, welcome)
                raise Broken("complete")
            answer = welcome
        else:
            answer = await self.provider.answer(request)
        await self._reply(answer, line, behaviour, rng, entry)
        self._end(entry, "complete")

    def _behaviour_of(self, request: Request, rng: Random) -> Behaviour:
        if told := request.headers.get("x-behaviour"):
            return msgspec.json.decode(told, type=Behaviour)
        if self._next:
            return self._next.popleft()
        if isinstance(self.behaviour, Mix):
            return self.behaviour.draw(rng)
        return self.behaviour

    async def _reply(
        self, answer: Answer, line: Line, behaviour: Behaviour, rng: Random, entry: Entry | None
    ) -> None:
        sender = Sender(line, behaviour, rng)
        await sender.reach("headers")
        await sender.pause(behaviour.headers)
        await line.write(_head(answer, behaviour), behaviour)
        if entry is not None:
            entry.status, entry.headers_at = answer.status, self._now()
            self.journal.note()
        await sender.reach("body")
        if isinstance(answer.body, bytes):
            await line.write(answer.body, behaviour)
            return
        async for piece in _each(answer.body):
            extra = await sender.before_piece(piece.pause)
            if extra:
                await line.write(_chunk(extra), behaviour)
            data = piece.data.replace(b"\n", b"\r\n") if behaviour.crlf else piece.data
            leaves_at = self._now()  # before: whoever reads it may run first
            await line.write(_chunk(data), behaviour)
            if entry is not None:
                entry.first_at = entry.first_at or leaves_at
                entry.pieces += 1
                self.journal.note()
            await sender.after_piece()
        await line.write(b"0\r\n\r\n", behaviour)

    async def _talk(
        self,
        request: Request,
        line: Line,
        behaviour: Behaviour,
        rng: Random,
        entry: Entry,
        headers: dict[str, str],
    ) -> None:
        socket = Socket(line, behaviour, rng, entry, self.journal)
        await socket.open(request, headers)
        entry.status, entry.headers_at = 101, self._now()
        self.journal.note()
        try:
            async with asyncio.TaskGroup() as tasks:
                writing = tasks.create_task(socket.write_queue(), name="write")
                await self.provider.talk(request, socket)
                if socket.is_open:
                    socket.close()
                    await writing
                else:
                    writing.cancel()
        except* Broken as group:
            first = group.exceptions[0]
            assert isinstance(first, Broken)
            self._end(entry, first.outcome)
        self._end(entry, "complete" if socket.closing else "cancelled")
        await socket.finish()

    def _control(self, request: Request) -> Answer:
        try:
            match request.method, request.path:
                case "GET", "/_journal":
                    return Answer(body=msgspec.json.encode(self.journal.export()))
                case "PUT", "/_behaviour":
                    self.behaviour = msgspec.json.decode(request.body, type=Mix)
                case "POST", "/_behaviour":
                    self.next(*msgspec.json.decode(request.body, type=list[Behaviour]))
                case _:
                    return Answer.json({"error": "not found"}, 404)
        except msgspec.ValidationError as error:
            return Answer.json({"error": str(error)}, 422)
        return Answer.json({})


def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()


def _head(answer: Answer, behaviour: Behaviour) -> bytes:
    headers = {"content-type": behaviour.content_type or answer.content_type, **answer.headers}
    if isinstance(answer.body, bytes):
        headers["content-length"] = str(len(answer.body))
    else:
        headers["transfer-encoding"] = "chunked"
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {answer.status} -\r\n{lines}\r\n".encode("latin-1")


def _chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


async def _each(pieces: AsyncIterator[Piece] | Iterable[Piece]) -> AsyncIterator[Piece]:
    if isinstance(pieces, AsyncIterator):
        async for piece in pieces:
            yield piece
    else:
        for piece in pieces:
            yield piece
