"""The share of near misses follows what the store's newest turns say."""

import logging
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from gateway.errors import StoreFailed
from gateway.ports.records import TurnQuery, TurnRecord
from gateway.ports.store import RecordStore
from gateway.shell.catalogue.expecting import NEWEST, Expecting, expect, seen
from gateway.shell.catalogue.tenants import Tenants
from intents.learning.calibration import NEAR_SHARE, Calibration
from intents.learning.fitting import Point
from intents.learning.spreads import BANDS, BINS
from intents.learning.traffic import SURE
from tests.support.fakes import FakeObserver

KNOWN, NEAR = 0.8, 0.45
SPECTRA = np.full((3, BINS), 0.01)
for row, score in enumerate((KNOWN, NEAR, 0.1)):
    SPECTRA[row, int(score * BINS)] += 1.0
SPECTRA /= SPECTRA.sum(axis=1, keepdims=True)
READINGS = np.full((len(BANDS) + 1, 8), 0.02)
READINGS[:-1, 5], READINGS[-1, 1] = 1.0, 1.0
READINGS /= READINGS.sum(axis=1, keepdims=True)
SPREADS: Any = SimpleNamespace(spectra=SPECTRA, readings=READINGS)
ALIKE, OTHER = 1.0, -3.0
"""Readings of known questions and of look-alikes."""


def turn(number: int, score: float, reading: Any = None, **fields: Any) -> TurnRecord:
    """A turn whose best candidate has just that score before reading."""
    # root(share * root(cosine) * (1 + cosine) / 2) with a cosine of 1
    candidate = {"id": "hours", "probability": score * score, "similarity": 1.0}
    return TurnRecord(
        id=f"call-{number}", call_id="call", tenant="default", turn=number, at=0.0, path="agent",
        text="", evidence={"candidates": [candidate], "reading": reading}, **fields,
    )  # fmt: skip


class StubMatcher:
    """The part of a matcher that is told how much to expect."""

    def __init__(self) -> None:
        shares = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5)
        self.curve = [
            Point(share, Calibration(0.5 + share, 0.0, 0.0, 1.0, alike), look_alikes=alike)
            for alike in (0.0, 0.15, 0.3)
            for share in shares
        ]
        self.point = self.curve[1]
        self.knowledge = SPREADS

    def expect(self, share: float, look_alikes: float) -> None:
        posed = max(p.look_alikes for p in self.curve if p.look_alikes <= look_alikes)
        row = [point for point in self.curve if point.look_alikes == posed]
        self.point = next(point for point in row if point.near_share >= share)


class StubStore:
    """Turns, newest first; down on demand."""

    def __init__(self) -> None:
        self.kept: list[TurnRecord] = []
        self.down = False

    def turns(self, query: TurnQuery) -> list[TurnRecord]:
        if self.down:
            raise StoreFailed("the store is down")
        assert query.tenant == "default"
        return self.kept[::-1][: query.limit]


class Line:
    """One tenant with a stub of a matcher."""

    def __init__(self, *, pinned: bool = False) -> None:
        self.store, self.observer = StubStore(), FakeObserver()
        self.tenants = Tenants(cast(Any, self.store), cast(Any, None))
        self.matcher = StubMatcher()
        serving = SimpleNamespace(matcher=self.matcher, number=1)
        self.tenants._serving["default"] = cast(Any, serving)
        store = cast(RecordStore, self.store)
        self.expecting = Expecting(store, self.tenants, self.observer, pinned=pinned)

    def heard(self, known: int, near: int) -> None:
        scores = [KNOWN] * known + [NEAR] * near
        self.store.kept += [turn(len(self.store.kept) + n, s) for n, s in enumerate(scores)]


