"""Rendering: only what is missing, all that can be, kept at once."""

from __future__ import annotations

import json

import pytest

from cache_seed import render as module
from cache_seed.render import Line, Rendering, missing, plan, render
from gateway.errors import StoreFailed
from gateway.ports.sound import WIRE_FORMATS, ClipAudio
from tests.support.seeding import Clips, Here, whistled


@pytest.fixture
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "Workers", Here)
    Here.sizes.clear()


def lines(*texts: str) -> list[Line]:
    return [Line(f"entry:e{n}", text, "", "en-US") for n, text in enumerate(texts)]


def test_with_real_processes() -> None:
    store = Clips()
    done = render(lines("one", "two", "(die)", "four"), store, whistled(workers=2))
    assert sorted(done.clips) == ["entry:e0", "entry:e1", "entry:e3"]
    assert [failure.key for failure in done.failures] == ["entry:e2"]
    assert len(store.stored) == 3 * len(WIRE_FORMATS)


@pytest.mark.usefixtures("_here")
def test_everything_is_stored_in_every_format() -> None:
    store = Clips()
    done = render(lines("hello there", "good bye"), store, whistled())
    assert (done.rendered, done.reused, done.failures) == (2, 0, ())
    for clip in done.clips.values():
        assert all(clip.name(wire) in store.stored for wire in WIRE_FORMATS)
    assert done.clips["entry:e0"].duration_ms == pytest.approx(11 * 20 + 60, abs=10)
    assert done.rendered_s == done.audio_s == pytest.approx(0.5, abs=0.05)


@pytest.mark.usefixtures("_here")
def test_a_second_run_renders_nothing_and_gives_the_same() -> None:
    store = Clips()
    first = render(lines("hello", "bye"), store, whistled())
    puts = store.puts
    second = render(lines("hello", "bye"), store, whistled())
    assert second.clips == first.clips
    assert (second.rendered, second.reused, second.rendered_s) == (0, 2, 0)
    assert second.audio_s == first.audio_s
    assert store.puts == puts


@pytest.mark.usefixtures("_here")
def test_only_what_changed_is_rendered() -> None:
    store = Clips()
    render(lines("hello", "bye"), store, whistled())
    done = render(lines("hello", "good bye"), store, whistled())
    assert (done.rendered, done.reused) == (1, 1)
    assert render(lines("hello"), store, whistled(hz=600)).rendered == 1


@pytest.mark.usefixtures("_here")
def test_a_clip_that_lacks_a_format_or_is_damaged_is_rendered_again() -> None:
    store = Clips()
    (clip,) = render(lines("hello"), store, whistled()).clips.values()
    del store.stored[clip.name(WIRE_FORMATS[3])]
    assert render(lines("hello"), store, whistled()).rendered == 1

    class Damaged(Clips):
        def get(self, name: str) -> ClipAudio | None:
            return None

    damaged = Damaged()
    damaged.stored = dict(store.stored)
    assert render(lines("hello"), damaged, whistled()).rendered == 1


@pytest.mark.usefixtures("_here")
def test_the_same_text_is_rendered_once() -> None:
    done = render(
        [*lines("hello"), Line("line:greeting", "hello", "flute", "en-US")], Clips(), whistled()
    )
    assert done.rendered == 1
    assert done.clips["entry:e0"] == done.clips["line:greeting"]


@pytest.mark.usefixtures("_here")
def test_failing_texts_are_told_and_the_others_finished() -> None:
    done = render(lines("one", "(refuse)", "(silent)", "four"), Clips(), whistled())
    assert {failure.key: failure.reason for failure in done.failures} == {
        "entry:e1": "the voice flute refuses",
        "entry:e2": "no sound was made",
    }
    assert sorted(done.clips) == ["entry:e0", "entry:e3"]
    assert done.rendered == 2


@pytest.mark.usefixtures("_here")
def test_what_was_finished_before_an_interruption_is_kept() -> None:
    store = Clips()

    def interrupt(what: str, done: int, of: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render(lines("one", "two", "three"), store, whistled(), interrupt)
    done = render(lines("one", "two", "three"), store, whistled())
    assert (done.rendered, done.reused) == (1, 2)


@pytest.mark.usefixtures("_here")
def test_progress_counts_to_the_end() -> None:
    told: list[tuple[str, int, int]] = []
    render(lines("one", "two"), Clips(), whistled(), lambda *step: told.append(step))
    assert told == [("rendering", 0, 2), ("rendering", 1, 2), ("rendering", 2, 2)]


@pytest.mark.usefixtures("_here")
def test_a_full_disk_ends_it() -> None:
    class Full(Clips):
        def put(self, name: str, audio: ClipAudio) -> None:
            raise StoreFailed("no space")

    with pytest.raises(StoreFailed, match="no space"):
        render(lines("one"), Full(), whistled())


@pytest.mark.usefixtures("_here")
@pytest.mark.parametrize(("texts", "workers", "size"), [(1, 0, 1), (100, 3, 3), (5, 3, 2)])
def test_no_more_processes_than_worth_their_start(texts: int, workers: int, size: int) -> None:
    render(lines(*(f"text {n}" for n in range(texts))), Clips(), whistled(workers))
    assert Here.sizes == [size]


@pytest.mark.usefixtures("_here")
def test_what_would_be_rendered() -> None:
    store = Clips()
    render(lines("one", "two"), store, whistled())
    puts = store.puts
    assert missing(lines("one", "two", "three", "three"), store, whistled()) == (3, 1)
    assert store.puts == puts


@pytest.mark.usefixtures("_here")
def test_nothing_to_do() -> None:
    done = render([], Clips(), whistled())
    assert isinstance(done, Rendering)
    assert (done.clips, done.rendered, done.audio_s) == ({}, 0, 0)


def test_clips_are_named_by_voice_and_locale() -> None:
    planned = plan(
        [
            Line("a", "hello", "", "en-US"),
            Line("b", "hello", "harp", "en-US"),
            Line("c", "hello", "", "de-DE"),
        ],
        whistled(),
    )
    assert [planned[key].voice for key in "abc"] == ["flute", "harp", "flute"]
    assert json.loads(planned["c"].settings)["locale"] == "de-DE"
    assert len({clip.name(WIRE_FORMATS[0]) for clip in planned.values()}) == 3
