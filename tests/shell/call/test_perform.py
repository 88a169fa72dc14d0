"""The core's orders, carried out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gateway.core.actions import (
    Act,
    Action,
    CloseTurn,
    EndCall,
    FinishUtterance,
    JudgeTurnEnd,
    Match,
    Path,
    Play,
    Prefetch,
    Source,
    Stop,
    TellDecision,
    TellSpeech,
    TellTranscript,
)
from gateway.core.events import (
    AudioStarted,
    Decided,
    PlaybackFailed,
    TurnEndJudged,
    Utterance,
    Verdict,
    VerdictKind,
)
from gateway.core.reply.lines import GREETING, HANDOFF
from gateway.core.routes import Route, Target, parse
from gateway.errors import GatewayBug, StoreFailed
from gateway.ports.sound import AudioFormat, Encoding
from gateway.ports.store import Entry
from gateway.shell.call.perform import LOAD_WITHIN, PINNED
from gateway.shell.catalogue.routing import Routing
from gateway.shell.catalogue.verdicts import Shadow, VerdictEvidence
from gateway.shell.sound.recent_sound import RememberedTranscription
from gateway.shell.sound.turn_ends import TurnEnds
from tests.support.house import TimedMatching, catalogue
from tests.support.stage import Stage

pytestmark = pytest.mark.anyio


def match(text: str = "when do you open", turn: int = 1, **fields: Any) -> Match:
    return replace(Match(turn=turn, revision=5, text=text, final=True), **fields)


def play(*clips: str, turn: int = 1, generation: int = 1) -> Play:
    order = Play(turn=turn, generation=generation, source=Source.CACHE, clips=clips)
    return order if clips else replace(order, clips=("entry:hours",))


async def test_an_order_it_does_not_know_is_our_mistake() -> None:
    with pytest.raises(GatewayBug):
        await Stage().do(Action())


class TestMatching:
    async def test_a_question_and_its_answer(self) -> None:
        stage = Stage()
        await stage.do(match(asked=("hours", "holidays"), before=("x",)))
        [(text, final, context)] = stage.house.matcher.asked
        assert (text, final) == ("when do you open", True)
        assert context.asked == ("hours", "holidays")
        assert context.before == ("x",)
        assert context.may_clarify
        [decided] = stage.events
        assert isinstance(decided, Decided)
        assert (decided.turn, decided.revision) == (1, 5)
        verdict = decided.verdict
        assert (verdict.kind, verdict.entry) == (VerdictKind.ANSWER, "hours")
        assert (verdict.clips, verdict.length) == (("entry:hours",), 1.0)
        assert stage.house.observer.matches == [(0.003, True)]

    async def test_the_answer_to_a_call_that_is_gone_is_only_counted(self) -> None:
        stage = Stage()
        stage.performer.perform(match(), 0.0)
        stage.performer.close()
        await stage.do()
        assert stage.events == []
        assert len(stage.house.observer.matches) == 1
        matching = stage.services.matching
        assert isinstance(matching, TimedMatching)
        assert matching.forgotten == ["c1"]

    async def test_without_a_catalogue_everything_is_a_miss(self) -> None:
        stage = Stage()
        stage.services.tenants._serving.clear()
        await stage.do(match(), play())
        assert stage.verdict.reason == "no catalogue"
        assert dict(stage.performer.lines) == {}

    async def test_switched_off_everything_is_a_miss(self) -> None:
        stage = Stage()
        stage.services.modes["default"] = "off"
        await stage.do(match())
        assert stage.verdict.reason == "matching is off"
        assert stage.house.matcher.asked == []

    async def test_in_shadow_the_decision_is_only_evidence(self) -> None:
        stage = Stage()
        stage.services.modes["default"] = "shadow"
        stage.performer.perform(match(), 0.0)
        verdict = stage.verdict  # at once
        assert (verdict.kind, verdict.clips, verdict.entry) == (VerdictKind.MISS, (), "")
        shadow = verdict.evidence
        assert isinstance(shadow, Shadow)
        assert shadow.decision is None
        await stage.do()
        assert stage.events == []
        found: Any = shadow.decision
        assert found.entry == "hours"
        await stage.do(match("repeat that"))
        assert stage.verdict.action is None, "there is nothing of ours to repeat"

    async def test_answers_outside_their_days_are_excluded(self) -> None:
        stage = Stage()
        past = Entry(id="offer", intent="o", questions=("x",), answer="x", valid_until="2001-01-01")
        stage.house.publish(replace(catalogue(2), entries=(past,)))
        await stage.do(match())
        assert stage.house.matcher.asked[0][2].excluded == {"offer"}

    async def test_a_turn_keeps_the_catalogue_it_was_first_asked_of(
        self, threads: SimpleNamespace
    ) -> None:
        stage = Stage()
        await stage.do(match())
        stage.house.publish(catalogue(2, hours=500))
        await stage.do(match(turn=1), play(turn=1))
        assert stage.wire.told("audio.start")[0]["text"] == "<entry:hours 1>"
        await stage.do(match(turn=2), play(turn=2, generation=2))
        assert stage.wire.told("audio.start")[1]["text"] == "<entry:hours 2>"
        numbers = [
            event.verdict.evidence.serving.number
            for event in stage.events
            if isinstance(event, Decided) and isinstance(event.verdict.evidence, VerdictEvidence)
        ]
        assert numbers == [1, 1, 2]

    async def test_only_the_last_few_turns_are_remembered(self) -> None:
        stage = Stage()
        for turn in range(1, 20):
            await stage.do(match(turn=turn))
        assert list(stage.performer._served) == list(range(20 - PINNED, 20))


class TestSound:
    async def test_a_clip_in_memory_starts_at_once(self, threads: SimpleNamespace) -> None:
        stage = Stage()
        await stage.do(Prefetch(turn=1, clips=("entry:hours",)))
        stage.performer.perform(play(), 0.0)
        assert stage.outbox._items
        await stage.do()
        assert stage.wire.kinds()[:2] == ["audio.start", "audio"]
        assert stage.events[0] == AudioStarted(generation=1)

    async def test_a_clip_on_disk_is_read_first(self, threads: SimpleNamespace) -> None:
        stage = Stage()
        stage.performer.perform(play(), 0.0)
        assert not stage.outbox._items
        await stage.do()
        assert stage.wire.kinds()[:2] == ["audio.start", "audio"]

    async def test_prefetching_twice_reads_once(self, threads: SimpleNamespace) -> None:
        stage = Stage()
        for _ in range(2):
            await stage.do(Prefetch(turn=1, clips=("entry:hours",)))
        await stage.do(Prefetch(turn=1, clips=("entry:none",)))
        stage.services.tenants._serving.clear()
        await stage.do(Prefetch(turn=1, clips=("entry:holidays",)))
        assert len(stage.house.store.reads) == 1

    async def test_opus_callers_get_opus_whatever_rate_they_send(
        self, threads: SimpleNamespace
    ) -> None:
        stage = Stage(AudioFormat(Encoding.OPUS, 16000))
        await stage.do(play())
        sound = next(one for _, one in stage.wire.sent if isinstance(one, bytes))
        assert sound == b"\xff\xfe\xfd"

    async def test_a_clip_of_no_catalogue_fails(self) -> None:
        stage = Stage()
        await stage.do(play("entry:hours", "entry:none"))
        assert stage.failures == [
            PlaybackFailed(generation=1, reason="the clip is in no catalogue")
        ]

    async def test_a_missing_clip_fails(self, threads: SimpleNamespace) -> None:
        stage = Stage()
        stage.house.store.clips.clear()
        await stage.do(play())
        assert stage.failures[0].reason == "the clip is missing or damaged"
        assert stage.wire.sent == []

    async def test_a_store_that_is_down_fails(self, threads: SimpleNamespace) -> None:
        stage = Stage()
        stage.house.store.broken = StoreFailed("no disk")
        await stage.do(play())
        assert stage.failures[0].generation == 1

    async def test_a_disk_that_hangs_is_not_waited_for(self, threads: SimpleNamespace) -> None:
        stage = Stage()
        threads.takes = 60.0
        await stage.do(play(), wait=LOAD_WITHIN - 0.01)
        assert stage.failures == []
        await stage.do(wait=0.02)
        assert stage.failures[0].reason == "the clip was not read within 1 s"
        await stage.do(wait=100.0)
        assert len(stage.events) == 1
        assert stage.wire.sent == []

    @pytest.mark.parametrize("missing", [False, True])
    async def test_a_clip_that_comes_after_its_end_is_not_heard_of(
        self, threads: SimpleNamespace, missing: bool
    ) -> None:
        stage = Stage()
        if missing:
            stage.house.store.clips.clear()
        await stage.do(play(), Stop(generation=1))
        assert stage.wire.kinds() == ["clear"]
        assert stage.events == []

    async def test_a_clip_for_a_call_that_is_gone_is_not_heard_of(
        self, threads: SimpleNamespace
    ) -> None:
        stage = Stage()
        stage.performer.perform(play(), 0.0)
        stage.performer.close()
        await stage.do()
        assert stage.wire.sent == []

    async def test_the_recogniser_is_asked_for_its_final(self) -> None:
        stage = Stage(stt=True)
        await stage.do(FinishUtterance(turn=1))
        assert stage.transcription is not None
        assert stage.transcription.finished == 1
        await Stage().do(FinishUtterance(turn=1))


class TestTelling:
    async def test_speech_and_transcript(self) -> None:
        stage = Stage()
        await stage.do(
            TellSpeech(speaking=True),
            TellTranscript(text="when", final=False),
            TellSpeech(speaking=False),
        )
        assert [{**one, "at": 0} for one in stage.wire.told()] == [
            {"at": 0, "type": "speech", "state": "started"},
            {"at": 0, "type": "transcript", "text": "when", "final": False},
            {"at": 0, "type": "speech", "state": "stopped"},
        ]

    async def test_a_decision_names_what_it_was_made_on(self) -> None:
        stage = Stage()
        await stage.do(match())
        verdict = replace(stage.verdict, confidence=0.987654)
        tell = TellDecision(turn=1, path=Path.CACHE, verdict=verdict, decided_on="partial")
        miss = Verdict(kind=VerdictKind.MISS)
        await stage.do(
            tell, TellDecision(turn=2, path=Path.HANDOFF, verdict=miss, decided_on="final")
        )
        first, second = ({k: v for k, v in one.items() if k != "at"} for one in stage.wire.told())
        assert first == {
            "type": "decision",
            "turn": 1,
            "path": "cache",
            "entry": "hours",
            "question": "hours?",
            "confidence": 0.9877,
            "decided_on": "partial",
        }
        assert second == {
            "type": "decision",
            "turn": 2,
            "path": "handoff",
            "confidence": 0.0,
            "decided_on": "final",
        }

    async def test_an_action_and_what_an_agent_is_told(self) -> None:
        stage = Stage()
        stage.services.routing = Routing.of({"opening": "agent:deep"}, {"opening": "Be brief."})
        await stage.do(match())
        verdict = stage.verdict
        assert (verdict.kind, verdict.action) == (VerdictKind.ROUTE, Route(Target.AGENT, "deep"))
        tell = TellDecision(turn=1, path=Path.ROUTE, verdict=verdict, decided_on="final")
        await stage.do(tell, Act(turn=1, verdict=verdict))
        decision, action = (
            {k: v for k, v in one.items() if k != "at"} for one in stage.wire.told()
        )
        brief = {"intent": "opening", "prompt": "Be brief."}
        assert {key: decision[key] for key in brief} == brief
        assert action == {"type": "action", "turn": 1, "action": "agent:deep", **brief}

    async def test_an_action_of_nothing_known_is_bare(self) -> None:
        stage = Stage()
        verdict = Verdict(kind=VerdictKind.ROUTE, action=Route(Target.DTMF, "1"))
        await stage.do(Act(turn=2, verdict=verdict))
        [told] = stage.wire.told("action")
        assert {key: told[key] for key in told if key != "at"} == {
            "type": "action",
            "turn": 2,
            "action": "dtmf:1",
        }

    @pytest.mark.parametrize(
        ("path", "action", "degraded"),
        [
            (Path.HANDOFF, "tool:status", True),
            (Path.ROUTE, "transfer", False),
            (Path.HANDOFF, "control:person", False),
        ],
    )
    async def test_the_record_tells_an_action_that_could_not_be_carried_out(
        self, path: Path, action: str, degraded: bool
    ) -> None:
        stage = Stage()
        verdict = Verdict(kind=VerdictKind.ROUTE, action=parse(action))
        said = Utterance(text="x", canonical="x")
        await stage.do(
            CloseTurn(turn=1, path=path, utterance=said, verdict=verdict, decided_on="final")
        )
        [record] = stage.house.observer.turns
        assert record.evidence["action"] == action
        assert record.evidence.get("degraded", False) is degraded

    async def test_a_closed_turn_is_told_and_kept(self, threads: SimpleNamespace) -> None:
        stage = Stage()
        await stage.do(match())
        said = Utterance(text="my name is Ann Lee and when do you open", canonical="x")
        close = CloseTurn(
            turn=1,
            path=Path.CACHE,
            utterance=said,
            verdict=stage.verdict,
            decided_on="final",
            timeline={"match": 0.003, "gateway": 0.0005, "ttfa": 0.0035},
        )
        await stage.do(close)
        [told] = stage.wire.told("turn")
        assert told["timeline"] == {"match_ms": 3.0, "gateway_ms": 0.5, "ttfa_ms": 3.5}
        assert "interrupted" not in told
        [record] = stage.house.observer.turns
        assert (record.id, record.call_id, record.turn) == ("c1-1", "c1", 1)
        assert record.text == "my name is [name] and when do you open"
        assert (record.path, record.entry, record.intent) == ("cache", "hours", "opening")
        assert (record.question, record.catalogue, record.shadow) == ("hours?", 1, False)
        assert record.evidence["kind"] == "answer"
        assert record.evidence["match_ms"] == 3.0
        assert stage.live.turns == 1

    async def test_an_interrupted_turn_says_how_much_was_heard(self) -> None:
        stage = Stage()
        close = CloseTurn(
            turn=4,
            path=Path.CACHE,
            utterance=Utterance(text="x", canonical="x"),
            verdict=Verdict(kind=VerdictKind.MISS, reason="matching is off"),
            decided_on="final",
            interrupted=True,
            heard=1.25,
        )
        await stage.do(close)
        [told] = stage.wire.told("turn")
        assert told["interrupted"] is True
        assert told["timeline"] == {"heard_ms": 1250.0}
        [record] = stage.house.observer.turns
        assert (record.interrupted, record.catalogue) == (True, 0)
        assert record.evidence == {"reason": "matching is off"}

    async def test_a_shadowed_turn_keeps_what_would_have_been_said(self) -> None:
        stage = Stage()
        stage.services.modes["default"] = "shadow"
        await stage.do(match())
        said = Utterance(text="x", canonical="x")
        await stage.do(
            CloseTurn(
                turn=1, path=Path.HANDOFF, utterance=said, verdict=stage.verdict, decided_on="final"
            )
        )
        record = stage.house.observer.turns[-1]
        assert (record.shadow, record.entry, record.path) == (True, "hours", "handoff")
        assert (record.confidence, record.evidence["says"]) == (0.95, "<entry:hours 1>")

    async def test_the_call_is_ended(self) -> None:
        stage = Stage()
        await stage.do(EndCall(reason="goodbye"))
        assert stage.ends == ["goodbye"]

    async def test_the_lines_are_those_of_the_live_catalogue(self) -> None:
        stage = Stage()
        assert stage.performer.lines[HANDOFF] == pytest.approx(0.3)
        assert GREETING not in stage.performer.lines
        stage.house.publish(catalogue(2, greeting=700))
        assert stage.performer.lines[GREETING] == pytest.approx(0.7)
        assert len(stage.performer.lines) == len(list(stage.performer.lines))


class Ears:
    """``TurnEnds`` that answers when it is told to."""

    def __init__(self) -> None:
        self.asked: list[tuple[bytes, Callable[[float], None]]] = []

    def ask(self, pcm: bytes, answer: Callable[[float], None]) -> None:
        self.asked.append((pcm, answer))


async def test_the_end_of_a_turn_is_listened_to_and_told() -> None:
    stage, ears = Stage(stt=True), Ears()
    stage.services.turn_ends = cast(TurnEnds, ears)
    assert stage.transcription is not None
    await stage.do(JudgeTurnEnd(turn=1, began=0.1, silent_since=2.0))
    assert not ears.asked, "nobody remembers the sound"
    heard = RememberedTranscription(stage.transcription, 8.0)
    heard.feed(bytes(32_000) + b"abcd")
    stage.performer._transcription = heard
    await stage.do(JudgeTurnEnd(turn=1, began=0.1, silent_since=2.0))
    ((pcm, answer),) = ears.asked
    assert pcm == bytes(32_000 * 6 // 10 - 4) + b"abcd", "the turn, and a little before it"
    answer(0.7)
    assert stage.events == [TurnEndJudged(probability=0.7, silent_since=2.0)]
    stage.performer.close()
    answer(0.8)
    assert len(stage.events) == 1


async def test_where_nobody_can_listen_nothing_comes_of_it() -> None:
    stage = Stage(stt=True)
    await stage.do(JudgeTurnEnd(turn=1, began=0.1, silent_since=2.0))
    assert stage.events == []
