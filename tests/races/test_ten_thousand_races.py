"""A leak of one task, timer or stream in a thousand races is found after weeks, by nobody.

Ten thousand races of the pair, forty at a time, in virtual time: answered, failing, falling silent
and interrupted at any moment, some begun on speculation. What is left is what was there before.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from random import Random

import pytest

from gateway.agents.contest import Contest
from gateway.core.race.attempts import AttemptFailure, Hedging
from gateway.core.race.pilot import Why
from gateway.ports.models import AnswerFailed
from tests.support.chatting import ROLE, ScriptedModel, Step, Watched, asking, failing, pair, said

pytestmark = pytest.mark.anyio

RACES = 10_000
AT_ONCE = 40
WHOLE = "Hello there."


def trouble(chance: Random) -> list[Step]:
    """An answer, that may go wrong anywhere."""
    script: list[Step] = [chance.expovariate(5), ROLE, chance.expovariate(9), "Hello", " there."]
    match chance.randrange(9):
        case 0:
            script[chance.randrange(5)] = failing(
                chance.choice(list(AttemptFailure)), chance.random()
            )
        case 1:
            script.insert(chance.randrange(6), 600.0)
        case 2:
            del script[chance.randrange(5) :]
        case 3:
            script.insert(chance.randrange(6), ZeroDivisionError("a mistake of ours"))
    return script


def timers() -> int:
    """Those that are armed."""
    loop = asyncio.get_running_loop()
    return sum(not one.cancelled() for one in vars(loop)["_scheduled"])


async def test_ten_thousand_races_leave_no_task_no_timer_and_no_stream(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL, "frontline")  # mistakes are logged, a thousand times
    chance, watched, heard = Random(3), Watched(), list[str]()
    models = [ScriptedModel("a"), ScriptedModel("b", close_takes=0.02)]
    for model in models:
        model.scripts = lambda number: trouble(chance)
    agent = pair(*models, watcher=watched, hedging=Hedging(give_up=3.0, stall=2.0))

    async def caller(number: int) -> None:
        for turn in range(RACES // AT_ONCE):
            request = asking(call_id=f"c{number}", turn=turn)
            if chance.random() < 0.1:
                agent.speculate(request)
                await asyncio.sleep(chance.random())
            try:
                async with asyncio.timeout(chance.choice([0.05, 0.5, 60.0])):
                    heard.append(await said(agent, request))
            except (AnswerFailed, TimeoutError):
                continue

    tasks_before, timers_before = len(asyncio.all_tasks()), timers()
    async with asyncio.TaskGroup() as tasks:
        for number in range(AT_ONCE):
            tasks.create_task(caller(number))
    await asyncio.sleep(11)  # by then speculations that nobody wants have dropped themselves
    spent = agent.pilots["fast"].spent
    assert spent.races >= RACES
    assert [model.open for model in models] == [0, 0]
    assert (agent.open, agent._begun, len(agent._background)) == (0, {}, 0)
    assert (len(asyncio.all_tasks()), timers()) == (tasks_before, timers_before)
    assert set(heard) <= {WHOLE, "Hello"} and heard.count(WHOLE) > RACES / 4, "never two voices"
    assert min(watched.calls[why] for why in (Why.HEDGE, Why.FAILOVER)) > 100
    assert {"whole", "broken", "failed", "dropped"} == set(watched.outcomes)
    await agent.close()
    gc.collect()
    ours = [one for one in gc.get_objects() if type(one) is Contest]
    assert not [one for one in ours if models[0] in one._models.values()]