@pytest.mark.anyio
@pytest.mark.real_loop
async def test_a_share_that_jumps_is_followed_within_a_thousand_turns(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    line = Line()
    line.heard(950, 50)
    await line.expecting.look()
    assert line.expecting.of("default").near_share == pytest.approx(0.05, abs=0.02)
    usual = line.matcher.point.near_share
    line.heard(750, 250)
    await line.expecting.look()
    assert line.expecting.of("default").near_share == pytest.approx(0.25, abs=0.05)
    assert line.matcher.point.near_share > usual
    assert line.observer.shares[-1] == ("default", line.matcher.point.near_share, 0.0)
    assert "near misses of default" in caplog.text


@pytest.mark.anyio
@pytest.mark.real_loop
async def test_look_alikes_are_reckoned_with_once_they_are_sure(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    line = Line()
    line.store.kept = [turn(n, KNOWN, ALIKE) for n in range(95)]
    line.store.kept += [turn(n, KNOWN, OTHER) for n in range(5)]
    await line.expecting.look()
    assert 0.0 < line.expecting.of("default").look_alikes < SURE
    assert line.matcher.point.look_alikes == 0.0
    line.store.kept += [turn(n, KNOWN, OTHER) for n in range(60)]
    await line.expecting.look()
    assert line.expecting.of("default").look_alikes == pytest.approx(0.4, abs=0.05)
    assert line.matcher.point.look_alikes == 0.3
    assert line.observer.shares[-1] == ("default", line.matcher.point.near_share, 0.3)
    assert "reads as asking for another thing" in caplog.text
    fresh = StubMatcher()
    line.tenants._serving["default"] = cast(Any, SimpleNamespace(matcher=fresh, number=2))
    assert line.tenants.expect("default", 0.05, 0.35)
    assert fresh.point.look_alikes == 0.3


@pytest.mark.parametrize("kept", [None, "much", True, [], 0.3, -6, 6.0])
def test_whatever_a_record_holds_as_its_reading_is_borne(kept: Any) -> None:
    found = seen([turn(n, KNOWN, kept) for n in range(100)], SPREADS)
    assert found.turns == 100
    assert 0.0 <= found.look_alikes <= 0.5


@pytest.mark.anyio
@pytest.mark.real_loop
async def test_a_restart_goes_on_where_it_was() -> None:
    line = Line()
    line.heard(700, 300)
    await line.expecting.look()
    again = Line()
    again.store.kept = line.store.kept
    await again.expecting.look()
    assert again.expecting.of("default") == line.expecting.of("default")
    assert again.matcher.point.near_share == line.matcher.point.near_share


@pytest.mark.anyio
@pytest.mark.real_loop
async def test_a_pinned_share_is_left_alone() -> None:
    line = Line(pinned=True)
    line.heard(0, 900)
    await line.expecting.look()
    assert line.matcher.point.near_share == NEAR_SHARE
    assert line.observer.shares == [("default", NEAR_SHARE, 0.0)]


@pytest.mark.anyio
@pytest.mark.real_loop
async def test_a_store_that_is_down_changes_nothing() -> None:
    line = Line()
    line.heard(500, 500)
    await line.expecting.look()
    before = line.matcher.point
    line.store.down = True
    with pytest.raises(StoreFailed):
        await line.expecting.look()
    assert line.matcher.point is before


@pytest.mark.anyio
@pytest.mark.real_loop
async def test_a_later_catalogue_reckons_with_the_same() -> None:
    line = Line()
    line.heard(500, 500)
    await line.expecting.look()
    fresh = StubMatcher()
    line.tenants._serving["default"] = cast(Any, SimpleNamespace(matcher=fresh, number=2))
    assert line.tenants.expect("default", line.expecting.of("default").near_share, 0.0)
    assert fresh.point.near_share == line.matcher.point.near_share


def test_judged_turns_count_by_what_they_are_and_count_more() -> None:
    some = [turn(n, KNOWN) for n in range(100)]
    wrong = [replace(one, flag="wrong") for one in some[:10]]
    named = [replace(one, flag="wrong", meant="hours") for one in some[:10]]
    plain = seen(some, SPREADS).near_share
    assert seen([*some[10:], *wrong], SPREADS).near_share > plain > 0.0
    assert (
        seen([*some[10:], *named], SPREADS).near_share
        < seen([*some[10:], *wrong], SPREADS).near_share
    )


def test_turns_in_which_nothing_was_compared_say_nothing() -> None:
    silent = replace(turn(1, KNOWN), evidence={})
    assert seen([silent] * 50, SPREADS).turns == 0
    assert NEWEST >= 1000


@pytest.mark.anyio
@pytest.mark.real_loop
async def test_a_command_reckons_with_what_a_server_does() -> None:
    line, beside = Line(), Line()
    line.heard(700, 300)
    await line.expecting.look()
    beside.store.kept = line.store.kept
    serving = beside.tenants.get("default")
    assert serving is not None
    expect(cast(RecordStore, beside.store), "default", serving)
    assert beside.matcher.point == line.matcher.point
