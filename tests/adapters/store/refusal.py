"""How the store refuses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from gateway.errors import FrontlineError


@contextmanager
def refused(kind: type[FrontlineError], *says: str) -> Iterator[None]:
    """The block fails with an error of that kind, one line with these parts in it."""
    with pytest.raises(kind) as caught:
        yield
    text = str(caught.value)
    assert "\n" not in text
    for part in says:
        assert part in text
