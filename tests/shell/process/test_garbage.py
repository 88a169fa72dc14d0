"""What is loaded is out of the garbage collector's way; what comes later is not."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from gateway.shell.process.garbage import FULL_EVERY, spare_loaded


class Ring:
    """Garbage that only the collector finds."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture
def collector() -> Iterator[None]:
    """The collector as it was."""
    threshold = gc.get_threshold()
    gc.unfreeze()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)


@pytest.mark.usefixtures("collector")
def test_what_there_is_is_not_looked_at_again() -> None:
    kept, gone = Ring(), weakref.ref(Ring())
    tracked = len(gc.get_objects())
    spare_loaded()
    assert gone() is None, "no garbage is kept"
    assert len(gc.get_objects()) < tracked / 10
    assert gc.get_freeze_count() > tracked / 2
    held = weakref.ref(kept)
    del kept
    later = weakref.ref(Ring())
    gc.collect()
    assert held() is not None, "it was taken out"
    assert later() is None, "the collector still works"


@pytest.mark.usefixtures("collector")
def test_everything_is_looked_at_less_often_and_what_is_new_as_before() -> None:
    before = gc.get_threshold()
    spare_loaded()
    assert gc.get_threshold() == (*before[:2], FULL_EVERY)
