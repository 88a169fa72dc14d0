"""The local Edge voices against the package ``edge-tts``, its address replaced."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import edge_tts
import edge_tts.communicate
import pytest
from edge_tts.exceptions import NoAudioReceived

from tests.providers.behaviour import Behaviour
from tests.providers.edge import PATH, Edge
from tests.providers.server import Server

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    async with Server(Edge()) as server:
        address = f"{server.ws}{PATH}?TrustedClientToken=secret"
        monkeypatch.setattr(edge_tts.communicate, "WSS_URL", address)
        yield server


async def said(text: str, **options: Any) -> list[Any]:
    return [one async for one in edge_tts.Communicate(text, **options).stream()]


async def test_a_text(server: Server) -> None:
    parts = await said("Hello there. How are you?")
    sound = b"".join(one["data"] for one in parts if one["type"] == "audio")
    sentences = [one for one in parts if one["type"] == "SentenceBoundary"]
    assert sound.startswith(b"\xff")
    assert len(sound) * 8 / 48_000 == pytest.approx(1.6, abs=0.8)
    assert [one["text"] for one in sentences] == ["Hello there.", "How are you?"]
    assert sentences[1]["offset"] == sentences[0]["duration"]
    entry = await server.journal.ended()
    assert entry.query["TrustedClientToken"] == ["***"]
    assert "How are you" in str(entry.texts)


async def test_words(server: Server) -> None:
    parts = await said("Fish & chips", boundary="WordBoundary")
    assert [one["text"] for one in parts if one["type"] == "WordBoundary"] == ["Fish", "&", "chips"]


async def test_a_long_text_takes_several_sockets(server: Server) -> None:
    await said("Hello." + " " * 4200 + "Goodbye.")
    assert len(server.journal) == 2


async def test_a_wrong_clock_is_set_and_tried_again(server: Server) -> None:
    server.next(Behaviour(status=403))
    assert await said("Hello.")
    assert [entry.status for entry in server.journal] == [403, 101]


@pytest.mark.parametrize("status", [429, 500])
async def test_statuses(server: Server, status: int) -> None:
    server.next(Behaviour(status=status))
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await said("Hello.")
    assert caught.value.status == status


async def test_no_sound(server: Server) -> None:
    server.next(Behaviour(reset_at=2))
    with pytest.raises((NoAudioReceived, aiohttp.ClientError, ConnectionError)):
        await said("Hello.")


async def test_hanging_up(server: Server) -> None:
    server.next(Behaviour(silent_at=4))
    stream = edge_tts.Communicate("Hello there.").stream()
    assert (await anext(stream))["type"] == "audio"
    await stream.aclose()
    assert (await server.journal.closed()).outcome == "cancelled"
