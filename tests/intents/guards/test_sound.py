"""A word that may have been another entry's: the objection. What sounds alike is tested in
``tests/intents/hearing/test_soundalikes.py``, on this guard's pairs."""

from intents.guards import sound
from intents.guards.entry.guard import Contender


def contender(misheard: tuple[str, str, str] | None) -> Contender:
    return Contender(
        entry="confirm",
        similarity=0.9,
        counter_example=lambda: ("", -1.0),
        misheard=lambda: misheard,
    )


def test_the_reason_names_the_rival_and_the_word() -> None:
    found = sound.against(contender(("cancel", "cancer", "cancel")))
    assert found is not None
    assert found.reason == "with 'cancel' for 'cancer' it would be for 'cancel'"


def test_nothing_sounds_alike() -> None:
    assert sound.against(contender(None)) is None
