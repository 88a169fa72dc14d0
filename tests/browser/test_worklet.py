"""The audio thread's part, rendered offline: exact samples, no sound card, no clock."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chromium import chromium, visit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

PLAYER = """
async ({ seconds, at, before, then }) => {
  const context = new OfflineAudioContext(1, seconds * 16000, 16000);
  await context.audioWorklet.addModule("/static/worklet.js");
  const node = new AudioWorkletNode(context, "frontline-player", { outputChannelCount: [1] });
  node.connect(context.destination);
  const reports = [];
  const replies = [];
  node.port.onmessage = ({ data }) => {
    if (data.type === "cleared" && data.generation < 0) replies.shift()();
    else reports.push(data);
  };
  // A clear of no generation does nothing, but its answer proves that what was sent was taken.
  const send = (messages) => new Promise((taken) => {
    replies.push(taken);
    for (const { ramp, ...message } of messages) {
      if (ramp) message.samples = Float32Array.from({ length: ramp }, (_, i) => 0.1 + i / 65536);
      node.port.postMessage(message);
    }
    node.port.postMessage({ type: "clear", generation: -1 });
  });
  await send(before);
  if (then) void context.suspend(at).then(() => send(then)).then(() => context.resume());
  const rendered = await context.startRendering();
  await send([]);
  return { samples: [...rendered.getChannelData(0)], reports };
}
"""

CAPTURE = """
async ({ rate, tone }) => {
  const context = new OfflineAudioContext(1, rate, rate);
  await context.audioWorklet.addModule("/static/worklet.js");
  const source = new OscillatorNode(context, { frequency: tone });
  const gain = new GainNode(context, { gain: 0.5 });
  const node = new AudioWorkletNode(context, "frontline-capture");
  source.connect(gain).connect(node).connect(context.destination);
  source.start();
  const frames = [];
  const enough = new Promise((resolve) => {
    node.port.onmessage = ({ data }) => {
      if (frames.push([...new Int16Array(data.pcm)]) === 49) resolve();
    };
  });
  await context.startRendering();
  await enough;
  return frames;
}
"""

GENERATION = [
    {"type": "audio", "generation": 1, "ramp": 8000},
    {"type": "mark", "generation": 1, "name": "half"},
    {"type": "audio", "generation": 1, "ramp": 8000},
    {"type": "mark", "generation": 1, "name": "whole"},
    {"type": "end", "generation": 1},
]
"""A second of sound, marked twice."""


@pytest.fixture(scope="module")
def page(live_server: Any) -> Iterator[Page]:
    with chromium() as browser:
        opened: Browser = browser
        page = opened.new_page()
        visit(page, live_server.url)
        yield page


def ramp(length: int) -> list[float]:
    """What the page is made to play: no sample is zero, none is like its neighbour."""
    return [0.1 + i / 65536 for i in range(length)]


def reported(result: Any, kind: str) -> list[Any]:
    return [report for report in result["reports"] if report["type"] == kind]


def test_the_player_plays_every_sample_in_order_and_reports_the_marks(page: Page) -> None:
    result = page.evaluate(PLAYER, {"seconds": 1.5, "before": GENERATION})
    expected = ramp(8000) * 2
    assert result["samples"][:16000] == pytest.approx(expected, abs=1e-6)
    assert [mark["name"] for mark in reported(result, "played")] == ["half", "whole"]
    assert set(result["samples"][16128:]) == {0.0}
    assert [r["type"] for r in result["reports"]] == ["playing", "played", "played", "quiet"]


def test_a_clear_empties_the_player_at_once(page: Page) -> None:
    clear = [{"type": "clear", "generation": 1}]
    result = page.evaluate(
        PLAYER, {"seconds": 1.5, "before": GENERATION, "at": 0.256, "then": clear}
    )
    played = 4096
    assert result["samples"][:played] == pytest.approx(ramp(played), abs=1e-6)
    # what is left is the fall to zero that keeps it from clicking: 4 ms, below what was playing
    tail = result["samples"][played:]
    assert tail == sorted(tail, reverse=True)
    assert set(tail[64:]) == {0.0}
    assert reported(result, "cleared") == [
        {"type": "cleared", "generation": 1, "dropped": 16000 - played}
    ]
    assert reported(result, "played") == []


def test_a_clear_spares_the_generation_after_it(page: Page) -> None:
    following = [
        {"type": "audio", "generation": 2, "ramp": 1000},
        {"type": "mark", "generation": 2, "name": "next"},
        {"type": "end", "generation": 2},
        {"type": "clear", "generation": 1},
    ]
    result = page.evaluate(
        PLAYER, {"seconds": 1.0, "before": GENERATION, "at": 0.256, "then": following}
    )
    assert result["samples"][4096:5096] == pytest.approx(ramp(1000), abs=1e-6)
    assert [mark["name"] for mark in reported(result, "played")] == ["next"]


def test_a_little_sound_waits_for_more_unless_that_is_all(page: Page) -> None:
    scrap = {"type": "audio", "generation": 1, "ramp": 320}
    waiting = page.evaluate(PLAYER, {"seconds": 0.04, "before": [scrap]})
    assert set(waiting["samples"]) == {0.0}
    whole = page.evaluate(
        PLAYER, {"seconds": 0.04, "before": [scrap, {"type": "end", "generation": 1}]}
    )
    assert whole["samples"][:320] == pytest.approx(ramp(320), abs=1e-6)


@pytest.mark.parametrize("rate", [16000, 44100, 48000])
def test_the_microphone_comes_down_to_16_khz_undistorted(page: Page, rate: int) -> None:
    frames = page.evaluate(CAPTURE, {"rate": rate, "tone": 1000})
    assert {len(frame) for frame in frames} == {320}
    sound = [sample for frame in frames[5:45] for sample in frame]
    assert max(sound) == pytest.approx(16383, rel=0.02)
    rises = sum(a < 0 <= b for a, b in itertools.pairwise(sound))
    assert rises == pytest.approx(800, abs=1)  # 1 kHz for 0.8 s


def test_what_16_khz_cannot_carry_is_filtered_out(page: Page) -> None:
    frames = page.evaluate(CAPTURE, {"rate": 48000, "tone": 11000})
    # would fold down to 5 kHz at full strength; 50 dB below is inaudible under speech
    assert max(abs(sample) for frame in frames[5:45] for sample in frame) < 16383 / 316
