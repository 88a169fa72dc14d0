"""The checker finds what it is there to find, in histories and in a store with a planted bug."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from bench.faults_redis import BOUND, Answer, History, Pace, drive, judge
from gateway.adapters.store.redis.lineage import Standing
from gateway.adapters.store.redis.store import RedisStore
from tests.support.redis_server import need_redis

NONE = {"lost_publishes": 0, "stale_answers": 0, "withdrawn_answers": 0, "no_answer": 0}


def judged(history: History) -> dict[str, float]:
    verdict = judge(history)
    return {name: verdict[name] for name in NONE}


def history(*answers: Answer, faults: tuple[tuple[float, float, str], ...] = ()) -> History:
    """Version 1 is acknowledged at 10 and version 2 at 20."""
    return History(
        answers=list(answers),
        acknowledged=[(10.0, 1), (20.0, 2)],
        faults=list(faults),
        kept={1, 2},
        live=[2],
    )


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (Answer(11.0, 0, 0), {}),
        (Answer(13.0, 0, 0), {"no_answer": 1}),
        (Answer(21.9, 0, 1, 1), {}),
        (Answer(22.1, 0, 1), {"stale_answers": 1}),
        (Answer(22.1, 0, 1, 1), {"stale_answers": 1, "withdrawn_answers": 1}),
        (Answer(22.1, 0, 2, 1), {"withdrawn_answers": 1}),
        (Answer(22.1, 0, 2, 2), {}),
        (Answer(22.1, 0, 3, 3), {}),  # tried, not acknowledged, and came about
    ],
)
def test_answers(answer: Answer, found: dict[str, int]) -> None:
    assert judged(history(answer)) == NONE | found


def test_a_fault_excuses_until_two_seconds_after_it() -> None:
    fault = (21.0, 25.0, "cut")
    stale = [Answer(at, 0, 1) for at in (22.1, 24.0, 26.9, 27.1)]
    assert judged(history(*stale, faults=(fault,)))["stale_answers"] == 1
    assert judged(history(Answer(23.0, 0, 0), faults=(fault,)))["no_answer"] == 1, "never that"


def test_what_is_not_in_the_history_is_lost() -> None:
    seen = history()
    seen.kept = {1}
    seen.live = [1, 2]
    assert judge(seen)["lost_publishes"] == 1
    assert judge(seen)["replicas_behind_at_the_end"] == 1


class Forgetful(RedisStore):
    """The planted bug: what Redis has lost is not put back."""

    def _put_back(self, tenant: str, ours: Standing, theirs: Standing, past: object) -> Standing:
        return theirs

    def _keep_history(self, tenant: str, seconds: float = 0.0) -> None:
        pass


def test_a_planted_bug_is_caught(tmp_path: Path) -> None:
    need_redis()
    pace = Pace(2.0, asks=50, quiet=0.1)
    seen = drive(tmp_path, pace, random.Random(3), make=Forgetful, faults=("empty",))
    assert judge(seen)["lost_publishes"] > 0


def test_the_store_passes(tmp_path: Path) -> None:
    need_redis()
    pace = Pace(2.0, asks=50, quiet=1.2 * BOUND)
    seen = drive(tmp_path, pace, random.Random(3), faults=("empty", "fail over"))
    assert len(seen.acknowledged) > 2
    assert judged(seen) == NONE
