"""A call between its client and the core, in virtual time."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.core.actions import EndCall
from gateway.core.events import (
    Aim,
    Bearing,
    Event,
    KeyPressed,
    PlaybackDone,
    VoiceStarted,
    VoiceStopped,
)
from gateway.core.felt import FeltFigure
from gateway.errors import ProviderFailed
from gateway.ports.hooks import CALL_ENDED, Happening
from gateway.ports.speech_in import Heard, Presence
from gateway.shell.call.runner import PARTIAL_EVERY, aim_of
from tests.support.fakes import FakeWire
from tests.support.house import PCM16K, House, TimedMatching, catalogue, open_house

pytestmark = pytest.mark.anyio


@pytest.fixture
async def house(threads: SimpleNamespace) -> House:
    """Clips in memory, so that only the call's own times count."""
    house = open_house()
    await warm(house)
    return house


async def warm(house: House) -> None:
    serving = house.services.tenants.get("default")
    assert serving is not None
    keys = tuple(serving.catalogue.clips)
    await house.services.clips.get(serving.names(keys, PCM16K), PCM16K)


def now() -> float:
    return asyncio.get_running_loop().time()


class TestAnswers:
    async def test_a_final_is_answered_as_soon_as_it_is_matched(self, house: House) -> None:
        async with house.call() as call:
            began = now()
            call.runner.final("when do you open")
            await asyncio.sleep(0.5)
        assert call.wire.kinds()[:4] == ["decision", "audio.start", "audio", "mark"]
        decision = call.wire.told("decision")[0]
        assert decision["at"] == pytest.approx(began + 0.003)
        assert (decision["path"], decision["entry"]) == ("cache", "hours")
        assert decision["decided_on"] == "final"
        assert call.wire.audio()[0] == pytest.approx(began + 0.003)
        turn = call.wire.told("turn")[0]
        assert turn["timeline"]["ttfa_ms"] == pytest.approx(3.0)

    async def test_a_decision_made_on_a_partial_is_there_with_the_final(self, house: House) -> None:
        async with house.call() as call:
            call.runner.partial("when do you open")
            await asyncio.sleep(0.3)
            began = now()
            call.runner.final("When do you open?")
            await asyncio.sleep(0.1)
        assert call.wire.audio()[0] == began
        assert call.wire.told("decision")[0]["decided_on"] == "partial"
        assert call.wire.told("turn")[0]["timeline"]["ttfa_ms"] == 0

    async def test_a_clip_on_disk_is_prefetched_while_the_caller_speaks(
        self, threads: SimpleNamespace
    ) -> None:
        threads.takes = 0.1
        house = open_house()
        async with house.call() as call:
            call.runner.partial("when do you open")
            await asyncio.sleep(0.3)
            began = now()
            call.runner.final("when do you open")
            await asyncio.sleep(0.5)
        assert call.wire.audio()[0] == began

    async def test_a_miss_gets_the_handoff_line(self, house: House) -> None:
        async with house.call() as call:
            call.runner.final("why is the sky blue")
            await asyncio.sleep(0.5)
        assert call.wire.told("decision")[0]["path"] == "handoff"
        assert call.wire.told("audio.start")[0]["text"] == "<line:handoff 1>"
        assert call.wire.told("audio.start")[0]["source"] == "system"

    async def test_matching_over_budget_is_not_waited_for(self, house: House) -> None:
        matching = house.services.matching
        assert isinstance(matching, TimedMatching)
        matching.takes = 10.0
        async with house.call() as call:
            began = now()
            call.runner.final("when do you open")
            await asyncio.sleep(1.0)
            assert call.wire.audio()[0] == pytest.approx(began + 0.15)
            await asyncio.sleep(20.0)
        assert len(call.wire.told("decision")) == 1

    async def test_a_question_and_its_answer_by_key(self, house: House) -> None:
        async with house.call() as call:
            call.runner.final("tell me the times")
            await asyncio.sleep(4.0)
            call.runner.receive(KeyPressed(digit="1"))
            await asyncio.sleep(1.0)
        sources = [one["source"] for one in call.wire.told("audio.start")]
        assert sources == ["clarify", "cache"]
        assert house.matcher.asked[-1][2].asked == ("hours", "holidays")

    async def test_goodbye_ends_the_call_once_it_has_been_heard(self, house: House) -> None:
        async with house.call() as call:
            call.runner.final("goodbye")
            await asyncio.sleep(5.0)
            assert call.reasons == ["goodbye"]
            assert call.state == "CLOSED"
        assert call.live.state == "ended"

    async def test_a_greeting_is_said_first(self, threads: SimpleNamespace) -> None:
        house = open_house()
        house.publish(catalogue(2, greeting=400))
        await warm(house)
        async with house.call() as call:
            await asyncio.sleep(1.0)
        assert call.wire.told("audio.start")[0]["text"] == "<line:greeting 2>"
        assert call.wire.audio()[0] == pytest.approx(now() - 1.0)

    async def test_silence_is_asked_about_and_then_ended(self, house: House) -> None:
        async with house.call() as call:
            began = now()
            await asyncio.sleep(200.0)
        asked = call.wire.told("audio.start")
        assert [one["at"] - began for one in asked] == pytest.approx([60.0])
        assert call.reasons == ["no input"]


