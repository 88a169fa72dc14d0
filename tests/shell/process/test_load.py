"""How busy the loop is said to be."""

from __future__ import annotations

import pytest

from gateway.shell.process.load import CPU_MEMORY, LAG_MEMORY, Load


class Machine:
    """A clock, a processor and a counter of our own."""

    def __init__(self) -> None:
        self.now = self.spent = 0.0
        self.late: list[float] = []
        self.stalled: list[float] = []
        self.load = Load(self, lambda: self.now, lambda: self.spent)

    def loop_late(self, seconds: float) -> None:
        self.late.append(seconds)

    def loop_stalled(self, seconds: float) -> None:
        self.stalled.append(seconds)

    def run(self, seconds: float, *, late: float = 0.0, cpu: float = 0.0) -> None:
        """So long, with a look every 10 ms and as much as each is late."""
        for _ in range(round(seconds / (0.01 + late))):
            self.now += 0.01 + late
            self.spent += cpu * (0.01 + late)
            self.load.loop_late(late)


def test_what_is_late_all_the_time_is_its_mean() -> None:
    machine = Machine()
    machine.run(5 * LAG_MEMORY, late=0.04)
    assert machine.load.lag == pytest.approx(0.04, rel=0.01)
    machine.run(5 * LAG_MEMORY)
    assert machine.load.lag < 0.001


def test_one_stall_hardly_shows() -> None:
    machine = Machine()
    machine.run(2.0)
    machine.run(0.11, late=0.1)
    assert 0 < machine.load.lag < 0.01


def test_the_share_of_a_core_is_that_of_the_last_seconds() -> None:
    machine = Machine()
    machine.run(CPU_MEMORY, cpu=1.0)
    assert 0.55 < machine.load.cpu < 0.7  # a burst is no lasting load
    machine.run(5 * CPU_MEMORY, cpu=1.0)
    assert machine.load.cpu == pytest.approx(1.0, abs=0.01)
    machine.run(5 * CPU_MEMORY, cpu=0.25)
    assert machine.load.cpu == pytest.approx(0.25, abs=0.01)


def test_all_is_passed_on() -> None:
    machine = Machine()
    machine.load.loop_late(0.03)
    machine.load.loop_stalled(0.03)
    assert (machine.late, machine.stalled) == ([0.03], [0.03])
