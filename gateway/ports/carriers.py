"""The carrier's side of a call, as far as the wire has no words for it."""

from __future__ import annotations

from typing import Protocol


class CallControl(Protocol):
    """A carrier's API for calls in progress. Raises ``ProviderFailed``."""

    async def redirect(self, call: str, instructions: str) -> None:
        """Have the call of that id go on with these instructions, in the carrier's own language."""

    async def hang_up(self, call: str) -> None:
        """End the call of that id."""
