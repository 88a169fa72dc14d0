"""``faults-redis``: three replicas publish and answer while their Redis is cut off, paused, killed,
emptied and failed over at random; afterwards every answer and every publish is checked.

Each replica reaches Redis through a link of its own that can be cut or stopped. A failover promotes
a copy that lagged behind, so that acknowledged writes are gone. Publishes come one after the other,
each from a replica drawn at random; each withdraws the entry of the one before. Answers are what
the replica's last look at the store left it with, as in a call.

The checker (``judge``) knows nothing of the store: of an answer it asks whether a newer publish had
been acknowledged, and every fault been over, for longer than ``BOUND``.
"""

from __future__ import annotations

import bisect
import contextlib
import itertools
import random
import select
import shutil
import socket
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.adapters.store.redis.store import RedisStore
from gateway.errors import FrontlineError, UsageError
from gateway.ports.store import Draft, Entry
from gateway.settings.whole import Settings
from gateway.shell.catalogue.tenants import POLL
from tests.support.redis_server import PROGRAM, RedisServer
from tests.support.stored import clip, draft, put_clips

BOUND = 2.0
"""Seconds after which what was acknowledged is live everywhere."""
REPLICAS = 3
PAUSE = 0.25
"""The longest pause between two publishes, in seconds, unless said."""
AFTER_FAILURE = 0.05
"""Seconds until the next try after a publish that failed, at least."""
TENANT = "bank"
FAULTS = ("cut", "stop", "pause", "kill", "empty", "fail over")

Make = Callable[[str, Path], RedisStore]


@dataclass(frozen=True, slots=True)
class Answer:
    """A caller's question: when, at which replica, and the version that answered; 0: none."""

    at: float
    replica: int
    version: int
    entry: int = 0
    """The version whose own entry was asked for and found; 0: none was."""


@dataclass(slots=True)
class History:
    """Everything that was seen from outside."""

    answers: list[Answer] = field(default_factory=list)
    acknowledged: list[tuple[float, int]] = field(default_factory=list)
    """Publishes in order: when they were acknowledged, and their version."""
    tried: int = 0
    faults: list[tuple[float, float, str]] = field(default_factory=list)
    """Beginning, end and kind."""
    kept: set[int] = field(default_factory=set)
    """Versions in the history of catalogues at the end."""
    live: list[int] = field(default_factory=list)
    """The version each replica answers from at the end."""


def run(
    settings: Settings, seconds: int = 60, seed: int = 7, asks: int = 300, pause: float = PAUSE
) -> dict[str, Any]:
    """Run it. ``asks``: questions a second at each replica; ``pause``: the longest between two
    publishes, in seconds. At 0 there are some tens in each second."""
    if shutil.which(PROGRAM) is None:
        raise UsageError(f"no {PROGRAM} here: apt-get install redis-server")
    with tempfile.TemporaryDirectory() as folder:
        history = drive(Path(folder), Pace(seconds, asks, pause), random.Random(seed))
    verdict = judge(history)
    kinds = Counter(kind for _, _, kind in history.faults)
    return {
        "parameters": {
            "seconds": seconds,
            "seed": seed,
            "asks": asks,
            "pause": pause,
            "replicas": REPLICAS,
        },
        "figures": {
            **verdict,
            "answers": len(history.answers),
            "publishes_tried": history.tried,
            "publishes_acknowledged": len(history.acknowledged),
            "publishes_and_answers": len(history.acknowledged) + len(history.answers),
            **{f"faults_{kind.replace(' ', '_')}": kinds[kind] for kind in FAULTS},
        },
        "goals": {"lost_publishes": 0, "stale_answers": 0, "withdrawn_answers": 0, "no_answer": 0},
    }


# --- the checker -------------------------------------------------------------------------------


