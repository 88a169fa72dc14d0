"""``load``: calls at natural pace, of a stated mix, for as long as it is told; also the soak.

Against a server of its own, with local providers behind it, or one that runs
(``--set url=ws://127.0.0.1:8080``), so that its dashboard has something to show. ``door``:
``native`` sends words as a recogniser has them, ``native-sound``, ``twilio`` and ``vonage`` 50
frames of sound a second, ``mixed`` the last three in turn. Of a server of its own the recogniser
is scripted with what is said; one that runs has its own.

Open loop, a turn each 9 s and call, counted from the instant at which its words are to be over:

* ``hit_*``, ``miss_*``: to the first sound of the answer; what is said meanwhile is none, where the
  door tells it apart. The silence that ends a turn is in it where sound is sent.
* ``clarify_*``: to the question back; ``choice_*``: from "the first one" to its answer.
* ``barge_*``: of what the caller cut in with; ``stop_*``: from that voice to the line cleared.
* ``lost_turns`` had no sound; ``wrong_sound``: not, byte for byte, what others heard of the same
  entry; ``other_path``: not the way that was foreseen; ``unstopped``: the answer went on.
* ``opened``, ``hung_up``, ``refused``, ``cut`` (by the gateway) are calls.

``fault=sigterm`` tells the server to stop in the middle of the run: nobody is cut, further calls
are refused. ``workers=2 fault=sigkill`` kills a worker: ``cut_of_others`` are cut calls that it did
not have (``calls_of_killed``).

With ``out=FOLDER/NAME`` the findings so far are in ``NAME.json`` and ``NAME.html`` every ten
seconds, and at the end: a run that is cut short has them too.
"""

from __future__ import annotations

import json
import math
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from bench import load_calls, load_plan
from bench.load_calls import Callers, Orders
from bench.load_faults import FAULTS, Workers, port_of, strike
from bench.load_plan import Turn
from bench.load_report import Findings
from bench.load_watch import Watch
from bench.miss import replies
from bench.providers import ProviderProcess, agent
from bench.seeded import bank, environment
from bench.server import ServerProcess
from gateway.core.policy import Policy
from gateway.errors import UsageError
from gateway.settings.whole import Settings
from intents.learning.knowledge import Knowledge
from intents.matcher import Matcher

DOORS: dict[str, tuple[tuple[str, ...], bool]] = {
    "native": (("native",), False),
    "native-sound": (("native",), True),
    "twilio": (("twilio",), True),
    "vonage": (("vonage",), True),
    "mixed": (("native", "twilio", "vonage"), True),
}
"""The doors of callers in turn, and whether they send sound."""
CALLS = 120
"""Different calls, after which the first one comes again."""
PER_CALL = 6
ASKED_BACK = Policy().max_clarify
"""Clarifying questions in one call; further doubts are handed off."""
LAG_MS = 150.0
TTFT, TTFB = 0.12, 0.07
"""The model's first word and the voice's first sound, in seconds."""
LEAD = 4.0
EVERY = 10.0
"""Seconds between two looks at the server, each with the findings written."""


