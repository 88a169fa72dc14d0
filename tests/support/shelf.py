"""Sound that repeats, kept for tests, and what was counted of it."""

from __future__ import annotations

from gateway.ports.sound import AudioFormat
from gateway.shell.reply.phrase_cache import Key, Maker, Repeat, Repeats
from tests.support.house import PCM16K

MAKER = Maker(name="fake", voice="anna", model="fake/1", settings="{}")
TEXT = "Is there anything else I can help you with?"


class Watched:
    """Counts."""

    def __init__(self) -> None:
        self.told: list[tuple[str, float]] = []

    def repeated(self, outcome: str, seconds: float) -> None:
        self.told.append((str(outcome), seconds))

    @property
    def outcomes(self) -> list[str]:
        return [outcome for outcome, _ in self.told]


class Shelf(Repeats):
    """Made for tests."""

    def __init__(self, after: int = 3, limit_bytes: int = 1 << 20, maker: Maker = MAKER) -> None:
        self.watched = Watched()
        super().__init__(maker, after=after, limit_bytes=limit_bytes, watcher=self.watched)

    def of(self, text: str = TEXT, tenant: str = "a", form: AudioFormat = PCM16K) -> Key:
        return self.key(tenant, text, "", "", form)

    def make(self, text: str = TEXT, tenant: str = "a", size: int = 3200) -> bool:
        """Have it made once more; whether its sound was wanted, and so is offered."""
        ticket = self.wanted(self.of(text, tenant), text)
        if ticket is not None:
            self.offer(ticket, sound(size))
        return ticket is not None


def sound(size: int = 3200) -> Repeat:
    return Repeat(b"\1" * size, size / 32000)
