"""How far a request has come, and until when it must be further; in times that are passed in."""

from __future__ import annotations

import math

from gateway.serving.limits import Limits
from gateway.serving.progress import BODY_PIECE, FRAMING, PIECE, Phase, Progress

LIMITS = Limits(connections=1, per_address=1)


def beginning(now: float = 0.0) -> Progress:
    return Progress(LIMITS, now)


def feed(progress: Progress, size: int, now: float = 0.0) -> None:
    progress.feed(now)
    progress.fed(size)


class TestHeads:
    def test_pieces_end_with_the_head(self) -> None:
        progress = beginning()
        fed = 0
        while size := progress.piece():
            assert size <= PIECE
            feed(progress, size)
            fed += size
        assert fed == LIMITS.head

    def test_each_has_its_own_size(self) -> None:
        progress = beginning()
        feed(progress, LIMITS.head - 1)
        progress.feed(0.0)
        progress.headed(0.0, 0)
        progress.whole(0.0)
        progress.fed(1)
        assert progress.piece() == PIECE

    def test_the_first_is_due_from_the_connection(self) -> None:
        progress = beginning(5.0)
        assert progress.due == 5.0 + LIMITS.head_within
        feed(progress, 10, 9.0)
        assert progress.due == 5.0 + LIMITS.head_within

    def test_a_further_one_is_due_from_its_first_byte(self) -> None:
        progress = beginning()
        progress.headed(1.0, 0)
        progress.whole(1.0)
        assert progress.due == math.inf
        feed(progress, 1, 50.0)
        assert progress.due == 50.0 + LIMITS.head_within

    def test_what_has_begun(self) -> None:
        progress = beginning()
        assert not progress.begun
        feed(progress, 1)
        assert progress.begun


class TestBodies:
    def test_pieces_of_a_known_length_end_with_it(self) -> None:
        progress = beginning()
        progress.feed(0.0)
        progress.headed(0.0, 100_000)
        assert progress.piece() == BODY_PIECE
        feed(progress, BODY_PIECE)
        progress.body(BODY_PIECE)
        assert progress.piece() == 100_000 - BODY_PIECE
        progress.body(100_000 - BODY_PIECE - 10)
        assert progress.piece() == PIECE, "10 bytes, and what may follow them"

    def test_one_byte_chunks_may_go_on_for_ever(self) -> None:
        progress = beginning()
        progress.headed(0.0, None)
        for _ in range(2000):
            assert progress.piece() == PIECE
            progress.feed(0.0)
            progress.body(PIECE // 6)
            progress.fed(PIECE)

    def test_framing_without_a_body_may_not(self) -> None:
        progress = beginning()
        progress.headed(0.0, None)
        fed = 0
        while size := progress.piece():
            progress.feed(0.0)
            progress.fed(size)
            fed += size
        assert fed <= LIMITS.head + PIECE

    def test_a_byte_now_and_then_does_not_buy_framing(self) -> None:
        progress = beginning()
        progress.headed(0.0, None)
        fed = 0
        while size := progress.piece():
            progress.feed(0.0)
            progress.body(1)
            progress.fed(size)
            fed += size
        assert fed <= 1.1 * (LIMITS.head + FRAMING * fed / PIECE + PIECE)

    def test_a_body_buys_time_but_not_for_ever(self) -> None:
        progress = beginning()
        progress.headed(100.0, 1 << 30)
        assert progress.due == 100.0 + LIMITS.body_within
        progress.feed(100.0)
        progress.body(10 * LIMITS.body_rate)
        assert progress.due == 110.0 + LIMITS.body_within
        progress.body(1 << 29)
        assert progress.due == 100.0 + LIMITS.body_longest

    def test_the_rest_of_an_answered_one_is_due_soon(self) -> None:
        progress = beginning()
        progress.headed(0.0, 1000)
        progress.answered(3.0)
        assert progress.phase is Phase.REST
        assert progress.due == 3.0 + LIMITS.rest_within
        progress.whole(4.0)
        progress.answered(4.0)
        assert progress.due == math.inf

    def test_while_we_do_not_read_nothing_is_due(self) -> None:
        progress = beginning()
        progress.headed(0.0, 1000)
        progress.hold(1.0)
        progress.hold(2.0)
        assert progress.due == math.inf
        progress.resume(31.0)
        progress.resume(32.0)
        assert progress.due == 30.0 + LIMITS.body_within
