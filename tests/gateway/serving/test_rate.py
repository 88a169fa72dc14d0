"""How fast a peer may send."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.serving.limits import Limits
from gateway.serving.rate import Rate

LIMITS = Limits(connections=1, per_address=1)
WINDOW, PATIENCE = LIMITS.window, LIMITS.patience


def test_a_call_is_never_slowed() -> None:
    rate = Rate(LIMITS, 0.0)
    for n in range(5000):  # 20 ms frames of the densest sound, with a mark and a ping each
        assert rate.count(3, 96 * 20 + 100, n * 0.02) == 0.0
    assert not rate.flooding(100.0)


@pytest.mark.parametrize(("frames", "size"), [(LIMITS.frames + 1, 0), (0, LIMITS.frame_bytes + 1)])
def test_more_is_read_when_the_window_is_over(frames: int, size: int) -> None:
    rate = Rate(LIMITS, 10.0)
    assert rate.count(frames, size, 10.05) == pytest.approx(WINDOW - 0.05)
    assert rate.count(1, 1, 10.0 + WINDOW) == 0.0


def test_requests_have_a_number_of_their_own() -> None:
    rate = Rate(LIMITS, 0.0, LIMITS.requests)
    waits = [rate.count(1, 0, 0.05) for _ in range(LIMITS.requests + 1)]
    assert not any(waits[:-1])
    assert waits[-1] == pytest.approx(WINDOW - 0.05)


def test_it_is_put_up_with_for_a_while() -> None:
    rate = Rate(LIMITS, 0.0)
    now = 0.0
    while not rate.flooding(now):
        now += rate.count(LIMITS.frames + 1, 0, now)
    assert PATIENCE < now <= PATIENCE + 2 * WINDOW


def test_a_quiet_window_makes_good_for_what_was() -> None:
    rate = Rate(LIMITS, 0.0)
    for n in range(1000):
        now = n * WINDOW
        rate.count(LIMITS.frames + 1 if n % 10 else 1, 0, now)
        assert not rate.flooding(now)


@given(st.lists(st.tuples(st.integers(0, 400), st.floats(0.0, 0.5)), max_size=200))
def test_whoever_waits_as_told_reads_no_more_than_the_rate(bursts: list[tuple[int, float]]) -> None:
    rate, now, read = Rate(LIMITS, 0.0), 0.0, 0
    for frames, pause in bursts:
        now += pause
        read += frames
        now += rate.count(frames, 0, now)
    most = (now / WINDOW + 2) * (LIMITS.frames + 400)
    assert read <= most
