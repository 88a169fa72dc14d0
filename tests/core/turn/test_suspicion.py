from __future__ import annotations

from gateway.core.policy import Policy
from gateway.core.turn.suspicion import Suspicion

POLICY = Policy(min_speech=0.6, resume_after=1.2, max_turn=45.0)


def test_voice_that_goes_on_is_accepted_while_we_are_on_the_air() -> None:
    one = Suspicion(POLICY)
    assert one.accept_at(sounding=True) is None
    one.begin(2.0)
    one.begin(2.5)
    assert one.accept_at(sounding=True) == 2.6
    assert one.accept_at(sounding=False) is None
    one.end()
    assert one.accept_at(sounding=True) is None


def test_without_barge_in_it_never_is() -> None:
    one = Suspicion(Policy(barge_in=False))
    one.begin(2.0)
    assert one.accept_at(sounding=True) is None


def test_who_was_stopped_goes_on_after_the_voice() -> None:
    one = Suspicion(POLICY)
    one.begin(2.0)
    one.hold(2.6)
    assert one.resume_at == 47.6
    assert one.accept_at(sounding=True) is None, "it is accepted already"
    one.wane(3.0)
    assert one.resume_at == 4.2
    one.clear()
    assert one.resume_at is None
