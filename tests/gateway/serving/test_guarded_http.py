"""HTTP with limits, over real sockets: what is refused, how soon, and what is not."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.serving.guarded_http import GuardedHttp, body_length
from gateway.serving.rate import CLOSE
from tests.support.besieged import GET, UPGRADE, Server, besieged

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

LONG = b"a" * (4 << 20)
HEAD = 16 * 1024


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Sizes of what reached uvicorn's parser."""
    sizes: list[int] = []
    original = HttpToolsProtocol.data_received

    def data_received(self: Any, data: bytes) -> None:
        sizes.append(len(data))
        original(self, data)

    monkeypatch.setattr(HttpToolsProtocol, "data_received", data_received)
    return sizes


class TestHeads:
    @pytest.mark.parametrize(
        "begin",
        [
            b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: ",
            b"GET /",
            b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 100 + b"X-Long: ",
            UPGRADE + b"X-Long: ",
            GET + b"GET /",
        ],
        ids=["header", "url", "many and a header", "handshake", "second of two"],
    )
    async def test_one_without_an_end_is_refused_unparsed(
        self, begin: bytes, parsed: list[int]
    ) -> None:
        async with besieged() as server:
            answer = await server.ask(begin + LONG)
        assert b"HTTP/1.1 431 " in answer
        assert sum(parsed) <= HEAD + 1024 + len(GET)
        assert max(parsed) <= 1024
        assert server.refused == ["head"]

    async def test_one_of_just_the_size_is_taken(self) -> None:
        line = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Long: %s\r\n\r\n"
        fits = line % (b"a" * (HEAD - len(line) + 2))
        assert len(fits) == HEAD
        async with besieged() as server:
            assert b" 200 " in await server.ask(fits)
            assert b" 431 " in await server.ask(line % (b"a" * (HEAD - len(line) + 3)))

    async def test_too_many_headers(self) -> None:
        async with besieged() as server:
            answer = await server.ask(b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 129 + b"\r\n")
            handshake = await server.ask(UPGRADE + b"A: b\r\n" * 129 + b"\r\n")
        assert b"HTTP/1.1 431 " in answer
        assert b"HTTP/1.1 431 " in handshake
        assert server.answered == 0
        assert server.guests == []

    async def test_a_handshake_that_websockets_refuses_is_answered(self) -> None:
        async with besieged() as server:
            long = UPGRADE.replace(b"/ws", b"/ws?" + b"a" * 9000)
            assert b"HTTP/1.1 414 " in await server.ask(long + b"\r\n")

    async def test_a_head_in_single_bytes(self) -> None:
        async with besieged() as server, server.line() as line:
            for one in GET:
                await line.say(bytes([one]))
                await asyncio.sleep(0)
            assert (await line.hears(15)).startswith(b"HTTP/1.1 200")


