"""What clients do wrong: each gets its error or its close, and no other call notices."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import socket
import statistics
import struct
import threading
import time
from collections.abc import Iterator
from socket import SO_LINGER, SOL_SOCKET
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from gateway.audio import encode, slice_messages
from tests.support.house_server import FORMATS, TENANT, Gateway, House, eventually
from tests.support.line import Line
from tests.support.speech import say, silence

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

SETTINGS = {"FRONTLINE_PLAYOUT__LEAD_MS": "10000"}
"""Answers come at once, as to a carrier that buffers."""

TOKEN = "let-me-in"
AUDIO = {"encoding": "pcm_s16le", "sample_rate": 16_000}


def dial(gateway: Gateway, **more: Any) -> Any:
    return Line.dial(gateway.address, **{"tenant": TENANT, "stt": "client", **more})


async def still_answers(gateway: Gateway) -> None:
    """Another call is none the worse."""
    async with dial(gateway) as line:
        await line.send("final", text="i want to complain")
        await line.heard_out()
        assert line.sound(1) == gateway.house.clip("complaint")


@pytest.fixture(autouse=True)
def _nothing_is_left(gateway: Gateway) -> Iterator[None]:
    """Every call a test made is over after it, and none went wrong by our own mistake."""
    yield
    deadline = time.monotonic() + 20
    while gateway.calls() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert gateway.calls() == 0
    assert "went wrong" not in gateway.output
    assert "Traceback" not in gateway.output


def head(gateway: Gateway, *lines: str) -> str:
    """The answer to a request of just these lines."""
    with socket.create_connection(("127.0.0.1", gateway.port), 20) as sock:
        sock.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode())
        parts = iter(lambda: sock.recv(4096), b"")
        return b"".join(parts).decode()


def test_a_page_that_rebinds_its_name_is_told_nothing(gateway: Gateway) -> None:
    evil = "Host: evil.example:8080"
    for path in ("/", "/v1/page", "/metrics"):
        answer = head(gateway, f"GET {path} HTTP/1.1", evil)
        assert answer.startswith("HTTP/1.1 421 ") and "server.allowed_hosts" in answer
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    upgrade = ("Upgrade: websocket", "Sec-WebSocket-Version: 13", key)
    asked = ("GET /v1/call HTTP/1.1", evil, "Origin: http://evil.example:8080")
    with socket.create_connection(("127.0.0.1", gateway.port), 20) as sock:
        lines = [*asked, *upgrade, "Connection: Upgrade", "", ""]
        sock.sendall("\r\n".join(lines).encode())
        assert sock.recv(4096).startswith(b"HTTP/1.1 421 ")


def test_probes_ask_for_an_address_or_for_nobody(gateway: Gateway) -> None:
    assert head(gateway, "GET /readyz HTTP/1.1", "Host: 10.4.0.17:8080").startswith("HTTP/1.1 200 ")
    assert head(gateway, "GET /healthz HTTP/1.0").startswith("HTTP/1.1 200 ")


# --- the door ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def strict(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """Asks for a token, has room for two calls, and no patience."""
    settings = {
        "FRONTLINE_SERVER__CALL_TOKEN": TOKEN,
        "FRONTLINE_SERVER__MAX_CALLS": "2",
        "FRONTLINE_TURN__NO_INPUT_S": "1",
    }
    with Gateway(house.copy(tmp_path_factory.mktemp("strict") / "store"), settings) as up:
        yield up


def as_protocol(token: str) -> str:
    return "token." + base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "shown",
    [
        {},
        {"headers": {"Authorization": "Bearer wrong"}},
        {"headers": {"Authorization": f"Basic {TOKEN}"}},
        {"headers": {"Authorization": f"Bearer {TOKEN}", "Origin": "https://elsewhere.example"}},
        {"subprotocols": ["frontline.v1", as_protocol("wrong")]},
        {"subprotocols": ["frontline.v1", "token.%%%"]},
    ],
)
async def test_without_the_token_nobody_is_let_in(strict: Gateway, shown: Any) -> None:
    async with Line.connect(strict.address, **shown) as line:
        assert await line.closed() == (4401, "unauthorised")
        assert line.messages == []
    assert TOKEN not in strict.output


@pytest.mark.parametrize(
    "shown",
    [
        {"headers": {"Authorization": f"Bearer {TOKEN}"}},
        {"subprotocols": ["frontline.v1", as_protocol(TOKEN)]},
    ],
)
async def test_with_the_token_one_is(strict: Gateway, shown: Any) -> None:
    async with Line.connect(strict.address, **shown) as line:
        await line.send("start", tenant=TENANT, stt="client", audio=AUDIO)
        await line.expect("started")


@pytest.mark.parametrize("token", ["a", "ab", "abc", "let-me-in"])
async def test_padding_of_a_token_is_refused_as_documented(strict: Gateway, token: str) -> None:
    """Where it has any: a sub-protocol has no "="."""
    padded = "token." + base64.urlsafe_b64encode(token.encode()).decode()
    shown = {"Sec-WebSocket-Protocol": f"frontline.v1, {padded}"}
    if "=" in padded:
        with pytest.raises(InvalidStatus) as caught:
            connect(f"ws://{strict.address}/v1/call", additional_headers=shown)
        assert caught.value.response.status_code == 400
        assert b"Sec-WebSocket-Protocol" in caught.value.response.body
    async with Line.connect(
        strict.address, subprotocols=["frontline.v1", as_protocol(TOKEN)]
    ) as line:
        await line.send("start", tenant=TENANT, stt="client", audio=AUDIO)
        await line.expect("started")


async def test_a_full_house_says_so(strict: Gateway) -> None:
    shown = {"Authorization": f"Bearer {TOKEN}"}
    await eventually(lambda: strict.calls() == 0)
    async with (
        dial(strict, headers=shown),
        dial(strict, headers=shown),
        Line.connect(strict.address, headers=shown) as third,
    ):
        assert (await third.closed())[0] == 1013


@pytest.mark.parametrize("stt", ["client", "server"])
async def test_a_caller_who_says_nothing_is_asked_once_and_let_go(
    strict: Gateway, stt: str
) -> None:
    await eventually(lambda: strict.calls() == 0)
    shown = {"Authorization": f"Bearer {TOKEN}"}
    async with dial(strict, headers=shown, stt=stt) as line:
        loop = asyncio.get_running_loop()
        quiet = loop.create_task(line.speak(itertools.repeat(silence(20))))
        try:
            asked = await line.expect("audio.start", source="system")
            assert asked["text"] == "Are you still there?"
            assert await line.closed() == (1000, "no input")
        finally:
            quiet.cancel()
            await asyncio.wait([quiet])
        assert len(line.of("audio.start")) == 1
        assert line.sound(1) == strict.house.said("line:still_there")
        warnings = [message["code"] for message in line.of("error")]
        assert warnings == (["unexpected"] if stt == "client" else [])  # sound nobody asked for


async def test_a_tenant_that_does_not_exist(gateway: Gateway) -> None:
    async with Line.connect(gateway.address) as line:
        await line.send("start", tenant="nobody", stt="client", audio=AUDIO)
        assert (await line.expect("error"))["code"] == "unknown_tenant"
        assert await line.closed() == (1008, "unknown_tenant")


# --- frames --------------------------------------------------------------------------------------


async def test_sound_before_the_start(gateway: Gateway) -> None:
    async with Line.connect(gateway.address) as line:
        await line.raw(bytes(640))
        assert (await line.expect("error"))["code"] == "not_started"
        await line.send("start", tenant=TENANT, stt="client", audio=AUDIO)
        await line.expect("started")  # once is forgiven
    async with Line.connect(gateway.address) as line:
        for _ in range(3):
            await line.raw(bytes(640))
        assert (await line.closed())[0] == 1007
        assert [message["code"] for message in line.of("error")] == ["not_started"] * 3


@pytest.mark.parametrize(
    "frame",
    [
        *("", "{", "[]", "null", '"start"', "{}", '{"type": 7}', '{"type": "final"}'),
        *('{"type": "dtmf", "digit": "12"}', '{"type": "final", "text": "' + "a" * 5000 + '"}'),
        *('{"type": "final", "text": "\\ud800"}', "[" * 50_000, '{"type":"start"}'),
    ],
    ids=lambda frame: frame[:32] or "empty",
)
async def test_malformed_messages_get_an_error_and_three_running_the_close(
    gateway: Gateway, frame: str
) -> None:
    async with dial(gateway) as line:
        for _ in range(2):
            await line.raw(frame)
            await line.expect("error")
        await line.send("partial", text="")  # a good one between: the count begins anew
        for _ in range(3):
            await line.raw(frame)
        assert (await line.closed())[0] == 1007
        assert len(line.of("error")) == 5
    await still_answers(gateway)


async def test_text_that_is_no_utf8(gateway: Gateway) -> None:
    async with dial(gateway) as line:
        for _ in range(3):
            await line.raw(b'{"type":"final","text":"\xe9"}', text=True)
        assert (await line.closed())[0] == 1007
        assert [message["code"] for message in line.of("error")] == ["malformed"] * 3
    await still_answers(gateway)


async def test_empty_messages_of_sound_are_none(gateway: Gateway) -> None:
    for form in ("pcm_s16le_16000", "mulaw_8000"):
        async with dial(gateway, stt="server", form=FORMATS[form]) as line:
            for _ in range(5):
                await line.raw(b"")
            await line.send("dtmf", digit="0")
            await line.expect("decision")
            assert line.of("error") == []


async def test_unknown_types_are_ignored_with_one_warning(gateway: Gateway) -> None:
    async with dial(gateway) as line:
        for number in range(20):
            await line.send(f"novelty{number}")
        await line.send("final", text="when do you open")
        await line.heard_out()
        assert [message["code"] for message in line.of("error")] == ["unknown_type"]


@pytest.mark.parametrize("kind", [bytes, str])
async def test_oversized_frames_close_the_call(gateway: Gateway, kind: type) -> None:
    most = 64 * 1024
    async with dial(gateway, stt="server") as line:
        await line.raw(bytes(most))  # two seconds of sound in one message: odd, but allowed
        await line.send("dtmf", digit="5")
        await line.raw(bytes(most + 1) if kind is bytes else "x" * (most + 1))
        assert (await line.closed())[0] == 1009
    await still_answers(gateway)


async def test_frames_may_be_cut_anywhere(gateway: Gateway) -> None:
    pcm = silence(400) + say("what's the weather like").pcm + silence(3000)
    sizes = itertools.cycle([641, 1, 639, 3, 1277, 5, 333])
    places = [0, *itertools.takewhile(lambda at: at < len(pcm), itertools.accumulate(sizes))]
    frames = [pcm[a:b] for a, b in itertools.pairwise([*places, len(pcm)])]
    assert b"".join(frames) == pcm
    for _ in range(3):  # on a very busy machine the recogniser may be too late to be waited for
        async with dial(gateway, stt="server") as line:
            await line.speak(frames, every=0.012)
            with contextlib.suppress(AssertionError):
                await line.expect("decision", within=10, entry="weather")
                return
    pytest.fail(f"not understood: {line}")


async def test_sound_at_a_rate_that_was_not_declared(gateway: Gateway) -> None:
    fast = FORMATS["pcm_s16le_48000"]
    sound = slice_messages(encode(silence(6000), 16_000, fast), fast, 20)
    async with dial(gateway, stt="server", form=FORMATS["pcm_s16le_8000"]) as line:
        with contextlib.suppress(ConnectionClosed):
            await line.speak(sound, every=0.005)
        assert (await line.closed())[0] == 1007
        assert {message["code"] for message in line.of("error")} == {"audio_too_fast"}
        assert "sample_rate" in line.of("error")[0]["message"]
    await still_answers(gateway)


@pytest.mark.parametrize("size", [0, 1, 100, 65_536])
async def test_sound_that_cannot_be_decoded(gateway: Gateway, size: int) -> None:
    async with dial(gateway, stt="server", form=FORMATS["opus_48000"]) as line:
        for _ in range(3):
            await line.raw(b"\xff" * size)
        assert (await line.closed())[0] == 1007
        assert [message["code"] for message in line.of("error")] == ["bad_audio"] * 3


@pytest.mark.parametrize("size", [0, 1, 100, 65_536])
async def test_sound_that_cannot_be_decoded_and_comes_message_by_message(
    gateway: Gateway, size: int
) -> None:
    """Each comes while the call waits for it: an empty one is then handed over straight."""
    form = FORMATS["opus_48000"]
    good = slice_messages(encode(silence(960), 16_000, form), form, 20)
    async with dial(gateway, stt="server", form=form) as line:
        for _ in range(2):
            for _ in range(2):
                await line.raw(b"\xff" * size)
                await line.expect("error", code="bad_audio")
            await line.raw(good[0])  # what can be heard begins the count anew
        for _ in range(3):
            await line.raw(b"\xff" * size)
            await line.expect("error", code="bad_audio")
        assert (await line.closed())[0] == 1007


@pytest.mark.parametrize(
    "audio",
    [
        {"encoding": "mp3", "sample_rate": 16_000},
        {"encoding": "pcm_s16le", "sample_rate": 44_100},
        {"encoding": "pcm_s16le"},
        {"encoding": "mulaw", "sample_rate": 48_000},
        7,
    ],
)
async def test_audio_that_we_do_not_take(gateway: Gateway, audio: Any) -> None:
    async with Line.connect(gateway.address) as line:
        for _ in range(3):
            with contextlib.suppress(ConnectionClosed):
                await line.send("start", tenant=TENANT, audio=audio)
        assert (await line.closed())[0] in (1007, 1008)
        assert {message["code"] for message in line.of("error")} <= {"malformed", "bad_audio"}
        assert line.of("error")


# --- floods --------------------------------------------------------------------------------------


async def test_a_flood_of_partials_is_not_felt_by_another_call(gateway: Gateway) -> None:
    over, sent = threading.Event(), [0]

    def flood() -> None:
        """10,000 partials a second, and another call each time it is thrown out."""
        while not over.is_set():
            with contextlib.suppress(ConnectionClosed, OSError):
                pour()

    def pour() -> None:
        start = {"type": "start", "tenant": TENANT, "stt": "client", "audio": AUDIO}
        with connect(f"ws://{gateway.address}/v1/call", compression=None) as socket:
            socket.send(json.dumps(start))
            began, first = time.monotonic(), sent[0]
            while not over.is_set():
                socket.send(json.dumps({"type": "partial", "text": f"when do you {sent[0]}"}))
                sent[0] += 1
                ahead = (sent[0] - first) / 10_000 - (time.monotonic() - began)
                if ahead > 0.01:
                    time.sleep(ahead)
            # cut off: a proper goodbye would have to wait behind what the gateway has not read yet
            linger = struct.pack("ii", 1, 0)
            socket.socket.setsockopt(SOL_SOCKET, SO_LINGER, linger)
            socket.socket.close()

    before, took = gateway.rss_mib(), []
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(asyncio.to_thread(flood))
        try:
            await eventually(lambda: sent[0] > 1000)
            async with dial(gateway) as line:
                for number in range(30):
                    began = time.perf_counter()
                    await line.send("final", text=f"where can i park number {number}")
                    await line.expect("decision")
                    took.append(time.perf_counter() - began)
                    await asyncio.sleep(0.07)  # two seconds of flood in all
        finally:
            over.set()
    print(f"{sent[0]} partials; decisions: median {statistics.median(took) * 1000:.1f} ms")
    assert sent[0] > 1000
    assert statistics.median(took) < 0.15
    assert max(took) < 2.0
    assert gateway.rss_mib() < before + 20


async def test_a_flood_that_lasts_is_thrown_out(gateway: Gateway) -> None:
    async with dial(gateway) as line:
        with contextlib.suppress(ConnectionClosed):
            for number in range(100_000):
                await line.send("partial", text=f"when do you {number}")
        assert await line.closed() == (1008, "flood")
        assert line.of("error")[-1]["code"] == "flood"
