"""Lost clips made again, under the names they had."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from cache_seed import remake
from cache_seed.remake import Remaker
from cache_seed.render import Line, Voicing, render
from cache_seed.sound import Treatment
from gateway.adapters.tts.espeak import EspeakSynthesizer
from gateway.errors import ProviderFailed
from gateway.ports import WIRE_FORMATS, Clip, Synthesizer
from tests.seeding import Clips, Here, whistled

LINES = [
    Line("entry:a", "Yes, we do.", "", "en-US"),
    Line("entry:b", "At nine.", "piano", "en-GB"),
]


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Speak in this process."""
    monkeypatch.setattr(remake, "Workers", Here)
    monkeypatch.setattr("cache_seed.render.Workers", Here)


@pytest.fixture
def seeded() -> dict[str, Clip]:
    return render(LINES, Clips(), whistled()).clips


def test_what_is_made_again_has_the_name_it_had(seeded: dict[str, Clip]) -> None:
    store = Clips()
    render(LINES, store, whistled())
    remaker = Remaker(whistled())
    assert remaker.able(list(seeded.values())) == list(seeded.values())
    made = dict(remaker.make(list(seeded.values())))
    for clip, sound in made.items():
        assert not isinstance(sound, str)
        assert sound == {form: store.get(clip.name(form)) for form in WIRE_FORMATS}
    assert made.keys() == set(seeded.values())


def test_another_voice_does_not_make_it(seeded: dict[str, Clip]) -> None:
    clips = list(seeded.values())
    assert Remaker(whistled(hz=600)).able(clips) == []
    louder = replace(whistled(), treatment=Treatment(loudness_lufs=-16))
    assert Remaker(louder).able(clips) == []
    odd = replace(clips[0], settings="[]")
    assert Remaker(whistled()).able([odd, clips[1]]) == [clips[1]]


def test_a_voice_that_is_not_there_makes_nothing(seeded: dict[str, Clip]) -> None:
    def absent() -> Synthesizer:
        raise ProviderFailed("not installed")

    assert Remaker(Voicing(factory=absent, voice="x")).able(list(seeded.values())) == []


def test_a_text_that_cannot_be_spoken_says_why(seeded: dict[str, Clip]) -> None:
    bad = replace(seeded["entry:a"], text="(refuse)")
    [(clip, why)] = Remaker(whistled()).make([bad])
    assert (clip, why) == (bad, "the voice flute refuses")


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> None:
    """With processes."""
    monkeypatch.undo()


@pytest.mark.slow
@pytest.mark.usefixtures("real")
def test_espeak_makes_in_a_process_of_its_own_what_a_seed_made() -> None:
    voicing = Voicing(factory=partial(EspeakSynthesizer, "en-us", 165), voice="en-us", workers=1)
    store = Clips()
    lines = [replace(line, voice="", locale="en-US") for line in LINES]
    clips = list(render(lines, store, voicing).clips.values())
    remaker = Remaker(voicing)
    assert remaker.able(clips) == clips
    for clip, sound in remaker.make(clips):
        assert not isinstance(sound, str)
        again = sound[WIRE_FORMATS[2]].duration_ms
        assert again == pytest.approx(clip.duration_ms, abs=5)
