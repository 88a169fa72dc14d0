"""Calls from Vonage: what is heard and when, and whatever a socket may hold."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import ClientError
from gateway.ports.sound import AudioFormat, Encoding
from gateway.ports.speech_in import Heard
from gateway.shell.call.orders import ClearSound, SoundEnds, SoundPiece
from gateway.transports.facts import Ignored, KeyStruck, MarkPlayed, Opening, SoundHeard
from gateway.transports.tickets import StreamTicket
from gateway.transports.vonage import VonageDialect
from tests.support.carriers import vonage_call
from tests.support.fakes import threads_in_virtual_time
from tests.support.house import catalogue, tone
from tests.transports.test_twilio import house_of

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _no_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with threads_in_virtual_time(monkeypatch):
        yield


def first(**fields: object) -> str:
    content = {"content-type": "audio/l16;rate=16000"}
    return json.dumps({"event": "websocket:connected", **content, **fields})


def opened() -> VonageDialect:
    dialect = VonageDialect()
    dialect.read(first())
    return dialect


class TestTheDialect:
    def test_the_first_message_tells_who_calls(self) -> None:
        dialect = VonageDialect()
        [opening] = dialect.read(first(tenant="acme", locale="en-GB", **{"from": "4477", "n": 1}))
        assert opening == Opening(tenant="acme", locale="en-GB", caller={"from": "4477"})
        assert dialect.form == AudioFormat(Encoding.PCM, 16000)
        ticketed = VonageDialect(StreamTicket(tenant="bank", call="c"))
        [opening] = ticketed.read(first(tenant="acme"))
        assert isinstance(opening, Opening)
        assert opening.tenant == "bank"

    @pytest.mark.parametrize("content", ["audio/l16;rate=44100", "audio/x-mulaw", "", 7, None])
    def test_another_format_is_refused(self, content: object) -> None:
        dialect = VonageDialect()
        dialect.read(json.dumps({"event": "websocket:connected", "content-type": content}))
        with pytest.raises(ClientError, match="audio/l16"):
            _ = dialect.form

    @pytest.mark.parametrize(
        ("said", "facts"),
        [
            (b"\1\2" * 320, (SoundHeard(b"\1\2" * 320),)),
            ('{"event":"websocket:dtmf","digit":"5","duration":260}', (KeyStruck("5"),)),
            ('{"dtmf":{"digit":"#"}}', (KeyStruck("#"),)),
            ('{"event":"websocket:notify","payload":{"id":"g1:200"}}', (MarkPlayed("g1:200"),)),
            ('{"event":"websocket:cleared"}', ()),
        ],
    )
    def test_what_the_socket_tells(self, said: str | bytes, facts: object) -> None:
        assert opened().read(said) == facts

    @pytest.mark.parametrize(
        "said",
        [
            first(),
            '{"event":"websocket:dtmf","digit":"A"}',
            '{"event":"websocket:notify","payload":7}',
            '{"event":"hello"}',
            "{}",
        ],
    )
    def test_what_is_left_out(self, said: str) -> None:
        [fact] = opened().read(said)
        assert isinstance(fact, Ignored)

    def test_sound_before_the_first_message_is_left_out(self) -> None:
        [fact] = VonageDialect().read(b"\0\0")
        assert isinstance(fact, Ignored)

    @pytest.mark.parametrize("said", ["", "{", "[]", "[" * 100_000, '{"a":1e400}', '{"a":NaN}'])
    def test_what_is_no_message_is_an_error(self, said: str) -> None:
        with pytest.raises(ClientError):
            opened().read(said)

    def test_sound_is_cut_into_frames_and_the_last_one_filled(self) -> None:
        dialect = opened()
        piece = SoundPiece(generation=1, payload=b"\1" * 1000)
        assert dialect.write(piece) == [b"\1" * 640]
        assert dialect.write(piece) == [b"\1" * 640, b"\1" * 640]
        assert dialect.write(SoundEnds(turn=1, generation=1)) == (b"\1" * 80 + b"\0" * 560,)
        dialect.write(piece)
        dialect.write(ClearSound(generation=1))
        assert dialect.write(SoundEnds(turn=1, generation=1)) == ()


@pytest.mark.parametrize("rate", [8000, 16000, 24000])
async def test_a_cached_answer_at_every_rate(rate: int) -> None:
    house = house_of()
    async with vonage_call(house, VonageDialect(), rate=rate) as line:
        line.heard.say(Heard("when do you open", final=True))
        await asyncio.sleep(0.1)
        frames = [one for _, one in line.vonage.received if isinstance(one, bytes)]
        assert b"".join(frames) == tone(AudioFormat(Encoding.PCM, rate), 1000)
        await asyncio.sleep(1.5)
        assert line.vonage.returned == ["g1:200", "g1:400", "g1:600", "g1:800", "g1:1000"]
        assert (line.vonage.glitches, line.vonage.errors, line.vonage.lost) == (0, [], 0)
    assert [turn.path for turn in house.observer.turns] == ["cache"]


@pytest.mark.parametrize("returns_cleared", [False, True])
async def test_words_stop_it_whatever_becomes_of_what_was_to_be_told(returns_cleared: bool) -> None:
    house = house_of()
    house.publish(catalogue(hours=30_000))
    async with vonage_call(house, VonageDialect(), returns_cleared=returns_cleared) as line:
        line.heard.say(Heard("when do you open", final=True))
        await asyncio.sleep(3.0)
        ahead = line.vonage.buffer.head - asyncio.get_running_loop().time()
        assert 9.0 <= ahead <= 10.5  # not all 30 s: an older queue is shorter
        line.heard.say(Heard("wait", final=True))
        await asyncio.sleep(2.0)
        assert len(line.vonage.cleared) == 1
        last = max(at for at, one in line.vonage.received if isinstance(one, bytes))
        assert last <= line.vonage.cleared[0]
    [cut] = [turn for turn in house.observer.turns if turn.interrupted]
    assert 2500 <= cut.timeline["heard_ms"] <= 3000


@settings(max_examples=300)
@given(
    st.lists(
        st.one_of(
            st.text(max_size=60),
            st.binary(max_size=60),
            st.builds(
                json.dumps,
                st.dictionaries(
                    st.sampled_from(
                        ["event", "payload", "digit", "dtmf", "content-type", "tenant"]
                    ),
                    st.recursive(
                        st.none()
                        | st.floats()
                        | st.text(max_size=20)
                        | st.sampled_from(["websocket:connected", "websocket:notify"]),
                        lambda inner: (
                            st.dictionaries(st.sampled_from(["id", "digit"]), inner)
                            | st.lists(inner, max_size=2)
                        ),
                        max_leaves=4,
                    ),
                ),
            ),
        ),
        max_size=10,
    )
)
def test_whatever_comes_is_read_or_refused(said: list[str | bytes]) -> None:
    dialect = VonageDialect()
    for one in said:
        try:
            facts = dialect.read(one)
        except ClientError:
            continue
        assert isinstance(facts, tuple)
