"""Who takes a connection: in real time, on a socket that two doormen listen on."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest

from gateway.workers.board import Board
from gateway.workers.doorman import Doorman

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]


class Guests(asyncio.Protocol):
    """The connections of one worker."""

    def __init__(self, own: set[asyncio.BaseTransport]) -> None:
        self.own = own

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.own.add(transport)


class Hall:
    """Two doormen of one process at one socket, as two workers would be."""

    def __init__(self) -> None:
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.board = Board(2)
        self.guests: list[asyncio.StreamWriter] = []
        self.held: list[set[asyncio.BaseTransport]] = [set(), set()]
        self.doormen = [self._doorman(0), self._doorman(1)]

    def _doorman(self, number: int) -> Doorman:
        # a descriptor of its own: a loop watches each but once
        sock = self.sock if number == 0 else self.sock.dup()
        return Doorman(sock, self.board, number, lambda: len(self.held[number]))

    def open(self, number: int) -> None:
        self.doormen[number].open(lambda: Guests(self.held[number]), None)

    async def come(self, count: int) -> None:
        """So many connect, and all have been taken."""
        before = sum(map(len, self.held))
        _, port = self.sock.getsockname()
        for _ in range(count):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            self.guests.append(writer)
        async with asyncio.timeout(10):
            while sum(map(len, self.held)) < before + count:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.001)


@contextlib.asynccontextmanager
async def hall(*numbers: int) -> AsyncIterator[Hall]:
    made = Hall()
    for number in numbers:
        made.open(number)
    try:
        yield made
    finally:
        for number in numbers:
            made.doormen[number].close()
        for own in made.held:
            for transport in own:
                transport.close()
        for guest in made.guests:
            guest.close()
            with contextlib.suppress(ConnectionError):
                await guest.wait_closed()
        for doorman in made.doormen:
            doorman._sock.close()


async def test_connections_are_shared_evenly() -> None:
    async with hall(0, 1) as one:
        await one.come(20)
        assert abs(len(one.held[0]) - len(one.held[1])) <= 6


async def test_who_is_alone_takes_all() -> None:
    async with hall(0) as one:
        await one.come(5)
        assert len(one.held[0]) == 5


async def test_a_connection_does_not_wait_for_one_who_never_comes() -> None:
    async with hall(0) as one:
        one.board.write(1, 99, 0)  # it is on the board, and does not take any
        await one.come(5)
        assert len(one.held[0]) == 5


async def test_who_closes_is_off_the_board() -> None:
    async with hall(0, 1) as one:
        one.doormen[1].close()
        assert one.board.fewest(0) is None
