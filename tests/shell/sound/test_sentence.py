"""A sentence outside of any call: when it is over, and what was said."""

from __future__ import annotations

from gateway.ports.speech_in import Heard
from gateway.shell.sound.sentence import FINAL_S, NOTHING_S, PAUSE_S, Sentence, Stage


class Asked:
    """Counts how often a final was asked for."""

    times = 0

    def __call__(self) -> None:
        self.times += 1


def test_a_pause_asks_for_the_final_once_and_the_final_ends_it() -> None:
    asked = Asked()
    one = Sentence(asked, 0.0)
    deadlines = [one.deadline]
    one.voice(True, 1.0)
    deadlines.append(one.deadline)
    one.hear(Heard("where can", final=False))
    one.voice(False, 2.0)
    deadlines.append(one.deadline)
    assert deadlines == [NOTHING_S, None, 2.0 + PAUSE_S]
    one.due(2.0 + PAUSE_S)
    assert (one.stage, one.deadline, asked.times) == (Stage.ENDING, 2.0 + PAUSE_S + FINAL_S, 1)
    one.voice(True, 3.5)
    one.stop(3.6)
    assert asked.times == 1, "what is said afterwards begins nothing anew"
    one.hear(Heard(" where can i park ", final=True))
    assert one.over
    assert one.text == "where can i park"
    one.hear(Heard("more", final=True))
    assert one.text == "where can i park"


def test_a_recogniser_that_ends_turns_itself_is_believed_in_a_pause_alone() -> None:
    asked = Asked()
    one = Sentence(asked, 0.0)
    one.voice(True, 0.0)
    one.hear(Heard("i want", final=True))
    assert not one.over
    one.voice(False, 1.0)
    one.hear(Heard("", final=True))
    assert not one.over
    one.voice(True, 1.5)
    one.voice(False, 2.0)
    one.hear(Heard("a refund", final=True))
    assert (one.over, one.text, asked.times) == (True, "i want a refund", 0)


def test_without_a_final_the_last_partial_stands() -> None:
    one = Sentence(Asked(), 0.0)
    one.voice(True, 0.0)
    one.hear(Heard("where can i park", final=False))
    one.stop(1.0)
    assert one.deadline == 1.0 + FINAL_S
    one.due(1.0 + FINAL_S)
    assert (one.over, one.text) == (True, "where can i park")


def test_nobody_speaks() -> None:
    one = Sentence(Asked(), 5.0)
    one.voice(False, 6.0)
    assert one.deadline == 5.0 + NOTHING_S
    one.due(5.0 + NOTHING_S)
    assert (one.over, one.text) == (True, "")
