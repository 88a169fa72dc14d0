"""Calls by text, from the first partial to the close: the real program on a real socket."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from gateway.ports.records import TurnQuery
from tests.support.house_server import TENANT, Gateway, eventually
from tests.support.line import Line

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

MATCHED_EARLY = 'frontline_match_seconds_count{on="partial"}'


def dial(gateway: Gateway, **more: Any) -> Any:
    """A call whose client brings its own text."""
    return Line.dial(gateway.address, tenant=TENANT, stt="client", **more)


async def answer_to(line: Line, text: str) -> tuple[dict[str, Any], bytes]:
    """Say it; the decision, and what was heard in answer to it."""
    await line.say(text)
    decision = await line.expect("decision")
    generation = await line.heard_out(turn=decision["turn"])
    return decision, line.sound(generation)


async def test_a_question_is_decided_early_answered_and_accounted_for(carrier: Gateway) -> None:
    before = carrier.sample(MATCHED_EARLY)
    async with dial(carrier) as line:
        await line.send("partial", text="when do you open", revision=1)
        await eventually(lambda: carrier.sample(MATCHED_EARLY) > before)
        await line.send("final", text="When do you open?")
        decision = await line.expect("decision")
        assert decision["path"] == "cache"
        assert decision["entry"] == "hours"
        assert decision["question"] == "when do you open"
        assert decision["decided_on"] == "partial"
        start = await line.expect("audio.start")
        assert start["source"] == "cache"
        assert start["text"] == "We are open from nine to five."
        generation = await line.heard_out()
        assert line.sound(generation) == carrier.house.clip("hours")
        turn = await line.expect("turn", path="cache")
        owners = {k: v for k, v in turn["timeline"].items() if k != "ttfa_ms"}
        assert sum(owners.values()) == pytest.approx(turn["timeline"]["ttfa_ms"], abs=0.1)
        assert line.of("mark")[-1]["name"].startswith(f"g{generation}:")
        assert not line.of("clear")


async def test_what_is_not_in_the_catalogue_is_handed_on(carrier: Gateway) -> None:
    async with dial(carrier) as line:
        decision, heard = await answer_to(line, "can you recommend a book about gardening")
        assert decision["path"] == "handoff"
        assert "entry" not in decision
        assert heard == carrier.house.said("line:handoff")


@pytest.mark.parametrize(
    ("reply", "chosen"),
    [
        ({"type": "final", "text": "the first one"}, 0),
        ({"type": "dtmf", "digit": "1"}, 0),
        ({"type": "final", "text": "the second one please"}, 1),
        ({"type": "dtmf", "digit": "2"}, 1),
    ],
)
async def test_a_doubtful_question_is_asked_back_and_the_reply_answered(
    carrier: Gateway, reply: dict[str, str], chosen: int
) -> None:
    names = {"lost card": "lost_card", "new card": "new_card"}
    async with dial(carrier, echo="when played") as line:
        await line.say("i have a question about my card")
        await line.expect("decision", path="clarify")
        asked = await line.expect("audio.start", source="clarify")
        offered = asked["text"].removeprefix("Do you mean ").split(" or ")
        assert sorted(offered) == sorted(names)
        await line.some_sound(asked["generation"])
        await line.send(kind=reply.pop("type"), **reply)
        await line.expect("clear", generation=asked["generation"])
        decision = await line.expect("decision")
        assert (decision["path"], decision["entry"]) == ("cache", names[offered[chosen]])
        generation = await line.heard_out(turn=decision["turn"])
        assert line.sound(generation) == carrier.house.clip(decision["entry"])


async def test_the_answer_is_repeated_on_demand(carrier: Gateway) -> None:
    async with dial(carrier) as line:
        _, first = await answer_to(line, "do you have parking")
        decision, again = await answer_to(line, "could you repeat that please")
        assert decision["path"] == "route"
        assert again == first == carrier.house.clip("parking")


async def test_stop_means_stop(gateway: Gateway) -> None:
    async with dial(gateway) as line:
        await line.say("i want to send money")
        generation = (await line.expect("audio.start"))["generation"]
        await line.some_sound(generation)
        await line.say("stop")
        await line.expect("clear", generation=generation)
        assert (await line.expect("turn", interrupted=True))["turn"] == 1
        assert (await line.expect("decision", turn=2))["path"] == "route"
        await line.expect("turn", turn=2)
        _, heard = await answer_to(line, "is parking free")
        assert heard == gateway.house.clip("parking")
        assert line.late == 0
        assert len(line.sound(generation)) < len(gateway.house.clip("send_money"))


@pytest.mark.parametrize("how", ["a person please", "0"])
async def test_a_person_can_be_asked_for(carrier: Gateway, how: str) -> None:
    async with dial(carrier) as line:
        if how == "0":
            await line.send("dtmf", digit="0")
        else:
            await line.say(how)
        decision = await line.expect("decision")
        assert decision["path"] == "handoff"
        assert line.sound(await line.heard_out()) == carrier.house.said("line:handoff")


async def test_goodbye_is_answered_before_the_call_is_closed(carrier: Gateway) -> None:
    async with dial(carrier) as line:
        decision, heard = await answer_to(line, "thank you goodbye")
        assert decision["path"] == "route"
        assert heard == carrier.house.said("line:goodbye")
        assert await line.closed() == (1000, "goodbye")


async def test_end_closes_the_call(gateway: Gateway) -> None:
    async with dial(gateway) as line:
        await line.send("end")
        code, _ = await line.closed()
        assert code == 1000


async def test_a_new_question_silences_the_answer_for_good(gateway: Gateway) -> None:
    async with dial(gateway, echo="when played") as line:
        await line.say("i want to send money")
        await line.expect("audio.start", generation=1)
        await line.some_sound(1, messages=20)
        await line.say("where are you located")
        await line.expect("clear", generation=1)
        cut = await line.expect("turn", interrupted=True)
        assert cut["turn"] == 1
        whole = gateway.house.clip("send_money")
        heard = cut["timeline"]["heard_ms"]
        assert 0 < heard <= len(line.sound(1)) / 32
        assert whole.startswith(line.sound(1))
        assert (await line.expect("decision", turn=2))["entry"] == "location"
        assert line.sound(await line.heard_out(turn=2)) == gateway.house.clip("location")
        assert line.late == 0
        assert [message["generation"] for message in line.of("clear")] == [1]


async def test_an_acknowledgement_does_not_stop_the_answer(gateway: Gateway) -> None:
    async with dial(gateway) as line:
        await line.say("what's the weather like")
        await line.expect("audio.start")
        await line.some_sound(1)
        for said in ("uh huh", "okay", "mm hmm right"):
            await line.say(said)
        assert line.sound(await line.heard_out()) == gateway.house.clip("weather")
        assert not line.of("clear")
        assert [turn["turn"] for turn in line.of("turn")] == [1]


async def test_a_client_that_echoes_no_marks_is_answered_all_the_same(carrier: Gateway) -> None:
    async with dial(carrier, echo="never") as line:
        for text, entry in (("do you have wifi", "wifi"), ("i want to complain", "complaint")):
            decision, heard = await answer_to(line, text)
            assert decision["entry"] == entry
            assert heard == carrier.house.clip(entry)


async def test_what_callers_say_of_themselves_is_kept_and_logged_nowhere(
    gateway: Gateway,
) -> None:
    secrets = ("4111 1111 1111 1111", "Rumpelstiltskin", "jane.roe@example.com")
    async with dial(gateway, caller={"number": "+15550107788"}) as line:
        said = (
            f"my card number is {secrets[0]}",
            f"my name is {secrets[1]} and where can i park",
            f"write to {secrets[2]}",
        )
        for turn, text in enumerate(said, 1):
            await line.say(text)
            await line.expect("turn", turn=turn)
        call_id = line.call_id
    await eventually(lambda: len(kept(gateway, call_id)) == 3)
    texts = kept(gateway, call_id)
    assert texts[0] == "my card number is [number]"
    assert texts[1].startswith("my name is [name]")
    assert texts[2] == "write to [email]"
    stored = b"".join(path.read_bytes() for path in gateway.house.folder.glob("*.db*"))
    assert b"my card number is [number]" in stored  # it is this file that holds the records
    for secret in (*secrets, "1111", "+15550107788"):
        assert secret.encode() not in stored
        assert secret not in gateway.output
    assert call_id in gateway.output  # it is this output that holds the log


def kept(gateway: Gateway, call_id: str) -> list[str]:
    """Texts of a call's turns in the store, oldest first."""
    with contextlib.closing(gateway.house.open()) as store:
        turns = store.turns(TurnQuery(call_id=call_id))
    return [turn.text for turn in reversed(turns)]
