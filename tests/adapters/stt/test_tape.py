"""Sound by position."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.stt.tape import RATE, Tape


def pcm(first: int, samples: int) -> bytes:
    """Sound of which each sample is its position."""
    return b"".join((first + n).to_bytes(2, "little") for n in range(samples))


def test_what_is_kept_can_be_read() -> None:
    tape = Tape(10 / RATE)
    tape.append(pcm(0, 6))
    assert (tape.begin, tape.end) == (0, 6)
    assert tape.read(2, 3) == pcm(2, 3)
    assert tape.read(4, 9) == pcm(4, 2)
    tape.append(pcm(6, 7))
    assert (tape.begin, tape.end) == (3, 13)
    tape.forget(5)
    tape.forget(4)
    assert tape.begin == 5
    tape.forget(99)
    assert (tape.begin, tape.end) == (13, 13)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30)), max_size=40))
def test_whatever_happens_positions_stay_true(steps: list[tuple[bool, int]]) -> None:
    tape, fed = Tape(20 / RATE), 0
    for add, size in steps:
        if add:
            tape.append(pcm(fed, size))
            fed += size
        else:
            tape.forget(tape.begin + size - 5)
        assert tape.end == fed
        assert fed - tape.begin <= 20
        assert tape.read(tape.begin, 99) == pcm(tape.begin, fed - tape.begin)
