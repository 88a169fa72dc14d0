"""The network that hears whether a turn is over, if it is installed."""

from __future__ import annotations

import importlib.metadata
import wave

import pytest

from gateway.adapters.turn_end import smart_turn
from gateway.adapters.turn_end.smart_turn import SmartTurn, model_file
from gateway.errors import ProviderFailed
from tests.support.data import shared_data


@pytest.fixture(scope="module")
def network() -> SmartTurn:
    try:
        return SmartTurn(model_file())
    except ProviderFailed as missing:
        pytest.skip(str(missing))


def recorded(name: str) -> bytes:
    folder = shared_data()
    if folder is None:
        pytest.skip("the recordings are not here")
    with wave.open(str(folder / "audio" / name)) as file:
        sound: bytes = file.readframes(file.getnframes())
    return sound


def test_it_hears_that_a_person_has_finished(network: SmartTurn) -> None:
    whole = recorded("lv0870.wav")
    begun = whole[: len(whole) // 10 * 3 & ~1]
    over, going_on = network.judge([whole, begun])
    assert over > 0.9
    assert going_on < 0.2


def test_several_at_once_are_judged_as_each_alone(network: SmartTurn) -> None:
    turns = [recorded("lv0880.wav"), recorded("whats-the-weather-like.wav"), b"", bytes(33)]
    alone = [network.judge([one])[0] for one in turns]
    assert network.judge(turns) == pytest.approx(alone, abs=1e-3)
    assert all(0 <= one <= 1 for one in alone)


def test_only_the_last_seconds_count(network: SmartTurn) -> None:
    last = recorded("lv0870.wav")[-8 * 32_000 :]
    long = recorded("lv0880.wav") * 3 + bytes(8 * 32_000 - len(last)) + last
    assert network.judge([long]) == pytest.approx(network.judge([long[-8 * 32_000 :]]))


def test_who_has_not_got_it_is_told_how_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smart_turn, "PACKAGE", "no-such-package-anywhere")
    with pytest.raises(ProviderFailed, match="pip install"):
        model_file()


def test_a_package_without_the_file_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "files", lambda name: None)
    with pytest.raises(ProviderFailed, match="missing"):
        model_file()