class TestWhatIsHeard:
    async def test_an_utterance_with_what_the_language_says_of_it(self, house: House) -> None:
        async with house.call() as call:
            heard = call.runner.utterance("Um, when do you open?", 0.5)
            assert heard.canonical == "when do you open"
            assert (heard.manner, heard.confidence) == (Bearing.NORMAL, 0.5)
            assert call.runner.utterance("i want to").completeness < 0.3
            assert call.runner.utterance("uh huh").manner is Bearing.BACKCHANNEL
            assert call.runner.utterance("hold on").manner is Bearing.INTERRUPTION
            assert not call.runner.utterance("hold on").asks
            assert not call.runner.utterance("uh huh").asks
            long = call.runner.utterance("i have a question do you open on sundays")
            assert (long.manner, long.asks) == (Bearing.INTERRUPTION, True)

    async def test_the_tenants_own_phrases_count(self, threads: SimpleNamespace) -> None:
        house = open_house(backchannels=("jolly good",), interruptions=("whoa there",))
        async with house.call() as call:
            assert call.runner.utterance("jolly good").manner is Bearing.BACKCHANNEL
            assert call.runner.utterance("whoa there").manner is Bearing.INTERRUPTION

    async def test_a_flood_of_partials_is_thinned_to_the_newest(self, house: House) -> None:
        async with house.call() as call:
            for n in range(1000):
                call.runner.partial(f"number {n}")
                if n % 100 == 99:
                    await asyncio.sleep(PARTIAL_EVERY / 2)
            await asyncio.sleep(1.0)
        asked = [text for text, _, _ in house.matcher.asked if text.startswith("number")]
        # the first at once, then the newest each 20 ms
        assert len(asked) <= 7
        assert (asked[0], asked[-1]) == ("number 0", "number 999")

    async def test_the_final_overtakes_the_partial_that_waits(self, house: House) -> None:
        async with house.call() as call:
            call.runner.partial("when")
            call.runner.partial("when do you")
            call.runner.final("when do you open")
            await asyncio.sleep(1.0)
        assert [text for text, _, _ in house.matcher.asked] == ["when", "when do you open"]

    async def test_the_recognisers_words_are_told_and_answered(self, house: House) -> None:
        async with house.call(stt=True) as call:
            assert call.transcription is not None
            call.runner.receive(VoiceStarted(at=now()))
            call.transcription.say(Heard("when do you open", final=False))
            await asyncio.sleep(1.0)
            stopped = now()
            call.runner.receive(VoiceStopped(at=stopped))
            assert call.transcription.finished == 1
            await asyncio.sleep(0.05)
            call.transcription.say(Heard("when do you open", final=True, confidence=0.9))
            await asyncio.sleep(1.0)
        assert [one["text"] for one in call.wire.told("transcript")] == ["when do you open"] * 2
        assert [one["final"] for one in call.wire.told("transcript")] == [False, True]
        assert [one["state"] for one in call.wire.told("speech")] == ["started", "stopped"]
        assert call.wire.audio()[0] == pytest.approx(stopped + 0.2)
        timeline = call.wire.told("turn")[0]["timeline"]
        assert timeline["endpointing_ms"] == pytest.approx(200)
        parts = [value for key, value in timeline.items() if key != "ttfa_ms"]
        assert sum(parts) == pytest.approx(timeline["ttfa_ms"])

    async def test_a_recogniser_that_is_lost_ends_the_call_with_a_word(self, house: House) -> None:
        async with house.call(stt=True) as call:
            assert call.transcription is not None
            call.transcription.say(ProviderFailed("the decoder died"))
            await asyncio.sleep(0.1)
            assert [one["text"] for one in call.wire.told("audio.start")] == ["<line:handoff 1>"]
            assert call.reasons == []
            await asyncio.sleep(6.0)  # nobody tells that it was heard
            assert call.reasons == ["the recogniser failed"]
        error = call.wire.told("error")[0]
        assert (error["code"], error["message"]) == ("stt_failed", "the decoder died")

    async def test_one_that_is_away_for_too_long_is_closed(self, house: House) -> None:
        async with house.call(stt=True) as call:
            assert call.transcription is not None
            call.transcription.say(Presence(there=False))
            await asyncio.sleep(5.9)
            assert (call.transcription.closed, call.wire.told("error")) == (0, [])
            await asyncio.sleep(0.2)
            assert call.transcription.closed == 1
            assert [one["text"] for one in call.wire.told("audio.start")] == ["<line:handoff 1>"]
            call.transcription.say(Presence(there=True))  # too late
            await asyncio.sleep(6.0)
            assert call.reasons == ["the recogniser failed"]
        [error] = call.wire.told("error")
        assert error["code"] == "stt_failed"
        assert error["message"] == "the recogniser was not there again within 6 s"


