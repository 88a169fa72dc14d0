"""Who is taken, and why somebody is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import pytest

from gateway.shell.process.admission import Admission, Bounds, Busy
from gateway.shell.process.load import Load


@dataclass
class Going:
    """A call."""

    tenant: str = "bank"


@dataclass
class Measured:
    """A load as measured."""

    lag: float = 0.0
    cpu: float = 0.0


class Hall:
    """A judge with a clock and a load of our own."""

    def __init__(self, **limits: Any) -> None:
        self.now = 0.0
        self.load = Measured()
        self.told: list[str] = []
        self.draining = False
        self.judge = Admission(
            Bounds(**limits),
            lambda: self.now,
            cast(Load, self.load),
            self.told.append,
            lambda: self.draining,
        )


def test_the_count_is_what_the_door_says() -> None:
    hall = Hall()
    assert hall.judge.refusal([Going()], 2) is None
    assert hall.judge.refusal([Going(), Going()], 2) is Busy.COUNT
    assert hall.told == ["count"]


@pytest.mark.parametrize(("name", "busy"), [("lag", Busy.LAG), ("cpu", Busy.CPU)])
def test_who_is_busy_takes_no_more_until_it_is_not(name: str, busy: Busy) -> None:
    hall = Hall(**{name: 0.5})
    setattr(hall.load, name, 0.6)
    assert hall.judge.refusal([Going()], 10) is busy
    setattr(hall.load, name, 0.4)
    assert hall.judge.refusal([Going()], 10) is None


def test_without_calls_nobody_is_busy_and_without_limits_neither() -> None:
    hall = Hall(lag=0.01, cpu=0.01)
    hall.load = hall.judge._load = Measured(9.0, 9.0)  # type: ignore[assignment]
    assert hall.judge.refusal([], 10) is None
    free = Hall()
    free.load.lag = free.load.cpu = 9.0
    assert free.judge.refusal([Going()], 10) is None


def test_a_draining_process_says_so_before_anything_else() -> None:
    hall = Hall()
    hall.draining = True
    assert hall.judge.refusal([], 0) is Busy.DRAINING
    assert Busy.DRAINING.words == "shutting down"


def test_a_tenants_calls_are_its_own() -> None:
    hall = Hall(tenant_calls=1)
    calls = [Going("bank"), Going("shop"), Going("")]
    assert hall.judge.refusal_of("bank", calls) is Busy.TENANT_CALLS
    assert hall.judge.refusal_of("clinic", calls) is None


def test_a_tenants_turns_come_back_evenly() -> None:
    hall = Hall(tenant_turns=60)
    for _ in range(60):
        hall.judge.turn("bank")
    assert hall.judge.refusal_of("bank", []) is Busy.TENANT_TURNS
    assert hall.judge.refusal_of("shop", []) is None
    hall.now += 1.5
    assert hall.judge.refusal_of("bank", []) is None


def test_an_overdraft_is_a_minutes_at_most() -> None:
    hall = Hall(tenant_turns=60)
    for _ in range(1000):
        hall.judge.turn("bank")
    hall.now += 60.0
    assert hall.judge.refusal_of("bank", []) is Busy.TENANT_TURNS
    hall.now += 2.0
    assert hall.judge.refusal_of("bank", []) is None
