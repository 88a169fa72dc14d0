"""Two texts read together."""

from intents.guards.entry import likeness
from intents.models.encoder import Encoder


def test_nobody_to_read_finds_nothing_alike() -> None:
    assert not likeness.alike("a", "b", None, -9.0)


def test_a_pair_is_alike_from_the_limit_on() -> None:
    assert likeness.alike("a", "b", lambda said, question: 1.0, 1.0)
    assert not likeness.alike("a", "b", lambda said, question: 0.9, 1.0)


def test_who_reads_is_the_encoders_verifier(encoder: Encoder) -> None:
    read = likeness.of(encoder)
    assert read is not None
    assert read("when do you open", "what are your hours") > read("when do you open", "lost card")
