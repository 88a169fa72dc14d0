"""When the texts of a caller who is heard are matched, in virtual time."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from gateway.core.events import VoiceStarted, VoiceStopped
from gateway.shell.catalogue.matching import MatchRequest, MatchService
from gateway.shell.catalogue.unfinished import AFTER_VOICE, UNCHANGED, UnfinishedText
from intents.decision import NO_CONTEXT

pytestmark = pytest.mark.anyio
SOON = 0.001


class Asked:
    """The matching service's place: the texts that it is asked for, and when."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def ask(self, question: MatchRequest) -> None:
        self.texts.append(question.text)


class Caller:
    """A caller, and what is matched of theirs."""

    def __init__(self) -> None:
        self.matched = Asked()
        self.unfinished = UnfinishedText(cast(MatchService, self.matched))

    def says(self, text: str, *, final: bool = False) -> None:
        nobody = cast(Any, None)
        self.unfinished.ask(MatchRequest("c", nobody, text, final, NO_CONTEXT, nobody))

    def speaks(self) -> None:
        self.unfinished.follow(VoiceStarted(at=0.0))

    def pauses(self) -> None:
        self.unfinished.follow(VoiceStopped(at=0.0))

    @property
    def texts(self) -> list[str]:
        return self.matched.texts


async def test_where_no_voice_is_heard_each_text_is_matched_at_once() -> None:
    caller = Caller()
    caller.says("when do")
    caller.says("when do you")
    assert caller.texts == ["when do", "when do you"]


async def test_of_words_in_a_row_the_last_is_matched_as_the_voice_stops() -> None:
    caller = Caller()
    caller.speaks()
    for text in ("when", "when do", "when do you", "when do you open"):
        caller.says(text)
        await asyncio.sleep(UNCHANGED - 2 * SOON)
    assert caller.texts == []
    caller.pauses()
    await asyncio.sleep(SOON)
    assert caller.texts == []
    await asyncio.sleep(AFTER_VOICE)
    assert caller.texts == ["when do you open"]
    await asyncio.sleep(2 * UNCHANGED)
    assert caller.texts == ["when do you open"]


async def test_a_final_text_is_matched_at_once_in_place_of_what_waits() -> None:
    caller = Caller()
    caller.speaks()
    caller.says("when do you")
    caller.says("when do you open", final=True)
    await asyncio.sleep(2 * UNCHANGED)
    assert caller.texts == ["when do you open"]


async def test_voice_that_brings_no_other_text_does_not_keep_the_last_from_being_matched() -> None:
    caller = Caller()
    caller.speaks()
    caller.says("when do you open")
    await asyncio.sleep(UNCHANGED + SOON)
    assert caller.texts == ["when do you open"]


async def test_a_voice_that_stops_and_goes_on_puts_nothing_off() -> None:
    caller = Caller()
    caller.speaks()
    caller.says("when do you open")
    caller.pauses()
    caller.speaks()
    await asyncio.sleep(AFTER_VOICE + SOON)
    assert caller.texts == ["when do you open"]


async def test_of_a_call_that_is_gone_nothing_is_matched() -> None:
    caller = Caller()
    caller.speaks()
    caller.says("when do you")
    caller.unfinished.forget()
    await asyncio.sleep(2 * UNCHANGED)
    assert caller.texts == []