DRAIN_S = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Parameters of a run."""

    calls: int = 10
    seconds: float = 60.0
    door: str = "native"
    mix: str = load_plan.MIX
    workers: int = 1
    """Processes of a server of our own."""
    fault: str = ""
    """One of ``FAULTS``, in the middle of the run."""
    url: str = ""
    """A server that runs; with its tenant, a call token of it, and its process, to be watched."""
    tenant: str = ""
    token: str = ""
    pid: int = 0
    out: str = ""
    slice_s: float = 10.0
    seed: int = 7

    @property
    def aloud(self) -> bool:
        """Return whether the callers send sound."""
        return DOORS[self.door][1]


@dataclass(frozen=True, slots=True)
class Place:
    """A server that calls go to."""

    url: str
    watch: Watch | None = None


def run(settings: Settings, **given: Any) -> dict[str, Any]:
    """Have the calls. ``given``: fields of ``Options``."""
    options = Options(**given)
    if options.door not in DOORS:
        raise UsageError(f"door is one of {', '.join(DOORS)}; got {options.door!r}")
    if options.fault not in FAULTS:
        raise UsageError(f"fault is one of {', '.join(FAULTS[1:])}; got {options.fault!r}")
    if options.fault and (options.url or options.aloud):
        raise UsageError("a fault wants a server of our own (no url) and door=native")
    if options.fault == "sigkill" and options.workers < 2:
        raise UsageError("fault=sigkill wants workers=2 or more")
    if options.workers > 1 and options.aloud:
        raise UsageError("several workers want door=native: their recogniser is no script")
    shares = load_plan.mix_of(options.mix)
    random.seed(options.seed)
    folder = Path(tempfile.gettempdir()) / "frontline-bench"
    catalogue, encoder = bank(settings, folder)
    matcher = Matcher(Knowledge.from_bytes(catalogue.knowledge), encoder)
    plans = planned(load_plan.material(catalogue, matcher, options.aloud), shares)
    hidden = {"token", "out"}
    parameters = {key: value for key, value in asdict(options).items() if key not in hidden}
    findings = Findings(0.0, options.slice_s, parameters)
    extra: dict[str, float] = {}
    with ExitStack() as stack:
        place = stack.enter_context(placed(settings, folder, plans, options))
        start = time.perf_counter() + LEAD
        findings.began = start
        texts = {one.text for mine in plans for turn in mine for one in turn.sayings}
        orders = Orders(
            url=place.url,
            headers={"Authorization": f"Bearer {options.token}"} if options.token else {},
            tenant=options.tenant,
            doors=DOORS[options.door][0],
            sounds={text: load_plan.spoken(text) for text in texts} if options.aloud else {},
            calls=plans,
            callers=options.calls,
            start=start,
            until=start + options.seconds,
        )
        run = Run(findings, replace(place.watch, began=start) if place.watch else None)
        run.out = Path(options.out) if options.out else None
        if options.fault and place.watch:
            run.strikes_at = start + options.seconds / 2
            run.strike = partial(strike, options.fault, place.watch.pid, port_of(place.url), extra)
        run.follow(load_calls.begin(orders))
    return result(findings, options, extra)


def result(findings: Findings, options: Options, extra: dict[str, float]) -> dict[str, Any]:
    """The result of a run, with the goals that it has: after a fault others than without one."""
    told = findings.told()
    goals = {"lost_turns": "<= 0", "wrong_sound": "<= 0", "cut": "<= 0", "errors": "<= 0"}
    if options.fault == "sigkill":
        told["figures"]["cut_of_others"] = max(0, told["figures"]["cut"] - extra["calls_of_killed"])
        goals["cut_of_others"] = "<= 0"
        del goals["cut"]
    told["figures"] |= extra
    return {**told, "goals": goals}


def planned(material: load_plan.Material, shares: Mapping[str, float]) -> list[list[Turn]]:
    """The turns of ``CALLS`` calls, in the stated mix over all of them. Callers are asked back as
    often in each, since a call has only so many clarifying questions. Raises ``UsageError``."""
    turns = load_plan.drawn(material, dict(shares), CALLS * PER_CALL)
    doubts = [turn for turn in turns if turn.kind == "clarify"]
    others = [turn for turn in turns if turn.kind != "clarify"]
    if len(doubts) > CALLS * ASKED_BACK:
        most = 100 * ASKED_BACK // PER_CALL
        raise UsageError(f"mix: at most {most} % can be clarify: callers are asked back so often")
    plans: list[list[Turn]] = []
    for number in range(CALLS):
        mine = doubts[number::CALLS]
        mine += [others.pop() for _ in range(PER_CALL - len(mine))]
        random.shuffle(mine)
        plans.append(mine)
    return plans


@contextmanager
def placed(
    settings: Settings, folder: Path, plans: list[list[Turn]], options: Options
) -> Iterator[Place]:
    """The server that is named, or one of our own."""
    if options.url:
        url, pid = options.url.rstrip("/"), options.pid
        yield Place(url, Watch(pid, 0.0) if pid else None)
        return
    with served(settings, folder, plans, options) as place:
        yield place


@contextmanager
def served(
    settings: Settings, folder: Path, plans: list[list[Turn]], options: Options
) -> Iterator[Place]:
    """A gateway of our own, with local providers behind it, on a copy of the store: it gathers
    turns for as long as it is asked."""
    with tempfile.TemporaryDirectory(prefix="frontline-load-") as name:
        own = Path(name)
        shutil.copytree(folder, own / "store")
        asked = {o.text for mine in plans for t in mine for o in t.sayings if o.kind == "miss"}
        says = own / "says.json"
        says.write_text(json.dumps(replies(sorted(asked))))
        thinks = {"first": {"p50": TTFT}}
        room = {
            "FRONTLINE_SERVER__MAX_CALLS": str(options.calls + 20),
            "FRONTLINE_SERVER__BUSY_LAG_MS": "0",
            "FRONTLINE_SERVER__BUSY_CPU": "0",
            "FRONTLINE_SERVER__DRAIN_S": str(DRAIN_S if options.fault == "sigterm" else 0),
        }
        scripts = [load_plan.words_of(mine) for mine in plans] if options.aloud else None
        with (
            ProviderProcess("groq", thinks, says) as llm,
            ProviderProcess("openai", thinks, says) as second,
            ProviderProcess("elevenlabs", {"first": {"p50": TTFB}}) as tts,
        ):
            given = environment(settings, own / "store", **agent(llm, second, tts), **room)
            if options.workers > 1:
                with Workers(given, options.workers, own / "log") as house:
                    watch = Watch(house.pid, 0.0, log=own / "log")
                    yield Place(f"ws://{house.address}", watch)
                return
            with ServerProcess(given, scripts, LAG_MS, again=True, log=own / "log") as server:
                watch = Watch(server.pid, 0.0, server.address, own / "log")
                yield Place(f"ws://{server.address}", watch)


@dataclass
class Run:
    """A run that goes on."""

    findings: Findings
    watch: Watch | None
    out: Path | None = None
    strikes_at: float = math.inf
    strike: Callable[[], None] = lambda: None
    _looks: float = 0.0

    def follow(self, callers: Callers) -> None:
        """Take the callers' reports until they are done, and look at the server meanwhile. SIGTERM
        and Ctrl-C end it with what there is."""
        stopped: list[int] = []
        before = {one: signal.signal(one, lambda n, _: stopped.append(n)) for one in STOPS}
        try:
            done = False
            while not stopped and not done:
                reports = callers.reports()
                for report in reports:
                    self.findings.take(report)
                done = any(report.done for report in reports)
                self._meanwhile(time.perf_counter())
        finally:
            self._write()
            for one, handler in before.items():
                signal.signal(one, handler)

    def _meanwhile(self, now: float) -> None:
        if now >= self.strikes_at:
            self.strikes_at = math.inf
            self.strike()
        if now < self._looks:
            return
        self._looks = now + EVERY
        if self.watch and (sample := self.watch.look()):
            self.findings.samples.append(sample)
        self._write()

    def _write(self) -> None:
        if self.out:
            self.findings.write(self.out)


STOPS = (signal.SIGINT, signal.SIGTERM)
