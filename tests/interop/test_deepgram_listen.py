"""The local Deepgram recogniser, ``/v1/listen``, against Deepgram's own client."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from deepgram.core.api_error import ApiError
from deepgram.listen.v1.types import ListenV1Configure
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidMessage

from tests.providers.behaviour import Behaviour, Delay
from tests.providers.deepgram import Deepgram
from tests.providers.hearing import Script, Word
from tests.providers.server import Server
from tests.support.deepgram_client import Listening, client_of

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

HOURS = Script.of("when do you open")  # from 0.3 to 1.5 s
OPTIONS: dict[str, Any] = {
    "model": "nova-3",
    "encoding": "mulaw",
    "sample_rate": 8000,
    "interim_results": True,
    "endpointing": 300,
    "utterance_end_ms": 1000,
    "vad_events": True,
}


class Ear(Listening):
    """What came on a connection to Nova."""

    async def until(self, kind: str, **fields: Any) -> Any:
        while True:
            one = await self.next()
            if one.type == kind and all(getattr(one, k) == v for k, v in fields.items()):
                return one

    def texts(self, *, final: bool) -> list[str]:
        results = [one for one in self.heard if one.type == "Results" and one.is_final == final]
        return [one.channel.alternatives[0].transcript for one in results]


@contextlib.asynccontextmanager
async def listening(
    script: Script = HOURS,
    behaviour: Behaviour | None = None,
    provider: Deepgram | None = None,
    **options: Any,
) -> AsyncIterator[tuple[Server, Ear]]:
    provider = provider or Deepgram(script, key="good")
    async with Server(provider, behaviour=behaviour) as server:
        connect = client_of(server).listen.v1.connect
        async with asyncio.timeout(10), connect(**{**OPTIONS, **options}) as connection:
            yield server, Ear(connection)


async def test_a_turn() -> None:
    async with listening() as (server, ear):
        await ear.feed(3)
        await ear.until("UtteranceEnd")
        await ear.connection.send_close_stream()
        heard = await ear.rest()
        entry = await server.journal.ended()
    kinds = [one.type for one in heard]
    assert kinds.index("SpeechStarted") < kinds.index("UtteranceEnd") < kinds.index("Metadata")
    assert ear.texts(final=False)[:4] == ["", "", "when", "when do"]
    assert ear.texts(final=True)[0] == "when do you open"
    (end,) = [one for one in heard if one.type == "Results" and one.speech_final]
    assert [w.word for w in end.channel.alternatives[0].words] == ["when", "do", "you", "open"]
    assert end.channel.alternatives[0].words[0].start == pytest.approx(0.3)
    assert end.start + end.duration == pytest.approx(1.8)  # endpointing after 300 ms
    (pause,) = [one for one in heard if one.type == "UtteranceEnd"]
    assert pause.last_word_end == pytest.approx(1.5)
    assert heard[-1].duration == pytest.approx(3.0)
    assert entry.outcome == "complete"
    assert entry.audio_bytes == 24_000
    assert entry.headers["authorization"] == "Token ***"
    assert entry.query["interim_results"] == ["true"]
    assert entry.texts == [{"type": "CloseStream"}]


async def test_finals_alone_unless_asked() -> None:
    async with listening(interim_results=None, utterance_end_ms=None, vad_events=None) as (_, ear):
        await ear.feed(2)
        await ear.until("Results", is_final=True)
        await ear.connection.send_close_stream()
        await ear.rest()
    assert ear.texts(final=False) == []
    assert {one.type for one in ear.heard} == {"Results", "Metadata"}


async def test_finalize_flushes_what_is_there() -> None:
    async with listening() as (_, ear):
        await ear.feed(1.0)
        await ear.connection.send_finalize()
        flushed = await ear.until("Results", from_finalize=True)
        await ear.feed(1.0)
        end = await ear.until("Results", speech_final=True)
    assert flushed.is_final
    assert flushed.channel.alternatives[0].transcript == "when do"
    assert end.channel.alternatives[0].transcript == "you open"


async def test_endpointing_off_leaves_it_to_utterance_end() -> None:
    async with listening(Script.of("a b c d e f g h i j k l"), endpointing="false") as (_, ear):
        await ear.feed(6)
        await ear.until("UtteranceEnd")
    assert ear.texts(final=True)[0] == "a b c d e f g h i j"  # three seconds of speech
    assert not any(one.type == "Results" and one.speech_final for one in ear.heard)


async def test_a_partial_may_be_rewound() -> None:
    words = (Word("four", 0.3, 0.6, at_first="for"), Word("eyes", 0.9, 1.2))
    async with listening(Script(words), endpointing=500) as (_, ear):
        await ear.feed(2)
        await ear.until("Results", speech_final=True)
    assert "for" in ear.texts(final=False)
    assert ear.texts(final=True) == ["four eyes"]


async def test_keyterms_help() -> None:
    script = Script((Word("Hadley", 0.3, 0.6, misheard="had"),))
    async with listening(script, keyterm=["Hadley Street", "opening hours"]) as (server, ear):
        await ear.feed(1)
        await ear.until("Results", speech_final=True)
        assert server.journal[0].query["keyterm"] == ["Hadley Street", "opening hours"]
    assert ear.texts(final=True) == ["Hadley"]
    async with listening(script) as (_, ear):
        await ear.feed(0.2)
        await ear.connection.send_configure(ListenV1Configure(keyterms=["Hadley"]))
        changed = await ear.until("ConfigureSuccess")
        await ear.feed(0.8)
        await ear.until("Results", speech_final=True)
    assert changed.keyterms == ["Hadley"]
    assert ear.texts(final=True) == ["Hadley"]
    async with listening(script, model="nova-2") as (_, ear):
        await ear.connection.send_configure(ListenV1Configure(keyterms=["Hadley"]))
        assert (await ear.until("ConfigureFailure")).code == "CONFIGURE_KEYTERMS_NOT_SUPPORTED"
        await ear.feed(1)
        await ear.until("Results", speech_final=True)
    assert ear.texts(final=True) == ["had"]


async def test_it_closes_on_silence_but_not_on_keep_alive() -> None:
    async with listening(provider=Deepgram(HOURS, idle=0.3)) as (_, ear):
        await ear.feed(0.02)
        for _ in range(4):  # longer than the limit, all in all
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await ear.next()
            await ear.connection.send_keep_alive()
        with pytest.raises(ConnectionClosedError) as caught:
            await ear.next()
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1011
    assert "NET-0001" in caught.value.rcvd.reason


async def test_keep_alive_alone_is_not_enough() -> None:
    async with listening(provider=Deepgram(HOURS, idle=0.02)) as (_, ear):
        await ear.connection.send_keep_alive()
        with pytest.raises(ConnectionClosedError):
            await ear.next()


async def test_an_empty_frame_ends_the_stream() -> None:
    async with listening() as (_, ear):
        await ear.connection.send_media(b"")
        assert (await ear.rest())[-1].type == "Metadata"


async def test_what_it_cannot_read_it_says() -> None:
    async with listening() as (_, ear):
        await ear.connection._send({"type": "Nonsense"})
        assert (await ear.until("Error")).variant == "SchemaError"


# --- refused, broken ------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 402, 429, 500])
async def test_refused_at_the_handshake(status: int) -> None:
    with pytest.raises(ApiError) as caught:
        async with listening(behaviour=Behaviour(status=status)):
            pass
    assert caught.value.status_code == status


async def test_a_wrong_key() -> None:
    async with Server(Deepgram(key="good")) as server:
        with pytest.raises(ApiError) as caught:
            async with client_of(server, "bad").listen.v1.connect(**OPTIONS):
                pass
    assert caught.value.status_code == 401
    assert "credentials" in str(caught.value.body)


@pytest.mark.parametrize(
    "wrong",
    [
        {"model": "flux-general-en"},
        {"sample_rate": None},
        {"interim_results": None},
        {"utterance_end_ms": 500},
    ],
    ids=str,
)
async def test_parameters_that_do_not_fit(wrong: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as caught:
        async with listening(**wrong):
            pass
    assert caught.value.status_code == 400


@pytest.mark.parametrize("point", ["body", 2])
async def test_resets(point: Any) -> None:
    async with listening(behaviour=Behaviour(reset_at=point)) as (server, ear):
        with contextlib.suppress(ConnectionClosed):
            await ear.feed(3)
        with pytest.raises(ConnectionClosedError) as caught:
            await ear.for_ever()
        assert (await server.journal.ended()).outcome == "reset"
    assert caught.value.rcvd is None


async def test_reset_at_the_handshake() -> None:
    with pytest.raises(InvalidMessage):
        async with listening(behaviour=Behaviour(reset_at="headers")):
            pass


async def test_refused_connections() -> None:
    async with Server(Deepgram()) as server:
        await server.refuse()
        with pytest.raises(ConnectionRefusedError):
            async with client_of(server).listen.v1.connect(**OPTIONS):
                pass


async def test_messages_of_a_later_version_come_out_as_none() -> None:
    later = Behaviour(insert={0: b'{"type": "SomethingNew", "x": 1}'})
    async with listening(behaviour=later) as (_, ear):
        await ear.feed(0.4)
        assert await ear.connection.recv() is None
        assert (await ear.connection.recv()).type == "Results"


async def test_closed_with_a_code() -> None:
    broken = Behaviour(close_at=1, close_code=1011, close_reason="NET-0000")
    async with listening(behaviour=broken) as (_, ear):
        with contextlib.suppress(ConnectionClosed):
            await ear.feed(3)
        with pytest.raises(ConnectionClosedError) as caught:
            await ear.for_ever()
    assert caught.value.rcvd is not None
    assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (1011, "NET-0000")


async def test_bytes_that_are_no_frame() -> None:
    async with listening(behaviour=Behaviour(garbage_at=1)) as (_, ear):
        await ear.feed(1)
        with pytest.raises(ConnectionClosedError):
            await ear.for_ever()


async def test_slow_split_and_strange_messages_are_read() -> None:
    ugly = Behaviour(
        split=1,
        first=Delay(0.001),
        between=Delay(0.001, 0.002),
        insert={2: b'{"type": "SomethingNew", "x": 1}'},
    )
    async with listening(behaviour=ugly) as (_, ear):
        await ear.feed(2)
        while True:
            one = await ear.connection.recv()
            if getattr(one, "speech_final", False):
                break
    assert one.channel.alternatives[0].transcript == "when do you open"


async def test_silence_for_ever_and_hanging_up() -> None:
    async with listening(behaviour=Behaviour(silent_at=1)) as (server, ear):
        await ear.feed(3)
        await ear.next()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await ear.next()
        hung_up_at = asyncio.get_running_loop().time()
        await ear.connection._websocket.close()
        entry = await server.journal.closed()
        assert entry.client_closed_at is not None
        assert entry.client_closed_at - hung_up_at < 0.1
    assert entry.pieces == 1
    assert entry.outcome == "cancelled"
    assert entry.close_code == 1000
