"""How replies are spoken to a call."""

from __future__ import annotations

import pytest

from gateway.core.speech.chunking import Chunking
from gateway.shell.reply.voice_style import Manners, VoiceStyle, language_of, tag_of

ENGLISH = frozenset({"en"})
GERMANS = {"de": "hanna", "de_AT": "resi"}


def test_how_locales_are_compared() -> None:
    assert tag_of(" en_US ") == tag_of("EN-us") == "en-us"
    assert [language_of(one) for one in ("en_US", "fil-PH", "de", "")] == ["en", "fil", "de", ""]


def test_a_call_without_a_locale_is_spoken_to_as_usual() -> None:
    usual = VoiceStyle(voice="anna", chunking=Chunking(later_words=2))
    assert Manners(usual, GERMANS).of("", ENGLISH) == usual


def test_the_language_of_the_catalogue_is_the_voices_too() -> None:
    assert Manners().of("en-GB", ENGLISH) == VoiceStyle(locale="en-GB")


@pytest.mark.parametrize("locale", ["fr", "xx-YY", "'; drop", "e n", "-en"])
def test_one_that_nobody_here_knows_reaches_no_vendor(locale: str) -> None:
    assert Manners(None, GERMANS).of(locale, ENGLISH) == VoiceStyle()


@pytest.mark.parametrize(
    ("locale", "voice"),
    [("de", "hanna"), ("de-DE", "hanna"), ("de-at", "resi"), ("DE_AT", "resi"), ("en", "anna")],
)
def test_who_speaks_which_language(locale: str, voice: str) -> None:
    manner = Manners(VoiceStyle(voice="anna"), GERMANS).of(locale, ENGLISH)
    assert (manner.voice, manner.locale) == (voice, locale)


def test_a_region_alone_does_not_speak_for_the_language() -> None:
    manner = Manners(VoiceStyle(voice="anna"), {"pt-BR": "rosa"}).of("pt-PT", ENGLISH)
    assert (manner.voice, manner.locale) == ("anna", "pt-PT")
