"""The miss benchmark takes away what the providers took, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from bench import miss
from bench.miss import (
    PARTS,
    SPOKEN_TURN,
    Asked,
    Heard,
    account,
    by_question,
    by_sentence,
    figures_of,
)
from gateway.core.speech.speakable import speakable
from gateway.errors import UsageError
from gateway.settings.whole import Settings
from intents.decision import Decision, Kind
from intents.matcher import Matcher
from intents.turns.completeness import complete

TEXT = "can you recommend a good vet in York"
ANSWERS = miss.replies([TEXT, "another"])
FIRST = miss.first(ANSWERS[TEXT])


def asked(text: str, at: float, first: float | None) -> dict[str, Any]:
    """A model's entry in its journal."""
    messages = [{"role": "system", "content": "s"}, {"role": "user", "content": text}]
    return {"body": {"messages": messages}, "asked_at": at, "first_at": first}


def spoken(text: str, at: float, first: float | None) -> dict[str, Any]:
    """A voice's, whose socket was opened ahead."""
    texts = [(0.0, " "), (at, f"{text} "), (at + 0.01, "Just call them. ")]
    messages = [{"at": when, "text": {"text": said}} for when, said in texts]
    return {"messages": messages, "first_at": first}


def test_the_parts_sum_to_what_was_added() -> None:
    model = by_question([asked(TEXT, 10.008, 10.130), {"body": ""}])
    voice = by_sentence(
        [
            spoken(FIRST, 9.0, 9.1),  # the same sentence, of an earlier turn
            spoken(FIRST, 10.134, 10.205),
            {"messages": [{"at": 9.9, "text": {"text": " "}}], "first_at": None},  # never used
        ]
    )
    parts = account(Asked(TEXT, 10.0, 10.208), model, voice, ANSWERS)
    assert parts is not None
    found = [getattr(parts, part) for part in PARTS]
    assert found == pytest.approx([0.008, 0.004, 0.003])
    assert (parts.ttft, parts.ttfb) == pytest.approx((0.122, 0.071))
    assert parts.added == pytest.approx(0.208 - 0.122 - 0.071)


def test_a_hedged_turn_was_served_by_whoever_was_first() -> None:
    model = by_question([asked(TEXT, 1.0, None), asked(TEXT, 1.3, 1.4)])
    voice = by_sentence([spoken(FIRST, 1.41, 1.48)])
    parts = account(Asked(TEXT, 0.99, 1.49), model, voice, ANSWERS)
    assert parts is not None
    assert parts.ttft == pytest.approx(0.4)
    assert parts.added == pytest.approx(0.03)


def test_what_the_providers_know_nothing_of_is_no_figure() -> None:
    turn, model = Asked(TEXT, 0.0, 1.0), by_question([asked(TEXT, 0.1, 0.2)])
    assert account(turn, by_question([]), by_sentence([]), ANSWERS) is None
    late = by_sentence([spoken(FIRST, 1.1, 1.2)])
    assert account(turn, model, late, ANSWERS) is None
    with pytest.raises(RuntimeError, match="nothing to measure"):
        figures_of(Heard(turns=[turn]), [], [], ANSWERS)


def test_figures() -> None:
    turns = [Asked(TEXT, 10.0, 10.208)]
    direct = [Asked("another", 20.0, 20.195)]
    heard = Heard(turns=turns, direct=direct, echo=[0.001], lost=1, fillers=2, whole=1)
    other = miss.first(ANSWERS["another"])
    llm = [asked(TEXT, 10.008, 10.130), asked("another", 20.001, 20.121)]
    tts = [spoken(FIRST, 10.134, 10.205), spoken(other, 20.122, 20.193)]
    figures = figures_of(heard, llm, tts, ANSWERS)
    assert figures["added_p99_ms"] == pytest.approx(15.0)
    assert figures["direct_p50_ms"] == pytest.approx(4.0)
    assert figures["added_over_floor_p50"] == pytest.approx(3.0)
    assert (figures["lost_turns"], figures["fillers"], figures["hedged"]) == (1, 2, 0)
    assert (figures["begun_early"], figures["heard_whole_pct"]) == (0, 50)


def test_what_is_begun_before_the_final_is_said_to_be() -> None:
    heard = Heard(turns=[Asked(TEXT, 10.0, 10.155)], direct=[Asked("another", 20.0, 20.2)])
    heard.echo.append(0.001)
    llm = [asked(TEXT, 9.95, 10.07), asked("another", 20.001, 20.121)]
    tts = [spoken(FIRST, 10.08, 10.15), spoken(miss.first(ANSWERS["another"]), 20.122, 20.193)]
    figures = figures_of(heard, llm, tts, ANSWERS)
    assert figures["begun_early"] == 1
    assert figures["to_llm_p50_ms"] == pytest.approx(-50)


class Deaf:
    """A matcher that knows nothing but one town."""

    def match(self, text: str, *, final: bool) -> Decision:
        assert final
        return Decision(kind=Kind.CLARIFY if "Bedford" in text else Kind.MISS)


def test_questions_are_whole_misses_all_different() -> None:
    texts = miss.questions(cast(Matcher, Deaf()), 800)
    assert len(set(texts)) == 800
    assert not [text for text in texts if "Bedford" in text or complete(text) < 0.7]
    with pytest.raises(UsageError, match="fewer seconds"):
        miss.questions(cast(Matcher, Deaf()), 10_000)


def test_answers_are_told_apart_for_seconds_and_are_spoken_as_written() -> None:
    answers = list(miss.replies([str(n) for n in range(200)]).values())
    firsts = [miss.first(answer) for answer in answers]
    assert len(set(firsts[:48])) == 48
    assert [speakable(one) for one in firsts] == firsts


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_small_run_has_all_its_figures(quick: Settings, seeded: Path) -> None:
    result = miss.run(quick, calls=2, seconds=2 * SPOKEN_TURN, partials=250, folder=str(seeded))
    figures = result["figures"]
    assert set(result["goals"]) <= set(figures)
    assert figures["turns"] + figures["lost_turns"] == 4
    assert figures["begun_early"] == 0, "unless it is asked for"
    assert figures["served_ttft_p50_ms"] >= 120
    assert figures["served_ttfb_p50_ms"] >= 70
    assert figures["rss_mib"] > 50
