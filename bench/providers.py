"""The test suite's local providers, each in a process of its own, for benchmarks.

Their journals tell what they were asked and when they answered, on the clock of
``time.perf_counter`` (``CLOCK_MONOTONIC`` of the machine, for all its processes).
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench.processes import stop
from bench.server import ROOT

WITHIN = 30.0
"""Seconds an answer of theirs may take on a busy machine."""


@dataclass
class ProviderProcess:
    """One provider (``python -m tests.providers``), up for as long as the ``with`` lasts."""

    name: str
    behaviour: Mapping[str, Any] = field(default_factory=dict)
    """The behaviour of each answer: fields of ``tests.providers.behaviour.Behaviour``."""
    says: Path | None = None
    """A language model's answers: JSON, text of the caller to answer."""
    http: str = ""
    """The provider's address, without a path."""
    _process: subprocess.Popen[str] | None = field(default=None, repr=False)

    def __enter__(self) -> Self:
        says = ["--says", str(self.says)] if self.says else []
        usual = json.dumps({"usual": self.behaviour})
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.providers", self.name, "--behaviour", usual, *says],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self.__exit__(None, None, None)
            raise RuntimeError(f"the local {self.name} did not come up")
        self.http = json.loads(line)["http"]
        return self

    def journal(self) -> list[dict[str, Any]]:
        """The requests so far: ``tests.providers.journal.Entry`` as JSON."""
        with urllib.request.urlopen(f"{self.http}/_journal", timeout=WITHIN) as answer:
            entries: list[dict[str, Any]] = json.load(answer)
        return entries

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            stop(self._process)


def agent(llm: ProviderProcess, second: ProviderProcess, tts: ProviderProcess) -> dict[str, str]:
    """Settings of a gateway whose agent is these: a Groq, an OpenAI and an ElevenLabs."""
    return {
        "FRONTLINE_LLM__PRIMARY_PROVIDER": "groq",
        "FRONTLINE_LLM__PRIMARY_BASE_URL": llm.http,
        "FRONTLINE_LLM__PRIMARY_KEY": "local",
        "FRONTLINE_LLM__SECONDARY_PROVIDER": "openai",
        "FRONTLINE_LLM__SECONDARY_BASE_URL": f"{second.http}/v1",
        "FRONTLINE_LLM__SECONDARY_KEY": "local",
        "FRONTLINE_TTS__PROVIDER": "elevenlabs",
        "FRONTLINE_TTS__ELEVENLABS_BASE_URL": tts.http,
        "FRONTLINE_TTS__ELEVENLABS_KEY": "local",
        # every answer is to be spoken: what is measured is the way to the voice and back
        "FRONTLINE_TTS__REPEATS": "false",
    }
