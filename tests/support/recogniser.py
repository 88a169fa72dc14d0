"""Recogniser processes for tests: the worker's own protocol and loop, with a decoder of ours.

``command("normal")`` hears a word for every half second of sound and starts in a moment.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

KINDS = ("normal", "hangs", "cannot-load", "crashes", "babbles", "stays")


def command(kind: str) -> tuple[str, ...]:
    """What to start: one of ``KINDS``."""
    assert kind in KINDS
    return (sys.executable, __file__, kind)


class CountingDecoder:
    """Hears "word1 word2..." one for every half second."""

    heard = 0

    def start_utt(self) -> None:
        self.heard = 0

    def end_utt(self) -> None:
        """Nothing to do: ``hyp`` stands."""

    def process_raw(self, data: bytes, no_search: bool, full_utt: bool) -> None:
        self.heard += len(data)

    def _words(self) -> list[str]:
        return [f"word{n + 1}" for n in range(self.heard // 16_000)]

    def hyp(self) -> Any:
        return SimpleNamespace(hypstr=" ".join(self._words()))

    def seg(self) -> list[Any]:
        return [SimpleNamespace(word=word, prob=0.5) for word in self._words()]

    def get_cmn(self, update: bool) -> str:
        return ""

    def set_cmn(self, cmn: str) -> None:
        """It knows no line."""


def _main(kind: str) -> int:
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from gateway.adapters.stt import pocketsphinx_worker as worker

    if kind == "crashes":
        return 3
    if kind == "cannot-load":
        os.write(1, worker.pack(worker.FAILED, 0, b"no model here"))
        return 1
    os.write(1, worker.pack(worker.READY, 0))
    if kind == "babbles":
        os.write(1, b"\xff" * 64)
    if kind == "stays":  # closes its output and reads on
        os.close(1)
    if kind == "normal":
        recogniser = worker.SphinxRecogniser(CountingDecoder())
        worker.serve(0, os.fdopen(1, "wb"), recogniser)
        return 0
    while True:
        time.sleep(1)


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1]))
