"""``miss``: what the gateway adds to a turn that the agent answers.

Counted from the intended instant of the caller's ``final`` (text from the client: the final is the
end of the turn, so there is no endpointing in it) to the first binary message of the agent's own
sound (``audio.start`` with source ``agent``: a filler does not count). From this the providers'
own times are taken away as they really served them, turn by turn, from their journals: the model's
from the whole request to its first piece, the voice's from the text to its first sound. What is
left has three parts, which sum to it exactly:

* ``to_llm``: the message in, matching (a miss is matched like any turn), prompt, client, request.
* ``to_tts``: the answer read, hedge, first chunk cut and normalised, sent to the voice.
* ``to_caller``: the sound read and decoded, cut into messages, written, read by the caller.

The caller speaks: partials come as from a recogniser (``bench/speaking.py``), then the final.
Nothing is begun before the final unless ``speculate`` allows it.

Open loop: every turn has an intended start and waits for nothing. The gateway, a local Groq, a
local OpenAI (the pair's second), a local ElevenLabs and the callers are five processes. In the
same run, between the turns, each caller also asks the same providers without a gateway
(``bench/direct.py``) and sends a message through an echo of the gateway's server: together they
are the floor.
"""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import uvloop
from websockets.asyncio.client import ClientConnection, connect

from bench import speaking
from bench.caller import OPEN_WITHIN, Caller, quantiles, sleep_until
from bench.direct import Direct, speak
from bench.providers import ProviderProcess, agent
from bench.seeded import bank, environment
from bench.server import ServerProcess
from gateway.core.turn.ending import FINISHED
from gateway.errors import UsageError
from gateway.settings.whole import Settings
from intents.decision import Kind
from intents.learning.knowledge import Knowledge
from intents.matcher import Matcher
from intents.turns.completeness import complete

TURN, SPOKEN_TURN = 4.0, 8.0
"""Seconds between the finals of one call, about: the answer has been heard by then, and if words
come one by one, so have they."""
JITTER = 0.4
PARTS = ("to_llm", "to_tts", "to_caller")

Entry = dict[str, Any]
"""An entry of a provider's journal."""

