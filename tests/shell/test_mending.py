"""Clips that are not there: noticed, told once, and made again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import cast

import pytest

from gateway.errors import StoreFailed
from gateway.ports import WIRE_FORMATS, AudioFormat, Clip, ClipAudio, ClipStore
from gateway.shell.mending import AGAIN, BATCH, LONGEST, LOOK_EVERY, TOLD_EVERY, Mending
from gateway.shell.tenants import Serving
from tests.house import PCM16K, catalogue, clip, open_house, tone

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("threads")]


class FakeRemaker:
    """Makes tones; ``refuses`` is why not."""

    def __init__(self) -> None:
        self.made: list[list[Clip]] = []
        self.refuses = ""
        self.strange: set[str] = set()
        """Texts of clips that another voice has spoken."""

    def able(self, clips: Sequence[Clip]) -> list[Clip]:
        return [one for one in clips if one.text not in self.strange]

    def make(
        self, clips: Sequence[Clip]
    ) -> Iterator[tuple[Clip, Mapping[AudioFormat, ClipAudio] | str]]:
        self.made.append(list(clips))
        for one in clips:
            length = one.duration_ms
            sound = {form: ClipAudio(tone(form, length), length) for form in WIRE_FORMATS}
            yield one, self.refuses or sound


class Ward:
    """A house whose clips are looked after."""

    def __init__(self, *, voice: bool = True) -> None:
        self.house = open_house()
        self.remaker = FakeRemaker()
        services = self.house.services
        self.mending = services.mending = Mending(
            cast(ClipStore, self.house.store),
            services.tenants,
            self.house.observer,
            self.remaker if voice else None,
        )

    @property
    def serving(self) -> Serving:
        found = self.house.services.tenants.get("default")
        assert found is not None
        return found

    def files(self, *keys: str) -> list[str]:
        clips = self.serving.catalogue.clips
        return [clips[key].name(form) for key in keys for form in WIRE_FORMATS]

    def lose(self, *keys: str) -> dict[str, ClipAudio]:
        """Take them out of the store; without any, all of them."""
        names = self.files(*(keys or self.serving.catalogue.clips))
        return {name: self.house.store.clips.pop(name) for name in names}

    async def watched(self, seconds: float) -> None:
        """Let it look after them for so long."""
        task = asyncio.get_running_loop().create_task(self.mending.watch())
        await asyncio.sleep(seconds)
        task.cancel()
        await asyncio.wait([task])


async def test_of_whole_clips_nothing_is_told(caplog: pytest.LogCaptureFixture) -> None:
    ward = Ward()
    await ward.watched(2 * LOOK_EVERY)
    assert ward.mending.degraded() == []
    assert (ward.house.observer.clips, ward.remaker.made, caplog.text) == ([], [], "")


async def test_what_is_missing_is_found_counted_and_made_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ward = Ward()
    ward.lose("entry:hours", "label:hours", "line:handoff")
    await ward.watched(1.0)
    assert ward.house.observer.clips == [
        ("default", "answer", "1"),
        ("default", "label", "1"),
        ("default", "line", "1"),
        ("default", "mended", "3"),
    ]
    assert [one.text for one in ward.remaker.made[0]] == [
        "<line:handoff 1>",
        "<entry:hours 1>",
        "<label:hours 1>",
    ]
    assert ward.mending.degraded() == []
    assert all(name in ward.house.store.clips for name in ward.files("entry:hours"))
    [line] = [one.message for one in caplog.records if one.levelname == "WARNING"]
    assert line == (
        "catalogue 1 of default: the clip entry:hours and 2 more is missing or damaged; "
        "they are made again"
    )


async def test_one_format_is_enough_to_be_missing() -> None:
    ward = Ward()
    del ward.house.store.clips[ward.files("entry:hours")[-1]]
    await ward.watched(1.0)
    assert ("default", "mended", "1") in ward.house.observer.clips


async def test_all_clips_come_back_some_at_a_time() -> None:
    ward = Ward()
    many = {f"entry:{n}": clip(f"entry:{n}", 100) for n in range(100)}
    one = catalogue(2)
    ward.house.publish(replace(one, clips={**one.clips, **many}))
    ward.lose()
    await ward.watched(5.0)
    assert ward.mending.degraded() == []
    assert {len(batch) for batch in ward.remaker.made[:-1]} == {BATCH}


async def test_without_a_voice_it_is_told_until_somebody_else_mends_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ward = Ward(voice=False)
    had = ward.lose("entry:hours")
    await ward.watched(1.0)
    told = [{"tenant": "default", "catalogue": 1, "clips": 1}]
    assert ward.mending.degraded() == told
    assert "seed the table again" in caplog.text
    ward.house.store.clips.update(had)
    await ward.watched(AGAIN + 1.0)
    assert ward.mending.degraded() == []


async def test_the_clips_of_another_voice_are_left_and_the_others_made() -> None:
    ward = Ward()
    ward.remaker.strange = {"<line:handoff 1>"}
    ward.lose("line:handoff", "entry:hours")
    await ward.watched(1.0)
    assert ward.serving.missing == {"line:handoff"}


async def test_a_voice_that_cannot_is_asked_ever_more_rarely(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ward = Ward()
    ward.remaker.refuses = "no sound was made"
    ward.lose("entry:hours")
    await ward.watched(3600.0)
    assert 10 < len(ward.remaker.made) < 3600 / LONGEST + 12
    assert "cannot be made again: no sound was made" in caplog.text


@pytest.mark.parametrize("error", [StoreFailed("disk full"), OSError("no processes left")])
async def test_a_store_that_fails_is_tried_again_later(
    error: Exception, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    ward = Ward()
    ward.lose("entry:hours")
    put, failing = ward.house.store.put, [True]

    def fails(name: str, audio: ClipAudio) -> None:
        if failing:
            raise error
        put(name, audio)

    monkeypatch.setattr(ward.house.store, "put", fails)
    await ward.watched(AGAIN)
    assert str(error) in caplog.text
    assert len(ward.mending.degraded()) == 1
    failing.clear()
    await ward.watched(4 * AGAIN)
    assert ward.mending.degraded() == []


async def test_a_store_that_cannot_be_asked_is_no_loss() -> None:
    ward = Ward()
    ward.house.store.broken = StoreFailed("away")
    await ward.watched(60.0)
    assert ward.house.observer.clips == []
    assert ward.mending.degraded() == []


async def test_a_whole_folder_is_one_line_of_the_log_and_then_how_many_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ward = Ward(voice=False)
    ward.lose("entry:hours")
    await ward.watched(1.0)
    ward.mending.lost(ward.serving, ["line:handoff"])
    ward.mending.lost(ward.serving, ["line:handoff", "line:failure"])
    assert len(caplog.records) == 1
    await asyncio.sleep(TOLD_EVERY)
    ward.mending.lost(ward.serving, ["label:hours"])
    assert "the clip label:hours and 2 more" in caplog.records[-1].message


async def test_a_clip_that_could_not_be_played_is_as_good_as_not_rendered() -> None:
    ward = Ward()
    ward.lose("entry:hours")
    ward.mending.lost(ward.serving, ["entry:hours"])
    assert ward.serving.clips(("entry:hours",)) == ()
    assert ward.house.observer.clips == [("default", "answer", "1")]
    await ward.watched(1.0)
    assert ward.serving.clips(("entry:hours",)) == ("entry:hours",)
    assert ward.house.observer.clips[1:] == [("default", "mended", "1")]


async def test_what_is_only_missing_is_still_played_from_memory() -> None:
    ward = Ward(voice=False)
    names = ward.serving.names(("entry:hours",), PCM16K)
    await ward.house.services.clips.get(names, PCM16K)
    ward.lose("entry:hours")
    await ward.watched(1.0)
    async with ward.house.call() as call:
        call.runner.final("when do you open")
        await asyncio.sleep(2.0)
    assert call.wire.told("audio.start")[0]["source"] == "cache"
    assert call.wire.audio()


async def test_a_new_catalogue_is_looked_through_when_it_is_live() -> None:
    ward = Ward(voice=False)
    watching = asyncio.get_running_loop().create_task(ward.mending.watch())
    await asyncio.sleep(20.0)
    ward.house.publish(catalogue(2))
    ward.lose("entry:hours")
    await asyncio.sleep(AGAIN + 1.0)
    assert ward.mending.degraded() == [{"tenant": "default", "catalogue": 2, "clips": 1}]
    watching.cancel()
    await asyncio.wait([watching])


async def test_the_turn_goes_on_as_a_miss_and_the_next_is_answered() -> None:
    """The whole way, in a call: what is heard, what is recorded, and then the clip again."""
    ward = Ward()
    watching = asyncio.get_running_loop().create_task(ward.mending.watch())
    await asyncio.sleep(1.0)
    ward.lose("entry:hours")
    async with ward.house.call() as call:
        await asyncio.sleep(0.5)
        for _ in range(2):
            call.runner.final("when do you open")
            await asyncio.sleep(3.0)
    starts = [one["text"] for one in call.wire.told("audio.start")]
    assert starts == ["<line:handoff 1>", "<entry:hours 1>"]
    assert [one["path"] for one in call.wire.told("decision")] == ["cache", "handoff", "cache"]
    records = {record.turn: record for record in ward.house.observer.turns}
    assert [records[n].path for n in (1, 2)] == ["handoff", "cache"]
    assert records[1].evidence["lost"] is True
    watching.cancel()
    await asyncio.wait([watching])
