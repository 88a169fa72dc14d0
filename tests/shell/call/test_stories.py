"""What was asked and said in a call, for the person who takes over."""

from __future__ import annotations

from typing import Any

from gateway.ports.hooks import CALL_ENDED, HANDED_OFF, Happening
from gateway.shell.call import stories
from gateway.shell.call.stories import Stories
from tests.support.stored import turn


class Heard:
    def __init__(self) -> None:
        self.told: list[Happening] = []

    def tell(self, happening: Happening) -> None:
        self.told.append(happening)


def test_the_story_so_far_goes_with_the_hand_off() -> None:
    heard = Heard()
    told = Stories(heard, lambda tenant, entry: f"{tenant} {entry}: at nine")
    told.stored(turn("c", 1, text="when do you open", entry="hours"))
    told.stored(turn("c", 2, path="agent", text="and my order"))
    told.stored(turn("other", 1, text="not this"))
    told.stored(turn("c", 2, path="agent", text="and my order", reply="It is on its way."))
    assert not heard.told
    evidence = {"reason": "asked for a person"}
    last = turn("c", 3, path="handoff", text="a person please", intent="person", evidence=evidence)
    told.stored(last)
    told.stored(last)  # written again, as when it is interrupted
    (one,) = heard.told
    assert (one.kind, one.tenant, one.at) == (HANDED_OFF, "default", 3.0)
    assert one.data["asked"] == "a person please"
    assert one.data["reason"] == "asked for a person"
    lines = [(line["asked"], line["said"], line["path"]) for line in one.data["turns"]]
    assert lines == [
        ("when do you open", "default hours: at nine", "cache"),
        ("and my order", "It is on its way.", "agent"),
        ("a person please", "", "handoff"),
    ]


def test_a_decision_that_was_only_recorded_hands_nobody_off() -> None:
    heard = Heard()
    Stories(heard).stored(turn("c", 1, path="handoff", shadow=True))
    assert not heard.told


def test_stories_are_bounded(monkeypatch: Any) -> None:
    monkeypatch.setattr(stories, "TURNS", 3)
    monkeypatch.setattr(stories, "CALLS", 2)
    heard = Heard()
    told = Stories(heard)
    for number in range(5):
        told.stored(turn("long", number))
    told.stored(turn("long", 9, path="handoff"))
    assert [line["turn"] for line in heard.told[0].data["turns"]] == [3, 4, 9]
    for call in "abc":
        told.stored(turn(call, 1))
    told.stored(turn("long", 10, path="handoff"))
    assert len(heard.told[1].data["turns"]) == 1, "it was forgotten meanwhile"


def test_the_end_of_a_call() -> None:
    heard = Heard()
    stories.ended(heard, "c", "bank", "native", 0.0, 3)
    (one,) = heard.told
    assert (one.kind, one.tenant, one.data["turns"]) == (CALL_ENDED, "bank", 3)
    assert one.data["seconds"] > 0