class TestInterruptions:
    async def test_words_stop_us_at_once(self, house: House) -> None:
        async with house.call() as call:
            call.runner.final("when do you open")
            await asyncio.sleep(0.5)
            cut = now()
            call.runner.partial("no the holidays")
            await asyncio.sleep(1.0)
            call.runner.final("when are holidays")
            await asyncio.sleep(1.0)
        clear = call.wire.told("clear")[0]
        assert (clear["generation"], clear["at"]) == (1, cut)
        assert [at for at in call.wire.audio() if cut < at < cut + 1.0] == []
        turns = call.wire.told("turn")
        assert [one["turn"] for one in turns] == [1, 1, 2, 2]  # hung up in the middle of the last
        assert ["interrupted" in one for one in turns] == [False, True, False, True]
        assert len({record.id for record in house.observer.turns}) == 2

    async def test_acknowledgements_do_not(self, house: House) -> None:
        async with house.call() as call:
            call.runner.final("when do you open")
            await asyncio.sleep(0.5)
            call.runner.final("uh huh")
            await asyncio.sleep(5.0)
        assert call.wire.told("clear") == []
        assert len(call.wire.audio()) == 25

    async def test_a_cough_is_forgiven(self, house: House) -> None:
        async with house.call(stt=True) as call:
            assert call.transcription is not None
            call.runner.final("when do you open")
            await asyncio.sleep(0.2)
            call.runner.playout.echoed("g1:280")
            call.runner.receive(VoiceStarted(at=now()))
            await asyncio.sleep(0.65)
            assert call.state == "HELD"
            call.runner.receive(VoiceStopped(at=now()))
            call.transcription.say(Heard("", final=True))
            await asyncio.sleep(3.0)
        starts = call.wire.told("audio.start")
        assert [one["generation"] for one in starts] == [1, 2]
        # 0.28 s had been heard: from the message border before it
        again = [at for at in call.wire.audio() if at >= starts[1]["at"]]
        assert len(again) == 25 - 7


