"""How answers fail, in words."""

from __future__ import annotations

from gateway.core.race.attempts import AttemptFailure
from gateway.errors import ProviderFailed
from gateway.ports.models import AnswerFailed, ChatFailed


def test_failures_say_who_and_why_and_nothing_else() -> None:
    one = ChatFailed(AttemptFailure.RATE_LIMITED, 2.0)
    assert isinstance(one, ProviderFailed)
    assert str(one) == "the model's answer failed: rate_limited"
    both = AnswerFailed((("a", AttemptFailure.SERVER), ("b", AttemptFailure.SILENT)), begun=False)
    assert str(both) == "the answer did not come: a server, b silent"
    assert (
        str(AnswerFailed((("a", AttemptFailure.BROKEN),), begun=True))
        == "the answer broke off: a broken"
    )
