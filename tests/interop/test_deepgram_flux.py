"""The local Flux, ``/v2/listen``, against Deepgram's own client."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from deepgram.core.api_error import ApiError
from deepgram.listen.v2.types import ListenV2Configure, ListenV2ConfigureThresholds
from websockets.exceptions import ConnectionClosed, ConnectionClosedError

from tests.providers.behaviour import Behaviour
from tests.providers.deepgram import Deepgram
from tests.providers.hearing import Script, Word
from tests.providers.server import Server
from tests.support.deepgram_client import Listening, client_of

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

HESITANT = Script(
    (
        Word("when", 0.3, 0.6),
        Word("do", 0.6, 0.9),
        Word("you", 1.3, 1.6),  # after 0.4 s: an eager end is taken back
        Word("open", 1.6, 1.9),
    )
)
OPTIONS: dict[str, Any] = {"model": "flux-general-en", "encoding": "mulaw", "sample_rate": 8000}


class Ear(Listening):
    """What came on a connection to Flux."""

    frame_ms = 80

    async def until(self, event: str) -> Any:
        while True:
            one = await self.next()
            if getattr(one, "event", one.type) == event:
                return one

    def events(self) -> list[str]:
        """Without the updates."""
        events = [getattr(one, "event", one.type) for one in self.heard]
        return [one for one in events if one != "Update"]


@contextlib.asynccontextmanager
async def listening(
    script: Script = HESITANT, behaviour: Behaviour | None = None, **options: Any
) -> AsyncIterator[tuple[Server, Ear]]:
    async with Server(Deepgram(script, key="good"), behaviour=behaviour) as server:
        connect = client_of(server).listen.v2.connect
        async with asyncio.timeout(10), connect(**{**OPTIONS, **options}) as connection:
            yield server, Ear(connection)


async def test_a_turn_with_an_eager_end_taken_back() -> None:
    async with listening(eager_eot_threshold=0.4) as (server, ear):
        await ear.feed(3.2)
        end = await ear.until("EndOfTurn")
        assert server.journal[0].query["eager_eot_threshold"] == ["0.4"]
    assert ear.events() == [
        *("Connected", "StartOfTurn", "EagerEndOfTurn", "TurnResumed", "EagerEndOfTurn"),
        "EndOfTurn",
    ]
    assert [one.sequence_id for one in ear.heard] == list(range(len(ear.heard)))
    assert (end.transcript, end.trigger, end.turn_index) == ("when do you open", "model", 0)
    assert end.end_of_turn_confidence >= 0.7
    assert end.audio_window_end == pytest.approx(2.5, abs=0.02)
    assert [one.word for one in end.words] == ["when", "do", "you", "open"]
    eager = [one for one in ear.heard if getattr(one, "event", "") == "EagerEndOfTurn"]
    assert [one.transcript for one in eager] == ["when do", "when do you open"]


async def test_no_eager_ends_unless_asked() -> None:
    async with listening(Script.of("hello there", "good bye")) as (_, ear):
        await ear.feed(6.4)
        await ear.until("EndOfTurn")
        second = await ear.until("EndOfTurn")
    assert ear.events() == ["Connected", *("StartOfTurn", "EndOfTurn") * 2]
    assert (second.transcript, second.turn_index) == ("good bye", 1)


async def test_updates_rewind() -> None:
    words = (Word("four", 0.3, 0.6, at_first="for"), Word("eyes", 0.9, 1.2))
    async with listening(Script(words)) as (_, ear):
        await ear.feed(2.4)
        end = await ear.until("EndOfTurn")
    assert ear.heard[1].transcript == ""  # an update before anybody spoke
    assert "for" in [getattr(one, "transcript", "") for one in ear.heard]
    assert end.transcript == "four eyes"


async def test_the_client_ends_the_turn() -> None:
    async with listening(eot_threshold=1.0) as (_, ear):
        await ear.connection.send_force_end_turn()  # no turn yet: ignored
        await ear.feed(2.4)
        await ear.connection.send_force_end_turn()
        end = await ear.until("EndOfTurn")
    assert ear.events() == ["Connected", "StartOfTurn", "EndOfTurn"]
    assert (end.trigger, end.transcript) == ("manual", "when do you open")


async def test_a_turn_times_out() -> None:
    async with listening(eot_threshold=1.0, eot_timeout_ms=1000) as (_, ear):
        await ear.feed(3.2)
        assert (await ear.until("EndOfTurn")).trigger == "timeout"


async def test_closing_does_not_end_the_turn() -> None:
    async with listening() as (server, ear):
        await ear.feed(1.04)
        await ear.connection.send_close_stream()
        await ear.rest()
        assert ear.connection._websocket.close_code == 1005
        assert (await server.journal.ended()).outcome == "complete"
    assert ear.events() == ["Connected", "StartOfTurn"]
    assert ear.heard[-1].transcript == "when do"


async def test_configure() -> None:
    script = Script((Word("Hadley", 0.3, 0.6, misheard="had"),))
    async with listening(script) as (_, ear):
        thresholds = ListenV2ConfigureThresholds(eot_threshold=1.0, eot_timeout_ms=500)
        change = ListenV2Configure(thresholds=thresholds, keyterms=["Hadley"])
        await ear.connection.send_configure(change)
        changed = await ear.until("ConfigureSuccess")
        wrong = ListenV2ConfigureThresholds(eager_eot_threshold=2.0)
        await ear.connection.send_configure(ListenV2Configure(thresholds=wrong))
        refused = await ear.until("ConfigureFailure")
        await ear.feed(1.6)
        end = await ear.until("EndOfTurn")
    assert changed.thresholds.eot_threshold == 1.0
    assert "eager_eot_threshold" in refused.description
    assert (end.trigger, end.transcript) == ("timeout", "Hadley")


@pytest.mark.parametrize(
    "wrong",
    [
        {"model": "nova-3"},
        {"eot_threshold": 0.2},
        {"eager_eot_threshold": 0.8},
        {"eot_threshold": "high"},
        {"request_options": {"additional_query_parameters": {"endpointing": "300"}}},
    ],
    ids=str,
)
async def test_parameters_that_do_not_fit(wrong: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as caught:
        async with listening(**wrong):
            pass
    assert caught.value.status_code == 400


async def test_nonsense_is_fatal() -> None:
    async with listening() as (_, ear):
        await ear.connection._send({"type": "KeepAlive"})
        assert (await ear.until("Error")).code == "UNPARSABLE_CLIENT_MESSAGE"
        with pytest.raises(ConnectionClosedError) as caught:
            await ear.next()
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1008


@pytest.mark.parametrize("status", [401, 429, 500])
async def test_refused_at_the_handshake(status: int) -> None:
    with pytest.raises(ApiError) as caught:
        async with listening(behaviour=Behaviour(status=status)):
            pass
    assert caught.value.status_code == status


async def test_reset() -> None:
    async with listening(behaviour=Behaviour(reset_at=2)) as (server, ear):
        with contextlib.suppress(ConnectionClosed):
            await ear.feed(3.2)
        with pytest.raises(ConnectionClosedError):
            await ear.until("EndOfTurn")
        assert (await server.journal.ended()).outcome == "reset"
