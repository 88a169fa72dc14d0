"""What workers see of each other."""

from __future__ import annotations

import os

from gateway.workers.board import Board


def test_nobody_is_there_before_they_write() -> None:
    board = Board(3)
    assert board.supervisor == os.getpid()
    assert board.processes() == []
    assert board.fewest(0) is None


def test_the_fewest_are_those_of_the_others_who_are_there() -> None:
    board = Board(3)
    board.write(0, 101, 0)
    board.write(1, 102, 7)
    board.write(2, 103, 4)
    assert board.fewest(0) == 4
    board.write(2, 0, 0)
    assert board.fewest(0) == 7
    assert board.processes() == [101, 102]


def test_what_one_process_writes_another_reads() -> None:
    board = Board(2)
    if (child := os.fork()) == 0:
        board.write(1, os.getpid(), 9)
        os._exit(0)
    os.waitpid(child, 0)
    assert board.fewest(0) == 9
    assert board.processes() == [child]


def test_it_is_announced_once_and_restarts_are_counted() -> None:
    board = Board(1)
    assert board.announce()
    board.restarted()
    board.restarted()
    assert not board.announce()
    assert board.restarts == 2
