"""Calls from Twilio: what is heard and when, and whatever a stream may hold."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.audio import pcm_to_mulaw
from gateway.core.policy import Policy
from gateway.errors import ClientError
from gateway.ports.speech_in import Heard
from gateway.shell.call.orders import Complaint, SoundPiece
from gateway.transports.facts import CallerLeft, Ignored, KeyStruck, MarkPlayed, Opening, SoundHeard
from gateway.transports.tickets import StreamTicket
from gateway.transports.twilio import MULAW, TwilioDialect
from tests.providers.twilio import ACCOUNT, CALL, STREAM
from tests.support.carriers import twilio_call
from tests.support.fakes import FakeDetector, threads_in_virtual_time
from tests.support.house import House, catalogue, clip, open_house, tone

pytestmark = pytest.mark.anyio

POLICY = Policy(no_input=600.0)


@pytest.fixture(autouse=True)
def _no_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with threads_in_virtual_time(monkeypatch):
        yield


def house_of(**fields: Any) -> House:
    house = open_house(
        policy=fields.pop("policy", POLICY),
        interruptions=("wait",),
        backchannels=("okay",),
        **fields,
    )
    house.services.detector = FakeDetector
    return house


def opened(ticket: StreamTicket | None = None, **start: Any) -> TwilioDialect:
    dialect = TwilioDialect(ticket)
    facts = {"streamSid": STREAM, "callSid": CALL, "customParameters": {}, **start}
    message = {"event": "start", "streamSid": STREAM, "start": facts}
    [opening] = dialect.read(json.dumps(message))
    assert isinstance(opening, Opening)
    return dialect


def frame(event: str, **fields: Any) -> str:
    return json.dumps({"event": event, "streamSid": STREAM, **fields})


def media(payload: bytes) -> str:
    return frame("media", media={"payload": base64.b64encode(payload).decode()})


class TestTheDialect:
    def test_the_start_tells_who_calls(self) -> None:
        dialect = TwilioDialect()
        assert dialect.read('{"event":"connected","protocol":"Call"}') == ()
        told = {"tenant": "acme", "locale": "en-GB", "from": "+1555", "odd": 7}
        names = {"streamSid": STREAM, "callSid": CALL, "accountSid": ACCOUNT}
        start = {**names, "customParameters": told}
        [opening] = dialect.read(json.dumps({"event": "start", "start": start}))
        ids = {"call_sid": CALL, "stream_sid": STREAM, "account_sid": ACCOUNT}
        caller = {"from": "+1555"}
        assert opening == Opening(tenant="acme", locale="en-GB", caller=caller, ids=ids)
        assert (dialect.form, dialect.call) == (MULAW, CALL)
        assert "+1555" not in repr(opening)

    def test_a_ticket_says_which_tenant_and_call(self) -> None:
        dialect = opened(
            StreamTicket(tenant="acme", call=CALL), customParameters={"tenant": "other"}
        )
        assert dialect.form == MULAW
        with pytest.raises(ClientError) as refused:
            _ = opened(StreamTicket(tenant="acme", call="CAother")).form
        assert refused.value.code == "wrong_call"

    @pytest.mark.parametrize(
        "form",
        [
            {"encoding": "audio/l16", "sampleRate": 8000, "channels": 1},
            {"encoding": "audio/x-mulaw", "sampleRate": 16000, "channels": 1},
            {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 2},
        ],
    )
    def test_a_format_that_is_not_understood_is_refused(self, form: dict[str, Any]) -> None:
        with pytest.raises(ClientError, match="8000 Hz"):
            _ = opened(mediaFormat=form).form

    @pytest.mark.parametrize(
        ("said", "fact"),
        [
            (media(b"\xff" * 160), SoundHeard(b"\xff" * 160)),
            (media(b""), SoundHeard(b"")),
            (frame("mark", mark={"name": "g1:200"}), MarkPlayed("g1:200")),
            (frame("dtmf", dtmf={"track": "inbound_track", "digit": "#"}), KeyStruck("#")),
            (frame("stop"), CallerLeft()),
            ('{"event":"stop"}', CallerLeft()),
        ],
    )
    def test_what_the_stream_tells(self, said: str, fact: object) -> None:
        assert opened().read(said) == (fact,)

    @pytest.mark.parametrize(
        ("said", "code"),
        [
            (frame("hello"), "unknown_type"),
            (frame("dtmf", dtmf={"digit": "A"}), "unknown_type"),
            (frame("dtmf"), "unknown_type"),
            (frame("media", media={"payload": "**"}), "bad_media"),
            (frame("media", media={"payload": "ÿ"}), "bad_media"),
            (frame("media", media={"track": "outbound", "payload": ""}), "outbound"),
            (frame("start", start={"streamSid": STREAM}), "started"),
            (json.dumps({"event": "stop", "streamSid": "MZother"}), "other_stream"),
            ('{"event":"stop","event":"hello"}', "unknown_type"),
        ],
    )
    def test_what_is_left_out(self, said: str, code: str) -> None:
        [fact] = opened().read(said)
        assert isinstance(fact, Ignored)
        assert fact.code == code

    def test_sound_before_the_start_is_left_out(self) -> None:
        [fact] = TwilioDialect().read(media(b"\xff"))
        assert isinstance(fact, Ignored)

    @pytest.mark.parametrize(
        "said",
        [
            "",
            "{",
            "[]",
            "7",
            b"\xff\xfe",
            b"\0" * 160,
            '{"event":NaN}',
            '{"event":"media","media":{"payload":1e400}}',
            '{"event":"media","media":' + "[" * 10_000 + "]" * 10_000 + "}",
            '{"event":' * 10_000,
            "{}",
        ],
    )
    def test_what_is_no_message_is_an_error_and_nothing_else(self, said: str | bytes) -> None:
        dialect = opened()
        with pytest.raises(ClientError):
            dialect.read(said)
        assert dialect.read(media(b"\xff"))

    def test_twilio_has_no_words_for_a_complaint(self) -> None:
        dialect = opened()
        assert dialect.write(Complaint(code="x", message="y")) == ()
        [written] = dialect.write(SoundPiece(generation=1, payload=b"\x01\x02"))
        assert json.loads(written) == {
            "event": "media",
            "streamSid": STREAM,
            "media": {"payload": "AQI="},
        }


class TestACall:
    async def test_a_cached_answer_is_sent_whole_and_heard_in_real_time(self) -> None:
        house = house_of()
        async with twilio_call(house, TwilioDialect()) as line:
            line.heard.say(Heard("when do you open", final=True))
            await asyncio.sleep(0.05)
            sent = b"".join(
                base64.b64decode(one["media"]["payload"]) for one in line.twilio.of("media")
            )
            assert sent == tone(MULAW, 1000)
            names = [one["mark"]["name"] for one in line.twilio.of("mark")]
            assert names == ["g1:200", "g1:400", "g1:600", "g1:800", "g1:1000"]
            assert line.twilio.returned == []
            await asyncio.sleep(1.1)
            assert line.twilio.returned == names
            assert line.twilio.errors == []
        assert [turn.path for turn in house.observer.turns] == ["cache"]
        assert not house.services.calls

    async def test_the_first_message_leaves_with_the_decision(self) -> None:
        house = house_of()
        async with twilio_call(house, TwilioDialect()) as line:
            line.heard.say(Heard("when do you open", final=True))
            await asyncio.sleep(2.0)
            line.heard.say(Heard("when do you open", final=True))  # now its clip is in memory
            before = asyncio.get_running_loop().time()
            await asyncio.sleep(1.0)
            first = next(
                at for at, one in line.twilio.received if one["event"] == "media" and at > before
            )
        assert first - before <= 0.005 + 0.003  # matching takes 3 ms here

    async def test_words_stop_it_and_returned_marks_are_not_heard(self) -> None:
        house = house_of()
        house.publish(catalogue(hours=8000))
        async with twilio_call(house, TwilioDialect(), delay=0.03) as line:
            line.heard.say(Heard("when do you open", final=True))
            await asyncio.sleep(2.0)
            assert not line.twilio.cleared
            line.heard.say(Heard("okay", final=True))  # an acknowledgement
            await asyncio.sleep(0.2)
            assert not line.twilio.cleared
            line.heard.say(Heard("wait", final=True))
            await asyncio.sleep(1.0)
            assert len(line.twilio.cleared) == 1
            assert (
                len(line.twilio.returned) == 40
            )  # those of what was heard, and of what was dropped
        cut = [turn for turn in house.observer.turns if turn.interrupted]
        assert 1500 <= cut[-1].timeline["heard_ms"] <= 2200

    async def test_digits_are_pressed_and_choose(self) -> None:
        house = house_of(policy=replace(POLICY, keys=frozenset("17")))
        house.services.keys = {"1": "entry:hours", "7": "entry:nobody"}
        async with twilio_call(house, TwilioDialect()) as line:
            line.twilio.press("1")
            await asyncio.sleep(0.3)
            assert line.twilio.of("media")
            line.twilio.press("7")  # an entry that is not there: somebody else must
            await asyncio.sleep(1.0)
            assert line.twilio.cleared
        turns = {turn.turn: (turn.path, turn.entry) for turn in house.observer.turns}
        assert turns == {1: ("cache", "hours"), 2: ("handoff", "")}

    async def test_a_missing_stop_and_a_lost_connection(self) -> None:
        house = house_of()
        async with twilio_call(house, TwilioDialect()) as line:
            line.heard.say(Heard("when do you open", final=True))
            await asyncio.sleep(0.3)
            line.client.leave(1006)
            await asyncio.sleep(0.1)
            assert not house.services.calls

    async def test_marks_that_never_come_back_are_replaced_by_the_clock(self) -> None:
        house = house_of()
        async with twilio_call(house, TwilioDialect()) as line:
            line.twilio._return = lambda names: None  # type: ignore[method-assign]
            line.heard.say(Heard("when do you open", final=True))
            await asyncio.sleep(3.0)
            line.heard.say(Heard("when are holidays", final=True))
            await asyncio.sleep(3.0)
        assert [turn.entry for turn in house.observer.turns] == ["hours", "holidays"]
        assert not any(turn.interrupted for turn in house.observer.turns)

    @pytest.mark.parametrize("sizes", [(0, 1, 159, 161, 8000), (160,) * 100, (3,) * 90])
    async def test_frames_of_any_size_and_in_bursts_lose_no_sample(
        self, sizes: tuple[int, ...]
    ) -> None:
        house = house_of()
        sound = pcm_to_mulaw(bytes(range(256)) * 200)[: sum(sizes)]
        async with twilio_call(house, TwilioDialect()) as line:
            at = 0
            for size in sizes:
                line.twilio.sound(sound[at : at + size])
                at += size
            await asyncio.sleep(1.0)
            kept = len(line.heard.fed) // 2 + line.heard.skipped + 4800
            assert abs(kept - 2 * sum(sizes)) <= 4800
            assert line.client.close_code is None

    async def test_numbers_may_be_missing_doubled_or_out_of_order(self) -> None:
        house = house_of()
        async with twilio_call(house, TwilioDialect()) as line:
            for number in ("7", "7", "3", None):
                told = {"sequenceNumber": number} if number else {}
                line.client.say(
                    json.dumps(
                        {
                            "event": "media",
                            "streamSid": STREAM,
                            **told,
                            "media": {"payload": base64.b64encode(b"\xff" * 160).decode()},
                        }
                    )
                )
            line.heard.say(Heard("when do you open", final=True))
            await asyncio.sleep(1.5)
            assert line.twilio.of("media")


WORDS = 24
LONG = 8000


async def test_a_thousand_interruptions() -> None:
    """What was heard is known to a word, and nothing is sent after a clear."""
    house = house_of()
    one = catalogue(hours=LONG)
    text = " ".join(f"word{n}" for n in range(WORDS))
    house.publish(replace(one, clips={**one.clips, "entry:hours": clip("", LONG, text)}))
    rng = Random(7)
    off: list[float] = []
    loop = asyncio.get_running_loop()
    for number in range(1000):
        delay = rng.uniform(0.0, 0.06)
        async with twilio_call(house, TwilioDialect(), delay=delay) as line:
            line.heard.say(Heard("when do you open", final=True))
            await asyncio.sleep(rng.uniform(0.3, 7.5))
            line.heard.say(Heard("wait", final=True))
            await asyncio.sleep(0.5)
            assert len(line.twilio.cleared) == 1, number
            cleared = line.twilio.cleared[0]
            late = [
                at for at, told in line.twilio.received if told["event"] == "media" and at > cleared
            ]
            assert late == [], number
            heard = len(line.twilio.buffer.heard(loop.time())) / 8000
            assert line.twilio.errors == []
        cut = [turn for turn in house.observer.turns if turn.interrupted]
        house.observer.turns.clear()
        known = cut[0].timeline["heard_ms"] / 1000
        per_word = LONG / 1000 / WORDS
        off.append(abs(int(heard / per_word) - int(known / per_word)))
    assert max(off) <= 1, (max(off), sum(off) / len(off))


messages = st.one_of(
    st.builds(
        lambda event, part: json.dumps({"event": event, "streamSid": STREAM, **part}),
        st.sampled_from(["connected", "start", "media", "mark", "dtmf", "stop", "x"]),
        st.dictionaries(
            st.sampled_from(["start", "media", "mark", "dtmf", "stop", "streamSid"]),
            st.recursive(
                st.none() | st.booleans() | st.floats() | st.text(max_size=20) | st.integers(),
                lambda inner: (
                    st.dictionaries(
                        st.sampled_from(
                            ["payload", "track", "name", "digit", "callSid", "streamSid"]
                        ),
                        inner,
                        max_size=4,
                    )
                    | st.lists(inner, max_size=3)
                ),
                max_leaves=6,
            ),
            max_size=3,
        ),
    ),
    st.text(max_size=60),
    st.binary(max_size=60),
)


@settings(max_examples=300)
@given(st.lists(messages, max_size=12))
def test_whatever_comes_is_read_or_refused(said: list[str | bytes]) -> None:
    dialect = TwilioDialect()
    for one in said:
        try:
            facts = dialect.read(one)
        except ClientError:
            continue
        assert isinstance(facts, tuple)