def judge(history: History) -> dict[str, float]:
    """Judge what was seen: lost publishes; answers that were stale, or of a withdrawn entry, later
    than ``BOUND`` after the last fault; callers to whom an answer was due and who got none."""
    stale = withdrawn = nothing = judged = 0
    worst = 0.0
    times = [at for at, _ in history.acknowledged]
    ends = sorted(end for _, end, _ in history.faults)
    for one in history.answers:
        seen = one.at - BOUND
        newest = bisect.bisect_right(times, seen)
        if not newest:
            continue
        nothing += one.version == 0
        calm = not any(begin <= one.at and end > seen for begin, end, _ in history.faults)
        due = history.acknowledged[newest - 1][1]
        if not calm:
            continue
        judged += 1
        stale += 0 < one.version < due
        withdrawn += 0 < one.entry < due
        later = next((at for at, version in history.acknowledged if version > one.version), None)
        if later is not None and later <= one.at:
            healed = bisect.bisect_right(ends, one.at)
            since = max(later, ends[healed - 1] if healed else 0.0)
            worst = max(worst, one.at - since)
    lost = [version for _, version in history.acknowledged if version not in history.kept]
    last = history.acknowledged[-1][1] if history.acknowledged else 0
    return {
        "lost_publishes": len(lost),
        "stale_answers": stale,
        "withdrawn_answers": withdrawn,
        "no_answer": nothing,
        "replicas_behind_at_the_end": sum(version < last for version in history.live),
        "answers_in_calm": judged,
        "live_after_worst_s": round(worst, 2),
    }


# --- the world ---------------------------------------------------------------------------------


class Line:
    """The link of one replica to Redis: bytes are passed on, or not."""

    def __init__(self, target: int) -> None:
        self.target = target
        self._open = threading.Event()
        self._open.set()
        self._cut = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Close every connection and refuse new ones."""
        self._cut = True
        self.drop()

    def stop(self) -> None:
        """Pass nothing on; connections stay open."""
        self._open.clear()

    def heal(self) -> None:
        """Pass everything on again."""
        self._cut = False
        self._open.set()

    def drop(self) -> None:
        """Close every connection."""
        for pair in list(self._pairs):
            for sock in pair:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End the link."""
        self.heal()
        self._cut = True
        self._listener.close()
        self.drop()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pass, args=(near,), daemon=True).start()

    def _pass(self, near: socket.socket) -> None:
        with near:
            self._open.wait()
            if self._cut:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.target), 1.0)
            except OSError:
                return
            pair = (near, far)
            self._pairs.add(pair)
            with far, contextlib.suppress(OSError, ValueError):
                while True:
                    for sock in select.select(pair, [], [])[0]:
                        data = sock.recv(1 << 16)
                        self._open.wait()
                        if not data or self._cut:
                            return
                        (far if sock is near else near).sendall(data)
            self._pairs.discard(pair)


class World:
    """Redis, its copy, and the links of the replicas."""

    def __init__(self, folder: Path) -> None:
        options = ["--appendonly", "yes", "--appendfsync", "everysec"]
        options += ["--repl-diskless-sync-delay", "0"]
        self.master = RedisServer(folder / "one", options).start()
        self.second = RedisServer(folder / "two", options).start()
        self.second.client.replicaof("127.0.0.1", self.master.port)
        self.lines = [Line(self.master.port) for _ in range(REPLICAS)]

    def fail(self, kind: str, chance: random.Random, wait: Callable[[float], object]) -> None:
        """Bring one fault about, and its end."""
        lasting = chance.uniform(0.3, 2.5)
        hit = chance.sample(self.lines, chance.randint(1, REPLICAS))
        if kind in ("cut", "stop"):
            for line in hit:
                line.cut() if kind == "cut" else line.stop()
            wait(lasting)
            for line in hit:
                line.heal()
        elif kind == "pause":
            self.master.pause()
            wait(lasting)
            self.master.resume()
        elif kind == "kill":
            self.master.kill()
            wait(lasting)
            self.master.start()
            self._ready(self.master)
        elif kind == "empty":
            self.master.client.flushall()
        else:
            self.second.pause()  # it lags behind: what is acknowledged now is lost
            wait(lasting)
            self.master.kill()
            self.second.resume()
            self.second.client.replicaof("no", "one")
            for line in self.lines:
                line.target = self.second.port
                line.drop()
            self.master, self.second = self.second, self.master
            self.second.start()
            self._ready(self.second)
            self.second.client.replicaof("127.0.0.1", self.master.port)

    def _ready(self, server: RedisServer) -> None:
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with contextlib.suppress(Exception):
                if server.client.ping():
                    return
            time.sleep(0.02)

    def close(self) -> None:
        """End it all."""
        for line in self.lines:
            line.close()
        for server in (self.master, self.second):
            server.resume()
            server.kill()


