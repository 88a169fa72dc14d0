"""The newest sound of a call."""

from __future__ import annotations

import pytest

from gateway.ports.speech_in import Heard
from gateway.shell.sound.recent_sound import RememberedTranscription, RememberingTranscriber
from tests.support.fakes import FakeTranscriber, FakeTranscription

pytestmark = pytest.mark.anyio

SECOND = 32_000


async def test_what_is_fed_is_passed_on_and_remembered() -> None:
    inner = FakeTranscriber()
    remembered = await RememberingTranscriber(inner, 2.0).open("en-GB", "c1", ("card",))
    (fake,) = inner.opened
    remembered.feed(b"\1\1" * 100)
    remembered.skip(50)
    remembered.feed(b"\2\2" * 10)
    assert remembered.newest(9.0) == b"\1\1" * 100 + bytes(100) + b"\2\2" * 10
    assert remembered.newest(20 / SECOND) == b"\2\2" * 10, "the newest alone, if that is wanted"
    assert remembered.newest(0.0) == b""
    assert bytes(fake.fed) == b"\1\1" * 100 + b"\2\2" * 10
    assert fake.skipped == 50
    assert inner.locales == ["en-GB"]
    assert inner.keyterms == [("card",)]


async def test_no_more_is_kept_than_is_wanted() -> None:
    remembered = RememberedTranscription(FakeTranscription(), 1.0)
    for value in range(200):
        remembered.feed(bytes([value]) * 640)
    remembered.skip(10**9)
    assert remembered.newest(9.0) == bytes(SECOND)
    remembered.feed(b"\7\7")
    assert len(remembered.newest(9.0)) == SECOND
    assert remembered.newest(9.0).endswith(b"\7\7")
    assert len(remembered._sound) <= 2 * SECOND + 2


async def test_all_else_is_the_recognisers() -> None:
    inner = FakeTranscriber()
    transcriber = RememberingTranscriber(inner, 1.0)
    remembered = await transcriber.open("en-US", "c1")
    inner.opened[0].say(Heard("hello", final=True))
    remembered.finish_utterance()
    await remembered.close()
    assert [heard async for heard in remembered] == [Heard("hello", final=True)]
    assert inner.opened[0].finished == 1
    await transcriber.close()
