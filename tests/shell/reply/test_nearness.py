"""What an agent is told of the entries near a miss, and whether it used one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

import cache_seed
from cache_seed.press import item
from cache_seed.table import read
from gateway.ports.agents import NearAnswer
from gateway.ports.store import Entry
from gateway.settings.llm import LlmSettings
from gateway.settings.whole import Settings
from gateway.shell.catalogue.tenants import Serving
from gateway.shell.catalogue.verdicts import Shadow, VerdictEvidence
from gateway.shell.reply.nearness import MOST, nearest, used
from gateway.wiring.factories import agent_of
from intents.decision import Candidate, Decision, Kind, Veto
from intents.learning.calibration import Aim
from intents.learning.knowledge import Knowledge
from intents.matcher import Matcher
from intents.models.encoder import Encoder
from tests.providers.chat import Reply
from tests.providers.openai import OpenAI
from tests.providers.server import Server
from tests.support.chatting import Watched, asking, said

BANK = Path(cache_seed.__file__).parent / "samples" / "bank.csv"
WRITTEN = Path(__file__).parent / "data" / "near_misses.txt"
LEAST = 28
"""Of 30 misses that an entry answers, those whose prompt must hold it."""


@dataclass(frozen=True)
class Case:
    """A line of the written set."""

    entry: str
    answers: bool
    text: str


def cases() -> list[Case]:
    lines = [one for one in WRITTEN.read_text().splitlines() if not one.startswith("#")]
    pairs = [line.split(" | ") for line in lines]
    return [Case(name.removeprefix("!"), name[0] != "!", text) for name, text in pairs]


def entry(name: str, answer: str | None = None, action: str = "") -> Entry:
    answer = f"About {name}, at length." if answer is None else answer
    asked = (f"what of {name}",)
    return Entry(id=name, intent=name, questions=asked, answer=answer, action=action)


def evidence(
    *names: str,
    vetoes: tuple[Veto, ...] = (),
    entries: tuple[Entry, ...] = (),
    nearness: float = 0.7,
) -> VerdictEvidence:
    known = {one.id: one for one in (*(entry(name) for name in names), *entries)}
    candidates = tuple(
        Candidate(
            id=name, intent=name, question=f"what of {name}", similarity=nearness, probability=0.2
        )
        for name in names
    )
    decision = Decision(kind=Kind.MISS, candidates=candidates, vetoes=vetoes)
    serving = cast(Serving, SimpleNamespace(entries=known))
    return VerdictEvidence(decision, serving, 0.0)


def test_the_nearest_come_first_and_not_too_many() -> None:
    near = nearest(evidence("hours", "parking", "refund", "card"), "hm")
    assert [one.entry for one in near] == ["hours", "parking", "refund"]
    assert len(near) == MOST
    assert near[0] == NearAnswer(
        entry="hours", question="what of hours", answer="About hours, at length."
    )


def test_what_is_far_away_or_done_rather_than_said_is_left_out() -> None:
    assert nearest(evidence("hours", nearness=0.1), "hm") == ()
    assert nearest(evidence("hours", entries=(entry("hours", action="transfer"),)), "hm") == ()
    assert nearest(evidence("hours", entries=(entry("hours", answer=""),)), "hm") == ()


def test_a_guards_objection_is_told() -> None:
    veto = Veto(guard="polarity", entry="hours", reason="asks for the opposite")
    (near,) = nearest(evidence("hours", vetoes=(veto,)), "hm")
    assert (near.objection, near.answer) == ("asks for the opposite", "About hours, at length.")


def test_an_answer_that_is_out_of_date_is_only_named() -> None:
    veto = Veto(guard="expired", entry="hours", reason="not valid today")
    (near,) = nearest(evidence("hours", vetoes=(veto,)), "hm")
    assert (near.objection, near.answer) == ("not valid today", "")


def test_guards_are_asked_of_those_they_were_not_asked_about() -> None:
    near = nearest(evidence("hours", "fee"), "why was i charged a fee of 30 dollars")
    assert near[0].objection == "", "the first was decided on"
    assert near[1].objection


def test_as_if_there_were_no_cache() -> None:
    assert nearest(None, "hm") == ()
    assert nearest(Shadow(evidence("hours").serving), "hm") == ()


ANSWER = NearAnswer(
    entry="hours", question="when", answer="We open at nine and close at five, Monday to Friday."
)


@pytest.mark.parametrize(
    ("reply", "entry"),
    [
        ("We open at nine and close at five, Monday to Friday.", "hours"),
        ("Sure! We open at 9, and close at 5, from Monday to Friday. Anything else?", "hours"),
        ("We open at nine.", ""),
        ("Friday to Monday, five at close and nine at open we.", ""),
        ("I do not know that, let me find somebody who does.", ""),
        ("", ""),
    ],
)
def test_an_answer_that_is_said_again_is_known(reply: str, entry: str) -> None:
    other = NearAnswer(entry="parking", question="where", answer="Behind the house.")
    assert used(reply, (other, ANSWER)) == entry
    assert used(reply, ()) == ""


@pytest.mark.anyio
@pytest.mark.real_loop
async def test_the_prompt_of_a_near_miss_holds_the_entry_and_what_guards_say(
    encoder: Encoder,
) -> None:
    """The written set, end to end: matched, and put to a model by the official client."""
    entries = read(BANK).entries
    knowledge = Knowledge.build([item(one) for one in entries], encoder, aim=Aim(0.01), adapt=False)
    matcher = Matcher(knowledge, encoder)
    serving = cast(Serving, SimpleNamespace(entries={one.id: one for one in entries}))
    asked, held = cases(), 0
    assert [sum(one.answers is which for one in asked) for which in (True, False)] == [30, 30]
    async with Server(OpenAI(Reply("Yes."), key="k")) as openai:
        llm = LlmSettings(secondary_base_url=f"{openai.http}/v1", secondary_key="k")
        agent = agent_of(Settings(llm=llm), Watched())
        assert agent is not None
        for case in asked:
            decision = matcher.match(case.text, final=True)
            if case.answers and decision.entry == case.entry:  # the cache itself gives it
                held += 1
                continue
            assert decision.kind in (Kind.MISS, Kind.CLARIFY), case
            near = nearest(VerdictEvidence(decision, serving, 0.0), case.text)
            await said(agent, asking(case.text, near=near))
            body = openai.journal[-1].body
            assert isinstance(body, dict)
            prompt = body["messages"][0]["content"]
            held += case.answers and serving.entries[case.entry].answer in prompt
            for one in near:
                forbidden = [veto.reason for veto in decision.vetoes if veto.entry == one.entry]
                line = next(line for line in prompt.splitlines() if f'"{one.question}"' in line)
                objects = not forbidden or any(reason in line for reason in forbidden)
                assert objects, "what a guard forbids is never told without its reason"
                assert one.objection in line
        await agent.close()
    assert held >= LEAST