class Replica:
    """A gateway as far as catalogues go: it looks every second, and answers from what it saw."""

    def __init__(self, number: int, store: RedisStore) -> None:
        self.number = number
        self.store = store
        self.version = 0
        self.entries: frozenset[int] = frozenset()

    def look(self) -> None:
        """Look for changes, as ``Tenants`` does."""
        with contextlib.suppress(FrontlineError):
            if TENANT in self.store.tenants():
                number = self.store.live_number(TENANT)
                found = self.store.load(TENANT, number)
                self.version = int(found.source)
                self.entries = frozenset(int(entry.id) for entry in found.entries)

    def ask(self, at: float, entry: int) -> Answer:
        """Answer a caller who asks for the entry of that version."""
        return Answer(at, self.number, self.version, entry if entry in self.entries else 0)


@dataclass(frozen=True, slots=True)
class Pace:
    """The length and the speed of a run: ``asks`` a second by each replica, at most ``pause`` s
    between two publishes, ``quiet`` s without faults after ``seconds`` with them."""

    seconds: float
    asks: int
    pause: float = PAUSE
    quiet: float = 2 * BOUND


def serving(url: str, folder: Path) -> RedisStore:
    """The store of a gateway that serves: a thread of its own keeps the copy and mends Redis."""
    return RedisStore(url, folder, serving=True)


def drive(
    folder: Path,
    pace: Pace,
    chance: random.Random,
    make: Make = serving,
    faults: Sequence[str] = FAULTS,
) -> History:
    """Run the world at that pace; return what was seen."""
    history = History()
    world = World(folder)
    over = threading.Event()
    stores = [
        make(f"redis://127.0.0.1:{line.port}", folder / f"replica{number}")
        for number, line in enumerate(world.lines)
    ]
    replicas = [Replica(number, store) for number, store in enumerate(stores)]
    put_clips(stores[0], draft("any"), 64)
    jobs = [threading.Thread(target=_look, args=(one, over)) for one in replicas]
    jobs += [
        threading.Thread(target=_ask, args=(one, over, history, pace.asks)) for one in replicas
    ]
    publisher = random.Random(chance.random())
    jobs.append(
        threading.Thread(target=_publish, args=(replicas, over, history, publisher, pace.pause))
    )
    try:
        for job in jobs:
            job.start()
        until = time.monotonic() + pace.seconds
        for kind in _drawn(faults, chance):
            if over.wait(chance.uniform(0.5, 4.5)) or time.monotonic() > until:
                break
            begin = time.monotonic()
            world.fail(kind, chance, over.wait)
            history.faults.append((begin, time.monotonic(), kind))
        over.wait(pace.quiet)
        over.set()
        for job in jobs:
            job.join()
        for one in replicas:
            one.store.mend()
        for one in replicas:
            one.look()
        infos = stores[0].remote.infos(TENANT)
        history.kept = {int(facts["source"]) for facts in infos.values()}
        history.live = [one.version for one in replicas]
    finally:
        over.set()
        for store in stores:
            store.close()
        world.close()
    return history


def _drawn(faults: Sequence[str], chance: random.Random) -> Iterator[str]:
    """All kinds in a random order, again and again."""
    while True:
        yield from chance.sample(list(faults), len(faults))


def _look(replica: Replica, over: threading.Event) -> None:
    while not over.wait(POLL):
        replica.look()


def _ask(replica: Replica, over: threading.Event, history: History, asks: int) -> None:
    chance = random.Random(replica.number)
    while not over.wait(1 / asks):
        newest = history.tried
        entry = max(1, newest - chance.randint(0, 5))
        history.answers.append(replica.ask(time.monotonic(), entry))


def _publish(
    replicas: Sequence[Replica],
    over: threading.Event,
    history: History,
    chance: random.Random,
    pause: float,
) -> None:
    clips, failed = {"entry:any": clip("any")}, False
    for version in itertools.count(1):
        if over.wait(max(chance.uniform(0.0, pause), AFTER_FAILURE if failed else 0.0)):
            return
        entry = Entry(id=str(version), intent="i", questions=("q",), answer=f"version {version}")
        one = Draft(
            tenant=TENANT, entries=(entry,), clips=clips, knowledge=b"k", source=str(version)
        )
        history.tried = version
        try:
            chance.choice(replicas).store.publish(one)
        except FrontlineError:
            failed = True
        else:
            failed = False
            history.acknowledged.append((time.monotonic(), version))