class TestPipelines:
    async def test_nothing_is_parsed_while_an_answer_is_waited_for(self, parsed: list[int]) -> None:
        async with besieged(requests=1 << 30) as server, server.line() as line:
            await line.say(GET.replace(b"/ ", b"/held "))
            await server.until(lambda: parsed)
            line.writer.write(GET * 100_000)
            for _ in range(20):
                await asyncio.sleep(0.002)
            assert sum(parsed) <= 2 * 1024
            server.hold.set()
            await server.until(lambda: server.answered > 200)

    async def test_more_than_the_rate_wait_and_none_is_lost(self) -> None:
        """Answering as many as come left matching no time: 50 ms for other calls' turns, not 8."""
        async with besieged(requests=20, window=0.1) as server, server.line() as line:
            loop = asyncio.get_running_loop()
            began = loop.time()
            pieces = 1024 // len(GET)
            last = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
            _, heard = await asyncio.gather(line.say(GET * 200 + last), line.hears_all())
            assert heard.count(b"HTTP/1.1 200") == 201
            assert loop.time() - began >= (0.1 - CLOSE) * (201 // (20 + pieces) - 1)

    async def test_all_of_them_are_answered_in_order(self) -> None:
        async with besieged(requests=1 << 30) as server, server.line() as line:
            last = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
            await line.say(GET * 500 + last)
            heard = await line.hears_all()
            assert heard.count(b"HTTP/1.1 200") == server.answered == 501


class TestBodies:
    @pytest.mark.parametrize("size", [0, 1, 70_000, 1_000_000])
    async def test_a_whole_one_arrives_whole(self, size: int) -> None:
        body = bytes(range(256)) * (size // 256 + 1)
        body = body[:size]
        head = b"POST /take HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size
        chunks = [body[at : at + 1000] for at in range(0, size, 1000)]
        coded = b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in chunks) + b"0\r\n\r\n"
        chunked = b"POST /take HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + coded
        last = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        async with besieged() as server, server.line() as line:
            await asyncio.gather(line.say(head + body + chunked + last), line.hears_all())
            assert server.bodies == [body, body]
            assert server.answered == 3

    async def test_chunks_of_one_byte_are_none_of_our_business(self) -> None:
        coded = b"1\r\nx\r\n" * 40_000 + b"0\r\n\r\n"
        head = b"POST /take HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        async with besieged() as server, server.line() as line:
            _, answer = await asyncio.gather(line.say(head + coded), line.hears_all())
            assert answer.startswith(b"HTTP/1.1 200")
            assert server.bodies == [b"x" * 40_000]

    @pytest.mark.parametrize(
        "begin",
        [b"1;", b"1\r\nx\r\n0\r\nX-Long: ", b"1\r\nx\r\n0\r\n" + b"A: b\r\n" * 4000],
        ids=["extension", "trailer", "many trailers"],
    )
    async def test_framing_without_an_end_is_refused(self, begin: bytes, parsed: list[int]) -> None:
        head = b"POST /take HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        async with besieged() as server:
            answer = await server.ask(head + begin + LONG)
            await server.until(lambda: server.gone == 1)
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert sum(parsed) <= HEAD + 4 * 1024
        assert server.refused == ["body"]

    @pytest.mark.parametrize(
        "body", [b"Content-Length: 1000000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n"]
    )
    async def test_a_handshake_with_a_body_is_answered_at_once(self, body: bytes) -> None:
        async with besieged(body_within=60.0, head_within=60.0) as server:
            answer = await server.ask(UPGRADE + body)
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert server.guests == []


class TestTime:
    async def test_a_head_that_is_not_whole_in_time(self) -> None:
        async with besieged(head_within=0.1) as server:
            assert (await server.ask(GET[:-4])).startswith(b"HTTP/1.1 408 ")
            assert server.refused == ["late"]

    async def test_a_head_that_drips_gets_no_more_time(self) -> None:
        async with besieged(head_within=0.2) as server, server.line() as line:
            heard = asyncio.get_running_loop().create_task(line.hears_all())
            while not heard.done():
                await line.say(b"G")
                await asyncio.sleep(0.01)
            assert (await heard).startswith(b"HTTP/1.1 40")

    async def test_nobody_may_be_silent(self) -> None:
        async with besieged(head_within=0.1) as server:
            assert await server.ask(b"") == b""

    async def test_the_second_head_has_its_own_time(self) -> None:
        async with besieged(head_within=0.3) as server, server.line() as line:
            await line.say(GET)
            assert (await line.hears(12)) == b"HTTP/1.1 200"
            await line.say(GET[:-4])
            assert b"HTTP/1.1 408" in await line.hears_all()

    async def test_a_body_that_stalls(self) -> None:
        head = b"POST /take HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf"
        async with besieged(body_within=0.1) as server:
            assert (await server.ask(head)).startswith(b"HTTP/1.1 408 ")
            await server.until(lambda: server.gone == 1)
            assert server.bodies == []

    async def test_the_rest_of_a_body_that_is_answered_is_not_waited_for(self) -> None:
        head = b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf"
        async with besieged(rest_within=0.1, body_within=60.0) as server:
            answer = await server.ask(head)
        assert answer.startswith(b"HTTP/1.1 200")

    async def test_an_answer_that_takes_long_is_not_the_peers_fault(self) -> None:
        async with besieged(head_within=0.1, body_within=0.1) as server, server.line() as line:
            await line.say(GET.replace(b"/ ", b"/held "))
            for _ in range(20):
                await asyncio.sleep(0.01)
            server.hold.set()
            assert (await line.hears(12)) == b"HTTP/1.1 200"


class TestPlaces:
    async def opened(self, server: Server, count: int, stack: Any) -> list[Any]:
        lines = [await stack.enter_async_context(server.line()) for _ in range(count)]
        for line in lines:
            await line.say(GET[:-4])
        await server.until(lambda: len(server.places) == count)
        return lines

    async def test_half_sent_requests_keep_nobody_out(self) -> None:
        async with besieged(per_address=10) as server, contextlib.AsyncExitStack() as stack:
            await self.opened(server, 10, stack)
            for _ in range(15):
                line = await stack.enter_async_context(server.line())
                await line.say(GET)
                assert (await line.hears(12)) == b"HTTP/1.1 200"
                assert len(server.places) <= 10
        assert set(server.refused) == {"address"}

    async def test_who_is_being_answered_keeps_the_place(self) -> None:
        async with besieged(per_address=3) as server, contextlib.AsyncExitStack() as stack:
            lines = [await stack.enter_async_context(server.line()) for _ in range(3)]
            for line in lines:
                await line.say(GET.replace(b"/ ", b"/held "))
            await server.until(lambda: len(server.places._waiting) == 0)
            assert (await server.ask(GET)).startswith(b"HTTP/1.1 503 ")
            server.hold.set()
            for line in lines:
                assert (await line.hears(12)) == b"HTTP/1.1 200"

    async def test_a_place_is_given_back(self) -> None:
        async with besieged() as server:
            for _ in range(3):
                async with server.line() as line:
                    await line.say(GET)
                    await line.hears(12)
                async with server.shaken():
                    assert len(server.places) >= 1
            await server.until(lambda: len(server.places) == 0)
            assert not server.places._sites

    @contextlib.asynccontextmanager
    async def asking(self, server: Server, caller: bytes) -> Any:
        """A request that waits for its answer, and says that it is that caller's."""
        async with server.line() as line:
            await line.say(self.of(caller, b"/held"))
            yield line

    def of(self, caller: bytes, path: bytes = b"/") -> bytes:
        head = b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: %s\r\n\r\n"
        return head % (path, caller)

    async def test_behind_a_proxy_each_caller_is_counted(self) -> None:
        async with (
            besieged(proxies=("127.0.0.1",), per_address=2) as server,
            self.asking(server, b"1.1.1.1"),
            self.asking(server, b"8.8.8.8, 1.1.1.1"),
            self.asking(server, b"2.2.2.2"),
        ):
            await server.until(lambda: server.places._sites["1.1.1.1"] == 2)
            refused = await server.ask(self.of(b"9.9.9.9, 1.1.1.1"))
            shaken = await server.ask(UPGRADE + b"X-Forwarded-For: 1.1.1.1\r\n\r\n")
            assert refused.startswith(b"HTTP/1.1 503 ") and shaken.startswith(b"HTTP/1.1 503 ")
            assert (await server.ask(self.of(b"2.2.2.2"))).startswith(b"HTTP/1.1 200 ")
            assert server.refused == ["address", "address"]

    async def test_a_stranger_is_counted_whatever_it_says(self) -> None:
        async with (
            besieged(proxies=("10.0.0.0/8",), per_address=2) as server,
            self.asking(server, b"1.1.1.1"),
            self.asking(server, b"2.2.2.2"),
        ):
            await server.until(lambda: len(server.places) == 2 and not server.places._waiting)
            answer = await server.ask(self.of(b"3.3.3.3"))
            assert answer.startswith(b"HTTP/1.1 503 ")
            assert set(server.places._sites) == {"127.0.0.1"}

    async def test_a_proxy_keeps_its_connection_for_the_next_caller(self) -> None:
        async with besieged(proxies=("127.0.0.1",), per_address=1) as server, server.line() as line:
            for caller in (b"1.1.1.1", b"2.2.2.2"):
                await line.say(self.of(caller).replace(b"Connection: close\r\n", b""))
                await line.reader.readuntil(b"ok")
                await server.until(lambda: set(server.places._sites) == {""})
            async with self.asking(server, b"1.1.1.1"):
                await server.until(lambda: server.places._sites["1.1.1.1"] == 1)
        assert server.refused == []

    async def test_a_call_counts_as_its_callers(self) -> None:
        async with besieged(proxies=("127.0.0.1",), per_address=1) as server:
            async with server.line() as line:
                await line.say(UPGRADE + b"X-Forwarded-For: 1.1.1.1\r\n\r\n")
                await line.reader.readuntil(b"\r\n\r\n")
                assert server.places._sites == {"1.1.1.1": 1}
                assert (await server.ask(self.of(b"1.1.1.1"))).startswith(b"HTTP/1.1 503 ")
            await server.until(lambda: not server.places._sites)


async def test_a_peer_that_reads_nothing_is_gone_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async with besieged(unread=0.1) as server, server.line() as line:
        line.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await line.say(GET)
        await server.until(lambda: server.answered == 1)
        (guest,) = [place.guest for place in server.places._places.values()]
        assert isinstance(guest, GuardedHttp)
        guest.transport.write(bytes(16 << 20))
        await server.until(lambda: len(server.places) == 0)
        assert server.refused == ["unread"]


@pytest.mark.parametrize(
    ("headers", "length"),
    [
        ([(b"host", b"x")], 0),
        ([(b"content-length", b"12")], 12),
        ([(b"content-length", b"0")], 0),
        ([(b"transfer-encoding", b"chunked")], None),
    ],
)
def test_the_length_of_a_body(headers: list[tuple[bytes, bytes]], length: int | None) -> None:
    assert body_length(headers) == length
