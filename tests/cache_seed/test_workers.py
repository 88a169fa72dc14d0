"""Speaking processes: results, failures, deaths."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
from functools import partial
from multiprocessing import Pipe
from pathlib import Path

import pytest

from cache_seed import workers
from cache_seed.sound import Treatment
from cache_seed.workers import Script, Sound, Workers, speak, work
from gateway.errors import ProviderFailed
from gateway.ports.sound import WIRE_FORMATS
from gateway.ports.speech_out import Synthesizer
from tests.support.seeding import Tone

ROOT = Path(__file__).parents[2]


def script(text: str) -> Script:
    return Script(text, "flute", "en-US")


def run(texts: list[str], size: int = 2) -> dict[int, Sound | str]:
    with Workers(size, Tone, Treatment()) as pool:
        return dict(pool.speak([script(text) for text in texts]))


def test_speaking_gives_every_wire_format() -> None:
    sound = speak(Tone(), script("x" * 20), Treatment())
    assert tuple(sound) == WIRE_FORMATS
    assert sound[WIRE_FORMATS[0]].duration_ms == pytest.approx(400 + 60, abs=10)


@pytest.mark.parametrize("text", ["", "(silent)"])
def test_no_sound_is_a_failure(text: str) -> None:
    with pytest.raises(ProviderFailed, match="no sound was made"):
        speak(Tone(), script(text), Treatment())


def test_a_worker_answers_until_its_pipe_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # not in a thread of the tests
    ours, theirs = Pipe()
    thread = threading.Thread(target=work, args=(theirs, Tone, Treatment()))
    thread.start()
    for text, answer in (("(refuse)", "the voice flute refuses"), ("(break)", "ZeroDivisionError")):
        ours.send(script(text))
        assert answer in ours.recv()
    ours.send(script("hello"))
    assert tuple(ours.recv()) == WIRE_FORMATS
    ours.close()
    thread.join(5)
    assert not thread.is_alive()
    theirs.close()


def broken() -> Synthesizer:
    raise ProviderFailed("the voice has gone home")


def test_a_synthesizer_that_cannot_be_made_is_told() -> None:
    ours, theirs = Pipe()
    ours.send(script("hello"))
    ours.send(script("hello again"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signal, "signal", lambda *_: None)
        thread = threading.Thread(target=work, args=(theirs, broken, Treatment()))
        thread.start()
        assert [ours.recv(), ours.recv()] == ["the voice has gone home"] * 2
        ours.close()
        thread.join(5)
    theirs.close()


def test_all_are_spoken_and_the_bad_told() -> None:
    results = run(["one", "(refuse)", "two", "(die)", "three", "(die)", "four", "(break)", "five"])
    assert sorted(results) == list(range(9))
    assert {n for n, sound in results.items() if isinstance(sound, dict)} == {0, 2, 4, 6, 8}
    assert results[1] == "the voice flute refuses"
    assert results[3] == results[5] == "the synthesizer's process died over it"
    assert "oops" in str(results[7])


@pytest.mark.slow
def test_a_hanging_worker_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    run(["warm the disk"])
    monkeypatch.setattr(workers, "SLOWEST_S", 6.0)
    results = run(["(hang)", "one"], size=1)
    assert results[0] == "it took more than 6 seconds"
    assert isinstance(results[1], dict)


def test_leaving_the_pool_early_ends_its_processes() -> None:
    with Workers(2, Tone, Treatment()) as pool:
        next(pool.speak([script(f"text {n}") for n in range(20)]))
        processes = [worker._process for worker in pool._workers]
        pids = [process.pid for process in processes]
    for pid in pids:
        assert pid is not None
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


ORPHANS = """
import os, sys
from cache_seed.sound import Treatment
from cache_seed.workers import Script, Workers
from tests.support.seeding import Tone
if __name__ == "__main__":
    with Workers(2, Tone, Treatment()) as pool:
        results = pool.speak([Script("x" * 100, "flute", "en")] * 6)
        next(results), next(results)
        print(*(worker._process.pid for worker in pool._workers), flush=True)
        os.kill(os.getpid(), 9)
"""


def test_workers_do_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    file = tmp_path / "parent.py"
    file.write_text(ORPHANS)
    parent = subprocess.Popen(
        [sys.executable, str(file)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    # The workers hold the same standard output: its end means that all of them are gone.
    out, _ = parent.communicate(timeout=30)
    assert parent.returncode == -signal.SIGKILL
    assert len(out.split()) == 2


def test_the_parent_need_not_load_what_only_rendering_needs() -> None:
    code = (
        "import sys; from functools import partial; from cache_seed.render import plan, Line\n"
        "from tests.support.seeding import whistled\n"
        "plan([Line('a', 'b', '', 'en')], whistled())\n"
        "print([m for m in ('scipy', 'pyloudnorm', 'sklearn', 'soxr') if m in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"


def test_factories_with_arguments_reach_the_worker() -> None:
    with Workers(1, partial(Tone, 700.0), Treatment()) as pool:
        ((_, sound),) = pool.speak([script("x" * 30)])
    assert isinstance(sound, dict)
    wave = memoryview(sound[WIRE_FORMATS[2]].payload).cast("h").tolist()[2000:8000]
    crossings = sum((a < 0) != (b < 0) for a, b in itertools.pairwise(wave))
    assert crossings / 2 / (len(wave) / 16_000) == pytest.approx(700, abs=10)
