"""``WS /v1/call`` over real sockets: the protocol, and what a client can do wrong."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest

from gateway.errors import ProviderFailed
from gateway.ports.speech_in import Heard, VoiceChange
from gateway.shell.process.admission import Admission, Bounds
from gateway.transports import door, session
from tests.support.fakes import FakeDetector
from tests.support.house import PCM16K, catalogue, tone
from tests.support.serving import real_house, serving

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]


class TestACall:
    async def test_from_start_to_end(self) -> None:
        async with serving() as gateway, gateway.connect() as call:
            audio = {"encoding": "pcm_s16le", "sample_rate": 16000}
            await call.send(type="start", stt="client", audio=audio)
            started = await call.until("started")
            assert started["audio"] == audio
            assert list(gateway.house.services.calls) == [started["call_id"]]
            live = gateway.house.services.calls[started["call_id"]]
            assert (live.tenant, live.transport, live.state) == ("default", "native", "quiet")
            await call.send(type="partial", text="when do you open", revision=1)
            await call.send(type="final", text="When do you open?", confidence=0.9)
            decision = await call.until("decision")
            assert (decision["turn"], decision["path"]) == (1, "cache")
            assert (decision["entry"], decision["question"]) == ("hours", "hours?")
            start = await call.until("audio.start")
            assert start["source"] == "cache"
            assert (start["turn"], start["generation"]) == (1, 1)
            assert start["text"] == "<entry:hours 1>"
            while (message := await call.next())["type"] != "audio.end":
                if message["type"] == "mark":
                    await call.send(type="mark", name=message["name"])
            assert message == {"type": "audio.end", "turn": 1, "generation": 1}
            sound = b"".join(one["data"] for one in call.of("audio"))
            assert sound == tone(PCM16K, 1000)
            [turn] = call.of("turn")
            assert (turn["turn"], turn["path"]) == (1, "cache")
            parts = [ms for name, ms in turn["timeline"].items() if name != "ttfa_ms"]
            assert sum(parts) == pytest.approx(turn["timeline"]["ttfa_ms"], abs=0.05)
            await call.send(type="end")
            assert await call.closed() == 1000
            await gateway.quiet()
        assert gateway.house.observer.started == len(gateway.house.observer.ended) == 1

    @pytest.mark.parametrize(
        ("audio", "answered", "size"),
        [
            ({"encoding": "mulaw", "sample_rate": 8000}, 8000, 8 * 40),
            ({"encoding": "pcm_s16le", "sample_rate": 48000}, 48000, 96 * 40),
            ({"encoding": "opus", "sample_rate": 16000}, 48000, 3),
        ],
    )
    async def test_the_answer_comes_in_the_callers_format(
        self, audio: dict[str, Any], answered: int, size: int
    ) -> None:
        async with serving() as gateway, gateway.connect() as call:
            await call.send(type="start", stt="client", audio=audio)
            assert (await call.until("started"))["audio"]["sample_rate"] == answered
            await call.send(type="final", text="when do you open")
            assert len((await call.until("audio"))["data"]) == size

    async def test_speaking_over_us_clears_what_was_sent(self) -> None:
        async with serving() as gateway, gateway.dial() as call:
            await call.send(type="final", text="when do you open")
            await call.until("audio")
            await call.send(type="partial", text="no the holidays")
            assert (await call.until("clear"))["generation"] == 1
            await call.until("turn", interrupted=True)
            await call.send(type="final", text="when are holidays")
            assert (await call.until("decision"))["entry"] == "holidays"
            assert (await call.until("audio.start"))["generation"] == 2

    async def test_keys_choose_and_interrupt(self) -> None:
        async with serving() as gateway, gateway.dial() as call:
            await call.send(type="final", text="tell me the times")
            assert (await call.until("decision"))["path"] == "clarify"
            await call.until("audio")
            await call.send(type="dtmf", digit="1")
            await call.until("clear")
            assert (await call.until("decision"))["entry"] == "hours"

    async def test_goodbye_is_heard_before_the_close(self) -> None:
        async with serving() as gateway, gateway.dial() as call:
            await call.send(type="final", text="goodbye")
            mark = await call.until("mark")
            await call.send(type="mark", name=mark["name"])
            assert await call.closed() == 1000
            assert call.connection.close_reason == "goodbye"
            assert "audio.end" in call.kinds()

    async def test_a_tenant_of_ones_own(self) -> None:
        async with serving() as gateway:
            gateway.house.publish(catalogue(7, tenant="bank"))
            async with gateway.dial(tenant="bank") as call:
                await call.send(type="final", text="when do you open")
                assert (await call.until("audio.start"))["text"] == "<entry:hours 7>"


class TestOurRecogniser:
    async def test_speech_becomes_text_and_an_answer(self) -> None:
        spoken = [VoiceChange(True, 100, 200), VoiceChange(False, 600, 700)]
        house = real_house()
        house.services.detector = lambda: FakeDetector(*spoken)
        async with serving(house) as gateway, gateway.dial(stt="server", locale="en-GB") as call:
            [transcription] = house.transcriber.opened
            assert house.transcriber.locales == ["en-GB"]
            assert house.transcriber.keyterms == [("Hadley Street",)]
            for n in range(40):
                await call.say(tone(PCM16K, 20))
                if n == 15:
                    await call.until("speech", state="started")
                    transcription.say(Heard("when do you open", final=False))
                    heard = await call.until("transcript")
                    assert (heard["text"], heard["final"]) == ("when do you open", False)
            await call.until("speech", state="stopped")
            assert transcription.finished == 1
            transcription.say(Heard("when do you open", final=True))
            await call.until("transcript", final=True)
            decision = await call.until("decision")
            assert (decision["entry"], decision["decided_on"]) == ("hours", "final")
            await call.until("audio")
            await call.send(type="end")
            assert await call.closed() == 1000
            await gateway.quiet()
            assert transcription.closed >= 1

    async def test_the_locale_is_english_unless_told(self) -> None:
        async with serving() as gateway, gateway.dial(stt="server"):
            assert gateway.house.transcriber.locales == ["en-US"]

    async def test_frames_of_any_size_lose_no_sample(self) -> None:
        house = real_house()
        house.services.detector = lambda: FakeDetector(VoiceChange(True, 0, 0))
        async with serving(house) as gateway, gateway.dial(stt="server") as call:
            sound = bytes(n % 251 for n in range(9999))
            at = 0
            for size in (1, 1, 3, 640, 0, 641, 7, 5000, 3706):
                await call.say(sound[at : at + size])
                at += size
            assert at == len(sound)
            await call.send(type="end")
            await call.closed()
            await gateway.quiet()
        [transcription] = house.transcriber.opened
        assert bytes(transcription.fed) == sound[:-1]
        assert call.of("error") == []

    async def test_none_free_is_over_capacity(self) -> None:
        house = real_house()
        house.transcriber.refuses = ProviderFailed("all decoders are busy")
        async with serving(house) as gateway, gateway.connect() as call:
            await call.send(type="start")
            assert (await call.until("error"))["code"] == "stt_unavailable"
            assert await call.closed() == door.OVER_CAPACITY
            await gateway.quiet()

    async def test_none_configured_says_so(self) -> None:
        house = real_house()
        house.services.transcriber = None
        async with serving(house) as gateway, gateway.connect() as call:
            await call.send(type="start")
            assert "stt.provider" in (await call.until("error"))["message"]
            assert await call.closed() == door.OVER_CAPACITY

    async def test_one_that_dies_ends_the_call(self) -> None:
        async with serving() as gateway, gateway.dial(stt="server") as call:
            gateway.house.transcriber.opened[0].say(ProviderFailed("decoder died"))
            assert (await call.until("error"))["code"] == "stt_failed"
            assert await call.closed() == 1000
            await gateway.quiet()

    async def test_a_caller_with_our_recogniser_sends_no_text(self) -> None:
        async with serving() as gateway, gateway.dial(stt="server") as call:
            await call.send(type="partial", text="when")
            assert (await call.until("error"))["code"] == "unexpected"
            await call.send(type="mark", name="x")
            await call.send(type="final", text="when")
            assert (await call.until("error"))["code"] == "unexpected"
            assert gateway.house.matcher.asked == []

    async def test_sound_faster_than_time_cannot_be_at_the_declared_rate(self) -> None:
        """48 kHz sound declared as 8 kHz fills 6 s of call a second."""
        spec = {"encoding": "pcm_s16le", "sample_rate": 8000}
        async with serving() as gateway, gateway.dial(stt="server", audio=spec) as call:
            for _ in range(15):
                await call.say(bytes(16_000))
            error = await call.until("error")
            assert error["code"] == "audio_too_fast"
            assert "sample_rate" in error["message"]
            assert await call.closed() == door.MALFORMED


class TestSoundStraightFromTheSocket:
    """``gateway.serving.straight``."""

    async def test_it_is_heard_at_once_and_in_order(self) -> None:
        house = real_house()
        house.services.detector = lambda: FakeDetector(VoiceChange(True, 0, 0))
        async with serving(house) as gateway, gateway.dial(stt="server") as call:
            [live] = house.services.calls.values()
            sound = bytes(n % 251 for n in range(12_000))
            for at in range(0, len(sound), 600):  # some of them longer than is heard in one go
                size = 600 if at % 1800 else 4000
                await call.say(sound[at : at + size])
                await call.send(type="mark", name="g9:1")
            await call.send(type="end")
            await call.closed()
            await gateway.quiet()
            assert live.tenant == "default"
        [transcription] = house.transcriber.opened
        expected = b"".join(
            sound[at : at + (600 if at % 1800 else 4000)] for at in range(0, len(sound), 600)
        )
        assert bytes(transcription.fed) == expected

    async def test_our_mistake_with_it_ends_the_call_as_it_always_did(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        class Fails(FakeDetector):
            def feed(self, pcm: bytes) -> list[VoiceChange]:
                raise ZeroDivisionError

        house = real_house()
        house.services.detector = Fails
        async with serving(house) as gateway, gateway.dial(stt="server") as call:
            await call.say(bytes(640))
            assert await call.closed() == door.INTERNAL
            await gateway.quiet()
        assert house.transcriber.opened[0].closed
        assert not house.services.calls
        assert "ZeroDivisionError" in caplog.text


class TestWhoMayCall:
    token = "se/cret+"
    protocol = "token." + base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")

    @pytest.mark.parametrize(
        "options",
        [
            {"additional_headers": {"Authorization": f"Bearer {token}"}},
            {"subprotocols": ["frontline.v1", protocol]},
        ],
        ids=["header", "sub-protocol"],
    )
    async def test_the_token_opens(self, options: dict[str, Any]) -> None:
        async with serving(call_token=self.token) as gateway, gateway.connect(**options) as call:
            await call.send(type="start", stt="client")
            await call.until("started")
            wanted = "frontline.v1" if "subprotocols" in options else None
            assert call.connection.subprotocol == wanted

    @pytest.mark.parametrize(("tenants", "heard"), [(("default",), "started"), (("x",), "error")])
    async def test_a_token_of_some_tenants_opens_these_alone(
        self, tenants: tuple[str, ...], heard: str
    ) -> None:
        options = {"additional_headers": {"Authorization": "Bearer theirs"}}
        async with (
            serving(call_token=self.token, further_tokens={"theirs": tenants}) as gateway,
            gateway.connect(**options) as call,
        ):
            await call.send(type="start", stt="client", tenant="default")
            told = await call.until(heard)
            assert told.get("code", "unknown_tenant") == "unknown_tenant"

    @pytest.mark.parametrize(
        "options",
        [
            {},
            {"additional_headers": {"Authorization": "Bearer wrong"}},
            {"additional_headers": {"Authorization": f"Basic {token}"}},
            {"subprotocols": ["frontline.v1", "token.d3Jvbmc"]},
            {"subprotocols": ["frontline.v1"]},
        ],
        ids=["none", "wrong header", "wrong scheme", "wrong sub-protocol", "no token"],
    )
    async def test_without_it_the_call_is_refused(self, options: dict[str, Any]) -> None:
        async with serving(call_token=self.token) as gateway, gateway.connect(**options) as call:
            assert await call.closed() == door.UNAUTHORISED
            assert call.heard == []
            assert gateway.house.services.calls == {}

    @pytest.mark.parametrize(
        ("origin", "code"),
        [("https://evil.example", door.UNAUTHORISED), ("https://listed.example", 1000)],
    )
    async def test_only_known_pages_may_call(self, origin: str, code: int) -> None:
        async with (
            serving(allowed_origins=("https://listed.example",)) as gateway,
            gateway.connect(origin=origin) as call,
        ):
            if code == 1000:
                await call.send(type="start", stt="client")
                await call.until("started")
                await call.send(type="end")
            assert await call.closed() == code

    async def test_our_own_page_may(self) -> None:
        async with serving() as gateway:
            own = f"http://127.0.0.1:{gateway.port}"
            async with gateway.connect(origin=own) as call:
                await call.send(type="start", stt="client")
                await call.until("started")

    async def test_one_more_than_there_is_room_for_is_turned_away(self) -> None:
        async with serving(max_calls=2) as gateway:
            async with gateway.dial(), gateway.connect():  # one has not even started
                while len(gateway.house.services.calls) < 2:  # noqa: ASYNC110
                    await asyncio.sleep(0.001)
                async with gateway.connect() as third:
                    assert await third.closed() == door.OVER_CAPACITY
            await gateway.quiet()
            async with gateway.dial():
                pass

    async def test_a_tenant_over_its_limit_is_told_and_the_others_are_not(self) -> None:
        async with serving() as gateway:
            services = gateway.house.services
            services.admission = Admission(Bounds(tenant_calls=1), services.clock)
            async with gateway.dial(), gateway.connect() as second:
                await second.send(type="start", stt="client")
                assert (await second.until("error"))["code"] == "tenant_calls"
                assert await second.closed() == door.OVER_CAPACITY
            await gateway.quiet()
            async with gateway.dial():  # there is room again
                pass

    async def test_a_gateway_that_is_stopping_answers_the_sub_protocol(self) -> None:
        offers = {"subprotocols": ["frontline.v1"]}
        async with serving() as gateway:
            gateway.draining = True
            async with gateway.connect(**offers) as call:
                assert await call.closed() == door.OVER_CAPACITY
                assert call.connection.subprotocol == "frontline.v1"


class TestBeforeTheStart:
    @pytest.mark.parametrize(
        ("start", "code"),
        [
            ({"tenant": "nobody"}, "unknown_tenant"),
            ({"audio": {"encoding": "mulaw", "sample_rate": 16000}}, "bad_audio"),
        ],
    )
    async def test_what_we_do_not_offer(self, start: dict[str, Any], code: str) -> None:
        async with serving() as gateway, gateway.connect() as call:
            await call.send(type="start", **start)
            assert (await call.until("error"))["code"] == code
            assert await call.closed() == 1008
            await gateway.quiet()
            assert gateway.house.observer.started == 0

    async def test_nothing_else_comes_first(self) -> None:
        async with serving() as gateway, gateway.connect() as call:
            await call.say(bytes(320))
            assert (await call.until("error"))["code"] == "not_started"
            await call.send(type="final", text="hello")
            assert (await call.until("error"))["code"] == "not_started"
            await call.send(type="hello")  # unknown: ignored
            await call.send(type="start", stt="client")
            await call.until("started")
            await call.say("{")  # the start was a good message in between
            assert (await call.until("error"))["code"] == "malformed"
            await call.send(type="final", text="when do you open")
            await call.until("decision")

    @pytest.mark.parametrize("bad", ["{", bytes(320), '{"type":"end"}'])
    async def test_three_in_a_row_are_enough(self, bad: str | bytes) -> None:
        async with serving() as gateway, gateway.connect() as call:
            for _ in range(3):
                await call.say(bad)
            assert await call.closed() == door.MALFORMED
            assert len(call.of("error")) == 3
            await gateway.quiet()

    async def test_a_client_that_says_nothing_is_not_waited_for(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(session, "START_WITHIN", 0.05)
        async with serving() as gateway, gateway.connect() as call:
            assert await call.closed() == door.MALFORMED
            assert call.connection.close_reason == "no start message"
            await gateway.quiet()


class TestWrongMessages:
    async def test_malformed_is_told_and_a_good_one_forgives(self) -> None:
        async with serving() as gateway, gateway.dial() as call:
            for _ in range(3):
                await call.say('{"type":"partial"}')
                await call.say("not json")
                await call.send(type="mark", name="x")
            await call.send(type="final", text="when do you open")
            await call.until("decision")
            assert [one["code"] for one in call.of("error")] == ["malformed"] * 6

    async def test_three_in_a_row_close_the_call(self) -> None:
        async with serving() as gateway, gateway.dial() as call:
            await call.say("not json")
            await call.say('{"type":"hello",')
            await call.say('{"type":"dtmf","digit":"x"}')
            assert await call.closed() == door.MALFORMED
            assert len(call.of("error")) == 3
            await gateway.quiet()

    async def test_unknown_types_are_ignored_with_one_warning(self) -> None:
        async with serving() as gateway, gateway.dial() as call:
            for n in range(5):
                await call.send(type=f"hello{n}")
            await call.send(type="final", text="when do you open")
            await call.until("decision")
            assert [one["code"] for one in call.of("error")] == ["unknown_type"]

    async def test_sound_beside_ones_own_text_is_ignored_with_one_warning(self) -> None:
        async with serving() as gateway, gateway.dial() as call:
            for _ in range(5):
                await call.say(bytes(640))
            await call.send(type="hello")
            await call.send(type="final", text="when do you open")
            await call.until("decision")
            assert [one["code"] for one in call.of("error")] == ["unexpected", "unknown_type"]

    async def test_a_call_starts_once(self) -> None:
        async with serving() as gateway, gateway.dial() as call:
            await call.send(type="start")
            assert (await call.until("error"))["code"] == "unexpected"

    @pytest.mark.parametrize("size", [64 * 1024, 64 * 1024 + 1])
    async def test_messages_have_a_largest(self, size: int) -> None:
        async with serving() as gateway, gateway.dial() as call:
            await call.say(bytes(size))
            if size > 64 * 1024:
                assert await call.closed() == 1009
                await gateway.quiet()
            else:
                assert (await call.until("error"))["code"] == "unexpected"

    async def test_a_mistake_of_ours_says_so(self, caplog: pytest.LogCaptureFixture) -> None:
        def fail() -> FakeDetector:
            raise ZeroDivisionError

        house = real_house()
        house.services.detector = fail
        async with serving(house) as gateway, gateway.connect() as call:
            await call.send(type="start")
            assert await call.closed() == door.INTERNAL
            await gateway.quiet()
        assert house.transcriber.opened[0].closed == 1
        assert house.observer.started == len(house.observer.ended) == 1
        assert "ZeroDivisionError" in caplog.text
