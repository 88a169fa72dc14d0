"""Whisper on this machine, through faster-whisper: in the pool of processes that the other local
recogniser has, one per call.

Many languages; no key, and no network but for the model, which is fetched when it is named and not
there. Whisper is not made for streams: partials are the utterance heard from its beginning again
and again, no more than half of the time, and finals take as long as the model needs.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Sequence

from gateway.adapters.stt.pocketsphinx import PocketsphinxTranscriber, language_of
from gateway.errors import ProviderFailed

MODEL = "base"
START_S = 300.0
"""A large model is fetched and loaded by then, or never."""
STUCK_S = 30.0
"""The slowest final of a model that is still of use to a caller is far below."""


class WhisperTranscriber(PocketsphinxTranscriber):
    """A pool of at most ``decoders`` processes (``ports.Transcriber``), which share the cores.

    ``model``: the name of a size, or the folder of a model made for CTranslate2.
    """

    start_s = START_S
    stuck_s = STUCK_S

    def __init__(self, decoders: int, *, model: str = "", wait_s: float = 0.25) -> None:
        threads = max(1, (os.cpu_count() or 1) // decoders)
        worker = ("-P", "-m", "gateway.adapters.stt.whisper_worker", model or MODEL, str(threads))
        super().__init__(decoders, wait_s=wait_s, command=(sys.executable, *worker))

    def _hello(self, locale: str, keyterms: Sequence[str]) -> bytes:
        if importlib.util.find_spec("faster_whisper") is None:
            raise ProviderFailed("Whisper needs its package: pip install frontline[whisper]")
        return json.dumps({"language": language_of(locale), "keyterms": list(keyterms)}).encode()
