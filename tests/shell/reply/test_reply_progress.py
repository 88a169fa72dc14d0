"""What is told of a reply's sound: texts, and where their words end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.events import AgentAudio
from gateway.core.policy import Policy
from gateway.core.reply.agent_turn import AgentTurn, Over
from gateway.core.speech.speakable import speakable
from gateway.ports.live_speech import SpokenPiece, SpokenWord
from gateway.shell.reply.reply_progress import ReplyProgress
from gateway.shell.sound.sources import Stream
from tests.support.desk import Desk, Odd, Speaker, said
from tests.support.house import PCM16K

pytestmark = pytest.mark.anyio


async def test_words_are_told_with_the_sound_in_which_they_end() -> None:
    desk = Desk("We open at nine. And close at five.", voice=Speaker())
    await desk.asking.run()
    assert said(desk) == [
        *((0.25, "We"), (0.5, "We open"), (0.75, "We open at"), (1.0, "We open at nine.")),
        *((1.25, "We open at nine. And"), (1.5, "We open at nine. And close")),
        *((1.75, "We open at nine. And close at"), (2.0, "We open at nine. And close at five.")),
    ]


async def test_words_are_those_of_the_text_as_it_was_written() -> None:
    desk = Desk("It is $5.50 today.", voice=Speaker())
    await desk.asking.run()
    assert desk.voice.texts == ["It is 5 dollars and 50 cents today."]
    assert [text for _, text in said(desk)] == [
        *("It", *["It is"] * 5, "It is $5.50", "It is $5.50 today."),
    ]


def ends(text: str, chunk: int, at: int, end_ms: float) -> SpokenWord:
    return SpokenWord(text=text, chunk=chunk, at=at, start_ms=0.0, end_ms=end_ms)


ONE, TWO, THREE = "One is here now.", "Two is here now.", "Three is here now."
SECOND = bytes(32000)


async def test_texts_that_share_sound_are_all_told_of() -> None:
    voice = Odd(
        SpokenPiece(audio=SECOND), SpokenPiece(finished=2), SpokenPiece(audio=SECOND, finished=3)
    )
    desk = Desk(f"{ONE} {TWO} {THREE}", voice=voice)
    await desk.asking.run()
    assert desk.chunks == [(ONE, 0.96), (TWO, 0.96), (THREE, 2.0)] or desk.chunks == [
        *((ONE, 1.0), (TWO, 1.0), (THREE, 2.0)),
    ]


async def test_texts_that_end_in_one_piece_do_not_begin_new_sound() -> None:
    desk = Desk(f"{ONE} {TWO}", voice=Odd(SpokenPiece(audio=SECOND, finished=2)))
    await desk.asking.run()
    assert desk.chunks == [(ONE, 1.0), (TWO, 1.0)]


async def test_words_ahead_of_their_text_wait_for_it() -> None:
    early = ends("Two", 1, 0, 900.0)
    pieces = (
        SpokenPiece(audio=SECOND, words=(early,), finished=1),
        SpokenPiece(audio=SECOND, finished=2),
    )
    desk = Desk(f"{ONE} {TWO}", voice=Odd(*pieces))
    await desk.asking.run()
    assert desk.chunks == [(ONE, 1.0), (TWO, 2.0)]
    assert said(desk) == [(0.9, f"{ONE} Two")]


async def test_words_that_are_none_say_nothing() -> None:
    odd = (
        *(ends("", 0, 3, 100.0), ends("  ", 0, 3, 100.0), ends("never", 7, 0, 100.0)),
        *(ends("One", -1, 0, 100.0), ends("Other", 0, 500, 300.0), ends("O", 0, 0, 200.0)),
    )
    desk = Desk(ONE, voice=Odd(SpokenPiece(audio=SECOND, words=odd, finished=1)))
    await desk.asking.run()
    assert said(desk) == [(0.2, "")]


async def test_words_that_come_after_their_sound_are_told_at_the_end() -> None:
    late = SpokenPiece(words=(ends("One", 0, 0, 200.0),), finished=1)
    desk = Desk(ONE, voice=Odd(SpokenPiece(audio=SECOND), late))
    await desk.asking.run()
    assert said(desk) == [(0.2, "One")]


def told_of(*, step: int = 40) -> tuple[ReplyProgress, list[AgentAudio], AgentTurn]:
    """One, what it tells, and the core that it tells."""
    events: list[AgentAudio] = []
    turn = AgentTurn(1, "", Policy(), 0.0)

    def emit(event: AgentAudio) -> None:
        events.append(event)
        turn.sound(event.text, event.length, 0.0, event.words)

    return ReplyProgress(1, Stream(PCM16K, step), emit), events, turn


def test_the_agents_own_sound_and_texts_of_a_voice_in_one_reply() -> None:
    telling, events, turn = told_of()
    telling.said(SECOND, " Hello ")
    telling.said(SECOND, "")
    telling.give(ONE, ONE)
    telling.sounded(SECOND, 0, 1, [ends("One", 0, 0, 300.0)], begun=2.0)
    assert [(event.text, event.length) for event in events] == [
        *(("Hello", 1.0), ("", 2.0), (ONE, 3.0)),
    ]
    assert turn.heard(2.4) == "Hello One"


def test_text_without_any_sound_is_never_told() -> None:
    telling, events, _ = told_of()
    telling.give(ONE, ONE)
    telling.sounded(b"", 0, 1)
    telling.end()
    assert events == []


EACH = 300
"""Milliseconds of a spoken word."""
phrases = st.lists(
    st.lists(
        st.sampled_from(["one", "two", "$5.50", "20°C", "so,", "& more"]), min_size=1, max_size=5
    ),
    min_size=1,
    max_size=4,
)


@given(phrases, st.lists(st.integers(1, 900), min_size=1, max_size=40), st.data())
def test_no_word_is_heard_before_its_sound(
    texts: list[list[str]], sizes: list[int], data: st.DataObject
) -> None:
    """A voice that tells its words, in pieces of any length, cut anywhere."""
    telling, _, turn = told_of()
    written = [" ".join(words) + "." for words in texts]
    spoken = [speakable(text) for text in written]
    words: list[tuple[int, SpokenWord]] = []
    over: list[int] = []  # of each phrase, in ms
    for number, text in enumerate(spoken):
        telling.give(written[number], text)
        at = 0
        for word in text.split():
            at = text.index(word, at)
            begun = EACH * len(words)
            timed = SpokenWord(text=word, chunk=number, at=at, start_ms=begun, end_ms=begun + EACH)
            words.append((number, timed))
            at += len(word)
        over.append(EACH * len(words))
    at = 0
    for size in sizes:
        if at == over[-1]:
            break
        end = min(at + size, over[-1])
        number = sum(at >= one for one in over)
        finished = sum(end >= one for one in over)
        ready = [word for _, word in words if at < word.end_ms <= end]
        telling.sounded(bytes(32 * (end - at)), number, finished, ready)
        at = end
    if at == over[-1]:
        telling.end()
        turn.over = Over.DONE
        assert turn.heard(turn.length).split() == " ".join(written).split()
    position = data.draw(st.floats(0, over[-1] / 1000))
    heard = turn.heard(min(position, turn.length))
    assert " ".join(written).startswith(heard)
    spoken_by_then = sum(word.end_ms / 1000 <= position + 1e-9 for _, word in words)
    needed = len(speakable(heard).split())
    assert needed <= spoken_by_then or heard == " ".join(written)