class TestOurMistakes:
    async def test_a_turn_that_goes_wrong_does_not_take_the_call_with_it(
        self, house: House, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with house.call() as call:
            call.runner.final("when do you open")
            await asyncio.sleep(0.2)
            call.runner.receive(Event())
            await asyncio.sleep(2.0)
            call.runner.final("when do you open")
            await asyncio.sleep(0.2)
        [error] = [line for line in caplog.records if line.levelname == "ERROR"]
        assert "went wrong after" in error.getMessage()
        assert "FinalHeard" in error.getMessage()
        assert "when do you" not in error.getMessage()
        texts = [one["text"] for one in call.wire.told("audio.start")]
        assert texts == ["<entry:hours 1>", "<line:failure 1>", "<entry:hours 1>"]
        assert call.reasons == []

    async def test_nor_does_an_order_that_cannot_be_carried_out(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with house.call() as call:

            def fail(*args: Any) -> None:
                monkeypatch.undo()
                raise ZeroDivisionError

            monkeypatch.setattr(house.services.records, "add", fail)
            call.runner.final("when do you open")
            await asyncio.sleep(1.0)
        texts = [one["text"] for one in call.wire.told("audio.start")]
        assert texts == ["<entry:hours 1>", "<line:failure 1>"]

    async def test_a_mistake_while_ending_still_ends(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with house.call() as call:
            perform = call.runner._performer.perform

            def fail(action: Any, at: float) -> None:
                if isinstance(action, EndCall):
                    raise ZeroDivisionError
                perform(action, at)

            monkeypatch.setattr(call.runner._performer, "perform", fail)
            call.runner.final("goodbye")
            await asyncio.sleep(5.0)
            assert call.reasons == ["failed while ending"]
        assert call.live.state == "ended"


class TestTheEnd:
    async def test_hanging_up_leaves_nothing_armed(self, house: House) -> None:
        async with house.call() as call:
            call.runner.partial("when do you")
            call.runner.partial("when do you open")
            call.runner.hang_up()
            call.runner.hang_up()
            call.runner.receive(PlaybackDone(generation=1))
            call.runner.partial("late")
            assert armed(call.runner) == []
            await asyncio.sleep(1.0)
        matching = house.services.matching
        assert isinstance(matching, TimedMatching)
        assert matching.forgotten == ["c1"]
        assert len(house.observer.ended) == 1
        assert call.live.state == "ended"
        assert call.reasons == []  # it did not end itself

    async def test_a_partial_that_waited_is_not_taken_after_the_end(self, house: House) -> None:
        async with house.call() as call:
            call.runner.partial("when")
            call.runner.partial("when do")
            call.runner.hang_up()
            call.runner._take_partial()
            await asyncio.sleep(1.0)
        assert [text for text, _, _ in house.matcher.asked] == ["when"]

    async def test_a_client_that_cannot_be_reached_ends_the_call(self, house: House) -> None:
        async with house.call(wire=FakeWire(takes=100.0)) as call:
            call.runner.final("when do you open")
            await asyncio.sleep(10.0)
            assert call.reasons == ["a write took longer than 5 s"]
            assert call.live.state == "ended"

    async def test_a_broken_connection_ends_the_call(self, house: House) -> None:
        async with house.call() as call:
            call.wire.broken = OSError("reset")
            call.runner.final("when do you open")
            await asyncio.sleep(1.0)
            assert call.reasons == ["the connection broke"]

    async def test_what_was_queued_is_still_sent(self, house: House) -> None:
        async with house.call() as call:
            call.runner.complain("odd", "that was odd")
            call.runner.end("enough")
        assert call.wire.told("error")[0]["code"] == "odd"
        assert call.reasons == ["enough"]

    async def test_the_call_keeps_its_state_in_the_list(self, house: House) -> None:
        async with house.call() as call:
            assert call.live.state == "quiet"
            call.runner.final("when do you open")
            await asyncio.sleep(0.1)
            assert (call.live.state, call.live.turns) == ("speaking", 1)


def armed(runner: Any) -> list[asyncio.TimerHandle]:
    """Timers of the call that have not been given back."""
    timers = (runner._timer, runner._flush, runner.playout._timer)
    return [timer for timer in timers if timer is not None]


async def test_what_the_caller_feels_is_told_and_kept(house: House) -> None:
    async with house.call() as call:
        await asyncio.sleep(1.0)
        call.runner.final("when do you open", ended_ago=0.4)
        await asyncio.sleep(0.5)
    felt = {one.figure: one.value for one in house.observer.feelings}
    assert felt[FeltFigure.FIRST_SOUND] == pytest.approx(0.4, abs=0.05)
    evidence = house.observer.turns[0].evidence["felt"]
    assert evidence["speech_end"] == "told"
    assert evidence["first_sound_ms"] == pytest.approx(400, abs=50)
    assert house.observer.turns[0].timeline["endpointing_ms"] == pytest.approx(400, abs=1)


async def test_without_being_told_it_says_that_it_does_not_know(house: House) -> None:
    async with house.call() as call:
        call.runner.final("when do you open")
        await asyncio.sleep(0.5)
    assert house.observer.turns[0].evidence["felt"] == {"speech_end": "unknown"}
    assert house.observer.feelings == []


@pytest.mark.parametrize(
    ("text", "whole", "aim"),
    [
        ("hello?", True, Aim.PRESENCE),
        ("are you", False, Aim.PRESENCE),
        ("are you", True, Aim.TURN),
        ("and for my wife too", True, Aim.ADDITION),
        ("when do you open", False, Aim.TURN),
    ],
)
async def test_the_aim_of_words_while_an_answer_is_waited_for(
    text: str, whole: bool, aim: Aim
) -> None:
    assert aim_of(text, final=whole) is aim


async def test_how_sure_the_recogniser_is_of_the_end_shortens_the_wait(house: House) -> None:
    took = []
    for over in (None, 0.98):
        async with house.call(stt=True) as call:
            assert call.transcription is not None
            listening = asyncio.get_running_loop().create_task(call.runner.listen())
            call.runner.receive(VoiceStarted(at=now()))
            call.runner.partial("how tall is")
            began = now()
            call.runner.receive(VoiceStopped(at=began))
            call.transcription.say(Heard("how tall is the cathedral", final=False, over=over))
            await asyncio.sleep(0.01)
            call.transcription.say(Heard("how tall is the cathedral", final=True))
            await asyncio.sleep(2.0)
            took.append(call.wire.told("decision")[0]["at"] - began)
            listening.cancel()
    assert took[0] == pytest.approx(0.72, abs=0.01), "callers seldom leave it at a cathedral"
    assert took[1] == pytest.approx(0.5, abs=0.01)


class TestHooks:
    async def test_the_end_of_a_call_is_told_once(self, house: House) -> None:
        told: list[Happening] = []
        house.services.hooks = SimpleNamespace(tell=told.append)
        async with house.call() as call:
            call.runner.final("when do you open")
            await asyncio.sleep(0.5)
        (one,) = told
        assert (one.kind, one.tenant) == (CALL_ENDED, "default")
        assert (one.data["call"], one.data["turns"]) == (call.runner.live.id, 1)
