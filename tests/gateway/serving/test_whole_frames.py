"""The short way of a whole frame gives what the parser gives, and knows where frames end."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN, SERVER, Protocol

from gateway.serving.whole_frames import WHOLE, Edges, message
from gateway.settings.whole import Settings
from gateway.wiring.app import uvicorn_options
from tests.support.besieged import BEGIN, Line, Server, besieged

SIZES = st.sampled_from([0, 1, 125, 126, 127, 640, 4000, WHOLE, 65_535, 65_536, 70_000])
FRAMES = st.builds(
    lambda opcode, size, fin: Frame(opcode, b"x" * size, fin=fin),
    st.sampled_from([Opcode.TEXT, Opcode.BINARY, Opcode.CONT]),
    SIZES,
    st.booleans(),
) | st.builds(
    lambda opcode, size: Frame(opcode, b"p" * size),
    st.sampled_from([Opcode.PING, Opcode.PONG]),
    st.integers(0, 125),
)


def sent(frame: Frame) -> bytes:
    return bytes(frame.serialize(mask=True))


def parsed(data: bytes) -> Sequence[object]:
    conn = Protocol(SERVER, state=OPEN)
    conn.receive_data(data)
    return conn.events_received()


@given(FRAMES)
def test_what_goes_the_short_way_is_what_the_parser_finds(frame: Frame) -> None:
    data = sent(frame)
    one = message(data)
    whole = frame.fin and frame.opcode in (Opcode.TEXT, Opcode.BINARY)
    assert (one is not None) == (whole and len(data) <= WHOLE)
    if one is not None:
        (found,) = parsed(data)
        assert isinstance(found, Frame)
        raw = bytes(found.data)
        assert one == (raw.decode() if frame.opcode is Opcode.TEXT else raw)


@given(
    st.sampled_from([0x81, 0x82, 0x01, 0x80, 0x89, 0x8A, 0xC1, 0xA2, 0x83]),
    st.sampled_from([0, 1, 5, 125]) | st.integers(126, 400),
    st.booleans(),
    st.sampled_from([-1, 0, 0, 0, 1]),
)
def test_bytes_are_a_message_only_if_they_are_one_to_the_parser(
    first: int, size: int, masked: bool, more: int
) -> None:
    length = bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2)
    head = bytes([first, length[0] | (0x80 if masked else 0)]) + length[1:]
    data = head + (b"mask" if masked else b"") + b"x" * max(0, size + more)
    one = message(data)
    whole = first in (0x81, 0x82) and masked and (more == 0 or size + more < 0)
    assert (one is not None) == whole
    if one is not None:
        (found,) = parsed(data)
        assert isinstance(found, Frame) and found.fin
        assert one == found.data if first == 0x82 else isinstance(one, str)


def test_text_that_is_no_utf8_is_empty_and_a_cut_frame_is_none() -> None:
    bad = sent(Frame(Opcode.TEXT, b"\xff\xfe"))
    assert message(bad) == ""
    for at in range(len(bad)):
        assert message(bad[:at]) is None
    assert message(bad + bad) is None
    assert message(bytes(Frame(Opcode.TEXT, b"not masked").serialize(mask=False))) is None
    assert message(b"\xc1" + bad[1:]) is None, "an extension's bit"


@given(st.lists(FRAMES, max_size=6), st.data())
def test_edges_are_where_frames_end_however_they_are_cut(
    frames: list[Frame], data: st.DataObject
) -> None:
    stream = b"".join(map(sent, frames))
    ends, at = {0}, 0
    for frame in frames:
        at += len(sent(frame))
        ends.add(at)
    edges, at = Edges(), 0
    while at < len(stream):
        step = data.draw(st.sampled_from([1, 2, 3, 7, 512, 70_000]))
        edges.feed(stream[at : at + step])
        at = min(len(stream), at + step)
        assert edges.between == (at in ends)


def test_the_largest_that_goes_the_short_way_is_no_message_that_would_be_refused() -> None:
    assert uvicorn_options(Settings())["ws_max_size"] > WHOLE


# --- over a real socket ---------------------------------------------------------------------------


def texts(server: Server) -> list[str]:
    return [one["text"] for one in server.messages if "text" in one]


def said(text: str) -> bytes:
    return sent(Frame(Opcode.TEXT, text.encode()))


@pytest.mark.anyio
@pytest.mark.real_loop
class TestConnections:
    async def test_messages_come_in_order_however_they_are_cut(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        short: list[int] = []

        def counted(data: bytes) -> object:
            found = message(data)
            short.append(found is not None)
            return found

        monkeypatch.setattr("gateway.serving.guarded_websocket.message", counted)
        asked = [str(n) * (1 + 40 * n % 300) for n in range(60)]
        async with besieged(frames=10_000) as server, server.shaken() as line:
            for n, text in enumerate(asked):
                data = said(text)
                if n % 3 == 0:  # in two pieces, of which the first has come
                    before = len(short)
                    await line.say(data[:5])
                    await server.until(lambda at=before: len(short) > at)
                    data = data[5:]
                await line.say(data)
                await server.until(lambda at=n: len(texts(server)) > at)
            assert texts(server) == asked
        assert sum(short) == 40, "each of those that came in one piece, also after a cut one"

    async def test_a_message_within_another_is_refused_as_ever(self) -> None:
        async with besieged() as server, server.shaken() as line:
            await beside(line, said("x"))
            assert (await line.hears_all())[2:4] == (1002).to_bytes(2)
            assert texts(server) == []


async def beside(line: Line, inner: bytes) -> None:
    """The beginning of a message in frames, and, when it has been read, another message."""
    await line.say(BEGIN + b"\x89\x80" + bytes(4))
    await line.hears(2)  # the pong: what came before it has been read
    await line.say(inner)