ASKING = ("can you recommend a good {} in {}", "where is the best {} in {}")
THINGS = (
    *("bakery", "florist", "dentist", "plumber", "tailor", "bookshop", "gardener", "vet"),
    *("barber", "butcher", "carpenter", "photographer", "piano teacher", "language school"),
    *("dance school", "bicycle shop", "shoe shop", "toy shop", "museum", "theater"),
)
TOWNS = (
    *("Ashford", "Bedford", "Camden", "Dover", "Elgin", "Fairfax", "Galway", "Hartford"),
    *("Ipswich", "Jackson", "Kendal", "Lincoln", "Melrose", "Newport", "Oxford", "Preston"),
    *("Quincy", "Reading", "Salem", "Trenton", "Upton", "Vernon", "Warwick", "York"),
)
STREETS = ("Market", "Castle", "River", "Garden", "Church", "Station", "Mill", "Bridge")
NAMES = ("Anna", "Peter", "Laura", "Martin", "Susan", "David")


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: when it was to be asked and when its answer was first heard, in seconds."""

    text: str
    at: float
    heard: float


@dataclass
class Heard:
    """The answers that the callers heard."""

    turns: list[Asked] = field(default_factory=list)
    direct: list[Asked] = field(default_factory=list)
    echo: list[float] = field(default_factory=list)
    lost: int = 0
    fillers: int = 0
    whole: int = 0
    """Turns whose last partial had all that the final has."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The timing of turns; seconds."""

    partials: float
    """Between two of a recogniser's; 0: there are none."""

    @property
    def turn(self) -> float:
        """Seconds from one final to the next."""
        return SPOKEN_TURN if self.partials else TURN


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one turn's time in seconds. Without the providers' own, they sum to the time
    added.
    """

    to_llm: float
    ttft: float
    to_tts: float
    ttfb: float
    to_caller: float

    @property
    def added(self) -> float:
        """The seconds added between the caller and the providers."""
        return self.to_llm + self.to_tts + self.to_caller


def run(
    settings: Settings,
    calls: int = 20,
    seconds: float = 120.0,
    ttft_ms: float = 120.0,
    ttfb_ms: float = 70.0,
    token_ms: float = 0.0,
    partials: float = 250.0,
    speculate: float = 0.0,
    seed: int = 7,
    folder: str = "",
) -> dict[str, Any]:
    """Measure. ``token_ms``: between two of the model's words; the wait for the first sentence is
    then in ``to_tts``. ``partials``: ms between two of the recogniser's; 0: only finals.
    ``speculate``: ``llm.speculate``."""
    random.seed(seed)
    home = Path(folder or tempfile.gettempdir()) / "frontline-bench"
    catalogue, encoder = bank(settings, home)
    matcher = Matcher(Knowledge.from_bytes(catalogue.knowledge), encoder)
    pace = Pace(partials / 1000)
    rounds = int(seconds / pace.turn)
    texts = questions(matcher, 2 * rounds * calls)
    answers = replies(texts)
    says = home / "miss-says.json"
    says.write_text(json.dumps(answers))
    thinks = {"first": {"p50": ttft_ms / 1000}, "between": {"p50": token_ms / 1000}}
    with (
        ProviderProcess("groq", thinks, says) as llm,
        ProviderProcess("openai", thinks, says) as second,
        ProviderProcess("elevenlabs", {"first": {"p50": ttfb_ms / 1000}}) as tts,
        ServerProcess(
            environment(
                settings, home, **agent(llm, second, tts), FRONTLINE_LLM__SPECULATE=str(speculate)
            )
        ) as server,
    ):
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(speak(tts.http, sorted({first(answer) for answer in answers.values()})))
            busy, began = server.cpu_s(), time.perf_counter()
            heard = runner.run(load(server.address, llm.http, tts.http, calls, pace, rounds, texts))
            busy, took = server.cpu_s() - busy, time.perf_counter() - began
        rss = server.rss_kib() / 1024
        models = llm.journal() + second.journal()
        figures = figures_of(heard, models, tts.journal(), answers)
    figures |= {"cpu_pct": round(100 * busy / took, 1), "rss_mib": round(rss, 1)}
    return {
        "bench": "miss",
        "parameters": {
            "calls": calls,
            "seconds": rounds * pace.turn,
            "ttft_ms": ttft_ms,
            "ttfb_ms": ttfb_ms,
            "token_ms": token_ms,
            "partials": partials,
            "speculate": speculate,
            "seed": seed,
        },
        "figures": figures,
        "goals": {"added_p50_ms": "<= 15", "added_p99_ms": "<= 40", "lost_turns": "<= 0"},
    }


# --- what is said -------------------------------------------------------------------------------


def questions(matcher: Matcher, wanted: int) -> list[str]:
    """Whole questions that the catalogue does not answer, all different: the answers' delays are
    found in the journals by them."""
    found: list[str] = []
    for asking, town, thing in product(ASKING, TOWNS, THINGS):
        text = asking.format(thing, town)
        whole = complete(text) > FINISHED
        if whole and matcher.match(text, final=True).kind is Kind.MISS:
            found.append(text)
        if len(found) == wanted:
            return found
    raise UsageError(f"only {len(found)} questions, {wanted} are needed: fewer seconds or calls")


def replies(texts: list[str]) -> dict[str, str]:
    """An answer of two sentences to each. The first sentences come round again after 48 answers,
    which is seconds later: that tells the voice's requests apart."""
    pool = list(product(NAMES, STREETS))
    return {
        text: "Yes, {} in {} Street is good. Just call them.".format(*pool[number % len(pool)])
        for number, text in enumerate(texts)
    }


def first(answer: str) -> str:
    """The first sentence of an answer."""
    return answer.partition(". ")[0] + "."


# --- the load -----------------------------------------------------------------------------------


async def load(
    address: str, llm: str, tts: str, calls: int, pace: Pace, rounds: int, texts: list[str]
) -> Heard:
    """The calls. Their turns come at instants drawn beforehand: evenly spaced ones would meet, or
    never meet, the same moment of each other's turns."""
    heard = Heard()
    start = time.perf_counter() + 1.0
    async with asyncio.TaskGroup() as tasks:
        for number in range(calls):
            began = start + random.uniform(0, pace.turn)
            jitter = random.uniform
            finals = [began + pace.turn * (n + 1) + jitter(0, JITTER) for n in range(rounds)]
            mine = texts[number::calls]
            tasks.create_task(one_call(address, llm, tts, pace, finals, mine, heard))
    return heard


async def one_call(
    address: str,
    llm: str,
    tts: str,
    pace: Pace,
    finals: list[float],
    texts: list[str],
    heard: Heard,
) -> None:
    """Turns whose finals leave at these instants, whatever comes back; between them, the floor."""
    audio = {"encoding": "mulaw", "sample_rate": 8000}
    caller = await Caller.dial(address, stt="client", audio=audio)
    options: dict[str, Any] = {"ping_interval": None, "open_timeout": OPEN_WITHIN}
    echo = await connect(f"ws://{address}/echo", compression=None, **options)
    direct = await Direct.dial(llm, tts)
    listening = asyncio.get_running_loop().create_task(caller.listen())
    sent: list[tuple[str, float]] = []
    for number, at in enumerate(finals):
        asked, bare = texts[2 * number], texts[2 * number + 1]
        await sleep_until(at - pace.turn * 0.75)
        await one_echo(echo, asked, at - pace.turn * 0.75, heard)
        await direct.prepare()
        await sleep_until(at - pace.turn * 0.6)
        heard.direct.append(Asked(bare, at - pace.turn * 0.6, await direct.ask(bare)))
        if pace.partials:
            await one_speech(caller, asked, at, pace, heard)
        await sleep_until(at)
        await caller.send(type="final", text=asked)
        sent.append((asked, at))
    await asyncio.sleep(TURN - JITTER)
    await caller.close()
    await echo.close()
    await direct.close()
    await listening
    for number, (text, at) in enumerate(sent, 1):
        turn = caller.turns.get(number)
        sound = turn.sounds.get("agent") if turn else None
        heard.fillers += turn is not None and "filler" in turn.sounds
        if sound is None:
            heard.lost += 1
        else:
            heard.turns.append(Asked(text, at, sound))


