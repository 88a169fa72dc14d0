"""Slips of paper that workers leave for each other: small files, each written once."""

from __future__ import annotations

import contextlib
import os
import time
from hashlib import sha256
from pathlib import Path

KEPT = 600.0
"""Seconds that a slip is kept: a carrier asks within two minutes."""
SWEEP = 500
"""Slips a worker writes between two looks for old ones."""


class Slips:
    """The slips in a folder. Writing one is a tenth of a millisecond."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folder.mkdir(exist_ok=True)
        self._written = 0

    def _place(self, key: str) -> Path:
        return self._folder / sha256(key.encode()).hexdigest()

    def put(self, key: str, text: str) -> bool:
        """Leave one; False if there is one under that key, which stays."""
        self._written += 1
        if self._written % SWEEP == 0:
            self._sweep()
        try:
            place = os.open(self._place(key), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return False
        with os.fdopen(place, "wb") as file:
            file.write(text.encode())
        return True

    def take(self, key: str) -> str | None:
        """Take one away; None if there is none."""
        place = self._place(key)
        try:
            text = place.read_bytes()
            place.unlink()
        except FileNotFoundError:
            return None
        return text.decode()

    def _sweep(self) -> None:
        old = time.time() - KEPT
        for place in self._folder.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if place.stat().st_mtime < old:
                    place.unlink()