async def one_speech(caller: Caller, text: str, final_at: float, pace: Pace, heard: Heard) -> None:
    """Send the partials of a recogniser up to its final."""
    said = ""
    for revision, (at, said) in enumerate(speaking.partials(text, final_at, pace.partials)):
        await asyncio.sleep(max(0.0, at - time.perf_counter()))
        await caller.send(type="partial", text=said, revision=revision)
    heard.whole += said == text


async def one_echo(echo: ClientConnection, text: str, at: float, heard: Heard) -> None:
    """The final's message there and back."""
    await echo.send(json.dumps({"type": "final", "text": text}))
    await echo.recv()
    heard.echo.append(time.perf_counter() - at)


# --- the account --------------------------------------------------------------------------------


def figures_of(
    heard: Heard, llm: list[Entry], tts: list[Entry], answers: dict[str, str]
) -> dict[str, float]:
    """Figures, in ms where their keys say so."""
    asked, spoken = by_question(llm), by_sentence(tts)
    found = [account(one, asked, spoken, answers) for one in heard.turns]
    turns = [one for one in found if one is not None]
    bare = [account(one, asked, spoken, answers) for one in heard.direct]
    direct = [one for one in bare if one is not None]
    if not turns or not direct:
        raise RuntimeError("no turn was answered by the providers: there is nothing to measure")
    columns = {
        "added": [one.added for one in turns],
        **{part: [getattr(one, part) for one in turns] for part in PARTS},
        "ttfa": [one.heard - one.at for one in heard.turns],
        "direct": [one.added for one in direct],
        "echo": heard.echo,
        "served_ttft": [one.ttft for one in turns],
        "served_ttfb": [one.ttfb for one in turns],
    }
    figures: dict[str, float] = {}
    for name, values in columns.items():
        for label, value in zip(("p50", "p95", "p99"), quantiles(values), strict=True):
            figures[f"{name}_{label}_ms"] = round(value * 1000, 2)
    floor = figures["direct_p50_ms"] + figures["echo_p50_ms"]
    figures["added_over_floor_p50"] = round(figures["added_p50_ms"] / floor, 2)
    hedged = sum(len(asked.get(one.text, [])) > 1 for one in heard.turns)
    lost = heard.lost + len(found) - len(turns)
    counts = {"turns": len(turns), "lost_turns": lost, "fillers": heard.fillers}
    begun_early = sum(one.to_llm < 0 for one in turns)
    heard_whole = round(100 * heard.whole / max(1, len(heard.turns) + heard.lost), 1)
    more = {"hedged": hedged, "begun_early": begun_early, "heard_whole_pct": heard_whole}
    return {**figures, **counts, **more}


def by_question(journal: list[Entry]) -> dict[str, list[Entry]]:
    """The models' requests by what the caller said."""
    found: dict[str, list[Entry]] = defaultdict(list)
    for entry in journal:
        if isinstance(entry["body"], dict):
            found[entry["body"]["messages"][-1]["content"]].append(entry)
    return found


def by_sentence(journal: list[Entry]) -> dict[str, list[tuple[float, float]]]:
    """The instants at which the voice was given each first sentence and its sound began, by
    sentence.
    """
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for entry in journal:
        said = [one for one in entry["messages"] if one["text"].get("text", "").strip()]
        if said and entry["first_at"] is not None:
            found[said[0]["text"]["text"].strip()].append((said[0]["at"], entry["first_at"]))
    return found


def account(
    one: Asked,
    asked: dict[str, list[Entry]],
    spoken: dict[str, list[tuple[float, float]]],
    answers: dict[str, str],
) -> Parts | None:
    """The parts of one turn's time; None if another voice answered, such as the one that stands
    in.
    """
    requests = asked.get(one.text, [])
    answered = min((e["first_at"] for e in requests if e["first_at"] is not None), default=None)
    if answered is None:
        return None
    begun = min(entry["asked_at"] for entry in requests)
    for given, sounded in spoken.get(first(answers[one.text]), []):
        if answered <= given and sounded <= one.heard:
            return Parts(
                to_llm=begun - one.at,
                ttft=answered - begun,
                to_tts=given - answered,
                ttfb=sounded - given,
                to_caller=one.heard - sounded,
            )
    return None
